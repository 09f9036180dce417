import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Language } from '../model/operation-entry.ts';
import { type Say, sayIn } from '../texts.ts';

export interface PageContext {
  readonly language: Language;
  readonly say: Say;
  /** Where the server is reached, without a slash at the end. */
  readonly base: string;
}

export const Page = createContext<PageContext>({ language: 'en', say: sayIn('en'), base: '' });

export function usePage(): PageContext {
  return useContext(Page);
}
