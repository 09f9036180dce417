import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, Source } from '@sluice/core/connector/contract';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import mysql from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createMysqlFixture, type MysqlFixture, mysqlUrl } from './mysql-fixture.ts';

describe.skipIf(mysqlUrl === undefined)('the lock under which lanes begin', () => {
  let fixture: MysqlFixture;
  const open: Connection[] = [];
  const table = freshName('locked');

  beforeAll(async () => {
    fixture = await createMysqlFixture();
    await fixture.makeNumbers(table, 10);
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });
  afterAll(() => fixture.drop());

  async function sourceOf(name = table, link = {}): Promise<Source> {
    const connection = await fixture.open(testHost().host, link);
    open.push(connection);
    return connection.source(fixture.sourceOptions(name));
  }

  const isWritable = async () => {
    await fixture.write(table, 'UPDATE {table} SET amount = 1 WHERE id = 1');
    return true;
  };

  it('keeps others from writing until all have joined, and no longer', async () => {
    const [keeper, lane] = [await sourceOf(), await sourceOf()];
    const answer = await keeper.snapshots?.take();
    if (answer === undefined || !('snapshot' in answer)) throw new Error('no snapshot');
    expect(await keeper.snapshots?.hold()).toBeNull();
    let isWritten = false;
    const writing = isWritable().then(() => {
      isWritten = true;
    });
    await lane.snapshots?.join(answer.snapshot);
    await sleep(100);
    expect(isWritten).toBe(false);
    await keeper.snapshots?.settle();
    await writing;
  });

  it('lets go by itself when nobody settles, and says that the moment was lost', async () => {
    const keeper = await sourceOf();
    expect(await keeper.snapshots?.hold()).toBeNull();
    const start = performance.now();
    await isWritable();
    expect(performance.now() - start).toBeLessThan(10_000);
    await expect(keeper.snapshots?.settle()).rejects.toThrow(/snapshot of the source was lost/);
  });

  it('is not waited for behind somebody who goes on writing: the answer says why there is no moment', async () => {
    const url = new URL(mysqlUrl ?? '');
    const writer = await mysql.createConnection({ uri: url.href, database: fixture.database });
    try {
      await writer.query('START TRANSACTION');
      await writer.query(`UPDATE ${table} SET amount = 2 WHERE id = 2`);
      const start = performance.now();
      const refusal = await (await sourceOf()).snapshots?.hold();
      expect(refusal).toMatch(/others were writing to the table for more than 2 s/);
      expect(performance.now() - start).toBeLessThan(10_000);
    } finally {
      writer.destroy();
    }
    await isWritable();
  });

  it('wants a right, and says so where it is missing', async () => {
    const name = `u_${freshName('lock')}`.slice(0, 32);
    await fixture.sql(
      `CREATE USER '${name}'@'%' IDENTIFIED BY 'a long Passw0rd!'`,
      `GRANT SELECT ON ${fixture.database}.* TO '${name}'@'%'`,
    );
    const link = { 'linkConfig.username': name, 'linkConfig.password': 'a long Passw0rd!' };
    const refusal = await (await sourceOf(table, link)).snapshots?.hold();
    await fixture.sql(`DROP USER '${name}'@'%'`);
    expect(refusal).toMatch(/cannot be locked while the lanes begin: .*denied/i);
  });

  it('is of no use for tables and views that keep no moment', async () => {
    const [plain, view] = [freshName('plain'), freshName('view')];
    await fixture.write(plain, 'CREATE TABLE {table} (id INT PRIMARY KEY) ENGINE=MyISAM');
    await fixture.write(view, `CREATE VIEW {table} AS SELECT * FROM ${fixture.database}.${table}`);
    expect(await (await sourceOf(plain)).snapshots?.take()).toEqual({
      refusal: 'the engine MyISAM keeps no moment of its rows',
    });
    expect(await (await sourceOf(view)).snapshots?.take()).toEqual({
      refusal: 'a view keeps no moment of its rows',
    });
  });
});
