import type { Connection, Host } from '@sluice/core/connector/contract';
import type { CheckStage, Inspector } from '@sluice/core/connector/inspection';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LiveDatabase, makeLiveDatabase, SCHEMA } from './live-database.ts';

const url = process.env.SLUICE_TEST_POSTGRES ?? '';
const limits = { rowsMax: 1_000, bytesMax: 1024 * 1024, valueCharsMax: 4_096, timeLimitMs: 10_000 };
const page = { filter: '', offset: 0, limit: 100 };

if (url === '') console.warn('Looks behind links of PostgreSQL skipped: SLUICE_TEST_POSTGRES is not set');

describe.skipIf(url === '')('looking behind a link of PostgreSQL', () => {
  let database: LiveDatabase;
  const open: Connection[] = [];
  const roles: string[] = [];
  beforeAll(async () => {
    database = await makeLiveDatabase(url);
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });
  afterAll(async () => {
    for (const role of roles) await database.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
    await database?.drop();
  });

  async function inspector(changes = {}, host: Partial<Host> = {}): Promise<Inspector> {
    const connection = await database.open({ ...testHost().host, ...host }, changes);
    open.push(connection);
    if (connection.inspector === undefined) throw new Error('no inspector');
    return connection.inspector;
  }

  async function newRole(): Promise<string> {
    const role = freshName('role');
    await database.query(`CREATE ROLE "${role}" LOGIN PASSWORD 'of the role'`);
    roles.push(role);
    return role;
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

  it('goes through the stages, up to the right to create', async () => {
    const all = ['name', 'tcp', 'login', 'read', 'create'];
    expect(await walked(await inspector(), null)).toEqual([all, 'all']);
    expect(await walked(await inspector(), SCHEMA)).toEqual([all, 'all']);
    const role = { 'linkConfig.username': await newRole(), 'linkConfig.password': 'of the role' };
    await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    const [stages, outcome] = await walked(await inspector(role), null);
    expect(stages).toEqual(['name', 'tcp', 'login', 'read']);
    expect(outcome).toMatch(/^Cdm\.0063 .*CREATE/);
    expect((await walked(await inspector(role), 'no such schema'))[1]).toMatch(/^Cdm\.0063 .*no such schema/);
  });

  it('says at which stage it ends', async () => {
    const port = { 'linkConfig.port': '9' };
    expect(await walked(await inspector(port), null)).toEqual([
      ['name'],
      expect.stringMatching(/^Cdm\.0901/),
    ]);
    const host = { 'linkConfig.host': 'no-such-host.invalid' };
    expect(await walked(await inspector(host), null)).toEqual([[], expect.stringMatching(/^Cdm\.0901/)]);
    // Superusers of a test server may need no password; a role always does not exist.
    const user = { 'linkConfig.username': 'nobody_of_this_name', 'linkConfig.password': 'wrong password' };
    const [stages, outcome] = await walked(await inspector(user), null);
    expect(stages).toEqual(['name', 'tcp']);
    expect(outcome).toMatch(/^Cdm\.09(50|01)/);
    expect(outcome).not.toContain('wrong password');
  });

  it('connects to the addresses that were looked up and checked, and looks up nothing itself', async () => {
    const asked: string[] = [];
    const resolve = async (host: string) => {
      asked.push(host);
      // The second answer leads elsewhere, as a name that changes hands between test and connect would.
      const address = asked.length === 1 ? new URL(url).hostname : '192.0.2.1';
      return [{ address: address === 'localhost' ? '127.0.0.1' : address, family: 4 }];
    };
    const own = await inspector({ 'linkConfig.host': 'rebound.invalid' }, { resolve });
    expect((await walked(own, null))[1]).toBe('all');
    expect(asked).toEqual(['rebound.invalid']);
    const refusing = async () => {
      throw new SluiceError('Cdm.0941', { cause: 'not allowed' });
    };
    expect(await walked(await inspector({}, { resolve: refusing }), null)).toEqual([
      [],
      'Cdm.0941 not allowed',
    ]);
  });

  it('lists schemas and tables by page, with hostile names as they are', async () => {
    const own = await inspector();
    const hostile = `O'Neil "; DROP TABLE x; --`;
    const quoted = `"${hostile.replaceAll('"', '""')}"`;
    await database.query(`CREATE SCHEMA ${quoted}`);
    for (const name of ['b', 'a', 'c%']) await database.query(`CREATE TABLE ${quoted}."${name}" (id int)`);
    await database.query(`CREATE VIEW ${quoted}.v AS SELECT 1 AS one`);
    const schemas = await own.schemas(page);
    expect(schemas.entries).toEqual(expect.arrayContaining([SCHEMA, hostile, 'public']));
    expect(schemas.entries.filter((name) => /^pg_|information_schema/.test(name))).toEqual([]);
    expect(await own.schemas({ ...page, filter: "O'Neil" })).toEqual({ entries: [hostile], total: 1 });
    const tables = await own.tables(hostile, { ...page, offset: 1, limit: 2 });
    expect(tables.total).toBe(4);
    expect(tables.entries.map(({ name, kind }) => [name, kind])).toEqual([
      ['b', 'table'],
      ['c%', 'table'],
    ]);
    expect((await own.tables(hostile, { ...page, filter: '%' })).entries.map(({ name }) => name)).toEqual([
      'c%',
    ]);
    expect(await own.tables(hostile, { ...page, offset: 50 })).toEqual({ entries: [], total: 4 });
    expect(await own.tables('absent', page)).toEqual({ entries: [], total: 0 });
    const shape = await own.describe({ schema: hostile, table: 'a' });
    expect(shape.columns.map(({ name }) => name)).toEqual(['id']);
    await expect(own.describe({ schema: hostile, table: 'absent' })).rejects.toMatchObject({
      code: 'Cdm.0900',
    });
  });

  it('shows the first rows by kind', async () => {
    const own = await inspector();
    const table = freshName('kinds');
    await database.query(
      `CREATE TABLE "${SCHEMA}"."${table}" (
         i int, b bigint, n numeric(30,10), f float8, t text, y bytea, o boolean, d date, z timestamptz, j jsonb, a int[])`,
    );
    await database.query(
      `INSERT INTO "${SCHEMA}"."${table}" VALUES
         (1, 9223372036854775807, 1.5, 'NaN', repeat('é', 4097), decode(repeat('ff', 5000), 'hex'), true,
          '2024-02-29', '2024-02-29 12:00:00+02', '{"a": 1}', '{1,2}')`,
    );
    const { rows, columns, isWhole, cut } = await own.preview({ schema: SCHEMA, table }, limits);
    expect(columns.map(({ type }) => type.kind)).toEqual([
      'integer',
      'integer',
      'decimal',
      'float',
      'text',
      'binary',
      'boolean',
      'date',
      'timestamp',
      'json',
      'other',
    ]);
    expect(rows[0]).toEqual([
      1,
      '9223372036854775807',
      '1.5000000000',
      'NaN',
      'é'.repeat(4096),
      Buffer.alloc(4096, 0xff).toString('base64'),
      true,
      '2024-02-29',
      '2024-02-29 10:00:00+00',
      '{"a": 1}',
      '{1,2}',
    ]);
    expect([isWhole, cut]).toEqual([
      true,
      [
        [0, 4],
        [0, 5],
      ],
    ]);
  });

  it('stops at 1,000 rows and at 1 MB', async () => {
    const own = await inspector();
    const table = freshName('many');
    await database.query(
      `CREATE TABLE "${SCHEMA}"."${table}" AS SELECT i AS id, repeat('x', 2000) AS filler FROM generate_series(1, 3000) i`,
    );
    const byBytes = await own.preview({ schema: SCHEMA, table }, limits);
    expect(byBytes.isWhole).toBe(false);
    expect(byBytes.rows.length).toBeGreaterThan(400);
    expect(JSON.stringify(byBytes.rows).length).toBeLessThanOrEqual(limits.bytesMax + 2);
    const byRows = await own.preview({ schema: SCHEMA, table }, { ...limits, bytesMax: 100_000_000 });
    expect([byRows.rows.length, byRows.isWhole]).toEqual([1_000, false]);
    const few = await own.preview({ schema: SCHEMA, table }, { ...limits, rowsMax: 7 });
    expect([few.rows.length, few.isWhole]).toEqual([7, false]);
  });

  it('cannot write, and ends in time', async () => {
    const own = await inspector();
    const [log, view, slow] = [freshName('log'), freshName('view'), freshName('slow')];
    await database.query(`CREATE TABLE "${SCHEMA}"."${log}" (id int)`);
    await database.query(
      `CREATE FUNCTION "${SCHEMA}".write_${log}() RETURNS int LANGUAGE sql VOLATILE
         AS $$ INSERT INTO "${SCHEMA}"."${log}" VALUES (1) RETURNING 1 $$`,
    );
    await database.query(`CREATE VIEW "${SCHEMA}"."${view}" AS SELECT "${SCHEMA}".write_${log}() AS one`);
    await expect(own.preview({ schema: SCHEMA, table: view }, limits)).rejects.toMatchObject({
      facts: { cause: expect.stringContaining('read-only') },
    });
    await database.query(`CREATE VIEW "${SCHEMA}"."${slow}" AS SELECT pg_sleep(60)::text AS nap`);
    const begin = performance.now();
    await expect(
      own.preview({ schema: SCHEMA, table: slow }, { ...limits, timeLimitMs: 500 }),
    ).rejects.toBeInstanceOf(SluiceError);
    expect(performance.now() - begin).toBeLessThan(10_000);
    // The session is fit for the next question.
    expect((await own.preview({ schema: SCHEMA, table: log }, limits)).rows).toEqual([]);
  });
});
