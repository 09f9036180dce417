import type { Json } from '@sluice/core/data/json';
import { describe, expect, it } from 'vitest';
import {
  type Cut,
  cutBlocks,
  cutCondition,
  cutFromJson,
  cutLabel,
  cutRanges,
  fromClause,
  SLICE_BYTES,
  SLICES_MAX,
  sliceCount,
} from './cuts.ts';

const table = { schema: 's', table: 't' };
const MB = 1024 * 1024;

describe('cuts', () => {
  it('cover all blocks without a gap, the last one open', () => {
    const cuts = cutBlocks(table, false, 1000, 3);
    expect(cuts.map(cutCondition)).toEqual([
      "ctid >= '(0,0)'::tid AND ctid < '(333,0)'::tid",
      "ctid >= '(333,0)'::tid AND ctid < '(666,0)'::tid",
      "ctid >= '(666,0)'::tid",
    ]);
    expect(cutBlocks(table, false, 0, 3)).toEqual([{ kind: 'whole', table, isLeaf: false }]);
    expect(cutBlocks(table, false, 2, 3).length).toBe(2);
  });

  it('are as many as size and hint ask for', () => {
    expect(sliceCount(MB, 8, SLICES_MAX)).toBe(1);
    expect(sliceCount(9 * MB, 8, SLICES_MAX)).toBe(8);
    expect(sliceCount(10 * SLICE_BYTES, 2, SLICES_MAX)).toBe(10);
    expect(sliceCount(10_000_000 * MB, 2, SLICES_MAX)).toBe(SLICES_MAX);
    expect(sliceCount(10 * SLICE_BYTES, 2, 3)).toBe(3);
  });

  it('quote what they hold', () => {
    const cut: Cut = {
      kind: 'range',
      table: { schema: 'a"b', table: 'c' },
      key: [{ name: 'd"e', castType: 'date' }],
      from: ["x'y"],
      to: null,
    };
    expect(cutCondition(cut)).toBe(`"d""e" >= 'x''y'::date`);
    expect(fromClause(cut)).toBe('FROM "a""b"."c"');
    expect(fromClause({ kind: 'whole', table, isLeaf: true })).toBe('FROM ONLY "s"."t"');
  });

  it('leave nulls to their own slice, or out of a slice that is not cut', () => {
    expect(cutCondition({ kind: 'whole', table, isLeaf: false, present: 'c' })).toBe('"c" IS NOT NULL');
    expect(cutCondition({ kind: 'nulls', table, column: 'c' })).toBe('"c" IS NULL');
  });

  it('compare keys of several columns as rows', () => {
    const key = [
      { name: 'a', castType: 'integer' },
      { name: 'b', castType: 'text' },
    ];
    expect(cutRanges(table, key, [['1'], ['1', 'x']]).map(cutCondition)).toEqual([
      `"a" < '1'::integer`,
      `"a" >= '1'::integer AND ("a", "b") < ('1'::integer, 'x'::text)`,
      `("a", "b") >= ('1'::integer, 'x'::text)`,
    ]);
  });

  it('survive JSON, and nothing else is taken for one', () => {
    const [cut] = cutBlocks(table, true, 10, 2);
    expect(cutFromJson(JSON.parse(JSON.stringify(cut)) as Json)).toEqual(cut);
    for (const json of [null, 1, {}, { kind: 'other' }] satisfies Json[])
      expect(() => cutFromJson(json)).toThrow();
    expect(
      cutLabel({ kind: 'range', table, key: [{ name: 'c', castType: 'integer' }], from: ['1'], to: ['9'] }),
    ).toBe('s.t, c from 1 to below 9');
  });
});
