import type { Side } from './test-sides-suite.ts';

// Tables of varied types for comparisons: every neutral kind that two systems can print alike, with nulls and odd values.

/** One column: its DDL at each kind of source, and values as SQL expressions. */
interface VariedColumn {
  readonly name: string;
  readonly ddl: Readonly<Record<Side['kind'], string>>;
  /** By row, in turn; NULL is among them. */
  readonly values: Readonly<Record<Side['kind'], readonly string[]>>;
}

function alike(name: string, ddl: string, values: readonly string[]): VariedColumn {
  return { name, ddl: { postgres: ddl, mysql: ddl }, values: { postgres: values, mysql: values } };
}

/** The same values at both; another type. */
function spelled(name: string, postgres: string, mysql: string, values: readonly string[]): VariedColumn {
  return { name, ddl: { postgres, mysql }, values: { postgres: values, mysql: values } };
}

const texts = [
  `''`,
  `'plain'`,
  `' blanks around '`,
  `'~'`,
  `'|'`,
  `'it''s'`,
  `'é 中文 😀'`,
  `'3:abc'`,
  'NULL',
];

export const variedColumns: readonly VariedColumn[] = [
  spelled('yes', 'boolean', 'TINYINT(1)', ['TRUE', 'FALSE', 'NULL']),
  alike('small', 'smallint', ['0', '-32768', '32767', 'NULL']),
  alike('plain', 'integer', ['0', '-1', '2147483647', 'NULL']),
  alike('big', 'bigint', ['0', '9223372036854775807', '-9223372036854775808', 'NULL']),
  alike('money', 'decimal(20,4)', ['0', '-0.0001', '1234567890123456.7800', '10', '100', 'NULL']),
  alike('whole', 'decimal(20,0)', ['0', '100', '-18446744073709551615', 'NULL']),
  spelled('single', 'real', 'FLOAT', ['0', '0.1', '-3.4028e38', '1.17549e-38', '16777217', 'NULL']),
  spelled('twice', 'double precision', 'DOUBLE', [
    '0',
    '0.1',
    '1e23',
    '9.007199254740993e15',
    '1234567890123456768',
    '-2.2250738585072014e-308',
    '1.7976931348623157e308',
    'NULL',
  ]),
  alike('words', 'varchar(60)', texts),
  alike('fixed', 'char(12)', [`'ab'`, `''`, `'é'`, 'NULL']),
  spelled('prose', 'text', 'LONGTEXT', [...texts, `repeat('0123456789é', 500)`]),
  {
    name: 'bytes',
    ddl: { postgres: 'bytea', mysql: 'LONGBLOB' },
    values: {
      postgres: [`'\\x'::bytea`, `'\\x00ff7c7e'::bytea`, 'NULL', `decode(repeat('00ff', 999), 'hex')`],
      mysql: [`X''`, `X'00ff7c7e'`, 'NULL', `UNHEX(REPEAT('00ff', 999))`],
    },
  },
  alike('day', 'date', [`'2024-02-29'`, `'1000-01-01'`, `'9999-12-31'`, 'NULL']),
  spelled('clock', 'time(6)', 'TIME(6)', [`'00:00:00'`, `'23:59:59.999999'`, `'12:30:00.500000'`, 'NULL']),
  spelled('moment', 'timestamp(6)', 'DATETIME(6)', [
    `'2024-02-29 12:34:56'`,
    `'2024-02-29 12:34:56.120000'`,
    `'1000-01-01 00:00:00.000001'`,
    `'9999-12-31 23:59:59.999999'`,
    'NULL',
  ]),
  spelled('instant', 'timestamptz(3)', 'TIMESTAMP(3) NULL', [
    `'2024-07-01 00:00:00'`,
    `'2037-12-31 23:59:59.999'`,
    `'1970-01-02 00:00:00.5'`,
    'NULL',
  ]),
  spelled('bits', 'bit(9)', 'BIT(9)', [`B'000000000'`, `B'101010101'`, `B'111111111'`, 'NULL']),
];

/**
 * Makes and fills such a table; its ids are 1..rows.
 * @param key DDL of the key columns; `id` must be among them.
 */
export async function createVaried(
  side: Side,
  table: string,
  rows: number,
  columns: readonly VariedColumn[] = variedColumns,
  key: 'id' | 'text' | 'both' | 'none' = 'id',
): Promise<void> {
  const { kind } = side;
  const ddl = columns.map(({ name, ddl: types }) => `${name} ${types[kind]}`);
  const primary = {
    id: ['PRIMARY KEY (id)'],
    text: ['PRIMARY KEY (code)'],
    both: ['PRIMARY KEY (grp, id)'],
    none: [],
  };
  const own = ['id bigint NOT NULL', 'code varchar(30) NOT NULL', 'grp integer NOT NULL'];
  await side.sql(`CREATE TABLE ${table} (${[...own, ...ddl, ...primary[key]].join(', ')})`);
  const zone = kind === 'postgres' ? `SET TimeZone = 'UTC'` : `SET time_zone = '+00:00'`;
  await side.sql(zone);
  for (let first = 1; first <= rows; first += 500) {
    const list: string[] = [];
    for (let id = first; id < Math.min(first + 500, rows + 1); id++) {
      const values = columns.map(({ values: each }, i) => each[kind][(id + i) % each[kind].length] ?? 'NULL');
      list.push(`(${[id, `'${codeOf(id)}'`, id % 7, ...values].join(', ')})`);
    }
    await side.sql(`INSERT INTO ${table} VALUES ${list.join(', ')}`);
  }
  if (kind === 'postgres') await side.sql(`ANALYZE ${table}`);
  else await side.sql(`ANALYZE TABLE ${table}`);
}

/** Keys whose order differs between collations. */
export function codeOf(id: number): string {
  return `${id % 2 === 0 ? 'a' : 'B'}-${id % 3 === 0 ? 'é' : '_'}${id}`;
}
