// A pattern of SimpleDateFormat taken apart: letters with their counts, and the text between them.

/** A pattern that is none: `reason` is for people. */
export class DatePatternError extends Error {
  readonly reason: string;

  constructor(pattern: string, reason: string) {
    super(`date pattern ${JSON.stringify(pattern)}: ${reason}`);
    this.name = 'DatePatternError';
    this.reason = reason;
  }
}

export interface PatternField {
  readonly kind: 'field';
  readonly letter: string;
  readonly count: number;
  /** The text of the next field begins with a digit and nothing stands between: only `count` characters are this one's. */
  readonly isAbutting: boolean;
}

export type PatternPart = PatternField | { readonly kind: 'text'; readonly text: string };

const letters = 'GyYMLwWDdFEuaHkKhmsSzZX';
const numericLetters = new Set('yYwWDdFuHkKhmsS');
/** A pattern is at most this long, in characters. */
export const datePatternLengthMax = 512;
/** Patterns that are kept taken apart. */
const keptMax = 256;
const kept = new Map<string, readonly PatternPart[]>();

/** @throws DatePatternError unknown letter, open quote, too long. */
export function datePatternParts(pattern: string): readonly PatternPart[] {
  let parts = kept.get(pattern);
  if (parts === undefined) {
    parts = withNeighbours(read(pattern));
    if (kept.size >= keptMax) kept.clear();
    kept.set(pattern, parts);
  }
  return parts;
}

function read(pattern: string): PatternPart[] {
  if (pattern.length > datePatternLengthMax) {
    throw new DatePatternError(`${pattern.slice(0, 32)}…`, `longer than ${datePatternLengthMax} characters`);
  }
  const parts: PatternPart[] = [];
  let text = '';
  const endText = () => {
    if (text !== '') parts.push({ kind: 'text', text });
    text = '';
  };
  let at = 0;
  while (at < pattern.length) {
    const c = pattern.charAt(at);
    if (c === "'") {
      const quoted = readQuoted(pattern, at);
      text += quoted.text;
      at = quoted.end;
    } else if (/[A-Za-z]/.test(c)) {
      if (!letters.includes(c)) throw new DatePatternError(pattern, `the letter ${c} means nothing`);
      let end = at + 1;
      while (pattern.charAt(end) === c) end += 1;
      const count = end - at;
      if (c === 'X' && count > 3) throw new DatePatternError(pattern, 'X stands three times at most');
      endText();
      parts.push({ kind: 'field', letter: c, count, isAbutting: false });
      at = end;
    } else {
      text += c;
      at += 1;
    }
  }
  endText();
  return parts;
}

/** From a quote on: two of them are one of the text, here and inside. */
function readQuoted(pattern: string, start: number): { readonly text: string; readonly end: number } {
  if (pattern.charAt(start + 1) === "'") return { text: "'", end: start + 2 };
  let text = '';
  let at = start + 1;
  for (;;) {
    const close = pattern.indexOf("'", at);
    if (close < 0) throw new DatePatternError(pattern, 'a quote is not closed');
    text += pattern.slice(at, close);
    if (pattern.charAt(close + 1) !== "'") return { text, end: close + 1 };
    text += "'";
    at = close + 2;
  }
}

function withNeighbours(parts: readonly PatternPart[]): readonly PatternPart[] {
  return parts.map((part, i) => {
    const next = parts[i + 1];
    return part.kind === 'field' && next?.kind === 'field' && isNumeric(next)
      ? { ...part, isAbutting: true }
      : part;
  });
}

/** Months have names from three letters on. */
export function isNumeric(field: PatternField): boolean {
  const { letter, count } = field;
  return numericLetters.has(letter) || ((letter === 'M' || letter === 'L') && count <= 2);
}
