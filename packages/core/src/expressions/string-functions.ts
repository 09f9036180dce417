import type { Evaluation } from './evaluation.ts';
import { anyText, type FunctionEntry, integerAt, textAt, truth, wholeNumber } from './function-entry.ts';
import { requireSize } from './operators.ts';
import { indexIn, lastIndexIn, splitBy } from './text-search.ts';
import type { ElValue } from './values.ts';

// `StringUtils` as Apache Commons Lang has it. Positions and lengths count UTF-16 units, sets of characters go by code point.

type Args = readonly ElValue[];

/** Work for one character of a set. */
const SET_WORK = 16;

/** A function of a text and further ones; null stays null. */
function ofText(
  args: readonly [min: number, max: number],
  make: (text: string, args: Args, evaluation: Evaluation) => string | null,
): FunctionEntry {
  return {
    argsMin: args[0],
    argsMax: args[1],
    result: anyText,
    call(given, evaluation) {
      const text = textAt(given, 0, evaluation);
      return text === null ? null : sized(make(text, given, evaluation), evaluation);
    },
  };
}

function asking(
  count: number,
  ask: (text: string | null, args: Args, evaluation: Evaluation) => boolean,
): FunctionEntry {
  return {
    argsMin: count,
    argsMax: count,
    result: truth,
    call: (args, evaluation) => ask(textAt(args, 0, evaluation), args, evaluation),
  };
}

function counting(
  args: readonly [min: number, max: number],
  count: (text: string | null, args: Args, evaluation: Evaluation) => number,
): FunctionEntry {
  return {
    argsMin: args[0],
    argsMax: args[1],
    result: wholeNumber,
    call: (given, evaluation) => BigInt(count(textAt(given, 0, evaluation), given, evaluation)),
  };
}

/** Only characters of one kind, and at least one unless `takesEmpty`. */
function madeOf(form: RegExp, takesEmpty: boolean): FunctionEntry {
  return asking(1, (text) => (text === null || text === '' ? text !== null && takesEmpty : form.test(text)));
}

function sized(text: string | null, evaluation: Evaluation): string | null {
  if (text !== null) evaluation.work(text.length);
  return text;
}

/** What is made may not be longer than the limit: asked before it is made. */
function requireLength(length: number, base: string, evaluation: Evaluation): void {
  requireSize(length, base.length);
  evaluation.work(Math.max(0, length));
}

/** `pad` over and over, cut to `length`. */
function padding(pad: string, length: number): string {
  return pad.repeat(Math.ceil(length / pad.length)).slice(0, length);
}

function padTextOf(args: Args, evaluation: Evaluation): string {
  const pad = textAt(args, 2, evaluation);
  return pad === null || pad === '' ? ' ' : pad;
}

function replaceAll(text: string, search: string, replacement: string, evaluation: Evaluation): string {
  if (search === '') return text;
  const pieces = splitBy(text, search);
  const growth = (pieces.length - 1) * (replacement.length - search.length);
  if (growth > 0) requireLength(text.length + growth, text, evaluation);
  return pieces.join(replacement);
}

/** What Java calls white space: no no-break spaces, but the separators of files, groups and records. */
function isBlank(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f);
  if (code === 0xa0 || code === 0x2007 || code === 0x202f || code === 0xfeff) return false;
  return /\s/.test(String.fromCharCode(code));
}

/** Cuts characters of a set, or blanks when it is null, off one end or both. */
function strip(text: string, set: string | null, ends: 'start' | 'end' | 'both'): string {
  if (set === '') return text;
  const units = set === null ? null : new Set(set.split(''));
  const isCut = (at: number) => (units === null ? isBlank(text.charCodeAt(at)) : units.has(text.charAt(at)));
  let start = 0;
  let end = text.length;
  if (ends !== 'end') while (start < end && isCut(start)) start += 1;
  if (ends !== 'start') while (end > start && isCut(end - 1)) end -= 1;
  return text.slice(start, end);
}

/** Argument `index` as a set of characters, which costs more than to read it. */
function setAt(args: Args, index: number, evaluation: Evaluation): string | null {
  const set = textAt(args, index, evaluation);
  if (set !== null) evaluation.work(SET_WORK * set.length);
  return set;
}

/** Index of the first character that is one of a set; -1: none. */
function indexOfAny(text: string | null, set: string | null): number {
  if (text === null || text === '' || set === null || set === '') return -1;
  const wanted = new Set(set);
  let at = 0;
  for (const c of text) {
    if (wanted.has(c)) return at;
    at += c.length;
  }
  return -1;
}

