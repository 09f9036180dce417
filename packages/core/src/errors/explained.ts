import type { Text } from '../data/text.ts';

/** Names of the facts that carry a sentence on what was found; `renderError` puts it behind the catalogue's text. */
export const explanationFacts = { en: 'explanationEn', zh: 'explanationZh' } as const;

/** Facts that carry a sentence on what was found, for codes whose published text names nothing. */
export function explained(text: Text): { readonly explanationEn: string; readonly explanationZh: string } {
  return { [explanationFacts.en]: text.en, [explanationFacts.zh]: text.zh };
}
