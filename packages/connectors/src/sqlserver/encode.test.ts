import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import { describe, expect, it } from 'vitest';
import { encoderFor } from './encode.ts';
import { mayBranch, tokensOf } from './one-statement.ts';
import type { TargetColumn } from './pairing.ts';
import { RowBuffer } from './row-buffer.ts';
import { createdTypeOf, nativeOfCreated, printedType } from './types.ts';

function target(made: string): TargetColumn {
  const native = nativeOfCreated(made);
  return { name: 'c', native, printed: printedType(native), collation: null };
}

/** The bytes of a value in hexadecimal; null where it is refused. */
function bytesOf(type: NeutralType, made: string, value: Value): string | null {
  const into = new RowBuffer(8);
  try {
    encoderFor(type, target(made), null)(value, into);
  } catch {
    return null;
  }
  return into.take().toString('hex');
}

const decimal: NeutralType = { kind: 'decimal', precision: null, scale: null };
const stamp: NeutralType = { kind: 'timestamp', fraction: 7, zoned: false };
const text: NeutralType = { kind: 'text', length: null, fixed: false };

/** By hand, from the tables of MS-TDS 2.2.5.5. */
describe('values of a bulk load', () => {
  it.each<[string, NeutralType, string, Value, string | null]>([
    ['a null', decimal, 'DECIMAL(10,2)', null, '00'],
    ['a decimal of 9 digits', decimal, 'DECIMAL(9,2)', '-1.25', '05007d000000'],
    [
      'a decimal of 38 digits',
      decimal,
      'DECIMAL(38,0)',
      '99999999999999999999999999999999999999',
      '1101ffffffff3f228a097ac4865aa84c3b4b',
    ],
    ['a decimal with an exponent', decimal, 'DECIMAL(9,2)', '1.5e2', '0501983a0000'],
    ['a decimal of too many digits', decimal, 'DECIMAL(9,2)', '12345678.00', null],
    ['a decimal that would be rounded', decimal, 'DECIMAL(9,2)', '0.125', null],
    ['no number', decimal, 'DECIMAL(9,2)', 'NaN', null],
    ['money', decimal, 'money', '-1', '08fffffffff0d8ffff'],
    ['too much money', decimal, 'smallmoney', '214748.3648', null],
    ['a tinyint', { kind: 'integer', bits: 64, unsigned: false }, 'TINYINT', 255, '01ff'],
    ['no tinyint', { kind: 'integer', bits: 64, unsigned: false }, 'TINYINT', -1, null],
    [
      'a bigint',
      { kind: 'integer', bits: 64, unsigned: false },
      'BIGINT',
      -(2n ** 63n),
      '080000000000000080',
    ],
    ['a real', { kind: 'float', bits: 32 }, 'REAL', 0.1, '04cdcccc3d'],
    ['a real that single precision bends', { kind: 'float', bits: 64 }, 'REAL', 0.123456789, null],
    ['infinity', { kind: 'float', bits: 64 }, 'FLOAT', Number.POSITIVE_INFINITY, null],
    ['the first day', { kind: 'date' }, 'DATE', '0001-01-01', '03000000'],
    ['the last day', { kind: 'date' }, 'DATE', '9999-12-31', '03dab937'],
    ['no day', { kind: 'date' }, 'DATE', '2023-02-29', null],
    ['infinity as a day', { kind: 'date' }, 'DATE', 'infinity', null],
    ['a moment of 100 ns', stamp, 'DATETIME2(7)', '2000-01-01 00:00:00.0000001', '080100000000' + '07240b'],
    ['a moment of milliseconds', stamp, 'DATETIME2(3)', '2000-01-01 00:00:01.5', '07dc05000007240b'],
    ['a moment that would be cut', stamp, 'DATETIME2(3)', '2000-01-01 00:00:00.0001', null],
    ['an old moment', stamp, 'datetime', '1900-01-02 00:00:00.003', '080100000001000000'],
    ['between two steps', stamp, 'datetime', '1900-01-02 00:00:00.001', null],
    ['a minute', stamp, 'smalldatetime', '1900-01-02 00:01:00', '0401000100'],
    ['a second', stamp, 'smalldatetime', '1900-01-02 00:01:01', null],
    [
      'an instant',
      { kind: 'timestamp', fraction: 6, zoned: true },
      'DATETIMEOFFSET(0)',
      '2000-01-01 00:00:01+00',
      '0801000007240b0000',
    ],
    ['the end of a day', { kind: 'time', fraction: 6, zoned: false }, 'TIME(0)', '23:59:59', '037f5101'],
    ['24:00', { kind: 'time', fraction: 6, zoned: false }, 'TIME(0)', '24:00:00', null],
    ['a text', text, 'NVARCHAR(3)', 'a€', '04006100ac20'],
    ['a text with a pair', text, 'NVARCHAR(3)', '😀b', '06003dd800de6200'],
    ['a text that is too long', text, 'NVARCHAR(3)', '😀😀', null],
    ['blanks that CHAR would lose', text, 'NCHAR(3)', 'a ', null],
    ['an empty long text', text, 'NVARCHAR(MAX)', '', 'feffffffffffffff00000000'],
    ['a long null', text, 'NVARCHAR(MAX)', null, 'ffffffffffffffff'],
    [
      'a UUID',
      { kind: 'uuid' },
      'UNIQUEIDENTIFIER',
      '6f9619ff-8b86-d011-b42d-00c04fc964ff',
      '10ff19966f868b11d0b42d00c04fc964ff',
    ],
    ['bytes', { kind: 'binary', length: null }, 'VARBINARY(2)', Buffer.from([1, 2]), '02000102'],
    ['too many bytes', { kind: 'binary', length: null }, 'VARBINARY(2)', Buffer.from([1, 2, 3]), null],
    ['true', { kind: 'boolean' }, 'BIT', true, '0101'],
    ['true as a word', { kind: 'boolean' }, 'NVARCHAR(5)', false, '0a00660061006c0073006500'],
  ])('%s', (_what, type, made, value, bytes) => {
    expect(bytesOf(type, made, value)).toBe(bytes);
  });
});

