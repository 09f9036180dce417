import type { Text } from '../data/text.ts';

/** A part of a text in which `${…}` stands for something. `source` is the part as it was written. */
export type TextPart =
  | { readonly kind: 'text'; readonly source: string }
  /** `${name}` */
  | { readonly kind: 'name'; readonly source: string; readonly name: string }
  /** `${name(…)}`; `inner` is what stands between the brackets. */
  | { readonly kind: 'call'; readonly source: string; readonly name: string; readonly inner: string };

/** A macro that says nothing. */
export class BadMacro extends Error {
  /** What is wrong with it, for people. */
  readonly text: Text;
  constructor(text: Text) {
    super(text.en);
    this.name = 'BadMacro';
    this.text = text;
  }
}

/** Names that open a bracket when they mean a macro: what begins like one and is none is an error and no text. */
const callNames = /^(?:dateformat|timestamp|custom)$/i;

const opening = /\$\{(\s*)([A-Za-z_][A-Za-z0-9_.-]{0,127})(\s*)([}(])/g;

/**
 * Takes a text apart. What looks like neither a name nor a call stays text, `${` and all.
 * @throws BadMacro for a macro that is not closed, or stands without its brackets.
 */
export function parseText(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let done = 0;
  const add = (part: Exclude<TextPart, { kind: 'text' }>, start: number) => {
    if (start > done) parts.push({ kind: 'text', source: text.slice(done, start) });
    parts.push(part);
    done = start + part.source.length;
  };
  opening.lastIndex = 0;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const [head, lead = '', name = '', trail = '', mark] = match;
    if (mark === '}') {
      if (lead !== '' || trail !== '') continue;
      add({ kind: 'name', source: head, name }, match.index);
      continue;
    }
    const end = closingOf(text, opening.lastIndex);
    const close = end === null ? null : /^\)\s*\}/.exec(text.slice(end));
    if (end === null || close === null) {
      if (callNames.test(name)) throw notClosed(text.slice(match.index));
      continue;
    }
    const inner = text.slice(opening.lastIndex, end);
    const source = text.slice(match.index, end + close[0].length);
    add({ kind: 'call', source, name, inner }, match.index);
    opening.lastIndex = done;
  }
  if (done < text.length) parts.push({ kind: 'text', source: text.slice(done) });
  return parts;
}

/** Where the bracket closes that is open at `from`; brackets in single quotes are none. null: nowhere. */
function closingOf(text: string, from: number): number | null {
  let depth = 1;
  let isQuoted = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (char === "'") isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (char === '(') depth += 1;
    else if (char === ')') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return null;
}

/** Characters of a text that an error shows. */
const shownCharsMax = 60;

function notClosed(text: string): BadMacro {
  const shown = text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text;
  return new BadMacro({
    en: `The macro is not closed: ${shown} It must end in )}, and a single quote in its format must have a second one.`,
    zh: `宏未正确结束：${shown} 应以 )} 结尾，格式中的单引号必须成对。`,
  });
}
