/**
 * The character U+0000 is a character in JSON and in addresses, but no text of a PostgreSQL store may hold it, and nothing that
 * users name has it. So that every store gives the same answer, it is refused where requests are read.
 */

/** Whether a JSON text has it in one of its texts. Written out it is no JSON, so only the escape is looked for. */
export function hasZeroCharacter(json: string): boolean {
  for (let at = json.indexOf(zeroEscape); at >= 0; at = json.indexOf(zeroEscape, at + 1)) {
    let backslashes = 0;
    while (json[at - 1 - backslashes] === '\\') backslashes += 1;
    // Behind an odd number the escape's own backslash is itself escaped.
    if (backslashes % 2 === 0) return true;
  }
  return false;
}

/** Whether a request target has it. `%2500` is the text `%00`, and is none. */
export function targetHasZeroCharacter(target: string): boolean {
  return target.includes('%00');
}

const zeroEscape = '\\u0000';
