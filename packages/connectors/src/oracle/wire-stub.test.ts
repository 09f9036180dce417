import type { Host } from '@sluice/core/connector/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSqlLink } from '../jdbc/sql-options.ts';
import { openOracle } from './connection.ts';
import { openSession } from './session.ts';
import { StubServer } from './stub/server-suite.ts';

const host: Host = { signal: new AbortController().signal, log: () => undefined };

describe('the driver over our sockets (stub of the wire protocol)', () => {
  let server: StubServer;

  beforeAll(async () => {
    server = await StubServer.open();
    const table = server.database.makeTable({
      name: 'THINGS',
      columns: [
        { name: 'ID', type: 'NUMBER', precision: 10, isNotNull: true },
        { name: 'NAME', type: 'VARCHAR2', length: 40 },
        { name: 'NOTE', type: 'CLOB' },
      ],
      primaryKey: ['ID'],
    });
    server.database.fill(table, [
      ['1', 'é 中 😀', 'x'.repeat(70_000)],
      ['2', null, null],
    ]);
  });

  afterAll(() => server.close());

  test('signs in, sets its session and reads rows', async () => {
    const session = await openSession(readSqlLink(server.link()), null, host);
    const rows = await session.rows('SELECT "ID", "NAME" FROM "SUITE"."THINGS"', [], 'read', 'SUITE.THINGS');
    expect(rows).toEqual([
      ['1', 'é 中 😀'],
      ['2', null],
    ]);
    const cursor = await session.open('SELECT "ID", "NOTE" FROM "SUITE"."THINGS"', [], 10, 'SUITE.THINGS');
    const read = await cursor.next(10);
    expect(read.map((row) => [row[0], String(row[1] ?? '').length])).toEqual([
      ['1', 70_000],
      ['2', 0],
    ]);
    expect(session.serverVersionText).toBe('19.3.0.0.0');
    await session.close();
  });

  test('checks a link', async () => {
    const connection = await openOracle(server.link(), host);
    expect((await connection.check()).map(({ step }) => step)).toEqual(['name', 'tcp', 'login', 'read']);
    await connection.close();
  });
});
