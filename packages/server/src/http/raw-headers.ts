/** Names and values in turn, as Node's parser hands them out. */
export type RawHeaders = readonly string[];

/** Headers as they came, by lower-case name: repeated ones are joined, where Node would drop all but the first of some. */
export function joinedHeaders(pairs: RawHeaders): Readonly<Record<string, string>> {
  // Without a prototype, whose members would pass for headers.
  const headers: Record<string, string> = Object.create(null);
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const name = (pairs[at] ?? '').toLowerCase();
    const value = pairs[at + 1] ?? '';
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}
