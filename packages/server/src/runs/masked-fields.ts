import type { Json } from '@sluice/core/data/json';
import { maskError, maskSecrets } from '../planner/job-variables.ts';

/**
 * The same value with secrets taken out of every text in it, errors included. Without secrets it is the value itself.
 * @typeParam T plain values and errors.
 */
export function maskedFields<T>(value: T, secretTexts: readonly string[]): T {
  if (secretTexts.length === 0) return value;
  return masked(value, secretTexts) as T;
}

function masked(value: unknown, secretTexts: readonly string[]): unknown {
  if (typeof value === 'string') return maskSecrets(value, secretTexts);
  if (value instanceof Error) return maskError(value, secretTexts);
  if (Array.isArray(value)) return value.map((each: Json) => masked(each, secretTexts));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, masked(each, secretTexts)]));
}
