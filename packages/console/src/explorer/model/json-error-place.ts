const whitespace = /[ \t\r\n]*/y;
const scalar =
  /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const memberName = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/**
 * Where a text stops being JSON, from 1. Browsers' parsers say it in words of their own, or not at all. For texts that a
 * parser has refused; of others it is the end.
 */
export function jsonErrorPlace(text: string): { readonly line: number; readonly column: number } {
  const before = text.slice(0, errorOffset(text)).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** A machine over the brackets that are open: `value` and `next` are what may follow. */
function errorOffset(text: string): number {
  const open: ('{' | '[')[] = [];
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) return false;
    at += found[0].length;
    return true;
  };
  const takeChar = (char: string): boolean => {
    take(whitespace);
    if (text[at] !== char) return false;
    at += 1;
    return true;
  };
  /** A member's name with its colon. */
  const takeName = (): boolean => {
    take(whitespace);
    return take(memberName) && takeChar(':');
  };
  let expects: 'value' | 'next' = 'value';
  for (;;) {
    take(whitespace);
    if (expects === 'value') {
      if (takeChar('{')) {
        open.push('{');
        if (takeChar('}')) open.pop();
        else {
          if (!takeName()) return at;
          continue;
        }
      } else if (takeChar('[')) {
        open.push('[');
        if (!takeChar(']')) continue;
        open.pop();
      } else if (!take(scalar)) return at;
      expects = 'next';
    } else {
      const innermost = open.at(-1);
      if (innermost === undefined) return at;
      if (takeChar(',')) {
        if (innermost === '{' && !takeName()) return at;
        expects = 'value';
      } else if (takeChar(innermost === '{' ? '}' : ']')) open.pop();
      else return at;
    }
  }
}