describe('types of created columns', () => {
  it.each<[NeutralType, string, string]>([
    [{ kind: 'integer', bits: 8, unsigned: false }, '', 'SMALLINT'],
    [{ kind: 'integer', bits: 8, unsigned: true }, '', 'TINYINT'],
    [{ kind: 'integer', bits: 64, unsigned: true }, '', 'DECIMAL(20,0)'],
    [{ kind: 'decimal', precision: 65, scale: 30 }, '', 'DECIMAL(38,3)'],
    [{ kind: 'decimal', precision: 3, scale: 5 }, '', 'DECIMAL(5,5)'],
    [{ kind: 'decimal', precision: 3, scale: -2 }, '', 'DECIMAL(5,0)'],
    [{ kind: 'text', length: 4_000, fixed: false }, '', 'NVARCHAR(4000)'],
    [{ kind: 'text', length: 4_001, fixed: false }, '', 'NVARCHAR(MAX)'],
    [{ kind: 'timestamp', fraction: 3, zoned: false }, 'datetime', 'DATETIME'],
    [{ kind: 'timestamp', fraction: 0, zoned: false }, 'datetime', 'DATETIME2(0)'],
    [{ kind: 'other' }, 'money', 'NVARCHAR(MAX)'],
  ])('%o, from %s: %s', (type, native, made) => {
    expect(createdTypeOf({ native, type }, 1)).toBe(made);
  });
});

describe('statements', () => {
  it('are told from those that could hide another', () => {
    const branches = (sql: string) => mayBranch(tokensOf(sql) ?? []);
    expect(branches('DROP TABLE IF EXISTS a')).toBe(false);
    expect(branches('INSERT INTO a VALUES (\'IF\', [if], "IF") -- IF')).toBe(false);
    expect(branches('DELETE a IF 1 = 1 DELETE b')).toBe(true);
    expect(branches('DELETE a /* x */ if exists (SELECT 1) DELETE b')).toBe(true);
    expect(tokensOf('a /* /* */ b')).toBeNull();
    expect(tokensOf("a 'b''")).toBeNull();
    expect(tokensOf('[a]]b]')).toEqual(['[]']);
  });
});
