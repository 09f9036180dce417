import { setTimeout as sleep } from 'node:timers/promises';
import type { Slice } from '@sluice/core/data/slice';
import { SluiceError, SnapshotLost } from '@sluice/core/errors/sluice-error';
import type { Consistency, RateLimit, RunPlan, RunWork, TaskKind, TaskOf } from '@sluice/engine/work';
import type { SliceRecord } from '../store/model.ts';
import { runLimits } from './limits.ts';
import { Patience } from './patience.ts';
import type { RunProgress } from './run-progress.ts';
import { RunSnapshot, type SliceLane } from './run-snapshot.ts';
import type { HeldRate } from './shared-rates.ts';
import { SliceOrder } from './slice-order.ts';
import type { TaskPool } from './worker-pool.ts';
import type { TaskListener } from './worker-process.ts';

export interface SliceMoverTools {
  readonly work: RunWork;
  /** Without its slices: they come from the records one by one. */
  readonly plan: RunPlan;
  readonly records: readonly SliceRecord[];
  /** An earlier driver, or the run that this one carries on, may have moved some of the rows. */
  readonly isTakenUp: boolean;
  /** What was said of the run before. */
  readonly consistency: Consistency | null;
  /** A moment of the source is wanted even for one slice, for it is looked at once more. */
  readonly keepsMoment?: boolean;
  readonly pool: TaskPool;
  /** Takes hold of the job's bucket, when it is throttled. */
  holdRate(limit: RateLimit): HeldRate;
  readonly progress: RunProgress;
  readonly stop: AbortSignal;
  /** Tries again what may be tried again; tells the attempt whether it was begun before. */
  attempts<T>(
    patience: Patience,
    signal: AbortSignal,
    attempt: (isRepeated: boolean) => Promise<T>,
  ): Promise<T>;
  listener(): TaskListener;
  storeConsistency(consistency: Consistency): Promise<void>;
  /** A line for the run's own log. */
  note(event: string, fields: Readonly<Record<string, unknown>>): void;
  readonly now: () => number;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * Moves the open slices of a run, several at once, at one moment of the source where it can hold one.
 * @returns the places at which they were moved; those with a snapshot hold it until the run is over.
 * @throws the first failure, after which the other lanes are ended too; the stop's reason.
 */
export async function moveSlices(tools: SliceMoverTools): Promise<readonly SliceLane[]> {
  return await new SliceMover(tools).move();
}

/** The same task, said to have been begun before. */
export function repeated<K extends TaskKind>(task: TaskOf<K>): TaskOf<K> {
  return { ...task, isRepeated: true };
}

class SliceMover {
  readonly #tools: SliceMoverTools;
  /** One lane's failure ends the others too, and so does a stop. */
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #snapshot: RunSnapshot;
  /** What hears of a slice's reading; nothing without a rate limit. */
  readonly #charging: Pick<TaskListener, 'charge'>;
  readonly #rate: HeldRate | null;

  constructor(tools: SliceMoverTools) {
    this.#tools = tools;
    this.#signal = AbortSignal.any([this.#failed.signal, tools.stop]);
    this.#snapshot = this.#runSnapshot();
    const { rateLimit } = tools.work;
    this.#rate = rateLimit === undefined ? null : tools.holdRate(rateLimit);
    const bucket = this.#rate?.bucket;
    this.#charging = bucket === undefined ? {} : { charge: (...read) => bucket.charge(...read) };
  }

  async move(): Promise<readonly SliceLane[]> {
    try {
      return await this.#move();
    } finally {
      this.#rate?.release();
    }
  }

