import type { RowRefusal } from '@sluice/core/connector/comparison';
import type { Difference } from '@sluice/engine/compare/comparison-work';
import { compareLimits } from '@sluice/engine/limits';
import type { VerificationChunk, VerificationPhase } from '../store/verification-record.ts';

/** What the chunks of a verification come to. */
export interface VerificationTotals {
  readonly chunksDone: number;
  readonly sourceRows: number;
  readonly destinationRows: number;
  readonly changed: number;
  readonly missing: number;
  readonly extra: number;
  readonly foreign: number;
  readonly isEqual: boolean;
  /** False: more rows differ than were looked into. */
  readonly isExact: boolean;
  /** The first of the differing keys, at most as many as one chunk lists. */
  readonly differences: readonly Difference[];
  readonly rowsWritten: number;
  readonly rowsRemoved: number;
  /** Rows that a repair could not write, and what was said of the first. */
  readonly rowsRefused: number;
  readonly refusal: RowRefusal | null;
}

/** Adds up the chunks of one phase. */
export function totalsOf(chunks: readonly VerificationChunk[], phase: VerificationPhase): VerificationTotals {
  const outcomes = chunks.filter((chunk) => chunk.phase === phase).map(({ outcome }) => outcome);
  const sum = (numberOf: (outcome: VerificationChunk['outcome']) => number) =>
    outcomes.reduce((total, outcome) => total + numberOf(outcome), 0);
  return {
    chunksDone: outcomes.length,
    sourceRows: sum((outcome) => outcome.sourceRows),
    destinationRows: sum((outcome) => outcome.destinationRows),
    changed: sum((outcome) => outcome.changed),
    missing: sum((outcome) => outcome.missing),
    extra: sum((outcome) => outcome.extra),
    foreign: sum((outcome) => outcome.foreign),
    isEqual: outcomes.every((outcome) => outcome.isEqual),
    isExact: outcomes.every((outcome) => outcome.isExact),
    differences: outcomes.flatMap((outcome) => outcome.differences).slice(0, compareLimits.listedKeysMax),
    rowsWritten: sum((outcome) => outcome.rowsWritten),
    rowsRemoved: sum((outcome) => outcome.rowsRemoved),
    rowsRefused: sum((outcome) => outcome.rowsRefused ?? 0),
    refusal: outcomes.find((outcome) => outcome.refusal != null)?.refusal ?? null,
  };
}
