import { type ExpressionBuilder, sql } from 'kysely';
import { type Db, inTransaction, nextNumber, type StoreAdapter } from './adapter.ts';
import { SqlBatchRepository } from './batch-repository.ts';
import { fromJson } from './columns.ts';
import { SqlGroupRepository } from './group-repository.ts';
import { groupOf, type JobRecord, type JobType } from './model.ts';
import type { JobRow, Tables } from './schema.ts';
import { Conflict, Gone, type JobFilter, type JobRepository } from './store.ts';
import { SqlTraceRepository } from './trace-repository.ts';

/** Statements on jobs. */
export class SqlJobRepository implements JobRepository {
  readonly #db: Db;
  readonly #adapter: StoreAdapter;

  constructor(db: Db, adapter: StoreAdapter) {
    this.#db = db;
    this.#adapter = adapter;
  }

  create(job: Omit<JobRecord, 'id'>): Promise<JobRecord> {
    return inTransaction(this.#db, async (db) => {
      const id = await nextNumber(db, 'job');
      const row = await db
        .insertInto('jobs')
        .values({
          id,
          cluster_id: job.clusterId,
          ...changeableColumns(job),
          created_by: job.createdBy,
          created_at: job.createdAt,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) throw new Conflict(`job ${job.name}`);
      await createGroup(db, job, job.createdBy, job.createdAt);
      return jobOf(row);
    });
  }

  async find(clusterId: string, name: string): Promise<JobRecord | null> {
    const row = await this.#db
      .selectFrom('jobs')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .where('name', '=', name)
      .executeTakeFirst();
    return row === undefined ? null : jobOf(row);
  }

  async findById(id: number): Promise<JobRecord | null> {
    const row = await this.#db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : jobOf(row);
  }

  async timedIds(): Promise<readonly number[]> {
    const rows = await this.#db
      .selectFrom('jobs')
      .innerJoin('timers', 'timers.job_id', 'jobs.id')
      .select('jobs.id')
      .orderBy('jobs.id')
      .execute();
    return rows.map(({ id }) => id);
  }

  async largeBytes(clusterId: string, aboveBytes: number, exceptId: number | null): Promise<number> {
    const bytes = sql<number>`octet_length(from_options) + octet_length(to_options) + octet_length(driver_options)`;
    const { total } = await this.#db
      .selectFrom('jobs')
      .select(sql<number | null>`sum(${bytes})`.as('total'))
      .where('cluster_id', '=', clusterId)
      .where(bytes, '>', aboveBytes)
      .$if(exceptId !== null, (query) => query.where('id', '<>', exceptId ?? 0))
      .executeTakeFirstOrThrow();
    return Number(total ?? 0);
  }

  async list(
    clusterId: string,
    filter: JobFilter,
  ): Promise<{ readonly jobs: readonly JobRecord[]; readonly total: number }> {
    const placeOf = sql.raw(this.#adapter.placeOf);
    const isListed = ({ and, eb }: ExpressionBuilder<Tables, 'jobs'>) =>
      and([
        eb('cluster_id', '=', clusterId),
        ...(filter.type === null ? [] : [eb('type', '=', filter.type)]),
        ...(filter.group === undefined ? [] : [eb('group_name', '=', filter.group)]),
        ...(filter.createdBy === undefined ? [] : [eb('created_by', '=', filter.createdBy)]),
        ...(filter.filter === '' ? [] : [eb(sql<number>`${placeOf}(name, ${filter.filter})`, '>', 0)]),
      ]);
    const { total } = await this.#db
      .selectFrom('jobs')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .where(isListed)
      .executeTakeFirstOrThrow();
    const rows = await this.#db
      .selectFrom('jobs')
      .selectAll()
      .where(isListed)
      .orderBy('name')
      .limit(filter.pageSize)
      .offset((filter.pageNo - 1) * filter.pageSize)
      .execute();
    return { jobs: rows.map(jobOf), total };
  }

  async update(job: JobRecord): Promise<void> {
    try {
      await inTransaction(this.#db, async (db) => {
        const before = await db
          .selectFrom('jobs')
          .select('name')
          .where('id', '=', job.id)
          .$if(this.#adapter.hasRowLocks, (query) => query.forUpdate())
          .executeTakeFirst();
        if (before === undefined) throw new Gone(`job ${job.name}`);
        await db.updateTable('jobs').set(changeableColumns(job)).where('id', '=', job.id).execute();
        await createGroup(db, job, job.updatedBy, job.updatedAt);
        // Without a rename the history need not be looked through, which may be long.
        if (before.name === job.name) return;
        // Runs are asked for by the job's name, so they follow it.
        await db
          .updateTable('runs')
          .set({ job_name: job.name })
          .where('cluster_id', '=', job.clusterId)
          .where('job_name', '=', before.name)
          .where('job_id', '=', job.id)
          .execute();
        await new SqlBatchRepository(db).renameChildren(job, before.name);
      });
    } catch (error) {
      if (this.#adapter.isUniqueViolation(error)) throw new Conflict(`job ${job.name}`);
      throw error;
    }
  }

  delete(clusterId: string, name: string): Promise<boolean> {
    return inTransaction(this.#db, async (db) => {
      const row = await db
        .deleteFrom('jobs')
        .where('cluster_id', '=', clusterId)
        .where('name', '=', name)
        .returning('id')
        .executeTakeFirst();
      if (row === undefined) return false;
      await new SqlTraceRepository(db, this.#adapter).doom({ jobId: row.id });
      return true;
    });
  }
}

/** The group that a job names is there from then on. */
async function createGroup(
  db: Db,
  job: Omit<JobRecord, 'id'>,
  createdBy: string,
  createdAt: number,
): Promise<void> {
  const group = { clusterId: job.clusterId, name: groupOf(job.driverOptions), createdBy, createdAt };
  await new SqlGroupRepository(db).create(group);
}

function changeableColumns(job: Omit<JobRecord, 'id'>) {
  return {
    name: job.name,
    type: job.type,
    from_connector: job.fromConnector,
    from_link: job.fromLink,
    to_connector: job.toConnector,
    to_link: job.toLink,
    from_options: JSON.stringify(job.fromOptions),
    to_options: JSON.stringify(job.toOptions),
    driver_options: JSON.stringify(job.driverOptions),
    group_name: groupOf(job.driverOptions),
    updated_by: job.updatedBy,
    updated_at: job.updatedAt,
  };
}

/** A row of the table as a job. */
export function jobOf(row: JobRow): JobRecord {
  return {
    id: row.id,
    clusterId: row.cluster_id,
    name: row.name,
    type: row.type as JobType,
    fromConnector: row.from_connector,
    fromLink: row.from_link,
    toConnector: row.to_connector,
    toLink: row.to_link,
    fromOptions: fromJson(row.from_options),
    toOptions: fromJson(row.to_options),
    driverOptions: fromJson(row.driver_options),
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedBy: row.updated_by,
    updatedAt: row.updated_at,
  };
}
