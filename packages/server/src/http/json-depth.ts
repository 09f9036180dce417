/**
 * Whether a JSON text nests objects and lists deeper than `depthMax`. What reads a document goes into it by calls of itself, as
 * JSON.stringify does, and a few thousand levels exhaust the stack. One pass over the text, which need not be JSON.
 */
export function isNestedDeeper(text: string, depthMax: number): boolean {
  // Most documents do not even hold as many brackets as would be needed.
  if (text.length <= depthMax) return false;
  let depth = 0;
  let isText = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isText) {
      if (code === backslash) at += 1;
      else if (code === quote) isText = false;
    } else if (code === quote) isText = true;
    else if (code === openBrace || code === openBracket) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (code === closeBrace || code === closeBracket) depth -= 1;
  }
  return false;
}

/** Levels of a request's document; the deepest that any operation knows has a dozen. */
export const jsonDepthMax = 100;

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [
  0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d,
];
