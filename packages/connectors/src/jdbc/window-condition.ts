import type { ReadWindow, WatermarkBound } from '@sluice/core/data/read-window';
import { bracketed } from './predicate-proof.ts';

/**
 * The condition that picks a window's rows, for statements of ours.
 * @param column the column, quoted. @param literal writes a value of the column's type; refuses what is none.
 */
export function windowCondition(
  { from, to }: Pick<ReadWindow, 'from' | 'to'>,
  column: string,
  literal: (value: string) => string,
): string {
  if (to === null) return 'FALSE';
  const parts = [`${column} ${to.isIncluded ? '<=' : '<'} ${literal(to.value)}`];
  if (from !== null) parts.unshift(lowerCondition(from, column, literal));
  return parts.join(' AND ');
}

/** The same for the lower bound alone. */
export function lowerCondition(
  from: WatermarkBound,
  column: string,
  literal: (value: string) => string,
): string {
  return `${column} ${from.isIncluded ? '>=' : '>'} ${literal(from.value)}`;
}

/**
 * A user's condition together with one of ours, as one condition.
 * @param where proved by itself, or null: only then it cannot reach ours.
 */
export function narrowed(where: string | null, ours: string): string {
  return where === null ? ours : `${bracketed(where)} AND ${ours}`;
}
