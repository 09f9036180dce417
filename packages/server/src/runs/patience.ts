import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { runLimits } from './limits.ts';
import { WorkerDied, WorkerStartFailed } from './worker-process.ts';

/**
 * Decides whether a piece of work that failed is tried again, and after which pause. Each failure is told to it once.
 * What led to a commit was no failure without progress: with each one the patience begins anew, so that a run of many
 * hours outlives any number of short cuts.
 */
export class Patience {
  readonly #attemptsMax: number;
  readonly #passingMs: number;
  readonly #commits: () => number;
  readonly #now: () => number;
  #commitsSeen: number;
  #attempts = 0;
  /** When the first error came that may pass; null: none since the last commit. */
  #passingSince: number | null = null;
  #passing = 0;

  /**
   * @param attemptsMax how often a lost worker process, or a foreign checkpoint, is met at most.
   * @param passingMs how long errors that may pass are waited out, in milliseconds.
   * @param commits how often the work has committed by now.
   * @param now milliseconds of a clock that only goes forward.
   */
  constructor(
    attemptsMax: number,
    passingMs: number,
    commits: () => number = () => 0,
    now: () => number = () => performance.now(),
  ) {
    this.#attemptsMax = attemptsMax;
    this.#passingMs = passingMs;
    this.#commits = commits;
    this.#now = now;
    this.#commitsSeen = commits();
  }

  /** Failures since the last commit. */
  get attempts(): number {
    return this.#attempts;
  }

  /** @returns milliseconds to wait before the next attempt; null: there is to be none. */
  pauseAfter(error: unknown): number | null {
    const commits = this.#commits();
    if (commits !== this.#commitsSeen) {
      this.#commitsSeen = commits;
      this.#attempts = 0;
      this.#passingSince = null;
      this.#passing = 0;
    }
    this.#attempts++;
    if (error instanceof SluiceError && error.retry) return this.#pauseAfterPassing();
    if (!(error instanceof Fenced || error instanceof WorkerDied || error instanceof WorkerStartFailed))
      return null;
    const isHopeless = error instanceof WorkerDied && error.isOutOfMemory;
    const attemptsMax = isHopeless ? runLimits.attemptsOutOfMemoryMax : this.#attemptsMax;
    return this.#attempts >= attemptsMax ? null : runLimits.attemptPauseMs;
  }

  /** The last attempt begins within the time; how long it takes is its connection's time-out. */
  #pauseAfterPassing(): number | null {
    const now = this.#now();
    this.#passingSince ??= now;
    const { passingPauseMs, passingPauseMaxMs } = runLimits;
    const pauseMs = Math.min(passingPauseMaxMs, passingPauseMs * 2 ** this.#passing);
    this.#passing++;
    return now + pauseMs - this.#passingSince > this.#passingMs ? null : pauseMs;
  }
}
