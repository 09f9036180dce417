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

/** Limits of connections that a worker keeps between two tasks of a run. */
export interface KeptLimits {
  /** They are closed when no task came for this time, in milliseconds: they hold the run's secrets. */
  readonly idleMs: number;
  /** The same while they hold a snapshot, which lasts as long as the run's slices, in milliseconds. The run's end comes first. */
  readonly heldIdleMs: number;
}

export const keptLimits: KeptLimits = { idleMs: 10_000, heldIdleMs: 3_600_000 };
