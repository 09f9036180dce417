import type { Connection } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { readRows } from '@sluice/core/contract-suite/read-rows';
import type { Value } from '@sluice/core/data/batch';
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMysqlFixture, describeOnEach, type MysqlFixture } from './mysql-fixture.ts';

const key = (n: number): string => `5ec1a1${n.toString(16).padStart(6, '0')}`;

describeOnEach('reading what only MySQL has', (server) => {
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

  /** All rows of a table through the connector, in the order of the slices. */
  async function rowsOf(
    table: string,
    properties: OptionValues = {},
    more: OptionValues = {},
  ): Promise<readonly (readonly Value[])[]> {
    const source = (await connect(properties)).source(fixture.sourceOptions(table, more));
    return (await readRows(source)).rowsOf.flat();
  }

  async function kindsOf(table: string, properties: OptionValues = {}): Promise<unknown[]> {
    const shape = await (await connect(properties)).source(fixture.sourceOptions(table)).describe();
    return shape.columns.map((column) => column.type);
  }

  it('gives every kind of value in the neutral form', async () => {
    const table = freshName('neutral');
    await fixture.makeTypes(table, true);
    const rows = await rowsOf(table);
    const shape = await (await connect()).source(fixture.sourceOptions(table)).describe();
    const at = (row: number, column: string): Value | undefined =>
      rows[row]?.[shape.columns.findIndex((c) => c.name === column)];
    // In key order: 1, 2, 7 (all null), 18446744073709551615.
    expect(at(1, 'flag')).toBe(false);
    expect(at(0, 'big')).toBe(-9223372036854775808n);
    expect(at(1, 'ubig')).toBe(18446744073709551615n);
    expect(at(3, 'big')).toBe(9007199254740993n);
    expect(at(1, 'uplain')).toBe(4294967295);
    expect(at(1, 'money')).toBe('99999999999999999999999999999999999.999999999999999999999999999999');
    expect(at(1, 'twice')).toBe(Number.MAX_VALUE);
    expect(at(1, 'bit1')).toBe(true);
    expect(at(3, 'bit8')).toBe('00000101');
    expect(at(1, 'bit64')).toBe('1'.repeat(64));
    expect(at(1, 'years')).toBe(2155);
    expect(at(0, 'clock')).toBe('-838:59:59');
    expect(at(1, 'clock6')).toBe('838:59:58.999999');
    expect(at(0, 'moment6')).toBe('0001-01-01 00:00:00.000001');
    expect(at(1, 'stamp')).toBe('2038-01-19 03:14:07.999999+00');
    expect(at(1, 'words')).toBe(`emoji 😀 中文 'quoted' "double" \\ back ? :name`);
    expect(at(1, 'latin')).toBe('Ümläut');
    expect(at(1, 'picks')).toBe('a,c');
    expect(at(1, 'bin')).toEqual(Buffer.from('deadbeef', 'hex'));
    expect(String(at(1, 'doc')).replaceAll(' ', '')).toBe(
      // MySQL keeps numbers, MariaDB the text that it was given.
      `{"a":[1,${server.product === 'MySQL' ? '2.5' : '2.50'},12345678901234567890,"é😀\\n"]}`,
    );
    expect(at(1, 'shape')).toBe('POINT(1.5 -2.25)');
    expect(rows[2]?.slice(1).every((value) => value === null)).toBe(true);
  });

  it('reads TINYINT(1) as boolean unless told otherwise', async () => {
    const table = freshName('flags');
    await fixture.sql(
      `CREATE TABLE ${table} (id INT PRIMARY KEY, f TINYINT(1))`,
      `INSERT INTO ${table} VALUES (1, 0), (2, 1), (3, -7)`,
    );
    expect((await kindsOf(table))[1]).toEqual({ kind: 'boolean' });
    // Another number is nobody's boolean: it stays what it is.
    expect((await rowsOf(table)).map((row) => row[1])).toEqual([false, true, -7]);
    for (const name of ['tinyInt1isBit', 'mysql.bool.type.transform']) {
      expect((await kindsOf(table, { [name]: 'false' }))[1]).toEqual({
        kind: 'integer',
        bits: 8,
        unsigned: false,
      });
      expect((await rowsOf(table, { [name]: 'false' })).map((row) => row[1])).toEqual([0, 1, -7]);
    }
  });

  it('refuses dates that do not exist by the name of their column, or reads them as null', async () => {
    for (const [type, value] of [
      ['DATE', '0000-00-00'],
      ['DATE', '2024-00-15'],
      ['DATETIME(3)', '0000-00-00 00:00:00'],
      ['DATETIME', '2024-02-00 10:00:00'],
      ['TIMESTAMP NULL', '0000-00-00 00:00:00'],
    ]) {
      const table = freshName('zero');
      await fixture.sql(
        `CREATE TABLE ${table} (id INT PRIMARY KEY, odd_day ${type})`,
        "SET SESSION sql_mode = ''",
        `INSERT INTO ${table} VALUES (1, '2024-01-02'), (2, '${value}')`,
      );
      await expect(rowsOf(table), value).rejects.toMatchObject({
        code: 'Cdm.0233',
        retry: false,
        facts: { cause: expect.stringContaining('odd_day') },
      });
      const rows = await rowsOf(table, { zeroDateTimeBehavior: 'convertToNull' });
      expect(rows[0]?.[1], value).toMatch(/^2024-01-02/);
      expect(rows[1], value).toEqual([2, null]);
    }
  });

  it('cuts by every kind of column that it can cut, and each row comes once', async () => {
    const table = freshName('cuts');
    await fixture.sql(
      `CREATE TABLE ${table} (a INT, b INT, d DATE, t DATETIME(6), s TIMESTAMP(3) NULL, n DECIMAL(30,5), u BIGINT UNSIGNED, PRIMARY KEY (a, b))`,
      `INSERT INTO ${table} SELECT seq DIV 7, seq % 7, '1960-01-01' + INTERVAL seq * 13 DAY, '1969-12-31 23:59:58' + INTERVAL seq * 333333 MICROSECOND,
         IF(seq % 10 = 0, NULL, '2001-01-01' + INTERVAL seq HOUR), (CAST(seq AS SIGNED) - 500) * 12345678901234567.12345, 18446744073709551615 - seq * 3
       FROM ${fixture.numbersTo(1_000)}`,
    );
    for (const column of ['a', 'd', 't', 's', 'n', 'u']) {
      const source = (await connect()).source(
        fixture.sourceOptions(table, { 'fromJobConfig.partitionColumn': column }),
      );
      const { slices, rowsOf } = await readRows(source, 5, ['a', 'b']);
      expect(slices.length, column).toBe(column === 'a' ? 5 : 6);
      const seen = rowsOf.flat().map((row) => row.join('/'));
      const sizes = rowsOf.map((rows) => rows.length);
      expect(seen.length, column).toBe(1000);
      expect(new Set(seen).size, column).toBe(1000);
      expect(Math.max(...sizes.slice(0, 5)), `${column}: ${sizes}`).toBeLessThan(260);
    }
  });

  it('cuts a zero date that most rows have by the primary key behind it', async () => {
    const table = freshName('zeros');
    await fixture.sql(
      "SET SESSION sql_mode = ''",
      `CREATE TABLE ${table} (id INT PRIMARY KEY, d DATE, t DATETIME(3), s TIMESTAMP NULL, KEY (d), KEY (t), KEY (s))`,
      `INSERT INTO ${table} SELECT seq, z, z, IF(seq % 9 = 0, z, '0000-00-00') FROM
         (SELECT seq, IF(seq % 9 = 0, '2020-01-01' + INTERVAL seq DAY, IF(seq % 9 = 1, '2020-00-00', '0000-00-00')) AS z
            FROM ${fixture.numbersTo(900)}) AS zeros`,
    );
    for (const column of ['d', 't', 's']) {
      const source = (await connect()).source(
        fixture.sourceOptions(table, { 'fromJobConfig.partitionColumn': column }),
      );
      const { rowsOf } = await readRows(source, 6, ['id']);
      const seen = new Set(rowsOf.flat().map(([id]) => id));
      const sizes = rowsOf.map((rows) => rows.length);
      expect([seen.size, sizes.reduce((a, b) => a + b, 0)], `${column}: ${sizes}`).toEqual([900, 900]);
      expect(Math.max(...sizes), `${column}: ${sizes}`).toBeLessThanOrEqual(300);
    }
  });

  it('goes on behind a position of a key of several columns of several kinds', async () => {
    const table = freshName('behind');
    await fixture.sql(
      `CREATE TABLE ${table} (t DATETIME(3), s VARCHAR(20) CHARACTER SET utf8mb4, n DECIMAL(10,2), filler VARCHAR(500), PRIMARY KEY (s, t, n))`,
      `INSERT INTO ${table} SELECT '2024-01-01' + INTERVAL (seq % 3) * 1500 MICROSECOND, ELT(seq % 4 + 1, 'a''b', 'ä\\\\', '😀', 'Z'), seq / 100, REPEAT('x', 500)
       FROM ${fixture.numbersTo(3_000)}`,
    );
    const source = (await connect()).source(fixture.sourceOptions(table));
    const shape = await source.describe();
    const [slice] = await source.split(shape, 1);
    if (slice === undefined) throw new Error('no slice');
    const projection = {
      form: 'rows' as const,
      columns: ['n', 't', 's', 'filler'].map((name) => ({ name, cast: null })),
    };
    const positions: unknown[] = [];
    let before = 0;
    const counts: number[] = [];
    for await (const batch of source.read(slice, projection, null)) {
      before += batch.rowCount;
      positions.push(batch.position);
      counts.push(before);
    }
    expect(before).toBe(3000);
    expect(positions.length).toBeGreaterThan(5);
    for (const [i, position] of positions.entries()) {
      let rest = 0;
      for await (const batch of source.read(slice, projection, JSON.parse(JSON.stringify(position))))
        rest += batch.rowCount;
      expect((counts[i] ?? 0) + rest, JSON.stringify(position)).toBe(3000);
    }
    const keyless = { form: 'rows' as const, columns: [{ name: 'filler', cast: null }] };
    for await (const batch of source.read(slice, keyless, null)) expect(batch.position).toBeNull();
  });

  it('bounds a batch by bytes, and by rows where the link says so', async () => {
    const table = freshName('batch');
    await fixture.makeNumbers(table, 20_000);
    const bytes: number[] = [];
    const source = (await connect()).source(fixture.sourceOptions(table));
    const shape = await source.describe();
    const [slice] = await source.split(shape, 1);
    if (slice === undefined) throw new Error('no slice');
    const columns = shape.columns.map(({ name }) => ({ name, cast: null }));
    for await (const batch of source.read(slice, { form: 'rows', columns }, null))
      bytes.push(batch.byteCount);
    expect(bytes.length).toBeGreaterThan(5);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(256 * 1024);
    const total = bytes.reduce((a, b) => a + b, 0);
    // 8 + 4 bytes of numbers, a label of 55 bytes or so, and 7 bytes of packet and row head.
    expect(total / 20_000).toBeGreaterThan(60);
    expect(total / 20_000).toBeLessThan(100);
    const narrow = await fixture.open(testHost().host, { 'linkConfig.fetchSize': '100' });
    open.push(narrow);
    for await (const batch of narrow
      .source(fixture.sourceOptions(table))
      .read(slice, { form: 'rows', columns }, null)) {
      expect(batch.rowCount).toBeLessThanOrEqual(100);
    }
  });

  it('never falls back to a connection in clear', async () => {
    const [support] = await fixture.query("SHOW VARIABLES LIKE 'have_ssl'");
    if (support?.[1] === 'YES') return;
    const connection = await fixture.open(testHost().host, { 'linkConfig.useSSL': 'true' });
    await expect(connection.check()).rejects.toMatchObject({ code: 'Cdm.0901', retry: false });
  });

  it('leaves no session behind when a paused read is given up', async () => {
    const table = freshName('paused');
    await fixture.sql(
      `CREATE TABLE ${table} (id INT PRIMARY KEY, v LONGTEXT)`,
      `INSERT INTO ${table} SELECT seq, REPEAT('y', 100000) FROM ${fixture.numbersTo(400)}`,
    );
    const connection = await connect();
    const source = connection.source(fixture.sourceOptions(table));
    const [slice] = await source.split(await source.describe(), 1);
    if (slice === undefined) throw new Error('no slice');
    const columns = [{ name: 'v', cast: null }];
    for await (const _ of source.read(slice, { form: 'rows', columns }, null)) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      break;
    }
    await connection.close();
    const left = `SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = '${fixture.database}' AND INFO LIKE '%${table}%'`;
    expect(await fixture.query(left)).toEqual([['0']]);
  });

  it('holds the server back while the consumer is slow', async () => {
    const table = freshName('slow');
    await fixture.sql(
      `CREATE TABLE ${table} (id INT PRIMARY KEY, v LONGTEXT)`,
      `INSERT INTO ${table} SELECT seq, REPEAT('y', 100000) FROM ${fixture.numbersTo(600)}`,
    );
    const source = (await connect()).source(fixture.sourceOptions(table));
    const shape = await source.describe();
    const [slice] = await source.split(shape, 1);
    if (slice === undefined) throw new Error('no slice');
    const columns = shape.columns.map(({ name }) => ({ name, cast: null }));
    let rows = 0;
    const before = process.memoryUsage().rss;
    let peak = before;
    for await (const batch of source.read(slice, { form: 'rows', columns }, null)) {
      rows += batch.rowCount;
      if (rows < 20) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        peak = Math.max(peak, process.memoryUsage().rss);
      }
    }
    expect(rows).toBe(600);
    // 60 MB are under way; what may wait here is a handful of batches.
    expect(peak - before).toBeLessThan(30 * 1024 * 1024);
  });

  it('says what the server says when it gives up in mid-stream', async () => {
    const table = freshName('midway');
    await fixture.sql(
      `CREATE TABLE ${table} (id INT PRIMARY KEY, v VARCHAR(200))`,
      `INSERT INTO ${table} SELECT seq, REPEAT('z', 200) FROM ${fixture.numbersTo(20_000)}`,
      `CREATE VIEW ${table}_v AS SELECT id, v, id + IF(id = 15000, 9223372036854775807, 0) AS p FROM ${table}`,
    );
    const source = (await connect()).source(fixture.sourceOptions(`${table}_v`));
    const shape = await source.describe();
    expect(shape.primaryKey).toEqual([]);
    const columns = shape.columns.map(({ name }) => ({ name, cast: null }));
    const [slice] = await source.split(shape, 1);
    if (slice === undefined) throw new Error('no slice');
    let rows = 0;
    const reading = (async () => {
      for await (const batch of source.read(slice, { form: 'rows', columns }, null)) rows += batch.rowCount;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'Cdm.0233', retry: false });
    expect(rows).toBeGreaterThan(0);
  });

  it('never writes, whatever a condition calls', async () => {
    const table = freshName('readonly');
    await fixture.makeNumbers(table, 3);
    await fixture.sql(
      `CREATE TABLE ${table}_log (id INT)`,
      `CREATE FUNCTION ${table}_f() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO ${table}_log VALUES (1); RETURN 1; END`,
    );
    await expect(
      rowsOf(table, {}, { 'fromJobConfig.whereClause': `${table}_f() = 1` }),
    ).rejects.toMatchObject({ code: 'Cdm.0902', facts: { cause: expect.stringContaining('READ ONLY') } });
    expect(await fixture.readBack(`${table}_log`)).toEqual([]);
  });

  it("reads names in a condition as names of the table's database", async () => {
    const table = freshName('names');
    await fixture.makeNumbers(table, 5);
    await fixture.makeNumbers(`${table}_other`, 2);
    const where = `id IN (SELECT id FROM ${table}_other)`;
    expect((await rowsOf(table, {}, { 'fromJobConfig.whereClause': where })).map((row) => row[0])).toEqual([
      1, 2,
    ]);
    const sink = (await connect()).sink(
      fixture.sinkOptions(table, {
        'toJobConfig.beforeImportType': 'whereClause',
        'toJobConfig.whereClause': where,
      }),
    );
    const source = (await connect()).source(fixture.sourceOptions(`${table}_other`));
    await copyTable(source, sink, { runKey: key(7) });
    expect((await fixture.readBack(table)).map((row) => row[0])).toEqual(['1', '2', '3', '4', '5']);
  });
});
