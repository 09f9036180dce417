import type { Checkpoint } from '@sluice/core/data/slice';
import type { ErrorCode } from '@sluice/core/errors/codes';
import { makerOf } from '@sluice/engine/marked-position';
import { type ExpressionBuilder, sql } from 'kysely';
import { type Db, inTransaction } from './adapter.ts';
import { fromJson } from './columns.ts';
import { activeRunStates } from './model.ts';
import type {
  NewRejects,
  QuarantineLimits,
  RejectFilter,
  RejectKey,
  RejectRecord,
  RejectRepository,
  RejectState,
  RunClaim,
} from './reject-record.ts';
import type { RejectRow, Tables } from './schema.ts';

/** Keys in one statement: four parameters each, far below the limits of both databases. */
const keysPerStatementMax = 500;

const isActive = sql<boolean>`state in (${sql.join(activeRunStates.map((state) => sql.lit(state)))})`;

/** The commit that counts the row is known. */
const isCounted = sql<boolean>`exists (select 1 from slices
  where slices.run_id = rejects.run_id and slices.no = rejects.slice_no and slices.sequence >= rejects.sequence)`;

/** The row was met in a part that was never committed, by the last who tried, and nobody goes on with the run. */
const isRolledBack = sql<boolean>`not ${isCounted}
  and not exists (select 1 from runs where runs.id = rejects.run_id and ${isActive})
  and rejects.attempt = (select last.attempt from rejects as last
    where last.run_id = rejects.run_id and last.slice_no = rejects.slice_no
    order by last.created_at desc, last.sequence desc, last.attempt desc limit 1)`;

const shownState = sql<string>`case when ${isCounted} then rejects.state else 'rolled_back' end`;

/** Statements on rows that were set aside. */
export class SqlRejectRepository implements RejectRepository {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  put(
    claim: RunClaim,
    given: NewRejects,
    limits: QuarantineLimits,
    now: number,
  ): Promise<'kept' | 'full' | null> {
    return inTransaction(this.#db, async (db) => {
      // First the run, as a checkpoint does it: its row is the lock under which the room is measured.
      const held = await db
        .updateTable('runs')
        .set({ updated_at: now })
        .where('id', '=', claim.runId)
        .where('fence', '=', claim.fence)
        .where(isActive)
        .executeTakeFirst();
      if (held.numUpdatedRows === 0n) return null;
      const { sliceNo, sequence, attempt, firstNo, rejects } = given;
      const used = await db
        .selectFrom('rejects')
        .select(({ fn }) => fn.countAll<number>().as('rows'))
        .select(sql<number>`cast(coalesce(sum(size), 0) as bigint)`.as('chars'))
        .where('run_id', '=', claim.runId)
        .executeTakeFirstOrThrow();
      let [rows, chars] = [used.rows, used.chars];
      const kept: RejectRow[] = [];
      for (const [i, { stage, code, facts, sealedRow }] of rejects.entries()) {
        rows += 1;
        chars += sealedRow.length;
        if (rows > limits.rowsMax || chars > limits.charsMax) break;
        kept.push({
          run_id: claim.runId,
          slice_no: sliceNo,
          sequence,
          attempt,
          no: firstNo + i,
          stage,
          code,
          facts: JSON.stringify(facts),
          state: 'open',
          replay_id: null,
          retried: null,
          created_at: now,
          edited_by: null,
          edited_at: null,
          size: sealedRow.length,
          sealed_row: sealedRow,
        });
      }
      if (kept.length > 0)
        await db
          .insertInto('rejects')
          .values(kept)
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      // Whoever is told that it is full sends no more; where the last place is taken, that is said at once.
      return kept.length < rejects.length || rows >= limits.rowsMax ? 'full' : 'kept';
    });
  }

  async list(
    runId: string,
    filter: RejectFilter,
    limit: number,
    offset: number,
  ): Promise<{ readonly rejects: readonly RejectRecord[]; readonly total: number }> {
    let chosen = this.#db.selectFrom('rejects').where('run_id', '=', runId);
    if (filter.sliceNo !== null) chosen = chosen.where('slice_no', '=', filter.sliceNo);
    if (filter.state === 'rolled_back') chosen = chosen.where(isRolledBack);
    else if (filter.state !== null) chosen = chosen.where('state', '=', filter.state).where(isCounted);
    else chosen = chosen.where(sql<boolean>`(${isCounted} or ${isRolledBack})`);
    const { total } = await chosen
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow();
    const rows = await inOrder(chosen.selectAll().select(shownState.as('shown_state')))
      .limit(limit)
      .offset(offset)
      .execute();
    return { rejects: rows.map(recordOf), total };
  }

  async find(runId: string, key: RejectKey): Promise<RejectRecord | null> {
    const row = await this.#db
      .selectFrom('rejects')
      .selectAll()
      .select(shownState.as('shown_state'))
      .where('run_id', '=', runId)
      .where((eb) => isKey(eb, key))
      .where(sql<boolean>`(${isCounted} or ${isRolledBack})`)
      .executeTakeFirst();
    return row === undefined ? null : recordOf(row);
  }

  async edit(runId: string, key: RejectKey, sealedRow: string, by: string, now: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('rejects')
      .set({ sealed_row: sealedRow, size: sealedRow.length, edited_by: by, edited_at: now })
      .where('run_id', '=', runId)
      .where((eb) => isKey(eb, key))
      .where('state', '=', 'open')
      .where(isCounted)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async remove(runId: string, keys: readonly RejectKey[] | null): Promise<number> {
    const all = this.#db.deleteFrom('rejects').where('run_id', '=', runId).where('state', '<>', 'replaying');
    if (keys === null) {
      // Of a run that goes on those that are not counted yet stay: their commit may be on its way.
      const { numDeletedRows } = await all
        .where(
          sql<boolean>`(${isCounted} or not exists (select 1 from runs where runs.id = run_id and ${isActive}))`,
        )
        .executeTakeFirst();
      return Number(numDeletedRows);
    }
    let removed = 0n;
    for (const part of parts(keys)) {
      const { numDeletedRows } = await all.where((eb) => isAnyOf(eb, part)).executeTakeFirst();
      removed += numDeletedRows;
    }
    return Number(removed);
  }
}

