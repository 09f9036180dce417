import { describe, expect, it } from 'vitest';
import { median, percentile, spreadOf } from './statistics.ts';

describe('statistics', () => {
  it.each([
    [[3], 3],
    [[5, 1, 3], 3],
    [[4, 1, 2, 3], 2.5],
    [[10, 9, 100], 10],
  ])('the median of %j is %d', (numbers, middle) => {
    expect(median(numbers)).toBe(middle);
  });

  it('the percentile is one of the numbers', () => {
    const numbers = Array.from({ length: 200 }, (_none, index) => 200 - index);
    expect(percentile(numbers, 0.95)).toBe(190);
    expect(percentile(numbers, 1)).toBe(200);
    expect(percentile([7], 0.95)).toBe(7);
  });

  it('leaves its input as it was, and says nothing of nothing', () => {
    const numbers = [2, 1.23456];
    expect(spreadOf(numbers)).toEqual({ median: 1.617, min: 1.235, max: 2 });
    expect(numbers).toEqual([2, 1.23456]);
    expect(() => median([])).toThrow('nothing');
    expect(() => percentile([], 0.5)).toThrow('nothing');
  });
});
