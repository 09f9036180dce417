import { describe, expect, it } from 'vitest';
import { catalogueParts, errorCatalogue, isErrorCode } from './catalogue.ts';
import { errorCodes } from './codes.ts';
import published from './published-codes.json' with { type: 'json' };

const entries = Object.values(catalogueParts).flatMap((part) => Object.entries(part));
const bracesOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);

describe('error catalogue', () => {
  it('has every published code once, and no other', () => {
    const wanted = published.codes.map((row) => row.code).sort();
    expect(wanted.length).toBeGreaterThan(230);
    expect(entries.map(([code]) => code).sort()).toEqual(wanted);
    expect([...errorCodes].sort()).toEqual(wanted);
    expect(Object.keys(errorCatalogue).sort()).toEqual(wanted);
  });

  it('leaves codes out only with a reason', () => {
    for (const { code, why } of published.left) {
      expect(isErrorCode(code), code).toBe(false);
      expect(why.length, code).toBeGreaterThan(10);
    }
  });

  it.each(entries)('%s has its texts in both languages, with the facts it declares', (_code, entry) => {
    for (const text of [entry.text, entry.remedy]) {
      expect(text.en).toMatch(/^[A-Z][\x20-\x7e]+$/);
      expect(text.zh).toMatch(/[\u4e00-\u9fff]/u);
    }
    expect(bracesOf(entry.text.en)).toEqual([...entry.facts]);
    expect(bracesOf(entry.text.zh).sort()).toEqual([...entry.facts].sort());
    expect(bracesOf(entry.remedy.en + entry.remedy.zh)).toEqual([]);
    // One sentence each; the sign-in text ends as published, without a stop.
    expect(entry.remedy.en).toMatch(/\.$/);
    expect(entry.remedy.zh).toMatch(/。$/);
    if (!entry.text.en.startsWith('Incorrect IAM')) {
      expect(entry.text.en).toMatch(/^[^.]*(\.\d+[^.]*)*\.$/);
      expect(entry.text.zh).toMatch(/^[^。]*。$/);
    }
  });

  it.each(published.codes)('$code has the status and the facts that clients expect', (row) => {
    const entry = entries.find(([code]) => code === row.code)?.[1];
    // Codes without a published status come from consoles; the code table gives 400 to all of its own.
    expect(entry?.status).toBe(row.suggested ?? row.status ?? 400);
    expect(entry?.facts).toEqual(expect.arrayContaining(row.facts));
  });

  it('gives each code a text of its own', () => {
    for (const language of ['en', 'zh'] as const) {
      const texts = entries.map(([, entry]) => entry.text[language]);
      expect(texts.filter((text, i) => texts.indexOf(text) !== i)).toEqual([]);
    }
  });
});
