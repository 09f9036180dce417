import type { Column, NeutralType } from '@sluice/core/data/column';
import type { LossKind, OddValue } from '@sluice/core/data/loss';
import { describe, expect, it } from 'vitest';
import { isBentByPostgres } from '../jdbc/losses.ts';
import { createdColumns, createTableSql } from './ddl.ts';
import { binaryCast, fitOf, heldOddValues, isBentWithinOther } from './pairing.ts';
import { createdTypeOf, isBuiltIn, isOwnType, isUserType, nativeOf, neutralOf } from './types.ts';

const column = (native: string, type: NeutralType = neutralOf(native), name = 'c'): Column => ({
  name,
  native,
  type,
  isNullable: true,
  isGenerated: false,
});
describe('types of PostgreSQL', () => {
  it('become neutral and come back', () => {
    for (const native of [
      'boolean',
      'smallint',
      'integer',
      'bigint',
      'numeric',
      'numeric(10,2)',
      'real',
      'double precision',
      'text',
      'character varying(20)',
      'character(3)',
      'bytea',
      'date',
      'time(3) without time zone',
      'time(6) with time zone',
      'timestamp(0) without time zone',
      'timestamp(6) with time zone',
      'uuid',
      'jsonb',
      'bit varying(9)',
    ]) {
      expect(nativeOf(neutralOf(native), false)).toBe(native);
    }
  });

  it('are read with modifiers wherever they stand', () => {
    expect(neutralOf('numeric(3,-2)')).toEqual({ kind: 'decimal', precision: 3, scale: -2 });
    expect(neutralOf('timestamp without time zone')).toEqual({
      kind: 'timestamp',
      fraction: 6,
      zoned: false,
    });
    expect(neutralOf('character varying')).toEqual({ kind: 'text', length: null, fixed: false });
    expect(neutralOf('integer[]')).toEqual({ kind: 'other' });
    expect(neutralOf('public."Text"')).toEqual({ kind: 'other' });
  });

  it('are made for types of other databases', () => {
    const cases: [NeutralType, string][] = [
      [{ kind: 'integer', bits: 8, unsigned: false }, 'smallint'],
      [{ kind: 'integer', bits: 8, unsigned: true }, 'smallint'],
      [{ kind: 'integer', bits: 16, unsigned: true }, 'integer'],
      [{ kind: 'integer', bits: 32, unsigned: true }, 'bigint'],
      [{ kind: 'integer', bits: 64, unsigned: true }, 'numeric(20,0)'],
      [{ kind: 'decimal', precision: 65, scale: 30 }, 'numeric(65,30)'],
      [{ kind: 'text', length: 0, fixed: false }, 'character varying(1)'],
      [{ kind: 'text', length: 16_777_215, fixed: false }, 'text'],
      [{ kind: 'binary', length: 16 }, 'bytea'],
      [{ kind: 'json' }, 'jsonb'],
      [{ kind: 'other' }, 'text'],
    ];
    for (const [type, native] of cases) expect(nativeOf(type, false)).toBe(native);
  });

  it('are made three times as long when told to', () => {
    expect(nativeOf({ kind: 'text', length: 20, fixed: false }, true)).toBe('character varying(60)');
    expect(createdTypeOf(column('character(5)'), true)).toBe('character(15)');
    expect(createdTypeOf(column('numeric(5,2)'), true)).toBe('numeric(5,2)');
  });

  it('tell their own from those of users and of other databases', () => {
    expect(isBuiltIn('numeric(10,2)[]')).toBe(true);
    expect(isBuiltIn('public.mood')).toBe(false);
    expect(isUserType('public.mood[]')).toBe(true);
    expect(isUserType('"Odd"."Ty""pe"')).toBe(true);
    for (const text of ['integer', "enum('a.b')", 'a.b; DROP TABLE x', 'a.b(1)', '"a.b'])
      expect(isUserType(text), text).toBe(false);
    expect(isOwnType(column('bigint', { kind: 'integer', bits: 64, unsigned: false }))).toBe(true);
    expect(isOwnType(column('bigint', { kind: 'integer', bits: 64, unsigned: true }))).toBe(false);
    expect(isOwnType(column('int4range'))).toBe(true);
    expect(isOwnType(column('point'))).toBe(false);
  });
});

describe('pairing for COPY BINARY', () => {
  it.each([
    ['integer', 'integer', null],
    ['numeric(10,2)', 'numeric(12,4)', null],
    ['character varying(5)', 'text', null],
    ['text', 'character varying(5)', null],
    ['integer', 'bigint', 'bigint'],
    ['bigint', 'integer', 'integer'],
    ['character(3)', 'text', 'text'],
    ['date', 'timestamp(3) without time zone', 'timestamp without time zone'],
    ['json', 'jsonb', 'jsonb'],
    ['uuid', 'text', 'text'],
    ['public.mood', 'text', 'text'],
    ['integer[]', 'integer[]', null],
  ])('%s into %s casts to %s', (from, into, cast) => {
    expect(binaryCast(from, into)).toEqual({ cast });
  });

  it.each([
    ['numeric', 'integer'],
    ['double precision', 'real'],
    ['timestamp without time zone', 'date'],
    ['text', 'integer'],
    ['bytea', 'text'],
    ['inet', 'text'],
    ['integer[]', 'bigint[]'],
    ['public.pair', 'public.pair'],
    ['real', 'double precision'],
  ])('%s into %s does not', (from, into) => {
    expect(binaryCast(from, into)).toBeNull();
  });
});

