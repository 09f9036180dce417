// Texts of users as literals of each language. What is not plainly readable (controls, signs that change the direction of
// writing, odd spaces) is always written as an escape, so that a sample shows what it does. No literal holds a line feed.

/** ASCII that can be seen, and letters, marks, digits, punctuation and symbols of every script. */
const readable = /^[ -~]$|^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

function written(text: string, escapes: Readonly<Record<string, string>>, other: (code: number) => string) {
  // A half of a pair of surrogates cannot be sent in any language.
  return Array.from(text.toWellFormed(), (char) => {
    const known = escapes[char];
    if (known !== undefined) return known;
    return readable.test(char) ? char : other(char.codePointAt(0) ?? 0);
  }).join('');
}

const backslashed = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const bothLengths = (code: number) => (code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`);

/** `\u` and four digits for each half: JSON, JavaScript, Java. */
const utf16 = (code: number) =>
  String.fromCodePoint(code)
    .split('')
    .map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
    .join('');

/**
 * Java reads `\u` escapes before it looks for the end of a literal, so one of a control could end it: those are octal,
 * always three digits, for a digit may follow.
 */
export function javaText(text: string): string {
  const octal = (code: number) => `\\${code.toString(8).padStart(3, '0')}`;
  return `"${written(text, backslashed, (code) => (code < 0x80 ? octal(code) : utf16(code)))}"`;
}

export function pythonText(text: string): string {
  return `"${written(text, backslashed, bothLengths)}"`;
}

export function goText(text: string): string {
  return `"${written(text, backslashed, bothLengths)}"`;
}

/** PHP 7 and later; `$` begins a variable in this kind of literal. */
export function phpText(text: string): string {
  return `"${written(text, { ...backslashed, $: '\\$' }, (code) => `\\u{${code.toString(16)}}`)}"`;
}

/**
 * Terraform: `${` and `%{` begin a template. The sign is written as an escape: doubling it would take the template away as
 * well, but not behind another such sign.
 */
export function hclText(text: string): string {
  const literal = written(text, backslashed, bothLengths);
  return `"${literal.replace(/[$%](?=\{)/g, (sign) => bothLengths(sign.charCodeAt(0)))}"`;
}

/** JSON, and with it JavaScript. */
export function jsonText(text: string): string {
  return `"${written(text, backslashed, utf16)}"`;
}

/** A word of a POSIX shell. @param text without controls: they have no escape there. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Letters, digits and `-_.~` stay, everything else is percent-encoded: as signatures and addresses want it. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
