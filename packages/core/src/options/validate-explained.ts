import type { Language, Text } from '../data/text.ts';
import type { ErrorFacts } from '../errors/sluice-error.ts';

/**
 * Facts that carry a sentence on what was found, for codes whose published text names nothing.
 * Whoever renders the error puts it behind the catalogue's text.
 */
export function explained(text: Text): { readonly explanationEn: string; readonly explanationZh: string } {
  return { explanationEn: text.en, explanationZh: text.zh };
}

/** The sentence that `explained` put into the facts; null when there is none. */
export function explanationIn(facts: ErrorFacts, language: Language): string | null {
  const found = language === 'zh' ? facts.explanationZh : facts.explanationEn;
  return typeof found === 'string' && found !== '' ? found : null;
}
