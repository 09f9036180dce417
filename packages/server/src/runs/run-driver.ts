import { addCounts, type Slice, type SliceCounts, zeroCounts } from '@sluice/core/data/slice';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import type { RunPlan, RunWork, TaskKind, TaskOf, TaskResults } from '@sluice/engine/work';
import { resolveWork } from '../planner/resolve-work.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { RunFailure, RunRecord, SliceRecord } from '../store/model.ts';
import type { Claim, RunChange, Store } from '../store/store.ts';
import { failureOf, stoppedBy } from './failure.ts';
import { runLimits } from './limits.ts';
import { RunProgress } from './run-progress.ts';
import type { WorkerPool } from './worker-pool.ts';
import { type TaskListener, WorkerDied, WorkerStartFailed } from './worker-process.ts';

export interface DriverTools {
  readonly store: Store;
  readonly secrets: SecretBox;
  readonly pool: WorkerPool;
  readonly now: () => number;
  readonly leaseMs: number;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Why a driver lets go of its run. */
class StopAsked extends Error {
  readonly user: string;
  constructor(user: string) {
    super(`stopped by ${user}`);
    this.user = user;
  }
}
/** The run belongs to another server now, or this server shuts down: its record is not ours to end. */
class LetGo extends Error {}

/**
 * Drives one claimed run from where its record stands to its end:
 *
 *     queued → planning (plan stored, destination prepared) → running (slices) → finishing → succeeded
 *                     ╰───────────────────┴──────────────────────┴──▶ failed | stopped | rejected
 *
 * Every step is stored before the next begins, so that a driver in another process, after a `kill -9`, goes on from
 * the last stored one. All changes carry the claim's fence: a driver that lost its lease cannot write any more.
 */
export class RunDriver {
  readonly runId: string;
  readonly progress = new RunProgress();
  /** Resolves when the driver is done with the run, whatever came of it. Never rejects. */
  readonly ended: Promise<void>;
  readonly #tools: DriverTools;
  readonly #claim: Claim;
  readonly #stopper = new AbortController();

  constructor(run: RunRecord, tools: DriverTools) {
    this.runId = run.id;
    this.#tools = tools;
    this.#claim = { runId: run.id, fence: run.fence };
    this.ended = this.#drive(run);
  }

  /** Ends the run as stopped. Safe to repeat. */
  stop(user: string): void {
    this.#stopper.abort(new StopAsked(user));
  }

  /** Leaves the run as its record says, for a later driver. */
  letGo(): void {
    this.#stopper.abort(new LetGo('this server is shutting down'));
  }

