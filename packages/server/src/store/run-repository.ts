import type { Checkpoint, SliceCounts } from '@sluice/core/data/slice';
import { zeroCounts } from '@sluice/core/data/slice';
import type { RunPlan } from '@sluice/engine/work';
import { sql } from 'kysely';
import { type Db, inTransaction, type StoreAdapter } from './adapter.ts';
import { fromJson, fromJsonOrNull, toCountColumns, toFlag } from './columns.ts';
import { activeRunStates, type RunRecord, type SliceEffort, type SliceRecord } from './model.ts';
import { keepRejectsOf, moveRejects } from './reject-repository.ts';
import { rowOf, runOf } from './run-rows.ts';
import { sumOfSlices } from './slice-sums.ts';
import {
  type Claim,
  type Claimable,
  Conflict,
  Gone,
  NotResumable,
  type RunChange,
  type RunRepository,
} from './store.ts';

/** Names or rows in one statement: far below the 32766 parameters of SQLite, the smaller limit of the two. */
const namesPerStatementMax = 500;
const slicesPerStatementMax = 500;

/** As text in the statement, not as parameters: only then do the partial indexes on active runs apply. */
const isActive = sql<boolean>`state in (${sql.join(activeRunStates.map((state) => sql.lit(state)))})`;

/**
 * Another engine holds an unknown run, and may still be writing: nobody here takes it up. A run of an entire-database job
 * whose tables are under way is led by their ends; should none be under way, somebody has to look.
 */
const isClaimable = sql<boolean>`${isActive} and state <> 'unknown' and (batch is null or state <> 'running' or not exists
  (select 1 from runs as child where child.parent_run_id = runs.id and child.${isActive}))`;

/** Such a run whose time has come and that nobody has a lease of. One that is to be stopped has no time to wait for. */
function isFree(now: number) {
  const isDue = sql<boolean>`(not_before <= ${now} or stop_requested_by is not null)`;
  return sql<boolean>`${isClaimable} and ${isDue} and (lease_owner is null or lease_until < ${now})`;
}

/** What a resumed run takes over of each slice: all but whose it is. */
const sliceColumns = [
  'no',
  'slice',
  'checkpoint',
  'sequence',
  'rows_read',
  'rows_written',
  'rows_skipped',
  'bytes_read',
  'bytes_written',
  'attempts',
  'times',
] as const;

/** Statements on runs and their slices. Every change under a claim asks for its fence, and for a run that has not ended, in the WHERE itself. */
export class SqlRunRepository implements RunRepository {
  readonly #db: Db;
  readonly #adapter: StoreAdapter;

  constructor(db: Db, adapter: StoreAdapter) {
    this.#db = db;
    this.#adapter = adapter;
  }

