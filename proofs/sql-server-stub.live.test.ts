import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StubWorld } from './sql-server/stub-world.ts';

const url = process.env.SLUICE_TEST_POSTGRES;
if (url === undefined)
  console.warn('SLUICE_TEST_POSTGRES is not set: jobs towards the stub of SQL Server are skipped');

/** Types whose values come back from a SQL Server as they went, and one more key than one slice takes. */
const source = `CREATE TABLE source AS SELECT
  i AS id, i % 2 = 0 AS flag, (i % 30000)::smallint AS small, i * 1000003::bigint * 9007199 AS big,
  (i::numeric(38,10) * 1234567890123456789.0123456789)::numeric(38,10) AS price, (i / 7.0)::float8 AS twice, (i / 8.0)::real AS single,
  date '2024-01-01' + i % 10000 AS day, time '00:00:00.000001' + i * interval '1 second' AS clock,
  timestamp '1999-12-31 23:59:59.123456' + i * interval '61.5 second' AS moment,
  timestamptz '2024-02-29 12:00:00.654321+00' + i * interval '1 minute' AS instant,
  ('row ' || i || ' é 中 😀 ''[x]''')::varchar(60) AS label, repeat('long ', i % 50) AS long,
  decode(lpad(to_hex(i), 8, '0'), 'hex') AS bytes, md5(i::text)::uuid AS guid,
  CASE WHEN i % 3 = 0 THEN NULL ELSE i END AS maybe
  FROM generate_series(1, 3000) AS i`;
const rows = 3_000;
const create = { tablePreparation: 'CREATE_WHEN_NOT_EXIST' };

