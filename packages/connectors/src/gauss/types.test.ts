import type { Column, NeutralType } from '@sluice/core/data/column';
import { describe, expect, it } from 'vitest';
import { gaussNeutralOf, gaussTypeOf } from './types.ts';

function column(native: string, type: NeutralType): Column {
  return { name: 'c', native, type, isNullable: true, isGenerated: false };
}

const int = (bits: 8 | 16 | 32 | 64, unsigned = false): NeutralType => ({ kind: 'integer', bits, unsigned });
const text = (length: number | null, fixed = false): NeutralType => ({ kind: 'text', length, fixed });
const decimal = (precision: number | null, scale: number | null): NeutralType => ({
  kind: 'decimal',
  precision,
  scale,
});
const stamp = (fraction: number, zoned = false): NeutralType => ({ kind: 'timestamp', fraction, zoned });

/** The published table "To DWS", in the names that `format_type` prints: FLOAT4 is real, FLOAT8 double precision. */
describe('columns of MySQL become', () => {
  it.each([
    ['char(10)', text(10, true), 'character(10)'],
    ['varchar(20)', text(20), 'character varying(20)'],
    ['decimal(10,0)', decimal(10, 0), 'bigint'],
    ['decimal(18,0)', decimal(18, 0), 'bigint'],
    ['decimal(19,0)', decimal(19, 0), 'numeric(19,0)'],
    ['decimal(10,2)', decimal(10, 2), 'numeric(10,2)'],
    ['int', int(32), 'integer'],
    ['mediumint', int(32), 'integer'],
    ['mediumint unsigned', int(32, true), 'integer'],
    ['int unsigned', int(32, true), 'bigint'],
    ['bigint', int(64), 'bigint'],
    ['bigint unsigned', int(64, true), 'numeric(20,0)'],
    ['tinyint', int(8), 'smallint'],
    ['tinyint unsigned', int(8, true), 'smallint'],
    ['smallint', int(16), 'smallint'],
    ['smallint unsigned', int(16, true), 'integer'],
    ['tinyint(1)', { kind: 'boolean' }, 'boolean'],
    ['varbinary(9)', { kind: 'binary', length: 9 }, 'bytea'],
    ['float', { kind: 'float', bits: 32 }, 'real'],
    ['double', { kind: 'float', bits: 64 }, 'double precision'],
    ['date', { kind: 'date' }, 'timestamp(0) without time zone'],
    ['datetime(6)', stamp(6), 'timestamp(6) without time zone'],
    ['time(3)', { kind: 'time', fraction: 3, zoned: false }, 'time(3) without time zone'],
    ['json', { kind: 'json' }, 'text'],
    ['year', int(16, true), 'smallint'],
    ['longtext', text(4_294_967_295), 'text'],
    ['bit(8)', { kind: 'bits', length: 8 }, 'bit varying(8)'],
    ["enum('a','b')", text(1), 'character varying(1)'],
  ] as const)('%s', (native, type, expected) => {
    expect(gaussTypeOf(column(native, type), 1)).toBe(expected);
  });
});

describe('columns of others become', () => {
  it.each([
    ['NUMBER(3,0)', decimal(3, 0), 'smallint'],
    ['NUMBER(4)', decimal(4, 0), 'smallint'],
    ['NUMBER(9)', decimal(9, 0), 'integer'],
    ['NUMBER(18)', decimal(18, 0), 'bigint'],
    ['NUMBER(38)', decimal(38, 0), 'numeric(38,0)'],
    ['NUMBER(10,2)', decimal(10, 2), 'numeric(10,2)'],
    ['NUMBER', decimal(null, null), 'numeric'],
    ['numeric(10,0)', decimal(10, 0), 'numeric(10,0)'],
    ['money', { kind: 'other' }, 'money'],
    ['uuid', { kind: 'uuid' }, 'uuid'],
    ['boolean', { kind: 'boolean' }, 'boolean'],
    ['jsonb', { kind: 'json' }, 'text'],
    ['interval', { kind: 'other' }, 'text'],
    ['timestamp with time zone', stamp(6, true), 'timestamp(6) with time zone'],
    ['time with time zone', { kind: 'time', fraction: 6, zoned: true }, 'time(6) with time zone'],
  ] as const)('%s', (native, type, expected) => {
    expect(gaussTypeOf(column(native, type), 1)).toBe(expected);
  });

  it('four times as long where lengths are widened, and texts beyond what DWS takes', () => {
    expect(gaussTypeOf(column('varchar(20)', text(20)), 4)).toBe('character varying(80)');
    expect(gaussTypeOf(column('char(20)', text(20, true)), 4)).toBe('character(80)');
    expect(gaussTypeOf(column('varchar(70000)', text(70_000)), 4)).toBe('text');
  });
});

describe('types of GaussDB', () => {
  it.each([
    ['tinyint', int(8, true)],
    ['nvarchar2(30)', text(30)],
    ['clob', text(null)],
    ['smalldatetime', stamp(0)],
    ['timestamp(0) without time zone', stamp(0)],
    ['character varying(7)', text(7)],
    ['numeric(12,3)', decimal(12, 3)],
    ['hll', { kind: 'other' }],
  ] as const)('%s hold what they hold', (native, expected) => {
    expect(gaussNeutralOf(native)).toEqual(expected);
  });
});
