import type { RateLimit } from '@sluice/engine/work';
import { runLimits } from './limits.ts';

/** Clock and alarm of a bucket; tests bring their own. */
export interface BucketTimers {
  /** Milliseconds that never run backwards. */
  readonly now: () => number;
  /** Calls `work` once after the wait. @returns what cancels it. */
  readonly after: (waitMs: number, work: () => void) => () => void;
}

const realTimers: BucketTimers = {
  now: () => performance.now(),
  after(waitMs, work) {
    const timer = setTimeout(work, waitMs);
    return () => clearTimeout(timer);
  },
};

/** What a slice has read and waits to have charged. */
interface Charge {
  readonly bytes: number;
  readonly rows: number;
  readonly resolve: () => void;
}

/** What is left of one rate. */
interface Tokens {
  readonly perSecond: number;
  /** Below 0: the last charge was larger than what can be saved up. */
  left: number;
}

/**
 * The rate limit of one run, shared by its slices in however many processes: a token bucket that is empty at first, fills at
 * the rate from the first charge on, and saves up no more than `rateSavedMs` of it. Slices charge what they have read and go on when it was paid, in
 * their order. Nobody is handed anything in advance: a worker that dies leaves at most a charge that waits, and that is
 * withdrawn with its task.
 *
 * With `backsOff` the rate follows a source that cannot keep up. Once in `backOffWindowMs` what the source delivered is
 * compared with what it was allowed: where it was less than `backOffShare` of it although slices waited for the source for
 * most of the time, the next window allows half of what came, but never less than `backOffFloor` of the job's rate; where the
 * source kept up, a quarter more, until the job's rate is reached again.
 */
export class RateBucket {
  readonly #limit: RateLimit;
  readonly #timers: BucketTimers;
  readonly #tokens: { readonly bytes: Tokens | null; readonly rows: Tokens | null };
  readonly #waiting: Charge[] = [];
  /** null: nothing was read yet, and what passes until then is not saved up. */
  #filledAt: number | null = null;
  #cancel: (() => void) | null = null;
  /** Part of the job's rate that is allowed now. */
  #share = 1;
  #window: { readonly since: number; bytes: number; rows: number; sourceMs: number };

  constructor(limit: RateLimit, timers: BucketTimers = realTimers) {
    this.#limit = limit;
    this.#timers = timers;
    this.#tokens = { bytes: tokensOf(limit.bytesPerSecond), rows: tokensOf(limit.rowsPerSecond) };
    this.#window = { since: timers.now(), bytes: 0, rows: 0, sourceMs: 0 };
  }

  /** Part of the job's rate that is allowed now, up to 1. */
  get share(): number {
    return this.#share;
  }

  /**
   * Resolves when what was read is paid. @param sourceMs how long the source was waited for.
   * @param signal withdraws the charge. @throws the signal's reason.
   */
  async charge(rows: number, bytes: number, sourceMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#observe(rows, bytes, sourceMs);
    const waiting = this.#waiting;
    let withdraw: () => void = () => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const charge = { bytes, rows, resolve };
        withdraw = () => {
          const at = waiting.indexOf(charge);
          if (at >= 0) waiting.splice(at, 1);
          reject(signal.reason);
          this.#pay();
        };
        signal.addEventListener('abort', withdraw, { once: true });
        waiting.push(charge);
        this.#pay();
      });
    } finally {
      signal.removeEventListener('abort', withdraw);
    }
  }

  /** Pays what can be paid and sets the alarm for the next charge in line. */
  #pay(): void {
    this.#fill();
    this.#cancel?.();
    this.#cancel = null;
    for (let head = this.#waiting[0]; head !== undefined; head = this.#waiting[0]) {
      const waitMs = Math.max(
        this.#waitMs(this.#tokens.bytes, head.bytes),
        this.#waitMs(this.#tokens.rows, head.rows),
      );
      if (waitMs > 0) {
        this.#cancel = this.#timers.after(Math.ceil(waitMs), () => this.#pay());
        return;
      }
      this.#waiting.shift();
      if (this.#tokens.bytes !== null) this.#tokens.bytes.left -= head.bytes;
      if (this.#tokens.rows !== null) this.#tokens.rows.left -= head.rows;
      head.resolve();
    }
  }

  #fill(): void {
    const now = this.#timers.now();
    const passedMs = now - (this.#filledAt ?? now);
    this.#filledAt = now;
    for (const tokens of [this.#tokens.bytes, this.#tokens.rows]) {
      if (tokens === null) continue;
      const perMs = (tokens.perSecond * this.#share) / 1_000;
      tokens.left = Math.min(tokens.left + passedMs * perMs, savedMax(tokens));
    }
  }

  /** How long until so much is there; more than can be saved up is owed. */
  #waitMs(tokens: Tokens | null, wanted: number): number {
    if (tokens === null) return 0;
    const missing = Math.min(wanted, savedMax(tokens)) - tokens.left;
    return missing <= 0 ? 0 : (missing * 1_000) / (tokens.perSecond * this.#share);
  }

  #observe(rows: number, bytes: number, sourceMs: number): void {
    if (!this.#limit.backsOff) return;
    const window = this.#window;
    window.rows += rows;
    window.bytes += bytes;
    window.sourceMs += sourceMs;
    const now = this.#timers.now();
    const passedMs = now - window.since;
    if (passedMs < runLimits.backOffWindowMs) return;
    this.#fill();
    const seconds = passedMs / 1_000;
    // Of the two rates the one that binds more says how much was used.
    const used = Math.max(
      ...[[this.#tokens.bytes, window.bytes] as const, [this.#tokens.rows, window.rows] as const].map(
        ([tokens, came]) => (tokens === null ? 0 : came / seconds / tokens.perSecond),
      ),
    );
    const isSlow = used < this.#share * runLimits.backOffShare && window.sourceMs > passedMs / 2;
    this.#share = isSlow
      ? Math.max(runLimits.backOffFloor, used / 2)
      : Math.min(1, this.#share * runLimits.backOffRecovery);
    this.#window = { since: now, bytes: 0, rows: 0, sourceMs: 0 };
  }
}

function tokensOf(perSecond: number | null): Tokens | null {
  return perSecond === null ? null : { perSecond, left: 0 };
}

function savedMax({ perSecond }: Tokens): number {
  return (perSecond * runLimits.rateSavedMs) / 1_000;
}
