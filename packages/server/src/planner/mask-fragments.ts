/** Characters of a piece of a secret that are taken out at least, and at most however long the secret is. */
const pieceCharsMin = 6;
const pieceCharsMax = 24;

/**
 * A text without pieces of a secret: databases quote the statement that they refuse from the place on where they stopped
 * to understand it, which may lie within the secret, and cut what they quote. A piece is half of the secret or more, or 24 characters.
 */
export function maskFragments(text: string, secret: string, mask: string): string {
  const size = Math.min(pieceCharsMax, Math.max(pieceCharsMin, Math.ceil(secret.length / 2)));
  if (secret.length <= size || text.length < size) return text;
  const places = new Map<string, number>();
  for (let at = secret.length - size; at >= 0; at--) places.set(secret.slice(at, at + size), at);
  let masked = '';
  let taken = 0;
  for (let at = 0; at + size <= text.length; ) {
    const place = places.get(text.slice(at, at + size));
    if (place === undefined) {
      at += 1;
      continue;
    }
    let end = at + size;
    while (end < text.length && text[end] === secret[place + end - at]) end += 1;
    masked += text.slice(taken, at) + mask;
    taken = end;
    at = end;
  }
  return masked + text.slice(taken);
}
