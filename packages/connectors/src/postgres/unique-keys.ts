import { readGaussKeys } from '../gauss/catalog.ts';
import { quoteName } from './quote.ts';
import type { KeyColumn, TableName, UniqueKey } from './relation.ts';
import type { PgSession } from './session.ts';

/** B-trees: the only indexes that are unique. */
const BTREE = 403;
const EQUAL_STRATEGY = 3;

/**
 * Keys that every row must keep, the primary one first. Left out are those on expressions, those of a part of the rows only,
 * and those that are checked at the end of a transaction.
 */
export async function readUniqueKeys(session: PgSession, table: TableName): Promise<readonly UniqueKey[]> {
  if (session.isGauss) return readGaussKeys(session, table);
  const { rows } = await session.execute(
    `SELECT i.indexrelid, a.attname, s.nspname, o.oprname, a.attnotnull,
            COALESCE((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false)
       FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_index i ON i.indrelid = c.oid
       CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indclass::oid[]) WITH ORDINALITY AS k(attnum, opclass, place)
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
       JOIN pg_opclass class ON class.oid = k.opclass AND class.opcmethod = ${BTREE}
       JOIN pg_amop m ON m.amopfamily = class.opcfamily AND m.amopstrategy = ${EQUAL_STRATEGY}
                     AND m.amoplefttype = class.opcintype AND m.amoprighttype = class.opcintype
       JOIN pg_operator o ON o.oid = m.amopopr
       JOIN pg_namespace s ON s.oid = o.oprnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND i.indisunique AND i.indisvalid AND i.indimmediate
        AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts
      ORDER BY NOT i.indisprimary, i.indexrelid, k.place`,
    [table.schema, table.table],
  );
  const keys = new Map<string, { columns: KeyColumn[]; nullsAreEqual: boolean }>();
  for (const [index, name, schema, operator, isNotNull, nullsAreEqual] of rows) {
    const key = keys.get(index ?? '') ?? { columns: [], nullsAreEqual: nullsAreEqual === 't' };
    key.columns.push({
      name: name ?? '',
      equals: `OPERATOR(${quoteName(schema ?? '')}.${operator})`,
      isNullable: isNotNull !== 't',
    });
    keys.set(index ?? '', key);
  }
  return [...keys.values()];
}

/** Keys all of whose columns are written: those that rows of a run can clash in. */
export function writtenKeys(
  keys: readonly UniqueKey[],
  columnNames: readonly string[],
): readonly UniqueKey[] {
  const written = new Set(columnNames);
  return keys.filter(({ columns }) => columns.every(({ name }) => written.has(name)));
}
