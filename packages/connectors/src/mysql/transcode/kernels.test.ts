import type { Column, NeutralType } from '@sluice/core/data/column';
import { describe, expect, it } from 'vitest';
import { kernelFor, naturalWireType, op, sendAs } from './kernels.ts';
import { expectedWire } from './wire-column.ts';

const integer = (bits: 8 | 16 | 32 | 64, unsigned = false): NeutralType => ({
  kind: 'integer',
  bits,
  unsigned,
});
const text: NeutralType = { kind: 'text', length: 20, fixed: false };
const decimal: NeutralType = { kind: 'decimal', precision: 10, scale: 2 };
const float: NeutralType = { kind: 'float', bits: 32 };
const instant: NeutralType = { kind: 'timestamp', fraction: 6, zoned: true };
const bits: NeutralType = { kind: 'bits', length: 9 };

function column(native: string, type: NeutralType): Column {
  return { name: 'v', native, type, isNullable: true, isGenerated: false };
}

describe('sendAs', () => {
  it.each([
    ['int', integer(32), 'integer'],
    ['int', integer(32), 'smallint'],
    ['bigint unsigned', integer(64, true), 'numeric(20,0)'],
    ['bigint unsigned', integer(64, true), 'bigint'],
    ['smallint', integer(16), 'boolean'],
    ['year', integer(16), 'integer'],
    ['tinyint(1)', { kind: 'boolean' }, 'boolean'],
    ['tinyint(1)', { kind: 'boolean' }, 'numeric(3,0)'],
    ['bit(1)', { kind: 'boolean' }, 'smallint'],
    ['bit(9)', bits, 'bit(9)'],
    ['bit(9)', bits, 'bit varying'],
    ['decimal(10,2)', decimal, 'numeric(12,3)'],
    ['float', float, 'double precision'],
    ['varchar(20)', text, 'character varying(5)'],
    ['varchar(20)', text, 'jsonb'],
    ['varbinary(20)', { kind: 'binary', length: 20 }, 'bytea'],
    ['date', { kind: 'date' }, 'timestamp(3) without time zone'],
    ['timestamp(6)', instant, 'timestamp with time zone'],
    ['longtext', { kind: 'json' }, 'json'],
    ['uuid', { kind: 'uuid' }, 'character varying'],
    ['point', { kind: 'other' }, 'text'],
  ] satisfies [string, NeutralType, string][])('%s goes as it is: %j into %s', (native, type, wireType) => {
    expect(sendAs(column(native, type), wireType, false)).toEqual({ cast: null });
  });

  it.each([
    ['int', integer(32), 'text'],
    ['bigint unsigned', integer(64, true), 'character varying(30)'],
    ['decimal(10,2)', decimal, 'character(20)'],
    ['time(3)', { kind: 'time', fraction: 3, zoned: false }, 'bytea'],
  ] satisfies [string, NeutralType, string][])(
    '%s is printed by the source: %j into %s',
    (native, type, wireType) => {
      expect(sendAs(column(native, type), wireType, false)).toEqual({ cast: 'char' });
    },
  );

  it.each([
    ['int(5) zerofill', integer(32, true), 'text'],
    ['year', integer(16), 'text'],
    ['int', integer(32), 'real'],
    ['int', integer(32), 'interval'],
    ['int', integer(32), 'integer[]'],
    ['decimal(10,2)', decimal, 'bigint'],
    ['float', float, 'numeric'],
    ['double', { kind: 'float', bits: 64 }, 'real'],
    ['tinyint(1)', { kind: 'boolean' }, 'text'],
    ['bit(9)', bits, 'bytea'],
    ['varchar(20)', text, 'integer'],
    ['varchar(20)', text, 'uuid'],
    ['varbinary(20)', { kind: 'binary', length: 20 }, 'text'],
    ['datetime', { kind: 'timestamp', fraction: 0, zoned: false }, 'date'],
    ['time', { kind: 'time', fraction: 0, zoned: false }, 'interval'],
    ['time', { kind: 'time', fraction: 0, zoned: false }, 'text'],
    ['uuid', { kind: 'uuid' }, 'bytea'],
    ['inet6', { kind: 'other' }, 'inet'],
  ] satisfies [string, NeutralType, string][])('%s has no kernel: %j into %s', (native, type, wireType) => {
    expect(sendAs(column(native, type), wireType, false)).toBeNull();
  });

  it('has a kernel from every type into what keeps its values', () => {
    const types: NeutralType[] = [
      { kind: 'boolean' },
      ...([8, 16, 32, 64] as const).flatMap((size) => [integer(size), integer(size, true)]),
      decimal,
      float,
      { kind: 'float', bits: 64 },
      text,
      { kind: 'binary', length: null },
      { kind: 'date' },
      { kind: 'time', fraction: 6, zoned: false },
      { kind: 'timestamp', fraction: 6, zoned: false },
      instant,
      { kind: 'uuid' },
      { kind: 'json' },
      bits,
      { kind: 'other' },
    ];
    for (const type of types) {
      expect(sendAs(column('any', type), naturalWireType(type), false), JSON.stringify(type)).toEqual({
        cast: null,
      });
    }
  });
});

describe('kernelFor', () => {
  it('goes by the bytes that come, not by the plan', () => {
    const planned = column('int', integer(32));
    expect(kernelFor(expectedWire(planned), planned.type, 'integer', false)?.op).toBe(op.swap4);
    const widened = { shape: 'i8', isUnsigned: false } as const;
    expect(kernelFor(widened, planned.type, 'integer', false)?.op).toBe(op.integer);
    expect(kernelFor({ shape: 'string', isUnsigned: false }, planned.type, 'integer', false)).toBeNull();
  });

  it('reads dates that do not exist as the link says', () => {
    const wire = { shape: 'date', isUnsigned: false } as const;
    expect(kernelFor(wire, { kind: 'date' }, 'date', true)).toEqual({ op: op.date, argument: 1 });
    expect(kernelFor(wire, { kind: 'date' }, 'date', false)).toEqual({ op: op.date, argument: 0 });
  });
});
