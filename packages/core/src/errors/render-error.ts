import type { Language, Text } from '../data/text.ts';
import { errorCatalogue } from './catalogue.ts';
import type { ErrorCode } from './codes.ts';
import { explanationFacts } from './explained.ts';
import { type ErrorFacts, Fenced, SluiceError } from './sluice-error.ts';

/** An error in words, ready for an answer or a screen. */
export interface RenderedError {
  readonly code: ErrorCode;
  /** HTTP status. */
  readonly status: number;
  /** What is wrong, in one line without braces. */
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
}

/** Longest fact that goes into a message: a driver may quote a whole statement. */
const factCharsMax = 1000;

/**
 * Puts an error into words. Facts that are missing leave no trace: the text is written so that it stays a sentence.
 * A `cause` or `detail` that the catalogue's text has no place for is added behind a colon.
 */
export function renderError(error: SluiceError, language: Language): RenderedError {
  const entry = errorCatalogue[error.code];
  let message = fill(entry.text, error.facts, language);
  for (const name of ['cause', 'detail']) {
    const fact = factOf(error.facts, name);
    if (fact !== null && !entry.facts.includes(name)) message = withClause(message, fact, language);
  }
  const explanation = factOf(error.facts, explanationFacts[language]);
  if (explanation !== null) message += language === 'en' ? ` ${explanation}` : explanation;
  return {
    code: error.code,
    status: error.status ?? entry.status,
    message: capitalised(message),
    remedy: entry.remedy[language],
  };
}

/** How far a chain of causes is followed. */
const causeDepthMax = 8;

/**
 * Turns whatever was thrown into an error that a caller may see. What is not ours becomes Cdm.0000 (500) and takes
 * nothing along: neither message nor stack nor cause, for they may hold paths, statements or secrets. Whoever
 * catches it logs the original first.
 */
export function unknownToSluiceError(thrown: unknown): SluiceError {
  let found: unknown = thrown;
  for (let depth = 0; depth < causeDepthMax && found instanceof Error; depth++) {
    if (found instanceof SluiceError) return found;
    if (found instanceof Fenced) {
      return new SluiceError('Cdm.0036', { cause: 'a newer attempt has taken over this work' });
    }
    found = found.cause;
  }
  return new SluiceError('Cdm.0000');
}

/** A fact as one line of text without its final stop; null when it is missing or blank. */
function factOf(facts: ErrorFacts, name: string): string | null {
  if (!Object.hasOwn(facts, name)) return null;
  const value = facts[name];
  if (value === undefined || value === null) return null;
  // Control characters of a driver's text would reach terminals and logs.
  const line = String(value)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  if (line === '') return null;
  return line.length > factCharsMax ? `${line.slice(0, factCharsMax).toWellFormed()}…` : line.toWellFormed();
}

function fill(text: Text, facts: ErrorFacts, language: Language): string {
  const template = text[language];
  const { sentence, clause } = splitClause(template);
  const stop = /[.。]$/u.exec(template)?.[0] ?? '';
  const head = fillNouns(sentence, facts, language);
  if (clause === null) return head + stop;
  const filled = fillClause(clause, facts, splitClause(text.en).sentence);
  return (filled === null ? head : head + filled) + stop;
}

/** Cuts off the clause behind the last colon when it holds braces; neither part has the final stop. */
function splitClause(template: string): { readonly sentence: string; readonly clause: string | null } {
  const bare = template.replace(/[.。]$/u, '');
  const at = Math.max(bare.lastIndexOf(':'), bare.lastIndexOf('：'));
  if (at === -1 || !bare.slice(at).includes('{')) return { sentence: bare, clause: null };
  return { sentence: bare.slice(0, at), clause: bare.slice(at) };
}

const brace = /\{(\w+)\}/gu;

/** A missing noun goes with the space before it; Chinese has none of its own between words, so there both go. */
function fillNouns(text: string, facts: ErrorFacts, language: Language): string {
  const withSpaces = language === 'en' ? / ?\{(\w+)\}/gu : / ?\{(\w+)\} ?/gu;
  return text.replace(withSpaces, (found, name: string) => {
    const fact = factOf(facts, name);
    return fact === null ? '' : found.replace(brace, () => fact);
  });
}

/** null when a fact of the clause is missing. A cause that repeats the English sentence is cut to what it adds. */
function fillClause(clause: string, facts: ErrorFacts, sentenceEn: string): string | null {
  let isWhole = true;
  const filled = clause.replace(brace, (_found, name: string) => {
    const fact = factOf(facts, name);
    if (fact === null) isWhole = false;
    const added =
      fact?.startsWith(`${sentenceEn}:`) === true ? fact.slice(sentenceEn.length + 1).trim() : fact;
    return withoutStop(added ?? '');
  });
  return isWhole ? filled : null;
}

function withClause(message: string, fact: string, language: Language): string {
  const bare = withoutStop(message);
  return language === 'en' ? `${bare}: ${withoutStop(fact)}.` : `${bare}：${withoutStop(fact)}。`;
}

function withoutStop(text: string): string {
  return text.replace(/(?<![.。])[.。]$/u, '');
}

function capitalised(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}
