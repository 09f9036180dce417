import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { describe, expect, it } from 'vitest';
import type { Driver } from './driver.ts';
import { writtenColumn } from './encode.ts';
import { pair, type TargetColumn } from './pairing.ts';

const driver = new Proxy({}, { get: (_, name) => ({ name }) }) as unknown as Driver;

function target(dataType: string, more: Partial<TargetColumn> = {}): TargetColumn {
  return {
    name: 'C',
    nativeText: dataType,
    dataType,
    typeOwner: null,
    bytes: 4000,
    precision: null,
    scale: null,
    characters: 4000,
    countsCharacters: false,
    isNullable: true,
    characterSet: 'AL32UTF8',
    ...more,
  };
}

const text: NeutralType = { kind: 'text', length: null, fixed: false };
const padded: NeutralType = { kind: 'text', length: 5, fixed: true };
const decimal: NeutralType = { kind: 'decimal', precision: null, scale: null };
const double: NeutralType = { kind: 'float', bits: 64 };
const stamp: NeutralType = { kind: 'timestamp', fraction: 9, zoned: false };
const instant: NeutralType = { kind: 'timestamp', fraction: 9, zoned: true };
const number = (precision: number | null, scale: number | null) => target('NUMBER', { precision, scale });

/** Marks a value that must be refused. */
const refused = Symbol('refused');

function sent(type: NeutralType, column: TargetColumn, value: Value): unknown {
  try {
    return writtenColumn(type, column, driver).encode(value);
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'Cdm.0234') return refused;
    throw error;
  }
}

