import { setTimeout as sleep } from 'node:timers/promises';
import { addCounts, type SliceCounts, zeroCounts } from '@sluice/core/data/slice';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import type { Consistency, RunPlan, RunWork, TaskKind, TaskOf, TaskResults } from '@sluice/engine/work';
import { plannedTime, type ServiceFacts } from '../planner/job-variables.ts';
import { carriedOut, type ResolvedWork, resolveWork } from '../planner/resolve-work.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { RunFailure, RunRecord, SliceRecord, TraceState } from '../store/model.ts';
import type { Claim, RunChange, Store } from '../store/store.ts';
import type { TaskPools } from './cluster-pools.ts';
import type { Driver } from './driver.ts';
import { type EndState, endRun } from './end-run.ts';
import { failureOf, stoppedBy } from './failure.ts';
import { runLimits } from './limits.ts';
import { maskedFields } from './masked-fields.ts';
import { Patience } from './patience.ts';
import { isToBeKept } from './run-aftermath.ts';
import {
  endingOf,
  FailedBefore,
  foreignCheckpoints,
  LetGo,
  ShutDown,
  StopAsked,
  stored,
  Unworkable,
  unworkable,
} from './run-endings.ts';
import { endedFields, takenFields } from './run-log-fields.ts';
import { RunProgress } from './run-progress.ts';
import { RunRejects } from './run-rejects.ts';
import { moveSlices, repeated } from './run-slices.ts';
import type { SliceLane } from './run-snapshot.ts';
import { earlierTraces, settleTraces } from './run-traces.ts';
import { endRunVerification, isVerified, RunVerification } from './run-verification.ts';
import type { SharedRates } from './shared-rates.ts';
import type { TraceRemover } from './trace-janitor.ts';
import type { TaskPool } from './worker-pool.ts';
import { type TaskListener, WorkerDied, WorkerStartFailed } from './worker-process.ts';

