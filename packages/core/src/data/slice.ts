import type { Position } from './batch.ts';
import type { Json } from './json.ts';

/**
 * A part of a source table that is read, written and made durable by itself.
 * Plain JSON: it is planned in one process, stored, and read in another, perhaps after a crash.
 */
export interface Slice {
  /** 0, 1, 2 … within the run. */
  readonly no: number;
  /** The range in the source's own words; only the source that cut it can read it. */
  readonly cut: Json;
  /** The range for people: `id from 1 to 50000`. */
  readonly label: string;
  readonly rowsEstimate: number | null;
}

/** What went through since the slice began. Counters never run ahead of committed data. */
export interface SliceCounts {
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** Rows left out with a reason (dirty or filtered). rowsRead = rowsWritten + rowsSkipped. */
  readonly rowsSkipped: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export const zeroCounts: SliceCounts = Object.freeze({
  rowsRead: 0,
  rowsWritten: 0,
  rowsSkipped: 0,
  bytesRead: 0,
  bytesWritten: 0,
});

/** Adds two counts; neither is changed. */
export function addCounts(a: SliceCounts, b: SliceCounts): SliceCounts {
  return {
    rowsRead: a.rowsRead + b.rowsRead,
    rowsWritten: a.rowsWritten + b.rowsWritten,
    rowsSkipped: a.rowsSkipped + b.rowsSkipped,
    bytesRead: a.bytesRead + b.bytesRead,
    bytesWritten: a.bytesWritten + b.bytesWritten,
  };
}

/** Where the time of a slice went, in milliseconds: together, the time that its attempts took. */
export interface SliceTimes {
  /** Waiting for the source's next rows. */
  readonly sourceMs: number;
  /** Waiting until the destination could take more. */
  readonly destinationMs: number;
  /** Waiting for commits at the destination. */
  readonly commitMs: number;
  /** Busy itself: reading, converting and framing what both ends hand over or take. */
  readonly workMs: number;
  /** Waiting for the job's own limit of its rate; absent: it has none. */
  readonly throttleMs?: number;
}

export const zeroTimes: SliceTimes = Object.freeze({ sourceMs: 0, destinationMs: 0, commitMs: 0, workMs: 0 });

/** Adds two times; neither is changed. */
export function addTimes(a: SliceTimes, b: SliceTimes): SliceTimes {
  return {
    sourceMs: a.sourceMs + b.sourceMs,
    destinationMs: a.destinationMs + b.destinationMs,
    commitMs: a.commitMs + b.commitMs,
    workMs: a.workMs + b.workMs,
    ...(a.throttleMs === undefined && b.throttleMs === undefined
      ? {}
      : { throttleMs: (a.throttleMs ?? 0) + (b.throttleMs ?? 0) }),
  };
}

/** What is durable of one slice at the destination. */
export interface Checkpoint {
  /** Number of commits of this slice so far: 1, 2 … A writer that finds another number than it left has been replaced. */
  readonly sequence: number;
  /** Behind the last durable row; null when the source cannot go on inside a slice. */
  readonly position: Position | null;
  /** Totals of the slice up to this commit. */
  readonly counts: SliceCounts;
  /** The whole slice is durable. */
  readonly isComplete: boolean;
}
