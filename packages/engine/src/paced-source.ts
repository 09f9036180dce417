import type { Source } from '@sluice/core/connector/contract';
import type { Batch } from '@sluice/core/data/batch';
import type { SliceTimes } from '@sluice/core/data/slice';
import { pacingLimits } from './limits.ts';
import type { Ledger, RateLimit } from './work.ts';

/** A slice's ends, slowed down. */
export interface Paced {
  readonly source: Source;
  readonly ledger: Ledger;
}

/**
 * Keeps a slice's reading within its run's rate limit. What was read is charged to the run when it is worth a message; while
 * the run's server lets it wait, no further batch is asked for, so that the source waits too and no more memory is held than
 * without a limit: the one batch in hand. The wait is told as a time of its own, and not as one for the source.
 */
export function paced(source: Source, ledger: Ledger, limit: RateLimit): Paced {
  const { charge } = ledger;
  if (charge === undefined) throw new Error('nobody keeps the rate limit of this run');
  const meter = new WaitMeter();
  const stepBytes = stepOf(limit.bytesPerSecond);
  const stepRows = stepOf(limit.rowsPerSecond);

  async function* read(...args: Parameters<Source['read']>): AsyncGenerator<Batch> {
    let [rows, bytes, sourceMs] = [0, 0, 0];
    // The first batch waits for the statement to begin, which says nothing about the source's speed.
    let isFirst = true;
    const settle = async (): Promise<void> => {
      const due = [rows, bytes, sourceMs] as const;
      [rows, bytes, sourceMs] = [0, 0, 0];
      await meter.wait(() => charge?.(...due) ?? Promise.resolve());
    };
    const batches = source.read(...args)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const asked = performance.now();
        const next = await batches.next();
        if (next.done === true) break;
        if (!isFirst) sourceMs += performance.now() - asked;
        isFirst = false;
        rows += next.value.rowCount;
        bytes += next.value.byteCount;
        if (bytes >= stepBytes || rows >= stepRows) await settle();
        yield next.value;
      }
      if (rows > 0) await settle();
    } finally {
      await batches.return?.();
    }
  }

  return { source: sameSourceWith(source, read), ledger: pacedLedger(ledger, meter) };
}

/** All of a source but how it reads. */
function sameSourceWith(source: Source, read: Source['read']): Source {
  const { snapshots, watermarks } = source;
  return {
    ...(snapshots === undefined ? {} : { snapshots }),
    ...(watermarks === undefined ? {} : { watermarks }),
    describe: () => source.describe(),
    offer: (...args) => source.offer(...args),
    split: (...args) => source.split(...args),
    read,
  };
}

function stepOf(perSecond: number | null): number {
  return perSecond === null
    ? Number.POSITIVE_INFINITY
    : Math.max(1, (perSecond * pacingLimits.stepMs) / 1_000);
}

function pacedLedger(ledger: Ledger, meter: WaitMeter): Ledger {
  return {
    ...ledger,
    checkpoint: (sliceNo, checkpoint, times, ...rest) =>
      ledger.checkpoint(sliceNo, checkpoint, meter.part(times), ...rest),
    progress: (sliceNo, counts, times, ...rest) =>
      ledger.progress(sliceNo, counts, meter.part(times), ...rest),
  };
}

/** How long was waited for the rate limit, up to now. */
class WaitMeter {
  #waitedMs = 0;
  #since: number | null = null;

  async wait(action: () => Promise<void>): Promise<void> {
    this.#since = performance.now();
    try {
      await action();
    } finally {
      this.#waitedMs += performance.now() - this.#since;
      this.#since = null;
    }
  }

  /** The slice's clock takes the wait for one for the source, for in it the process slept while it read. */
  part(times: SliceTimes): SliceTimes {
    const waitedMs = this.#waitedMs + (this.#since === null ? 0 : performance.now() - this.#since);
    const throttleMs = Math.min(times.sourceMs, waitedMs);
    return { ...times, sourceMs: times.sourceMs - throttleMs, throttleMs };
  }
}
