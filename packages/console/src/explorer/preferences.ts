import type { Language } from './model/operation-entry.ts';

export type Theme = 'system' | 'light' | 'dark';

/** The only two things that outlive a reload. Neither says anything about who signed on or what was typed. */
const languageKey = 'sluice.explorer.language';
const themeKey = 'sluice.explorer.theme';

/** The language that was chosen here; else Chinese when the browser prefers it to English. */
export function firstLanguage(): Language {
  const chosen = stored(languageKey);
  if (chosen === 'en' || chosen === 'zh') return chosen;
  const preferred = navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag)) ?? 'en';
  return /^zh\b/i.test(preferred) ? 'zh' : 'en';
}

export function firstTheme(): Theme {
  const chosen = stored(themeKey);
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

export function keepLanguage(language: Language): void {
  store(languageKey, language);
}

export function keepTheme(theme: Theme): void {
  store(themeKey, theme);
}

/** Browsers that keep nothing for us throw; then every visit begins anew. */
function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return; // see `stored`
  }
}
