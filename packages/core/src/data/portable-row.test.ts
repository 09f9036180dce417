import { describe, expect, test } from 'vitest';
import { fromPortableRow, isCutValue, type PortableRow, toPortableRow } from './portable-row.ts';
import type { Value } from './value.ts';

const caps = { valueCharsMax: 40, rowCharsMax: 100, cutCharsMax: 8 };

function there(row: readonly Value[]): PortableRow {
  return JSON.parse(JSON.stringify(toPortableRow(row, caps))) as PortableRow;
}

describe('rows as JSON', () => {
  test('every kind of value comes back as it was', () => {
    const row: Value[] = [
      null,
      true,
      7,
      -0,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      9_007_199_254_740_993n,
      '\u0000ä\n{"i":"1"}',
      new Uint8Array([0, 255, 10]),
    ];
    const back = fromPortableRow(there(row));
    expect(back.slice(0, 8)).toEqual(row.slice(0, 8));
    expect(Object.is(back[3], -0)).toBe(true);
    expect(Buffer.from(back[8] as Uint8Array)).toEqual(Buffer.from([0, 255, 10]));
  });

  test('what is too long is cut, says how long it was, and is not taken for the value', () => {
    const row = there(['x'.repeat(41), new Uint8Array(100), 'short']);
    expect(row).toEqual([
      { cut: 'xxxxxxxx', size: 41, isBytes: false },
      { cut: 'AAAAAAAA', size: 100, isBytes: true },
      'short',
    ]);
    expect(row.map(isCutValue)).toEqual([true, true, false]);
    expect(() => fromPortableRow(row)).toThrow(RangeError);
  });

  test('a row of many values keeps within its own limit', () => {
    const row = there(Array.from({ length: 5 }, () => 'y'.repeat(40)));
    expect(row.map(isCutValue)).toEqual([false, false, true, true, true]);
  });
});
