import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  behind,
  cutConditions,
  cutFromJson,
  cutToJson,
  cutValues,
  fromOrdinal,
  literal,
  SLICES_MAX,
  sliceCount,
  toOrdinal,
} from './ranges.ts';

const MB = 1024 * 1024;

describe('sliceCount', () => {
  it.each([
    [null, 8, false, 1],
    [8 * MB, 8, false, 1],
    [8 * MB + 1, 8, false, 8],
    [640 * MB, 4, false, 10],
    [640 * MB, 1, false, 3],
    [640 * MB, 40, false, 40],
    [1e15, 4, false, SLICES_MAX],
    [0, 3, true, 3],
    [0, 0, true, 1],
  ])('%s bytes, hint %s, asked for %s: %s', (bytes, hint, isAskedFor, count) => {
    expect(sliceCount(bytes, hint, isAskedFor)).toBe(count);
  });
});

describe('ordinals', () => {
  it.each([
    ['integer', '-9223372036854775808', -9223372036854775808n],
    ['integer', '18446744073709551615', 18446744073709551615n],
    ['decimal', '-1.50', -2n],
    ['decimal', '-1.00', -1n],
    ['decimal', '1.99', 1n],
    ['decimal', '-0.10', -1n],
    ['date', '1970-01-02', 1n],
    ['date', '0001-01-01', -719162n],
    ['timestamp', '1970-01-01 00:00:00.000001', 1n],
    ['timestamp', '1969-12-31 23:59:59.9', -100000n],
  ] as const)('%s %s is %s', (kind, text, ordinal) => {
    expect(toOrdinal(kind, text)).toBe(ordinal);
  });

  it.each([
    ['date', '0000-00-00'],
    ['date', '2024-00-10'],
    ['timestamp', '0000-00-00 00:00:00'],
    ['integer', '1.5'],
    ['decimal', 'NaN'],
  ] as const)('%s %s has none', (kind, text) => {
    expect(toOrdinal(kind, text)).toBeNull();
  });

  it('come back as they went', () => {
    const day = fc.bigInt({ min: -719162n, max: 2932896n });
    fc.assert(fc.property(day, (n) => toOrdinal('date', fromOrdinal('date', n)) === n));
    const micro = fc.bigInt({ min: -62135596800000000n, max: 253402300799999999n });
    fc.assert(fc.property(micro, (n) => toOrdinal('timestamp', fromOrdinal('timestamp', n)) === n));
  });
});

describe('cutValues', () => {
  it('puts every value into exactly one range, also those beyond both ends', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -1000n, max: 1000n }),
        fc.bigInt({ min: 0n, max: 5000n }),
        fc.integer({ min: 1, max: 40 }),
        fc.bigInt({ min: -9000n, max: 9000n }),
        (min, span, count, value) => {
          const ranges = cutValues('c', 'integer', String(min), String(min + span), count);
          const holding = ranges?.filter(
            ({ from, below }) =>
              (from === null || value >= BigInt(from)) && (below === null || value < BigInt(below)),
          );
          return holding?.length === 1 && (ranges?.length ?? 0) <= count;
        },
      ),
    );
  });

  it('is null where the ends are no values', () => {
    expect(cutValues('d', 'date', '0000-00-00', '2024-01-01', 4)).toBeNull();
  });
});

describe('conditions', () => {
  it('quote names and keep one side open', () => {
    const range = { column: 'a`b', kind: 'integer', from: '5', below: null } as const;
    expect(cutConditions({ range, nullness: null, order: [] })).toEqual(['`a``b` >= 5']);
    expect(cutConditions({ range: null, nullness: { column: 'a', isNull: true }, order: [] })).toEqual([
      '`a` IS NULL',
    ]);
  });

  it('go on behind a key of several columns', () => {
    const order = [
      { name: 'a', kind: 'integer' },
      { name: 'b', kind: 'text' },
    ] as const;
    expect(behind(order, ['7', "x'y"])).toBe("`a` >= 7 AND ((`a` > 7) OR (`a` = 7 AND `b` > 'x\\'y'))");
    expect(behind(order.slice(0, 1), ['7'])).toBe('(`a` > 7)');
  });

  it('take no stored value for a piece of SQL', () => {
    for (const kind of ['integer', 'decimal', 'date', 'timestamp'] as const) {
      for (const text of ['1 OR 1=1', "2024-01-01' OR '1", '', '0x10', '1e5', '1\n']) {
        expect(() => literal(kind, text), `${kind} ${text}`).toThrow('Cdm.0233');
      }
    }
    expect(literal('text', "a' OR '1'='1\\")).toBe("'a\\' OR \\'1\\'=\\'1\\\\'");
  });

  it('survive JSON, and refuse JSON of other sources', () => {
    const cut = {
      range: { column: 'c', kind: 'date', from: null, below: '2024-01-01' },
      nullness: null,
      order: [{ name: 'c', kind: 'date' }],
    } as const;
    expect(cutFromJson(JSON.parse(JSON.stringify(cutToJson(cut))))).toEqual(cut);
    for (const other of [null, [], { ctid: [0, 9] }, 'x'])
      expect(() => cutFromJson(other)).toThrow('Cdm.0233');
  });
});
