import type { CheckStep } from '@sluice/core/connector/contract';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import type { TaskOf } from '@sluice/engine/work';
import { maskError } from '../planner/job-variables.ts';
import { resolveWork } from '../planner/resolve-work.ts';
import { type BatchSummary, isActiveState, type JobRecord, type RunRecord } from '../store/model.ts';
import { Conflict, NotResumable, type Store } from '../store/store.ts';
import { BatchDriver } from './batch-driver.ts';
import { isBatchParent } from './batch-run.ts';
import type { Driver } from './driver.ts';
import { endRun } from './end-run.ts';
import { stoppedBy } from './failure.ts';
import { runLimits } from './limits.ts';
import { ProjectShares } from './project-shares.ts';
import { createFreshRun, createRunOf, queuedRun, type RequireUsable, requireCluster } from './queued-run.ts';
import { notResumable, notResumableTexts, requireCheckpoints } from './resume-check.ts';
import { createTablesAgain } from './retry-run.ts';
import { type DriverTools, RunDriver } from './run-driver.ts';
import { endedFields } from './run-log-fields.ts';
import type { RunMeter } from './run-meter.ts';
import { percentOfRecord, type SliceProgress, storedProgress } from './run-progress.ts';
import type { ResumeRequest, RetryRequest, RunService, StartRequest } from './run-service.ts';
import { SharedRates } from './shared-rates.ts';
import { TraceJanitor } from './trace-janitor.ts';
import { type TaskListener, WorkerDied, WorkerStartFailed } from './worker-process.ts';

export interface DeskTools extends DriverTools {
  /** Called when a run has been queued, so that it is claimed at once. */
  readonly onQueued: () => void;
  /** Counts what runs move; absent: nobody does. */
  readonly meter?: Pick<RunMeter, 'begin' | 'end'>;
  /** Asked in the transaction that starts a run. Without it every cluster takes work. */
  readonly requireUsable?: RequireUsable;
}

/** How many runs of a cluster this server drives. */
export interface ClusterLoad {
  readonly projectId: string;
  readonly clusterId: string;
  readonly runs: number;
}

/** Takes starts, stops and questions about runs, and keeps the drivers of those that this server drives. */
export class RunDesk implements RunService {
  /** Removes what ended runs left at their destinations; works by itself once it is opened. */
  readonly traces: TraceJanitor;
  readonly #tools: DeskTools;
  readonly #drivers = new Map<string, Driver>();
  readonly #rates = new SharedRates();
  readonly #linkChecks = new ProjectShares(runLimits.linkChecksMax, runLimits.linkChecksPerProjectMax);
  /** The driver of a job's active run; the runs of its tables are none. */
  readonly #byJob = new Map<string, Driver>();
  /** Clusters whose runs are not to be driven for the moment. */
  readonly #held = new Set<string>();
  #isClosed = false;

  constructor(tools: DeskTools) {
    const onParentEnded = (run: RunRecord) => tools.log('run.ended', endedFields(run, run.failure, null));
    this.#tools = { onParentEnded, ...tools };
    this.traces = new TraceJanitor(tools);
  }

