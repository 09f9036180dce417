/** Limits of expressions: one place, each with its unit. */
export interface ExpressionLimits {
  /** Characters of one expression. */
  readonly textMax: number;
  /** Levels of brackets, calls, conditions and signs inside each other. */
  readonly depthMax: number;
  /** Characters of one text that is made, unless it is less than twice as long as what it is made of. */
  readonly resultMax: number;
  /** Characters that one evaluation may read and write beside those of the row: its time is linear in this. */
  readonly workMax: number;
  /** Bits of a whole number. */
  readonly integerBitsMax: number;
  /** Maps under `CommonUtils.setCache`, and mapping files, of one run. */
  readonly mapsMax: number;
}

export const expressionLimits: ExpressionLimits = {
  textMax: 10_000,
  depthMax: 100,
  resultMax: 262_144,
  workMax: 1_048_576,
  integerBitsMax: 2_048,
  mapsMax: 16,
};
