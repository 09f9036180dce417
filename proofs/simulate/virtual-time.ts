import { AsyncLocalStorage } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';

/** Whose code runs: the timers of a process that is gone never fire, those of one that stands still fire late. */
export interface Owner {
  isDead: boolean;
  /** Nothing of it happens before this moment. */
  stillUntil: number;
}

interface Entry {
  readonly at: number;
  readonly no: number;
  readonly work: () => void;
  readonly owner: Owner | null;
  readonly everyMs: number | null;
}

const realImmediate = setImmediate;

/**
 * Timers of a simulation: time passes when nothing is left to be done at the present moment, and then at once up to the
 * next timer. While it is installed all timers of the process are of this kind, those of the product as well.
 */
export class VirtualTime {
  /** Milliseconds since the begin. */
  now = 0;
  fired = 0;
  readonly #owners = new AsyncLocalStorage<Owner>();
  readonly #cancelled = new Set<number>();
  #heap: Entry[] = [];
  #lastNo = 0;

  /** Runs `work` as this owner's; what it starts is the owner's too. */
  as<T>(owner: Owner | null, work: () => T): T {
    return owner === null ? this.#owners.exit(work) : this.#owners.run(owner, work);
  }

  get owner(): Owner | null {
    return this.#owners.getStore() ?? null;
  }

  after(waitMs: number, work: () => void, everyMs: number | null = null): number {
    this.#lastNo += 1;
    const at = this.now + Math.max(everyMs === null ? 0 : 1, Number.isFinite(waitMs) ? waitMs : 0);
    push(this.#heap, { at, no: this.#lastNo, work, owner: this.owner, everyMs });
    return this.#lastNo;
  }

  cancel(no: number): void {
    this.#cancelled.add(no);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /** Lets everything be done that can be done now, then fires the next timer. @returns false when there is none before `until`. */
  async step(until: number): Promise<boolean> {
    await new Promise((resolve) => realImmediate(resolve));
    for (let entry = this.#heap[0]; entry !== undefined && entry.at <= until; entry = this.#heap[0]) {
      pop(this.#heap);
      if (this.#cancelled.delete(entry.no) || entry.owner?.isDead === true) continue;
      if (entry.owner !== null && entry.owner.stillUntil > entry.at) {
        push(this.#heap, { ...entry, at: entry.owner.stillUntil });
        continue;
      }
      this.now = Math.max(this.now, entry.at);
      this.fired += 1;
      if (entry.everyMs !== null) push(this.#heap, { ...entry, at: this.now + entry.everyMs });
      this.as(entry.owner, entry.work);
      return true;
    }
    return false;
  }

  /** Drops all timers: the next world begins. */
  clear(): void {
    this.#heap = [];
    this.#cancelled.clear();
    this.now = 0;
    this.fired = 0;
  }

  /** Puts these timers in place of the process's. @returns what puts the real ones back. */
  install(): () => void {
    const real = {
      setTimeout: globalThis.setTimeout,
      clearTimeout: globalThis.clearTimeout,
      setInterval: globalThis.setInterval,
      clearInterval: globalThis.clearInterval,
      performanceNow: performance.now,
      timeout: AbortSignal.timeout,
      sleep: timersPromises.setTimeout,
    };
    const handle = (no: number) => {
      const timer = { no, unref: () => timer, ref: () => timer, hasRef: () => true };
      return timer;
    };
    const clear = (timer: unknown) => {
      if (timer !== null && typeof timer === 'object' && 'no' in timer) this.cancel(Number(timer.no));
    };
    const replace = (target: object, name: string, value: unknown) =>
      Object.defineProperty(target, name, { value, configurable: true, writable: true });
    replace(globalThis, 'setTimeout', (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      handle(this.after(ms, () => work(...args))),
    );
    replace(globalThis, 'setInterval', (work: () => void, ms = 0) =>
      handle(this.after(ms, work, Math.max(1, ms))),
    );
    replace(globalThis, 'clearTimeout', clear);
    replace(globalThis, 'clearInterval', clear);
    replace(performance, 'now', () => this.now);
    replace(AbortSignal, 'timeout', (ms: number) => {
      const controller = new AbortController();
      this.after(ms, () => controller.abort(new DOMException('The operation timed out', 'TimeoutError')));
      return controller.signal;
    });
    timersPromises.setTimeout = ((ms = 0, value: unknown, options: { signal?: AbortSignal } = {}) =>
      new Promise<unknown>((resolve, reject) => {
        const { signal } = options;
        if (signal?.aborted) return reject(signal.reason);
        const no = this.after(ms, () => resolve(value));
        signal?.addEventListener('abort', () => {
          this.cancel(no);
          reject(signal.reason);
        });
      })) as typeof timersPromises.setTimeout;
    syncBuiltinESMExports();
    return () => {
      for (const name of ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const)
        replace(globalThis, name, real[name]);
      replace(performance, 'now', real.performanceNow);
      replace(AbortSignal, 'timeout', real.timeout);
      timersPromises.setTimeout = real.sleep;
      syncBuiltinESMExports();
    };
  }
}

const isBefore = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.no < b.no);

function push(heap: Entry[], entry: Entry): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above] as Entry;
    if (!isBefore(entry, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isBefore(heap[below + 1] as Entry, heap[below] as Entry)) below += 1;
    if (!isBefore(heap[below] as Entry, last)) break;
    heap[at] = heap[below] as Entry;
    at = below;
  }
  heap[at] = last;
}