  async #drive(run: RunRecord): Promise<void> {
    const { log, store } = this.#tools;
    const heartbeat = setInterval(() => void this.#beat(), runLimits.heartbeatMs);
    let work: RunWork | null = null;
    let plan: RunPlan | null = run.plan;
    try {
      if (run.stopRequestedBy !== null) throw new StopAsked(run.stopRequestedBy);
      try {
        work = await resolveWork(run, store, this.#tools.secrets);
      } catch (error) {
        // The start call could not see this, and there is nobody left to tell but the record.
        await this.#end('rejected', failureOf(error));
        return;
      }
      if (plan === null) {
        if (run.state === 'queued') {
          await this.#change({ state: 'planning', startedAt: run.startedAt ?? this.#tools.now() });
        }
        plan = await this.#task({ kind: 'plan', work });
        if (!(await store.runs.storePlan(this.#claim, plan, this.#tools.now()))) throw new Fenced('the run');
        log('run.planned', {
          run: run.id,
          slices: plan.slices.length,
          form: plan.target.form,
          reason: plan.reason,
        });
      }
      if (run.state !== 'finishing') {
        if (!run.isPrepared) {
          await this.#task({ kind: 'prepare', work, plan });
          await this.#change({ isPrepared: true });
        }
        await this.#change({ state: 'running' });
        await this.#moveSlices(work, plan);
        await this.#verify(work, plan);
        await this.#change({ state: 'finishing' });
      }
      await this.#task({ kind: 'finish', work, plan, outcome: 'publish' });
      await this.#end('succeeded', null);
    } catch (error) {
      await this.#settle(error, work, plan, run);
    } finally {
      clearInterval(heartbeat);
    }
  }

  /** Ends the record after a failure or a stop; never throws. */
  async #settle(thrown: unknown, work: RunWork | null, plan: RunPlan | null, run: RunRecord): Promise<void> {
    const { log } = this.#tools;
    const reason: unknown = this.#stopper.signal.aborted ? this.#stopper.signal.reason : thrown;
    if (reason instanceof LetGo || reason instanceof Fenced) {
      log('run.let-go', { run: run.id, why: reason.message });
      return;
    }
    try {
      if (work !== null && plan !== null) await this.#discard(work, plan);
      if (reason instanceof StopAsked) return await this.#end('stopped', stoppedBy(reason.user));
      if (!(reason instanceof SluiceError)) log('run.unexpected', { run: run.id, error: reason });
      await this.#end(reason instanceof WorkerStartFailed ? 'rejected' : 'failed', failureOf(reason));
    } catch (error) {
      // Our own store is out of reach. The lease runs out and the run is taken up again.
      log('run.unsettled', { run: run.id, error });
    }
  }

  /** Removes the run's traces from the destination; what cannot be done in time is logged, not waited for. */
  async #discard(work: RunWork, plan: RunPlan): Promise<void> {
    const timeout = AbortSignal.timeout(runLimits.discardMs);
    const task = { kind: 'finish', work, plan, outcome: 'discard' } as const;
    await this.#tools.pool
      .run(task, this.#listener(), timeout)
      .catch((error: unknown) => this.#tools.log('run.discard-failed', { run: this.runId, error }));
  }

  async #moveSlices(work: RunWork, plan: RunPlan): Promise<void> {
    const records = await this.#tools.store.runs.slices(this.runId);
    this.progress.begin(records);
    const open = records.filter((record) => !record.checkpoint?.isComplete);
    // One lane's failure ends the others too, and so does a stop.
    const failed = new AbortController();
    const signal = AbortSignal.any([failed.signal, this.#stopper.signal]);
    let next = 0;
    const lane = async (): Promise<void> => {
      for (;;) {
        signal.throwIfAborted();
        const record: SliceRecord | undefined = open[next++];
        if (record === undefined) return;
        await this.#moveSlice(work, plan, record.slice, signal);
      }
    };
    const laneCount = Math.min(work.extractors, open.length);
    const outcomes = await Promise.allSettled(
      Array.from({ length: laneCount }, () =>
        lane().catch((error: unknown) => {
          failed.abort(error);
          throw error;
        }),
      ),
    );
    // The first cause is the signal's reason; what the other lanes threw follows from it.
    if (outcomes.some((outcome) => outcome.status === 'rejected')) throw signal.reason;
  }

  /** Moves a slice; a slice whose worker process died begins again from what the destination holds of it. */
  async #moveSlice(work: RunWork, plan: RunPlan, slice: Slice, signal: AbortSignal): Promise<void> {
    await this.#survivingDeaths(runLimits.workerDeathsPerSliceMax, () =>
      this.#tools.pool.run({ kind: 'slice', work, plan, slice }, this.#listener(), signal),
    );
  }

  async #task<K extends TaskKind>(task: TaskOf<K>): Promise<TaskResults[K]> {
    return await this.#survivingDeaths(runLimits.workerDeathsPerTaskMax, () =>
      this.#tools.pool.run(task, this.#listener(), this.#stopper.signal),
    );
  }

  async #survivingDeaths<T>(deathsMax: number, attempt: () => Promise<T>): Promise<T> {
    for (let deaths = 1; ; deaths++) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof WorkerDied) || deaths >= deathsMax) throw error;
        this.#tools.log('run.worker-died', { run: this.runId, pid: error.pid, why: error.message, deaths });
      }
    }
  }

  /** A run may succeed only when the destination itself confirms every slice and every row that we counted. */
  async #verify(work: RunWork, plan: RunPlan): Promise<void> {
    const records = await this.#tools.store.runs.slices(this.runId);
    const ours = records.reduce(
      (sum: SliceCounts, record) => addCounts(sum, record.checkpoint?.counts ?? zeroCounts),
      zeroCounts,
    );
    const theirs = await this.#task({ kind: 'verify', work, plan });
    const isSame =
      theirs.completeSlices === records.length &&
      theirs.counts.rowsWritten === ours.rowsWritten &&
      theirs.counts.rowsRead === ours.rowsRead &&
      ours.rowsRead === ours.rowsWritten + ours.rowsSkipped;
    if (isSame) return;
    throw new SluiceError('Cdm.0232', {
      cause:
        `the destination confirms ${theirs.counts.rowsWritten} rows in ${theirs.completeSlices} slices, ` +
        `counted were ${ours.rowsWritten} written and ${ours.rowsSkipped} skipped of ${ours.rowsRead} read in ${records.length}`,
    });
  }

  #listener(): TaskListener {
    const { store, now, log } = this.#tools;
    return {
      progress: (sliceNo, counts) => this.progress.live(sliceNo, counts),
      checkpoint: async (sliceNo, checkpoint) => {
        const totals = await store.runs.checkpoint(this.#claim, sliceNo, checkpoint, now());
        if (totals === null) return false;
        this.progress.settle(sliceNo, checkpoint);
        return true;
      },
      log: (line) => log('run.line', { run: this.runId, line }),
    };
  }

  async #beat(): Promise<void> {
    const { store, now, leaseMs, log } = this.#tools;
    try {
      if (!(await store.runs.heartbeat(this.#claim, now(), leaseMs))) {
        this.#stopper.abort(new LetGo('the lease was lost'));
        return;
      }
      const run = await store.runs.find(this.runId);
      if (run?.stopRequestedBy != null) this.stop(run.stopRequestedBy);
    } catch (error) {
      log('run.heartbeat-failed', { run: this.runId, error });
    }
  }

  async #change(change: RunChange): Promise<void> {
    this.#stopper.signal.throwIfAborted();
    const changed = await this.#tools.store.runs.change(this.#claim, change, this.#tools.now());
    if (changed === null) throw new Fenced('the run');
  }

  /** Writes the terminal state, once, and removes a job that was made for one run. */
  async #end(
    state: 'succeeded' | 'failed' | 'stopped' | 'rejected',
    failure: RunFailure | null,
  ): Promise<void> {
    const { store, now, log } = this.#tools;
    const at = now();
    const ended = await store.transaction(async (tx) => {
      const run = await tx.runs.change(
        this.#claim,
        { state, endedAt: at, ...(failure === null ? {} : { failure }) },
        at,
      );
      if (run !== null && isToBeDeleted(run, state)) await tx.jobs.delete(run.clusterId, run.jobName);
      return run;
    });
    if (ended === null) throw new Fenced('the run');
    log('run.ended', {
      run: this.runId,
      job: ended.jobName,
      state,
      code: failure?.code ?? null,
      ...ended.counts,
    });
  }
}

function isToBeDeleted(run: RunRecord, state: string): boolean {
  const disposable = run.job.driverOptions['schedulerConfig.disposableType'];
  return disposable === 'DELETE' || (disposable === 'DELETE_AFTER_SUCCEED' && state === 'succeeded');
}
