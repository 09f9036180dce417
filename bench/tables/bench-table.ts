import { type Dialect, DOUBLE_STEPS } from './dialect.ts';

export type ColumnKind =
  | 'smallint'
  | 'integer'
  | 'bigint'
  | 'decimal'
  | 'double'
  | 'date'
  | 'timestamp'
  | 'text';

export interface BenchColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Characters that a `varchar` may have; 1 gives `char(1)`; missing: the unlimited text type. */
  readonly lengthMax?: number;
  readonly isNullable: boolean;
  /** The value in row `n` (a column of the table `numbers`), as SQL. */
  value(dialect: Dialect): string;
}

export interface BenchTable {
  readonly name: string;
  /** One sentence for the report. */
  readonly title: string;
  /** At full scale. */
  readonly rows: number;
  readonly columns: readonly BenchColumn[];
  readonly key: readonly string[];
  /** Some clients have to be told. */
  readonly hasCarriageReturns: boolean;
}

/**
 * A well-mixed whole number from 0 to 2^31 - 2 that depends on the row and on `salt` (a whole number from 0 on)
 * alone: two multiplications modulo the prime 2^31 - 1, which no 64-bit number overflows.
 */
export function mixed(salt: number): string {
  const factor = 48_271 + 2 * salt;
  const shift = 1 + salt * 7_919;
  return `((n * ${factor} + ${shift}) % 2147483647 * 16807 % 2147483647)`;
}

/** The column's type in the database's own words. */
export function typeOf(column: BenchColumn, dialect: Dialect): string {
  const isPostgres = dialect.kind === 'postgres';
  switch (column.kind) {
    case 'smallint':
      return 'smallint';
    case 'integer':
      return isPostgres ? 'integer' : 'int';
    case 'bigint':
      return 'bigint';
    case 'decimal':
      return isPostgres ? 'numeric(15,2)' : 'decimal(15,2)';
    case 'double':
      return isPostgres ? 'double precision' : 'double';
    case 'date':
      return 'date';
    case 'timestamp':
      return isPostgres ? 'timestamp(0)' : 'datetime';
    case 'text': {
      if (column.lengthMax === 1) return 'char(1)';
      return column.lengthMax === undefined ? 'text' : `varchar(${column.lengthMax})`;
    }
  }
}

/** @param withKey whether the table gets its primary key */
export function createTableSql(table: BenchTable, name: string, dialect: Dialect, withKey: boolean): string {
  const lines = table.columns.map(
    (column) => `${column.name} ${typeOf(column, dialect)}${column.isNullable ? '' : ' NOT NULL'}`,
  );
  if (withKey) lines.push(`PRIMARY KEY (${table.key.join(', ')})`);
  const engine = dialect.kind === 'mariadb' ? ' ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin' : '';
  return `CREATE TABLE ${name} (${lines.join(', ')})${engine}`;
}

/**
 * Fills an empty table with its first `rows` rows. Both databases count upwards by themselves, so the rows come in
 * the order of the key; asked to sort, they would write gigabytes of temporary files.
 */
export function fillTableSql(table: BenchTable, name: string, rows: number, dialect: Dialect): string {
  const values = table.columns.map((column) => column.value(dialect));
  return `INSERT INTO ${name} SELECT ${values.join(', ')} FROM ${dialect.numbers(rows)}`;
}

/** PostgreSQL takes no more arguments than this. */
const ARGUMENTS_MAX = 90;

/**
 * Counts and hashes all rows in the database itself: one row with `row_count` and `checksum`, the sum of a hash of
 * each row's canonical text, which no order of the rows changes. Equal data give equal sums in both databases.
 */
export function proofSql(table: BenchTable, name: string, dialect: Dialect): string {
  const texts = table.columns.map(({ name: column, kind }) => {
    const word = kind === 'smallint' || kind === 'integer' || kind === 'bigint' ? 'integer' : kind;
    // A character that the data do not have tells NULL from every text.
    return `coalesce(${dialect.canonical[word](column)}, ${dialect.text('\u0001')})`;
  });
  const separator = dialect.text('\u0002');
  const groups: string[] = [];
  for (let start = 0; start < texts.length; start += ARGUMENTS_MAX) {
    groups.push(`concat_ws(${separator}, ${texts.slice(start, start + ARGUMENTS_MAX).join(', ')})`);
  }
  const line = groups.length === 1 ? groups[0] : `concat_ws(${separator}, ${groups.join(', ')})`;
  const sum = `coalesce(sum(${dialect.hash(line ?? '')}), 0)`;
  return dialect.kind === 'postgres'
    ? `SELECT count(*)::text AS row_count, (${sum})::text AS checksum FROM ${name}`
    : `SELECT cast(count(*) AS char) AS row_count, cast(${sum} AS char) AS checksum FROM ${name}`;
}

/** A double that both databases print and read exactly. */
export function exactDouble(dialect: Dialect, number: string): string {
  return dialect.double(number, DOUBLE_STEPS);
}
