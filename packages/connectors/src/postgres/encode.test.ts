import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import { describe, expect, it } from 'vitest';
import { encodersOf } from './encode.ts';
import { neutralOf } from './types.ts';

const text: NeutralType = { kind: 'text', length: null, fixed: false };
const padded: NeutralType = { kind: 'text', length: 9, fixed: true };
const decimal: NeutralType = { kind: 'decimal', precision: null, scale: null };
const double: NeutralType = { kind: 'float', bits: 64 };
const single: NeutralType = { kind: 'float', bits: 32 };
const long: NeutralType = { kind: 'integer', bits: 64, unsigned: false };
const truth: NeutralType = { kind: 'boolean' };
const instant: NeutralType = { kind: 'timestamp', fraction: 6, zoned: true };
const clock: NeutralType = { kind: 'time', fraction: 6, zoned: true };

function encode(source: NeutralType, native: string, value: Exclude<Value, null>): string {
  const [encoder] = encodersOf([{ name: 'c', native, target: neutralOf(native), source }]);
  return encoder?.(value) ?? '';
}

describe('values for columns of PostgreSQL', () => {
  it.each<[NeutralType, string, Exclude<Value, null>, string]>([
    [decimal, 'numeric(10,2)', '1.500', '1.500'],
    [decimal, 'numeric(10,2)', 'NaN', 'NaN'],
    [decimal, 'numeric(5,-2)', '12300', '12300'],
    [decimal, 'double precision', '0.1', '0.1'],
    [decimal, 'integer', '7.00', '7'],
    [double, 'real', 0.1, '0.1'],
    [double, 'real', Number.POSITIVE_INFINITY, 'Infinity'],
    [single, 'double precision', 0.10000000149011612, '0.10000000149011612'],
    [long, 'real', 16777216, '16777216'],
    [truth, 'boolean', true, 'true'],
    [truth, 'smallint', 2, '2'],
    [text, 'boolean', 'Yes', 'Yes'],
    [text, 'character varying(3)', 'é中😀', 'é中😀'],
    [padded, 'character varying(3)', 'ab       ', 'ab       '],
    [text, 'date', '2024-02-29', '2024-02-29'],
    [instant, 'date', '2024-02-29 00:00:00+00', '2024-02-29'],
    [instant, 'date', '0044-03-15 00:00:00+00 BC', '0044-03-15 BC'],
    [
      instant,
      'timestamp(3) without time zone',
      '2024-02-29 01:02:03.120000+00',
      '2024-02-29 01:02:03.120000+00',
    ],
    [instant, 'timestamp(3) without time zone', 'infinity', 'infinity'],
    [clock, 'time without time zone', '24:00:00+00', '24:00:00+00'],
    [text, 'money', '1.25', '1.25'],
    [text, 'text', 'a\tb\\', 'a\\tb\\\\'],
  ])('%j into %s keeps %s', (source, native, value, sent) => {
    expect(encode(source, native, value)).toBe(sent);
  });

  it.each<[NeutralType, string, Exclude<Value, null>]>([
    [decimal, 'numeric(10,2)', '1.005'],
    [decimal, 'numeric(5,-2)', '12345'],
    [decimal, 'double precision', '0.12345678901234567'],
    [decimal, 'integer', '7.5'],
    [double, 'real', 0.123456789],
    [double, 'real', 1e300],
    [double, 'numeric(10,2)', 1e-7],
    [long, 'real', 16777217],
    [long, 'double precision', 9007199254740993n],
    [truth, 'boolean', 2],
    [text, 'boolean', 'of'],
    [text, 'integer', '0x1F'],
    [text, 'numeric', '1_000'],
    [text, 'character varying(3)', 'ab  '],
    [text, 'character(3)', 'a '],
    [text, 'text', 'a\0b'],
    [text, 'date', '2024-02-29 10:00:00'],
    [text, 'date', 'today'],
    [text, 'timestamp without time zone', 'now'],
    [text, 'timestamp without time zone', '2024-02-29 23:59:60'],
    [text, 'timestamp without time zone', '2024-02-29 24:00:00'],
    [text, 'timestamp without time zone', '2024-02-29 10:00:00+02'],
    [instant, 'date', '2024-02-29 10:00:00+00'],
    [instant, 'timestamp(3) without time zone', '2024-02-29 01:02:03.123456+00'],
    [clock, 'time without time zone', '10:00:00+02'],
    [clock, 'time(0) with time zone', '10:00:00.5+00'],
    [text, 'time without time zone', '23:59:60'],
    [{ kind: 'time', fraction: 0, zoned: false }, 'time without time zone', '-01:00:00'],
    [text, 'bit varying(8)', 'x1F'],
    [text, 'name', 'n'.repeat(64)],
    [text, '"char"', 'ab'],
    [text, 'money', '1.005'],
  ])('%j into %s refuses %s', (source, native, value) => {
    expect(() => encode(source, native, value)).toThrow(/Cdm\.0234 column "c":/);
  });
});