function containsOnly(text: string | null, set: string | null): boolean {
  if (text === null || set === null) return false;
  const allowed = new Set(set);
  for (const c of text) if (!allowed.has(c)) return false;
  return true;
}

/** Each character of `from` becomes that of `to` at the same place, or nothing where `to` is shorter. */
function replaceChars(text: string, from: string, to: string): string {
  const partners = new Map<string, string>();
  for (let i = 0; i < from.length; i++) {
    if (!partners.has(from.charAt(i))) partners.set(from.charAt(i), to.charAt(i));
  }
  let made = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    made += partners.get(c) ?? c;
  }
  return made;
}

/** The first character changed to the case wanted, where that is one character too. */
function withFirst(text: string, change: (c: string) => string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  const changed = change(first);
  return text === '' || changed.length !== first.length ? text : changed + text.slice(first.length);
}

/** Positions below 0 count from the end. */
function substring(text: string, start: number, end: number): string {
  const place = (position: number) => (position < 0 ? position + text.length : position);
  const from = Math.max(0, place(start));
  const to = Math.max(0, Math.min(text.length, place(end)));
  return from >= to ? '' : text.slice(from, to);
}

export const stringFunctions: Readonly<Record<string, FunctionEntry>> = {
  lowerCase: ofText([1, 1], (text) => text.toLowerCase()),
  upperCase: ofText([1, 1], (text) => text.toUpperCase()),
  capitalize: ofText([1, 1], (text) => withFirst(text, (c) => c.toUpperCase())),
  uncapitalize: ofText([1, 1], (text) => withFirst(text, (c) => c.toLowerCase())),
  center: ofText([2, 2], (text, args, evaluation) => {
    const size = integerAt(args, 1);
    if (size <= text.length) return text;
    requireLength(size, text, evaluation);
    return text.padStart(text.length + Math.floor((size - text.length) / 2)).padEnd(size);
  }),
  chomp: ofText([1, 1], (text) => text.replace(/(?:\r\n|\n|\r)$/, '')),
  trim: ofText([1, 1], (text) => trimmed(text)),
  strip: ofText([2, 2], (text, args, evaluation) => strip(text, setAt(args, 1, evaluation), 'both')),
  stripStart: ofText([2, 2], (text, args, evaluation) => strip(text, setAt(args, 1, evaluation), 'start')),
  stripEnd: ofText([2, 2], (text, args, evaluation) => strip(text, setAt(args, 1, evaluation), 'end')),
  left: ofText([2, 2], (text, args) => text.slice(0, Math.max(0, integerAt(args, 1)))),
  right: ofText([2, 2], (text, args) => {
    const length = Math.max(0, integerAt(args, 1));
    return length >= text.length ? text : text.slice(text.length - length);
  }),
  leftPad: ofText([3, 3], (text, args, evaluation) => {
    const missing = integerAt(args, 1) - text.length;
    if (missing <= 0) return text;
    requireLength(text.length + missing, text, evaluation);
    return padding(padTextOf(args, evaluation), missing) + text;
  }),
  rightPad: ofText([3, 3], (text, args, evaluation) => {
    const missing = integerAt(args, 1) - text.length;
    if (missing <= 0) return text;
    requireLength(text.length + missing, text, evaluation);
    return text + padding(padTextOf(args, evaluation), missing);
  }),
  remove: ofText([2, 2], (text, args, evaluation) =>
    replaceAll(text, textAt(args, 1, evaluation) ?? '', '', evaluation),
  ),
  removeEnd: ofText([2, 2], (text, args, evaluation) => {
    const suffix = textAt(args, 1, evaluation) ?? '';
    return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
  }),
  removeStart: ofText([2, 2], (text, args, evaluation) => {
    const prefix = textAt(args, 1, evaluation) ?? '';
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  }),
  replace: ofText([3, 3], (text, args, evaluation) => {
    const replacement = textAt(args, 2, evaluation);
    return replacement === null
      ? text
      : replaceAll(text, textAt(args, 1, evaluation) ?? '', replacement, evaluation);
  }),
  replaceChars: ofText([3, 3], (text, args, evaluation) =>
    replaceChars(text, setAt(args, 1, evaluation) ?? '', textAt(args, 2, evaluation) ?? ''),
  ),
  substring: ofText([2, 3], (text, args) =>
    substring(text, integerAt(args, 1), args.length > 2 ? integerAt(args, 2) : text.length),
  ),
  substringAfter: ofText([2, 2], (text, args, evaluation) => {
    const mark = textAt(args, 1, evaluation);
    const at = mark === null ? -1 : indexIn(text, mark);
    return at < 0 ? '' : text.slice(at + (mark ?? '').length);
  }),
  substringAfterLast: ofText([2, 2], (text, args, evaluation) => {
    const mark = textAt(args, 1, evaluation) ?? '';
    const at = mark === '' ? -1 : lastIndexIn(text, mark);
    return at < 0 ? '' : text.slice(at + mark.length);
  }),
  substringBefore: ofText([2, 2], (text, args, evaluation) => {
    const mark = textAt(args, 1, evaluation);
    const at = mark === null ? -1 : indexIn(text, mark);
    return at < 0 ? text : text.slice(0, at);
  }),
  substringBeforeLast: ofText([2, 2], (text, args, evaluation) => {
    const mark = textAt(args, 1, evaluation) ?? '';
    const at = mark === '' ? -1 : lastIndexIn(text, mark);
    return at < 0 ? text : text.slice(0, at);
  }),
  substringBetween: ofText([2, 2], (text, args, evaluation) => {
    const tag = textAt(args, 1, evaluation);
    const start = tag === null ? -1 : indexIn(text, tag);
    if (tag === null || start < 0) return null;
    const end = indexIn(text, tag, start + tag.length);
    return end < 0 ? null : text.slice(start + tag.length, end);
  }),
  defaultIfEmpty: {
    argsMin: 2,
    argsMax: 2,
    result: null,
    call: (args, evaluation) => {
      const text = textAt(args, 0, evaluation);
      return (text === null || text === '' ? args[1] : args[0]) ?? null;
    },
  },
  length: counting([1, 1], (text) => text?.length ?? 0),
  indexOf: counting([2, 3], (text, args, evaluation) => {
    const wanted = textAt(args, 1, evaluation);
    if (text === null || wanted === null) return -1;
    return indexIn(text, wanted, args.length > 2 ? Math.max(0, integerAt(args, 2)) : 0);
  }),
  lastIndexOf: counting([2, 2], (text, args, evaluation) => {
    const wanted = textAt(args, 1, evaluation);
    return text === null || wanted === null ? -1 : lastIndexIn(text, wanted);
  }),
  indexOfAny: counting([2, 2], (text, args, evaluation) => indexOfAny(text, setAt(args, 1, evaluation))),
  contains: asking(2, (text, args, evaluation) => {
    const wanted = textAt(args, 1, evaluation);
    return text !== null && wanted !== null && indexIn(text, wanted) >= 0;
  }),
  containsAny: asking(2, (text, args, evaluation) => indexOfAny(text, setAt(args, 1, evaluation)) >= 0),
  containsNone: asking(2, (text, args, evaluation) => indexOfAny(text, setAt(args, 1, evaluation)) < 0),
  containsOnly: asking(2, (text, args, evaluation) => containsOnly(text, setAt(args, 1, evaluation))),
  endsWith: asking(2, (text, args, evaluation) => {
    const suffix = textAt(args, 1, evaluation);
    return text === null || suffix === null ? text === suffix : text.endsWith(suffix);
  }),
  startsWith: asking(2, (text, args, evaluation) => {
    const prefix = textAt(args, 1, evaluation);
    return text === null || prefix === null ? text === prefix : text.startsWith(prefix);
  }),
  equals: asking(2, (text, args, evaluation) => text === textAt(args, 1, evaluation)),
  isEmpty: asking(1, (text) => text === null || text === ''),
  isAlpha: madeOf(/^\p{L}+$/u, false),
  isAlphaSpace: madeOf(/^[\p{L} ]+$/u, true),
  isAlphanumeric: madeOf(/^[\p{L}\p{Nd}]+$/u, false),
  isAlphanumericSpace: madeOf(/^[\p{L}\p{Nd} ]+$/u, true),
  isAsciiPrintable: madeOf(/^[ -~]+$/, true),
  isNumeric: madeOf(/^\p{Nd}+$/u, false),
};

/** Without control characters and spaces, code 32 and below, at both ends. */
export function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 32) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= 32) end -= 1;
  return text.slice(start, end);
}
