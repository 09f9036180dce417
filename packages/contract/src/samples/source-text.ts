/** Moves every line but the first to the right. Literals hold no line feeds, so nothing else is moved. */
export function indented(text: string, by: string): string {
  return text.replaceAll('\n', `\n${by}`);
}

/** `open`, each item on lines of its own, `close`. Without items: `open` and `close` on one line. */
export function block(open: string, items: readonly string[], close: string, indent = '    '): string {
  if (items.length === 0) return `${open}${close}`;
  return `${open}\n${items.map((item) => `${indent}${indented(item, indent)}\n`).join('')}${close}`;
}

/** The lines of a file, with a line feed at the end. */
export function fileText(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
