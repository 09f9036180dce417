import type {
  ComparedColumn,
  KeyTexts,
  Repair,
  RepairCounts,
  RowRefusal,
} from '@sluice/core/connector/comparison';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { siftRows, type WritePart } from '../jdbc/sift-rows.ts';
import { type Relation, readTargetColumns } from './catalog.ts';
import { encodersOf, type WrittenColumn } from './encode.ts';
import { refusedLine, rowRefusal } from './errors.ts';
import { quoteName, quoteTable } from './quote.ts';
import type { PgSession } from './session.ts';
import { encodeRows } from './text-rows.ts';
import { neutralOf } from './types.ts';

/** Where the rows wait within the transaction; of this session alone. */
const STAGE = 'pg_temp.sluice_repair';
/** Around rows that may be refused. */
const PART = 'sluice_part';
/** How long a repair waits for others who have the rows. */
const LOCK_TIMEOUT_MS = 60_000;

/** Picks rows by their keys. */
type KeysCondition = (key: readonly ComparedColumn[], keys: readonly KeyTexts[]) => string;

/**
 * Sets rows right in one transaction. They come by COPY into a table of the session, in the words in which a copy of rows
 * brings them, and from there over what has their key: by upsert where the key is the table's own, so that rows which refer
 * to them stay; else what has the key is deleted first. Rows that the table does not take are found by taking the lot apart, and
 * left out.
 */
export async function repairRows(
  session: PgSession,
  relation: Relation,
  repair: Repair,
  pick: KeysCondition,
): Promise<RepairCounts> {
  const { side, rows, removals } = repair;
  await session.query('BEGIN');
  try {
    await session.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    let rowsRemoved = 0;
    if (removals.length > 0)
      rowsRemoved = countOf(
        await session.query(`DELETE FROM ${quoteTable(relation.name)} WHERE ${pick(side.key, removals)}`),
      );
    const refusals: RowRefusal[] = [];
    if (rows.length > 0) {
      // Checks that wait for the commit would refuse all of it, without a word on which row.
      await session.query('SET CONSTRAINTS ALL IMMEDIATE');
      const write = await rowReplacement(session, relation, repair, pick);
      await siftRows(rows.length, rows.length, write, (_, { code, facts }) => refusals.push({ code, facts }));
    }
    await session.query('COMMIT');
    return {
      rowsWritten: rows.length - refusals.length,
      rowsRemoved,
      rowsRefused: refusals.length,
      refusal: refusals[0] ?? null,
    };
  } catch (error) {
    if (session.lost() === null) await session.query('ROLLBACK');
    throw error;
  }
}

/** What writes some of the rows, all or none. */
async function rowReplacement(
  session: PgSession,
  relation: Relation,
  { side, sourceColumns, columnNames, rows }: Repair,
  pick: KeysCondition,
): Promise<WritePart> {
  const target = quoteTable(relation.name);
  const list = columnNames.map(quoteName).join(', ');
  const natives = await readTargetColumns(session, relation.name);
  const encoders = encodersOf(
    columnNames.map((name, at): WrittenColumn => {
      const native = natives?.get(name);
      const source = sourceColumns[at]?.type;
      if (native === undefined || source === undefined)
        throw new SluiceError('Cdm.0931', { schema: [...(natives?.keys() ?? [])].join(', '), result: name });
      return { name, native, target: neutralOf(native), source };
    }),
  );
  // Only the columns and their types: neither what they demand nor what they default to.
  await session.query(
    `CREATE TEMPORARY TABLE ${STAGE} ON COMMIT DROP AS SELECT ${list} FROM ${target} WITH NO DATA`,
  );
  const insert = `INSERT INTO ${target} (${list}) OVERRIDING SYSTEM VALUE SELECT ${list} FROM ${STAGE}`;
  const keyNames = side.key.map(({ name }) => name);
  const upsert = isSameSet(keyNames, relation.primaryKey) ? onOwnKey(keyNames, columnNames) : null;
  const tableText = `${relation.name.schema}.${relation.name.table}`;
  return async (from, to) => {
    const part = rows.slice(from, to);
    let bytes: Buffer;
    try {
      bytes = Buffer.from(
        encodeRows(
          part.map(({ values }) => values),
          encoders,
        ),
      );
    } catch (error) {
      // The encoder's own refusal of a value.
      if (!(error instanceof SluiceError)) throw error;
      return { error, row: null };
    }
    await session.query(`SAVEPOINT ${PART}`);
    try {
      const copy = await session.copyIn(`COPY ${STAGE} (${list}) FROM STDIN`);
      await copy.write(bytes);
      await copy.end();
      if (upsert === null) {
        const keys = part.map(({ key }) => key);
        await session.query(`DELETE FROM ${target} WHERE ${pick(side.key, keys)}`);
      }
      await session.query(upsert === null ? insert : `${insert} ${upsert}`);
      await session.query(`DELETE FROM ${STAGE}; RELEASE SAVEPOINT ${PART}`);
    } catch (error) {
      const refusal = rowRefusal(error, tableText);
      if (refusal === null) throw error;
      await session.query(`ROLLBACK TO SAVEPOINT ${PART}; RELEASE SAVEPOINT ${PART}`);
      return { error: refusal, row: refusedLine(error) };
    }
    return null;
  };
}

/** A clash in another key than the table's own is a refusal: that row is somebody else's. */
function onOwnKey(keyNames: readonly string[], columnNames: readonly string[]): string {
  const others = columnNames.filter((name) => !keyNames.includes(name));
  const changes = others.map((name) => `${quoteName(name)} = EXCLUDED.${quoteName(name)}`).join(', ');
  const conflict = `ON CONFLICT (${keyNames.map(quoteName).join(', ')})`;
  return `${conflict} DO ${changes === '' ? 'NOTHING' : `UPDATE SET ${changes}`}`;
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

/** Of a tag such as `DELETE 3`. */
function countOf({ tag }: { readonly tag: string }): number {
  return Number(/(\d+)$/.exec(tag)?.[1] ?? 0);
}
