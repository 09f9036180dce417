import { expect, it } from 'vitest';
import { verdictOf } from './verdict.ts';

const table = { rows: 10, checksum: '123' };

it('holds when the run succeeded and both sides are equal', () => {
  expect(verdictOf('SUCCEEDED', 10, table, table)).toEqual({
    ok: true,
    countsEqual: true,
    checksumsEqual: true,
  });
});

it.each([
  ['the run failed', 'FAILED', 10, table, table],
  ['the run is not over', 'RUNNING', 10, table, table],
  ['a row is missing', 'SUCCEEDED', 10, table, { rows: 9, checksum: '123' }],
  ['a row differs', 'SUCCEEDED', 10, table, { rows: 10, checksum: '124' }],
  ['the source was not filled', 'SUCCEEDED', 10, { rows: 0, checksum: '0' }, { rows: 0, checksum: '0' }],
])('does not hold when %s', (_what, status, rows, source, target) => {
  expect(verdictOf(status, rows, source, target).ok).toBe(false);
});
