import type { ExpressionBuilder } from 'kysely';
import { type Db, inTransaction, type StoreAdapter } from './adapter.ts';
import { fromJsonOrNull } from './columns.ts';
import type { LinkPlace, TraceRecord, TraceState } from './model.ts';
import type { Tables, TraceRow } from './schema.ts';
import type { TraceRepository, TraceRetry, TraceScope } from './store.ts';

/** Statements on what ended runs left at their destinations. */
export class SqlTraceRepository implements TraceRepository {
  readonly #db: Db;
  readonly #adapter: StoreAdapter;

  constructor(db: Db, adapter: StoreAdapter) {
    this.#db = db;
    this.#adapter = adapter;
  }

  async put(trace: TraceRecord): Promise<void> {
    const { run_id, ...rest } = rowOf(trace);
    await this.#db
      .insertInto('traces')
      .values({ run_id, ...rest })
      .onConflict((conflict) => conflict.column('run_id').doUpdateSet(rest))
      .execute();
  }

  async find(runId: string): Promise<TraceRecord | null> {
    const row = await this.#db
      .selectFrom('traces')
      .selectAll()
      .where('run_id', '=', runId)
      .executeTakeFirst();
    return row === undefined ? null : traceOf(row);
  }

  async list(scope: TraceScope, limit: number): Promise<readonly TraceRecord[]> {
    const rows = await this.#db
      .selectFrom('traces')
      .selectAll()
      .where(isIn(scope))
      .orderBy('due_at')
      .orderBy('run_id')
      .limit(limit)
      .execute();
    return rows.map(traceOf);
  }

  async doom(scope: TraceScope): Promise<void> {
    await this.#db
      .updateTable('traces')
      .set({ state: 'removing', due_at: 0 })
      .where(isIn(scope))
      .where('state', '=', 'kept')
      .execute();
  }

  takeDue(now: number, retry: TraceRetry): Promise<TraceRecord | null> {
    return inTransaction(this.#db, async (db) => {
      const due = await db
        .selectFrom('traces')
        .selectAll()
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .orderBy('run_id')
        .limit(1)
        .$if(this.#adapter.hasRowLocks, (query) => query.forUpdate().skipLocked())
        .executeTakeFirst();
      if (due === undefined) return null;
      // 2^30 pauses of a millisecond are longer than any pause here.
      const pauseMs = Math.min(retry.longestPauseMs, retry.firstPauseMs * 2 ** Math.min(due.attempts, 30));
      const row = await db
        .updateTable('traces')
        .set({ state: 'removing', attempts: due.attempts + 1, due_at: now + pauseMs })
        .where('run_id', '=', due.run_id)
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? null : traceOf(row);
    });
  }

  async remove(runId: string): Promise<void> {
    await this.#db.deleteFrom('traces').where('run_id', '=', runId).execute();
  }
}

function isIn(scope: TraceScope) {
  return ({ eb, and, selectFrom }: ExpressionBuilder<Tables, 'traces'>) => {
    if ('jobId' in scope) return eb('job_id', '=', scope.jobId);
    if ('childName' in scope) {
      const children = selectFrom('runs')
        .select('runs.id')
        .where('runs.cluster_id', '=', scope.clusterId)
        .where('runs.job_name', '=', scope.childName)
        .where('runs.parent_run_id', 'is not', null);
      return and([eb('job_id', '=', scope.ofJobId), eb('run_id', 'in', children)]);
    }
    const ofCluster = eb('cluster_id', '=', scope.clusterId);
    return 'linkId' in scope ? and([ofCluster, eb('to_link_id', '=', scope.linkId)]) : and([ofCluster]);
  };
}

function rowOf(trace: TraceRecord): TraceRow {
  return {
    run_id: trace.runId,
    cluster_id: trace.clusterId,
    job_id: trace.jobId,
    from_link: trace.fromLink === null ? null : JSON.stringify(trace.fromLink),
    to_link: trace.toLink === null ? null : JSON.stringify(trace.toLink),
    to_link_id: trace.toLink?.id ?? null,
    state: trace.state,
    due_at: trace.dueAt,
    attempts: trace.attempts,
  };
}

function traceOf(row: TraceRow): TraceRecord {
  return {
    runId: row.run_id,
    clusterId: row.cluster_id,
    jobId: row.job_id,
    fromLink: fromJsonOrNull<LinkPlace>(row.from_link),
    toLink: fromJsonOrNull<LinkPlace>(row.to_link),
    state: row.state as TraceState,
    dueAt: row.due_at,
    attempts: row.attempts,
  };
}
