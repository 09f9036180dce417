import type { Column, NeutralType } from './column.ts';

/** A value of a column that grows, as its source writes it, and whether the rows with it are meant too. */
export interface WatermarkBound {
  readonly value: string;
  readonly isIncluded: boolean;
}

/** The rows that an incremental run reads. Plain JSON: it is part of the plan. */
export interface ReadWindow {
  readonly column: string;
  /** The column's type in the source's own words and without them, to write bounds by. */
  readonly native: string;
  readonly type: NeutralType;
  /** null: from the least value on. */
  readonly from: WatermarkBound | null;
  /** null: there is nothing to read. */
  readonly to: WatermarkBound | null;
}

/** A column as an incremental run sees it. */
export interface WatermarkColumn {
  readonly column: Column;
  /** No two rows have the same value. */
  readonly isUnique: boolean;
  /** The source's own clock, Unix milliseconds. */
  readonly now: number;
}
