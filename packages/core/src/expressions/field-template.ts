import { compileExpression, type Evaluate } from './compile-expression.ts';
import { ExpressionSyntaxError } from './expression-error.ts';
import type { Syntax } from './syntax.ts';
import { textOf } from './values.ts';

/** An added field's value: text, expressions, or both. */
export type FieldTemplate =
  | { readonly kind: 'constant'; readonly text: string }
  /** One expression alone: its result keeps its type. */
  | { readonly kind: 'expression'; readonly syntax: Syntax; readonly evaluate: Evaluate }
  /** Expressions among text: the whole is text, nulls in it are nothing. */
  | { readonly kind: 'mixed'; readonly evaluate: Evaluate };

/**
 * Takes `text #{expression} text` apart and compiles it. A brace inside a literal of an expression does not end it.
 * @throws ExpressionSyntaxError
 */
export function compileTemplate(template: string): FieldTemplate {
  const pieces = piecesOf(template);
  const [only] = pieces;
  if (only === undefined) return { kind: 'constant', text: '' };
  if (pieces.length === 1) {
    return only.isExpression
      ? { kind: 'expression', ...compileExpression(only.text) }
      : { kind: 'constant', text: only.text };
  }
  const parts = pieces.map(({ isExpression, text }) =>
    isExpression ? compileExpression(text).evaluate : () => text,
  );
  return {
    kind: 'mixed',
    evaluate: (evaluation) => {
      let text = '';
      for (const part of parts) text += textOf(part(evaluation)) ?? '';
      return text;
    },
  };
}

interface Piece {
  readonly isExpression: boolean;
  readonly text: string;
}

function piecesOf(template: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < template.length) {
    const start = template.indexOf('#{', at);
    if (start < 0) break;
    if (start > at) pieces.push({ isExpression: false, text: template.slice(at, start) });
    const end = endOfExpression(template, start + 2);
    pieces.push({ isExpression: true, text: template.slice(start + 2, end) });
    at = end + 1;
  }
  if (at < template.length) pieces.push({ isExpression: false, text: template.slice(at) });
  return pieces;
}

/** Where the brace stands that closes an expression. */
export function endOfExpression(template: string, from: number): number {
  let quote = '';
  for (let at = from; at < template.length; at++) {
    const c = template.charAt(at);
    if (quote !== '') {
      if (c === '\\') at += 1;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '}') return at;
  }
  throw new ExpressionSyntaxError({ en: '#{ is not closed by }', zh: '#{ 缺少结尾的 }' }, from - 2);
}
