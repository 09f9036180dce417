import type { PreviewLimits } from '@sluice/core/connector/inspection';
import { describe, expect, test } from 'vitest';
import { previewValue, RowBudget, rowsPerFetch } from './preview-rows.ts';

const limits: PreviewLimits = { rowsMax: 3, bytesMax: 1_000, valueCharsMax: 4, timeLimitMs: 1 };
const text = { kind: 'text', length: null, fixed: false } as const;
const shown = (type: Parameters<typeof previewValue>[0], value: string | null) => {
  return previewValue(type, value, limits);
};

describe('a value', () => {
  test('is of its kind, where JSON can hold it without loss', () => {
    expect(shown({ kind: 'integer', bits: 32, unsigned: false }, '-2147483648').value).toBe(-2147483648);
    expect(shown({ kind: 'integer', bits: 64, unsigned: true }, '18446744073709551615').value).toBe(
      '18446744073709551615',
    );
    expect(shown({ kind: 'float', bits: 64 }, '1.5e300').value).toBe(1.5e300);
    expect(shown({ kind: 'float', bits: 64 }, 'NaN').value).toBe('NaN');
    expect(shown({ kind: 'float', bits: 64 }, '-Infinity').value).toBe('-Infinity');
    expect(shown({ kind: 'boolean' }, 't').value).toBe(true);
    expect(shown({ kind: 'boolean' }, '0').value).toBe(false);
    expect(shown({ kind: 'boolean' }, '7').value).toBe('7');
    expect(shown({ kind: 'decimal', precision: null, scale: null }, '1.10').value).toBe('1.10');
    expect(shown(text, null)).toEqual({ value: null, isCut: false });
  });

  test('is cut by characters, not by halves of them, and bytes by bytes', () => {
    expect(shown(text, 'abcd')).toEqual({ value: 'abcd', isCut: false });
    expect(shown(text, 'abcde')).toEqual({ value: 'abcd', isCut: true });
    expect(shown(text, '😀😀😀😀')).toEqual({ value: '😀😀😀😀', isCut: false });
    expect(shown(text, '😀😀😀😀😀')).toEqual({ value: '😀😀😀😀', isCut: true });
    const bytes = (size: number) => Buffer.alloc(size, 1).toString('base64');
    expect(shown({ kind: 'binary', length: null }, bytes(4))).toEqual({ value: bytes(4), isCut: false });
    expect(shown({ kind: 'binary', length: null }, bytes(5))).toEqual({ value: bytes(4), isCut: true });
  });
});

describe('the budget', () => {
  const value = (given: string, isCut = false) => [{ value: given, isCut }];

  test('ends with the rows, and says whether there are more', () => {
    const budget = new RowBudget(limits);
    for (const row of ['a', 'b', 'c']) expect(budget.take(value(row))).toBe(true);
    budget.end();
    expect(budget.preview([])).toMatchObject({ rows: [['a'], ['b'], ['c']], isWhole: true });
    const more = new RowBudget(limits);
    for (const row of ['a', 'b', 'c']) more.take(value(row));
    expect(more.take(value('d'))).toBe(false);
    more.end();
    expect(more.preview([])).toMatchObject({ rows: [['a'], ['b'], ['c']], isWhole: false });
  });

  test('ends with the bytes, in front of the row that would exceed them', () => {
    const budget = new RowBudget({ ...limits, bytesMax: 20 });
    expect(budget.take(value('x'.repeat(15)))).toBe(true);
    expect(budget.take(value('y'))).toBe(false);
    // A smaller one behind it must not slip in.
    expect(budget.take(value(''))).toBe(false);
    expect(budget.preview([])).toMatchObject({ rows: [['x'.repeat(15)]], isWhole: false });
  });

  test('tells which values were cut', () => {
    const budget = new RowBudget(limits);
    budget.take(value('a'));
    budget.take(value('b', true));
    expect(budget.preview([]).cut).toEqual([[1, 0]]);
  });

  test('a fetch is never larger than what may be held', () => {
    expect(rowsPerFetch(1, { ...limits, rowsMax: 1_000, valueCharsMax: 10 })).toBe(1_001);
    expect(rowsPerFetch(1_600, { ...limits, rowsMax: 1_000, valueCharsMax: 4_096 })).toBe(1);
  });
});
