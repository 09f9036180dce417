import type { Column, TableShape } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { TargetColumn } from './encode.ts';
import { quoteText } from './names.ts';
import type { Row, Session } from './session.ts';
import { type NativeColumn, neutralOf } from './types.ts';

/** One table as information_schema knows it: the shape for everybody, and what only this connector needs. */
export interface CatalogTable {
  readonly shape: TableShape;
  /** By position, as `shape.columns`. */
  readonly native: readonly (NativeColumn & {
    readonly characterSet: string | null;
    readonly collation: string | null;
    /** A row may leave it out, if it takes no null either. */
    readonly hasDefault: boolean;
  })[];
  /** null: a view. */
  readonly engine: string | null;
  readonly isTransactional: boolean;
}

/** Engines whose COMMIT makes several statements one. */
const transactionalEngines = new Set(['INNODB', 'ROCKSDB', 'TOKUDB', 'NDB', 'NDBCLUSTER', 'XTRADB']);

const columnFacts = [
  'COLUMN_NAME',
  'DATA_TYPE',
  'COLUMN_TYPE',
  'IS_NULLABLE',
  'EXTRA',
  'CHARACTER_MAXIMUM_LENGTH',
  'NUMERIC_PRECISION',
  'NUMERIC_SCALE',
  'DATETIME_PRECISION',
  'CHARACTER_SET_NAME',
  'COLLATION_NAME',
  'COLUMN_DEFAULT',
  'COLUMN_COMMENT',
] as const;
type ColumnFact = (typeof columnFacts)[number];

function factsOf(row: Row): (fact: ColumnFact) => Row[number] {
  return (fact) => row[columnFacts.indexOf(fact)] ?? null;
}

function numberOrNull(cell: Row[number]): number | null {
  return cell === null ? null : Number(cell);
}

/**
 * `bigint(20)` as `bigint`: the width is for people's terminals, MySQL 8 shows none, and other systems take the number for
 * a modifier. It stays where it means something: TINYINT(1) is a boolean by its width, ZEROFILL pads to it.
 */
function withoutDisplayWidth(columnType: string): string {
  if (/^tinyint\(1\)|zerofill/i.test(columnType)) return columnType;
  return columnType.replace(/^((?:tiny|small|medium|big)?int)\(\d+\)/i, '$1');
}

/** Columns whose check says that they hold JSON: MariaDB has no JSON type of its own. */
async function checkedJsonColumns(
  session: Session,
  where: string,
  target: string,
): Promise<ReadonlySet<string>> {
  if (!session.isMariaDb) return new Set();
  const rows = await session.rows(
    `SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE ${where.replace('TABLE_SCHEMA', 'CONSTRAINT_SCHEMA')}`,
    'metadata',
    target,
  );
  const columns = rows.map((row) =>
    /^json_valid\(`(.+)`\)$/i.exec(String(row[0]))?.[1]?.replaceAll('``', '`'),
  );
  return new Set(columns.filter((name) => name !== undefined));
}

/**
 * Reads a table or view from the catalog.
 * @returns null when there is none, or the user may see none of it.
 */
export async function readTable(
  session: Session,
  database: string,
  table: string,
  tinyIntIsBoolean: boolean,
): Promise<CatalogTable | null> {
  const target = `${database}.${table}`;
  const where = `TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(table)}`;
  const [head] = await session.rows(
    `SELECT TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES WHERE ${where}`,
    'metadata',
    target,
  );
  if (head === undefined) return null;
  const rows = await session.rows(
    `SELECT ${columnFacts.join(', ')} FROM information_schema.COLUMNS WHERE ${where} ORDER BY ORDINAL_POSITION`,
    'metadata',
    target,
  );
  const keys = await session.rows(
    `SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE ${where} AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX`,
    'metadata',
    target,
  );
  const json = await checkedJsonColumns(session, where, target);
  const columns: Column[] = [];
  const native: CatalogTable['native'][number][] = [];
  for (const row of rows) {
    const fact = factsOf(row);
    const name = String(fact('COLUMN_NAME'));
    const dataType = String(fact('DATA_TYPE')).toLowerCase();
    const described = {
      dataType,
      columnType: String(fact('COLUMN_TYPE')),
      characterLengthMax: numberOrNull(fact('CHARACTER_MAXIMUM_LENGTH')),
      precision: numberOrNull(fact('NUMERIC_PRECISION')),
      scale: numberOrNull(fact('NUMERIC_SCALE')),
      fraction: numberOrNull(fact('DATETIME_PRECISION')),
      isCheckedJson: dataType === 'longtext' && json.has(name),
      characterSet: fact('CHARACTER_SET_NAME') === null ? null : String(fact('CHARACTER_SET_NAME')),
      collation: fact('COLLATION_NAME') === null ? null : String(fact('COLLATION_NAME')),
      hasDefault: fact('COLUMN_DEFAULT') !== null || /auto_increment/i.test(String(fact('EXTRA'))),
    };
    native.push(described);
    columns.push({
      name,
      native: withoutDisplayWidth(described.columnType),
      type: neutralOf(described, tinyIntIsBoolean),
      isNullable: fact('IS_NULLABLE') === 'YES',
      // Not DEFAULT_GENERATED, which is MySQL 8's word for a default that is an expression.
      isGenerated: /\b(?:VIRTUAL|STORED|PERSISTENT)\b/i.test(String(fact('EXTRA'))),
      ...(fact('COLUMN_COMMENT') ? { comment: String(fact('COLUMN_COMMENT')) } : {}),
    });
  }
  const engine = head[1] === null || head[1] === undefined ? null : String(head[1]);
  const isView = head[0] !== 'BASE TABLE';
  return {
    shape: {
      schema: database,
      table,
      columns,
      primaryKey: keys.map((row) => String(row[0])),
      rowsEstimate: isView ? null : numberOrNull(head[2] ?? null),
      bytesEstimate: isView ? null : numberOrNull(head[3] ?? null),
    },
    native,
    engine,
    isTransactional: engine !== null && transactionalEngines.has(engine.toUpperCase()),
  };
}

/** @throws Cdm.0900 when there is no such table. */
export async function requireTable(
  session: Session,
  database: string,
  table: string,
  tinyIntIsBoolean: boolean,
): Promise<CatalogTable> {
  const found = await readTable(session, database, table, tinyIntIsBoolean);
  if (found === null) throw new SluiceError('Cdm.0900', { table: `${database}.${table}` });
  return found;
}

/** A column as the encoders want it. */
export function targetColumn(table: CatalogTable, at: number): TargetColumn {
  const column = table.shape.columns[at];
  const native = table.native[at];
  if (column === undefined || native === undefined) throw new RangeError(`no column ${at}`);
  return {
    name: column.name,
    dataType: native.dataType,
    columnType: native.columnType,
    fraction: native.fraction ?? 0,
    length: native.characterLengthMax ?? native.precision,
    characterSet: native.characterSet,
    refusesNull: native.dataType === 'timestamp' && !column.isNullable,
  };
}
