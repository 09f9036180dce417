import type { Column, TableShape } from '@sluice/core/data/column';
import { columnNamed } from '@sluice/core/data/column-named';
import { noSuchColumn } from '../jdbc/column-pairs.ts';
import type { PgSession } from './session.ts';
import { isUserType, neutralOf } from './types.ts';

/** A relation by name; names as the catalog spells them. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}

/** One column with what only a PostgreSQL sink or source asks for. */
export interface PgColumn extends Column {
  readonly isEnum: boolean;
  readonly hasDefault: boolean;
}

/** A relation as the catalog describes it. */
export interface Relation {
  readonly oid: string;
  readonly name: TableName;
  /** r table, p partitioned table, v view, m materialized view, f foreign table. */
  readonly kind: string;
  /** Access method; ctid ranges mean blocks only for `heap`. */
  readonly accessMethod: string | null;
  readonly columns: readonly PgColumn[];
  readonly primaryKey: readonly string[];
  readonly rowsEstimate: number | null;
  readonly bytesEstimate: number | null;
}

const READABLE_KINDS = new Set(['r', 'p', 'v', 'm', 'f']);

/** @returns null when there is no such table, or no right to see its schema. */
export async function findRelation(session: PgSession, name: TableName): Promise<Relation | null> {
  const found = await session.execute(
    `SELECT c.oid, c.relkind, am.amname, c.reltuples,
            CASE WHEN c.relkind IN ('r', 'm', 'p') THEN
              (SELECT sum(pg_relation_size(COALESCE(leaf.relid, c.oid)))
                 FROM (SELECT t.relid::oid FROM pg_partition_tree(c.oid) t WHERE t.isleaf
                       UNION ALL SELECT c.oid WHERE c.relkind <> 'p') AS leaf(relid)) END
       FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_am am ON am.oid = c.relam
      WHERE n.nspname = $1 AND c.relname = $2`,
    [name.schema, name.table],
  );
  const row = found.rows[0];
  if (row === undefined) return null;
  const [oid, kind, accessMethod, tuples, bytes] = row;
  if (oid === undefined || oid === null || kind === null || kind === undefined || !READABLE_KINDS.has(kind))
    return null;
  return {
    oid,
    name,
    kind,
    accessMethod: accessMethod ?? null,
    columns: await readColumns(session, oid),
    primaryKey: await readPrimaryKey(session, oid),
    rowsEstimate: tuples === null || tuples === undefined || Number(tuples) < 0 ? null : Number(tuples),
    bytesEstimate: bytes === null || bytes === undefined ? null : Number(bytes),
  };
}

/** Columns in the table's own order; a domain shows as what it rests on, so that the type is known everywhere. */
async function readColumns(session: PgSession, oid: string): Promise<readonly PgColumn[]> {
  const { rows } = await session.execute(
    `WITH RECURSIVE resolved AS (
       SELECT a.attnum, a.atttypid AS typid, a.atttypmod AS typmod, 0 AS depth
         FROM pg_attribute a WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
       UNION ALL
       SELECT r.attnum, t.typbasetype, t.typtypmod, r.depth + 1
         FROM resolved r JOIN pg_type t ON t.oid = r.typid WHERE t.typtype = 'd')
     SELECT a.attname, format_type(r.typid, r.typmod), t.typtype, a.attnotnull,
            a.attgenerated <> '', a.atthasdef OR a.attidentity <> '', col_description(a.attrelid, a.attnum)
       FROM pg_attribute a
       JOIN (SELECT DISTINCT ON (attnum) * FROM resolved ORDER BY attnum, depth DESC) r ON r.attnum = a.attnum
       JOIN pg_type t ON t.oid = r.typid
      WHERE a.attrelid = $1::oid
      ORDER BY a.attnum`,
    [oid],
  );
  return rows.map(([name, native, typeKind, isNotNull, isGenerated, hasDefault, comment]) => ({
    name: name ?? '',
    native: native ?? '',
    type: neutralOf(native ?? ''),
    isNullable: isNotNull !== 't',
    isGenerated: isGenerated === 't',
    isEnum: typeKind === 'e',
    hasDefault: hasDefault === 't',
    ...(comment == null ? {} : { comment }),
  }));
}

