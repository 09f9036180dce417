/** Limits of sessions with an Oracle server: one place, each with its unit. */
export const sessionLimits = {
  /** The server gets this long to say goodbye, in milliseconds; then the socket is ended without it. */
  goodbyeMs: 500,
  /** A definition waits this long for others who use the table, in seconds (DDL_LOCK_TIMEOUT). */
  definitionWaitSeconds: 5,
  /** Addresses that a listener may send a session on to, one after the other; the driver's own limit. */
  redirectsMax: 2,
} as const;

/** Limits of reading. */
export const readLimits = {
  /** A batch is closed by the fetch that takes it over this size, in bytes. */
  batchBytes: 64 * 1024,
  /** Rows that one fetch asks for at most. */
  fetchRowsMax: 1_000,
  /** Bytes that one fetch may bring, by the declared lengths of its columns. */
  fetchBytes: 1024 * 1024,
  /** What a large object or a LONG counts there, in bytes: it has no length of its own. */
  largeObjectBytes: 64 * 1024,
} as const;

/** Limits of writing. */
export const writeLimits = {
  /** Rows are sent when so many bytes have come together. */
  arrayBytes: 256 * 1024,
  /** Rows of one array; the driver counts refused rows in 16 bits. */
  arrayRowsMax: 5_000,
} as const;

/** Limits of cutting a table. */
export const splitLimits = {
  /** Aim of the cutting for several slices at once, by the server's estimate, in bytes. */
  sliceBytes: 64 * 1024 * 1024,
  /** The same for one after the other. */
  loneSliceBytes: 256 * 1024 * 1024,
  /** Tables up to this size are one slice, in bytes, unless a column is named. */
  wholeBytes: 8 * 1024 * 1024,
  slicesMax: 1_000,
  /** Slices for each lane, so that the lanes end together. */
  slicesPerLane: 4,
  /** For the sake of that no slice is made smaller than this, in bytes. */
  laneSliceBytes: 32 * 1024 * 1024,
  /** Tables up to this size are ranked as a whole to find bounds, larger ones by a sample, in bytes. */
  rankedBytes: 256 * 1024 * 1024,
  /** Blocks of a sample for each slice, about. */
  blocksPerSlice: 50,
  /** Size of a block, in bytes; the server's usual one, for its catalog counts blocks. */
  blockBytes: 8192,
  /** Part of a table whose size nobody knows that is looked at for bounds, in percent. */
  blindPercent: 1,
  /** Characters or bytes of a bound: bounds are kept with the run. */
  boundChars: 255,
} as const;
