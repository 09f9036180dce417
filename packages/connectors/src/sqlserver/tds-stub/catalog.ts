import type { DatabaseSync } from 'node:sqlite';
import { quoteKey, tableKey } from './dialect.ts';
import { DEFAULT_COLLATION, type StubColumn, type StubTable } from './table-definition.ts';
import { ServerError } from './tokens.ts';

/** The catalogue's views as tables of SQLite, so that the connector's own statements are answered by their own joins. */
const catalogTables = [
  'CREATE TABLE "sys.schemas" (schema_id INTEGER PRIMARY KEY, name TEXT UNIQUE)',
  'CREATE TABLE "sys.objects" (object_id INTEGER PRIMARY KEY AUTOINCREMENT, schema_id INTEGER, name TEXT, type TEXT, is_ms_shipped INTEGER)',
  `CREATE TABLE "sys.columns" (object_id INTEGER, column_id INTEGER, name TEXT, system_type_id INTEGER, user_type_id INTEGER,
    max_length INTEGER, precision INTEGER, scale INTEGER, is_nullable INTEGER, is_identity INTEGER, is_computed INTEGER,
    collation_name TEXT, default_object_id INTEGER, generated_always_type INTEGER, default_sql TEXT)`,
  'CREATE TABLE "sys.types" (system_type_id INTEGER, user_type_id INTEGER, name TEXT)',
  `CREATE TABLE "sys.indexes" (object_id INTEGER, index_id INTEGER, type INTEGER, is_primary_key INTEGER, is_unique INTEGER,
    is_disabled INTEGER, has_filter INTEGER)`,
  'CREATE TABLE "sys.index_columns" (object_id INTEGER, index_id INTEGER, column_id INTEGER, key_ordinal INTEGER)',
  'CREATE TABLE "sys.partitions" (partition_id INTEGER, object_id INTEGER, index_id INTEGER, rows INTEGER)',
  'CREATE TABLE "sys.allocation_units" (container_id INTEGER, used_pages INTEGER)',
  'CREATE TABLE "sys.databases" (database_id INTEGER, name TEXT, snapshot_isolation_state INTEGER, is_read_committed_snapshot_on INTEGER)',
];

/** Numbers of the system's own types; those of assemblies share one, as they do in the server. */
const ASSEMBLY = 240;
const typeNumbers: readonly (readonly [number, string])[] = [
  [34, 'image'],
  [35, 'text'],
  [36, 'uniqueidentifier'],
  [40, 'date'],
  [41, 'time'],
  [42, 'datetime2'],
  [43, 'datetimeoffset'],
  [48, 'tinyint'],
  [52, 'smallint'],
  [56, 'int'],
  [58, 'smalldatetime'],
  [59, 'real'],
  [60, 'money'],
  [61, 'datetime'],
  [62, 'float'],
  [98, 'sql_variant'],
  [99, 'ntext'],
  [104, 'bit'],
  [106, 'decimal'],
  [108, 'numeric'],
  [122, 'smallmoney'],
  [127, 'bigint'],
  [165, 'varbinary'],
  [167, 'varchar'],
  [173, 'binary'],
  [175, 'char'],
  [189, 'timestamp'],
  [231, 'nvarchar'],
  [239, 'nchar'],
  [241, 'xml'],
];
const assemblyTypes: readonly (readonly [number, string])[] = [
  [128, 'hierarchyid'],
  [129, 'geometry'],
  [130, 'geography'],
];
const numberOf = new Map([...typeNumbers, ...assemblyTypes].map(([number, name]) => [name, number]));

export function createCatalog(db: DatabaseSync, database: string, allowsSnapshots: boolean): void {
  for (const sql of catalogTables) db.exec(sql);
  const type = db.prepare('INSERT INTO "sys.types" VALUES (?, ?, ?)');
  for (const [number, name] of typeNumbers) type.run(number, number, name);
  for (const [number, name] of assemblyTypes) type.run(ASSEMBLY, number, name);
  db.exec(`INSERT INTO "sys.schemas" VALUES (1, 'dbo'), (2, 'guest'), (4, 'sys'), (16384, 'db_owner')`);
  db.prepare('INSERT INTO "sys.databases" VALUES (5, ?, ?, 0)').run(database, allowsSnapshots ? 1 : 0);
}

/** Rows of the catalogue of a table that was created, and the table itself. @throws 2714, 2760. */
export function addTable(db: DatabaseSync, table: StubTable): void {
  const schema = db.prepare('SELECT schema_id AS id FROM "sys.schemas" WHERE name = ?').get(table.schema);
  if (schema === undefined)
    throw new ServerError(
      2760,
      `The specified schema name "${table.schema}" either does not exist or you do not have permission to use it.`,
    );
  const key = tableKey(table.schema, table.name);
  if (objectOf(db, table.schema, table.name) !== null)
    throw new ServerError(2714, `There is already an object named '${table.name}' in the database.`);
  db.exec(`CREATE TABLE ${quoteKey(key)} (${tableLines(table).join(', ')})`);
  const { lastInsertRowid: object } = db
    .prepare('INSERT INTO "sys.objects" (schema_id, name, type, is_ms_shipped) VALUES (?, ?, ?, 0)')
    .run(Number(schema.id), table.name, 'U');
  for (const [at, column] of table.columns.entries()) addColumn(db, Number(object), at + 1, column);
  for (const [at, { isPrimary, isClustered, columns }] of table.keys.entries()) {
    db.prepare('INSERT INTO "sys.indexes" VALUES (?, ?, ?, ?, 1, 0, 0)').run(
      object,
      at + 1,
      isClustered ? 1 : 2,
      isPrimary ? 1 : 0,
    );
    for (const [i, name] of columns.entries()) {
      const column = table.columns.findIndex((each) => each.name === name) + 1;
      db.prepare('INSERT INTO "sys.index_columns" VALUES (?, ?, ?, ?)').run(object, at + 1, column, i + 1);
    }
  }
  db.prepare('INSERT INTO "sys.partitions" VALUES (?, ?, 1, 0)').run(object, object);
  db.prepare('INSERT INTO "sys.allocation_units" VALUES (?, 0)').run(object);
}

