import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameNumber, scaleOf, singleText, survivesFloat } from './number-text.ts';

describe('numbers as text', () => {
  it.each([
    ['1', '1.00', true],
    ['-0', '0.0', true],
    ['1e3', '1000', true],
    ['1.5e-7', '0.00000015', true],
    ['9223372036854775807', '9.223372036854775807e18', true],
    ['1', '-1', false],
    ['1', '10', false],
    ['0.1', '0.10000000149011612', false],
    ['NaN', 'NaN', false],
    ['', '0', false],
  ])('%s and %s: %s', (a, b, isSame) => {
    expect(isSameNumber(a, b)).toBe(isSame);
  });

  it.each([
    ['1.250', 2],
    ['5000', -3],
    ['0.00', Number.NEGATIVE_INFINITY],
    ['1e-7', 7],
    ['12.5e1', 0],
    ['.5', 1],
  ])('%s needs %s digits behind the point', (text, scale) => {
    expect(scaleOf(text)).toBe(scale);
  });

  it('are the same as the whole number that they say', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat(20), (number, zeros) => {
        expect(isSameNumber(`${number}`, `${number}.${'0'.repeat(zeros)}`)).toBe(true);
        expect(isSameNumber(`${number}`, `${number + 1n}`)).toBe(false);
      }),
    );
  });

  it('survive in floating point when their shortest text is the same', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(survivesFloat(String(value), 64)).toBe(true);
        const single = Math.fround(value);
        if (Number.isFinite(single)) expect(survivesFloat(singleText(single), 32)).toBe(true);
      }),
    );
    expect(survivesFloat('0.1', 32)).toBe(true);
    expect(survivesFloat('0.123456789', 32)).toBe(false);
    expect(survivesFloat('16777217', 32)).toBe(false);
    expect(survivesFloat('9007199254740993', 64)).toBe(false);
    expect(survivesFloat('1e400', 64)).toBe(false);
    expect(survivesFloat('-Infinity', 32)).toBe(true);
  });
});
