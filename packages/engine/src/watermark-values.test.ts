import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type GrowingType,
  growingType,
  instantValue,
  isBefore,
  lowered,
  normalValue,
} from './watermark-values.ts';

const integer: GrowingType = { kind: 'integer', bits: 64, unsigned: false };
const decimal: GrowingType = { kind: 'decimal', precision: 20, scale: 5 };
const date: GrowingType = { kind: 'date' };
const plain: GrowingType = { kind: 'timestamp', fraction: 6, zoned: false };
const zoned: GrowingType = { kind: 'timestamp', fraction: 6, zoned: true };
const text: GrowingType = { kind: 'text', length: null, fixed: false };

test('what does not grow in an order that can be relied on is none of them', () => {
  expect(growingType({ kind: 'float', bits: 64 })).toBeNull();
  expect(growingType({ kind: 'uuid' })).toBeNull();
  expect(growingType(integer)).toBe(integer);
});

test.each([
  [integer, ' 007 ', '7'],
  [integer, '12345678901234567890123', '12345678901234567890123'],
  [integer, '1.5', null],
  [integer, "1' OR '1", null],
  [decimal, '-0.500', '-0.500'],
  [decimal, '1e3', null],
  [date, '2024-02-29', '2024-02-29'],
  [date, '2023-02-29', null],
  [date, '0000-00-00', null],
  [plain, '2026-01-31T10:00', '2026-01-31 10:00:00'],
  [plain, '2026-01-31', '2026-01-31 00:00:00'],
  [plain, '2026-01-31 10:00:00.120000', '2026-01-31 10:00:00.12'],
  [plain, '2026-01-31 10:00:00+08', null],
  [plain, '2026-01-31 25:00:00', null],
  [zoned, '2026-01-31 10:00:00.5', '2026-01-31 02:00:00.5+00'],
  [zoned, '2026-01-31 10:00:00+02:30', '2026-01-31 07:30:00+00'],
  [zoned, '2026-01-31 10:00:00.000001Z', '2026-01-31 10:00:00.000001+00'],
  [text, ' as it is ', ' as it is '],
] as const)('%o: %s is %s', (type, given, wanted) => {
  expect(normalValue(type, given, 'Asia/Shanghai')).toBe(wanted);
});

test.each([
  [integer, '10', 25, '-15'],
  [decimal, '0.00001', 1, '-0.99999'],
  [decimal, '-12', 3, '-15'],
  [decimal, '100.50', 1, '99.50'],
  [date, '2024-03-01', 1, '2024-02-29'],
  [date, '0001-01-01', 1, null],
  [plain, '2026-01-01 00:00:00.000001', 1, '2025-12-31 23:59:59.000001'],
  [zoned, '2026-01-01 00:00:00+00', 3_600, '2025-12-31 23:00:00+00'],
  [text, 'a', 1, null],
] as const)('%o: %s lowered by %i is %s', (type, value, steps, wanted) => {
  expect(lowered(type, value, steps)).toBe(wanted);
});

test('an instant is a value of dates and moments, by the clock of the zone where they have none', () => {
  const at = Date.parse('2026-01-31T20:00:00.250Z');
  expect(instantValue(plain, at, 'Asia/Shanghai')).toBe('2026-02-01 04:00:00.25');
  expect(instantValue(zoned, at, 'Asia/Shanghai')).toBe('2026-01-31 20:00:00.25+00');
  expect(instantValue(date, at, 'Asia/Shanghai')).toBe('2026-02-01');
  expect(instantValue(integer, at, 'Asia/Shanghai')).toBeNull();
});

describe('order', () => {
  test('decimals are compared as numbers', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 6 }), fc.integer(), (one, digits, other) => {
        const scaled = (value: number) => {
          const padded = String(Math.abs(value)).padStart(digits + 1, '0');
          const cut = padded.length - digits;
          return `${value < 0 ? '-' : ''}${padded.slice(0, cut)}${digits === 0 ? '' : `.${padded.slice(cut)}`}`;
        };
        expect(isBefore(decimal, scaled(one), scaled(other))).toBe(one < other);
        expect(isBefore(integer, String(one), String(other))).toBe(one < other);
      }),
    );
  });

  test('lowered is before, by so much', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), (steps) => {
        for (const [type, value] of [
          [plain, '2026-01-01 00:00:00.123456'],
          [zoned, '2026-01-01 00:00:00+00'],
          [integer, '5'],
          [decimal, '5.5'],
        ] as const) {
          expect(isBefore(type, lowered(type, value, steps) ?? '', value)).toBe(true);
        }
      }),
    );
  });
});
