import type { SourceOffer } from '@sluice/core/connector/contract';
import type { Column, NeutralType } from '@sluice/core/data/column';
import { describe, expect, it } from 'vitest';
import { ddlTypeOf } from '../types.ts';
import { agreeBulk, plannedColumn } from './bulk-agreement.ts';
import { chooseKernel } from './kernels.ts';

function column(native: string, type: NeutralType): Column {
  return { name: 'v', native, type, isNullable: true, isGenerated: false };
}
const text = (length: number | null, fixed = false): NeutralType => ({ kind: 'text', length, fixed });
const int = (bits: 8 | 16 | 32 | 64, unsigned = false): NeutralType => ({ kind: 'integer', bits, unsigned });

/** Source type, destination type, and the type on the wire; null: as rows. */
const pairs: readonly (readonly [string, NeutralType, string, string | null])[] = [
  ['boolean', { kind: 'boolean' }, 'TINYINT(1)', 'boolean'],
  ['boolean', { kind: 'boolean' }, 'VARCHAR(5)', 'boolean'],
  ['boolean', { kind: 'boolean' }, 'YEAR', null],
  ['smallint', int(16), 'TINYINT UNSIGNED', 'smallint'],
  ['integer', int(32), 'INT', 'integer'],
  ['bigint', int(64), 'DOUBLE', null],
  ['integer', int(32), 'DOUBLE', 'integer'],
  ['integer', int(32), 'FLOAT', null],
  ['integer', int(32), "ENUM('1')", null],
  ["enum('1')", text(1), "enum('1')", 'bytea'],
  ['character varying(9)', text(9), 'CHAR(9)', null],
  ['tinyint(1)', { kind: 'boolean' }, 'TINYINT(1)', 'smallint'],
  ['bytea', { kind: 'binary', length: null }, 'BINARY(4)', null],
  ['binary(4)', { kind: 'binary', length: 4 }, 'BINARY(4)', 'bytea'],
  ['bigint', int(64), 'VARCHAR(30)', 'text'],
  ['integer', int(32), 'YEAR', null],
  ['integer', int(32), 'BIT(8)', null],
  ['tinyint unsigned', int(8, true), 'SMALLINT', 'smallint'],
  ['smallint unsigned', int(16, true), 'INT', 'integer'],
  ['int unsigned', int(32, true), 'INT UNSIGNED', 'bigint'],
  ['bigint unsigned', int(64, true), 'BIGINT UNSIGNED', 'numeric'],
  ['numeric(10,2)', { kind: 'decimal', precision: 10, scale: 2 }, 'DECIMAL(10,2)', 'numeric'],
  ['numeric', { kind: 'decimal', precision: null, scale: null }, 'FLOAT', null],
  ['numeric(6,2)', { kind: 'decimal', precision: 6, scale: 2 }, 'FLOAT', 'numeric'],
  ['numeric', { kind: 'decimal', precision: null, scale: null }, 'YEAR', null],
  ['real', { kind: 'float', bits: 32 }, 'FLOAT', 'real'],
  ['real', { kind: 'float', bits: 32 }, 'DOUBLE', 'text'],
  ['real', { kind: 'float', bits: 32 }, 'INT', null],
  ['double precision', { kind: 'float', bits: 64 }, 'FLOAT', null],
  ['double precision', { kind: 'float', bits: 64 }, 'DECIMAL(10,2)', 'text'],
  ['year(4)', int(16), 'YEAR', 'smallint'],
  ['double precision', { kind: 'float', bits: 64 }, 'TEXT', null],
  ['text', text(null), 'LONGTEXT', 'text'],
  ['character varying(9)', text(9), 'VARCHAR(9)', 'text'],
  ['character(9)', text(9, true), 'VARCHAR(9)', 'character'],
  ['varchar(9)', text(9), 'VARCHAR(9)', 'bytea'],
  ['text', text(65_535), 'TEXT', 'bytea'],
  ['text', text(null), 'INT', null],
  ['text', text(null), 'DATETIME', null],
  ['text', text(null), 'LONGBLOB', null],
  ['bytea', { kind: 'binary', length: null }, 'LONGBLOB', 'bytea'],
  ['bytea', { kind: 'binary', length: null }, 'LONGTEXT', null],
  ['date', { kind: 'date' }, 'DATETIME(6)', 'date'],
  ['date', { kind: 'date' }, 'CHAR(10)', 'text'],
  [
    'timestamp without time zone',
    { kind: 'timestamp', fraction: 6, zoned: false },
    'DATETIME(3)',
    'timestamp without time zone',
  ],
  [
    'timestamp with time zone',
    { kind: 'timestamp', fraction: 6, zoned: true },
    'TIMESTAMP',
    'timestamp with time zone',
  ],
  ['timestamp without time zone', { kind: 'timestamp', fraction: 6, zoned: false }, 'DATE', null],
  [
    'time(3) without time zone',
    { kind: 'time', fraction: 3, zoned: false },
    'TIME(3)',
    'time without time zone',
  ],
  // MySQL's own TIME goes to 838 hours and below zero.
  ['time(3)', { kind: 'time', fraction: 3, zoned: false }, 'TIME(3)', 'bytea'],
  ['time(3)', { kind: 'time', fraction: 3, zoned: false }, 'TIME(2)', null],
  ['time with time zone', { kind: 'time', fraction: 6, zoned: true }, 'VARCHAR(32)', 'text'],
  ['uuid', { kind: 'uuid' }, 'CHAR(36)', 'uuid'],
  ['uuid', { kind: 'uuid' }, 'BINARY(16)', null],
  ['jsonb', { kind: 'json' }, 'JSON', 'jsonb'],
  ['json', { kind: 'json' }, 'LONGTEXT', 'json'],
  ['bit(9)', { kind: 'bits', length: 9 }, 'BIT(9)', 'bit'],
  ['bit varying(9)', { kind: 'bits', length: 9 }, 'BIT(9)', 'bit varying'],
  ['bit varying(9)', { kind: 'bits', length: 9 }, 'VARCHAR(9)', 'text'],
  ['interval', { kind: 'other' }, 'LONGTEXT', 'text'],
  ['integer[]', { kind: 'other' }, 'LONGTEXT', 'text'],
  ['inet', { kind: 'other' }, 'POINT', null],
];

