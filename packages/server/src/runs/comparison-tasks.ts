import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError, SnapshotLost } from '@sluice/core/errors/sluice-error';
import type { RepairWish } from '@sluice/engine/compare/compare-chunk';
import type { ChunkOutcome, ComparedChunk, ComparisonPlan } from '@sluice/engine/compare/comparison-work';
import { compareLimits } from '@sluice/engine/limits';
import type { RunPlan, RunWork, TaskKind, TaskOf, TaskResults } from '@sluice/engine/work';
import type { VerificationChunk } from '../store/verification-record.ts';
import { runLimits } from './limits.ts';
import { Patience } from './patience.ts';
import type { SliceLane } from './run-snapshot.ts';
import { silentListener } from './run-traces.ts';
import type { TaskPool } from './worker-pool.ts';
import { WorkerDied, WorkerStartFailed } from './worker-process.ts';

export interface ComparisonTaskTools {
  readonly work: RunWork;
  /** Without its slices. */
  readonly runPlan: RunPlan;
  readonly pool: TaskPool;
  readonly signal: AbortSignal;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface ChunkRound {
  readonly plan: ComparisonPlan;
  /** Chunks that an earlier driver has gone through. */
  readonly done: readonly VerificationChunk[];
  readonly repair: RepairWish | null;
  /** Places that hold the run's moment of the source; null: the source is seen as it is by then. */
  readonly lanes: readonly SliceLane[] | null;
  /** Resolves when it is stored: only then does it count. */
  store(chunk: ComparedChunk, outcome: ChunkOutcome): Promise<void>;
  /** The moment is gone: what follows is compared with the source as it is by then. */
  snapshotLost(why: SnapshotLost): Promise<void>;
}

/** Hands the tasks of a comparison to worker processes, and again when a worker or a connection is lost: all can be repeated. */
export class ComparisonTasks {
  readonly #tools: ComparisonTaskTools;

  constructor(tools: ComparisonTaskTools) {
    this.#tools = tools;
  }

  /** What of the run can be compared. */
  async plan(): Promise<TaskResults['comparison']> {
    const { work, runPlan, signal } = this.#tools;
    return await this.#attempts({ kind: 'comparison', work, plan: runPlan }, signal, null);
  }

  /**
   * Goes through the open chunks, several at once.
   * @throws the first failure, after which the others are ended too; the signal's reason.
   */
  async go(round: ChunkRound): Promise<void> {
    const { work, pool, signal: stop } = this.#tools;
    const done = new Set(round.done.map(({ no }) => no));
    const open = round.plan.chunks.filter(({ no }) => !done.has(no));
    let room = compareLimits.keptKeysMax;
    for (const { outcome } of round.done) room -= outcome.differences.length;
    const kept = (outcome: ChunkOutcome): ChunkOutcome => {
      const differences = outcome.differences.slice(0, Math.max(0, room));
      room -= differences.length;
      return { ...outcome, differences };
    };
    const lanes =
      round.lanes ??
      // One at least: without a lane nothing would be compared, and nothing be found.
      Array.from(
        { length: Math.max(1, Math.min(work.extractors, pool.sliceWorkersMax, open.length)) },
        () => ({
          seat: { worker: null, isFixed: false },
          snapshot: null,
        }),
      );
    const failed = new AbortController();
    const signal = AbortSignal.any([failed.signal, stop]);
    let next = 0;
    const outcomes = await Promise.allSettled(
      lanes.map(async (lane: SliceLane) => {
        try {
          for (let chunk = open[next++]; chunk !== undefined; chunk = open[next++]) {
            signal.throwIfAborted();
            await round.store(chunk, kept(await this.#compare(round, chunk, lane, lanes, signal)));
          }
        } catch (error) {
          failed.abort(error);
          throw error;
        }
      }),
    );
    if (outcomes.some(({ status }) => status === 'rejected')) throw signal.reason;
  }

  async #compare(
    { plan, repair, snapshotLost }: ChunkRound,
    chunk: ComparedChunk,
    lane: SliceLane,
    lanes: readonly SliceLane[],
    signal: AbortSignal,
  ): Promise<ChunkOutcome> {
    const { work, runPlan } = this.#tools;
    // Its chunks are most of its bytes.
    const comparison = { ...plan, chunks: [] };
    for (;;) {
      const { snapshot } = lane;
      const task = { kind: 'compare', work, plan: runPlan, comparison, chunk, snapshot, repair } as const;
      try {
        return await this.#attempts(task, signal, lane);
      } catch (error) {
        if (!(error instanceof SnapshotLost) || snapshot === null) throw error;
        for (const each of lanes) {
          each.snapshot = null;
          each.seat.isFixed = false;
        }
        await snapshotLost(error);
      }
    }
  }

  async #attempts<K extends TaskKind>(
    task: TaskOf<K>,
    signal: AbortSignal,
    lane: SliceLane | null,
  ): Promise<TaskResults[K]> {
    const { work, pool, log } = this.#tools;
    const patience = new Patience(runLimits.attemptsPerStepMax, runLimits.passingErrorsMs);
    for (;;) {
      try {
        return await pool.run(task, silentListener(work.runId, log), signal, lane?.seat ?? null);
      } catch (error) {
        signal.throwIfAborted();
        const mayPass =
          error instanceof WorkerDied ||
          error instanceof WorkerStartFailed ||
          (error instanceof SluiceError && error.retry);
        const pauseMs = mayPass ? patience.pauseAfter(error) : null;
        if (pauseMs === null) throw error;
        const why = (error as Error).message;
        log('verification.tried-again', { run: work.runId, why, attempts: patience.attempts });
        await sleep(pauseMs, undefined, { signal });
      }
    }
  }
}
