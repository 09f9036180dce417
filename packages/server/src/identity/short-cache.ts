export interface ShortCacheLimits {
  /** Longest time for which a change made elsewhere goes unnoticed. */
  readonly ttlMs: number;
  readonly entriesMax: number;
}

/**
 * Remembers what was found for a short time, so that a thousand pollers cost the store a read per key and period.
 * Calls for the same key while it is being read share that read. What was not found is not remembered.
 */
export class ShortCache<V> {
  readonly #limits: ShortCacheLimits;
  readonly #now: () => number;
  #entries = new Map<string, { readonly value: V; readonly until: number }>();
  #loading = new Map<string, Promise<V | null>>();

  constructor(limits: ShortCacheLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** @param load is told what was remembered before, though its time is over; null: nothing since `clear`. */
  async get(key: string, load: (before: V | null) => Promise<V | null>): Promise<V | null> {
    const entry = this.#entries.get(key);
    const now = this.#now();
    if (entry !== undefined && entry.until > now) return entry.value;
    const underway = this.#loading.get(key);
    if (underway !== undefined) return underway;

    // Counted from before the read: the answer may be as old as that. `entries` and `loading` are held on to so that a read
    // begun before `clear` stores its answer where nobody looks any more.
    const until = now + this.#limits.ttlMs;
    const entries = this.#entries;
    const loading = this.#loading;
    const read = load(entry?.value ?? null)
      .then((value) => {
        entries.delete(key);
        if (value !== null) {
          entries.set(key, { value, until });
          dropOldest(entries, this.#limits.entriesMax);
        }
        return value;
      })
      .finally(() => loading.delete(key));
    loading.set(key, read);
    return read;
  }

  /** What is remembered, without a read; null: nothing, or not any more. */
  peek(key: string): V | null {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > this.#now() ? entry.value : null;
  }

  /** Forgets everything, also what is being read now. */
  clear(): void {
    this.#entries = new Map();
    this.#loading = new Map();
  }
}

/** Entries are in the order in which they were read, so the first are the nearest to their end. */
function dropOldest(entries: Map<string, unknown>, entriesMax: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= entriesMax) return;
    entries.delete(key);
  }
}