describe('values on their way into Oracle', () => {
  it.each<[string, NeutralType, TargetColumn, Value, unknown]>([
    ['digits within a scale', decimal, number(5, 2), '123.45', '123.45'],
    ['zeros beyond a scale', decimal, number(5, 2), '123.4500', '123.4500'],
    ['digits beyond a scale, which it would round', decimal, number(5, 2), '123.456', refused],
    ['more whole digits than a precision', decimal, number(5, 2), '1234.5', refused],
    ['hundreds into a negative scale', decimal, number(3, -2), '12300', '12300'],
    ['tens into a negative scale', decimal, number(3, -2), '12310', refused],
    ['a scale beyond its precision', decimal, number(2, 5), '0.00012', '0.00012'],
    ['38 digits', decimal, number(null, null), `${'9'.repeat(38)}`, '9'.repeat(38)],
    ['39 digits', decimal, number(null, null), '9'.repeat(39), refused],
    ['what would become zero', decimal, number(null, null), `0.${'0'.repeat(131)}1`, refused],
    ['a NaN among numbers', decimal, number(null, null), 'NaN', refused],
    ['a negative whole number', { kind: 'integer', bits: 64, unsigned: false }, number(18, 0), -5n, '-5'],
    ['a boolean', { kind: 'boolean' }, number(1, 0), true, '1'],
    ['a boolean as text', { kind: 'boolean' }, target('VARCHAR2'), false, 'false'],
    ['a text that is a number', text, number(5, 0), ' 42 ', '42'],
    ['a text that is none', text, number(5, 0), '4,2', refused],
    ['a double', double, target('BINARY_DOUBLE'), 0.1, 0.1],
    ['a NaN into a double', double, target('BINARY_DOUBLE'), Number.NaN, Number.NaN],
    ['a double that single precision bends', double, target('BINARY_FLOAT'), 16_777_217, refused],
    ['an empty text', text, target('VARCHAR2'), '', null],
    ['a text', text, target('VARCHAR2', { characters: 3, countsCharacters: true }), 'é中😀', 'é中😀'],
    ['a longer one', text, target('VARCHAR2', { characters: 3, countsCharacters: true }), 'é中😀x', refused],
    ['half a character', text, target('VARCHAR2'), '\ud800', refused],
    ['a character that the database has', text, target('VARCHAR2', { characterSet: 'ZHS16GBK' }), '中', '中'],
    ['one that it has not', text, target('VARCHAR2', { characterSet: 'ZHS16GBK' }), '😀', refused],
    ['é into a set that nobody knows', text, target('VARCHAR2', { characterSet: 'JA16SJIS' }), 'é', refused],
    ['blanks at the end into CHAR', text, target('CHAR', { characters: 5, bytes: 5 }), 'ab ', refused],
    ['padding into CHAR', padded, target('CHAR', { characters: 5, bytes: 5 }), 'ab   ', 'ab'],
    ['padding into VARCHAR2', padded, target('VARCHAR2'), 'ab   ', 'ab   '],
    [
      'a moment',
      stamp,
      target('TIMESTAMP(9)'),
      '2024-02-29 23:59:59.123456789',
      '2024-02-29 23:59:59.123456789',
    ],
    [
      'more digits of a second than it keeps',
      stamp,
      target('TIMESTAMP(3)'),
      '2024-02-29 00:00:00.1234',
      refused,
    ],
    [
      'zeros beyond them',
      stamp,
      target('TIMESTAMP(3)'),
      '2024-02-29 00:00:00.123000',
      '2024-02-29 00:00:00.123',
    ],
    [
      'an instant',
      instant,
      target('TIMESTAMP(6) WITH TIME ZONE'),
      '2024-01-01 00:00:00+00',
      '2024-01-01 00:00:00',
    ],
    ['a day into DATE', { kind: 'date' }, target('DATE'), '2024-02-29', '2024-02-29 00:00:00'],
    ['a fraction into DATE', stamp, target('DATE'), '2024-02-29 00:00:00.5', refused],
    ['a year BC', stamp, target('DATE'), '0044-03-15 00:00:00 BC', '-0044-03-15 00:00:00'],
    ['infinity', stamp, target('DATE'), 'infinity', refused],
    [
      'an interval',
      { kind: 'other' },
      target('INTERVAL DAY(2) TO SECOND(6)'),
      '+02 03:04:05.000006',
      '+02 03:04:05.000006',
    ],
    ['no interval', { kind: 'other' }, target('INTERVAL DAY(2) TO SECOND(6)'), '1 day', refused],
    ['a null', text, number(5, 0), null, null],
  ])('%s', (_, type, column, value, wanted) => {
    expect(sent(type, column, value)).toEqual(wanted);
    expect(pair(type, column, new Set())).not.toBe(null);
  });

  it('bytes stay bytes, and no bytes are null', () => {
    const raw = target('RAW', { bytes: 16 });
    expect(sent({ kind: 'binary', length: 4 }, raw, new Uint8Array([0, 255]))).toEqual(Buffer.from([0, 255]));
    expect(sent({ kind: 'binary', length: 4 }, raw, new Uint8Array())).toBe(null);
  });

  it.each<[NeutralType, string]>([
    [{ kind: 'binary', length: null }, 'VARCHAR2'],
    [text, 'BLOB'],
    [{ kind: 'time', fraction: 0, zoned: false }, 'DATE'],
    [text, 'BFILE'],
    [double, 'DATE'],
  ])('%o has no place in %s', (type, dataType) => {
    expect(pair(type, target(dataType), new Set())).toBe(null);
  });

  it('tells what is lost', () => {
    const kinds = (type: NeutralType, column: TargetColumn) =>
      pair(type, column, new Set())?.map(({ kind }) => kind);
    expect(kinds(text, target('CLOB'))).toEqual(['emptyAsNull']);
    expect(kinds(text, target('VARCHAR2', { characterSet: 'ZHS16GBK' }))).toEqual([
      'emptyAsNull',
      'length',
      'charset',
    ]);
    expect(kinds(instant, target('DATE'))).toEqual(['zone', 'fraction']);
    expect(kinds(decimal, number(5, 2))).toEqual(['scale', 'range']);
  });
});