export function addColumn(db: DatabaseSync, object: number, no: number, column: StubColumn): void {
  const own = numberOf.get(column.dataType) ?? 0;
  const isAssembly = assemblyTypes.some(([, name]) => name === column.dataType);
  db.prepare('INSERT INTO "sys.columns" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)').run(
    object,
    no,
    column.name,
    isAssembly ? ASSEMBLY : own,
    own,
    column.maxLength,
    column.precision,
    column.scale,
    column.isNullable ? 1 : 0,
    column.isIdentity ? 1 : 0,
    column.isComputed ? 1 : 0,
    column.collation,
    column.defaultSql === null ? 0 : 1,
    column.defaultSql,
  );
}

function tableLines({ columns, keys }: StubTable): string[] {
  const lines = columns.map(({ name, isNullable, defaultSql, isComputed }) => {
    const words = `${isNullable || isComputed ? '' : ' NOT NULL'}${defaultSql === null ? '' : ` DEFAULT ${defaultSql}`}`;
    return `${quoteKey(name)}${words}`;
  });
  for (const key of keys) {
    const names = key.columns.map(quoteKey).join(', ');
    lines.push(`${key.isPrimary ? 'PRIMARY KEY' : 'UNIQUE'} (${names})`);
  }
  return lines;
}

export function objectOf(db: DatabaseSync, schema: string, name: string): number | null {
  const row = db
    .prepare(
      'SELECT o.object_id AS id FROM "sys.objects" AS o JOIN "sys.schemas" AS s ON s.schema_id = o.schema_id WHERE s.name = ? AND o.name = ?',
    )
    .get(schema, name);
  return row === undefined ? null : Number(row.id);
}

export function dropTable(db: DatabaseSync, schema: string, name: string): void {
  const object = objectOf(db, schema, name);
  if (object === null)
    throw new ServerError(
      3701,
      `Cannot drop the table '${schema}.${name}', because it does not exist or you do not have permission.`,
    );
  db.exec(`DROP TABLE ${quoteKey(tableKey(schema, name))}`);
  for (const table of ['objects', 'columns', 'indexes', 'index_columns', 'partitions'])
    db.prepare(`DELETE FROM "sys.${table}" WHERE object_id = ?`).run(object);
  db.prepare('DELETE FROM "sys.allocation_units" WHERE container_id = ?').run(object);
}

const PAGE_BYTES = 8_192;
/** What a row is taken to need, however much it does. */
const ROW_BYTES = 160;

/** The server's running figures of a table, after its rows changed. */
export function countRows(db: DatabaseSync, key: string): void {
  const [schema = '', name = ''] = [key.slice(0, key.indexOf('.')), key.slice(key.indexOf('.') + 1)];
  const object = objectOf(db, schema, name);
  if (object === null) return;
  const rows = Number(db.prepare(`SELECT COUNT(*) AS n FROM ${quoteKey(key)}`).get()?.n ?? 0);
  db.prepare('UPDATE "sys.partitions" SET rows = ? WHERE object_id = ?').run(rows, object);
  db.prepare('UPDATE "sys.allocation_units" SET used_pages = ? WHERE container_id = ?').run(
    Math.ceil((rows * ROW_BYTES) / PAGE_BYTES),
    object,
  );
}

/** The columns of a table, in their order. */
export function columnsOf(db: DatabaseSync, key: string): readonly StubColumn[] {
  const dot = key.indexOf('.');
  const object = objectOf(db, key.slice(0, dot), key.slice(dot + 1));
  if (object === null) return [];
  const rows = db
    .prepare(
      'SELECT c.*, t.name AS type_name FROM "sys.columns" AS c JOIN "sys.types" AS t ON t.user_type_id = c.user_type_id WHERE c.object_id = ? ORDER BY c.column_id',
    )
    .all(object);
  return rows.map((row) => ({
    name: String(row.name),
    dataType: String(row.type_name),
    maxLength: Number(row.max_length),
    precision: Number(row.precision),
    scale: Number(row.scale),
    isNullable: Number(row.is_nullable) === 1,
    isIdentity: Number(row.is_identity) === 1,
    isComputed: Number(row.is_computed) === 1,
    collation: row.collation_name === null ? null : String(row.collation_name ?? DEFAULT_COLLATION),
    defaultSql: row.default_sql === null ? null : String(row.default_sql),
  }));
}
