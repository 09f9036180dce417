import type { Batch, RowBatch } from '@sluice/core/data/batch';
import type { Reject } from '@sluice/core/data/reject';

/** Brings the rows of a slice into its open transaction; knows nothing of checkpoints. After its first error it is of no use. */
export interface Loader {
  /** Resolves when there is room for the next batch; its memory is the caller's again. */
  take(batch: Batch): Promise<void>;
  /**
   * Has the server take each row or refuse it. Absent: the first row that is refused ends it all.
   * @returns the rows that were refused.
   */
  sift?(batch: RowBatch): Promise<readonly Reject[]>;
  /** Resolves when the server has accepted all that was taken. */
  settle(): Promise<void>;
  /** Resolves when the server has answered all that was sent, well or not: the session is free again. Never throws. */
  drain(): Promise<void>;
  /** Is an answer outstanding? */
  isBusy(): boolean;
  bytesWritten(): number;
}
