import type { ComparedSide, KeyTexts, Region, RowRefusal } from '@sluice/core/connector/comparison';
import type { Text } from '@sluice/core/data/text';

/** A column that is not compared, and why. */
export interface LeftOutColumn {
  readonly column: string;
  readonly reason: Text;
}

/** A part of the table that is compared by one task. */
export interface ComparedChunk {
  /** 0, 1, 2 … */
  readonly no: number;
  readonly region: Region;
  /** The region for people. */
  readonly label: string;
}

/** What is compared, and how: made once, stored, and read again after a crash. Plain JSON. */
export interface ComparisonPlan {
  readonly source: ComparedSide;
  readonly destination: ComparedSide;
  readonly leftOut: readonly LeftOutColumn[];
  /** Rows of the destination whose key the source has not are not the job's, and no difference. */
  readonly ignoresForeignRows: boolean;
  readonly chunks: readonly ComparedChunk[];
  /** What a reader of the outcome should know. */
  readonly notes: readonly Text[];
}

/** A plan; or why there is none. */
export type PlannedComparison = { readonly plan: ComparisonPlan } | { readonly notComparable: Text };

export const differenceKinds = ['changed', 'missing', 'extra'] as const;
/** `changed`: the rows of the key are not the same; `missing`: the destination has none; `extra`: only the destination has some. */
export type DifferenceKind = (typeof differenceKinds)[number];

/** One key that is not the same at both ends. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly key: KeyTexts;
}

/** What comparing a chunk gave. */
export interface ChunkOutcome {
  readonly sourceRows: number;
  readonly destinationRows: number;
  readonly isEqual: boolean;
  /** Keys of each kind; all 0 where rows have no key. */
  readonly changed: number;
  readonly missing: number;
  readonly extra: number;
  /** Rows of the destination that are not the job's. */
  readonly foreign: number;
  /** False: there were more differing rows than are looked into; the numbers are what was found of them. */
  readonly isExact: boolean;
  /** The first of the differing keys. */
  readonly differences: readonly Difference[];
  /** Rows that a repair wrote and removed. */
  readonly rowsWritten: number;
  readonly rowsRemoved: number;
  /** Rows that the repair could not write, and what was said of the first; absent in outcomes that were stored before it was counted. */
  readonly rowsRefused?: number;
  readonly refusal?: RowRefusal | null;
}
