import { setTimeout as sleep } from 'node:timers/promises';
import { addCounts, type Slice, type SliceCounts, zeroCounts } from '@sluice/core/data/slice';
import { Fenced, SluiceError, SnapshotLost } from '@sluice/core/errors/sluice-error';
import type { Consistency, RunPlan, RunWork, TaskKind, TaskOf, TaskResults } from '@sluice/engine/work';
import { resolveWork } from '../planner/resolve-work.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { RunFailure, RunRecord, SliceRecord } from '../store/model.ts';
import type { Claim, RunChange, Store } from '../store/store.ts';
import { type EndState, endRun } from './end-run.ts';
import { failureOf, stoppedBy } from './failure.ts';
import { runLimits } from './limits.ts';
import { RunProgress } from './run-progress.ts';
import { RunSnapshot, type SliceLane } from './run-snapshot.ts';
import { SliceOrder } from './slice-order.ts';
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

/** Somebody wants the run to end. */
class StopAsked extends Error {
  readonly user: string;
  constructor(user: string) {
    super(`stopped by ${user}`);
    this.user = user;
  }
}
/** An earlier driver stored this failure and went away before the end. */
class FailedBefore extends Error {
  readonly failure: RunFailure;
  constructor(failure: RunFailure) {
    super('the run failed under an earlier driver');
    this.failure = failure;
  }
}
/** The run cannot be handed to a worker at all. */
class Unworkable extends Error {
  readonly failure: RunFailure;
  constructor(cause: SluiceError) {
    super(cause.message);
    this.failure = failureOf(cause);
  }
}
/** The run's record is not ours to end: it stays as it is, for a later driver. */
class LetGo extends Error {}
/** This server shuts down. */
class ShutDown extends LetGo {}
/** Our own store does not answer: that says nothing about the run. */
class StoreFailed extends LetGo {}

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
  #storedPlan: RunPlan | null = null;

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
    this.#stopper.abort(new ShutDown('this server is shutting down'));
  }

  async #drive(run: RunRecord): Promise<void> {
    const heartbeat = setInterval(() => void this.#beat(), runLimits.heartbeatMs);
    let work: RunWork | null = null;
    let plan: RunPlan | null = run.plan;
    try {
      const ending = endingOf(run);
      work = await resolveWork(run, this.#tools.store, this.#tools.secrets).catch((error: unknown) => {
        throw ending ?? unworkable(error);
      });
      if (ending !== null) throw ending;
      if (plan === null) {
        this.#expectWorthwhile(run, []);
        if (run.state === 'queued') {
          await this.#change({ state: 'planning', startedAt: run.startedAt ?? this.#tools.now() });
        }
        plan = await this.#plan(work);
      } else {
        const records = await this.#slices();
        this.progress.begin(records);
        this.#expectWorthwhile(run, records);
      }
      this.#storedPlan = plan;
      // The slices come from the store one by one; a thousand of them in every message would be most of its bytes.
      plan = { ...plan, slices: [] };
      if (run.state !== 'finishing') {
        if (!run.isPrepared) {
          await this.#step({ kind: 'prepare', work, plan });
          await this.#change({ isPrepared: true });
        }
        await this.#change({ state: 'running' });
        await this.#moveSlices(work, plan, run.isPrepared);
        await this.#verify(work, plan);
        await this.#change({ state: 'finishing' });
      }
      await this.#step({ kind: 'finish', work, plan, outcome: 'publish' });
      await this.#end('succeeded', null);
    } catch (error) {
      await this.#settle(error, work, plan);
    } finally {
      clearInterval(heartbeat);
      this.#tools.pool.forget(this.runId);
    }
  }

  /** Plans the run and stores the plan with its slices. */
  async #plan(work: RunWork): Promise<RunPlan> {
    const { store, now, log } = this.#tools;
    const begin = performance.now();
    const plan = await this.#step({ kind: 'plan', work });
    if (!(await stored(() => store.runs.storePlan(this.#claim, plan, now())))) throw new Fenced('the run');
    const { slices, target, reason } = plan;
    const ms = Math.round(performance.now() - begin);
    log('run.planned', { run: this.runId, slices: slices.length, form: target.form, reason, ms });
    return plan;
  }

  /** Claims that led to a commit are none of a run that brings down its servers; each of the others is suspicious. */
  #expectWorthwhile(run: RunRecord, records: readonly SliceRecord[]): void {
    const commits = records.reduce((sum, { checkpoint }) => sum + (checkpoint?.sequence ?? 0), 0);
    if (run.fence - commits <= runLimits.fruitlessClaimsMax) return;
    const cause = `the run was taken up ${run.fence - 1} times and came to no end`;
    throw new SluiceError('Cdm.0036', { cause });
  }

  /** Ends the record after a failure or a stop, or leaves it to another driver; never throws. */
  async #settle(thrown: unknown, work: RunWork | null, plan: RunPlan | null): Promise<void> {
    const { log, now, store } = this.#tools;
    const reason: unknown = this.#stopper.signal.aborted ? this.#stopper.signal.reason : thrown;
    try {
      if (reason instanceof LetGo || reason instanceof Fenced) {
        log('run.let-go', { run: this.runId, why: reason.message, cause: reason.cause });
        // The lease ends with this server, so that another need not wait for it.
        if (reason instanceof ShutDown) await store.runs.heartbeat(this.#claim, now(), 0);
        return;
      }
      const { state, failure } = this.#verdict(reason, plan);
      // First the record, under the fence. A driver that has lost its claim must leave the destination alone, for there
      // the next one is at work; and one that comes after a crash in the next line must find why the run ends.
      if ((await store.runs.change(this.#claim, { failure }, now())) === null) throw new Fenced('the run');
      if (work !== null && plan !== null) {
        const isAwaited = reason === this.#stopper.signal.reason;
        await this.#discard(work, plan, isAwaited ? runLimits.discardMs : runLimits.discardPatientMs);
      }
      await this.#end(state, failure);
    } catch (error) {
      // Our own store is out of reach, or the run is another's. The lease runs out and the run is taken up again.
      log('run.unsettled', { run: this.runId, error });
    }
  }

  #verdict(
    reason: unknown,
    plan: RunPlan | null,
  ): { readonly state: EndState; readonly failure: RunFailure } {
    if (reason instanceof StopAsked) return { state: 'stopped', failure: stoppedBy(reason.user) };
    if (reason instanceof FailedBefore) return { state: 'failed', failure: reason.failure };
    // Without a plan nothing was handed to anybody yet.
    const state = plan === null ? 'rejected' : 'failed';
    if (reason instanceof Unworkable) return { state, failure: reason.failure };
    if (reason instanceof WorkerStartFailed) return { state, failure: failureOf(reason) };
    if (!(reason instanceof SluiceError || reason instanceof WorkerDied)) {
      this.#tools.log('run.unexpected', { run: this.runId, error: reason });
    }
    return { state: 'failed', failure: failureOf(reason) };
  }

  /** Removes the run's traces from the destination; what cannot be done in time is logged, not waited for. */
  async #discard(work: RunWork, plan: RunPlan, withinMs: number): Promise<void> {
    const timeout = AbortSignal.timeout(withinMs);
    const task = { kind: 'finish', work, plan, outcome: 'discard' } as const;
    const discarding = this.#tools.pool
      .run(task, this.#listener(), timeout)
      .catch((error: unknown) => this.#tools.log('run.discard-failed', { run: this.runId, error }));
    // The worker's own grace time comes on top of the signal; the run's end does not wait for that.
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([discarding, tooLong]);
    clearTimeout(timer);
  }

  /** @param isTakenUp an earlier driver may have moved some of the rows. */
  async #moveSlices(work: RunWork, plan: RunPlan, isTakenUp: boolean): Promise<void> {
    const records = await this.#slices();
    this.progress.begin(records);
    const open = records.filter((record) => !record.checkpoint?.isComplete);
    // One lane's failure ends the others too, and so does a stop.
    const failed = new AbortController();
    const signal = AbortSignal.any([failed.signal, this.#stopper.signal]);
    const snapshot = this.#snapshot(work, signal);
    const hasMoved =
      isTakenUp && (plan.consistency !== undefined || records.some((r) => r.checkpoint !== null));
    const isSplit = records.length > 1 ? open.length > 0 : (records[0]?.checkpoint?.sequence ?? 0) > 1;
    if (hasMoved && isSplit) await snapshot.sayResumed('the server was restarted');
    if (open.length === 0) return;
    const { sliceWorkersMax } = this.#tools.pool;
    let lanes: readonly SliceLane[] = Array.from(
      { length: Math.min(work.extractors, open.length, sliceWorkersMax) },
      () => ({ seat: { worker: null, isFixed: false }, snapshot: null }),
    );
    // A slice by itself is one statement, which sees one moment.
    if (open.length > 1) lanes = await snapshot.begin(lanes);
    const order = new SliceOrder(open.length, lanes.length);
    const move = async (lane: SliceLane, no: number): Promise<void> => {
      for (;;) {
        signal.throwIfAborted();
        const next = order.next(no);
        const record: SliceRecord | undefined = next === null ? undefined : open[next];
        if (record === undefined) return;
        const isMixed = await this.#moveSlice(work, plan, record.slice, lane, snapshot, signal);
        // A slice in one commit was read by one statement, however often it was begun.
        const mayBeMixed = isMixed || (hasMoved && records.length === 1);
        if (mayBeMixed && this.progress.sequenceOf(record.slice.no) > 1)
          await snapshot.sayResumed('the slice went on behind a checkpoint');
      }
    };
    const outcomes = await Promise.allSettled(
      lanes.map((lane, no) =>
        move(lane, no).catch((error: unknown) => {
          failed.abort(error);
          throw error;
        }),
      ),
    );
    // The first cause is the signal's reason; what the other lanes threw follows from it.
    if (outcomes.some((outcome) => outcome.status === 'rejected')) throw signal.reason;
  }

  /**
   * Moves a slice; a slice whose worker process died begins again from what the destination holds of it, and one whose
   * snapshot is gone at a new one.
   * @returns true when it took more than one attempt without a snapshot: its rows may be of two moments.
   */
  async #moveSlice(
    work: RunWork,
    plan: RunPlan,
    slice: Slice,
    lane: SliceLane,
    snapshot: RunSnapshot,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (;;) {
      const used = lane.snapshot;
      const task = { kind: 'slice', work, plan, slice, snapshot: used } as const;
      let attempts = 0;
      try {
        await this.#attempts(runLimits.attemptsPerSliceMax, signal, () => {
          attempts++;
          return this.#tools.pool.run(task, this.#listener(), signal, lane.seat);
        });
        return used === null && attempts > 1;
      } catch (error) {
        if (!(error instanceof SnapshotLost) || used === null) throw error;
        await snapshot.renew(lane, used, error);
      }
    }
  }

  #snapshot(work: RunWork, signal: AbortSignal): RunSnapshot {
    const { pool, log } = this.#tools;
    return new RunSnapshot({
      work,
      consistency: this.#storedPlan?.consistency ?? null,
      run: (task, seat) =>
        this.#attempts(runLimits.attemptsPerStepMax, signal, () =>
          pool.run(task, this.#listener(), signal, seat),
        ),
      runWithin: (task, seat, withinMs) =>
        pool.run(task, this.#listener(), AbortSignal.any([signal, AbortSignal.timeout(withinMs)]), seat),
      store: (consistency) => this.#storeConsistency(consistency),
      log,
    });
  }

  async #storeConsistency(consistency: Consistency): Promise<void> {
    if (this.#storedPlan === null) throw new Error('a run without a plan has no slices');
    this.#storedPlan = { ...this.#storedPlan, consistency };
    await this.#change({ plan: this.#storedPlan });
  }

  async #step<K extends TaskKind>(task: TaskOf<K>): Promise<TaskResults[K]> {
    const { signal } = this.#stopper;
    return await this.#attempts(runLimits.attemptsPerStepMax, signal, () =>
      this.#tools.pool.run(task, this.#listener(), signal),
    );
  }

  /**
   * Tries again when the worker process died or did not start, and when the destination held a newer checkpoint than
   * the attempt knew: the commit of a worker whose server was killed may arrive after its successor has begun.
   */
  async #attempts<T>(attemptsMax: number, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof Fenced) {
          if (!(await this.#extendLease())) throw new LetGo('the lease was lost', { cause: error });
          if (attempts >= attemptsMax) throw foreignCheckpoints(error);
        } else if (error instanceof WorkerDied || error instanceof WorkerStartFailed) {
          const isHopeless = error instanceof WorkerDied && error.isOutOfMemory;
          if (attempts >= (isHopeless ? runLimits.attemptsOutOfMemoryMax : attemptsMax)) throw error;
        } else {
          throw error;
        }
        this.#tools.log('run.tried-again', { run: this.runId, why: error.message, attempts });
        await sleep(runLimits.attemptPauseMs, undefined, { signal });
      }
    }
  }

  /** A run may succeed only when the destination itself confirms every slice and every row that we counted. */
  async #verify(work: RunWork, plan: RunPlan): Promise<void> {
    const records = await this.#slices();
    const ours = records.reduce(
      (sum: SliceCounts, record) => addCounts(sum, record.checkpoint?.counts ?? zeroCounts),
      zeroCounts,
    );
    const theirs = await this.#step({ kind: 'verify', work, plan });
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
        const totals = await stored(() => store.runs.checkpoint(this.#claim, sliceNo, checkpoint, now()));
        if (totals === null) return false;
        this.progress.settle(sliceNo, checkpoint);
        return true;
      },
      log: (line) => log('run.line', { run: this.runId, line }),
    };
  }

  async #beat(): Promise<void> {
    const { store, log } = this.#tools;
    try {
      if (!(await this.#extendLease())) {
        this.#stopper.abort(new LetGo('the lease was lost'));
        return;
      }
      const run = await store.runs.find(this.runId);
      if (run?.stopRequestedBy != null) this.stop(run.stopRequestedBy);
    } catch (error) {
      log('run.heartbeat-failed', { run: this.runId, error });
    }
  }

  /** @returns false when the run is another driver's, or has ended. */
  #extendLease(): Promise<boolean> {
    const { store, now, leaseMs } = this.#tools;
    return stored(() => store.runs.heartbeat(this.#claim, now(), leaseMs));
  }

  #slices(): Promise<readonly SliceRecord[]> {
    return stored(() => this.#tools.store.runs.slices(this.runId));
  }

  async #change(change: RunChange): Promise<void> {
    this.#stopper.signal.throwIfAborted();
    const { store, now } = this.#tools;
    const changed = await stored(() => store.runs.change(this.#claim, change, now()));
    if (changed === null) throw new Fenced('the run');
  }

  async #end(state: EndState, failure: RunFailure | null): Promise<void> {
    const { store, now, log } = this.#tools;
    const ended = await stored(() => endRun(store, this.#claim, state, failure, now()));
    if (ended === null) throw new Fenced('the run');
    const code = failure?.code ?? null;
    log('run.ended', { run: this.runId, job: ended.jobName, state, code, ...ended.counts });
  }
}

/** Why a run that was claimed is to end without further work; null: it is to go on. */
function endingOf(run: RunRecord): StopAsked | FailedBefore | null {
  if (run.stopRequestedBy !== null) return new StopAsked(run.stopRequestedBy);
  return run.failure === null ? null : new FailedBefore(run.failure);
}

function unworkable(error: unknown): Error {
  return error instanceof SluiceError
    ? new Unworkable(error)
    : new StoreFailed('the links could not be read', { cause: error });
}

function foreignCheckpoints(error: Fenced): SluiceError {
  const cause = "the run's checkpoint table at the destination was removed or changed by somebody else";
  return new SluiceError('Cdm.0232', { cause }, { cause: error });
}

/** What our own store throws ends the driver, never the run. */
async function stored<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new StoreFailed('the store failed', { cause: error });
  }
}
