import { describe, expect, it } from 'vitest';
import { caseNames } from '../bench-case.ts';
import { grouped, markdownTable } from './case-report.ts';
import { reportPage } from './report-page.ts';
import { savedReport, savedResults } from './saved-results.ts';

describe('the report', () => {
  it('is what the kept results say', async () => {
    expect(await savedReport()).toBe(reportPage(await savedResults()));
  });

  it('is about cases that there are', async () => {
    const names = await caseNames();
    for (const result of await savedResults()) expect(names).toContain(result.case);
  });
});

it('groups thousands', () => {
  expect([0, 999, 1_000, 4_000_000].map(grouped)).toEqual(['0', '999', '1,000', '4,000,000']);
});

it('a cell cannot break its table', () => {
  expect(markdownTable(['a|b'], [['c | d']])).toBe('| a\\|b |\n| --- |\n| c \\| d |\n');
});
