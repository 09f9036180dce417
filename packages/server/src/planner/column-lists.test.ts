// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs refer to variables.
import { expect, test } from 'vitest';
import { columnListsOf, requireColumnLists } from './column-lists.ts';

const jobOf = (from: string, to: string) => ({
  fromOptions: { 'fromJobConfig.columnList': from },
  toOptions: { 'toJobConfig.columnList': to },
});

test('lists are paired by position; a blank one names nothing', () => {
  expect(columnListsOf(jobOf('a&b c', 'x&y'))).toEqual({ from: ['a', 'b c'], to: ['x', 'y'] });
  expect(columnListsOf(jobOf('', ' '))).toEqual({ from: null, to: null });
  // A column may go to two others.
  expect(columnListsOf(jobOf('a&a', 'x&y')).from).toEqual(['a', 'a']);
});

test.each([
  ['a&b&c', 'x&y', 'Cdm.0931', '"c" is the first without a partner'],
  ['a', 'x&y', 'Cdm.0931', '"y" is the first without a partner'],
  ['a&b&a', '', 'Cdm.0011', '"a" is read twice'],
])('%s to %s is refused when the job is saved: %s', (from, to, code, why) => {
  expect(() => requireColumnLists(jobOf(from, to))).toThrow(
    expect.objectContaining({
      code,
      facts: expect.objectContaining({ explanationEn: expect.stringContaining(why) }),
    }),
  );
});

test('a list with a variable in it is looked at when it is filled in', () => {
  requireColumnLists(jobOf('${columns}', 'x&y'));
  requireColumnLists(jobOf('a&b&c', 'x&${more}'));
  expect(() => columnListsOf(jobOf('a&b&c', 'x&y'))).toThrow('Cdm.0931');
});
