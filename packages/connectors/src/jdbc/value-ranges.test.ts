import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutRange } from './value-ranges.ts';

describe('cutRange', () => {
  it('cuts into equal spans', () => {
    expect(cutRange(1n, 100n, 4)).toEqual([26n, 51n, 76n]);
    expect(cutRange(-10n, 9n, 2)).toEqual([0n]);
    expect(cutRange(5n, 5n, 8)).toEqual([]);
    expect(cutRange(1n, 2n, 8)).toEqual([2n]);
  });

  it('always gives rising bounds inside of the range, at most one less than asked for', () => {
    const number = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n });
    fc.assert(
      fc.property(number, number, fc.integer({ min: 1, max: 300 }), (a, b, count) => {
        const [min, max] = a < b ? [a, b] : [b, a];
        const bounds = cutRange(min, max, count);
        expect(bounds.length).toBeLessThan(count);
        expect(bounds.every((bound, i) => bound > (bounds[i - 1] ?? min) && bound <= max)).toBe(true);
        if (max - min >= BigInt(count)) expect(bounds.length).toBe(count - 1);
      }),
    );
  });
});
