import type { RowCaps } from '@sluice/core/data/portable-row';

/** The engine's limits: one place, each with its unit. */
export interface EngineLimits {
  /** A slice is committed in segments of about this size where the source can go on behind a position. */
  readonly segmentBytes: number;
  /** How often the outcome of a commit whose answer was lost is asked for before the slice fails. */
  readonly commitInquiriesMax: number;
  /** Pause before the first such inquiry, in milliseconds; doubles each time. */
  readonly commitInquiryPauseMs: number;
  /** What a slice has under way is reported once in this time, in milliseconds, whatever its batches do. */
  readonly progressPauseMs: number;
}

export const engineLimits: EngineLimits = {
  // Measured on PostgreSQL targets: 1 MB costs a quarter of the speed, 8 MB 5 %, 16-64 MB nothing.
  segmentBytes: 64 * 1024 * 1024,
  commitInquiriesMax: 3,
  commitInquiryPauseMs: 200,
  progressPauseMs: 250,
};

/** Limits of rows that are set aside. */
export interface RejectLimits {
  /** They are told when so many have come together, or so many characters of them. */
  readonly perPartMax: number;
  readonly charsPerPartMax: number;
  /** What is kept of one, in characters: of a value, of the row, and of a value that is cut. */
  readonly caps: RowCaps;
}

export const rejectLimits: RejectLimits = {
  perPartMax: 200,
  charsPerPartMax: 512 * 1024,
  caps: { valueCharsMax: 32 * 1024, rowCharsMax: 64 * 1024, cutCharsMax: 256 },
};
/** Limits of slices whose run may read no faster than its job says. */
export const pacingLimits = {
  /** What a slice has read is charged to its run when it is worth this much of the run's rate, in milliseconds: at 20 MB/s every 1 MB. */
  stepMs: 50,
} as const;

/** Limits of connections that a worker keeps between two tasks of a run. */
export interface KeptLimits {
  /** They are closed when no task came for this time, in milliseconds: they hold the run's secrets. */
  readonly idleMs: number;
  /** The same while they hold a snapshot, which lasts as long as the run's slices, in milliseconds. The run's end comes first. */
  readonly heldIdleMs: number;
}

export const keptLimits: KeptLimits = { idleMs: 10_000, heldIdleMs: 3_600_000 };

/** Limits of comparing two tables. */
export const compareLimits = {
  /** Rows that one task compares, about, by the source's estimate. */
  chunkRows: 100_000,
  /** Tasks of one comparison at most. */
  chunksMax: 1_000,
  /** A range of keys is summed up in so many parts at once. */
  partsPerRange: 64,
  /** A part of a range with no more rows is listed row by row. */
  listRowsMax: 5_000,
  /** The same where each list reads the whole table: parts of the key's hash. */
  hashListRowsMax: 50_000,
  /** Differing rows of one task that are looked into; of what lies beyond only that it differs is known. A repair knows no such bound. */
  differingRowsMax: 5_000_000,
  /** Differing keys that a task reports. */
  listedKeysMax: 1_000,
  /** The same of all tasks of a comparison: whoever looks at it has them all in memory. */
  keptKeysMax: 20_000,
  /** Rows that a repair writes or removes in one transaction. */
  repairRowsMax: 500,
  /** Texts of columns up to this length go into a row's canonical text as they are, in characters; longer ones as their MD5. */
  plainTextCharsMax: 255,
} as const;
