/** Longest name of a table or column that the servers take, in characters. */
export const nameLengthMax = 64;

/** A name as an identifier: in backticks, backticks in it doubled. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** `database`.`table`, quoted. */
export function quoteTable(database: string, table: string): string {
  return `${quoteName(database)}.${quoteName(table)}`;
}

// Escapes of a string literal while sql_mode is without NO_BACKSLASH_ESCAPES; every session of ours sets sql_mode.
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL and ^Z are two of the five characters to be escaped.
const special = /['\\\u0000\n\r\u001a]/g;
const escapes: Readonly<Record<string, string>> = {
  "'": "\\'",
  '\\': '\\\\',
  '\u0000': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  '\u001a': '\\Z',
};

/** A text as a string literal. Safe because the connection's character set is utf8mb4, where no multi-byte character holds an ASCII byte. */
export function quoteText(text: string): string {
  return `'${text.replace(special, (character) => escapes[character] ?? character)}'`;
}

/** Bytes as a hexadecimal literal. */
export function quoteBytes(bytes: Uint8Array): string {
  return `X'${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}'`;
}
