/** The two databases' ways to write what the tables' data are made of. Every argument is SQL unless said otherwise. */
export interface Dialect {
  readonly kind: 'postgres' | 'mariadb';
  /** `text` is plain text, of any characters but NUL. */
  text(text: string): string;
  /** The element of `texts` (plain texts) whose number, from 0 on, is `index` modulo their count. */
  pick(texts: readonly string[], index: string): string;
  concat(...parts: readonly string[]): string;
  /** `days` after `from` (plain text, YYYY-MM-DD). */
  date(from: string, days: string): string;
  /** `seconds` after `from` (plain text, YYYY-MM-DD). */
  timestamp(from: string, seconds: string): string;
  /** `dividend` by `divisor`, a power of two, as a double: exact in both databases. */
  double(dividend: string, divisor: number): string;
  /** `n` counted from 0 to below `rows` as a derived table named `numbers`. */
  numbers(rows: number): string;

  /** Canonical texts of a column: the same characters for the same value in both databases. */
  readonly canonical: Readonly<
    Record<'integer' | 'decimal' | 'double' | 'date' | 'timestamp' | 'text', (column: string) => string>
  >;
  /** A 60-bit number from the MD5 of `text`'s UTF-8 bytes. */
  hash(text: string): string;
}

/** Doubles of the data are multiples of 1 / DOUBLE_STEPS, so that a whole number stands for each. */
export const DOUBLE_STEPS = 4096;

export const postgresDialect: Dialect = {
  kind: 'postgres',
  text: (text) => `'${text.replaceAll("'", "''")}'`,
  pick: (texts, index) =>
    `(ARRAY[${texts.map((text) => postgresDialect.text(text)).join(', ')}]::text[])[(${index}) % ${texts.length} + 1]`,
  concat: (...parts) => `(${parts.join(' || ')})`,
  date: (from, days) => `(date '${from}' + (${days})::integer)`,
  timestamp: (from, seconds) => `(timestamp '${from}' + (${seconds}) * interval '1 second')`,
  double: (dividend, divisor) => `((${dividend})::float8 / ${divisor}::float8)`,
  numbers: (rows) => `(SELECT n FROM generate_series(0::bigint, ${rows - 1}::bigint) AS n) AS numbers`,
  canonical: {
    integer: (column) => `${column}::numeric(30,0)::text`,
    // The cast to two places lets a table with a wider type be right as long as its values are.
    decimal: (column) => `${column}::numeric(38,2)::text`,
    double: (column) => `(${column} * ${DOUBLE_STEPS})::bigint::text`,
    date: (column) => `to_char(${column}, 'YYYY-MM-DD')`,
    timestamp: (column) => `to_char(${column}, 'YYYY-MM-DD HH24:MI:SS')`,
    text: (column) => `${column}::text`,
  },
  hash: (text) => `('x' || substr(md5(${text}), 1, 15))::bit(60)::bigint`,
};

export const mariadbDialect: Dialect = {
  kind: 'mariadb',
  // In hexadecimal no character needs an escape, whatever the server's SQL mode.
  text: (text) => (text === '' ? "''" : `_utf8mb4 X'${Buffer.from(text, 'utf8').toString('hex')}'`),
  pick: (texts, index) =>
    `elt((${index}) % ${texts.length} + 1, ${texts.map((text) => mariadbDialect.text(text)).join(', ')})`,
  concat: (...parts) => `concat(${parts.join(', ')})`,
  date: (from, days) => `date_add(date '${from}', INTERVAL ${days} DAY)`,
  timestamp: (from, seconds) => `date_add(timestamp '${from} 00:00:00', INTERVAL ${seconds} SECOND)`,
  double: (dividend, divisor) => `((${dividend}) / ${divisor}e0)`,
  numbers: (rows) => `(SELECT cast(seq AS signed) AS n FROM seq_0_to_${rows - 1}) AS numbers`,
  canonical: {
    integer: (column) => `cast(${column} AS decimal(30,0))`,
    decimal: (column) => `cast(${column} AS decimal(38,2))`,
    double: (column) => `cast(round(${column} * ${DOUBLE_STEPS}) AS signed)`,
    date: (column) => `date_format(${column}, '%Y-%m-%d')`,
    timestamp: (column) => `date_format(${column}, '%Y-%m-%d %H:%i:%s')`,
    text: (column) => column,
  },
  hash: (text) => `cast(conv(substr(md5(${text}), 1, 15), 16, 10) AS unsigned)`,
};

export function dialectOf(kind: Dialect['kind']): Dialect {
  return kind === 'postgres' ? postgresDialect : mariadbDialect;
}
