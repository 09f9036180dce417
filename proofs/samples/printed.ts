/** What a sample printed, read as its SDK prints an answer. */
export type Printed = {
  /** Whether a value in the answer holds this text. */
  holds(text: string): boolean;
};

/** An answer printed as JSON; the Go SDK puts the name of the class in front. @throws when it is none. */
export function printedJson(output: string): Printed {
  const begin = output.indexOf('{');
  if (begin < 0) throw new Error('no answer was printed');
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) visit(one);
  };
  visit(JSON.parse(output.slice(begin)));
  return { holds: (text) => texts.some((one) => one.includes(text)) };
}

/** The lines that the Java SDK makes of an answer: `class X {`, members, `}`; it indents the lines of a text that has several. */
export function printedLines(output: string): Printed {
  const text = output.trim();
  if (!/^class \w+ \{[\s\S]*\}$/.test(text)) throw new Error('no answer was printed');
  const flat = (one: string) => one.replace(/\n\s*/g, '\n');
  return { holds: (wanted) => flat(text).includes(flat(wanted)) };
}
