import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from './open-store.ts';
import { createTestDatabase, postgresForTests, type TestDatabase } from './test-database.ts';

const server = postgresForTests();

describe.skipIf(server === undefined)('presence on a shared store', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase(server ?? '');
  });

  afterAll(async () => {
    await database.drop();
  });

  it('lets servers in side by side, and maintenance only alone', async () => {
    const location = { url: database.url };
    const [one, two] = [await openStore(location), await openStore(location)];
    await expect(openStore(location, { presence: 'alone' })).rejects.toThrow(
      'A Sluice server uses this store',
    );
    await one.close();
    await expect(openStore(location, { presence: 'alone' })).rejects.toThrow(
      'A Sluice server uses this store',
    );
    await two.close();
    const alone = await openStore(location, { presence: 'alone' });
    await expect(openStore(location)).rejects.toThrow('are being rotated');
    await alone.close();
    await (await openStore(location)).close();
  });

  it('survives the loss of all its connections, and is present again', async () => {
    const store = await openStore({ url: database.url });
    const admin = new pg.Client({ connectionString: server });
    await admin.connect();
    const name = new URL(database.url).pathname.slice(1);
    const ended = await admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
      [name],
    );
    // The fault landed: the pool's connection and the presence.
    expect(ended.rowCount).toBeGreaterThanOrEqual(2);
    await expect.poll(() => store.clusters.listAll().catch(String)).toEqual([]);
    const held = async () => {
      const { rowCount } = await admin.query(
        `select from pg_locks join pg_database on pg_database.oid = pg_locks.database
         where locktype = 'advisory' and datname = $1`,
        [name],
      );
      return rowCount;
    };
    await expect.poll(held).toBe(1);
    await admin.end();
    await store.close();
  });

  it('says that a server is out of reach, without the password', async () => {
    const opening = openStore({ url: 'postgres://user:hunter2@127.0.0.1:1/none' });
    await expect(opening).rejects.toThrow('The store postgres://127.0.0.1:1/none cannot be opened');
    await expect(opening).rejects.not.toThrow('hunter2');
  });
});
