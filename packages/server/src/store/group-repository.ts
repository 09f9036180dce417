import type { Db } from './adapter.ts';
import type { JobGroupRecord } from './model.ts';
import type { JobGroupRow } from './schema.ts';
import type { GroupRepository, GroupSize } from './store.ts';

/** Statements on groups of jobs. */
export class SqlGroupRepository implements GroupRepository {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async create({ clusterId, name, createdBy, createdAt }: JobGroupRecord): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.#db
      .insertInto('job_groups')
      .values({ cluster_id: clusterId, name, created_by: createdBy, created_at: createdAt })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return (numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  async list(clusterId: string): Promise<readonly GroupSize[]> {
    const sizes = await this.#db
      .selectFrom('jobs')
      .select(({ fn }) => ['group_name', fn.countAll<number>().as('jobs')])
      .where('cluster_id', '=', clusterId)
      .groupBy('group_name')
      .execute();
    const jobsOf = new Map(sizes.map((row) => [row.group_name, row.jobs]));
    const rows = await this.#db
      .selectFrom('job_groups')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .orderBy('name')
      .execute();
    return rows.map((row) => ({ ...groupOf(row), jobs: jobsOf.get(row.name) ?? 0 }));
  }

  async find(clusterId: string, name: string): Promise<JobGroupRecord | null> {
    const row = await this.#db
      .selectFrom('job_groups')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .where('name', '=', name)
      .executeTakeFirst();
    return row === undefined ? null : groupOf(row);
  }

  async delete(clusterId: string, name: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('job_groups')
      .where('cluster_id', '=', clusterId)
      .where('name', '=', name)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('jobs')
              .select('id')
              .where('jobs.cluster_id', '=', clusterId)
              .where('group_name', '=', name),
          ),
        ),
      )
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }
}

function groupOf(row: JobGroupRow): JobGroupRecord {
  return {
    clusterId: row.cluster_id,
    name: row.name,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
