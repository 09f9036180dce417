import { describe, expect, it } from 'vitest';
import { createDwsTableSql, distributionColumns, readDwsStorage } from './dws-table.ts';

const table = { schema: 's', table: 'T "t"' };
const made = (name: string, native: string, isNotNull = false) => ({ name, native, isNotNull });

describe('rows of a created DWS table', () => {
  it('are spread by the key of the source, all of its columns', () => {
    const columns = [made('a', 'text'), made('b', 'bigint'), made('c', 'integer')];
    expect(distributionColumns(table, columns, ['c', 'b'])).toEqual(['c', 'b']);
  });

  it('are spread by the first column that can, without a key or with one that cannot', () => {
    const columns = [
      made('f', 'double precision'),
      made('u', 'uuid'),
      made('t', 'timestamp(0) without time zone'),
    ];
    expect(distributionColumns(table, columns, [])).toEqual(['t']);
    expect(distributionColumns(table, columns, ['u'])).toEqual(['t']);
  });

  it.each([
    'smallint',
    'numeric(9,2)',
    'character(3)',
    'character varying(3)',
    'text',
    'time(3) with time zone',
    'interval',
  ])('can be spread by %s', (native) => {
    expect(distributionColumns(table, [made('x', native)], [])).toEqual(['x']);
  });

  it.each(['boolean', 'real', 'double precision', 'bytea', 'uuid', 'money', 'bit varying(3)'])(
    'cannot be spread by %s',
    (native) => {
      expect(() => distributionColumns(table, [made('x', native)], ['x'])).toThrow(
        expect.objectContaining({ code: 'Cdm.0063' }),
      );
    },
  );

  it('lie as the job says', () => {
    expect(readDwsStorage({})).toEqual({ orientation: 'row', compression: 'no' });
    for (const [orientation, isCompress, level, compression] of [
      ['ROW', 'true', 'HIGH', 'yes'],
      ['COLUMN', 'false', 'HIGH', 'no'],
      ['COLUMN', 'true', '', 'low'],
      ['COLUMN', 'true', 'HIGH', 'high'],
    ] as const)
      expect(
        readDwsStorage({
          'toJobConfig.orientation': orientation,
          'toJobConfig.isCompress': isCompress,
          'toJobConfig.compressionLevel': level,
          'toJobConfig.compression': 'NO',
        }),
      ).toEqual({ orientation: orientation.toLowerCase(), compression });
    expect(() => readDwsStorage({ 'toJobConfig.orientation': 'DIAGONAL' })).toThrow(
      expect.objectContaining({ code: 'Cdm.0024' }),
    );
  });
});

it('CREATE TABLE for DWS quotes every name', () => {
  const columns = [made('a "q"', 'bigint', true), made('b', 'text')];
  expect(createDwsTableSql(table, columns, ['a "q"'], { orientation: 'column', compression: 'low' })).toBe(
    'CREATE TABLE "s"."T ""t""" (\n  "a ""q""" bigint NOT NULL,\n  "b" text\n)\n' +
      'WITH (orientation = column, compression = low)\nDISTRIBUTE BY HASH ("a ""q""")',
  );
});
