/** Above this product of lengths, in characters, the runtime's own search, which has bad cases, is not trusted to be linear. */
const plainProductMax = 1_000_000;

/** Index of the first `pattern` in `text` at or behind `from`; -1: none. Linear in both lengths. */
export function indexIn(text: string, pattern: string, from = 0): number {
  if (pattern.length < 2 || text.length * pattern.length <= plainProductMax)
    return text.indexOf(pattern, from);
  return linearIndex(text, pattern, failureTable(pattern), from);
}

/** Index of the last `pattern` in `text`; -1: none. Linear in both lengths. */
export function lastIndexIn(text: string, pattern: string): number {
  if (pattern.length < 2 || text.length * pattern.length <= plainProductMax) return text.lastIndexOf(pattern);
  // The first one of both texts turned round.
  const turned = reversed(pattern);
  const at = linearIndex(reversed(text), turned, failureTable(turned), 0);
  return at < 0 ? -1 : text.length - at - pattern.length;
}

/** The pieces of `text` between the occurrences of `pattern`, which do not overlap. Linear in both lengths. */
export function splitBy(text: string, pattern: string): readonly string[] {
  if (pattern.length < 2 || text.length * pattern.length <= plainProductMax) return text.split(pattern);
  const pieces: string[] = [];
  const table = failureTable(pattern);
  let from = 0;
  for (;;) {
    const at = linearIndex(text, pattern, table, from);
    if (at < 0) break;
    pieces.push(text.slice(from, at));
    from = at + pattern.length;
  }
  pieces.push(text.slice(from));
  return pieces;
}

function reversed(text: string): string {
  let turned = '';
  for (let i = text.length - 1; i >= 0; i--) turned += text.charAt(i);
  return turned;
}

/** Knuth, Morris and Pratt: for each prefix, its longest border. */
function failureTable(pattern: string): Uint32Array {
  const table = new Uint32Array(pattern.length);
  let border = 0;
  for (let i = 1; i < pattern.length; i++) {
    while (border > 0 && pattern.charCodeAt(i) !== pattern.charCodeAt(border))
      border = table[border - 1] ?? 0;
    if (pattern.charCodeAt(i) === pattern.charCodeAt(border)) border += 1;
    table[i] = border;
  }
  return table;
}

function linearIndex(text: string, pattern: string, table: Uint32Array, from: number): number {
  let matched = 0;
  for (let i = Math.max(from, 0); i < text.length; i++) {
    while (matched > 0 && text.charCodeAt(i) !== pattern.charCodeAt(matched))
      matched = table[matched - 1] ?? 0;
    if (text.charCodeAt(i) === pattern.charCodeAt(matched)) matched += 1;
    if (matched === pattern.length) return i - matched + 1;
  }
  return -1;
}
