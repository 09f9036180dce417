import { sql } from 'kysely';
import type { Db } from './adapter.ts';
import type { RunRecord } from './model.ts';
import { runOf } from './run-rows.ts';
import type { RunRow } from './schema.ts';
import type { HistoryFilter, HistoryRepository } from './store.ts';

/** All of a run but its plan and its resolved settings, which are most of its bytes and no list shows. */
const columns = [
  'id',
  'project_id',
  'cluster_id',
  'job_id',
  'job_name',
  'submission_id',
  'state',
  'job',
  'variables',
  'is_auto',
  'is_delete_job',
  'created_by',
  'created_at',
  'started_at',
  'updated_at',
  'updated_by',
  'ended_at',
  'stop_requested_by',
  'is_prepared',
  'rows_read',
  'rows_written',
  'rows_skipped',
  'bytes_read',
  'bytes_written',
  'failure',
  'lease_owner',
  'lease_until',
  'fence',
  'resumes_run_id',
  'attempt',
  'not_before',
  'clock_at',
  'parent_run_id',
  'batch',
] as const satisfies readonly (keyof RunRow)[];

/** Statements on the runs of a cluster over all its jobs. */
export class SqlHistoryRepository implements HistoryRepository {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async search(clusterId: string, filter: HistoryFilter): Promise<readonly RunRecord[]> {
    // Pages begin behind a number and not at a row: what is new on top does not move them, and no page is slower than the first.
    let query = this.#db.selectFrom('runs').select(columns).where('cluster_id', '=', clusterId);
    // Of an entire-database job the list has its runs, and not those of its hundreds of tables.
    query =
      filter.jobName === null
        ? query.where('parent_run_id', 'is', null)
        : query.where('job_name', '=', filter.jobName);
    if (filter.states.length > 0) query = query.where('state', 'in', filter.states);
    if (filter.from !== null) query = query.where('created_at', '>=', filter.from);
    if (filter.until !== null) query = query.where('created_at', '<', filter.until);
    if (filter.before !== null) query = query.where('submission_id', '<', filter.before);
    const { createdBy } = filter;
    if (createdBy !== undefined) {
      const own = this.#db.selectFrom('jobs').select('id').where('cluster_id', '=', clusterId);
      query = query.where('job_id', 'in', own.where('created_by', '=', createdBy));
    }
    const rows = await query
      .select([sql<null>`null`.as('plan'), sql<null>`null`.as('resolved')])
      .orderBy('submission_id', 'desc')
      .limit(filter.limit)
      .execute();
    return rows.map(runOf);
  }
}
