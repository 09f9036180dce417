import { addTimes, type SliceTimes, zeroTimes } from '@sluice/core/data/slice';

/** What a slice is doing: its next batch comes from the source, a batch goes to the destination, rows are committed. */
export type SlicePhase = 'read' | 'write' | 'commit';

/**
 * Says where the time of one attempt goes. Asked at each change of phase, which is twice a batch and costs less than a
 * microsecond: the clock, and how long the event loop had nothing to do. A worker has one task, so while its loop
 * sleeps in `read` it waits for the source, in `write` for the destination, and when it does not sleep it works.
 */
export class SliceClock {
  #phase: SlicePhase;
  #since = performance.now();
  #idleBefore = performance.eventLoopUtilization().idle;
  #times: SliceTimes = zeroTimes;

  constructor(phase: SlicePhase) {
    this.#phase = phase;
  }

  /** The phase changes now. */
  enter(phase: SlicePhase): void {
    this.#times = this.times();
    this.#since = performance.now();
    this.#idleBefore = performance.eventLoopUtilization().idle;
    this.#phase = phase;
  }

  /** Times up to now, with what the present phase has taken so far. */
  times(): SliceTimes {
    const passedMs = performance.now() - this.#since;
    if (this.#phase === 'commit') return addTimes(this.#times, { ...zeroTimes, commitMs: passedMs });
    const idleMs = performance.eventLoopUtilization().idle - this.#idleBefore;
    const waitedMs = Math.min(passedMs, Math.max(0, idleMs));
    return addTimes(this.#times, {
      ...zeroTimes,
      ...(this.#phase === 'read' ? { sourceMs: waitedMs } : { destinationMs: waitedMs }),
      workMs: passedMs - waitedMs,
    });
  }
}
