import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { storeFailureOf } from './store-failure.ts';

const pg = (code: string) => Object.assign(new Error('said the server'), { code, severity: 'FATAL' });

it.each([
  [pg('57P01'), 'unreachable'],
  [pg('08006'), 'unreachable'],
  [pg('53300'), 'unreachable'],
  [pg('53100'), 'full'],
  [pg('25006'), 'full'],
  [pg('23505'), null],
  [Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'unreachable'],
  [new Error('Connection terminated unexpectedly'), 'unreachable'],
  [new Error('outer', { cause: pg('57P03') }), 'unreachable'],
  [new TypeError('x is not a function'), null],
  ['no error at all', null],
])('%s means %s', (error, failure) => expect(storeFailureOf(error)).toBe(failure));

it('knows what SQLite itself throws when another holds the file, and when it may not write', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-failure-'));
  const file = join(folder, 'a.db');
  const first = new DatabaseSync(file);
  const second = new DatabaseSync(file);
  const third = new DatabaseSync(file, { readOnly: true });
  const failureIn = (work: () => void): unknown => {
    try {
      work();
      return 'none';
    } catch (error) {
      return storeFailureOf(error);
    }
  };
  try {
    first.exec('create table t (a int); begin immediate; insert into t values (1)');
    expect(failureIn(() => second.exec('insert into t values (2)'))).toBe('unreachable');
    first.exec('commit');
    expect(failureIn(() => third.exec('insert into t values (3)'))).toBe('full');
    expect(failureIn(() => first.exec('insert into nothing values (3)'))).toBe(null);
  } finally {
    for (const database of [first, second, third]) database.close();
    rmSync(folder, { recursive: true });
  }
});
