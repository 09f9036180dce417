import type { Column, NeutralType } from '@sluice/core/data/column';
import type { FieldConverter } from '@sluice/core/field-converters/field-converter';

/** What a job does to its fields between source and destination. Plain JSON, with macros and variables filled in. */
export interface TransformWork {
  /** Zone of dates that name none of their own. */
  readonly zone: string;
  /** What `now` means in this run, Unix milliseconds. */
  readonly nowMs: number;
  /** By source field; each field once, its converters in their order. */
  readonly converters: readonly {
    readonly field: string;
    readonly steps: readonly FieldConverter[];
  }[];
  /** Fields that the source has not: `mapping.from` names them too where it is given. */
  readonly added: readonly AddedField[];
}

export interface AddedField {
  readonly name: string;
  /** Text, `#{expression}`, or both. */
  readonly value: string;
}

/**
 * How rows get their shape, a part of the run's plan: so a run that is resumed makes the same values. Only what differs from
 * call to call by its nature, `CommonUtils.randomUUID()`, differs then too.
 */
export interface ShapePlan {
  readonly zone: string;
  readonly nowMs: number;
  /** The columns that are read, in the order of the mapping: `row[0]`, `row[1]` … */
  readonly read: readonly Column[];
  /** One for each column of the destination, in its order. */
  readonly columns: readonly ShapedColumn[];
}

export type ShapedColumn =
  /** A field as it was read. @see ShapePlan.read for `from`. */
  | { readonly kind: 'field'; readonly from: number }
  | {
      readonly kind: 'converted';
      readonly name: string;
      readonly from: number;
      readonly steps: readonly FieldConverter[];
      /** What values the destination's encoder gets. */
      readonly as: NeutralType;
    }
  | { readonly kind: 'added'; readonly name: string; readonly value: string; readonly as: NeutralType };
