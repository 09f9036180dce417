import type { TableProof } from './lineitem.ts';

export interface Verdict {
  /** Whether the run succeeded and both tables hold the same. */
  readonly ok: boolean;
  readonly countsEqual: boolean;
  readonly checksumsEqual: boolean;
}

/**
 * @param status of the run, as the API has it
 * @param rowsWanted that the source was to have: an empty source copied to an empty target proves nothing
 */
export function verdictOf(
  status: unknown,
  rowsWanted: number,
  source: TableProof,
  target: TableProof,
): Verdict {
  const countsEqual = source.rows === rowsWanted && target.rows === source.rows;
  const checksumsEqual = target.checksum === source.checksum;
  return { ok: status === 'SUCCEEDED' && countsEqual && checksumsEqual, countsEqual, checksumsEqual };
}
