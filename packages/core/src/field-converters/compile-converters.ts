import { compileExpression, type Evaluate } from '../expressions/compile-expression.ts';
import type { Evaluation } from '../expressions/evaluation.ts';
import { requireSize } from '../expressions/operators.ts';
import { trimmed } from '../expressions/string-functions.ts';
import { splitBy } from '../expressions/text-search.ts';
import { textOf } from '../expressions/values.ts';
import type { FieldConverter } from './field-converter.ts';

/**
 * Converters of one field, run in their order: each gets what the one before made of `value`.
 * @throws ExpressionSyntaxError
 */
export function compileConverters(converters: readonly FieldConverter[]): Evaluate {
  const steps = converters.map(compileConverter);
  return (evaluation) => {
    for (const step of steps) evaluation.value = step(evaluation);
    return evaluation.value;
  };
}

function compileConverter(converter: FieldConverter): Evaluate {
  switch (converter.kind) {
    case 'EXPRESSION':
      return compileExpression(converter.expression).evaluate;
    case 'ANONYMIZATION':
      return ofText((text) => anonymized(text, converter));
    case 'TRIM':
      return ofText(trimmed);
    case 'REVERSE':
      return ofText((text) => Array.from(text).reverse().join(''));
    case 'REPLACE':
      return ofText((text) => replaced(text, converter.search, converter.replacement));
    case 'REMOVE_LINE_BREAK':
      return ofText((text) => text.replace(/[\r\n]+/g, ''));
  }
}

/** Whatever the field holds, as text; null stays null. */
function ofText(change: (text: string) => string): Evaluate {
  return (evaluation: Evaluation) => {
    const text = textOf(evaluation.value);
    return text === null ? null : change(text);
  };
}

function anonymized(
  text: string,
  { reserveStart, reserveEnd, replaceChar }: FieldConverter & { readonly kind: 'ANONYMIZATION' },
): string {
  const characters = Array.from(text);
  const { length } = characters;
  if (length <= reserveStart + reserveEnd) return replaceChar.repeat(length);
  const between = replaceChar.repeat(length - reserveStart - reserveEnd);
  const start = characters.slice(0, reserveStart).join('');
  return start + between + characters.slice(length - reserveEnd).join('');
}

function replaced(text: string, search: string, replacement: string): string {
  const pieces = splitBy(text, search);
  const length = text.length + (pieces.length - 1) * (replacement.length - search.length);
  requireSize(length, text.length);
  return pieces.join(replacement);
}
