import { describe, expect, it } from 'vitest';
import { differingParts, rowDifferences } from './row-differences.ts';

describe('parts', () => {
  const part = (name: string, rows: number, sum: string) => ({ part: name, rows, sum });

  it('are the same only with the same number of rows and the same sum', () => {
    const ours = [part('a', 3, '10'), part('b', 3, '10'), part('c', 2, '5')];
    const theirs = [part('a', 3, '10'), part('b', 3, '11'), part('c', 4, '5')];
    expect(differingParts(ours, theirs)).toEqual([
      { part: 'b', rows: 3, isExtra: false },
      { part: 'c', rows: 4, isExtra: false },
    ]);
  });

  it('differ when only one end has rows in them', () => {
    expect(differingParts([part('a', 1, '1')], [part('z', 2, '2')])).toEqual([
      { part: 'a', rows: 1, isExtra: false },
      { part: 'z', rows: 2, isExtra: true },
    ]);
  });
});

describe('rows', () => {
  const row = (key: string | null, digest: string) => ({ key: [key], digest });

  it('are told apart by their keys, in whatever order they come', () => {
    const ours = [row('1', 'a'), row('2', 'b'), row('3', 'c')];
    const theirs = [row('4', 'd'), row('3', 'x'), row('1', 'a')];
    expect(rowDifferences(ours, theirs)).toEqual([
      { kind: 'missing', key: ['2'] },
      { kind: 'changed', key: ['3'] },
      { kind: 'extra', key: ['4'] },
    ]);
  });

  it('count a key that is there twice as changed', () => {
    expect(rowDifferences([row('1', 'a')], [row('1', 'a'), row('1', 'a')])).toEqual([
      { kind: 'changed', key: ['1'] },
    ]);
    expect(rowDifferences([row('1', 'a'), row('1', 'b')], [row('1', 'b'), row('1', 'a')])).toEqual([]);
  });

  it('keep a null apart from every text', () => {
    expect(rowDifferences([row(null, 'a')], [row('', 'a')])).toEqual([
      { kind: 'missing', key: [null] },
      { kind: 'extra', key: [''] },
    ]);
  });
});
