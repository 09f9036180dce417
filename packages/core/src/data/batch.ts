import type { Json } from './json.ts';
import type { Reject } from './reject.ts';
import type { Value } from './value.ts';

export type { Value } from './value.ts';

/**
 * How rows travel between a source and a sink. Both ends say which forms they can do for a table,
 * and the planner takes the first that both know:
 * - `pgcopy-binary`: the tuples of PostgreSQL's COPY BINARY, without file header and trailer.
 * - `rows`: arrays of neutral values; every connector speaks it.
 */
export type WireForm = ByteForm | 'rows';

/** Forms that are bytes from end to end: nothing in between makes a value of them. */
export type ByteForm = 'pgcopy-binary';

/** How far a slice has been read, in the source's own words; reading can go on behind it. Plain JSON. */
export type Position = Json;

interface BatchFrame {
  /** Rows in this batch, counted at the source; at least 1. */
  readonly rowCount: number;
  /** Size of the rows as they came from the source, in bytes. */
  readonly byteCount: number;
  /** Where a read would go on after this batch's last row; null when the source cannot stop inside a slice. */
  readonly position: Position | null;
}

/** Rows as arrays of values, one per projected column, in projection order. */
export interface RowBatch extends BatchFrame {
  readonly form: 'rows';
  readonly rows: readonly (readonly Value[])[];
  /** Rows that were read and dropped on the way here, each with its reason. rowCount = rows + rejects. Absent: none. */
  readonly rejects?: readonly Reject[];
}

/**
 * Whole tuples of COPY BINARY in one piece of memory. Whom it is written to may change it, and must not keep it after it
 * returned from `write`.
 */
export interface PgCopyBatch extends BatchFrame {
  readonly form: 'pgcopy-binary';
  readonly bytes: Uint8Array;
  /**
   * What lies ahead of each tuple:
   * - `none`: nothing.
   * - `copy-data`: the header of its CopyData message, `d` and a length of 4 bytes, as a PostgreSQL server sent it; another
   *   one takes the bytes as they are.
   */
  readonly framing: 'none' | 'copy-data';
}

/** The unit of flow: many rows, bounded by bytes. */
export type Batch = RowBatch | PgCopyBatch;
