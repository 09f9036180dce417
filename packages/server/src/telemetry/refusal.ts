import type { Language, Text } from '@sluice/core/data/text';

/**
 * A reason not to go on, for the person at the command line: one sentence per language, without secrets.
 * The command line prints the sentence and nothing else; there is no bug to hunt, so there is no stack to show.
 */
export class Refusal extends Error {
  readonly text: Text;
  /** What the process ends with: 2 for a wrong command line or setting, else 1. */
  readonly exitCode: 1 | 2;

  constructor(text: Text, options: { readonly exitCode?: 1 | 2; readonly cause?: unknown } = {}) {
    super(text.en, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Refusal';
    this.text = text;
    this.exitCode = options.exitCode ?? 1;
  }

  in(language: Language): string {
    return this.text[language];
  }
}

/** The message of anything thrown, for a sentence; never a stack. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
