/** Why an engine came back. */
export const stop = {
  /** The next packet is not all there yet. */
  needsInput: 0,
  /** The next row may not fit into the output. */
  outputFull: 1,
  /** The next packet is no row: the end or an error. */
  notARow: 2,
  /** The next packet is longer than `ROW_BYTES_MAX`, or one of several. */
  largeRow: 3,
  /** A value of the next row cannot go where it should: see `fault`. */
  fault: 4,
  /** As many rows as were asked for. */
  rowsMax: 5,
} as const;

/** What is wrong with a value. */
export const fault = {
  /** The row ends elsewhere than its packet. */
  malformed: 1,
  outOfRange: 2,
  nul: 3,
  /** A month or day of zero. */
  noSuchDate: 4,
  /** Year 0, which PostgreSQL does not have. */
  yearZero: 5,
  /** Below 00:00:00 or above 24:00:00. */
  noTimeOfDay: 6,
  notBoolean: 7,
  badUuid: 8,
  badDecimal: 9,
} as const;

/** Packets up to this size are read in place; longer ones are gathered in memory of their own. */
export const ROW_BYTES_MAX = 128 * 1024;
/** Room for a whole row, the row before it and what comes after it. */
export const INPUT_BYTES = 3 * ROW_BYTES_MAX;
/** Room for a batch. A row of the widest table (4,096 columns) fits with its overhead. */
export const OUTPUT_BYTES = 2 * ROW_BYTES_MAX;
/** How many columns a table may have; that is the servers' own limit too. */
export const COLUMNS_MAX = 4_096;

/** What came of one call of `run`. The engine fills in one and the same object each time. */
export interface RunResult {
  /** Behind the last packet that was used. */
  consumed: number;
  /** Behind the last tuple. */
  written: number;
  rows: number;
  /** Where the packet of the last row of this call begins; -1 without a row. */
  lastRow: number;
  /** One of `fault`, its column, and where its value begins in the input. */
  fault: number;
  faultColumn: number;
  faultAt: number;
}

/**
 * Turns packets of MySQL's binary protocol, header and row, into tuples of COPY BINARY, from one piece of memory into another.
 * All positions are offsets in `input` and `output`.
 */
export interface Engine {
  readonly name: 'WebAssembly' | 'TypeScript';
  readonly input: Buffer;
  readonly output: Buffer;
  readonly result: RunResult;
  /**
   * Turns the whole rows of `input[from, to)` into tuples from `output[at]` on.
   * @returns one of `stop`; the rest is in `result`.
   */
  run(from: number, to: number, at: number, rowsMax: number): number;
}

export function emptyResult(): RunResult {
  return { consumed: 0, written: 0, rows: 0, lastRow: -1, fault: 0, faultColumn: 0, faultAt: 0 };
}
