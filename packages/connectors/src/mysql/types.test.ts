import type { NeutralType } from '@sluice/core/data/column';
import { describe, expect, it } from 'vitest';
import { ddlTypeOf, type NativeColumn, neutralOf, sameFamilyType } from './types.ts';

function native(columnType: string, facts: Partial<NativeColumn> = {}): NativeColumn {
  return {
    dataType: columnType.replace(/[ (].*$/, ''),
    columnType,
    characterLengthMax: null,
    precision: null,
    scale: null,
    fraction: null,
    isCheckedJson: false,
    ...facts,
  };
}

describe('neutralOf', () => {
  it.each<[NativeColumn, NeutralType]>([
    [native('tinyint(1)'), { kind: 'boolean' }],
    [native('tinyint(1) unsigned'), { kind: 'integer', bits: 8, unsigned: true }],
    [native('tinyint(4)'), { kind: 'integer', bits: 8, unsigned: false }],
    // MySQL 8 leaves out the display width.
    [native('bigint unsigned'), { kind: 'integer', bits: 64, unsigned: true }],
    [native('mediumint(8) unsigned zerofill'), { kind: 'integer', bits: 32, unsigned: true }],
    [native('decimal(10,2)', { precision: 10, scale: 2 }), { kind: 'decimal', precision: 10, scale: 2 }],
    [native('bit(1)', { precision: 1 }), { kind: 'boolean' }],
    [native('bit(8)', { precision: 8 }), { kind: 'bits', length: 8 }],
    [native('year(4)'), { kind: 'integer', bits: 16, unsigned: false }],
    [native('time(3)', { fraction: 3 }), { kind: 'time', fraction: 3, zoned: false }],
    [native('datetime', { fraction: 0 }), { kind: 'timestamp', fraction: 0, zoned: false }],
    [native('timestamp(6)', { fraction: 6 }), { kind: 'timestamp', fraction: 6, zoned: true }],
    [native('longtext', { isCheckedJson: true }), { kind: 'json' }],
    [native('longtext', { characterLengthMax: 4294967295 }), { kind: 'text', length: null, fixed: false }],
    [native("enum('a','bb')", { characterLengthMax: 2 }), { kind: 'text', length: 2, fixed: false }],
    [native('char(3)', { characterLengthMax: 3 }), { kind: 'text', length: 3, fixed: true }],
    [native('varbinary(5)', { characterLengthMax: 5 }), { kind: 'binary', length: 5 }],
    [native('inet6'), { kind: 'other' }],
  ])('$columnType', (column, type) => {
    expect(neutralOf(column, true)).toEqual(type);
  });

  it('reads TINYINT(1) as a number when told to', () => {
    expect(neutralOf(native('tinyint(1)'), false)).toEqual({ kind: 'integer', bits: 8, unsigned: false });
  });
});

describe('ddlTypeOf', () => {
  it.each<[NeutralType, string]>([
    [{ kind: 'boolean' }, 'TINYINT(1)'],
    [{ kind: 'integer', bits: 8, unsigned: false }, 'TINYINT'],
    [{ kind: 'integer', bits: 64, unsigned: true }, 'BIGINT UNSIGNED'],
    [{ kind: 'float', bits: 32 }, 'FLOAT'],
    [{ kind: 'text', length: 16383, fixed: false }, 'VARCHAR(16383)'],
    [{ kind: 'text', length: 16384, fixed: false }, 'LONGTEXT'],
    [{ kind: 'text', length: 255, fixed: true }, 'CHAR(255)'],
    [{ kind: 'text', length: 256, fixed: true }, 'VARCHAR(256)'],
    [{ kind: 'text', length: null, fixed: false }, 'LONGTEXT'],
    [{ kind: 'binary', length: 16 }, 'VARBINARY(16)'],
    [{ kind: 'binary', length: null }, 'LONGBLOB'],
    [{ kind: 'timestamp', fraction: 6, zoned: true }, 'DATETIME(6)'],
    [{ kind: 'time', fraction: 6, zoned: false }, 'TIME(6)'],
    [{ kind: 'uuid' }, 'CHAR(36)'],
    [{ kind: 'json' }, 'JSON'],
    [{ kind: 'bits', length: 64 }, 'BIT(64)'],
    [{ kind: 'bits', length: 65 }, 'LONGTEXT'],
    [{ kind: 'other' }, 'LONGTEXT'],
    [{ kind: 'decimal', precision: 65, scale: 30 }, 'DECIMAL(65,30)'],
    [{ kind: 'decimal', precision: 5, scale: -2 }, 'DECIMAL(7,0)'],
  ])('%j', (type, sql) => {
    expect(ddlTypeOf(type, 1)).toBe(sql);
  });

  it.each<[NeutralType, string]>([
    [{ kind: 'decimal', precision: null, scale: null }, 'DECIMAL(65,30)'],
    [{ kind: 'decimal', precision: 100, scale: 40 }, 'DECIMAL(65,30)'],
    [{ kind: 'decimal', precision: 40, scale: 35 }, 'DECIMAL(35,30)'],
  ])('%j becomes the widest that there is', (type, sql) => {
    expect(ddlTypeOf(type, 1)).toBe(sql);
  });

  it('widens text only', () => {
    expect(ddlTypeOf({ kind: 'text', length: 10, fixed: false }, 3)).toBe('VARCHAR(30)');
    expect(ddlTypeOf({ kind: 'binary', length: 10 }, 3)).toBe('VARBINARY(10)');
  });
});

describe('sameFamilyType', () => {
  it.each(['mediumtext', 'longblob', "enum('a','it''s')", "set('x')", 'year(4)', 'year'])(
    'knows %s',
    (text) => {
      expect(sameFamilyType(text)).toBe(text);
    },
  );

  it.each([
    'text',
    'integer',
    'timestamp(6)',
    'bytea',
    "enum('a') , PRIMARY KEY (x",
    "enum('a\\'); DROP TABLE t; -- ')",
    'mood_enum',
    'yearly',
  ])('does not take %s', (text) => {
    expect(sameFamilyType(text)).toBeNull();
  });
});
