import type { Connection } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { zeroCounts } from '@sluice/core/data/slice';
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMysqlFixture, describeOnEach, type MysqlFixture } from './mysql-fixture.ts';

const key = (n: number): string => `5ec1a1${n.toString(16).padStart(6, '0')}`;

describeOnEach('writing what only MySQL has', (server) => {
  let fixture: MysqlFixture;
  const open: Connection[] = [];
  beforeAll(async () => {
    fixture = await createMysqlFixture(server);
  });
  afterAll(async () => {
    for (const connection of open) await connection.close();
    await fixture.drop();
  });

  async function connect(properties: OptionValues = {}, host = testHost()): Promise<Connection> {
    const connection = await fixture.open(host.host, { 'linkConfig.jdbcProperties': properties });
    open.push(connection);
    return connection;
  }

  it('goes on behind its last checkpoint after a cut, without loss and without doubles', async () => {
    const from = freshName('resume');
    const into = `${from}_to`;
    await fixture.makeNumbers(from, 20_000);
    await fixture.makeNumbers(into, 0);
    // No key at the destination, so that a double would show instead of being refused.
    await fixture.sql(`ALTER TABLE ${into} DROP PRIMARY KEY`);
    const first = await connect();
    const shape = await first.source(fixture.sourceOptions(from)).describe();
    const [slice] = await first.source(fixture.sourceOptions(from)).split(shape, 1);
    if (slice === undefined) throw new Error('no slice');
    const agreement = await first
      .sink(fixture.sinkOptions(into))
      .agree({ columns: shape.columns, forms: ['rows'] }, null);
    const plan = {
      runKey: key(8),
      sourceColumns: shape.columns,
      sourcePrimaryKey: shape.primaryKey,
      columnNames: agreement.columnNames,
      form: 'rows',
    } as const;
    await first.sink(fixture.sinkOptions(into)).prepare(plan);
    let attempts = 0;
    let isComplete = false;
    while (!isComplete) {
      attempts += 1;
      const connection = await connect();
      const writer = await connection.sink(fixture.sinkOptions(into)).openWriter(plan, slice);
      let rows = writer.resumed?.counts.rowsRead ?? 0;
      const counts = () => ({ ...zeroCounts, rowsRead: rows, rowsWritten: rows });
      let batches = 0;
      const reading = connection
        .source(fixture.sourceOptions(from))
        .read(slice, agreement.projection, writer.resumed?.position ?? null);
      try {
        for await (const batch of reading) {
          rows += batch.rowCount;
          await writer.write(batch);
          batches += 1;
          // Every second batch is made durable, and the fifth of an attempt meets a server that ends all sessions.
          if (batches % 2 === 0)
            await writer.commit(counts(), JSON.parse(JSON.stringify(batch.position)), false);
          if (batches === 5) await fixture.cutSessions();
        }
        await writer.commit(counts(), null, true);
        isComplete = true;
      } catch (error) {
        expect(error).toMatchObject({ retry: true });
      } finally {
        await writer.close();
      }
    }
    expect(attempts).toBeGreaterThan(2);
    const [totals] = await fixture.query(
      `SELECT COUNT(*), COUNT(DISTINCT id), MAX(id) FROM ${fixture.database}.${into}`,
    );
    expect(totals).toEqual(['20000', '20000', '20000']);
    const last = (await first.sink(fixture.sinkOptions(into)).checkpoints(plan)).get(0);
    expect(last?.counts.rowsWritten).toBe(20_000);
    await first.sink(fixture.sinkOptions(into)).finish(plan, 'publish');
  });

  it('warns of a table without transactions', async () => {
    const table = freshName('isam');
    await fixture.makeNumbers(table, 2);
    await fixture.sql(
      `CREATE TABLE ${table}_to (id BIGINT PRIMARY KEY, label VARCHAR(100), amount INT) ENGINE=MyISAM`,
    );
    const connection = await connect();
    const result = await copyTable(
      connection.source(fixture.sourceOptions(table)),
      connection.sink(fixture.sinkOptions(`${table}_to`)),
      { runKey: key(1) },
    );
    expect(result.warnings.join()).toContain('MyISAM');
    expect((await fixture.readBack(`${table}_to`)).length).toBe(2);
  });

  it('changes no value in silence', async () => {
    // What would be cut, rounded or bent by a lenient server; the column it goes to; a value.
    const cases: readonly (readonly [string, string, string])[] = [
      ['VARCHAR(20)', 'VARCHAR(5)', "'123456'"],
      ['VARCHAR(20)', 'VARCHAR(5)', "'12345   '"],
      ['VARCHAR(20)', 'INT', "'12abc'"],
      ['VARCHAR(20)', 'INT', "''"],
      ['VARCHAR(20)', 'DATE', "'2024-02-30'"],
      ['VARCHAR(30)', 'DATE', "'2024-02-20 rest'"],
      ['VARCHAR(20)', "ENUM('a')", "'b'"],
      ['VARCHAR(20)', 'VARCHAR(20) CHARACTER SET latin1', "'中'"],
      ['INT', 'TINYINT', '128'],
      ['INT', 'INT UNSIGNED', '-1'],
      ['DECIMAL(10,3)', 'DECIMAL(10,2)', '1.235'],
      ['DECIMAL(10,3)', 'DECIMAL(4,2)', '100'],
      ['DECIMAL(10,3)', 'INT', '1.5'],
      ['DOUBLE', 'INT', '1.5'],
      ['VARCHAR(20)', 'INT', "'1.5'"],
      ['VARCHAR(40)', 'DATETIME', "'2024-01-01 00:00:00.5'"],
      ['INT', 'YEAR', '24'],
      ['DOUBLE', 'FLOAT', '1e300'],
      ['DATETIME(6)', 'DATETIME', "'2024-01-01 00:00:00.5'"],
      ['DATETIME(6)', 'TIMESTAMP(3) NULL', "'2024-01-01 00:00:00.1234'"],
      ['DATETIME', 'TIMESTAMP NULL', "'2999-01-01 00:00:00'"],
      ['TIME(6)', 'TIME', "'10:00:00.000001'"],
      ['VARBINARY(10)', 'VARBINARY(2)', "X'010203'"],
      ['VARBINARY(10)', 'VARCHAR(10)', "X'FF'"],
      ['BIT(8)', 'BIT(16)', "b'1'"],
      ['INT', 'INT NOT NULL', 'NULL'],
    ];
    for (const [from, into, value] of cases) {
      const table = freshName('strict');
      const name = `${from} → ${into}: ${value}`;
      await fixture.sql(
        `CREATE TABLE ${table} (v ${from})`,
        `INSERT INTO ${table} VALUES (${value})`,
        `CREATE TABLE ${table}_to (v ${into})`,
      );
      const connection = await connect();
      const attempt = copyTable(
        connection.source(fixture.sourceOptions(table)),
        connection.sink(fixture.sinkOptions(`${table}_to`)),
        { runKey: key(2) },
      );
      await expect(attempt, name).rejects.toMatchObject({ code: 'Cdm.0234', retry: false });
      expect(await fixture.readBack(`${table}_to`), name).toEqual([]);
    }
  });

  it('refuses pairs that have no meaning', async () => {
    for (const [from, into] of [
      ['DATE', 'INT'],
      ['INT', 'DATE'],
      ['DATETIME', 'DATE'],
      ['BLOB', 'INT'],
      ['INT', 'BLOB'],
      ['INT', 'INT AS (1) VIRTUAL'],
    ]) {
      const table = freshName('pair');
      await fixture.sql(`CREATE TABLE ${table} (v ${from})`, `CREATE TABLE ${table}_to (v ${into})`);
      const connection = await connect();
      const source = connection.source(fixture.sourceOptions(table));
      const shape = await source.describe();
      const agreement = connection
        .sink(fixture.sinkOptions(`${table}_to`))
        .agree(source.offer(shape, shape.columns), null);
      await expect(agreement, `${from} → ${into}`).rejects.toMatchObject({ code: 'Cdm.0921' });
    }
  });

  it('asks for every column that a row cannot do without', async () => {
    const table = freshName('needs');
    await fixture.sql(`CREATE TABLE ${table} (v INT)`);
    const connection = await connect();
    const source = connection.source(fixture.sourceOptions(table));
    const shape = await source.describe();
    for (const [more, works] of [
      ['w INT NOT NULL', false],
      ['w INT NOT NULL DEFAULT 7', true],
      ['w INT NOT NULL AUTO_INCREMENT PRIMARY KEY', true],
      ['w INT', true],
      ['w INT AS (V + 1) STORED', true],
    ] as const) {
      const target = freshName('needy');
      await fixture.sql(`CREATE TABLE ${target} (${more}, V INT)`);
      const agreement = connection
        .sink(fixture.sinkOptions(target))
        .agree(source.offer(shape, shape.columns), null);
      if (works) expect((await agreement).columnNames, more).toEqual(['v']);
      else await expect(agreement, more).rejects.toMatchObject({ code: 'Cdm.0931' });
    }
  });

  it('keeps keys apart that differ in case or blanks only, in a table that it makes', async () => {
    const table = freshName('keys');
    await fixture.sql(
      `CREATE TABLE ${table} (k VARBINARY(20) PRIMARY KEY)`,
      `CREATE VIEW ${table}_v AS SELECT CONVERT(k USING utf8mb4) AS k FROM ${table}`,
      `INSERT INTO ${table} VALUES ('a'), ('A'), ('a '), ('ä')`,
    );
    const connection = await connect();
    const source = connection.source(fixture.sourceOptions(`${table}_v`));
    const keyed = {
      describe: async () => ({ ...(await source.describe()), primaryKey: ['k'] }),
      offer: source.offer.bind(source),
      split: source.split.bind(source),
      read: source.read.bind(source),
    };
    const sink = connection.sink(
      fixture.sinkOptions(`${table}_to`, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' }),
    );
    await copyTable(keyed, sink, { runKey: key(3) });
    expect(await fixture.primaryKey(`${table}_to`)).toEqual(['k']);
    expect((await fixture.readBack(`${table}_to`)).length).toBe(4);
  });

  it('makes the database when the table is to be made', async () => {
    const table = freshName('newdb');
    await fixture.makeNumbers(table, 1);
    const connection = await connect();
    const denied = connection.sink({
      'toJobConfig.schemaName': `${fixture.database}_absent`,
      'toJobConfig.tableName': table,
      'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST',
    });
    // The test's user has rights on its own database only, so the server's refusal proves that it was asked.
    await expect(
      copyTable(connection.source(fixture.sourceOptions(table)), denied, { runKey: key(4) }),
    ).rejects.toMatchObject({
      code: 'Cdm.0063',
    });
  });

  it('writes a row of several megabytes, and refuses one that the server cannot take', async () => {
    const table = freshName('wide');
    await fixture.sql(
      `CREATE TABLE ${table} (id INT PRIMARY KEY, v LONGTEXT, b LONGBLOB)`,
      `INSERT INTO ${table} VALUES (1, REPEAT('中', 6000000), NULL), (2, '', REPEAT(X'00', 20000000)), (3, 'tail', NULL)`,
    );
    const connection = await connect();
    await copyTable(
      connection.source(fixture.sourceOptions(table)),
      connection.sink(
        fixture.sinkOptions(`${table}_to`, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' }),
      ),
      { runKey: key(5) },
    );
    const [a, b] = await Promise.all([
      fixture.query(`SELECT id, SHA2(v, 256), SHA2(b, 256) FROM ${fixture.database}.${table} ORDER BY id`),
      fixture.query(`SELECT id, SHA2(v, 256), SHA2(b, 256) FROM ${fixture.database}.${table}_to ORDER BY id`),
    ]);
    expect(b).toEqual(a);
    await fixture.sql(`INSERT INTO ${table} VALUES (4, NULL, REPEAT('x', 40000000))`);
    const attempt = copyTable(
      connection.source(fixture.sourceOptions(table)),
      connection.sink(
        fixture.sinkOptions(`${table}_to`, { 'toJobConfig.tablePreparation': 'DROP_AND_CREATE' }),
      ),
      // A bulk command would take it: there a byte is a byte.
      { runKey: key(6), forms: ['rows'] },
    );
    await expect(attempt).rejects.toMatchObject({
      code: 'Cdm.0234',
      facts: { cause: expect.stringContaining('max_allowed_packet') },
    });
  });
});
