import type { Connection } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { readRows } from '@sluice/core/contract-suite/read-rows';
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LiveDatabase, makeLiveDatabase, SCHEMA } from './live-database.ts';
import { quoteName } from './quote.ts';

const url = process.env.SLUICE_TEST_POSTGRES ?? '';
if (url === '') console.warn('PostgreSQL detail tests skipped: SLUICE_TEST_POSTGRES is not set');

/** What only PostgreSQL has: partitions, views, domains, enumerations, generated columns, casts, foreign keys. */
describe.skipIf(url === '')('PostgreSQL in detail', () => {
  let made: LiveDatabase | null = null;
  const open: Connection[] = [];
  let runs = 0;
  const database = (): LiveDatabase => {
    if (made === null) throw new Error('no database');
    return made;
  };
  beforeAll(async () => {
    made = await makeLiveDatabase(url);
  });
  afterAll(async () => {
    for (const connection of open) await connection.close();
    await made?.drop();
  });

  async function connect(changes: OptionValues = {}, host = testHost()): Promise<Connection> {
    const connection = await database().open(host.host, changes);
    open.push(connection);
    return connection;
  }
  const full = (table: string) => `${quoteName(SCHEMA)}.${quoteName(table)}`;
  async function copy(
    from: string,
    into: string,
    more: OptionValues = {},
    fromMore: OptionValues = {},
    hint = 1,
  ) {
    const connection = await connect();
    runs += 1;
    return copyTable(
      connection.source(database().sourceOptions(from, fromMore)),
      connection.sink(database().sinkOptions(into, more)),
      { runKey: runs.toString(16).padStart(12, '0'), sliceCountHint: hint },
    );
  }
  const creating = { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' };

  it('reads a partitioned table leaf by leaf, whatever the order of their columns', async () => {
    const [from, into] = [freshName('parted'), freshName('copy')];
    await database().query(
      `CREATE TABLE ${full(from)} (id int, kind text, PRIMARY KEY (id)) PARTITION BY RANGE (id)`,
    );
    await database().query(
      `CREATE TABLE ${full(`${from}_a`)} PARTITION OF ${full(from)} FOR VALUES FROM (0) TO (100)`,
    );
    await database().query(`CREATE TABLE ${full(`${from}_b`)} (kind text, id int NOT NULL)`);
    await database().query(
      `ALTER TABLE ${full(from)} ATTACH PARTITION ${full(`${from}_b`)} FOR VALUES FROM (100) TO (200)`,
    );
    await database().query(`CREATE TABLE ${full(`${from}_d`)} PARTITION OF ${full(from)} DEFAULT`);
    await database().query(`INSERT INTO ${full(from)} SELECT i, 'k' || i FROM generate_series(1, 300) i`);
    const result = await copy(from, into, creating);
    expect(result.sliceCount).toBe(3);
    expect(await database().readBack(into)).toEqual(await database().readBack(from));
    expect(await database().primaryKey(into)).toEqual(['id']);
  });

  it('reads views and materialized views', async () => {
    const base = freshName('base');
    await database().makeNumbers(base, 10);
    for (const kind of ['VIEW', 'MATERIALIZED VIEW']) {
      const [from, into] = [freshName('view'), freshName('copy')];
      await database().query(
        `CREATE ${kind} ${full(from)} AS SELECT id, label FROM ${full(base)} WHERE id > 4`,
      );
      const result = await copy(from, into, creating);
      expect(result.counts.rowsWritten).toBe(6);
    }
  });

  it('reads rows that arrive behind the last block after the table was cut', async () => {
    const from = freshName('grows');
    await database().makeNumbers(from, 120_000);
    const source = (await connect()).source(database().sourceOptions(from));
    const shape = await source.describe();
    const slices = await source.split(shape, 4);
    await database().query(
      `INSERT INTO ${full(from)} SELECT id, 'new', NULL FROM generate_series(120001, 121000) AS id`,
    );
    let rows = 0;
    for (const slice of slices) {
      const columns = shape.columns.map(({ name }) => ({ name, cast: null }));
      for await (const batch of source.read(slice, { form: 'pgcopy-binary', columns }, null))
        rows += batch.rowCount;
    }
    expect(slices.length).toBe(4);
    expect(rows).toBe(121_000);
  });

  it('has the source cast to the types of the destination and keeps COPY BINARY', async () => {
    const [from, into] = [freshName('cast'), freshName('copy')];
    await database().query(
      `CREATE TABLE ${full(from)} (a smallint, b date, c char(5), d int, e json, f uuid, g varchar(9))`,
    );
    await database().query(
      `INSERT INTO ${full(from)} VALUES (7, '2024-02-29', 'ab', 40000, '{"x": 1}', '00000000-0000-0000-0000-00000000000a', 'é'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
    );
    await database().query(
      `CREATE TABLE ${full(into)} (a bigint, b timestamp, c text, d numeric(9,2), e jsonb, f text, g varchar(12))`,
    );
    const result = await copy(from, into);
    expect(result.plan.form).toBe('pgcopy-binary');
    expect(
      (await database().query(`SELECT a, b::text, c, d::text, e::text, f, g FROM ${full(into)}`)).rows,
    ).toEqual([
      ['7', '2024-02-29 00:00:00', 'ab', '40000.00', '{"x": 1}', '00000000-0000-0000-0000-00000000000a', 'é'],
      [null, null, null, null, null, null, null],
    ]);
  });

  it('ends the job when a value does not fit, on either side, instead of bending it', async () => {
    const from = freshName('wide');
    await database().query(`CREATE TABLE ${full(from)} (a bigint, b numeric, c text)`);
    await database().query(`INSERT INTO ${full(from)} VALUES (3000000000, 1.5, 'abcdef')`);
    for (const [column, type, code, cause] of [
      ['a', 'integer', 'Cdm.0233', 'out of range'],
      ['b', 'integer', 'Cdm.0234', 'column "b"'],
      ['c', 'varchar(3)', 'Cdm.0234', 'column "c"'],
    ]) {
      const into = freshName('narrow');
      await database().query(`CREATE TABLE ${full(into)} (${column} ${type})`);
      const error = await copy(from, into, {}, { 'fromJobConfig.columnList': column ?? '' }).catch(
        (e: unknown) => e,
      );
      expect(error, type).toMatchObject({ code, retry: false });
      expect(String((error as { facts: { cause: string } }).facts.cause), type).toContain(cause);
      expect(await database().readBack(into), type).toEqual([]);
    }
  });

  it('warns of what may not fit, before anything moves', async () => {
    const [from, into] = [freshName('warn'), freshName('copy')];
    await database().query(`CREATE TABLE ${full(from)} (a numeric(5,2), b text)`);
    await database().query(`CREATE TABLE ${full(into)} (a numeric(5,1), b varchar(3) NOT NULL)`);
    const { losses } = await copy(from, into);
    expect(losses.map(({ column, kind, limit }) => [column, kind, limit])).toEqual([
      ['a', 'scale', 1],
      ['b', 'length', '3 characters'],
      ['b', 'nulls', undefined],
    ]);
  });

  it('refuses bytes into text', async () => {
    const [from, into] = [freshName('bytes'), freshName('copy')];
    await database().query(`CREATE TABLE ${full(from)} (a bytea)`);
    await database().query(`CREATE TABLE ${full(into)} (a text)`);
    await expect(copy(from, into)).rejects.toMatchObject({ code: 'Cdm.0921' });
  });

  it('moves enumerations, domains and composites', async () => {
    const [from, into] = [freshName('own'), freshName('copy')];
    const schema = quoteName(SCHEMA);
    await database().query(`CREATE TYPE ${schema}.mood AS ENUM ('sad', 'so ''so''', 'happy')`);
    await database().query(`CREATE DOMAIN ${schema}.positive AS integer CHECK (VALUE > 0)`);
    await database().query(`CREATE DOMAIN ${schema}.tiny AS ${schema}.positive CHECK (VALUE < 10)`);
    await database().query(`CREATE TYPE ${schema}.pair AS (a int, b text)`);
    await database().query(
      `CREATE TABLE ${full(from)} (id int PRIMARY KEY, m ${schema}.mood, p ${schema}.tiny, q ${schema}.pair, n ${schema}.mood[])`,
    );
    await database().query(
      `INSERT INTO ${full(from)} VALUES (1, 'so ''so''', 3, ROW(1, E'a\\tb'), '{sad,happy}'), (2, NULL, NULL, NULL, NULL)`,
    );
    const created = await copy(from, into, creating);
    expect(created.plan.form).toBe('rows');
    expect(await database().readBack(into)).toEqual(await database().readBack(from));
    const spliced = freshName('copy');
    await database().query(`CREATE TABLE ${full(spliced)} (LIKE ${full(from)})`);
    const some = { 'fromJobConfig.columnList': 'id&m&p' };
    expect((await copy(from, spliced, { 'toJobConfig.columnList': 'id&m&p' }, some)).plan.form).toBe(
      'pgcopy-binary',
    );
    expect(await database().readBack(spliced, ['id', 'm', 'p'])).toEqual(
      await database().readBack(from, ['id', 'm', 'p']),
    );
  });

  it('does not write generated columns, and fills identity columns with the source’s values', async () => {
    const from = freshName('gen');
    await database().query(
      `CREATE TABLE ${full(from)} (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED)`,
    );
    await database().query(`INSERT INTO ${full(from)} (a) VALUES (1), (2)`);
    await database().query(`DELETE FROM ${full(from)} WHERE a = 1`);
    const same = freshName('copy');
    await database().query(`CREATE TABLE ${full(same)} (LIKE ${full(from)} INCLUDING ALL)`);
    await expect(copy(from, same)).rejects.toMatchObject({ code: 'Cdm.0931' });
    await copy(from, same, {}, { 'fromJobConfig.columnList': 'id&a' });
    expect(await database().readBack(same)).toEqual([['2', '2', '4']]);
  });

  it('says which column must be filled when one is left out', async () => {
    const [from, into] = [freshName('less'), freshName('copy')];
    await database().makeNumbers(from, 1);
    await database().query(`CREATE TABLE ${full(into)} (id bigint, needed int NOT NULL)`);
    await expect(copy(from, into, {}, { 'fromJobConfig.columnList': 'id' })).rejects.toMatchObject({
      code: 'Cdm.0931',
      facts: { schema: 'id, needed' },
    });
  });

  it('empties a table that others refer to', async () => {
    const [from, parent, child] = [freshName('none'), freshName('parent'), freshName('child')];
    await database().makeNumbers(from, 3);
    await database().makeNumbers(parent, 9);
    await database().query(`CREATE TABLE ${full(child)} (id bigint REFERENCES ${full(parent)})`);
    await copy(from, parent, { 'toJobConfig.beforeImportType': 'shouldClearTable' });
    expect((await database().readBack(parent)).length).toBe(3);
    await database().query(`INSERT INTO ${full(child)} VALUES (1)`);
    await expect(
      copy(from, parent, { 'toJobConfig.beforeImportType': 'shouldClearTable' }),
    ).rejects.toMatchObject({
      code: 'Cdm.0248',
    });
    expect((await database().readBack(parent)).length).toBe(3);
  });

  it('creates the schema too', async () => {
    const from = freshName('away');
    await database().makeNumbers(from, 2);
    const schema = 'made "here"';
    await copy(from, from, { ...creating, 'toJobConfig.schemaName': schema });
    expect(
      (await database().query(`SELECT count(*) FROM ${quoteName(schema)}.${quoteName(from)}`)).rows,
    ).toEqual([['2']]);
  });

  it('gives every range of a date, a timestamp and a decimal its rows', async () => {
    const from = freshName('ranges');
    await database().query(`CREATE TABLE ${full(from)} (id int, d date, t timestamptz, n numeric(12,3))`);
    await database().query(
      `INSERT INTO ${full(from)} SELECT i, DATE '2024-01-01' + i % 400, TIMESTAMPTZ '1969-12-31 23:00Z' + i * INTERVAL '17.123456 s', (i - 500) / 7.0
         FROM generate_series(1, 1000) i`,
    );
    await database().query(
      `INSERT INTO ${full(from)} VALUES (0, 'infinity', '-infinity', 'NaN'), (-1, NULL, NULL, NULL)`,
    );
    const connection = await connect();
    for (const column of ['id', 'd', 't', 'n']) {
      const source = connection.source(
        database().sourceOptions(from, { 'fromJobConfig.partitionColumn': column }),
      );
      const { slices, rowsOf } = await readRows(source, 7, ['id']);
      expect(slices.length, column).toBe(8);
      const perSlice = rowsOf.map((rows) => rows.length);
      expect(
        perSlice.reduce((a, b) => a + b, 0),
        column,
      ).toBe(1002);
      expect(Math.max(...perSlice), column).toBeLessThan(250);
    }
  });

  it('does not let a condition write', async () => {
    const from = freshName('calm');
    await database().makeNumbers(from, 3);
    await database().query(`CREATE SEQUENCE ${full(`${from}_s`)}`);
    const where = `nextval('${full(`${from}_s`).replaceAll("'", "''")}') > 0`;
    await expect(
      copy(from, freshName('copy'), creating, { 'fromJobConfig.whereClause': where }),
    ).rejects.toMatchObject({
      code: 'Cdm.0233',
    });
    // A partition column has the condition run while the table is cut, before anything is read.
    const source = (await connect()).source(
      database().sourceOptions(from, {
        'fromJobConfig.whereClause': where,
        'fromJobConfig.partitionColumn': 'id',
      }),
    );
    await expect(source.split(await source.describe(), 2)).rejects.toMatchObject({ code: 'Cdm.0903' });
    expect((await database().query(`SELECT is_called FROM ${full(`${from}_s`)}`)).rows).toEqual([[false]]);
  });

  it('stops at once while the server computes', async () => {
    const from = freshName('slow');
    await database().makeNumbers(from, 3);
    const host = testHost();
    const source = (await connect({}, host)).source(
      database().sourceOptions(from, { 'fromJobConfig.whereClause': 'pg_sleep(30) IS NOT NULL' }),
    );
    const [slice] = await source.split(await source.describe(), 1);
    if (slice === undefined) throw new Error('no slice');
    const reading = (async () => {
      for await (const _ of source.read(
        slice,
        { form: 'rows', columns: [{ name: 'id', cast: null }] },
        null,
      ));
    })();
    setTimeout(() => host.abort(), 300);
    const start = performance.now();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    // It would compute for another 90 s.
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('does not send a password in clear to a server without TLS', async () => {
    const { rows } = await database().query('SHOW ssl');
    const connection = await connect({ 'linkConfig.useSSL': 'true' });
    // On a server with TLS the certificate is not one that anybody trusts: refused as well.
    await expect(connection.check(), `ssl ${rows[0]?.[0]}`).rejects.toMatchObject({
      code: 'Cdm.0901',
      retry: false,
    });
  });

  it('says that a right is missing, with the server’s words', async () => {
    const from = freshName('shut');
    await database().makeNumbers(from, 1);
    const role = `sluice_test_${process.pid}_${Date.now().toString(36)}`;
    await database().query(`CREATE ROLE ${role} LOGIN PASSWORD 'pw of a test'`);
    try {
      await database().query(`GRANT USAGE ON SCHEMA ${quoteName(SCHEMA)} TO ${role}`);
      const connection = await connect({
        'linkConfig.username': role,
        'linkConfig.password': 'pw of a test',
      });
      const source = connection.source(database().sourceOptions(from));
      const [slice] = await source.split(await source.describe(), 1);
      if (slice === undefined) throw new Error('no slice');
      const reading = (async () => {
        for await (const _ of source.read(
          slice,
          { form: 'rows', columns: [{ name: 'id', cast: null }] },
          null,
        ));
      })();
      await expect(reading).rejects.toMatchObject({ code: 'Cdm.0902', retry: false });
      const sink = connection.sink(database().sinkOptions(freshName('shut'), creating));
      const id = {
        name: 'id',
        native: 'integer',
        type: { kind: 'integer', bits: 32, unsigned: false },
        isNullable: true,
        isGenerated: false,
      } as const;
      const agreed = await sink.agree({ columns: [id], forms: ['rows'] }, null);
      const plan = {
        runKey: 'aaaaaaaaaaaa',
        sourceColumns: [id],
        sourcePrimaryKey: [],
        columnNames: agreed.columnNames,
        form: 'rows',
      } as const;
      await expect(sink.prepare(plan)).rejects.toMatchObject({ code: 'Cdm.0063' });
      await connection.close();
    } finally {
      await database().query(`DROP OWNED BY ${role}`);
      await database().query(`DROP ROLE ${role}`);
    }
  });

  it('splices rows of many megabytes between small ones', async () => {
    const [from, into] = [freshName('huge'), freshName('copy')];
    await database().query(`CREATE TABLE ${full(from)} (id int PRIMARY KEY, body text)`);
    await database().query(
      `INSERT INTO ${full(from)} SELECT i, CASE WHEN i IN (1, 500) THEN repeat(md5(i::text), 600000) ELSE repeat('x', i * 7) END
         FROM generate_series(1, 1000) i`,
    );
    const result = await copy(from, into, creating);
    expect(result.plan.form).toBe('pgcopy-binary');
    expect(result.counts.rowsWritten).toBe(1000);
    const sums = (table: string) =>
      database().query(
        `SELECT count(*), sum(length(body)), md5(string_agg(md5(body), '' ORDER BY id)) FROM ${full(table)}`,
      );
    expect((await sums(into)).rows).toEqual((await sums(from)).rows);
  });

  it('says with the server’s own words what stopped a splice in its middle, on either side', async () => {
    const from = freshName('stops');
    await database().query(`CREATE TABLE ${full(from)} (id int, label text)`);
    await database().query(
      `INSERT INTO ${full(from)} SELECT i, repeat('y', 100) FROM generate_series(1, 100000) i`,
    );
    const source = await copy(from, freshName('copy'), creating, {
      'fromJobConfig.whereClause': '1 / (70000 - id) IS NOT NULL',
    }).catch((error: unknown) => error);
    expect(source).toMatchObject({ code: 'Cdm.0233', retry: false, facts: { cause: 'division by zero' } });
    const into = freshName('copy');
    await database().query(`CREATE TABLE ${full(into)} (id int CHECK (id <> 70000), label text)`);
    const target = await copy(from, into).catch((error: unknown) => error);
    expect(target).toMatchObject({ code: 'Cdm.0234', retry: false });
    expect(String((target as { facts: { cause: string } }).facts.cause)).toContain('check constraint');
    expect((await database().query(`SELECT count(*) FROM ${full(into)}`)).rows).toEqual([['0']]);
  });

  it('keeps the rows of a slice out while a reader is slow, and memory bounded', async () => {
    const from = freshName('press');
    // More than the kernel's buffers on both sides of a loopback connection can hold.
    const rowsSent = 400_000;
    await database().makeNumbers(from, rowsSent);
    const source = (await connect()).source(database().sourceOptions(from));
    const shape = await source.describe();
    const [slice] = await source.split(shape, 1);
    if (slice === undefined) throw new Error('no slice');
    const columns = shape.columns.map(({ name }) => ({ name, cast: null }));
    let rows = 0;
    let isSent = false;
    for await (const batch of source.read(slice, { form: 'pgcopy-binary', columns }, null)) {
      rows += batch.rowCount;
      if (!isSent) {
        isSent = true;
        // The server waits for us to read: it has not sent the table into our memory.
        await vi.waitFor(
          async () => {
            const { rows: waits } = await database().query(
              `SELECT wait_event FROM pg_stat_activity WHERE datname = $1 AND application_name = 'sluice' AND query LIKE 'COPY%' AND state = 'active'`,
              [database().name],
            );
            expect(waits).toEqual([['ClientWrite']]);
          },
          { timeout: 10_000, interval: 100 },
        );
      }
    }
    expect(rows).toBe(rowsSent);
  });
});
