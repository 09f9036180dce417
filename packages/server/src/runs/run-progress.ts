import {
  addCounts,
  addTimes,
  type Checkpoint,
  type Slice,
  type SliceCounts,
  type SliceTimes,
  zeroCounts,
  zeroTimes,
} from '@sluice/core/data/slice';
import type { RunRecord, SliceEffort, SliceRecord } from '../store/model.ts';
import { runLimits } from './limits.ts';

/** Per second, over the last few seconds. */
export interface Rates {
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** One slice as far as it is known now. */
export interface SliceProgress extends SliceEffort {
  readonly slice: Slice;
  /** `running`: a worker has it in hand. */
  readonly state: 'pending' | 'running' | 'complete';
  /** Durable at the destination. */
  readonly counts: SliceCounts;
  /** With what is under way and may still be rolled back; null: nothing is known to be under way. */
  readonly liveCounts: SliceCounts | null;
  /** Of what is read; null: no worker has it in hand. */
  readonly rates: Rates | null;
  readonly workerPid: number | null;
}

/** Read so far, at a time. */
interface Sample {
  readonly at: number;
  readonly rows: number;
  readonly bytes: number;
}

/** What the driver knows of a slice beyond its record. */
class SliceState {
  readonly slice: Slice;
  /** For the percentage. */
  readonly weight: number;
  checkpoint: Checkpoint | null;
  live: SliceCounts | null = null;
  workerPid: number | null = null;
  attempts: number;
  /** Up to the last checkpoint. */
  #timesSettled: SliceTimes | null;
  /** `#timesSettled` when the present attempt began. */
  #timesBefore: SliceTimes;
  #timesOfAttempt: SliceTimes = zeroTimes;
  /** The rate is what came since `#from`; `#next` takes its place when it is old enough. */
  #from: Sample | null = null;
  #next: Sample | null = null;
  #latest: Sample | null = null;

  constructor({ slice, checkpoint, attempts, times }: SliceRecord) {
    this.slice = slice;
    this.weight = Math.max(1, slice.rowsEstimate ?? 1);
    this.checkpoint = checkpoint;
    this.attempts = attempts;
    this.#timesSettled = times;
    this.#timesBefore = times ?? zeroTimes;
  }

  begin(pid: number, at: number): void {
    this.attempts++;
    this.workerPid = pid;
    this.live = null;
    this.#timesBefore = this.#timesSettled ?? zeroTimes;
    this.#timesOfAttempt = zeroTimes;
    const { rowsRead, bytesRead } = this.checkpoint?.counts ?? zeroCounts;
    this.#from = { at, rows: rowsRead, bytes: bytesRead };
    this.#next = this.#from;
    this.#latest = this.#from;
  }

  /** The worker has ended its attempt, or died. */
  end(): void {
    this.workerPid = null;
    this.live = null;
    this.#timesOfAttempt = zeroTimes;
    this.#timesBefore = this.#timesSettled ?? zeroTimes;
  }