export interface DriverTools {
  readonly store: Store;
  readonly secrets: SecretBox;
  readonly pools: TaskPools;
  readonly now: () => number;
  readonly service: ServiceFacts;
  readonly leaseMs: number;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Hears of a run that ended with the last of its tables. */
  readonly onParentEnded?: (run: RunRecord) => void;
  /** A line for the run's own log only: what a busy run has too many of for the server's. Absent: nobody keeps one. */
  readonly note?: (runId: string, event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * Drives one claimed run from where its record stands to its end:
 *
 *     queued → planning (plan stored, destination prepared) → running (slices) → finishing → succeeded
 *                     ╰───────────────────┴──────────────────────┴──▶ failed | stopped | rejected
 *
 * A run that carries on another begins with that one's plan, so its way leads from queued to running.
 *
 * Every step is stored before the next begins, so that a driver in another process, after a `kill -9`, goes on from
 * the last stored one. All changes carry the claim's fence: a driver that lost its lease cannot write any more.
 */
export class RunDriver implements Driver {
  readonly runId: string;
  readonly projectId: string;
  readonly clusterId: string;
  readonly progress = new RunProgress();
  /** As last read from the store or written to it. */
  #record: RunRecord;
  #recordAt: number;
  /** Resolves when the driver is done with the run, whatever came of it. Never rejects. */
  readonly ended: Promise<void>;
  readonly #tools: DriverTools;
  readonly #pool: TaskPool;
  readonly #traces: TraceRemover;
  readonly #rates: SharedRates;
  readonly #claim: Claim;
  readonly #rejects: RunRejects;
  readonly #stopper = new AbortController();
  #storedPlan: RunPlan | null = null;
  /** The destination has what the run wrote, and nothing of the run itself any more. */
  #isPublished = false;
  /** Values of secret variables: in no text of the run. */
  #secretTexts: readonly string[] = [];
  #settings: ResolvedWork['settings'] | null = null;

  constructor(run: RunRecord, tools: DriverTools, traces: TraceRemover, rates: SharedRates) {
    this.runId = run.id;
    this.projectId = run.projectId;
    this.clusterId = run.clusterId;
    this.#record = run;
    this.#recordAt = tools.now();
    this.#tools = {
      ...tools,
      log: (event, fields) => tools.log(event, maskedFields(fields, this.#secretTexts)),
    };
    this.#pool = tools.pools.of(run.clusterId);
    this.#traces = traces;
    this.#rates = rates;
    this.#claim = { runId: run.id, fence: run.fence };
    this.#rejects = new RunRejects(run, this.#claim, { ...tools, progress: this.progress });
    this.ended = this.#drive(run);
  }

  /** The run as this driver knew it last. */
  get lastKnown(): RunRecord {
    return this.#record;
  }

  /** The run's record without a look at the store; null: it has not been heard of for too long to be told. */
  get record(): RunRecord | null {
    return this.#tools.now() - this.#recordAt > runLimits.recordFreshMs ? null : this.#record;
  }

  /** Takes from a record that was just read what others than its driver may change. */
  hearOf({ stopRequestedBy, updatedBy, updatedAt }: RunRecord): void {
    // The rest may be older than what this driver has written meanwhile.
    const at = Math.max(updatedAt, this.#record.updatedAt);
    this.#learn({ ...this.#record, stopRequestedBy, updatedBy, updatedAt: at });
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
    let work: ResolvedWork | null = null;
    let plan: RunPlan | null = run.plan;
    const { store, secrets, service, now } = this.#tools;
    const startedAt = run.startedAt ?? now();
    this.#tools.log('run.taken', takenFields(run));
    try {
      const ending = endingOf(run);
      const clockAt = run.clockAt ?? plannedTime(run.variables) ?? startedAt;
      work = await resolveWork({ ...run, clockAt }, store, secrets, service).catch((error: unknown) => {
        throw ending ?? unworkable(error);
      });
      this.#secretTexts = work.secretTexts;
      this.#settings = work.settings;
      this.#rejects.limitBy(work.settings.driverOptions);
      if (ending !== null) throw ending;
      if (plan === null) {
        this.#expectWorthwhile(run, []);
        if (run.state === 'queued') {
          await this.#change({ state: 'planning', startedAt, clockAt, resolved: work.resolved });
        }
        plan = await this.#plan(work);
      } else {
        const records = await this.#slices();
        this.progress.load(records);
        this.#expectWorthwhile(run, records);
      }
      this.#storedPlan = plan;
      // The slices come from the store one by one; a thousand of them in every message would be most of its bytes.
      plan = { ...plan, slices: [] };
      const verification = isVerified(carriedOut(run, this.#settings))
        ? this.#verification(work, plan)
        : null;
      let lanes: readonly SliceLane[] | null = null;
      if (run.state !== 'finishing') {
        if (!run.isPrepared) {
          await verification?.requirePlain();
          await this.#discardEarlier(run);
          // It may clear the table: whoever was held up for longer than the lease must not come to that.
          if (!(await this.#extendLease())) throw new LetGo('the lease was lost');
          await this.#step({ kind: 'prepare', work, plan });
          await this.#change({ isPrepared: true });
          // Told before the rows are moved for nothing.
          await verification?.plan();
        }
        await this.#change({ state: 'running', startedAt });
        lanes = await this.#moveSlices(work, plan, run.isPrepared);
        this.#rejects.requireWithin(this.progress.counts());
        await this.#verify(work, plan);
        await this.#change({ state: 'finishing' });
      }
      await this.#step({ kind: 'finish', work, plan, outcome: 'publish' });
      this.#isPublished = true;
      await verification?.compare(lanes, this.#record.counts);
      await this.#end('succeeded', null, null);
    } catch (error) {
      await this.#settle(error, work, plan);
    } finally {
      clearInterval(heartbeat);
      this.#pool.forget(this.runId);
    }
  }

  /** Plans the run and stores the plan with its slices. */
  async #plan(work: RunWork): Promise<RunPlan> {
    const { store, now, log } = this.#tools;
    const begin = performance.now();
    const plan = await this.#step({ kind: 'plan', work });
    if (!(await stored(() => store.runs.storePlan(this.#claim, plan, now())))) throw new Fenced('the run');
    this.#learn({ ...this.#record, plan });
    const { slices, target, reason } = plan;
    const ms = Math.round(performance.now() - begin);
    log('run.planned', { run: this.runId, slices: slices.length, form: target.form, reason, ms });
    return plan;
  }

  /**
   * Removes what earlier runs of the job left at their destinations, before the table is cleared: from then on no late
   * commit of theirs can arrive. What cannot be removed in time is left to the janitor.
   */
  async #discardEarlier(run: RunRecord): Promise<void> {
    const { signal } = this.#stopper;
    const scope = earlierTraces(run);
    await stored(() => this.#traces.removeNow(scope, runLimits.discardPatientMs, signal));
    signal.throwIfAborted();
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
      const { state, failure: told } = this.#verdict(reason, plan);
      const failure = maskedFields(told, this.#secretTexts);
      // First the record, under the fence. A driver that has lost its claim must leave the destination alone, for there
      // the next one is at work; and one that comes after a crash in the next line must find why the run ends.
      const run = await store.runs.change(this.#claim, { failure }, now());
      if (run === null) throw new Fenced('the run');
      const isAwaited = reason === this.#stopper.signal.reason;
      const withinMs = isAwaited ? runLimits.discardMs : runLimits.discardPatientMs;
      const tools = { store, pool: this.#pool, log };
      const leaves = this.#isPublished
        ? null
        : await settleTraces(run, work, isToBeKept(carriedOut(run, this.#settings), state), withinMs, tools);
      await this.#end(state, failure, leaves);
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

  /** @param isTakenUp an earlier driver may have moved some of the rows. */
  async #moveSlices(work: RunWork, plan: RunPlan, isTakenUp: boolean): Promise<readonly SliceLane[]> {
    const { now, log } = this.#tools;
    const records = await this.#slices();
    this.progress.load(records);
    return await moveSlices({
      work,
      plan,
      records,
      isTakenUp,
      consistency: this.#storedPlan?.consistency ?? null,
      keepsMoment: isVerified(carriedOut(this.#record, this.#settings)),
      pool: this.#pool,
      holdRate: (limit) => this.#rates.hold(this.#record, limit),
      progress: this.progress,
      stop: this.#stopper.signal,
      attempts: (patience, signal, attempt) => this.#attempts(patience, signal, attempt),
      listener: () => this.#listener(),
      storeConsistency: (consistency) => this.#storeConsistency(consistency),
      note: (event, fields) => this.#tools.note?.(this.runId, event, fields),
      now,
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
    const { attemptsPerStepMax, passingErrorsMs, passingErrorsPlanMs } = runLimits;
    const passingMs = task.kind === 'plan' ? passingErrorsPlanMs : passingErrorsMs;
    return await this.#attempts(new Patience(attemptsPerStepMax, passingMs), signal, (isRepeated) =>
      this.#pool.run(isRepeated ? repeated(task) : task, this.#listener(), signal),
    );
  }

  /**
   * Tries again when the worker process died or did not start, when a database says or shows that its error may pass,
   * and when the destination held a newer checkpoint than the attempt knew: the commit of a worker whose server or
   * connection was lost may arrive after its successor has begun.
   */
  async #attempts<T>(
    patience: Patience,
    signal: AbortSignal,
    attempt: (isRepeated: boolean) => Promise<T>,
  ): Promise<T> {
    // Whoever drove the run before may have left sessions behind.
    let isRepeated = this.#claim.fence > 1;
    for (;;) {
      try {
        return await attempt(isRepeated);
      } catch (error) {
        const pauseMs = patience.pauseAfter(error);
        const isTakenOver = error instanceof Fenced || (error instanceof SluiceError && error.retry);
        if (isTakenOver && !(await this.#extendLease()))
          throw new LetGo('the lease was lost', { cause: error });
        if (pauseMs === null) throw error instanceof Fenced ? foreignCheckpoints(error) : error;
        const why = (error as Error).message;
        this.#tools.log('run.tried-again', { run: this.runId, why, attempts: patience.attempts });
        isRepeated = true;
        await sleep(pauseMs, undefined, { signal });
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

  #verification(work: RunWork, plan: RunPlan): RunVerification {
    const { store, secrets, now, log } = this.#tools;
    const { signal } = this.#stopper;
    const tools = { store, secrets, now, log, signal, pool: this.#pool };
    return new RunVerification(carriedOut(this.#record, this.#settings), work, plan, tools);
  }

  #listener(): TaskListener {
    const { store, now, log } = this.#tools;
    return {
      begun: () => undefined,
      progress: (sliceNo, counts, times) => this.progress.live(sliceNo, counts, times, now()),
      checkpoint: async (sliceNo, checkpoint, times) => {
        const at = now();
        const effort = this.progress.effortWith(sliceNo, times);
        const totals = await stored(() =>
          store.runs.checkpoint(this.#claim, sliceNo, checkpoint, at, effort),
        );
        if (totals === null) return false;
        this.progress.settle(sliceNo, checkpoint, times, at);
        this.#learn({ ...this.#record, counts: totals, updatedAt: at });
        return true;
      },
      rejects: (no, part) => stored(() => this.#rejects.take(no, part, this.#secretTexts)),
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
      if (run !== null) this.hearOf(run);
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
    this.#learn(changed);
  }

  #learn(record: RunRecord): void {
    this.#record = record;
    this.#recordAt = this.#tools.now();
  }

  async #end(state: EndState, failure: RunFailure | null, leaves: TraceState | null): Promise<void> {
    const { store, now, log, onParentEnded } = this.#tools;
    const ended = await stored(() =>
      endRun(store, this.#claim, state, failure, now(), leaves, onParentEnded),
    );
    if (ended === null) throw new Fenced('the run');
    this.#learn(ended);
    if (isVerified(carriedOut(ended, this.#settings)) && failure !== null) {
      const told = state === 'stopped' ? { state } : { state: 'failed' as const, failure };
      await stored(() => endRunVerification(store, this.runId, { ...told, endedAt: now() }));
    }
    log('run.ended', endedFields(ended, failure, leaves));
  }
}
