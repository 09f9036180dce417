import { ExpressionSyntaxError } from './expression-error.ts';
import { expressionLimits } from './limits.ts';

export type Token =
  | { readonly kind: 'name'; readonly text: string; readonly at: number }
  /** Words and signs of the language. `and` arrives as `&&`, `div` as `/`, and so on. */
  | { readonly kind: 'sign'; readonly text: string; readonly at: number }
  | { readonly kind: 'text'; readonly value: string; readonly at: number }
  /** Digits as written, without the suffix. */
  | { readonly kind: 'number'; readonly text: string; readonly isFloating: boolean; readonly at: number }
  | { readonly kind: 'end'; readonly at: number };

const words: ReadonlyMap<string, string> = new Map([
  ['and', '&&'],
  ['or', '||'],
  ['not', '!'],
  ['eq', '=='],
  ['ne', '!='],
  ['lt', '<'],
  ['gt', '>'],
  ['le', '<='],
  ['ge', '>='],
  ['div', '/'],
  ['mod', '%'],
  ['empty', 'empty'],
  ['true', 'true'],
  ['false', 'false'],
  ['null', 'null'],
]);

/** The longer ones first. */
const signs = ['&&', '||', '==', '!=', '<=', '>=', ...'+-*/%<>!?:()[],.'];

const nameForm = /[\p{L}_$][\p{L}\p{Nd}_$]*/uy;
const numberForm = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const suffixForm = /[lLdDfF](?![\p{L}\p{Nd}_$])/uy;
const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
]);

/**
 * Cuts an expression into tokens, in one pass; the last is `end`.
 * In a literal, a backslash makes n, r, t, b, f the control characters of these names and `u` with four hex digits the
 * character of this number; before anything else it stands for that character.
 * @throws ExpressionSyntaxError
 */
export function tokensOf(expression: string): readonly Token[] {
  if (expression.length > expressionLimits.textMax) {
    throw new ExpressionSyntaxError(
      {
        en: `an expression has at most ${expressionLimits.textMax} characters`,
        zh: `表达式最多 ${expressionLimits.textMax} 个字符`,
      },
      expressionLimits.textMax,
    );
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < expression.length) {
    const c = expression.charAt(at);
    if (/\s/.test(c)) {
      at += 1;
      continue;
    }
    const read = c === "'" || c === '"' ? readText(expression, at) : readOther(expression, at);
    tokens.push(read.token);
    at = read.end;
  }
  tokens.push({ kind: 'end', at });
  return tokens;
}

interface Read {
  readonly token: Token;
  readonly end: number;
}

function readOther(expression: string, at: number): Read {
  const number = matchAt(numberForm, expression, at);
  if (number !== null) return readNumber(expression, at, number);
  const name = matchAt(nameForm, expression, at);
  if (name !== null) {
    const sign = words.get(name);
    const token: Token =
      sign === undefined ? { kind: 'name', text: name, at } : { kind: 'sign', text: sign, at };
    return { token, end: at + name.length };
  }
  const sign = signs.find((each) => expression.startsWith(each, at));
  if (sign === undefined) {
    const shown = String.fromCodePoint(expression.codePointAt(at) ?? 0);
    throw new ExpressionSyntaxError({ en: `${shown} means nothing here`, zh: `此处不能出现 ${shown}` }, at);
  }
  return { token: { kind: 'sign', text: sign, at }, end: at + sign.length };
}

/** A number and its Java suffix: L whole, d and f floating. */
function readNumber(expression: string, at: number, text: string): Read {
  const end = at + text.length;
  const suffix = matchAt(suffixForm, expression, end) ?? '';
  const isWhole = /^\d+$/.test(text);
  if (/[lL]/.test(suffix) && !isWhole) {
    throw new ExpressionSyntaxError(
      { en: 'a number with the suffix L is a whole one', zh: '带后缀 L 的数字必须是整数' },
      at,
    );
  }
  const token: Token = { kind: 'number', text, isFloating: !isWhole || /[dDfF]/.test(suffix), at };
  return { token, end: end + suffix.length };
}

function readText(expression: string, start: number): Read {
  const quote = expression.charAt(start);
  let value = '';
  let at = start + 1;
  while (at < expression.length) {
    const c = expression.charAt(at);
    if (c === quote) return { token: { kind: 'text', value, at: start }, end: at + 1 };
    if (c !== '\\') {
      value += c;
      at += 1;
      continue;
    }
    const escaped = expression.charAt(at + 1);
    const hex = escaped === 'u' ? /^[0-9a-fA-F]{4}/.exec(expression.slice(at + 2, at + 6)) : null;
    if (hex === null) {
      value += escapes.get(escaped) ?? escaped;
      at += 2;
    } else {
      value += String.fromCharCode(Number.parseInt(hex[0], 16));
      at += 6;
    }
  }
  throw new ExpressionSyntaxError({ en: 'a quote is not closed', zh: '引号未闭合' }, start);
}

function matchAt(form: RegExp, text: string, at: number): string | null {
  form.lastIndex = at;
  return form.exec(text)?.[0] ?? null;
}
