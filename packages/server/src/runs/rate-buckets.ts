import type { RateLimit } from '@sluice/engine/work';
import { RateBucket } from './rate-bucket.ts';

/** A bucket that somebody uses, until he gives it back. */
export interface LentBucket {
  readonly bucket: RateBucket;
  /** Safe to repeat. */
  release(): void;
}

/**
 * The rate limits in use on this server: runs that share one, the tables of an entire-database job, find the same bucket under one
 * key for as long as any of them reads.
 */
export class RateBuckets {
  readonly #lent = new Map<string, { readonly bucket: RateBucket; users: number }>();

  /** Keys in use. */
  get size(): number {
    return this.#lent.size;
  }

  /** @param limit of the first who comes; it is the same for all of one key. */
  lend(key: string, limit: RateLimit): LentBucket {
    const found = this.#lent.get(key) ?? { bucket: new RateBucket(limit), users: 0 };
    found.users += 1;
    this.#lent.set(key, found);
    let isLent = true;
    return {
      bucket: found.bucket,
      release: () => {
        if (!isLent) return;
        isLent = false;
        found.users -= 1;
        if (found.users === 0) this.#lent.delete(key);
      },
    };
  }
}
