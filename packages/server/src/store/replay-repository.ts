import { sql } from 'kysely';
import { type Db, inTransaction, type StoreAdapter } from './adapter.ts';
import { fromJsonOrNull } from './columns.ts';
import type { RunFailure } from './model.ts';
import type {
  QuarantineLimits,
  RejectKey,
  RejectReason,
  RejectRecord,
  ReplayRecord,
  ReplayRepository,
  ReplayState,
} from './reject-record.ts';
import { inOrder, isAnyOf, isCounted, parts, recordOf } from './reject-repository.ts';
import type { ReplayRow } from './schema.ts';

/** What the destination said of a row, by the attempt at its replay: only one of them is committed. */
type Retried = Readonly<Record<string, RejectReason>>;

/** Statements on replays of rows that were set aside. */
export class SqlReplayRepository implements ReplayRepository {
  readonly #db: Db;
  readonly #adapter: StoreAdapter;

  constructor(db: Db, adapter: StoreAdapter) {
    this.#db = db;
    this.#adapter = adapter;
  }

  begin(
    replay: Pick<ReplayRecord, 'id' | 'runId' | 'createdBy' | 'createdAt'>,
    keys: readonly RejectKey[] | null,
    limits: QuarantineLimits,
    dueAt: number,
  ): Promise<ReplayRecord | null> {
    const { id, runId, createdBy, createdAt } = replay;
    return inTransaction(this.#db, async (db) => {
      const open = inOrder(
        db
          .selectFrom('rejects')
          .select(['slice_no', 'sequence', 'attempt', 'no', 'size'])
          .where('run_id', '=', runId)
          .where('state', '=', 'open')
          .where(isCounted),
      );
      const found =
        keys === null
          ? await open.limit(limits.rowsMax).execute()
          : (
              await Promise.all(
                [...parts(keys.slice(0, limits.rowsMax))].map((part) =>
                  open.where((eb) => isAnyOf(eb, part)).execute(),
                ),
              )
            ).flat();
      let chars = 0;
      const chosen = found.filter(({ size }, i) => {
        chars += size;
        return i === 0 || chars <= limits.charsMax;
      });
      if (chosen.length === 0) return null;
      let marked = 0n;
      for (const part of parts(chosen)) {
        const { numUpdatedRows } = await db
          .updateTable('rejects')
          .set({ state: 'replaying', replay_id: id, retried: null })
          .where('run_id', '=', runId)
          .where('state', '=', 'open')
          .where((eb) =>
            isAnyOf(
              eb,
              part.map((row) => ({ ...row, sliceNo: row.slice_no })),
            ),
          )
          .executeTakeFirst();
        marked += numUpdatedRows;
      }
      // Somebody else's replay may have taken them in this moment.
      if (marked === 0n) return null;
      const row: ReplayRow = {
        id,
        run_id: runId,
        state: 'pending',
        rows_chosen: Number(marked),
        rows_written: 0,
        rows_refused: 0,
        failure: null,
        created_by: createdBy,
        created_at: createdAt,
        ended_at: null,
        due_at: dueAt,
        attempts: 0,
      };
      await db.insertInto('replays').values(row).execute();
      return replayOf(row);
    });
  }

  async find(runId: string, replayId: string): Promise<ReplayRecord | null> {
    const row = await this.#db
      .selectFrom('replays')
      .selectAll()
      .where('id', '=', replayId)
      .where('run_id', '=', runId)
      .executeTakeFirst();
    return row === undefined ? null : replayOf(row);
  }

  async list(runId: string, limit: number): Promise<readonly ReplayRecord[]> {
    const rows = await this.#db
      .selectFrom('replays')
      .selectAll()
      .where('run_id', '=', runId)
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(replayOf);
  }

  async rowsOf(replayId: string): Promise<readonly RejectRecord[]> {
    const rows = await inOrder(
      this.#db
        .selectFrom('rejects')
        .selectAll()
        .select(sql<string>`state`.as('shown_state'))
        .where('replay_id', '=', replayId)
        .where('state', '=', 'replaying'),
    ).execute();
    return rows.map(recordOf);
  }

  takeDue(now: number, again: number, passedOver: readonly string[] = []): Promise<ReplayRecord | null> {
    return inTransaction(this.#db, async (db) => {
      const due = await db
        .selectFrom('replays')
        .selectAll()
        .where('state', 'in', ['pending', 'settled'])
        .where('due_at', '<=', now)
        .$if(passedOver.length > 0, (query) =>
          // Of the few that are due, each is looked at: a list of all runs of those projects would be read whole.
          query.where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('runs')
                  .select('runs.id')
                  .whereRef('runs.id', '=', 'replays.run_id')
                  .where('runs.project_id', 'in', passedOver),
              ),
            ),
          ),
        )
        .orderBy('due_at')
        .orderBy('id')
        .limit(1)
        .$if(this.#adapter.hasRowLocks, (query) => query.forUpdate().skipLocked())
        .executeTakeFirst();
      if (due === undefined) return null;
      const row = await db
        .updateTable('replays')
        .set({ due_at: again, attempts: due.attempts + 1 })
        .where('id', '=', due.id)
        .returningAll()
        .executeTakeFirstOrThrow();
      return replayOf(row);
    });
  }

  async makeAllDue(now: number): Promise<void> {
    await this.#db
      .updateTable('replays')
      .set({ due_at: now })
      .where('state', 'in', ['pending', 'settled'])
      .where('due_at', '>', now)
      .execute();
  }

  async putOff(replayId: string, dueAt: number, failure?: RunFailure): Promise<void> {
    await this.#db
      .updateTable('replays')
      .set({ due_at: dueAt, ...(failure === undefined ? {} : { failure: JSON.stringify(failure) }) })
      .where('id', '=', replayId)
      .where('state', 'in', ['pending', 'settled'])
      .execute();
  }

  async close(replayId: string): Promise<void> {
    await this.#db
      .updateTable('replays')
      .set({ state: 'done' })
      .where('id', '=', replayId)
      .where('state', '=', 'settled')
      .execute();
  }

  refused(
    replayId: string,
    attempt: string,
    rows: readonly (RejectReason & { readonly key: RejectKey })[],
  ): Promise<boolean> {
    return inTransaction(this.#db, async (db) => {
      const held = await db
        .updateTable('replays')
        .set({ rows_refused: 0 })
        .where('id', '=', replayId)
        .where('state', '=', 'pending')
        .executeTakeFirst();
      if (held.numUpdatedRows === 0n) return false;
      for (const { key, code, facts } of rows) {
        const row = await db
          .selectFrom('rejects')
          .select('retried')
          .where('replay_id', '=', replayId)
          .where((eb) => isAnyOf(eb, [key]))
          .executeTakeFirst();
        const retried: Retried = {
          ...fromJsonOrNull<Retried>(row?.retried ?? null),
          [attempt]: { code, facts },
        };
        await db
          .updateTable('rejects')
          .set({ retried: JSON.stringify(retried) })
          .where('replay_id', '=', replayId)
          .where('state', '=', 'replaying')
          .where((eb) => isAnyOf(eb, [key]))
          .execute();
      }
      return true;
    });
  }

  settle(replayId: string, attempt: string, now: number): Promise<void> {
    return inTransaction(this.#db, async (db) => {
      const rows = await inOrder(
        db
          .selectFrom('rejects')
          .select(['run_id', 'slice_no', 'sequence', 'attempt', 'no', 'retried'])
          .where('replay_id', '=', replayId)
          .where('state', '=', 'replaying'),
      ).execute();
      const mine = db
        .updateTable('rejects')
        .where('replay_id', '=', replayId)
        .where('state', '=', 'replaying');
      let refused = 0;
      for (const row of rows) {
        const retried = fromJsonOrNull<Retried>(row.retried)?.[attempt];
        if (retried === undefined) continue;
        refused += 1;
        await mine
          .set({
            state: 'open',
            retried: null,
            stage: 'write',
            code: retried.code,
            facts: JSON.stringify(retried.facts),
          })
          .where((eb) => isAnyOf(eb, [{ ...row, sliceNo: row.slice_no }]))
          .execute();
      }
      await mine.set({ state: 'written', retried: null }).execute();
      await db
        .updateTable('replays')
        .set({
          state: 'settled',
          failure: null,
          rows_written: rows.length - refused,
          rows_refused: refused,
          ended_at: now,
        })
        .where('id', '=', replayId)
        .where('state', '=', 'pending')
        .execute();
    });
  }

  fail(replayId: string, failure: RunFailure, now: number): Promise<void> {
    return inTransaction(this.#db, async (db) => {
      const ended = await db
        .updateTable('replays')
        .set({ state: 'failed', failure: JSON.stringify(failure), ended_at: now })
        .where('id', '=', replayId)
        .where('state', '=', 'pending')
        .executeTakeFirst();
      if (ended.numUpdatedRows === 0n) return;
      await db
        .updateTable('rejects')
        .set({ state: 'open', replay_id: null, retried: null })
        .where('replay_id', '=', replayId)
        .where('state', '=', 'replaying')
        .execute();
    });
  }
}

function replayOf(row: ReplayRow): ReplayRecord {
  return {
    id: row.id,
    runId: row.run_id,
    state: row.state as ReplayState,
    rowsChosen: row.rows_chosen,
    rowsWritten: row.rows_written,
    rowsRefused: row.rows_refused,
    failure: fromJsonOrNull<RunFailure>(row.failure),
    createdBy: row.created_by,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    attempts: row.attempts,
  };
}
