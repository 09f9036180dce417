export interface ThrottleLimits {
  /** Wrong passwords in a row before further ones are refused unseen. 0 switches throttling off. */
  readonly failuresMax: number;
  /** How long they are refused, counted from the last failure. Also how long failures are remembered. */
  readonly pauseMs: number;
  /** Names remembered; beyond that the longest untouched is forgotten. */
  readonly entriesMax: number;
}

export const signInLimits: ThrottleLimits = { failuresMax: 10, pauseMs: 5 * 60 * 1000, entriesMax: 10_000 };

/**
 * Counts wrong passwords per user, in memory: a restart forgets them, which costs a guesser more than it gives.
 * Known users and made-up names are counted apart, so that a flood of made-up names cannot push a real user's count out.
 */
export class SignInThrottle {
  readonly #limits: ThrottleLimits;
  readonly #known = new Map<string, Failures>();
  readonly #unknown = new Map<string, Failures>();

  constructor(limits: ThrottleLimits = signInLimits) {
    this.#limits = limits;
  }

  /** @returns milliseconds until the next attempt is looked at; 0 when it may be made now. */
  waitMs(subject: SignInSubject, now: number): number {
    const failures = this.#mapOf(subject).get(subject.name);
    if (this.#limits.failuresMax === 0 || failures === undefined) return 0;
    if (failures.count < this.#limits.failuresMax) return 0;
    return Math.max(0, failures.lastAt + this.#limits.pauseMs - now);
  }

  recordFailure(subject: SignInSubject, now: number): void {
    const map = this.#mapOf(subject);
    const before = map.get(subject.name);
    const isRecent = before !== undefined && now - before.lastAt < this.#limits.pauseMs;
    // Taken out and put in again: a Map keeps the order of insertion, so the first entry is the longest untouched.
    map.delete(subject.name);
    map.set(subject.name, { count: isRecent ? before.count + 1 : 1, lastAt: now });
    for (const oldest of map.keys()) {
      if (map.size <= this.#limits.entriesMax) break;
      map.delete(oldest);
    }
  }

  recordSuccess(subject: SignInSubject): void {
    this.#mapOf(subject).delete(subject.name);
  }

  #mapOf(subject: SignInSubject): Map<string, Failures> {
    return subject.isKnown ? this.#known : this.#unknown;
  }
}

export interface SignInSubject {
  /** The user's id, or the name as given when there is no such user. */
  readonly name: string;
  readonly isKnown: boolean;
}

interface Failures {
  readonly count: number;
  readonly lastAt: number;
}
