/** Numbers from 0 to below 1. */
export type Random = () => number;

export type System = 'PostgreSQL' | 'MariaDB';

/** How the values of a table's key column lie. */
const shapes = ['even', 'sparse', 'skewed', 'one heavy value', 'few values', 'constant'] as const;
export type Shape = (typeof shapes)[number];

/** A random table of the proof. Its column `seq` numbers the rows; nothing is cut by it unless it is the key. */
export interface RandomTable {
  readonly system: System;
  readonly type: string;
  readonly shape: Shape;
  readonly rowCount: number;
  readonly hasPrimaryKey: boolean;
  /** An index begins with the partition column. */
  readonly isIndexed: boolean;
  readonly statements: readonly string[];
  readonly jobOptions: Readonly<Record<string, string>>;
  /** Rows that the job's options select, as a condition of SQL. */
  readonly selected: string;
  readonly extractors: number;
}

/** One type of key columns: its DDL and its n-th value, as a literal. Larger n need not be larger values. */
interface KeyType {
  readonly ddl: string;
  readonly canBeKey?: false;
  value(n: number, random: Random): string;
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function pick<T>(random: Random, of: readonly T[]): T {
  return of[below(random, of.length)] as T;
}

const letters = [
  'a',
  'A',
  'á',
  'ä',
  'b',
  'B',
  'ß',
  'ss',
  'z',
  'Z',
  'ÿ',
  'é',
  ' ',
  '_',
  '0',
  '9',
  "''",
  '\\\\',
  '-',
  'Ä',
  'e',
];
/** Numbers become texts of these letters; blanks at their ends are kept. */
function textOf(n: number, random: Random, more: readonly string[]): string {
  if (n % 97 === 0) return pick(random, ['', ' ', 'a ', 'A', 'a  ', 'ss', 'ß']);
  const all = [...letters, ...more];
  let rest = n;
  let text = '';
  do {
    text += all[rest % all.length];
    rest = Math.floor(rest / all.length);
  } while (rest > 0);
  return text;
}

const plainText = (n: number, random: Random, more: readonly string[]) => textOf(n, random, more);
const unicode = ['中', '😀', 'ﬀ', 'Ω', 'ω', 'ς', 'İ', 'ı'];

function pgText(text: string): string {
  return text.includes('\\') ? `E'${text}'` : `'${text}'`;
}

const signed = (n: number, random: Random) => (random() < 0.5 ? -n : n);
const pad = (n: number, width: number) => String(n).padStart(width, '0');
const day = (n: number) => `${pad(1900 + (n % 200), 4)}-${pad(1 + (n % 12), 2)}-${pad(1 + (n % 28), 2)}`;
const clock = (n: number) => `${pad(n % 24, 2)}:${pad((n * 7) % 60, 2)}:${pad((n * 13) % 60, 2)}`;

const postgresTypes: readonly KeyType[] = [
  { ddl: 'smallint', value: (n, r) => String(signed(n % 32_000, r)) },
  { ddl: 'integer', value: (n, r) => String(signed(n, r)) },
  { ddl: 'bigint', value: (n, r) => `${signed(n, r)}000000000` },
  {
    ddl: 'numeric',
    value: (n, r) =>
      n % 50 === 3 ? pick(r, ["'NaN'", "'Infinity'", "'-Infinity'"]) : `${signed(n, r)}.${n % 1000}`,
  },
  { ddl: 'numeric(20,5)', value: (n, r) => `${signed(n, r)}.0${n % 1000}` },
  { ddl: 'real', value: (n, r) => floating(n, r) },
  { ddl: 'double precision', value: (n, r) => floating(n, r) },
  { ddl: 'boolean', value: (n) => String(n % 2 === 0) },
  {
    ddl: 'date',
    value: (n, r) =>
      n % 40 === 7 ? pick(r, ["'infinity'", "'-infinity'", "'0044-03-15 BC'"]) : `'${day(n)}'`,
  },
  { ddl: 'time(3)', value: (n) => `'${clock(n)}.${n % 1000}'` },
  { ddl: 'time with time zone', value: (n) => `'${clock(n)}+0${n % 9}'` },
  {
    ddl: 'timestamp',
    value: (n, r) =>
      n % 40 === 7
        ? pick(r, ["'infinity'", "'-infinity'", "'0044-03-15 12:00 BC'"])
        : `'${day(n)} ${clock(n)}.${n % 999_999}'`,
  },
  { ddl: 'timestamp with time zone', value: (n) => `'${day(n)} ${clock(n)}+0${n % 9}'` },
  { ddl: 'text', value: (n, r) => pgText(plainText(n, r, unicode)) },
  { ddl: 'text COLLATE "C"', value: (n, r) => pgText(plainText(n, r, unicode)) },
  { ddl: 'text COLLATE caseless', value: (n, r) => pgText(plainText(n, r, unicode)) },
  {
    ddl: 'varchar(300)',
    value: (n, r) =>
      n % 30 === 1
        ? `repeat('ä', 250) || ${pgText(plainText(n, r, unicode))}`
        : pgText(plainText(n, r, unicode)),
  },
  { ddl: 'char(12)', value: (n, r) => `left(${pgText(plainText(n, r, unicode))}, 12)` },
  { ddl: 'uuid', value: (n) => `md5('${n}')::uuid` },
  { ddl: 'bytea', value: (n) => `decode(md5('${n}'), 'hex')` },
  { ddl: 'mood', value: (n) => pick(() => (n % 3) / 3, ["'sad'", "'ok'", "'happy'"]) },
  { ddl: 'bit(5)', value: (n) => `B'${(n % 32).toString(2).padStart(5, '0')}'` },
  { ddl: 'json', canBeKey: false, value: (n) => `'{"n": ${n}}'` },
];

function floating(n: number, random: Random): string {
  return n % 25 === 4
    ? pick(random, ["'NaN'", "'Infinity'", "'-Infinity'", "'-0'", "'0'"])
    : `'${signed(n, random)}.${n % 10}e${n % 20}'`;
}

const mariadbText = (charset: string, collation: string, more: readonly string[]): KeyType => ({
  ddl: `VARCHAR(60) CHARACTER SET ${charset} COLLATE ${collation}`,
  value: (n, r) => `'${plainText(n, r, more)}'`,
});

const mariadbTypes: readonly KeyType[] = [
  { ddl: 'TINYINT', value: (n, r) => String(signed(n % 128, r)) },
  { ddl: 'TINYINT(1)', value: (n) => String(n % 3) },
  { ddl: 'SMALLINT', value: (n, r) => String(signed(n % 32_000, r)) },
  { ddl: 'MEDIUMINT', value: (n, r) => String(signed(n % 8_000_000, r)) },
  { ddl: 'INT', value: (n, r) => String(signed(n, r)) },
  { ddl: 'INT(6) ZEROFILL', value: (n) => String(n) },
  { ddl: 'BIGINT', value: (n, r) => `${signed(n, r)}00000000` },
  { ddl: 'BIGINT UNSIGNED', value: (n) => String(18_446_744_073_709_551_615n - BigInt(n)) },
  { ddl: 'DECIMAL(30,6)', value: (n, r) => `${signed(n, r)}.${n % 1000}` },
  {
    ddl: 'FLOAT',
    value: (n, r) => (n % 25 === 4 ? pick(r, ['-0e0', '0', '3.4e38']) : `${signed(n, r)}.${n % 10}`),
  },
  {
    ddl: 'DOUBLE',
    value: (n, r) => (n % 25 === 4 ? pick(r, ['-0e0', '0', '1e308']) : `${signed(n, r)}.${n % 10}e${n % 20}`),
  },
  { ddl: 'BIT(9)', value: (n) => `b'${(n % 512).toString(2)}'` },
  {
    ddl: 'DATE',
    value: (n, r) =>
      n % 30 === 5
        ? pick(r, ["'0000-00-00'", "'2020-00-00'", "'2020-05-00'", "'9999-12-31'"])
        : `'${day(n)}'`,
  },
  {
    ddl: 'TIME(3)',
    value: (n, r) =>
      `'${r() < 0.3 ? '-' : ''}${pad(n % 838, 2)}:${pad(n % 60, 2)}:${pad((n * 7) % 60, 2)}.${n % 1000}'`,
  },
  {
    ddl: 'DATETIME(6)',
    value: (n, r) =>
      n % 30 === 5
        ? pick(r, ["'0000-00-00 00:00:00'", "'1999-00-01 00:00:00'"])
        : `'${day(n)} ${clock(n)}.${n % 999_999}'`,
  },
  {
    ddl: 'TIMESTAMP(3) NULL',
    value: (n) => (n % 30 === 5 ? "'0000-00-00 00:00:00'" : `'${pad(1971 + (n % 60), 4)}-02-03 ${clock(n)}'`),
  },
  { ddl: 'YEAR', value: (n) => (n % 30 === 5 ? '0000' : String(1901 + (n % 255))) },
  mariadbText('utf8mb4', 'utf8mb4_bin', unicode),
  mariadbText('utf8mb4', 'utf8mb4_general_ci', unicode),
  mariadbText('utf8mb4', 'utf8mb4_unicode_ci', unicode),
  mariadbText('utf8mb4', 'utf8mb4_unicode_nopad_ci', unicode),
  mariadbText('utf8mb4', 'utf8mb4_nopad_bin', unicode),
  mariadbText('latin1', 'latin1_german1_ci', []),
  mariadbText('latin1', 'latin1_swedish_ci', []),
  {
    ddl: 'CHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci',
    value: (n, r) => `'${plainText(n, r, unicode)}'`,
  },
  {
    ddl: 'TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci',
    canBeKey: false,
    value: (n, r) =>
      n % 20 === 1
        ? `CONCAT(REPEAT('ä', 300), '${plainText(n, r, unicode)}')`
        : `'${plainText(n, r, unicode)}'`,
  },
  { ddl: 'VARBINARY(40)', value: (n) => `X'${n.toString(16).padStart(6, '0')}'` },
  { ddl: 'BINARY(4)', value: (n) => `X'${(n % 65_536).toString(16).padStart(4, '0')}'` },
  {
    ddl: 'UUID',
    value: (n) =>
      `'${pad(n, 8)}-${pad((n * 31) % 9999, 4)}-1${pad(n % 999, 3)}-8${pad((n * 7) % 999, 3)}-${pad(n * 17, 12)}'`,
  },
  { ddl: "ENUM('z','b','a')", value: (n) => pick(() => (n % 3) / 3, ["'z'", "'b'", "'a'"]) },
];

/** Rows of a table at most: small enough for thousands of tables, large enough for shares. */
const ROWS_MAX = 400;

function numberFor(shape: Shape, at: number, rows: number, random: Random): number {
  switch (shape) {
    case 'even':
      return at;
    case 'sparse':
      return below(random, 100_000);
    case 'skewed':
      return Math.floor(rows * random() ** 6);
    case 'one heavy value':
      // Not one of those that cannot be a bound, such as the year 0.
      return random() < 0.8 ? 6 : below(random, rows);
    case 'few values':
      return below(random, 4);
    case 'constant':
      return 11;
  }
}

/** A random table and the job that reads it. */
export function randomTable(system: System, name: string, random: Random): RandomTable {
  const type = pick(random, system === 'PostgreSQL' ? postgresTypes : mariadbTypes);
  const shape = pick(random, shapes);
  const kind = random();
  const rowCount = kind < 0.04 ? 0 : kind < 0.12 ? 1 + below(random, 3) : 4 + below(random, ROWS_MAX - 3);
  const quote = system === 'PostgreSQL' ? '"' : '`';
  const key = `${quote}k ey${quote}`;
  const table = `${quote}${name}${quote}`;
  const keyStyle = pick(random, ['none', 'seq', 'seq', 'composite'] as const);
  const isComposite = keyStyle === 'composite' && type.canBeKey !== false && !type.ddl.startsWith('json');
  const hasPrimaryKey = isComposite || keyStyle === 'seq';
  const nullShare = isComposite ? 0 : pick(random, [0, 0, 0.1, 0.6, 1]);
  const rows: string[] = [];
  for (let at = 0; at < rowCount; at++) {
    const value = random() < nullShare ? 'NULL' : type.value(numberFor(shape, at, rowCount, random), random);
    rows.push(`(${at}, ${value}, ${at % 7})`);
  }
  const primary = isComposite ? `, PRIMARY KEY (${key}, seq)` : hasPrimaryKey ? ', PRIMARY KEY (seq)' : '';
  const canIndex = type.canBeKey !== false && type.ddl !== 'json';
  const wantsIndex = canIndex && random() < 0.7;
  const statements = [
    `DROP TABLE IF EXISTS ${table}`,
    `CREATE TABLE ${table} (seq bigint NOT NULL, ${key} ${type.ddl}${isComposite ? ' NOT NULL' : ''}, other int${primary})${
      system === 'MariaDB'
        ? pick(random, [' ENGINE=InnoDB', ' ENGINE=InnoDB', ' ENGINE=InnoDB', ' ENGINE=MyISAM'])
        : ''
    }`,
    ...(rows.length === 0 ? [] : [`INSERT INTO ${table} VALUES ${rows.join(', ')}`]),
    ...(wantsIndex ? [`CREATE INDEX ${quote}ix ${name}${quote} ON ${table} (${key})`] : []),
  ];
  const readsNulls = random() < 0.7;
  const where = pick(random, [
    '',
    '',
    'other < 4',
    `${key} IS NOT NULL OR other = 1`,
    'seq > 20 AND other <> 3',
    '1 = 0',
  ]);
  // TIMESTAMP columns of old servers are not nullable unless they say so; here all say so.
  const jobOptions = {
    'fromJobConfig.partitionColumn': 'k ey',
    'fromJobConfig.allowNullValueInPartitionColumn': String(readsNulls),
    ...(where === '' ? {} : { 'fromJobConfig.whereClause': where }),
  };
  const selected = [
    where === '' ? '1 = 1' : `(${where})`,
    ...(readsNulls ? [] : [`${key} IS NOT NULL`]),
  ].join(' AND ');
  return {
    system,
    type: type.ddl,
    shape,
    rowCount,
    hasPrimaryKey,
    isIndexed: wantsIndex || isComposite,
    statements,
    jobOptions,
    selected,
    extractors: 1 + below(random, 12),
  };
}