  create(run: Omit<RunRecord, 'submissionId'>): Promise<RunRecord> {
    return inTransaction(this.#db, async (db) => {
      const counter = await db
        .updateTable('clusters')
        .set(({ eb }) => ({ last_submission_id: eb('last_submission_id', '+', 1) }))
        .where('id', '=', run.clusterId)
        .returning('last_submission_id')
        .executeTakeFirst();
      if (counter === undefined) throw new Gone(`cluster ${run.clusterId}`);
      const row = await db
        .insertInto('runs')
        .values(rowOf({ ...run, submissionId: counter.last_submission_id }))
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) throw new Conflict(`an active run of job ${run.jobName}`);
      return runOf(row);
    });
  }

  createResumed(run: Omit<RunRecord, 'submissionId'>, now: number): Promise<RunRecord> {
    return inTransaction(this.#db, async (db) => {
      const before = run.resumesRunId ?? '';
      // First the run, as every start does it: of a start and a resume at once the second waits here, and loses.
      const created = await new SqlRunRepository(db, this.#adapter).create(run);
      const taken = await db
        .deleteFrom('traces')
        .where('run_id', '=', before)
        .where('state', '=', 'kept')
        .where('due_at', '>', now)
        .executeTakeFirst();
      const newestBefore = await db
        .selectFrom('runs')
        .select('id')
        .where('cluster_id', '=', run.clusterId)
        .where('job_name', '=', run.jobName)
        .where('job_id', '=', run.jobId)
        .where('parent_run_id', run.parentRunId === null ? 'is' : 'is not', null)
        .where('id', '<>', created.id)
        .orderBy('submission_id', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (taken.numDeletedRows === 0n || newestBefore?.id !== before) throw new NotResumable(before);
      await db
        .insertInto('slices')
        .columns(['run_id', ...sliceColumns])
        .expression(
          db
            .selectFrom('slices')
            .select([sql.val(created.id).as('run_id'), ...sliceColumns])
            .where('run_id', '=', before),
        )
        .execute();
      await moveRejects(db, before, created.id);
      return created;
    });
  }

  async find(runId: string): Promise<RunRecord | null> {
    const row = await this.#db.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirst();
    return row === undefined ? null : runOf(row);
  }

  async findBySubmission(clusterId: string, submissionId: number): Promise<RunRecord | null> {
    const row = await this.#db
      .selectFrom('runs')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .where('submission_id', '=', submissionId)
      .executeTakeFirst();
    return row === undefined ? null : runOf(row);
  }

  async latest(clusterId: string, jobName: string): Promise<RunRecord | null> {
    const row = await this.#db
      .selectFrom('runs')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .where('job_name', '=', jobName)
      .where('parent_run_id', 'is', null)
      .orderBy('submission_id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? null : runOf(row);
  }

  async latestOfMany(
    clusterId: string,
    jobNames: readonly string[],
  ): Promise<ReadonlyMap<string, RunRecord>> {
    const found = new Map<string, RunRecord>();
    for (let start = 0; start < jobNames.length; start += namesPerStatementMax) {
      const names = jobNames.slice(start, start + namesPerStatementMax);
      // One look into the index for each name, where grouping would read every run of each.
      const newest = sql<number>`(select (select max(o.submission_id) from runs o
        where o.cluster_id = ${clusterId} and o.job_name = n.column1 and o.parent_run_id is null)
        from (values ${sql.join(names.map((name) => sql`(${name})`))}) as n)`;
      const rows = await this.#db
        .selectFrom('runs')
        .selectAll()
        .where('cluster_id', '=', clusterId)
        .where('submission_id', 'in', newest)
        .execute();
      for (const row of rows) found.set(row.job_name, runOf(row));
    }
    return found;
  }

  async history(
    clusterId: string,
    jobName: string | null,
    limit: number,
    offset: number,
  ): Promise<{ readonly runs: readonly RunRecord[]; readonly total: number }> {
    let chosen = this.#db.selectFrom('runs').where('cluster_id', '=', clusterId);
    if (jobName !== null) chosen = chosen.where('job_name', '=', jobName).where('parent_run_id', 'is', null);
    const { total } = await chosen
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow();
    // The page is found in the index alone: what lies before it is counted, and not read.
    const page = chosen.select('submission_id').orderBy('submission_id', 'desc').limit(limit).offset(offset);
    const rows = await this.#db
      .selectFrom('runs')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .where('submission_id', 'in', page)
      .orderBy('submission_id', 'desc')
      .execute();
    return { runs: rows.map(runOf), total };
  }

  async active(clusterId: string | null): Promise<readonly RunRecord[]> {
    let query = this.#db.selectFrom('runs').selectAll().where(isActive);
    if (clusterId !== null) query = query.where('cluster_id', '=', clusterId);
    return (await query.orderBy('created_at').orderBy('id').execute()).map(runOf);
  }

  async claimable(now: number, limit: number): Promise<readonly Claimable[]> {
    const queues = this.#db
      .selectFrom('clusters')
      .select(['clusters.project_id', 'clusters.id as cluster_id', sql.lit(0).as('is_stopping')])
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('runs')
            .select('runs.id')
            .whereRef('runs.cluster_id', '=', 'clusters.id')
            .where(isFree(now)),
        ),
      );
    const rows = await this.#db
      .selectFrom('runs')
      .select(['project_id', 'cluster_id', sql.lit(1).as('is_stopping')])
      .where('stop_requested_by', 'is not', null)
      .where(isFree(now))
      .groupBy(['project_id', 'cluster_id'])
      .unionAll(queues)
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      projectId: row.project_id,
      clusterId: row.cluster_id,
      isStopping: row.is_stopping === 1,
    }));
  }

  async claim(owner: string, now: number, leaseMs: number, of?: Claimable): Promise<RunRecord | null> {
    const oldestClaimable = this.#db
      .selectFrom('runs')
      .select('id')
      .where(isFree(now))
      .$if(of !== undefined, (query) => query.where('cluster_id', '=', of?.clusterId ?? ''))
      .$if(of?.isStopping === true, (query) => query.where('stop_requested_by', 'is not', null))
      .orderBy('created_at')
      .orderBy('id')
      .limit(1)
      // Without it a second claim would wait for the first one's row and then find it taken, or take none at all.
      .$if(this.#adapter.hasRowLocks, (query) => query.forUpdate().skipLocked());
    const row = await this.#db
      .updateTable('runs')
      .set(({ eb }) => ({ lease_owner: owner, lease_until: now + leaseMs, fence: eb('fence', '+', 1) }))
      .where('id', '=', oldestClaimable)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : runOf(row);
  }

  async releaseLeases(owner: string): Promise<number> {
    const { numUpdatedRows } = await this.#db
      .updateTable('runs')
      .set({ lease_owner: null, lease_until: 0 })
      .where('lease_owner', '=', owner)
      .where(isActive)
      .executeTakeFirst();
    return Number(numUpdatedRows);
  }

  async heartbeat(claim: Claim, now: number, leaseMs: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('runs')
      .set({ lease_until: now + leaseMs })
      .where('id', '=', claim.runId)
      .where('fence', '=', claim.fence)
      .where(isActive)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async change(claim: Claim, change: RunChange, now: number): Promise<RunRecord | null> {
    const endsRun = change.state !== undefined && !activeRunStates.some((state) => state === change.state);
    const row = await this.#db
      .updateTable('runs')
      .set({
        ...(change.state === undefined ? {} : { state: change.state }),
        ...(change.startedAt === undefined ? {} : { started_at: change.startedAt }),
        ...(change.endedAt === undefined ? {} : { ended_at: change.endedAt }),
        ...(change.clockAt === undefined ? {} : { clock_at: change.clockAt }),
        ...(change.resolved === undefined ? {} : { resolved: JSON.stringify(change.resolved) }),
        ...(change.plan === undefined ? {} : { plan: JSON.stringify(change.plan) }),
        ...(change.isPrepared === undefined ? {} : { is_prepared: toFlag(change.isPrepared) }),
        ...(change.counts === undefined ? {} : toCountColumns(change.counts)),
        ...(change.failure === undefined ? {} : { failure: JSON.stringify(change.failure) }),
        ...(change.batch === undefined ? {} : { batch: JSON.stringify(change.batch) }),
        ...(endsRun || change.dropsLease === true ? { lease_owner: null, lease_until: 0 } : {}),
        // An end without its time would never leave the history.
        ...(endsRun && change.endedAt === undefined ? { ended_at: now } : {}),
        updated_at: now,
      })
      .where('id', '=', claim.runId)
      .where('fence', '=', claim.fence)
      .where(isActive)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : runOf(row);
  }

  async requestStop(
    clusterId: string,
    jobName: string,
    user: string,
    now: number,
  ): Promise<RunRecord | null> {
    const newestActive = this.#db
      .selectFrom('runs')
      .select('id')
      .where('cluster_id', '=', clusterId)
      .where('job_name', '=', jobName)
      .where('parent_run_id', 'is', null)
      .where(isActive)
      .orderBy('submission_id', 'desc')
      .limit(1);
    const row = await this.#db
      .updateTable('runs')
      .set({
        // The first who asked is the one who stopped it.
        stop_requested_by: sql<string>`coalesce(stop_requested_by, ${user})`,
        updated_by: user,
        updated_at: now,
      })
      .where('id', '=', newestActive)
      .where(isActive)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : runOf(row);
  }

  storePlan(claim: Claim, plan: RunPlan, now: number): Promise<boolean> {
    return inTransaction(this.#db, async (db) => {
      const { numUpdatedRows } = await db
        .updateTable('runs')
        .set({ plan: JSON.stringify(plan), updated_at: now })
        .where('id', '=', claim.runId)
        .where('fence', '=', claim.fence)
        .where(isActive)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      const begun = await db
        .selectFrom('slices')
        .select('no')
        .where('run_id', '=', claim.runId)
        .where('sequence', '>', 0)
        .limit(1)
        .executeTakeFirst();
      // What is durable was cut by the old plan: another cut would lose or double rows.
      if (begun !== undefined)
        throw new Error(`Run ${claim.runId} has checkpoints: its plan cannot be replaced`);
      await db.deleteFrom('slices').where('run_id', '=', claim.runId).execute();
      for (let start = 0; start < plan.slices.length; start += slicesPerStatementMax) {
        const rows = plan.slices.slice(start, start + slicesPerStatementMax).map((slice) => ({
          run_id: claim.runId,
          no: slice.no,
          slice: JSON.stringify(slice),
          checkpoint: null,
          sequence: 0,
          attempts: 0,
          times: null,
          ...toCountColumns(zeroCounts),
        }));
        await db.insertInto('slices').values(rows).execute();
      }
      return true;
    });
  }

  async slices(runId: string): Promise<readonly SliceRecord[]> {
    const rows = await this.#db
      .selectFrom('slices')
      .select(['run_id', 'no', 'slice', 'checkpoint', 'attempts', 'times'])
      .where('run_id', '=', runId)
      .orderBy('no')
      .execute();
    return rows.map((row) => ({
      runId: row.run_id,
      no: row.no,
      slice: fromJson(row.slice),
      checkpoint: fromJsonOrNull(row.checkpoint),
      attempts: row.attempts,
      times: fromJsonOrNull(row.times),
    }));
  }

  checkpoint(
    claim: Claim,
    sliceNo: number,
    checkpoint: Checkpoint,
    now: number,
    effort?: SliceEffort,
  ): Promise<SliceCounts | null> {
    return inTransaction(this.#db, async (db) => {
      // First the run: its row is the lock under which the totals are summed, so that two slices cannot miss each other.
      const held = await db
        .updateTable('runs')
        .set({ updated_at: now })
        .where('id', '=', claim.runId)
        .where('fence', '=', claim.fence)
        .where(isActive)
        .executeTakeFirst();
      if (held.numUpdatedRows === 0n) return null;
      const stored = await db
        .updateTable('slices')
        .set({
          checkpoint: JSON.stringify(checkpoint),
          sequence: checkpoint.sequence,
          ...(effort === undefined
            ? {}
            : {
                attempts: effort.attempts,
                times: effort.times === null ? null : JSON.stringify(effort.times),
              }),
          ...toCountColumns(checkpoint.counts),
        })
        .where('run_id', '=', claim.runId)
        .where('no', '=', sliceNo)
        .where('sequence', '<=', checkpoint.sequence)
        .executeTakeFirst();
      if (stored.numUpdatedRows === 0n) await requireSlice(db, claim.runId, sliceNo);
      await keepRejectsOf(db, claim.runId, sliceNo, checkpoint);
      const totals = await sumOfSlices(db, claim.runId);
      await db.updateTable('runs').set(toCountColumns(totals)).where('id', '=', claim.runId).execute();
      return totals;
    });
  }
}

async function requireSlice(db: Db, runId: string, sliceNo: number): Promise<void> {
  const present = await db
    .selectFrom('slices')
    .select('no')
    .where('run_id', '=', runId)
    .where('no', '=', sliceNo)
    .executeTakeFirst();
  if (present === undefined) throw new Error(`Run ${runId} has no slice ${sliceNo}`);
}