  hear(counts: SliceCounts, times: SliceTimes, at: number): void {
    this.live = counts;
    this.#timesOfAttempt = times;
    const sample = { at, rows: counts.rowsRead, bytes: counts.bytesRead };
    this.#latest = sample;
    if (this.#next === null || at - this.#next.at < runLimits.rateWindowMs) return;
    this.#from = this.#next;
    this.#next = sample;
  }

  /** What belongs beside a checkpoint with these times of its attempt. */
  effortWith(times: SliceTimes): SliceEffort {
    return { attempts: this.attempts, times: wholeMs(addTimes(this.#timesBefore, times)) };
  }

  settle(checkpoint: Checkpoint, times: SliceTimes, at: number): void {
    this.hear(checkpoint.counts, times, at);
    this.checkpoint = checkpoint;
    this.live = null;
    this.#timesSettled = this.effortWith(times).times;
  }

  rates(): Rates | null {
    const [from, latest] = [this.#from, this.#latest];
    if (this.workerPid === null || from === null || latest === null) return null;
    const seconds = (latest.at - from.at) / 1_000;
    if (seconds <= 0) return null;
    return {
      rowsPerSecond: Math.max(0, latest.rows - from.rows) / seconds,
      bytesPerSecond: Math.max(0, latest.bytes - from.bytes) / seconds,
    };
  }

  progress(): SliceProgress {
    const isComplete = this.checkpoint?.isComplete === true;
    const isRunning = this.workerPid !== null && !isComplete;
    return {
      slice: this.slice,
      state: isComplete ? 'complete' : isRunning ? 'running' : 'pending',
      counts: this.checkpoint?.counts ?? zeroCounts,
      liveCounts: isRunning ? (this.live ?? this.checkpoint?.counts ?? zeroCounts) : null,
      rates: isRunning ? this.rates() : null,
      workerPid: isRunning ? this.workerPid : null,
      attempts: this.attempts,
      times: isRunning ? this.effortWith(this.#timesOfAttempt).times : this.#timesSettled,
    };
  }
}

/**
 * Progress of a run in memory, so that pollers never touch the store. Counts come from checkpoints only;
 * the percentage may look ahead of them, but never reaches 100 before the run has succeeded and never falls.
 */
export class RunProgress {
  readonly #slices = new Map<number, SliceState>();
  #weightTotal = 0;
  #percentShown = 1;
  /** Whether `#percentShown` still is what the slices say: pollers ask far more often than slices report. */
  #isPercentFresh = false;

  /** False until the slices are known: then the record says more. */
  get hasBegun(): boolean {
    return this.#weightTotal > 0;
  }

  /** Takes the slices as the store has them. */
  load(records: readonly SliceRecord[]): void {
    this.#slices.clear();
    this.#weightTotal = 0;
    this.#isPercentFresh = false;
    for (const record of records) {
      const state = new SliceState(record);
      this.#slices.set(record.no, state);
      this.#weightTotal += state.weight;
    }
  }

  /** A worker process has the slice in hand. */
  begin(sliceNo: number, pid: number, at: number): void {
    this.#slices.get(sliceNo)?.begin(pid, at);
  }

  /** No worker has the slice in hand any more. */
  end(sliceNo: number): void {
    this.#slices.get(sliceNo)?.end();
  }

  live(sliceNo: number, counts: SliceCounts, times: SliceTimes, at: number): void {
    this.#isPercentFresh = false;
    this.#slices.get(sliceNo)?.hear(counts, times, at);
  }

  /** @param times of the attempt. @returns what is to be stored beside its checkpoint. */
  effortWith(sliceNo: number, times: SliceTimes): SliceEffort | undefined {
    return this.#slices.get(sliceNo)?.effortWith(times);
  }

  settle(sliceNo: number, checkpoint: Checkpoint, times: SliceTimes, at: number): void {
    this.#isPercentFresh = false;
    this.#slices.get(sliceNo)?.settle(checkpoint, times, at);
  }

  /** By number. */
  slices(): readonly SliceProgress[] {
    return [...this.#slices.values()].map((state) => state.progress());
  }

  /** How often a slice was committed. */
  sequenceOf(sliceNo: number): number {
    return this.#slices.get(sliceNo)?.checkpoint?.sequence ?? 0;
  }

  /** What a slice moved and where its time went, up to its last checkpoint. */
  effortOf(sliceNo: number): Readonly<Record<string, number>> {
    const known = this.#slices.get(sliceNo)?.progress();
    return { ...known?.counts, ...known?.times };
  }

  /** Totals of what is durable. */
  counts(): SliceCounts {
    let sum = zeroCounts;
    for (const { checkpoint } of this.#slices.values())
      if (checkpoint !== null) sum = addCounts(sum, checkpoint.counts);
    return sum;
  }

  /** 1..99: slices done, and of the open ones the share of their estimated rows; of one without an estimate nothing. */
  percent(): number {
    if (this.#isPercentFresh) return this.#percentShown;
    let done = 0;
    for (const { slice, weight, checkpoint, live } of this.#slices.values()) {
      if (checkpoint?.isComplete) {
        done += weight;
        continue;
      }
      // Rows say nothing of a slice of which nobody knows how many it has.
      if (slice.rowsEstimate === null) continue;
      const rows = (live ?? checkpoint?.counts)?.rowsRead ?? 0;
      // Estimates are rough: an open slice never counts as whole.
      done += weight * Math.min(0.95, rows / weight);
    }
    const percent = this.#weightTotal === 0 ? 1 : Math.floor((100 * done) / this.#weightTotal);
    this.#percentShown = Math.max(this.#percentShown, Math.min(99, Math.max(1, percent)));
    this.#isPercentFresh = true;
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

/** Slices as the store has them: nothing is known of what is under way. */
export function storedProgress(records: readonly SliceRecord[]): readonly SliceProgress[] {
  return records.map((record) => new SliceState(record).progress());
}

function wholeMs(times: SliceTimes): SliceTimes {
  return {
    sourceMs: Math.round(times.sourceMs),
    destinationMs: Math.round(times.destinationMs),
    commitMs: Math.round(times.commitMs),
    workMs: Math.round(times.workMs),
    ...(times.throttleMs === undefined ? {} : { throttleMs: Math.round(times.throttleMs) }),
  };
}
