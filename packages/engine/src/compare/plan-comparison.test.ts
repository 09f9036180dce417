import { type ComparedTable, rowHashes } from '@sluice/core/connector/comparison';
import type { Column, NeutralType } from '@sluice/core/data/column';
import { describe, expect, it } from 'vitest';
import { formOf } from './forms.ts';
import { keyRanges } from './plan-comparison.ts';

function end(type: NeutralType, json: 'jsonb' | 'parsed' | 'text' = 'text', system = 'PostgreSQL') {
  const column: Column = { name: 'c', native: type.kind, type, isNullable: true, isGenerated: false };
  const shape = {
    schema: 's',
    table: 't',
    columns: [column],
    primaryKey: [],
    rowsEstimate: 1,
    bytesEstimate: 1,
  };
  const table: ComparedTable = { shape, jsonOf: () => json, system, hashes: rowHashes };
  return { column, table };
}

const text = (length: number | null, fixed = false): NeutralType => ({ kind: 'text', length, fixed });

describe('forms', () => {
  it('prints booleans and whole numbers as numbers, so that a TINYINT can be compared with a boolean', () => {
    const byte = end({ kind: 'integer', bits: 8, unsigned: false });
    expect(formOf(end({ kind: 'boolean' }), byte)).toEqual({ form: { kind: 'number' } });
  });

  it('keeps blanks at the end unless one of the columns does not', () => {
    expect(formOf(end(text(20)), end(text(20)))).toEqual({
      form: { kind: 'text', isPadded: false, isDigest: false },
    });
    expect(formOf(end(text(20, true)), end(text(null)))).toEqual({
      form: { kind: 'text', isPadded: true, isDigest: true },
    });
  });

  it('compares floats in the bits of the source', () => {
    const [single, double] = [end({ kind: 'float', bits: 32 }), end({ kind: 'float', bits: 64 })];
    expect(formOf(single, double)).toEqual({ form: { kind: 'float', bits: 32 } });
    expect(formOf(double, single)).toEqual({ form: { kind: 'float', bits: 64 } });
  });

  it('compares JSON where both ends spell it alike, and says why not elsewhere', () => {
    const json: NeutralType = { kind: 'json' };
    const parsed = end(json, 'parsed', 'MySQL');
    expect(formOf(end(json, 'jsonb'), end(json, 'jsonb'))).toEqual({ form: { kind: 'json', as: 'jsonb' } });
    expect(formOf(end(json, 'text'), end(json, 'jsonb'))).toEqual({ form: { kind: 'json', as: 'jsonb' } });
    expect(formOf(end(json, 'jsonb'), end(json, 'text'))).toEqual({ form: { kind: 'json', as: 'jsonb' } });
    expect(formOf(end(json, 'text'), end(json, 'text'))).toEqual({ form: { kind: 'json', as: 'text' } });
    expect(formOf(end(json, 'jsonb'), end(json, 'text', 'MariaDB'))).toEqual({
      form: { kind: 'json', as: 'text' },
    });
    expect(formOf(parsed, parsed)).toEqual({ form: { kind: 'json', as: 'text' } });
    for (const [from, to] of [
      [end(json, 'jsonb'), parsed],
      [parsed, end(json, 'jsonb')],
      [end(json, 'text', 'MariaDB'), end(json, 'jsonb')],
    ] as const) {
      expect(formOf(from, to)).toHaveProperty('reason');
    }
  });

  it('refuses types whose values no two systems print alike', () => {
    expect(formOf(end({ kind: 'float', bits: 64 }), end(text(40)))).toHaveProperty('reason');
    expect(formOf(end(text(40)), end({ kind: 'date' }))).toHaveProperty('reason');
    expect(formOf(end({ kind: 'binary', length: 4 }), end(text(40)))).toHaveProperty('reason');
  });
});

describe('ranges of keys', () => {
  it.each([
    [1n, 1n, 0],
    [1n, 1_000_000n, 1_000_000],
    [-(2n ** 63n), 2n ** 63n - 1n, 50_000_000],
    [5n, 9n, 10_000_000_000],
  ])('from %s to %s are every value once', (min, max, rows) => {
    const ranges = keyRanges(min, max, rows);
    expect(ranges[0]).toEqual({ from: null, below: String(min) });
    expect(ranges.at(-1)).toEqual({ from: String(max + 1n), below: null });
    for (const [i, range] of ranges.entries()) {
      if (i > 0) expect(range.from).toBe(ranges[i - 1]?.below);
      if (range.from !== null && range.below !== null)
        expect(BigInt(range.below)).toBeGreaterThan(BigInt(range.from));
    }
    expect(ranges.length).toBeLessThanOrEqual(1_002);
  });
});