  /** The runs that this server drives, as their drivers know them. */
  get drivenRuns(): readonly RunRecord[] {
    return [...this.#drivers.values()].map((driver) => driver.lastKnown);
  }

  /** Runs that may still be taken on. */
  get room(): number {
    return this.#isClosed ? 0 : runLimits.drivenRunsMax - this.#drivers.size;
  }

  /** Runs in hand by cluster. */
  get load(): readonly ClusterLoad[] {
    const loads = new Map<string, ClusterLoad>();
    for (const { projectId, clusterId } of this.#drivers.values()) {
      const runs = (loads.get(clusterId)?.runs ?? 0) + 1;
      loads.set(clusterId, { projectId, clusterId, runs });
    }
    return [...loads.values()];
  }

  async start(request: StartRequest): Promise<RunRecord> {
    const { store, now } = this.#tools;
    const run = queuedRun(request, now());
    return await this.#queue(request.job, () =>
      store.transaction((tx) => createRunOf(tx, request.job, run, this.#requireUsable)),
    );
  }

  async startNew(
    request: Omit<StartRequest, 'job'>,
    makeJob: (tx: Pick<Store, 'jobs' | 'timers'>) => Promise<JobRecord>,
  ): Promise<RunRecord> {
    const { store, now, onQueued } = this.#tools;
    const run = await store.transaction(async (tx) => {
      const job = await makeJob(tx);
      return await createFreshRun(tx, queuedRun({ ...request, job }, now()), this.#requireUsable);
    });
    onQueued();
    return run;
  }

  async resume(request: ResumeRequest): Promise<RunRecord> {
    const { store, secrets, pools, now, log, service } = this.#tools;
    const { job, run: before } = request;
    const work = await resolveWork({ ...before, job }, store, secrets, service);
    const tools = { store, pool: pools.of(job.clusterId), log };
    await requireCheckpoints(before, work, tools).catch((error: unknown) => {
      throw maskError(error, work.secretTexts);
    });
    const run = {
      ...queuedRun(
        {
          ...request,
          variables: before.variables,
          isAuto: false,
          clockAt: before.clockAt ?? before.startedAt,
        },
        now(),
      ),
      plan: before.plan,
      resolved: before.resolved,
      isPrepared: true,
      counts: before.counts,
      resumesRunId: before.id,
    };
    return await this.#queue(job, () =>
      store.transaction(async (tx) => {
        const created = await tx.runs.createResumed(run, now());
        await requireCluster(tx, created, this.#requireUsable);
        return created;
      }),
    );
  }

  async retryTables(request: RetryRequest): Promise<RunRecord> {
    const { store, now } = this.#tools;
    const { job, run: before, keepsCommitted } = request;
    const clockAt = before.clockAt ?? before.startedAt;
    const next = queuedRun({ ...request, variables: before.variables, isAuto: false, clockAt }, now());
    return await this.#queue(job, () =>
      store.transaction(async (tx) => {
        await tx.clusters.lock(job.clusterId);
        const newest = await tx.runs.latest(job.clusterId, job.name);
        // Somebody else was faster.
        if (newest?.id !== before.id) throw new NotResumable(before.id);
        const created = await createTablesAgain(tx, next, before, keepsCommitted);
        await requireCluster(tx, created, this.#requireUsable);
        return created;
      }),
    );
  }

  get #requireUsable(): RequireUsable | null {
    return this.#tools.requireUsable ?? null;
  }

  async #queue(job: JobRecord, create: () => Promise<RunRecord>): Promise<RunRecord> {
    try {
      const run = await create();
      this.#tools.onQueued();
      return run;
    } catch (error) {
      if (error instanceof Conflict) throw new SluiceError('Cdm.0052', { job: job.name }, { cause: error });
      if (error instanceof NotResumable) throw notResumable(job, notResumableTexts.over);
      throw error;
    }
  }

  async stop(clusterId: string, jobName: string, user: string): Promise<void> {
    const { store, now } = this.#tools;
    const { run, children } = await store.transaction(async (tx) => {
      // First the cluster, as whoever begins or ends tables does it: none is begun behind this.
      await tx.clusters.lock(clusterId);
      const found = await tx.runs.requestStop(clusterId, jobName, user, now());
      const isParent = found !== null && isBatchParent(found);
      return { run: found, children: isParent ? await tx.batches.stopChildren(found.id, user, now()) : [] };
    });
    if (run === null) throw new SluiceError('Cdm.0053', { job: jobName });
    const driver = this.#drivers.get(run.id);
    // With the last of its tables a run ends by itself.
    if (children.length === 0) await this.#stopOne(run, user);
    await Promise.all(children.map((child) => this.#stopOne(child, user)));
    const deadline = now() + runLimits.stopWaitMs;
    while (now() < deadline) {
      const seen = await store.runs.find(run.id);
      if (seen === null || !isActiveState(seen.state)) {
        // Its driver hears of it a moment later; who asks for the state now is told what this caller knows.
        this.#forget(run, driver);
        return;
      }
      await Promise.race([
        this.#drivers.get(run.id)?.ended ?? new Promise(() => undefined),
        new Promise((resolve) => setTimeout(resolve, 50)),
      ]);
    }
  }

  async #stopOne(run: RunRecord, user: string): Promise<void> {
    const { store, now, onQueued, onParentEnded } = this.#tools;
    const driver = this.#drivers.get(run.id);
    driver?.hearOf(run);
    driver?.stop(user);
    if (driver !== undefined) return;
    // Nothing was begun, so there is nothing to take back; a claim in the same moment changes the fence and wins.
    const claim = { runId: run.id, fence: run.fence };
    if (isUntouched(run)) await endRun(store, claim, 'stopped', stoppedBy(user), now(), null, onParentEnded);
    // A run that went on under a server that is gone is claimed and ended by its driver at once.
    else onQueued();
  }

  progress(run: RunRecord): number {
    switch (run.state) {
      case 'succeeded':
        return 100;
      case 'failed':
      case 'stopped':
      case 'rejected':
        return -1;
      case 'queued':
      case 'planning':
        return 1;
      default: {
        if (run.batch !== null) return percentOfTables(run.batch);
        const progress = this.#drivers.get(run.id)?.progress;
        return progress?.hasBegun ? progress.percent() : percentOfRecord(run);
      }
    }
  }

  driven(clusterId: string, jobName: string): RunRecord | null {
    const record = this.#byJob.get(jobKey(clusterId, jobName))?.record ?? null;
    return record !== null && isActiveState(record.state) && record.jobName === jobName ? record : null;
  }

  async slices(run: RunRecord): Promise<readonly SliceProgress[]> {
    const progress = this.#drivers.get(run.id)?.progress;
    if (progress?.hasBegun) return progress.slices();
    return storedProgress(await this.#tools.store.runs.slices(run.id));
  }

  async checkLink(
    clusterId: string,
    connector: string,
    options: OptionValues,
  ): Promise<readonly CheckStep[]> {
    const projectId = (await this.#tools.store.clusters.findById(clusterId))?.projectId ?? '';
    return await this.#linkChecks.run(projectId, () => this.#checkWithin(clusterId, connector, options));
  }

  async #checkWithin(
    clusterId: string,
    connector: string,
    options: OptionValues,
  ): Promise<readonly CheckStep[]> {
    const listener = {
      begun: () => undefined,
      progress: () => undefined,
      checkpoint: () => Promise.resolve(false),
      log: (line: string) => this.#tools.log('link.check', { connector, line }),
    };
    const timeout = AbortSignal.timeout(runLimits.linkCheckMs);
    try {
      return await this.#check(clusterId, { kind: 'check', connector, link: options }, listener, timeout);
    } catch (error) {
      if (error instanceof WorkerDied || error instanceof WorkerStartFailed) {
        throw new SluiceError('Cdm.0941', { cause: error.message }, { cause: error });
      }
      if (!timeout.aborted) throw error;
      throw new SluiceError(
        'Cdm.0941',
        { cause: `no answer within ${runLimits.linkCheckMs / 1000} s` },
        { cause: error },
      );
    }
  }

  /** A worker that dies under the test says nothing about the link: a second one is asked. */
  async #check(
    clusterId: string,
    task: TaskOf<'check'>,
    listener: TaskListener,
    signal: AbortSignal,
  ): Promise<readonly CheckStep[]> {
    const pool = this.#tools.pools.of(clusterId);
    try {
      return await pool.run(task, listener, signal);
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      return await pool.run(task, listener, signal);
    }
  }

  /** Drives a claimed run. Called by the scheduler. */
  take(run: RunRecord): void {
    this.#tools.meter?.begin(run);
    const driver = isBatchParent(run)
      ? new BatchDriver(run, this.#tools)
      : new RunDriver(run, this.#tools, this.traces, this.#rates);
    this.#drivers.set(run.id, driver);
    // A job may have the name of another one's table.
    if (run.parentRunId === null) this.#byJob.set(jobKey(run.clusterId, run.jobName), driver);
    // It was claimed in the moment in which its cluster was held.
    if (this.#held.has(run.clusterId)) driver.letGo();
    void driver.ended.then(() => {
      this.#forget(run, driver);
      this.#tools.meter?.end(driver.lastKnown);
      // A server that slept through its own lease has claimed the run anew meanwhile.
      if (this.#drivers.get(run.id) === driver) this.#drivers.delete(run.id);
      this.#tools.onQueued();
    });
  }

  #forget(run: RunRecord, driver: Driver | undefined): void {
    const key = jobKey(run.clusterId, run.jobName);
    if (this.#byJob.get(key) === driver) this.#byJob.delete(key);
  }

  /**
   * Lets go of a cluster's runs without ending them, and drives none of it until `release`; resolves when no driver is left. Then
   * they go on where their records stand, as after a restart of the server.
   */
  async hold(clusterId: string): Promise<void> {
    this.#held.add(clusterId);
    const drivers = [...this.#drivers.values()].filter((driver) => driver.clusterId === clusterId);
    for (const driver of drivers) driver.letGo();
    await Promise.all(drivers.map((driver) => driver.ended));
  }

  release(clusterId: string): void {
    if (this.#held.delete(clusterId)) this.#tools.onQueued();
  }

  /** Lets go of all runs without ending them: the next start of a server goes on with them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const driver of this.#drivers.values()) driver.letGo();
    await Promise.all([...this.#drivers.values()].map((driver) => driver.ended));
  }
}

/** The share of the tables that have ended, by their rows where these are known. */
function percentOfTables({ weight, weightDone }: BatchSummary): number {
  return weight === 0 ? 1 : Math.min(99, Math.max(1, Math.floor((100 * weightDone) / weight)));
}

function jobKey(clusterId: string, jobName: string): string {
  return `${clusterId}/${jobName}`;
}

/** Nobody has claimed the run, now or ever to any effect. */
function isUntouched(run: RunRecord): boolean {
  return run.state === 'queued' && run.leaseOwner === null && run.plan === null;
}
