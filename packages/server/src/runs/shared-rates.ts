import type { RateLimit } from '@sluice/engine/work';
import type { RunRecord } from '../store/model.ts';
import { RateBucket } from './rate-bucket.ts';

/** A bucket in use. */
export interface HeldRate {
  readonly bucket: RateBucket;
  /** Once the run moves no more. */
  readonly release: () => void;
}

/**
 * Rate limits of the jobs that this server moves. The rate is the job's: all slices of a run share it, and so do all tables of
 * a run of an entire-database job. A bucket lives as long as somebody holds it.
 */
export class SharedRates {
  readonly #held = new Map<string, { readonly bucket: RateBucket; holders: number }>();

  hold({ id, parentRunId }: Pick<RunRecord, 'id' | 'parentRunId'>, limit: RateLimit): HeldRate {
    // The settings of a run are frozen, but a variable may have another value by the time its next table begins.
    const key = JSON.stringify([parentRunId ?? id, limit]);
    const held = this.#held.get(key) ?? { bucket: new RateBucket(limit), holders: 0 };
    held.holders += 1;
    this.#held.set(key, held);
    let isHeld = true;
    return {
      bucket: held.bucket,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        held.holders -= 1;
        if (held.holders === 0) this.#held.delete(key);
      },
    };
  }
}
