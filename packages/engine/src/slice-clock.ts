import type { SliceTimes } from '@sluice/core/data/slice';

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
  #sourceMs = 0;
  #destinationMs = 0;
  #commitMs = 0;
  #workMs = 0;

  constructor(phase: SlicePhase) {
    this.#phase = phase;
  }

  /** The phase changes now. */
  enter(phase: SlicePhase): void {
    const now = performance.now();
    const { idle } = performance.eventLoopUtilization();
    const passedMs = now - this.#since;
    const waitedMs = Math.min(passedMs, Math.max(0, idle - this.#idleBefore));
    if (this.#phase === 'commit') this.#commitMs += passedMs;
    else {
      if (this.#phase === 'read') this.#sourceMs += waitedMs;
      else this.#destinationMs += waitedMs;
      this.#workMs += passedMs - waitedMs;
    }
    this.#since = now;
    this.#idleBefore = idle;
    this.#phase = phase;
  }

  /** Times up to now, with what the present phase has taken so far. */
  times(): SliceTimes {
    this.enter(this.#phase);
    return {
      sourceMs: this.#sourceMs,
      destinationMs: this.#destinationMs,
      commitMs: this.#commitMs,
      workMs: this.#workMs,
    };
  }
}
