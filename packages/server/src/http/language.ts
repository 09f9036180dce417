import type { Language } from '@sluice/core/data/text';

/** `X-Language`: `zh-cn`, `zh_cn`, `en-us`, `en_us` in any case; anything else and nothing mean English. */
export function languageOf(header: string | string[] | undefined): Language {
  const text = Array.isArray(header) ? header[0] : header;
  return text !== undefined && /^\s*zh([-_]|\s*$)/i.test(text) ? 'zh' : 'en';
}