/**
 * What a checkpoint says of the rows that were set aside: those that other attempts told for the same commit do not hold. To be
 * called in the transaction that stores the checkpoint. Nothing for slices that set nothing aside.
 */
export async function keepRejectsOf(
  db: Db,
  runId: string,
  sliceNo: number,
  checkpoint: Checkpoint,
): Promise<void> {
  const attempt = makerOf(checkpoint);
  if (attempt === null) return;
  await db
    .deleteFrom('rejects')
    .where('run_id', '=', runId)
    .where('slice_no', '=', sliceNo)
    .where('sequence', '=', checkpoint.sequence)
    .where('attempt', '<>', attempt)
    .execute();
}

/** A run that carries on another takes over what that one set aside. */
export async function moveRejects(db: Db, from: string, to: string): Promise<void> {
  await db.updateTable('rejects').set({ run_id: to }).where('run_id', '=', from).execute();
  await db.updateTable('replays').set({ run_id: to }).where('run_id', '=', from).execute();
}

type Rejects = ExpressionBuilder<Tables, 'rejects'>;

function isKey(eb: Rejects, { sliceNo, sequence, attempt, no }: RejectKey) {
  return eb.and([
    eb('slice_no', '=', sliceNo),
    eb('sequence', '=', sequence),
    eb('attempt', '=', attempt),
    eb('no', '=', no),
  ]);
}

/** One of several rows. */
export function isAnyOf(eb: Rejects, keys: readonly RejectKey[]) {
  return eb.or(keys.map((key) => isKey(eb, key)));
}

/** Keys as one statement takes them. */
export function* parts<T>(keys: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < keys.length; start += keysPerStatementMax)
    yield keys.slice(start, start + keysPerStatementMax);
}

/** Rows are listed, and replayed, in one order. */
export function inOrder<Q extends { orderBy(column: 'slice_no' | 'sequence' | 'attempt' | 'no'): Q }>(
  query: Q,
): Q {
  return query.orderBy('slice_no').orderBy('sequence').orderBy('attempt').orderBy('no');
}

export { isCounted };

export function recordOf(row: RejectRow & { readonly shown_state: string }): RejectRecord {
  return {
    runId: row.run_id,
    sliceNo: row.slice_no,
    sequence: row.sequence,
    attempt: row.attempt,
    no: row.no,
    stage: row.stage as RejectRecord['stage'],
    code: row.code as ErrorCode,
    facts: fromJson(row.facts),
    state: row.shown_state as RejectState,
    sealedRow: row.sealed_row,
    createdAt: row.created_at,
    editedBy: row.edited_by,
    editedAt: row.edited_at,
  };
}
