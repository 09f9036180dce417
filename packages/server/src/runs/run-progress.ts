import { addCounts, type Checkpoint, type SliceCounts, zeroCounts } from '@sluice/core/data/slice';
import type { RunRecord, SliceRecord } from '../store/model.ts';

/**
 * Progress of a run in memory, so that pollers never touch the store. Counts come from checkpoints only;
 * the percentage may look ahead of them, but never reaches 100 before the run has succeeded and never falls.
 */
export class RunProgress {
  readonly #weights = new Map<number, number>();
  readonly #settled = new Map<number, Checkpoint>();
  readonly #live = new Map<number, SliceCounts>();
  #weightTotal = 0;
  #percentShown = 1;

  /** False until the slices are known: then the record says more. */
  get hasBegun(): boolean {
    return this.#weightTotal > 0;
  }

  begin(slices: readonly SliceRecord[]): void {
    this.#weights.clear();
    this.#weightTotal = 0;
    for (const { slice, checkpoint } of slices) {
      const weight = Math.max(1, slice.rowsEstimate ?? 1);
      this.#weights.set(slice.no, weight);
      this.#weightTotal += weight;
      if (checkpoint !== null) this.#settled.set(slice.no, checkpoint);
    }
  }

  live(sliceNo: number, counts: SliceCounts): void {
    this.#live.set(sliceNo, counts);
  }

  settle(sliceNo: number, checkpoint: Checkpoint): void {
    this.#settled.set(sliceNo, checkpoint);
    this.#live.delete(sliceNo);
  }

  /** How often a slice was committed. */
  sequenceOf(sliceNo: number): number {
    return this.#settled.get(sliceNo)?.sequence ?? 0;
  }

  /** Totals of what is durable. */
  counts(): SliceCounts {
    let sum = zeroCounts;
    for (const checkpoint of this.#settled.values()) sum = addCounts(sum, checkpoint.counts);
    return sum;
  }

  /** 1..99: slices done, and of the open ones the share of their estimated rows. */
  percent(): number {
    let done = 0;
    for (const [sliceNo, weight] of this.#weights) {
      const settled = this.#settled.get(sliceNo);
      if (settled?.isComplete) {
        done += weight;
        continue;
      }
      const rows = (this.#live.get(sliceNo) ?? settled?.counts)?.rowsRead ?? 0;
      // Estimates are rough: an open slice never counts as whole.
      done += weight * Math.min(0.95, rows / weight);
    }
    const percent = this.#weightTotal === 0 ? 1 : Math.floor((100 * done) / this.#weightTotal);
    this.#percentShown = Math.max(this.#percentShown, Math.min(99, Math.max(1, percent)));
    return this.#percentShown;
  }
}

/** The same from the record alone, for a run that another server drives or that waits for its next driver. */
export function percentOfRecord(run: RunRecord): number {
  if (run.state === 'finishing') return 99;
  const slices = run.plan?.slices ?? [];
  // Where the source knows nothing of its size, rows say nothing of progress.
  if (slices.length === 0 || slices.some((slice) => slice.rowsEstimate === null)) return 1;
  const rowsTotal = slices.reduce((sum, slice) => sum + Math.max(1, slice.rowsEstimate ?? 1), 0);
  const percent = Math.floor(100 * Math.min(0.95, run.counts.rowsRead / rowsTotal));
  return Math.max(1, percent);
}
