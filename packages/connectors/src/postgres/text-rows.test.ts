import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodersOf, type WrittenColumn } from './encode.ts';
import { decodeRow, decodersOf, encodeRows } from './text-rows.ts';

const text: NeutralType = { kind: 'text', length: null, fixed: false };
const long: NeutralType = { kind: 'integer', bits: 64, unsigned: false };
const binary: NeutralType = { kind: 'binary', length: null };

/** What the server sends for a line: `COPY TO` and `COPY FROM` share their format. */
function decode(line: string, types: readonly NeutralType[]): readonly Value[] {
  const bytes = Buffer.from(line, 'utf8');
  return decodeRow(bytes, 0, bytes.length, decodersOf(types));
}

/** Columns of these types that take values of the same types, or of the one that is given. */
function into(types: readonly NeutralType[], source?: NeutralType): readonly WrittenColumn[] {
  return types.map((target, i) => ({ name: `c${i}`, native: target.kind, target, source: source ?? target }));
}

describe('COPY text', () => {
  it('reads fields, nulls and empty texts', () => {
    expect(decode('a\t\\N\t\t7\n', [text, text, text, long])).toEqual(['a', null, '', 7]);
  });

  it('reads every escape that the server writes', () => {
    expect(decode('\\b\\f\\n\\r\\t\\v\\\\\t\\\\N\n', [text, text])).toEqual(['\b\f\n\r\t\v\\', '\\N']);
  });

  it('reads whole numbers exactly, as bigint beyond 2^53', () => {
    const line = '9007199254740991\t9007199254740992\t-9223372036854775808\t-0\t0\n';
    expect(decode(line, [long, long, long, long, long])).toEqual([
      9007199254740991,
      9007199254740992n,
      -9223372036854775808n,
      -0,
      0,
    ]);
  });

  it('reads booleans, floats and bytes', () => {
    const types: NeutralType[] = [
      { kind: 'boolean' },
      { kind: 'float', bits: 64 },
      { kind: 'float', bits: 64 },
      binary,
    ];
    expect(decode('t\t-1.5e-300\tNaN\t\\\\x00ff0a\n', types)).toEqual([
      true,
      -1.5e-300,
      Number.NaN,
      Buffer.from([0, 255, 10]),
    ]);
  });

  it('refuses a line with another number of fields', () => {
    expect(() => decode('a\tb\n', [text])).toThrow(RangeError);
    expect(() => decode('a\n', [text, text])).toThrow(RangeError);
  });

  it('reads rows of tables without columns', () => {
    expect(decode('\n', [])).toEqual([]);
  });

  it('writes what it reads, whatever the values are', () => {
    const types = [
      text,
      long,
      binary,
      { kind: 'boolean' },
      { kind: 'float', bits: 64 },
    ] satisfies NeutralType[];
    const row = fc.tuple(
      fc.option(fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'))),
      fc.option(fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }))),
      fc.option(fc.uint8Array()),
      fc.option(fc.boolean()),
      fc.option(fc.double()),
    );
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const lines = encodeRows(rows, encodersOf(into(types)))
          .split('\n')
          .slice(0, -1);
        expect(lines.length).toBe(rows.length);
        lines.forEach((line, i) => {
          // The words that the server would print for what we wrote as `true` and `Infinity`.
          const [a = '', b = '', c = '', d = '', e = ''] = line.split('\t');
          const printed = [a, b, c, d === 'true' ? 't' : d === 'false' ? 'f' : d, e].join('\t');
          const expected = rows[i]?.map((value) =>
            value instanceof Uint8Array ? Buffer.from(value) : value,
          );
          expect(decode(`${printed}\n`, types)).toEqual(expected);
        });
      }),
    );
  });

  it('writes booleans in the words of their column', () => {
    expect(
      encodeRows(
        [[true, false, true]],
        encodersOf(into([{ kind: 'boolean' }, long, text], { kind: 'boolean' })),
      ),
    ).toBe('true\t0\ttrue\n');
  });

  it('refuses a row with another number of values', () => {
    expect(() => encodeRows([[1, 2]], encodersOf(into([long])))).toThrow(RangeError);
  });
});