async function readPrimaryKey(session: PgSession, oid: string): Promise<readonly string[]> {
  const { rows } = await session.execute(
    `SELECT a.attname
       FROM pg_index i
       CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
      WHERE i.indrelid = $1::oid AND i.indisprimary AND k.place <= i.indnkeyatts
      ORDER BY k.place`,
    [oid],
  );
  return rows.map(([name]) => name ?? '');
}

/**
 * What a writer must know of its table, in one question.
 * @returns the columns' native types by name, domains resolved; null when there is no such table.
 */
export async function readTargetColumns(
  session: PgSession,
  name: TableName,
): Promise<ReadonlyMap<string, string> | null> {
  const { rows } = await session.execute(
    `WITH RECURSIVE resolved AS (
       SELECT a.attname, a.attnum, a.atttypid AS typid, a.atttypmod AS typmod
         FROM pg_class c
         JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE n.nspname = $1 AND c.relname = $2
       UNION ALL
       SELECT r.attname, r.attnum, t.typbasetype, t.typtypmod
         FROM resolved r JOIN pg_type t ON t.oid = r.typid WHERE t.typtype = 'd')
     SELECT r.attname, format_type(r.typid, r.typmod)
       FROM resolved r JOIN pg_type t ON t.oid = r.typid WHERE t.typtype <> 'd' ORDER BY r.attnum`,
    [name.schema, name.table],
  );
  if (rows.length === 0) return null;
  return new Map(rows.map(([column, native]) => [column ?? '', native ?? '']));
}

/** One partition that holds rows itself. */
export interface Leaf {
  readonly name: TableName;
  readonly kind: string;
  readonly accessMethod: string | null;
  readonly bytes: number;
}

/** The partitions of a partitioned table that hold rows, by name. */
export async function readLeaves(session: PgSession, oid: string): Promise<readonly Leaf[]> {
  const { rows } = await session.execute(
    `SELECT n.nspname, c.relname, c.relkind, am.amname, CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) END
       FROM pg_partition_tree($1::oid) t
       JOIN pg_class c ON c.oid = t.relid
       JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_am am ON am.oid = c.relam
      WHERE t.isleaf AND c.relkind <> 'p'
      ORDER BY n.nspname, c.relname`,
    [oid],
  );
  return rows.map(([schema, table, kind, accessMethod, bytes]) => ({
    name: { schema: schema ?? '', table: table ?? '' },
    kind: kind ?? 'r',
    accessMethod: accessMethod ?? null,
    bytes: Number(bytes ?? 0),
  }));
}

/** Which of these users' types exist here too. */
export async function findUserTypes(
  session: PgSession,
  natives: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const native of new Set(natives)) {
    if (!isUserType(native)) continue;
    const { rows } = await session.execute('SELECT to_regtype($1) IS NOT NULL', [native]);
    if (rows[0]?.[0] === 't') found.add(native);
  }
  return found;
}

/** The shape that the contract speaks of, for the listed columns or all. @throws Cdm.0926 for a column that does not exist. */
export function shapeOf(relation: Relation, listed: readonly string[] | null): TableShape {
  const chosen = listed?.map((name) => requireColumn(relation, name)) ?? relation.columns;
  const columns = chosen.map(({ name, native, type, isNullable, isGenerated, comment }) => ({
    name,
    native,
    type,
    isNullable,
    isGenerated,
    ...(comment === undefined ? {} : { comment }),
  }));
  return {
    schema: relation.name.schema,
    table: relation.name.table,
    columns,
    primaryKey: relation.primaryKey,
    rowsEstimate: relation.rowsEstimate,
    bytesEstimate: relation.bytesEstimate,
  };
}

/** A column as a job names it. @throws Cdm.0926 there is none. */
export function requireColumn(relation: Relation, name: string): PgColumn {
  const column = columnNamed(relation.columns, name);
  if (column !== undefined) return column;
  throw noSuchColumn(`${relation.name.schema}.${relation.name.table}`, name);
}
