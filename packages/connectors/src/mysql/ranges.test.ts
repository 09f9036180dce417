import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  behind,
  boundCondition,
  boundLiteral,
  cutConditions,
  cutFromJson,
  cutLabel,
  cutToJson,
  fromOrdinal,
  type KeyPart,
  literal,
  rangesBetween,
  risingCondition,
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
    [640 * MB, 4, false, 16],
    [64 * MB, 4, false, 4],
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

const text: KeyPart = {
  name: 't',
  kind: 'characters',
  characterSet: 'latin1',
  collation: 'latin1_german1_ci',
};

describe('ranges', () => {
  it('lie between their bounds, open to both outer sides', () => {
    const key = [{ name: 'a', kind: 'integer' }] as const;
    expect(rangesBetween(key, [['3'], ['7']])).toEqual([
      { key, from: null, below: ['3'] },
      { key, from: ['3'], below: ['7'] },
      { key, from: ['7'], below: null },
    ]);
    expect(rangesBetween(key, [])).toEqual([{ key, from: null, below: null }]);
  });

  it('compare text by the bytes and the collation of its column', () => {
    expect(boundLiteral(text, 'E4')).toBe("_latin1 X'E4' COLLATE latin1_german1_ci");
    expect(boundLiteral({ name: 'b', kind: 'bytes' }, '00ff')).toBe("X'00ff'");
    expect(() => boundLiteral({ ...text, collation: 'x OR 1' }, 'E4')).toThrow('Cdm.0233');
    expect(() => boundLiteral(text, "E4' OR '1")).toThrow('Cdm.0233');
    expect(() => boundLiteral(text, 'E')).toThrow('Cdm.0233');
  });

  it.each([
    ['year', '71', null],
    ['year', '1971', '1971'],
    ['float', '-1.5', '-1.5e0'],
    ['float', '1.5e300', '1.5e300'],
    ['float', 'nan', null],
    ['time', '-838:59:59', "TIME'-838:59:59'"],
    ['date', '2024-02-29', "DATE'2024-02-29'"],
    ['date', '0000-00-00', '0'],
    ['timestamp', '0000-00-00 00:00:00.000', '0'],
    ['timestamp', '2024-02-29 01:02:03.5', "TIMESTAMP'2024-02-29 01:02:03.5'"],
    ['uuid', '00000000-0000-0000-0000-00000000000g', null],
    ['integer', '18446744073709551615', '18446744073709551615'],
  ] as const)('%s %s is written as %s', (kind, value, sql) => {
    const write = () => boundLiteral({ name: 'c', kind }, value);
    if (sql === null) expect(write).toThrow('Cdm.0233');
    else expect(write()).toBe(sql);
  });

  it('compare keys of several columns column by column', () => {
    const key: KeyPart[] = [
      { name: 'a', kind: 'integer' },
      { name: 'b', kind: 'integer' },
    ];
    expect(boundCondition(key, 'from', ['1', '2'])).toBe(
      '`a` >= 1 AND ((`a` > 1) OR (`a` = 1 AND `b` >= 2))',
    );
    expect(boundCondition(key, 'below', ['1', '2'])).toBe(
      '`a` <= 1 AND ((`a` < 1) OR (`a` = 1 AND `b` < 2))',
    );
    expect(boundCondition(key, 'below', ['1'])).toBe('`a` < 1');
    expect(risingCondition(key, ['1'], ['1', '2'])).toBe('1 >= 1');
    expect(risingCondition(key, ['1', '2'], ['1'])).toBe('1 > 1');
    expect(risingCondition(key, ['1', '2'], ['1', '3'])).toBe('1 >= 1 AND ((1 > 1) OR (1 = 1 AND 3 > 2))');
  });

  it('are told to people', () => {
    const range = { key: [text], from: ['41'], below: null };
    expect(cutLabel({ range, nullness: null, order: [] })).toBe('t from 41');
    const utf8 = { ...text, characterSet: 'utf8mb4', collation: 'utf8mb4_bin' };
    expect(
      cutLabel({ range: { ...range, key: [utf8] }, nullness: null, order: [], partitions: ['p1'] }),
    ).toBe('partition p1, t from A');
  });
});

describe('conditions', () => {
  it('quote names and keep one side open', () => {
    const key = [{ name: 'a`b', kind: 'integer' }] as const;
    const range = { key, from: ['5'], below: null };
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
      range: { key: [{ name: 'c', kind: 'date' }], from: null, below: ['2024-01-01'] },
      nullness: null,
      order: [{ name: 'c', kind: 'date' }],
    } as const;
    expect(cutFromJson(JSON.parse(JSON.stringify(cutToJson(cut))))).toEqual(cut);
    for (const other of [null, [], { ctid: [0, 9] }, 'x'])
      expect(() => cutFromJson(other)).toThrow('Cdm.0233');
  });
});
