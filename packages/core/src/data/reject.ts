import type { ErrorCode } from '../errors/codes.ts';
import type { ErrorFacts } from '../errors/sluice-error.ts';
import type { Value } from './value.ts';

/** A row that was read and cannot be written, and why: dirty data. Its values are those of the source, in the projection's order. */
export interface Reject {
  readonly values: readonly Value[];
  /** Why, as an error that is put into words for whoever reads it. Its facts hold no secrets. */
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
}
