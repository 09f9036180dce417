import type { Text } from '../data/text.ts';
import type { ErrorCode } from './codes.ts';

/** What the catalogue says of one code. */
export interface CatalogueEntry {
  /** HTTP status, unless the error names another. */
  readonly status: number;
  /** Names of the facts that the text holds in braces, in order; any of them may be missing when an error is raised. */
  readonly facts: readonly string[];
  /**
   * What is wrong, one sentence. Each brace follows the noun it names, or stands in a clause behind a colon,
   * so that the sentence stays whole when a fact is missing: the brace, or the clause, is left out.
   */
  readonly text: Text;
  /** What to do, one sentence. */
  readonly remedy: Text;
}

/** The entries of one area. */
export type CataloguePart = Readonly<Partial<Record<ErrorCode, CatalogueEntry>>>;
