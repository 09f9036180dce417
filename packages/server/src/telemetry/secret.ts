import { inspect } from 'node:util';

/** What stands in place of every secret that is printed. */
export const mask = '***';

/**
 * A text that must not be seen. However it is printed, logged, put into JSON or shown by a debugger's inspect, it gives
 * the mask; only `reveal` gives the text, so every use of a secret can be found by that word.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return mask;
  }

  toJSON(): string {
    return mask;
  }

  [inspect.custom](): string {
    return mask;
  }
}
