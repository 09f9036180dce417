import type { ComparedColumn, KeyTexts, Repair, RepairCounts } from '@sluice/core/connector/comparison';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { neutralOn } from '../gauss/types.ts';
import { readTargetColumns } from './catalog.ts';
import { encodersOf, type WrittenColumn } from './encode.ts';
import { quoteName, quoteTable } from './quote.ts';
import type { Relation } from './relation.ts';
import type { PgSession } from './session.ts';
import { encodeRows } from './text-rows.ts';

/** Where the rows wait within the transaction; of this session alone. */
const STAGE = 'pg_temp.sluice_repair';
/** How long a repair waits for others who have the rows. */
const LOCK_TIMEOUT_MS = 60_000;

/** Picks rows by their keys. */
type KeysCondition = (key: readonly ComparedColumn[], keys: readonly KeyTexts[]) => string;

/**
 * Sets rows right in one transaction. They come by COPY into a table of the session, in the words in which a copy of rows
 * brings them, and from there over what has their key: by upsert where the key is the table's own, so that rows which refer
 * to them stay; else what has the key is deleted first.
 */
export async function repairRows(
  session: PgSession,
  relation: Relation,
  { side, sourceColumns, columnNames, rows, removals }: Repair,
  pick: KeysCondition,
): Promise<RepairCounts> {
  await session.query('BEGIN');
  try {
    await session.limitLockWaits(LOCK_TIMEOUT_MS);
    let rowsRemoved = 0;
    if (removals.length > 0)
      rowsRemoved = countOf(
        await session.query(`DELETE FROM ${quoteTable(relation.name)} WHERE ${pick(side.key, removals)}`),
      );
    if (rows.length > 0)
      await replaceRows(session, relation, { side, sourceColumns, columnNames, rows }, pick);
    await session.query('COMMIT');
    return { rowsWritten: rows.length, rowsRemoved };
  } catch (error) {
    if (session.lost() === null) await session.query('ROLLBACK');
    throw error;
  }
}

async function replaceRows(
  session: PgSession,
  relation: Relation,
  { side, sourceColumns, columnNames, rows }: Omit<Repair, 'removals'>,
  pick: KeysCondition,
): Promise<void> {
  const target = quoteTable(relation.name);
  const list = columnNames.map(quoteName).join(', ');
  const natives = await readTargetColumns(session, relation.name);
  const encoders = encodersOf(
    columnNames.map((name, at): WrittenColumn => {
      const native = natives?.get(name);
      const source = sourceColumns[at]?.type;
      if (native === undefined || source === undefined)
        throw new SluiceError('Cdm.0931', { schema: [...(natives?.keys() ?? [])].join(', '), result: name });
      return { name, native, target: neutralOn(session, native), source };
    }),
  );
  // Only the columns and their types: neither what they demand nor what they default to.
  await session.query(
    `CREATE TEMPORARY TABLE ${STAGE} ON COMMIT DROP AS SELECT ${list} FROM ${target} WITH NO DATA`,
  );
  const copy = await session.copyIn(`COPY ${STAGE} (${list}) FROM STDIN`);
  await copy.write(
    Buffer.from(
      encodeRows(
        rows.map(({ values }) => values),
        encoders,
      ),
    ),
  );
  await copy.end();
  const overriding = session.isGauss ? '' : 'OVERRIDING SYSTEM VALUE ';
  const insert = `INSERT INTO ${target} (${list}) ${overriding}SELECT ${list} FROM ${STAGE}`;
  const keyNames = side.key.map(({ name }) => name);
  if (!session.isGauss && isSameSet(keyNames, relation.primaryKey)) {
    const others = columnNames.filter((name) => !keyNames.includes(name));
    const changes = others.map((name) => `${quoteName(name)} = EXCLUDED.${quoteName(name)}`).join(', ');
    const conflict = `ON CONFLICT (${keyNames.map(quoteName).join(', ')})`;
    await session.query(`${insert} ${conflict} DO ${changes === '' ? 'NOTHING' : `UPDATE SET ${changes}`}`);
    return;
  }
  const keys = rows.map(({ key }) => key);
  await session.query(`DELETE FROM ${target} WHERE ${pick(side.key, keys)}`);
  await session.query(insert);
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

/** Of a tag such as `DELETE 3`. */
function countOf({ tag }: { readonly tag: string }): number {
  return Number(/(\d+)$/.exec(tag)?.[1] ?? 0);
}