describe('fit of neutral types', () => {
  it.each<[string, string, readonly LossKind[] | null]>([
    ['smallint', 'integer', []],
    ['bigint', 'integer', ['range']],
    ['bigint', 'numeric(18,0)', ['range']],
    ['bigint', 'numeric(19,0)', []],
    ['bigint', 'double precision', ['precision']],
    ['integer', 'double precision', []],
    ['numeric(5,2)', 'numeric(5,1)', ['scale']],
    ['numeric', 'numeric(5,1)', ['scale', 'range']],
    ['numeric(20,4)', 'double precision', ['precision']],
    ['double precision', 'real', ['precision', 'range']],
    ['character varying(5)', 'character varying(4)', ['length']],
    ['text', 'text', []],
    ['text', 'character(3)', ['length', 'trailingBlanks']],
    ['character(3)', 'text', ['padding']],
    ['timestamp without time zone', 'date', ['timeOfDay']],
    ['timestamp with time zone', 'timestamp(0) without time zone', ['zone', 'fraction']],
    ['time with time zone', 'time without time zone', ['offset']],
    ['text', 'integer', ['form']],
    ['text', 'jsonb', ['form', 'json']],
    ['boolean', 'integer', ['booleanAsNumber']],
    ['smallint', 'boolean', ['boolean']],
    ['bytea', 'text', null],
    ['integer', 'bytea', null],
    ['uuid', 'integer', null],
  ])('%s into %s', (from, into, losses) => {
    const fit = fitOf(neutralOf(from), neutralOf(into), heldOddValues);
    expect(fit?.map(({ kind }) => kind) ?? null).toEqual(losses);
  });

  it('knows values that other databases have and PostgreSQL has not', () => {
    const sent = new Set<OddValue>(['zeroDate', 'longTime', 'nulCharacter']);
    const lost = (type: string) => fitOf(neutralOf(type), neutralOf(type), sent)?.map(({ kind }) => kind);
    expect(lost('date')).toEqual(['zeroDate']);
    expect(lost('time without time zone')).toEqual(['clock']);
    expect(lost('text')).toEqual(['nulCharacter']);
    expect(lost('integer')).toEqual([]);
  });

  it.each([
    ['numeric(5,2)', 'numeric(5,1)', true],
    ['numeric(5,2)', 'numeric(4,2)', false],
    ['text', 'character varying(5)', true],
    ['character varying(5)', 'character varying(5)', false],
    ['character(9)', 'character varying(5)', false],
    ['text', 'character(5)', true],
    ['integer', 'character(5)', false],
    ['timestamp without time zone', 'timestamp(3) without time zone', true],
    ['bigint', 'double precision', true],
  ])('%s into %s is bent by the server: %s', (from, into, isBent) => {
    expect(isBentByPostgres(neutralOf(from), neutralOf(into))).toBe(isBent);
  });

  it('takes no other type for one with modifiers of its own', () => {
    const other = (native: string) => column(native);
    expect(isBentWithinOther(other('interval'), { native: 'interval(3)', type: { kind: 'other' } })).toBe(
      true,
    );
    expect(isBentWithinOther(other('interval(3)'), { native: 'interval(3)', type: { kind: 'other' } })).toBe(
      false,
    );
    expect(isBentWithinOther(other('interval(3)'), { native: 'interval', type: { kind: 'other' } })).toBe(
      false,
    );
  });
});

describe('created tables', () => {
  const columns = [
    { ...column('integer', undefined, 'a'), isNullable: false },
    { ...column('text', undefined, 'b'), isNullable: false },
    column('public.mood', undefined, 'c'),
  ];

  it('copy the key under the new names, and not null when told to', () => {
    const created = createdColumns(
      columns,
      ['x', 'y', 'z'],
      ['a'],
      { widensText: false, copiesNotNull: false },
      new Set(),
    );
    expect(createTableSql({ schema: 's', table: 't"t' }, created.columns, created.primaryKey)).toBe(
      'CREATE TABLE "s"."t""t" (\n  "x" integer NOT NULL,\n  "y" text,\n  "z" text,\n  PRIMARY KEY ("x")\n)',
    );
    const strict = createdColumns(
      columns,
      ['x', 'y', 'z'],
      ['a'],
      { widensText: false, copiesNotNull: true },
      new Set(['public.mood']),
    );
    expect(strict.columns.map((c) => [c.native, c.isNotNull])).toEqual([
      ['integer', true],
      ['text', true],
      ['public.mood', false],
    ]);
  });

  it('have no key when a part of it is not copied', () => {
    const options = { widensText: false, copiesNotNull: false };
    expect(createdColumns(columns, ['x', 'y', 'z'], ['a', 'other'], options, new Set()).primaryKey).toEqual(
      [],
    );
    expect(createdColumns(columns, ['x', 'y', 'z'], ['b', 'a'], options, new Set()).primaryKey).toEqual([
      'y',
      'x',
    ]);
  });
});