describe.skipIf(url === undefined)('jobs through the API between PostgreSQL and a stub of SQL Server', () => {
  let world: StubWorld;

  beforeAll(async () => {
    world = await StubWorld.open(url ?? '');
    await world.postgres.query(source);
    await world.postgres.query('ALTER TABLE source ADD PRIMARY KEY (id); ANALYZE source');
  });
  afterAll(async () => world?.close());

  /** Rows of one table that the other has not, both ways. */
  async function differing(table: string): Promise<number> {
    const { rows: found } = await world.postgres.query(
      `SELECT (SELECT count(*) FROM (SELECT * FROM source EXCEPT ALL SELECT * FROM ${table}) AS a)
            + (SELECT count(*) FROM (SELECT * FROM ${table} EXCEPT ALL SELECT * FROM source) AS b) AS n`,
    );
    return Number(found[0]?.n);
  }
  const idsOf = async (table: string) =>
    (await world.sql.readBack(table, ['id'])).map(([id]) => Number(id)).sort((a, b) => a - b);
  const everyId = Array.from({ length: rows }, (_, i) => i + 1);
  const traces = async () => [
    ...(await world.sql.tablesLike('_sluice')),
    ...(await world.sql.tablesLike('into')).filter((name) => name.endsWith('_cdm_stage')),
  ];

  test('rows go to the stub and come back as they were, in slices of a partition column', async () => {
    const there = await world.run({
      from: 'postgres',
      to: 'stub',
      fromOptions: { tableName: 'source', partitionColumn: 'id' },
      toOptions: { tableName: 'into_all', ...create },
    });
    expect([there.status, there.summary]).toEqual(['SUCCEEDED', there.summary]);
    expect([there.rowsRead, there.rowsWritten]).toEqual([rows, rows]);
    expect(await world.sql.primaryKey('into_all')).toEqual(['id']);
    const back = await world.run({
      from: 'stub',
      to: 'postgres',
      fromOptions: { tableName: 'into_all', partitionColumn: 'maybe' },
      toOptions: { tableName: 'back_all', ...create },
      driver: { 'throttlingConfig.numExtractors': '3' },
    });
    expect(back.status, String(back.summary)).toBe('SUCCEEDED');
    expect(back.rowsWritten).toBe(rows);
    // Of the same types, so that only values count.
    await world.postgres.query('CREATE TABLE back_cast (LIKE source)');
    const { rows: columns } = await world.postgres.query(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'source'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    const list = columns.map(({ name, type }) => `${name}::${type}`).join(', ');
    await world.postgres.query(`INSERT INTO back_cast SELECT ${list} FROM back_all`);
    expect(await differing('back_cast')).toBe(0);
    expect(await traces()).toEqual([]);
  });

  test.each(['before commit', 'behind commit', 'silence behind commit'] as const)(
    'each row is there once when the connection is cut %s',
    async (fault) => {
      const table = `into_${fault.replaceAll(' ', '_')}`;
      world.sql.stub.faults.push(fault);
      const end = await world.run({
        from: 'postgres',
        to: 'stub',
        fromOptions: { tableName: 'source', columnList: 'id&label' },
        toOptions: { tableName: table, ...create },
        driver: { 'throttlingConfig.numExtractors': '1' },
      });
      expect(world.sql.stub.faults).toEqual([]);
      expect(end.status, String(end.summary)).toBe('SUCCEEDED');
      expect(end.rowsWritten).toBe(rows);
      expect(await idsOf(table)).toEqual(everyId);
      expect(await traces()).toEqual([]);
    },
  );

  test('each row is there once when the server of ours is killed on the way, staged', async () => {
    const job = await world.start({
      from: 'postgres',
      to: 'stub',
      fromOptions: { tableName: 'source', columnList: 'id&label', partitionColumn: 'id' },
      toOptions: { tableName: 'into_killed', useStageTable: 'true', ...create },
    });
    await sleep(150);
    await world.server.kill();
    await world.server.startAgain();
    const end = await world.cluster.waitForEnd(job, 60_000);
    expect(end.status, String(end.summary)).toBe('SUCCEEDED');
    expect(await idsOf('into_killed')).toEqual(everyId);
    expect(await traces()).toEqual([]);
  });

  test('rows that the stub refuses are set aside, and only these', async () => {
    await world.sql.stub.sql(
      'CREATE TABLE [dbo].[into_narrow] ([id] int NOT NULL PRIMARY KEY, [label] nvarchar(30) NOT NULL)',
    );
    await world.sql.stub.sql("INSERT INTO [dbo].[into_narrow] ([id], [label]) VALUES (7, N'mine')");
    await world.postgres.query('CREATE TABLE odd AS SELECT id, label FROM source WHERE id <= 100');
    await world.postgres.query("UPDATE odd SET label = repeat('x', 31) WHERE id IN (3, 50)");
    const end = await world.run({
      from: 'postgres',
      to: 'stub',
      fromOptions: { tableName: 'odd' },
      toOptions: { tableName: 'into_narrow' },
      driver: { 'throttlingConfig.numExtractors': '1', 'throttlingConfig.recordDirtyData': 'true' },
    });
    expect(end.status, String(end.summary)).toBe('SUCCEEDED');
    expect([end.rowsRead, end.rowsWritten, end.rowsSkipped]).toEqual([100, 97, 3]);
    expect((await world.sql.readBack('into_narrow')).length).toBe(98);
  });

  test.each([
    ['onConflict', { onConflict: 'UPDATE' }, {}],
    ['usePartition', {}, { usePartition: 'true' }],
  ] as const)(
    'what the service does not know for SQL Server is refused by name: %s',
    async (name, to, from) => {
      await world.sql.makeNumbers(`few_${name}`, 5);
      const isSource = name === 'usePartition';
      const end = await world.run({
        from: isSource ? 'stub' : 'postgres',
        to: isSource ? 'postgres' : 'stub',
        fromOptions: { tableName: isSource ? `few_${name}` : 'source', ...from },
        toOptions: { tableName: `into_${name}`, ...create, ...to },
      });
      expect(end.status).toBe('FAILED');
      expect(end.summary).toContain(name);
    },
  );
});
