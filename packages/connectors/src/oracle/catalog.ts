import type { Column, TableShape } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { DriverRow } from './driver.ts';
import { splitLimits } from './limits.ts';
import { folded } from './names.ts';
import type { Session } from './session.ts';
import { type NativeColumn, nativeText, neutralOf } from './types.ts';

/** A column as this connector needs to know it. */
export interface CatalogColumn extends NativeColumn {
  /** A row may leave it out, if it takes no null either. */
  readonly hasDefault: boolean;
}

/** One table or view as the catalog knows it: the shape for everybody, and what only this connector needs. */
export interface CatalogTable {
  readonly shape: TableShape;
  /** By position, as `shape.columns`. */
  readonly native: readonly CatalogColumn[];
  readonly isView: boolean;
  /** Its rows have physical addresses: no view, and not organised by an index. */
  readonly hasRowids: boolean;
  readonly isPartitioned: boolean;
  /** Bytes of a row, on average, by the server's statistics; null: none. */
  readonly rowBytes: number | null;
}

const columnFacts = `SELECT c.COLUMN_NAME, c.DATA_TYPE, c.DATA_TYPE_OWNER, c.DATA_LENGTH, c.DATA_PRECISION, c.DATA_SCALE,
  c.CHAR_LENGTH, c.CHAR_USED, c.NULLABLE, c.VIRTUAL_COLUMN, c.DEFAULT_LENGTH,
  (SELECT i.GENERATION_TYPE FROM ALL_TAB_IDENTITY_COLS i
    WHERE i.OWNER = c.OWNER AND i.TABLE_NAME = c.TABLE_NAME AND i.COLUMN_NAME = c.COLUMN_NAME)
  FROM ALL_TAB_COLS c
  WHERE c.OWNER = :1 AND c.TABLE_NAME = :2 AND c.HIDDEN_COLUMN = 'NO' ORDER BY c.COLUMN_ID`;
const tableFacts = `SELECT NUM_ROWS, BLOCKS, AVG_ROW_LEN, PARTITIONED, IOT_TYPE FROM ALL_TABLES
  WHERE OWNER = :1 AND TABLE_NAME = :2`;
const keyColumns = `SELECT cc.COLUMN_NAME FROM ALL_CONSTRAINTS c
  JOIN ALL_CONS_COLUMNS cc ON cc.OWNER = c.OWNER AND cc.CONSTRAINT_NAME = c.CONSTRAINT_NAME
  WHERE c.OWNER = :1 AND c.TABLE_NAME = :2 AND c.CONSTRAINT_TYPE = 'P' ORDER BY cc.POSITION`;

function numberOrNull(cell: DriverRow[number] | undefined): number | null {
  return cell === null || cell === undefined ? null : Number(cell);
}

/**
 * Reads a table or view: of these very names, or else of the names as Oracle folds them, for people write them without
 * quotes. Synonyms are not followed.
 * @returns null when there is none, or the user may see none of it.
 */
export async function readTable(
  session: Session,
  schema: string,
  table: string,
): Promise<CatalogTable | null> {
  const owners = [schema, folded(schema)].filter((name) => name !== null);
  const names = [table, folded(table)].filter((name) => name !== null);
  for (const owner of owners)
    for (const name of names) {
      const found = await readExact(session, owner, name);
      if (found !== null) return found;
    }
  return null;
}

async function readExact(session: Session, schema: string, table: string): Promise<CatalogTable | null> {
  const target = `${schema}.${table}`;
  const rows = await session.rows(columnFacts, [schema, table], 'metadata', target);
  if (rows.length === 0) return null;
  const [facts] = await session.rows(tableFacts, [schema, table], 'metadata', target);
  const keys = facts === undefined ? [] : await session.rows(keyColumns, [schema, table], 'metadata', target);
  const columns: Column[] = [];
  const native: CatalogColumn[] = [];
  for (const [
    name,
    dataType,
    owner,
    bytes,
    precision,
    scale,
    characters,
    used,
    nullable,
    virtual,
    length,
    identity,
  ] of rows) {
    const described: CatalogColumn = {
      dataType: String(dataType),
      typeOwner: owner === null || owner === undefined ? null : String(owner),
      bytes: Number(bytes ?? 0),
      precision: numberOrNull(precision),
      scale: numberOrNull(scale),
      characters: Number(characters ?? 0),
      countsCharacters: used === 'C',
      hasDefault: Number(length ?? 0) > 0,
    };
    native.push(described);
    columns.push({
      name: String(name),
      native: nativeText(described),
      type: neutralOf(described),
      isNullable: nullable === 'Y',
      isGenerated: virtual === 'YES' || identity === 'ALWAYS',
    });
  }
  const blocks = numberOrNull(facts?.[1]);
  return {
    shape: {
      schema,
      table,
      columns,
      primaryKey: keys.map((row) => String(row[0])),
      rowsEstimate: numberOrNull(facts?.[0]),
      bytesEstimate: blocks === null ? null : blocks * splitLimits.blockBytes,
    },
    native,
    isView: facts === undefined,
    hasRowids: facts !== undefined && (facts[4] ?? null) === null,
    isPartitioned: facts?.[3] === 'YES',
    rowBytes: numberOrNull(facts?.[2]),
  };
}

/** @throws Cdm.0900 when there is no such table. */
export async function requireTable(session: Session, schema: string, table: string): Promise<CatalogTable> {
  const found = await readTable(session, schema, table);
  if (found === null) throw new SluiceError('Cdm.0900', { table: `${schema}.${table}` });
  return found;
}
