import type { Text } from '../data/text.ts';

/** A text that is no expression, or names what there is not. Found before any row is read. */
export class ExpressionSyntaxError extends Error {
  readonly text: Text;

  /** @param at index of the character where it was found. */
  constructor(text: Text, at: number) {
    super(`${text.en} (at character ${at + 1})`);
    this.name = 'ExpressionSyntaxError';
    this.text = {
      en: `${text.en} (at character ${at + 1})`,
      zh: `${text.zh}（第 ${at + 1} 个字符处）`,
    };
  }
}

/** An expression that cannot be evaluated for this row: the row is dirty. */
export class ExpressionRunError extends Error {
  readonly text: Text;

  constructor(text: Text) {
    super(text.en);
    this.name = 'ExpressionRunError';
    this.text = text;
  }
}

/** The expression needs a mapping file that is not there yet: fetch it, then evaluate again. */
export class MapNeeded extends Error {
  readonly url: string;

  constructor(url: string) {
    super(`the mapping file ${url} is needed`);
    this.name = 'MapNeeded';
    this.url = url;
  }
}
