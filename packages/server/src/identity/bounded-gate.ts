/** Thrown instead of waiting when too many wait already. */
export class GateFull extends Error {
  constructor(waitingMax: number) {
    super(`More than ${waitingMax} calls are waiting`);
    this.name = 'GateFull';
  }
}

/** Lets a few pieces of expensive work run at once and a bounded number wait, first come first served. */
export class BoundedGate {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: { readonly runningMax: number; readonly waitingMax: number }) {
    this.#runningMax = limits.runningMax;
    this.#waitingMax = limits.waitingMax;
  }

  /** @throws GateFull at once when `waitingMax` calls wait. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#runningMax) {
      if (this.#waiting.length >= this.#waitingMax) throw new GateFull(this.#waitingMax);
      // The one who leaves hands over its place, so `#running` does not change here.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
