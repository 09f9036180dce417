import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';

/** Limits are published per minute. In milliseconds. */
const windowMs = 60_000;
/** Counts kept at once: users times operations. Beyond it those whose minute is over are dropped. */
const windowsMax = 50_000;

/** What is counted: an operation with its published limit; null: it has none. */
export interface LimitedOperation {
  readonly operationId: string;
  readonly requestsPerMinute: number | null;
}

/** APIGW.0308 (429): more calls than the limit allows. */
export class TooManyCalls extends SluiceError {
  /** Whole seconds, from 1 on. */
  readonly retryAfterSeconds: number;

  constructor(limit: number, retryAfterSeconds: number) {
    super('APIGW.0308', {
      limit,
      seconds: retryAfterSeconds,
      ...explained({
        en: 'The limit counts per user, operation and minute.',
        zh: '该上限按用户、接口与分钟计算。',
      }),
    });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

interface Window {
  /** Unix milliseconds of the first request in it. */
  readonly startedAt: number;
  count: number;
}

/**
 * Counts requests per user and operation. A minute begins with the first request and lets through as many as the
 * operation's limit says; the rest of it is refused. What was refused does not count. Each server counts for itself.
 */
export class RateLimiter {
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws TooManyCalls when the user has used up this minute of the operation. */
  count(userId: string, { operationId, requestsPerMinute }: LimitedOperation): void {
    if (requestsPerMinute === null) return;
    const now = this.#now();
    const key = `${operationId} ${userId}`;
    const current = this.#windows.get(key);
    // A clock that was put back begins a new minute too.
    if (current === undefined || !isWithin(current, now)) {
      if (this.#windows.size >= windowsMax) this.#dropEnded(now);
      this.#windows.set(key, { startedAt: now, count: 1 });
      return;
    }
    if (current.count >= requestsPerMinute) {
      const leftMs = current.startedAt + windowMs - now;
      throw new TooManyCalls(requestsPerMinute, Math.max(1, Math.ceil(leftMs / 1_000)));
    }
    current.count += 1;
  }

  #dropEnded(now: number): void {
    for (const [key, window] of this.#windows) if (!isWithin(window, now)) this.#windows.delete(key);
    // All of them are under way: the oldest begin anew, which lets a few calls too many through.
    for (const key of this.#windows.keys()) {
      if (this.#windows.size < windowsMax) break;
      this.#windows.delete(key);
    }
  }
}

function isWithin({ startedAt }: Window, now: number): boolean {
  return now >= startedAt && now - startedAt < windowMs;
}
