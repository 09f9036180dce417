import type { StageResult } from '@sluice/core/connector/inspection';
import type { EstimateBasis } from '@sluice/core/connector/run-preview';

/** What is to be shown of a run that is only planned. */
export interface PreviewWish {
  /** Which of its slices, in their order. */
  readonly sliceOffset: number;
  readonly sliceLimit: number;
  /** Characters of all statements together; what is beyond is cut off. */
  readonly textCharsMax: number;
  /** Both links are tested first, at once, each within this time in milliseconds; null: they are not. */
  readonly testMs: number | null;
}

/** What the slices hold together. */
export interface PreviewTotals {
  readonly rowsEstimate: number | null;
  readonly bytesEstimate: number | null;
  /** null: there is no estimate. */
  readonly basis: EstimateBasis | null;
}

/** How far the links got in their tests. */
export interface PreviewReach {
  /** null: the connector has no test by stages. */
  readonly source: readonly StageResult[] | null;
  readonly destination: readonly StageResult[] | null;
}
