import type { Column, TableShape } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { Row, Session } from './session.ts';
import { type NativeColumn, neutralOf, printedType } from './types.ts';

/** What only this connector needs of a column. */
export interface CatalogColumn extends NativeColumn {
  /** Of its texts; null: it has none. */
  readonly collation: string | null;
  /** Numbered by the server, unless a session says that it brings numbers of its own. */
  readonly isIdentity: boolean;
  readonly hasDefault: boolean;
}

/** One table as `sys.*` knows it: the shape for everybody, and what only this connector needs. */
export interface CatalogTable {
  readonly shape: TableShape;
  /** By position, as `shape.columns`. */
  readonly native: readonly CatalogColumn[];
  /** Its number in the database; rises when it is made anew. */
  readonly objectId: number;
  readonly isView: boolean;
  /** The rows lie in the order of the primary key: to read in that order costs nothing. */
  readonly isClusteredByKey: boolean;
  /** First columns of indexes. */
  readonly leadingColumns: ReadonlySet<string>;
}

const USER_TABLE = 'U';

/** One row: what the object is, its rows and the pages that hold them. Rows and pages are the server's running figures. */
const objectSql = `
SELECT o.object_id, RTRIM(o.type) AS object_type,
       (SELECT SUM(p.rows) FROM sys.partitions AS p WHERE p.object_id = o.object_id AND p.index_id IN (0, 1)) AS row_count,
       (SELECT SUM(a.used_pages) FROM sys.partitions AS p JOIN sys.allocation_units AS a ON a.container_id = p.partition_id
         WHERE p.object_id = o.object_id AND p.index_id IN (0, 1)) AS used_pages
  FROM sys.objects AS o
  JOIN sys.schemas AS s ON s.schema_id = o.schema_id
 WHERE s.name = @schema AND o.name = @table AND o.type IN ('U', 'V')`;

/** Columns in their order; the type of an alias is what it stands for, a user's assembly type is `clr`. */
const columnsSql = `
SELECT c.name, COALESCE(b.name, CASE WHEN t.name IN ('hierarchyid', 'geometry', 'geography') THEN t.name ELSE 'clr' END) AS data_type,
       c.max_length, c.precision, c.scale, c.is_nullable, c.is_identity, c.is_computed, c.collation_name,
       c.default_object_id, c.generated_always_type
  FROM sys.columns AS c
  JOIN sys.types AS t ON t.user_type_id = c.user_type_id
  LEFT JOIN sys.types AS b ON b.user_type_id = c.system_type_id AND b.system_type_id = c.system_type_id
 WHERE c.object_id = CAST(@object AS int)
 ORDER BY c.column_id`;

/** Index columns in key order, without included ones. */
const indexesSql = `
SELECT i.index_id, i.type, i.is_primary_key, c.name
  FROM sys.indexes AS i
  JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
  JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
 WHERE i.object_id = CAST(@object AS int) AND k.key_ordinal > 0 AND i.is_disabled = 0 AND i.has_filter = 0
   AND i.type IN (1, 2)
 ORDER BY i.index_id, k.key_ordinal`;

const PAGE_BYTES = 8_192;
const CLUSTERED = 1;

/**
 * Reads a table or view from the catalogue.
 * @returns null when there is none, or the user may see none of it.
 */
export async function readTable(
  session: Session,
  schema: string,
  table: string,
): Promise<CatalogTable | null> {
  const target = `${schema}.${table}`;
  const [head] = await session.rows(objectSql, { schema, table }, 'metadata', target);
  if (head === undefined) return null;
  const object = String(head[0]);
  const rows = await session.rows(columnsSql, { object }, 'metadata', target);
  const indexes = await session.rows(indexesSql, { object }, 'metadata', target);
  const native = rows.map(catalogColumn);
  const columns = rows.map((row, at): Column => {
    const described = native[at];
    if (described === undefined) throw new RangeError(`no column ${at}`);
    return {
      name: String(row[0]),
      native: printedType(described),
      type: neutralOf(described),
      isNullable: isSet(row[5]),
      // Computed, rowversion, and the period columns of a temporal table.
      isGenerated: isSet(row[7]) || described.dataType === 'timestamp' || Number(row[10] ?? 0) !== 0,
    };
  });
  const isView = head[1] !== USER_TABLE;
  const keyRows = indexes.filter((row) => isSet(row[2]));
  const rowCount = numberOrNull(head[2]);
  const pages = numberOrNull(head[3]);
  return {
    shape: {
      schema,
      table,
      columns,
      primaryKey: keyRows.map((row) => String(row[3])),
      rowsEstimate: isView ? null : rowCount,
      bytesEstimate: isView || pages === null ? null : pages * PAGE_BYTES,
    },
    native,
    objectId: Number(object),
    isView,
    isClusteredByKey: keyRows.length > 0 && keyRows.every((row) => Number(row[1]) === CLUSTERED),
    leadingColumns: leadingColumns(indexes),
  };
}

function catalogColumn(row: Row): CatalogColumn {
  return {
    dataType: String(row[1]).toLowerCase(),
    maxLength: Number(row[2]),
    precision: Number(row[3]),
    scale: Number(row[4]),
    isIdentity: isSet(row[6]),
    collation: row[8] === null || row[8] === undefined ? null : String(row[8]),
    hasDefault: Number(row[9] ?? 0) !== 0 || isSet(row[6]),
  };
}

function leadingColumns(indexes: readonly Row[]): ReadonlySet<string> {
  const first = new Map<number, string>();
  for (const row of indexes) {
    const index = Number(row[0]);
    if (!first.has(index)) first.set(index, String(row[3]));
  }
  return new Set(first.values());
}

/** A bit comes as a boolean, or as a number where the server computes it. */
function isSet(cell: Row[number] | undefined): boolean {
  return cell === true || Number(cell) === 1;
}

function numberOrNull(cell: Row[number] | undefined): number | null {
  return cell === null || cell === undefined ? null : Number(cell);
}

/** @throws Cdm.0900 when there is no such table. */
export async function requireTable(session: Session, schema: string, table: string): Promise<CatalogTable> {
  const found = await readTable(session, schema, table);
  if (found === null) throw new SluiceError('Cdm.0900', { table: `${schema}.${table}` });
  return found;
}

/** Column names of the unique keys of a table, the primary key first; filtered indexes bind only some rows and do not count. */
export async function readUniqueKeys(
  session: Session,
  schema: string,
  table: string,
): Promise<readonly (readonly string[])[]> {
  const rows = await session.rows(
    `SELECT i.index_id, c.name
  FROM sys.indexes AS i
  JOIN sys.objects AS o ON o.object_id = i.object_id
  JOIN sys.schemas AS s ON s.schema_id = o.schema_id
  JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
  JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
 WHERE s.name = @schema AND o.name = @table AND i.is_unique = 1 AND i.is_disabled = 0 AND i.has_filter = 0 AND k.key_ordinal > 0
 ORDER BY i.is_primary_key DESC, i.index_id, k.key_ordinal`,
    { schema, table },
    'metadata',
    `${schema}.${table}`,
  );
  const keys = new Map<number, string[]>();
  for (const [index, name] of rows) {
    const key = keys.get(Number(index)) ?? [];
    key.push(String(name));
    keys.set(Number(index), key);
  }
  return [...keys.values()];
}
