import { quoteName } from '../postgres/quote.ts';
import type { KeyColumn, PgColumn, Relation, TableName, UniqueKey } from '../postgres/relation.ts';
import type { PgSession } from '../postgres/session.ts';
import { gaussNeutralOf } from './types.ts';

// What is asked of the catalog of PostgreSQL 9.2, which GaussDB and DWS have: no identity and generated columns, no included
// columns of keys, no partitions as tables of their own, no functions that look up names. Domains there are none either.

const READABLE_KINDS = new Set(['r', 'v', 'm', 'f']);
/** Every database of these servers has blocks of this size. */
const BLOCK_BYTES = 8_192;

/**
 * @returns null when there is no such table, or no right to see its schema. Without an access method: the blocks of a table lie
 * in every data node anew, so that there are no ranges of them.
 */
export async function findGaussRelation(session: PgSession, name: TableName): Promise<Relation | null> {
  const found = await session.execute(
    `SELECT c.oid, c.relkind, c.reltuples, c.relpages
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2`,
    [name.schema, name.table],
  );
  const [oid, kind, tuples, pages] = found.rows[0] ?? [];
  if (oid === undefined || oid === null || !READABLE_KINDS.has(kind ?? '')) return null;
  const hasRows = kind === 'r' || kind === 'm';
  return {
    oid,
    name,
    kind: kind ?? 'r',
    accessMethod: null,
    columns: await readColumns(session, oid),
    primaryKey: await readPrimaryKey(session, oid),
    // Both stay 0 until the table is analysed.
    rowsEstimate: hasRows && Number(tuples) > 0 ? Math.round(Number(tuples)) : null,
    bytesEstimate: hasRows && Number(pages) > 0 ? Number(pages) * BLOCK_BYTES : null,
  };
}

async function readColumns(session: PgSession, oid: string): Promise<readonly PgColumn[]> {
  const { rows } = await session.execute(
    `SELECT a.attname, format_type(a.atttypid, a.atttypmod), t.typtype, a.attnotnull, a.atthasdef,
            col_description(a.attrelid, a.attnum)
       FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
      WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum`,
    [oid],
  );
  return rows.map(([name, native, typeKind, isNotNull, hasDefault, comment]) => ({
    name: name ?? '',
    native: native ?? '',
    type: gaussNeutralOf(native ?? ''),
    isNullable: isNotNull !== 't',
    isGenerated: false,
    isEnum: typeKind === 'e',
    hasDefault: hasDefault === 't',
    ...(comment == null ? {} : { comment }),
  }));
}

async function readPrimaryKey(session: PgSession, oid: string): Promise<readonly string[]> {
  const { rows } = await session.execute(
    `SELECT a.attname
       FROM (SELECT indrelid, indkey, generate_subscripts(indkey, 1) AS place
               FROM pg_index WHERE indrelid = $1::oid AND indisprimary) i
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.place]
      ORDER BY i.place`,
    [oid],
  );
  return rows.map(([name]) => name ?? '');
}

/** @returns the columns' native types by name; null when there is no such table. */
export async function readGaussColumns(
  session: PgSession,
  { schema, table }: TableName,
): Promise<ReadonlyMap<string, string> | null> {
  const { rows } = await session.execute(
    `SELECT a.attname, format_type(a.atttypid, a.atttypmod)
       FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname = $1 AND c.relname = $2 ORDER BY a.attnum`,
    [schema, table],
  );
  return rows.length === 0 ? null : new Map(rows.map(([column, native]) => [column ?? '', native ?? '']));
}

/** As `readUniqueKeys`. The indexes of tables in columns are no B-trees; all of them compare by the type's own equality. */
export async function readGaussKeys(session: PgSession, table: TableName): Promise<readonly UniqueKey[]> {
  const { rows } = await session.execute(
    `SELECT i.indexrelid, a.attname, a.attnotnull
       FROM (SELECT x.indexrelid, x.indrelid, x.indkey, x.indisprimary, generate_subscripts(x.indkey, 1) AS place
               FROM pg_index x
               JOIN pg_class c ON c.oid = x.indrelid
               JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = $1 AND c.relname = $2 AND x.indisunique AND x.indisvalid AND x.indimmediate
                AND x.indpred IS NULL AND x.indexprs IS NULL) i
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.place]
      ORDER BY NOT i.indisprimary, i.indexrelid, i.place`,
    [table.schema, table.table],
  );
  const keys = new Map<string, KeyColumn[]>();
  for (const [index, name, isNotNull] of rows) {
    const columns = keys.get(index ?? '') ?? [];
    columns.push({
      name: name ?? '',
      equals: `OPERATOR(${quoteName('pg_catalog')}.=)`,
      isNullable: isNotNull !== 't',
    });
    keys.set(index ?? '', columns);
  }
  return [...keys.values()].map((columns) => ({ columns, nullsAreEqual: false }));
}
