import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import type { LossKind } from '@sluice/core/data/loss';
import { describe, expect, it } from 'vitest';
import { encoderFor, type TargetColumn } from './encode.ts';
import { pair } from './pairing.ts';

function target(columnType: string, facts: Partial<TargetColumn> = {}): TargetColumn {
  return {
    name: 'c',
    dataType: columnType.replace(/[ (].*$/, ''),
    columnType,
    fraction: 0,
    characterSet: null,
    refusesNull: false,
    length: null,
    ...facts,
  };
}

const text: NeutralType = { kind: 'text', length: null, fixed: false };
const long: NeutralType = { kind: 'integer', bits: 64, unsigned: false };
const double: NeutralType = { kind: 'float', bits: 64 };
const decimal: NeutralType = { kind: 'decimal', precision: null, scale: null };
const instant: NeutralType = { kind: 'timestamp', fraction: 6, zoned: true };
const date: NeutralType = { kind: 'date' };

describe('encoderFor', () => {
  it.each<[NeutralType, TargetColumn, Value, string]>([
    [text, target('varchar(9)'), "a'b\\c\n\r\u0000\u001a?", "'a\\'b\\\\c\\n\\r\\0\\Z?'"],
    [text, target('varchar(9)'), '', "''"],
    [long, target('bigint'), 9007199254740993n, '9007199254740993'],
    [long, target('bigint'), -5, '-5'],
    [{ kind: 'boolean' }, target('tinyint(1)'), true, '1'],
    [{ kind: 'boolean' }, target('varchar(5)'), false, "'false'"],
    [double, target('double'), 0.1, '0.1e0'],
    [double, target('double'), -0, '-0e0'],
    [double, target('double'), 5e-324, '5e-324'],
    [double, target('decimal(10,2)'), 1.25, "'1.25'"],
    [double, target('varchar(40)'), Number.NaN, "'NaN'"],
    [decimal, target('decimal(65,30)'), '-0.10', "'-0.10'"],
    [{ kind: 'binary', length: null }, target('blob'), Uint8Array.of(0, 255, 39), "X'00ff27'"],
    [{ kind: 'binary', length: null }, target('blob'), new Uint8Array(0), "X''"],
    [
      instant,
      target('datetime(6)', { fraction: 6 }),
      '2024-01-02 03:04:05.123456+00',
      "'2024-01-02 03:04:05.123456'",
    ],
    [instant, target('varchar(40)'), '2024-01-02 03:04:05+00', "'2024-01-02 03:04:05+00'"],
    [instant, target('datetime'), '2024-01-02 03:04:05.000+00', "'2024-01-02 03:04:05.000'"],
    [date, target('date'), '9999-12-31', "'9999-12-31'"],
    [{ kind: 'time', fraction: 0, zoned: false }, target('time'), '-838:59:59', "'-838:59:59'"],
    [{ kind: 'bits', length: 8 }, target('bit(8)', { length: 8 }), '00000101', "b'00000101'"],
    [{ kind: 'bits', length: 8 }, target('bigint'), '00000101', '5'],
    [text, target('point'), 'POINT(1 2)', "ST_GeomFromText('POINT(1 2)')"],
    [text, target("enum('it''s','b')"), "it's", "'it\\'s'"],
    [text, target("set('a','b')"), 'a,b', "'a,b'"],
    [
      text,
      target('json'),
      '{"a": 18446744073709551615, "b": "1.00000000000000000001"}',
      '\'{"a": 18446744073709551615, "b": "1.00000000000000000001"}\'',
    ],
    [{ kind: 'float', bits: 32 }, target('float'), 3.4028235e38, '3.4028234663852886e+38'],
    [{ kind: 'boolean' }, target('tinyint(1)'), 2, '2'],
    ...[text, long, double, decimal, instant, date].map(
      (type): [NeutralType, TargetColumn, Value, string] => [type, target('varchar(9)'), null, 'NULL'],
    ),
  ])('%j to $columnType', (type, column, value, sql) => {
    expect(encoderFor(type, column)(value)).toBe(sql);
  });

  it('refuses a null for which the server would write the time of day', () => {
    const encode = encoderFor(instant, target('timestamp', { refusesNull: true }));
    expect(encode('2024-01-02 03:04:05+00')).toBe("'2024-01-02 03:04:05'");
    expect(() => encode(null)).toThrow(
      expect.objectContaining({ code: 'Cdm.0234', facts: { cause: 'column c (timestamp) takes no null' } }),
    );
  });

  it.each<[NeutralType, TargetColumn, Value]>([
    [double, target('double'), Number.NaN],
    [double, target('int'), 1.5],
    [decimal, target('decimal(10,2)'), 'NaN'],
    [decimal, target('decimal(10,2)'), '-Infinity'],
    [decimal, target('bigint'), '1.5'],
    [text, target('int'), '1.5'],
    [date, target('date'), 'infinity'],
    [date, target('date'), '0044-03-15 BC'],
    [date, target('date'), '10000-01-01'],
    [instant, target('datetime'), '2024-01-02 03:04:05.5+00'],
    [instant, target('datetime(6)', { fraction: 6 }), '2024-01-02 03:04:05+02'],
    [{ kind: 'bits', length: 8 }, target('bit(16)', { length: 16 }), '00000101'],
    [long, target('year'), 24],
    [long, target('bigint'), 1.5],
    [long, target('bigint'), '1'],
    [long, target('double'), 9007199254740993n],
    [decimal, target('double'), '0.12345678901234567'],
    [decimal, target('decimal(10,2)'), '1.005'],
    [double, target('float'), 0.123456789],
    [double, target('float(7,2)'), 1.255],
    [text, target('double'), '0.12345678901234567'],
    [text, target('year'), '24'],
    [text, target('date'), '24-01-01'],
    [text, target('datetime'), '2024-01-01T00:00:00'],
    [text, target('time'), '10:11'],
    [text, target("enum('a','b')"), '1'],
    [text, target("enum('a','b')"), 'A'],
    [text, target("set('a','b')"), 'b,a'],
    [long, target("enum('a','b')"), 1],
    [text, target('char(5)'), 'a '],
    [text, target('bit(8)', { length: 8 }), '5'],
    [text, target('json'), '{"a": 1.00000000000000000001}'],
    [{ kind: 'binary', length: null }, target('binary(4)', { length: 4 }), Uint8Array.of(1)],
  ])('%j to $columnType refuses %s', (type, column, value) => {
    expect(() => encoderFor(type, column)(value)).toThrow(/Cdm\.0234 column c:/);
  });
});

describe('pair', () => {
  it.each<[NeutralType, TargetColumn]>([
    [date, target('int')],
    [instant, target('date')],
    [long, target('blob')],
    [{ kind: 'binary', length: null }, target('int')],
    [{ kind: 'time', fraction: 0, zoned: true }, target('time')],
    [double, target('point')],
  ])('%j to $columnType has no meaning', (type, column) => {
    expect(pair(type, column)).toBeNull();
  });

  it.each<[NeutralType, TargetColumn, LossKind]>([
    [long, target('double'), 'precision'],
    [{ kind: 'integer', bits: 32, unsigned: false }, target('float'), 'precision'],
    [decimal, target('double'), 'precision'],
    [double, target('float'), 'precision'],
    [double, target('double(10,2)'), 'scale'],
    [{ kind: 'binary', length: null }, target('varchar(9)'), 'form'],
    [text, target('char(9)', { length: 9 }), 'trailingBlanks'],
    [text, target('varchar(9)', { length: 9, characterSet: 'latin1' }), 'charset'],
    [text, target("enum('a')"), 'members'],
    [instant, target('datetime(6)', { fraction: 6 }), 'zone'],
    [{ kind: 'binary', length: null }, target('binary(9)', { length: 9 }), 'fixedBytes'],
  ])('%j to $columnType may lose: %s', (type, column, kind) => {
    expect(pair(type, column)?.map(({ kind }) => kind)).toContain(kind);
  });
});