  async #move(): Promise<readonly SliceLane[]> {
    const { work, plan, records, isTakenUp, pool } = this.#tools;
    const open = records.filter((record) => !record.checkpoint?.isComplete);
    const hasMoved =
      isTakenUp && (plan.consistency !== undefined || records.some((r) => r.checkpoint !== null));
    const isSplit = records.length > 1 ? open.length > 0 : (records[0]?.checkpoint?.sequence ?? 0) > 1;
    if (hasMoved && isSplit) await this.#snapshot.sayResumed('the server was restarted, or the run resumed');
    if (open.length === 0) return [];
    let lanes: readonly SliceLane[] = Array.from(
      { length: Math.min(work.extractors, open.length, pool.sliceWorkersMax) },
      () => ({ seat: { worker: null, isFixed: false }, snapshot: null }),
    );
    // A slice by itself is one statement, which sees one moment.
    if (open.length > 1 || this.#tools.keepsMoment === true) lanes = await this.#snapshot.begin(lanes);
    const order = new SliceOrder(open.length, lanes.length);
    const outcomes = await Promise.allSettled(
      lanes.map((lane, no) =>
        this.#moveLane(lane, () => open[order.next(no) ?? open.length] ?? null, hasMoved).catch(
          (error: unknown) => {
            this.#failed.abort(error);
            throw error;
          },
        ),
      ),
    );
    // The first cause is the signal's reason; what the other lanes threw follows from it.
    if (outcomes.some((outcome) => outcome.status === 'rejected')) throw this.#signal.reason;
    return lanes;
  }

  async #moveLane(lane: SliceLane, next: () => SliceRecord | null, hasMoved: boolean): Promise<void> {
    const { records, progress } = this.#tools;
    for (;;) {
      this.#signal.throwIfAborted();
      const record = next();
      if (record === null) return;
      const isMixed = await this.#moveSlice(record.slice, lane);
      // A slice in one commit was read by one statement, however often it was begun.
      const mayBeMixed = isMixed || (hasMoved && records.length === 1);
      if (mayBeMixed && progress.sequenceOf(record.slice.no) > 1)
        await this.#snapshot.sayResumed('the slice went on behind a checkpoint');
    }
  }

  /**
   * Moves a slice; one whose worker process or connection was lost begins again from what the destination holds of it,
   * and one whose snapshot is gone at a new one.
   * @returns true when it took more than one attempt without a snapshot: its rows may be of two moments.
   */
  async #moveSlice(slice: Slice, lane: SliceLane): Promise<boolean> {
    const { work, plan, pool, progress, now, listener, attempts, note } = this.#tools;
    const patience = new Patience(runLimits.attemptsPerSliceMax, runLimits.passingErrorsMs, () =>
      progress.sequenceOf(slice.no),
    );
    let count = 0;
    let retriesLeft = work.sliceRetries ?? 0;
    for (;;) {
      const used = lane.snapshot;
      const task = { kind: 'slice', work, plan, slice, snapshot: used } as const;
      const begun = (pid: number) => {
        progress.begin(slice.no, pid, now());
        note('slice.begun', { slice: slice.no, label: slice.label, worker: pid, attempt: count });
      };
      try {
        await attempts(patience, this.#signal, (isRepeated) => {
          const isAgain = isRepeated || count > 0;
          count += 1;
          return pool
            .run(
              isAgain ? repeated(task) : task,
              { ...listener(), ...this.#charging, begun },
              this.#signal,
              lane.seat,
            )
            .finally(() => progress.end(slice.no));
        });
        note('slice.done', { slice: slice.no, attempts: count, ...progress.effortOf(slice.no) });
        return used === null && count > 1;
      } catch (error) {
        if (error instanceof SnapshotLost && used !== null) {
          await this.#snapshot.renew(lane, used, error);
          continue;
        }
        if (retriesLeft === 0 || !isWorthRetry(error)) throw error;
        retriesLeft -= 1;
        note('slice.retried', { slice: slice.no, why: error.message, retriesLeft });
        await sleep(runLimits.sliceRetryPauseMs, undefined, { signal: this.#signal });
      }
    }
  }

  #runSnapshot(): RunSnapshot {
    const { work, consistency, pool, listener, attempts, storeConsistency, log } = this.#tools;
    const patience = () => new Patience(runLimits.attemptsPerStepMax, runLimits.passingErrorsMs);
    return new RunSnapshot({
      work,
      consistency,
      run: (task, seat) =>
        attempts(patience(), this.#signal, () => pool.run(task, listener(), this.#signal, seat)),
      runWithin: (task, seat, withinMs) =>
        pool.run(task, listener(), AbortSignal.any([this.#signal, AbortSignal.timeout(withinMs)]), seat),
      store: storeConsistency,
      log,
    });
  }
}

/**
 * Whether a slice may be moved again because its job says so: not where what it has written stays without a commit, and not
 * behind a limit of bad rows, of which there would be as many.
 */
function isWorthRetry(error: unknown): error is SluiceError {
  return error instanceof SluiceError && !error.isFinal && error.code !== 'Cdm.0936';
}
