import type { TableEntry } from '@sluice/core/connector/inspection';
import { describe, expect, it } from 'vitest';
import { failedTables } from './batch-run.ts';
import { chooseTables, namedTables } from './batch-tables.ts';

const table = (name: string, rowsEstimate: number | null = null): TableEntry => ({
  name,
  kind: 'table',
  rowsEstimate,
});
const found = (entries: readonly TableEntry[], more: Partial<Parameters<typeof chooseTables>[1]> = {}) => ({
  entries,
  sourceIgnoresCase: false,
  targetIgnoresCase: false,
  ...more,
});
const namesOf = (tables: ReturnType<typeof chooseTables>) => tables.map(({ name }) => name);

describe('tables of an entire-database job', () => {
  it('are all of the schema but views, partitions and what is no user’s, by name', () => {
    const entries: TableEntry[] = [
      table('b'),
      table('a'),
      table('Z'),
      table('é'),
      table('𐀀'),
      table('\uFFFD'),
      { ...table('v'), kind: 'view' },
      { ...table('s'), kind: 'other' },
      { ...table('p'), isPartition: true },
    ];
    const tables = chooseTables(null, found(entries));
    // Code points, and not the halves of which two make one.
    expect(namesOf(tables)).toEqual(['Z', 'a', 'b', 'é', '\uFFFD', '𐀀']);
    expect(tables.map(({ no }) => no)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(tables.every(({ refusal }) => refusal === null)).toBe(true);
  });

  it('are those that are named, each once, with those that are not there', () => {
    const named = namedTables({ 'fromJobConfig.tableList': 'b&a&b&gone& c' });
    expect(namesOf(chooseTables(named, found([table('a'), table('b'), table('x'), table(' c')])))).toEqual([
      ' c',
      'a',
      'b',
      'gone',
    ]);
    for (const list of ['', '  ', '&', undefined, null, 5])
      expect(namedTables({ 'fromJobConfig.tableList': list as string })).toBeNull();
  });

  it('are weighed by their rows, when the source knows them of all', () => {
    const weights = (tables: ReturnType<typeof chooseTables>) => tables.map(({ weight }) => weight);
    expect(weights(chooseTables(null, found([table('a', 0), table('b', 9.6)])))).toEqual([1, 10]);
    expect(weights(chooseTables(null, found([table('a', 50), table('b')])))).toEqual([1, 1]);
  });

  it('that are one table to the destination are refused, both', () => {
    const entries = [table('Orders'), table('orders'), table('rest')];
    const refused = (tables: ReturnType<typeof chooseTables>) =>
      tables.filter(({ refusal }) => refusal !== null).map(({ name }) => name);
    expect(refused(chooseTables(null, found(entries)))).toEqual([]);
    const tables = chooseTables(null, found(entries, { targetIgnoresCase: true }));
    expect(refused(tables)).toEqual(['Orders', 'orders']);
    expect(tables[0]?.refusal).toMatchObject({ code: 'Cdm.0014' });
    expect(refused(chooseTables(['orders'], found(entries, { targetIgnoresCase: true })))).toEqual([]);
  });

  it('are found under another case where the source takes both for one', () => {
    const entries = [table('Orders', 3)];
    expect(namesOf(chooseTables(['ORDERS'], found(entries, { sourceIgnoresCase: true })))).toEqual([
      'Orders',
    ]);
    expect(namesOf(chooseTables(['ORDERS'], found(entries)))).toEqual(['ORDERS']);
    expect(namesOf(chooseTables(['ORDERS', 'orders'], found(entries, { sourceIgnoresCase: true })))).toEqual([
      'Orders',
    ]);
  });

  const variable = ['$', '{day}'].join('');

  it('that are views, or named like a variable, are refused where they are named', () => {
    const entries: TableEntry[] = [{ ...table('v'), kind: 'view' }, table(variable)];
    const tables = chooseTables(['v', variable], found(entries));
    expect(tables.map(({ refusal }) => refusal?.code)).toEqual(['Cdm.0014', 'Cdm.0014']);
    expect(namesOf(chooseTables(null, found(entries)))).toEqual([variable]);
  });
});

describe('the failure of a run of many tables', () => {
  const failure = (code: string) => ({
    code,
    summary: { en: `${code} : why`, zh: `${code} : 原因` },
    details: { en: '', zh: '' },
  });

  it('names them and counts them all', () => {
    const told = ['a', 'b'].map((name) => ({ name, failure: failure('Cdm.0025') }));
    expect(failedTables(told, 2, 200)).toMatchObject({
      code: 'Cdm.0025',
      summary: {
        en: 'Cdm.0025 : 2 of 200 tables failed: a, b.',
        zh: 'Cdm.0025 : 200 张表中有 2 张失败：a、b。',
      },
    });
    const many = failedTables(told, 57, 200);
    expect(many.summary.en).toBe('Cdm.0025 : 57 of 200 tables failed: a, b and 55 more.');
    expect(many.details.en).toContain('a: Cdm.0025 : why');
    expect(failedTables([{ name: 'a', failure: null }], 1, 1).code).toBe('Cdm.0232');
  });

  it('are a limit of bad rows, which no retry helps, only where nothing else failed', () => {
    const dirty = { name: 'a', failure: failure('Cdm.0936') };
    expect(failedTables([dirty, dirty], 2, 3).code).toBe('Cdm.0936');
    expect(failedTables([dirty, { name: 'b', failure: failure('Cdm.0234') }], 2, 3).code).toBe('Cdm.0234');
  });
});
