import type { Conditions } from '../report/conditions.ts';

/** One table of a report. */
export interface FigureTable {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What was wanted of one figure. */
export interface ServiceTarget {
  /** In words, such as `token, 64 clients: share of the bare server's requests per second`. */
  readonly what: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface ServiceTargetResult extends ServiceTarget {
  readonly value: number;
  readonly state: 'met' | 'missed';
}

/** What came of a case that is about the server itself and not about copies. */
export interface ServiceResult {
  readonly kind: 'status' | 'store';
  readonly case: string;
  readonly ok: boolean;
  readonly title: string;
  /** How it was measured, a sentence each. */
  readonly how: readonly string[];
  readonly tables: readonly FigureTable[];
  readonly targets: readonly ServiceTargetResult[];
  /** All that was measured, for programs. */
  readonly figures: unknown;
  readonly conditions: Conditions;
}

/** @throws when nothing was wanted of the figure */
export function judged(target: ServiceTarget, value: number): ServiceTargetResult {
  if ((target.atLeast === undefined) === (target.atMost === undefined))
    throw new Error('a target wants either atLeast or atMost');
  const isMet =
    (target.atLeast === undefined || value >= target.atLeast) &&
    (target.atMost === undefined || value <= target.atMost);
  return { ...target, value, state: isMet ? 'met' : 'missed' };
}
