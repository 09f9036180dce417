import { decimalOf } from './numbers.ts';

/**
 * A JSON text as its value, written one way: members sorted, of equal names the last, numbers by their exact value.
 * null: no JSON. `JSON.parse` would bend the numbers, so only strings are left to it.
 */
export function canonicalJson(text: string): string | null {
  const reader = new Reader(text);
  try {
    const value = reader.value();
    reader.end();
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): string {
    this.#blanks();
    const first = this.#text[this.#at];
    if (first === '{') return this.#object();
    if (first === '[') return this.#array();
    if (first === '"') return JSON.stringify(this.#string());
    const word = /^(?:true|false|null)/.exec(this.#text.slice(this.#at))?.[0];
    if (word !== undefined) return this.#take(word);
    const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(this.#text.slice(this.#at))?.[0];
    if (number === undefined) throw new SyntaxError('no value');
    this.#at += number.length;
    return decimalOf(number) ?? number;
  }

  end(): void {
    this.#blanks();
    if (this.#at !== this.#text.length) throw new SyntaxError('more than a value');
  }

  #object(): string {
    const members = new Map<string, string>();
    this.#take('{');
    this.#blanks();
    while (this.#text[this.#at] !== '}') {
      if (members.size > 0) this.#take(',');
      this.#blanks();
      const name = this.#string();
      this.#blanks();
      this.#take(':');
      members.set(name, this.value());
      this.#blanks();
    }
    this.#take('}');
    const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
  }

  #array(): string {
    const items: string[] = [];
    this.#take('[');
    this.#blanks();
    while (this.#text[this.#at] !== ']') {
      if (items.length > 0) this.#take(',');
      items.push(this.value());
      this.#blanks();
    }
    this.#take(']');
    return `[${items.join(',')}]`;
  }

  #string(): string {
    const token = /^"(?:[^"\\]|\\.)*"/s.exec(this.#text.slice(this.#at))?.[0];
    if (token === undefined) throw new SyntaxError('no string');
    this.#at += token.length;
    return String(JSON.parse(token));
  }

  #take(text: string): string {
    if (!this.#text.startsWith(text, this.#at)) throw new SyntaxError(`no ${text}`);
    this.#at += text.length;
    return text;
  }

  #blanks(): void {
    while (/[ \t\n\r]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }
}
