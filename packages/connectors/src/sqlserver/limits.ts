// Named limits of this connector, each with its unit.

/** tedious waits so long for the server to acknowledge that a request is given up; then the socket is ended. Milliseconds. */
export const CANCEL_TIMEOUT_MS = 1_000;
/** The server gets this long to stop a statement for nobody before its socket is ended. Milliseconds. */
export const ATTENTION_TIMEOUT_MS = 450;
/** Size of a TDS packet that is asked for, in bytes; the server may say less. */
export const PACKET_BYTES = 32_767;

/** A batch of rows is closed at about this size, in bytes of their values. */
export const BATCH_BYTES_TARGET = 64 * 1024;
/** Finished batches that wait for the consumer; with more the server's answer is held back. */
export const BATCHES_AHEAD_MAX = 2;

/** One bulk load takes about this much, in bytes of its rows. */
export const BULK_BYTES_TARGET = 1024 * 1024;

/** Longest wait for the lock of a former session of the same work, in milliseconds: it rolls back first. */
export const SUCCESSION_WAIT_MS = 5_000;
/** How long the shared lock of a table waits for transactions that have written to it, in milliseconds. */
export const SNAPSHOT_LOCK_WAIT_MS = 2_000;
/** How long that lock is held at most while the lanes begin, in milliseconds. */
export const SNAPSHOT_LOCK_HELD_MS = 3_000;
/** Longest wait for somebody's lock on a table that is looked at, in milliseconds. */
export const PREVIEW_LOCK_WAIT_MS = 3_000;

/** Tables up to this size are one slice, in bytes, unless the job names a column. */
export const SPLIT_BYTES_MIN = 8 * 1024 * 1024;
/** Aim of the cutting for several slices at once: this much data in a slice, in bytes, by the server's own figures. */
export const SLICE_BYTES_TARGET = 64 * 1024 * 1024;
/** The same for one after the other. */
export const LONE_SLICE_BYTES_TARGET = 256 * 1024 * 1024;
export const SLICES_MAX = 1_000;
/** Slices for each lane, so that the lanes end together. */
export const SLICES_PER_LANE = 4;
/** For the sake of that no slice is made smaller than this, in bytes. */
export const LANE_SLICE_BYTES_MIN = 32 * 1024 * 1024;
/** Rows up to which bounds are looked for among all rows; of more a sample of pages is taken. */
export const EXACT_BOUNDS_ROWS_MAX = 1_000_000;
/** Rows that such a sample aims at. */
export const SAMPLE_ROWS_TARGET = 200_000;
/** Longest time to look for bounds, in milliseconds; then the table is one slice. */
export const BOUNDS_TIMEOUT_MS = 30_000;
