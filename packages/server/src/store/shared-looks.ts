interface Looking<T> {
  current: Promise<T>;
  /** Begins when `current` has ended; all that ask meanwhile share it. */
  next: Promise<T> | null;
}

/**
 * Looks at something that others may change at any time, as seldom as the truth allows: nobody gets an answer of a look that
 * was begun before the question, and under each key at most one look is under way.
 */
export class SharedLooks<T> {
  readonly #looking = new Map<string, Looking<T>>();

  look(key: string, read: () => Promise<T>): Promise<T> {
    const under = this.#looking.get(key);
    if (under === undefined) {
      const fresh: Looking<T> = { current: this.#begin(key, read), next: null };
      this.#looking.set(key, fresh);
      return fresh.current;
    }
    under.next ??= under.current
      .catch(() => undefined)
      .then(() => {
        under.next = null;
        under.current = this.#begin(key, read);
        return under.current;
      });
    return under.next;
  }

  /** The last to end takes the key with it. */
  async #begin(key: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } finally {
      if (this.#looking.get(key)?.next === null) this.#looking.delete(key);
    }
  }
}
