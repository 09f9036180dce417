import { setTimeout as sleep } from 'node:timers/promises';
import { testHost } from '@sluice/core/contract-suite/fixture';
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSqlLink } from '../jdbc/sql-options.ts';
import { copyBinaryHeader, copyBinaryTrailer } from './binary-tuples.ts';
import { type LiveDatabase, makeLiveDatabase } from './live-database.ts';
import { PgSession } from './session.ts';

const url = process.env.SLUICE_TEST_POSTGRES ?? '';
if (url === '') console.warn('session tests of PostgreSQL skipped: SLUICE_TEST_POSTGRES is not set');

describe.skipIf(url === '')('a session of PostgreSQL', () => {
  let made: LiveDatabase | null = null;
  const open: PgSession[] = [];
  beforeAll(async () => {
    made = await makeLiveDatabase(url);
  });
  afterAll(async () => {
    for (const session of open) session.destroy();
    await made?.drop();
  });

  async function connect(changes: OptionValues = {}): Promise<PgSession> {
    const session = await PgSession.open(readSqlLink({ ...made?.link, ...changes }), testHost().host.signal);
    open.push(session);
    return session;
  }

  it('knows the server’s version as the server numbers it', async () => {
    const session = await connect();
    const { rows } = await session.query('SHOW server_version_num');
    expect(String(session.serverVersion)).toBe(rows[0]?.[0]);
  });

  it('sends what is asked before earlier answers are in, and answers in order', async () => {
    const session = await connect();
    const outcomes = await Promise.allSettled([
      session.query('SELECT 1'),
      session.execute('SELECT $1', ['two']),
      session.query('SELECT 1 / 0'),
      session.query("SELECT repeat('x', 100000), pg_sleep(0.1)"),
      session.execute('SELECT 5', []),
    ]);
    expect(
      outcomes.map((one) => (one.status === 'fulfilled' ? one.value.rows[0]?.[0]?.length : 'error')),
    ).toEqual([1, 3, 'error', 100_000, 1]);
  });

  it('lets no COMMIT through behind a COPY or a statement that failed', async () => {
    const session = await connect();
    await session.query('CREATE TABLE public.kept (a int CHECK (a < 10))');
    const tuple = (a: number) => Buffer.from([0, 1, 0, 0, 0, 4, 0, 0, 0, a]);
    for (const [a, next, error] of [
      [11, 'SELECT 1', 'check constraint'],
      [1, 'SELECT 1 / 0', 'division by zero'],
    ] as const) {
      const copy = await session.copyIn('BEGIN; COPY public.kept FROM STDIN (FORMAT binary)');
      await copy.write(Buffer.concat([copyBinaryHeader, tuple(a), copyBinaryTrailer]));
      const outcomes = await Promise.allSettled([
        copy.end(),
        session.execute(next, []),
        session.query('COMMIT'),
      ]);
      const [first] = outcomes.filter((one) => one.status === 'rejected');
      expect(String(first?.reason)).toContain(error);
      expect(outcomes[2]).toMatchObject({ status: 'fulfilled', value: { tag: 'ROLLBACK' } });
      expect((await session.query('SELECT count(*) FROM public.kept')).rows).toEqual([['0']]);
    }
  });

  it('is not lost while it waits with an open COPY for its own side, and is when the server is silent', async () => {
    const session = await connect({ 'linkConfig.jdbcProperties': { socketTimeout: '1' } });
    await session.query('CREATE TABLE public.slow (a text)');
    const copy = await session.copyIn('COPY public.slow FROM STDIN');
    await copy.write(Buffer.from('one\n'));
    await sleep(2_300);
    await copy.write(Buffer.from('two\n'));
    expect(await copy.end()).toBe('COPY 2');
    await sleep(1_200);
    expect(session.lost()).toBeNull();
    await expect(session.query('SELECT pg_sleep(4)')).rejects.toThrow('silent');
  });
});
