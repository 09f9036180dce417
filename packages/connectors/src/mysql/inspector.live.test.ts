import type { Connection, Host } from '@sluice/core/connector/contract';
import type { CheckStage, Inspector } from '@sluice/core/connector/inspection';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import mysql from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createMysqlFixture, describeOnEach, type MysqlFixture } from './mysql-fixture.ts';

const limits = { rowsMax: 1_000, bytesMax: 1024 * 1024, valueCharsMax: 4_096, timeLimitMs: 10_000 };
const page = { filter: '', offset: 0, limit: 100 };

describeOnEach('looking behind a link', (server) => {
  let fixture: MysqlFixture;
  let admin: mysql.Connection;
  const open: Connection[] = [];
  const users: string[] = [];
  beforeAll(async () => {
    fixture = await createMysqlFixture(server);
    admin = await mysql.createConnection({ uri: server.url ?? '', database: fixture.database });
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });
  afterAll(async () => {
    for (const user of users) await admin.query(`DROP USER '${user}'@'%'`);
    await admin?.end();
    await fixture?.drop();
  });

  async function inspector(changes = {}, host: Partial<Host> = {}): Promise<Inspector> {
    const connection = await fixture.open({ ...testHost().host, ...host }, changes);
    open.push(connection);
    if (connection.inspector === undefined) throw new Error('no inspector');
    return connection.inspector;
  }

  async function walked(own: Inspector, schema: string | null): Promise<[CheckStage[], string]> {
    const stages: CheckStage[] = [];
    const outcome = await own
      .walk({ isDestination: true, schema }, (stage) => stages.push(stage))
      .then(
        () => 'all',
        (error: unknown) =>
          error instanceof SluiceError ? `${error.code} ${error.facts.cause ?? ''}` : String(error),
      );
    return [stages, outcome];
  }

  it('goes through the stages, up to the right to create, and creates nothing', async () => {
    const all = ['name', 'tcp', 'login', 'read', 'create'];
    expect(await walked(await inspector(), null)).toEqual([all, 'all']);
    const user = freshName('reader');
    users.push(user);
    await admin.query(`CREATE USER '${user}'@'%' IDENTIFIED BY 'of the Reader 1'`);
    await admin.query(`GRANT SELECT ON \`${fixture.database}\`.* TO '${user}'@'%'`);
    const reader = { 'linkConfig.username': user, 'linkConfig.password': 'of the Reader 1' };
    const [stages, outcome] = await walked(await inspector(reader), null);
    expect(stages).toEqual(['name', 'tcp', 'login', 'read']);
    expect(outcome).toMatch(/^Cdm\.0063 .*CREATE command denied/);
    const [left] = await admin.query(`SHOW TABLES LIKE 'sluice_rights_probe'`);
    expect(left).toEqual([]);
  });

  it('says at which stage it ends', async () => {
    const port = { 'linkConfig.port': '9' };
    expect(await walked(await inspector(port), null)).toEqual([
      ['name'],
      expect.stringMatching(/^Cdm\.0901/),
    ]);
    const host = { 'linkConfig.host': 'no-such-host.invalid' };
    expect(await walked(await inspector(host), null)).toEqual([[], expect.stringMatching(/^Cdm\.0901/)]);
    const [stages, outcome] = await walked(
      await inspector({ 'linkConfig.password': 'not-the-password' }),
      null,
    );
    expect(stages).toEqual(['name', 'tcp']);
    expect(outcome).toMatch(/^Cdm\.0950/);
    expect(outcome).not.toContain('not-the-password');
  });

  it('connects to the addresses that were looked up and checked, and looks up nothing itself', async () => {
    const asked: string[] = [];
    const resolve = async (host: string) => {
      asked.push(host);
      const { hostname } = new URL(server.url ?? '');
      return [{ address: hostname === 'localhost' ? '127.0.0.1' : hostname, family: 4 }];
    };
    const own = await inspector({ 'linkConfig.host': 'rebound.invalid' }, { resolve });
    await own.walk({ isDestination: false, schema: null }, () => undefined);
    expect(asked).toEqual(['rebound.invalid']);
    const refusing = async () => {
      throw new SluiceError('Cdm.0941', { cause: 'not allowed' });
    };
    expect(await walked(await inspector({}, { resolve: refusing }), null)).toEqual([
      [],
      'Cdm.0941 not allowed',
    ]);
  });

  it('lists databases and tables by page, with hostile names as they are', async () => {
    const own = await inspector();
    const hostile = `o'neil "; \`drop\``;
    const quoted = `\`${hostile.replaceAll('`', '``')}\``;
    for (const name of [hostile, 'a%b']) {
      await admin.query(`CREATE TABLE \`${name.replaceAll('`', '``')}\` (id INT)`);
    }
    await admin.query(`CREATE VIEW zz_view AS SELECT 1 AS one`);
    const schemas = await own.schemas(page);
    expect(schemas.entries).toContain(fixture.database);
    expect(schemas.entries).not.toContain('mysql');
    const tables = await own.tables(fixture.database, { ...page, filter: "o'neil" });
    expect(tables).toMatchObject({ total: 1, entries: [{ name: hostile, kind: 'table' }] });
    expect((await own.tables(fixture.database, { ...page, filter: 'zz_' })).entries[0]?.kind).toBe('view');
    expect(
      (await own.tables(fixture.database, { ...page, filter: '%' })).entries.map(({ name }) => name),
    ).toEqual(['a%b']);
    expect((await own.describe({ schema: fixture.database, table: hostile })).columns).toHaveLength(1);
    expect((await own.preview({ schema: fixture.database, table: hostile }, limits)).rows).toEqual([]);
    await expect(own.describe({ schema: fixture.database, table: 'absent' })).rejects.toMatchObject({
      code: 'Cdm.0900',
    });
    await admin.query(`DROP TABLE ${quoted}`);
  });

  it('shows the first rows by kind', async () => {
    const own = await inspector();
    const table = freshName('kinds');
    await admin.query(
      `CREATE TABLE ${table} (i INT, b BIGINT UNSIGNED, n DECIMAL(30,10), f DOUBLE, t LONGTEXT, y LONGBLOB,
         o TINYINT(1), d DATE, z DATETIME(3), bits BIT(5), g POINT) CHARACTER SET utf8mb4`,
    );
    await admin.query(
      `INSERT INTO ${table} VALUES (1, 18446744073709551615, 1.5, 1.5e300, REPEAT('é', 4097),
         REPEAT(X'FF', 5000), 1, '2024-02-29', '2024-02-29 12:00:00.125', b'00101', ST_GeomFromText('POINT(1 2)'))`,
    );
    const { rows, isWhole, cut } = await own.preview({ schema: fixture.database, table }, limits);
    expect(rows[0]).toEqual([
      1,
      '18446744073709551615',
      '1.5000000000',
      1.5e300,
      'é'.repeat(4096),
      Buffer.alloc(4096, 0xff).toString('base64'),
      true,
      '2024-02-29',
      '2024-02-29 12:00:00.125',
      '101',
      'POINT(1 2)',
    ]);
    expect([isWhole, cut]).toEqual([
      true,
      [
        [0, 4],
        [0, 5],
      ],
    ]);
  });

  it('stops at 1,000 rows and at 1 MB, and ends in time', async () => {
    const own = await inspector();
    const table = freshName('many');
    await admin.query(`CREATE TABLE ${table} (id INT PRIMARY KEY AUTO_INCREMENT, filler TEXT)`);
    await admin.query(`INSERT INTO ${table} (filler) VALUES (REPEAT('x', 2000))`);
    for (let doubled = 1; doubled < 2048; doubled *= 2) {
      await admin.query(`INSERT INTO ${table} (filler) SELECT filler FROM ${table}`);
    }
    const of = { schema: fixture.database, table };
    const byBytes = await own.preview(of, limits);
    expect(byBytes.isWhole).toBe(false);
    expect(byBytes.rows.length).toBeGreaterThan(400);
    expect(JSON.stringify(byBytes.rows).length).toBeLessThanOrEqual(limits.bytesMax + 2);
    const byRows = await own.preview(of, { ...limits, bytesMax: 100_000_000 });
    expect([byRows.rows.length, byRows.isWhole]).toEqual([1_000, false]);
    const few = await own.preview(of, { ...limits, rowsMax: 7 });
    expect([few.rows.length, few.isWhole]).toEqual([7, false]);
    await admin.query('CREATE VIEW slow_view AS SELECT SLEEP(1) AS nap FROM information_schema.COLUMNS');
    const begin = performance.now();
    const slow = { schema: fixture.database, table: 'slow_view' };
    await expect(own.preview(slow, { ...limits, timeLimitMs: 500 })).rejects.toBeInstanceOf(SluiceError);
    expect(performance.now() - begin).toBeLessThan(15_000);
  });
});
