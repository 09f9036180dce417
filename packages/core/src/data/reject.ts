import type { ErrorCode } from '../errors/codes.ts';
import type { ErrorFacts } from '../errors/sluice-error.ts';
import type { PortableRow } from './portable-row.ts';
import type { Value } from './value.ts';

/** A row that was read and cannot be written, and why: dirty data. Its values are those of the source, in the projection's order. */
export interface Reject {
  readonly values: readonly Value[];
  /** Why, as an error that is put into words for whoever reads it. Its facts hold no secrets. */
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
}

/** Where a row was refused: `read`, on its way from the source, with the source's values; `write`, by the destination, with those it was to get. */
export type RejectStage = 'read' | 'write';

/** A reject in a form that crosses a process border and rests in a store. */
export interface PortableReject {
  readonly row: PortableRow;
  readonly stage: RejectStage;
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
}