describe('the kernel of a column', () => {
  it.each(pairs)('%s %j into %s: %s', (native, type, into, wireType) => {
    const choice = chooseKernel(column(native, type), plannedColumn('v', into));
    expect(choice?.wireType ?? null).toBe(wireType);
  });

  it('knows what the destination keeps', () => {
    const decimal = { kind: 'decimal', precision: 20, scale: 9 } as const;
    const moment = { kind: 'timestamp', fraction: 6, zoned: false } as const;
    const limitOf = (type: NeutralType, into: string) =>
      chooseKernel(column('x', type), plannedColumn('v', into))?.kernel.limit;
    expect(limitOf(decimal, 'DECIMAL(10,3)')).toBe(3);
    expect(limitOf(decimal, 'DECIMAL(10,0)')).toBe(0);
    expect(limitOf(decimal, 'BIGINT')).toBe(0);
    expect(limitOf({ kind: 'decimal', precision: 15, scale: 9 }, 'DOUBLE')).toBe(-1);
    expect(limitOf(moment, 'DATETIME(3)')).toBe(3);
    expect(limitOf(moment, 'DATETIME')).toBe(0);
  });

  it.each([...new Set(pairs.filter(([, , , wire]) => wire !== null).map(([native]) => native))])(
    'is there for %s and the column that is created for it',
    (native) => {
      const type = pairs.find((pair) => pair[0] === native)?.[1] ?? { kind: 'other' };
      expect(chooseKernel(column(native, type), plannedColumn('v', ddlTypeOf(type, 1)))).not.toBeNull();
    },
  );
});

describe('the agreement on bulk commands', () => {
  const columns = [column('integer', int(32)), column('jsonb', { kind: 'json' })];
  const offer: SourceOffer = {
    columns,
    forms: ['pgcopy-binary', 'rows'],
    sendAs: (_form, _column, wireType) => ({ cast: wireType === 'jsonb' ? 'jsonb' : null }),
  };
  const targets = [plannedColumn('a', 'INT'), plannedColumn('b', 'LONGTEXT')];

  it('asks for each column as its kernel wants it', () => {
    expect(agreeBulk(offer, targets)).toEqual({
      asText: [],
      columns: [
        { name: 'v', cast: null, wireType: 'integer' },
        { name: 'v', cast: 'jsonb', wireType: 'jsonb' },
      ],
    });
  });

  it('names the columns that the source prints', () => {
    const odd = [
      column('time(3)', { kind: 'time', fraction: 3, zoned: false }),
      column('real', { kind: 'float', bits: 32 }),
      column('text', text(null)),
    ];
    const into = [plannedColumn('a', 'TIME(3)'), plannedColumn('b', 'DOUBLE'), plannedColumn('c', 'TEXT')];
    const sendAs: SourceOffer['sendAs'] = () => ({ cast: 'text' });
    expect(agreeBulk({ ...offer, columns: odd, sendAs }, into)).toMatchObject({
      asText: ['v (time(3))', 'v (real)'],
      columns: [{ wireType: 'bytea' }, { wireType: 'text' }, { wireType: 'text' }],
    });
  });

  it.each([
    ['a source of rows', { ...offer, forms: ['rows' as const] }, targets, 'the source does not send'],
    ['a source without types', { columns, forms: offer.forms }, targets, 'the source does not send'],
    [
      'a type that the source cannot send',
      { ...offer, sendAs: () => null },
      targets,
      'column v, integer into int',
    ],
    [
      'no kernel',
      offer,
      [plannedColumn('a', 'YEAR'), plannedColumn('b', 'JSON')],
      'column v, integer into year',
    ],
    ['no column', { ...offer, columns: [] }, [], 'there is no column'],
  ])('says why not: %s', (_name, offered, into, reason) => {
    expect(agreeBulk(offered, into)).toEqual({ columns: null, reason: expect.stringContaining(reason) });
  });
});
