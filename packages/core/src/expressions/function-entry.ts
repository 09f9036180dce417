import type { NeutralType } from '../data/column.ts';
import type { Evaluation } from './evaluation.ts';
import { ExpressionRunError } from './expression-error.ts';
import { type ElValue, isText, numberOf, shownValue, textOf } from './values.ts';

/** One published function. */
export interface FunctionEntry {
  readonly argsMin: number;
  readonly argsMax: number;
  /** What it gives; null: what its arguments are, or a map. */
  readonly result: NeutralType | null;
  /** Its values depend on more than its arguments and the run: no two calls are alike. */
  readonly isRandom?: boolean;
  readonly call: (args: readonly ElValue[], evaluation: Evaluation) => ElValue;
}

export const anyText: NeutralType = { kind: 'text', length: null, fixed: false };
export const truth: NeutralType = { kind: 'boolean' };
export const wholeNumber: NeutralType = { kind: 'integer', bits: 64, unsigned: false };
export const floatingNumber: NeutralType = { kind: 'float', bits: 64 };
export const moment: NeutralType = { kind: 'timestamp', fraction: 3, zoned: false };

const integerMax = 2_147_483_647;

/** Argument `index` as text, charged to the evaluation; null when it is null. */
export function textAt(args: readonly ElValue[], index: number, evaluation: Evaluation): string | null {
  const text = textOf(args[index] ?? null);
  if (text !== null) evaluation.work(text.length + 8);
  return text;
}

/** Argument `index` as a whole number of 32 bits; null and empty text are 0, fractions are cut off. */
export function integerAt(args: readonly ElValue[], index: number): number {
  const value = args[index] ?? null;
  const number = Math.trunc(Number(numberOf(value)));
  if (Math.abs(number) <= integerMax) return number;
  const shown = shownValue(value);
  throw new ExpressionRunError({
    en: `${shown} is beyond the whole numbers of 32 bits`,
    zh: `${shown} 超出 32 位整数范围`,
  });
}

/** Argument `index` as a text that must be there. */
export function requiredText(args: readonly ElValue[], index: number, what: string): string {
  const value = args[index] ?? null;
  if (isText(value)) return textOf(value) ?? '';
  throw new ExpressionRunError({ en: `${what} must be text`, zh: `${what} 必须是文本` });
}
