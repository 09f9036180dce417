import type { Db, StoreAdapter } from './adapter.ts';
import type { DueTimer, TimerRecord } from './model.ts';
import type { TimerRow } from './schema.ts';
import type { TimerRepository } from './store.ts';

/** Statements on when scheduled jobs are due. */
export class SqlTimerRepository implements TimerRepository {
  readonly #db: Db;
  readonly #adapter: StoreAdapter;

  constructor(db: Db, adapter: StoreAdapter) {
    this.#db = db;
    this.#adapter = adapter;
  }

  async find(jobId: number): Promise<TimerRecord | null> {
    const row = await this.#db
      .selectFrom('timers')
      .selectAll()
      .where('job_id', '=', jobId)
      .executeTakeFirst();
    return row === undefined ? null : timerOf(row);
  }

  async put({ jobId, timing, dueAt }: TimerRecord): Promise<void> {
    const columns = { timing, due_at: dueAt };
    await this.#db
      .insertInto('timers')
      .values({ job_id: jobId, ...columns })
      .onConflict((conflict) => conflict.column('job_id').doUpdateSet(columns))
      .execute();
  }

  async remove(jobId: number): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('timers')
      .where('job_id', '=', jobId)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  async isAnySet(clusterId: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom('timers')
      .innerJoin('jobs', 'jobs.id', 'timers.job_id')
      .select('timers.job_id')
      .where('jobs.cluster_id', '=', clusterId)
      .where('timers.due_at', 'is not', null)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  async lockDue(now: number): Promise<DueTimer | null> {
    const row = await this.#db
      .selectFrom('timers')
      .selectAll()
      .$narrowType<{ due_at: number }>()
      .where('due_at', '<=', now)
      .orderBy('due_at')
      .orderBy('job_id')
      .limit(1)
      .$if(this.#adapter.hasRowLocks, (query) => query.forUpdate().skipLocked())
      .executeTakeFirst();
    return row === undefined ? null : { ...timerOf(row), dueAt: row.due_at };
  }
}

function timerOf(row: TimerRow): TimerRecord {
  return { jobId: row.job_id, timing: row.timing, dueAt: row.due_at };
}
