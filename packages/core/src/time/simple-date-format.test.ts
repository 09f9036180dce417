import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DatePatternError } from './date-pattern.ts';
import { DateTextError, formatDate, parseDate } from './simple-date-format.ts';

// What java.text.SimpleDateFormat says; made by test-vectors/DateVectors.java.
const vectors = readFileSync(new URL('test-vectors/dates.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.split('\t'));

function parsed(text: string, pattern: string, zone: string): string {
  try {
    return String(parseDate(text, pattern, zone));
  } catch (error) {
    if (error instanceof DateTextError) return 'refused';
    throw error;
  }
}

describe('against java.text.SimpleDateFormat', () => {
  test('there are vectors of both directions', () => {
    expect(vectors.filter(([kind]) => kind === 'format').length).toBeGreaterThan(1_000);
    expect(vectors.filter(([kind]) => kind === 'parse').length).toBeGreaterThan(1_000);
  });

  test('all are the same', () => {
    const different = vectors.flatMap(([kind, zone = '', pattern = '', given = '', wanted = '']) => {
      const found =
        kind === 'format' ? formatDate(Number(given), pattern, zone) : parsed(given, pattern, zone);
      return found === wanted ? [] : [{ kind, zone, pattern, given, wanted, found }];
    });
    expect(different).toEqual([]);
  });
});

test('microseconds behind a point are cut off, where Java would take them for milliseconds', () => {
  const wanted = parseDate('2018-01-05 15:15:05.123', 'yyyy-MM-dd HH:mm:ss.SSS', 'UTC');
  expect(parseDate('2018-01-05 15:15:05.123999', 'yyyy-MM-dd HH:mm:ss.SSS', 'UTC')).toBe(wanted);
});

test('a year of two digits is the one within 80 years before and 20 after now', () => {
  const now = Date.UTC(2026, 5, 1);
  expect(formatDate(parseDate('45-07-01', 'yy-MM-dd', 'UTC', now), 'yyyy', 'UTC')).toBe('2045');
  expect(formatDate(parseDate('47-07-01', 'yy-MM-dd', 'UTC', now), 'yyyy', 'UTC')).toBe('1947');
  expect(formatDate(parseDate('46-07-01', 'yy-MM-dd', 'UTC', now), 'yyyy', 'UTC')).toBe('1946');
  expect(formatDate(parseDate('46-05-01', 'yy-MM-dd', 'UTC', now), 'yyyy', 'UTC')).toBe('2046');
});

test('dates before Christ and beyond the year 9999 keep their clock in every zone', () => {
  for (const zone of ['UTC', 'Asia/Shanghai', 'America/New_York']) {
    for (const text of ['0044-03-15 BC', '12345-03-15 AD', '0001-01-01 AD']) {
      expect(formatDate(parseDate(text, 'yyyy-MM-dd G', zone), 'yyyy-MM-dd G', zone)).toBe(text);
    }
  }
});

test.each(["yyyy 'x", 'yyyy-bb', 'XXXX', 'y'.repeat(600)])('the pattern %s is refused', (pattern) => {
  expect(() => formatDate(0, pattern, 'UTC')).toThrow(DatePatternError);
});

test('a zone that is none is refused', () => {
  expect(() => formatDate(0, 'yyyy', 'Mars/Olympus')).toThrow(RangeError);
});
