import { addCounts, zeroCounts } from '../../packages/core/src/data/slice.ts';
import { isActiveState, type JobRecord, type RunRecord } from '../../packages/server/src/store/model.ts';
import type { Store } from '../../packages/server/src/store/store.ts';
import type { Destination } from './destination.ts';

/** All runs of a world; far more than one has. */
const runsMax = 1_000;
const retriesMax = 3;

/** Looks at the store after everything that may have changed it, and compares with what was and with the destination. */
export class RunJudge {
  readonly violations: string[] = [];
  readonly #store: Store;
  readonly #destination: Destination;
  readonly #ended = new Map<string, string>();
  readonly #accepted: RunRecord[] = [];
  /** Names at the destination by run, as far as they are planned. */
  readonly #runKeys = new Map<string, string>();

  constructor(store: Store, destination: Destination) {
    this.#store = store;
    this.#destination = destination;
  }

  /** A caller was told that this run is stored. */
  accepted(run: RunRecord): void {
    this.#accepted.push(run);
  }

  /** Called when the store has taken a checkpoint: what it counts must be committed by then. */
  counted(runId: string, rows: number): void {
    const runKey = this.#runKeys.get(runId);
    if (runKey === undefined) return;
    const durable = this.#destination.rowsOf(runKey);
    if (rows > durable) this.violations.push(`run ${runId} counts ${rows} rows, ${durable} are committed`);
  }

  async look(clusterId: string): Promise<readonly RunRecord[]> {
    const { runs } = await this.#store.runs.history(clusterId, null, runsMax, 0);
    const active = new Set<string>();
    this.#judgeParts(runs);
    for (const run of runs) {
      const { id, jobName, state, counts, plan } = run;
      const end = JSON.stringify([state, counts, run.endedAt, run.failure?.code ?? null]);
      const before = this.#ended.get(id);
      if (before !== undefined && before !== end)
        this.#violate(run, `changed after its end: ${before} to ${end}`);
      if (isActiveState(state)) {
        if (active.has(jobName)) this.#violate(run, 'is active beside another run of its job');
        active.add(jobName);
      } else if (before === undefined) {
        this.#ended.set(id, end);
        if (run.leaseOwner !== null) this.#violate(run, 'ended and kept its lease');
        if (run.endedAt === null) this.#violate(run, 'ended at no time');
      }
      if (plan !== null) this.#runKeys.set(id, plan.target.runKey);
      const durable = plan === null ? 0 : this.#destination.rowsOf(plan.target.runKey);
      // A run of many tables counts what these have committed, under names of their own.
      if (run.batch === null && counts.rowsWritten > durable)
        this.#violate(run, `counts ${counts.rowsWritten} rows, ${durable} are committed`);
    }
    return runs;
  }

  /** @returns all runs of the world. */
  async finish(clusterId: string, jobs: readonly JobRecord[]): Promise<readonly RunRecord[]> {
    const runs = await this.look(clusterId);
    const byId = new Map(runs.map((run) => [run.id, run]));
    for (const { id } of this.#accepted)
      if (!byId.has(id)) this.violations.push(`run ${id} was accepted and is not there`);
    for (const run of runs) {
      if (isActiveState(run.state)) this.#violate(run, `did not end: ${run.state}, fence ${run.fence}`);
      if (run.state === 'succeeded') {
        if (run.batch === null) await this.#complete(run);
        else await this.#completeBatch(run);
      }
      if (run.state === 'failed' || run.state === 'rejected') {
        if (run.failure === null) this.#violate(run, 'failed for no reason');
        this.#retried(run, runs, jobs);
      }
    }
    return runs;
  }

  /** Every row once: planned, counted and committed are the same number. */
  async #complete(run: RunRecord): Promise<void> {
    const { plan, counts } = run;
    if (plan === null) return this.#violate(run, 'succeeded without a plan');
    const planned = plan.slices.reduce((sum, { rowsEstimate }) => sum + (rowsEstimate ?? 0), 0);
    const records = await this.#store.runs.slices(run.id);
    const ledger = records.reduce(
      (sum, record) => addCounts(sum, record.checkpoint?.counts ?? zeroCounts),
      zeroCounts,
    );
    const durable = this.#destination.rowsOf(plan.target.runKey);
    if (new Set([planned, counts.rowsWritten, ledger.rowsWritten, durable]).size > 1)
      this.#violate(
        run,
        `succeeded with ${planned} rows planned, ${counts.rowsWritten} counted, ${ledger.rowsWritten} in its ledger, ${durable} committed`,
      );
  }

  /** Parts are active only while their run is, as many as it may have, and each table has one. */
  #judgeParts(runs: readonly RunRecord[]): void {
    const partsOf = new Map<string, RunRecord[]>();
    for (const run of runs) {
      if (run.parentRunId === null) continue;
      const parts = partsOf.get(run.parentRunId) ?? [];
      partsOf.set(run.parentRunId, [...parts, run]);
    }
    for (const run of runs) {
      const parts = partsOf.get(run.id) ?? [];
      const under = parts.filter(({ state }) => isActiveState(state)).length;
      const limit = Number(run.job.driverOptions['throttlingConfig.concurrentSubJobs'] ?? 0);
      if (under > limit) this.#violate(run, `has ${under} tables under way, ${limit} are allowed`);
      if (under > 0 && run.state !== 'running') this.#violate(run, `is ${run.state} with tables under way`);
      if (under === 0 && run.state === 'running' && run.batch !== null)
        this.#violate(run, 'is running with no table under way');
      if (new Set(parts.map(({ jobName }) => jobName)).size < parts.length)
        this.#violate(run, 'has two runs of one table');
      if (run.parentRunId !== null && !runs.some(({ id }) => id === run.parentRunId))
        this.#violate(run, 'is a part of nothing');
    }
  }

  /** Every table was moved, under this run or an earlier one, and the counters are their sums. */
  async #completeBatch(run: RunRecord): Promise<void> {
    const { tables } = await this.#store.batches.tables(run.id, { states: [], limit: 100, offset: 0 });
    const counted = tables.reduce((sum, { run: part }) => sum + (part?.counts.rowsWritten ?? 0), 0);
    const open = tables.filter(({ run: part }) => part?.state !== 'succeeded').map(({ table }) => table.name);
    if (tables.length === 0 || open.length > 0) this.#violate(run, `succeeded without ${open.join(', ')}`);
    if (counted !== run.counts.rowsWritten)
      this.#violate(run, `succeeded with ${run.counts.rowsWritten} rows counted, its tables have ${counted}`);
  }

  /** A job that is retried has its next attempt in the same moment. */
  #retried(run: RunRecord, runs: readonly RunRecord[], jobs: readonly JobRecord[]): void {
    const isRetried = run.job.driverOptions['retryJobConfig.retryJobType'] === 'RETRY_TRIPLE';
    if (!isRetried || run.state !== 'failed' || run.stopRequestedBy !== null || run.attempt >= retriesMax)
      return;
    if (!jobs.some(({ id }) => id === run.jobId)) return;
    const next = runs.find(
      (other) =>
        other.jobId === run.jobId &&
        other.parentRunId === null &&
        other.submissionId > run.submissionId &&
        other.attempt === run.attempt + 1,
    );
    if (next === undefined) this.#violate(run, 'failed, and its next attempt is lost');
  }

  #violate(run: RunRecord, what: string): void {
    this.violations.push(`${run.jobName} #${run.submissionId} (attempt ${run.attempt}): ${what}`);
  }
}
