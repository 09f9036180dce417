/** What is held up when the queue is full. */
export interface Tap {
  hold(): void;
  release(): void;
}

/** Batches that may wait for their reader. With one being filled and one being written, that bounds a stream's memory. */
const BATCHES_WAITING_MAX = 2;

/**
 * Between a socket that pushes and a reader that pulls: when the reader is slow the socket is held up, and the server
 * with it. One producer, one reader.
 */
export class BatchQueue<T> {
  readonly #tap: Tap;
  readonly #done: (batch: T) => void;
  readonly #waiting: T[] = [];
  #isHeld = false;
  #isEnded = false;
  #failure: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;

  /** @param done called with each batch when its reader has asked for the next: its memory is free again. */
  constructor(tap: Tap, done: (batch: T) => void = () => undefined) {
    this.#tap = tap;
    this.#done = done;
  }

  /** A read that is under way may push a few batches more after the tap was held. */
  push(batch: T): void {
    this.#waiting.push(batch);
    if (!this.#isHeld && this.#waiting.length >= BATCHES_WAITING_MAX) {
      this.#isHeld = true;
      this.#tap.hold();
    }
    this.#wake?.();
  }

  /** Nothing more comes. */
  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** Nothing more comes, and what came is not all. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  /** The batches in order. @throws what `fail` was given, at once, ahead of batches that still wait. */
  async *drain(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure.error;
      const next = this.#waiting.shift();
      if (next !== undefined) {
        if (this.#isHeld && this.#waiting.length < BATCHES_WAITING_MAX) {
          this.#isHeld = false;
          this.#tap.release();
        }
        yield next;
        this.#done(next);
        continue;
      }
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }
}
