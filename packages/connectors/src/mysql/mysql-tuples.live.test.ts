import type { Projection, Source } from '@sluice/core/connector/contract';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import type { PgCopyBatch, Position } from '@sluice/core/data/batch';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMysqlFixture, describeOnEach, type MysqlFixture } from './mysql-fixture.ts';

type WireColumn = readonly [name: string, wireType: string];

function tuples(columns: readonly WireColumn[]): Projection {
  return {
    form: 'pgcopy-binary',
    columns: columns.map(([name, wireType]) => ({ name, cast: null, wireType })),
  };
}

/** Fields of COPY BINARY by rows, taken apart by hand: null, or the field's bytes. */
function fieldsOf(bytes: Uint8Array): (Buffer | null)[][] {
  const buffer = Buffer.from(bytes);
  const rows: (Buffer | null)[][] = [];
  for (let at = 0; at < buffer.length; ) {
    const row: (Buffer | null)[] = [];
    const count = buffer.readUInt16BE(at);
    at += 2;
    for (let i = 0; i < count; i++) {
      const size = buffer.readInt32BE(at);
      at += 4;
      row.push(size < 0 ? null : buffer.subarray(at, at + size));
      at += Math.max(0, size);
    }
    rows.push(row);
  }
  return rows;
}

describeOnEach('tuples of MySQL rows', (server) => {
  let fixture: MysqlFixture;
  const close: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    fixture = await createMysqlFixture(server);
  });
  afterAll(async () => {
    for (const end of close) await end();
    await fixture.drop();
  });

  async function sourceOf(table: string, changes = {}, host = testHost()): Promise<Source> {
    const connection = await fixture.open(host.host, changes);
    close.push(() => connection.close());
    return connection.source(fixture.sourceOptions(table));
  }

  /** Reads all slices; keeps copies, for a batch's memory is the reader's only until it asks for the next. */
  async function read(source: Source, projection: Projection, after: Position | null = null) {
    const shape = await source.describe();
    const batches: PgCopyBatch[] = [];
    for (const slice of await source.split(shape, 1)) {
      for await (const batch of source.read(slice, projection, after)) {
        if (batch.form !== 'pgcopy-binary') throw new Error(`a batch in form ${batch.form}`);
        batches.push({ ...batch, bytes: Uint8Array.from(batch.bytes) });
      }
    }
    return batches;
  }

  it('reads rows longer than a packet, longer than the input, and short ones around them', async () => {
    const table = freshName('large');
    const sizes = [1, 70_000, 131_072 - 20, 131_072, 400_000, 3, 16_777_200, 16_777_215, 17_000_000, 2];
    await fixture.sql(
      `CREATE TABLE ${table} (id INT PRIMARY KEY, v LONGBLOB)`,
      ...sizes.map((size, id) => `INSERT INTO ${table} VALUES (${id}, REPEAT(X'0F', ${size}))`),
    );
    const batches = await read(
      await sourceOf(table),
      tuples([
        ['id', 'integer'],
        ['v', 'bytea'],
      ]),
    );
    const rows = batches.flatMap((batch) => fieldsOf(batch.bytes));
    expect(rows.map(([id, v]) => [id?.readInt32BE(), v?.length])).toEqual(
      sizes.map((size, id) => [id, size]),
    );
    for (const [, v] of rows) expect(v?.every((byte) => byte === 0x0f)).toBe(true);
    expect(batches.reduce((sum, batch) => sum + batch.rowCount, 0)).toBe(sizes.length);
    // Rows of several packets have a header for each.
    const bytes = batches.reduce((sum, batch) => sum + batch.byteCount, 0);
    expect(bytes).toBeGreaterThan(sizes.reduce((a, b) => a + b, 0));
    expect(batches.find((batch) => batch.bytes.length > 17_000_000)?.position).toEqual(['8']);
  });

  it('goes on behind each of its positions, for keys of several columns', async () => {
    const table = freshName('keys');
    await fixture.sql(
      `CREATE TABLE ${table} (a BIGINT UNSIGNED, b DATETIME(6), c VARCHAR(20), d DECIMAL(10,3), pad VARCHAR(400), PRIMARY KEY (a, b, c, d))`,
      `INSERT INTO ${table} SELECT 18446744073709551615 - seq DIV 5, '2024-01-01 00:00:00.000001' + INTERVAL seq MICROSECOND,
       CONCAT('k''\\\\', seq MOD 3), seq / 7, REPEAT('x', 300) FROM ${fixture.numbersTo(3_000)}`,
    );
    const source = await sourceOf(table);
    const wire = tuples([
      ['d', 'numeric'],
      ['a', 'numeric'],
      ['c', 'text'],
      ['b', 'timestamp without time zone'],
      ['pad', 'text'],
    ]);
    const batches = await read(source, wire);
    expect(batches.length).toBeGreaterThan(3);
    let seen = 0;
    const whole = Buffer.concat(batches.map((batch) => batch.bytes));
    for (const [i, batch] of batches.entries()) {
      seen += batch.rowCount;
      expect(batch.position).toHaveLength(4);
      const rest = await read(source, wire, batch.position);
      expect(seen + rest.reduce((sum, { rowCount }) => sum + rowCount, 0)).toBe(3_000);
      const both = Buffer.concat([...batches.slice(0, i + 1), ...rest].map(({ bytes }) => bytes));
      expect(both.equals(whole)).toBe(true);
    }
  });

  it('gives no position when the key is not read, or is cast', async () => {
    const table = freshName('nokey');
    await fixture.makeNumbers(table, 5);
    const source = await sourceOf(table);
    expect((await read(source, tuples([['label', 'text']])))[0]?.position).toBeNull();
    const cast: Projection = {
      form: 'pgcopy-binary',
      columns: [{ name: 'id', cast: 'char', wireType: 'text' }],
    };
    const [batch] = await read(source, cast);
    expect(batch?.position).toBeNull();
    expect(fieldsOf(batch?.bytes ?? Buffer.alloc(0)).map(([id]) => id?.toString())).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
    ]);
  });

  it('closes a batch at the link’s number of rows', async () => {
    const table = freshName('few');
    await fixture.makeNumbers(table, 25);
    const source = await sourceOf(table, { 'linkConfig.fetchSize': '10' });
    const batches = await read(source, tuples([['id', 'bigint']]));
    expect(batches.map((batch) => [batch.rowCount, batch.position])).toEqual([
      [10, ['10']],
      [10, ['20']],
      [5, ['25']],
    ]);
  });

  it.each([
    ['INT UNSIGNED', '4294967295', 'integer', '4294967295'],
    ['BIGINT UNSIGNED', '18446744073709551615', 'bigint', '18446744073709551615'],
    ['SMALLINT', '-32768', 'boolean', '-32768'],
    ['VARCHAR(20)', "X'610062'", 'text', 'NUL'],
    ['JSON', '\'"\\\\u0000"\'', 'integer', 'planned'],
    ['DATE', "'0000-00-00'", 'date', '0000-00-00'],
    ['DATETIME(3)', "'2024-00-10 01:02:03.004'", 'timestamp without time zone', '2024-00-10 01:02:03.004000'],
    ['DATE', "'0000-03-01'", 'date', '0000-03-01'],
    ['TIME', "'-00:00:01'", 'time without time zone', '-00:00:01'],
    ['TIME(2)', "'100:00:00.25'", 'time without time zone', '100:00:00.250000'],
  ])('refuses %s %s as %s, and names column and value', async (type, literal, wireType, words) => {
    const table = freshName('odd');
    await fixture.sql(
      "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'",
      `CREATE TABLE ${table} (id INT PRIMARY KEY, odd_value ${type})`,
      `INSERT INTO ${table} VALUES (1, NULL), (2, ${literal})`,
    );
    const attempt = read(await sourceOf(table), tuples([['odd_value', wireType]]));
    const error = await attempt.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'Cdm.0233', retry: false });
    expect((error as { facts: { cause: string } }).facts.cause).toContain('odd_value');
    expect((error as { facts: { cause: string } }).facts.cause).toContain(words);
  });

  it('reads dates that do not exist as null where the link says so', async () => {
    const table = freshName('zero');
    await fixture.sql(
      "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'",
      `CREATE TABLE ${table} (id INT PRIMARY KEY, d DATE, t DATETIME, s TIMESTAMP NULL)`,
      `INSERT INTO ${table} VALUES (1, '0000-00-00', '2024-00-00 00:00:00', '0000-00-00 00:00:00')`,
    );
    const source = await sourceOf(table, {
      'linkConfig.jdbcProperties': { zeroDateTimeBehavior: 'convertToNull' },
    });
    const [batch] = await read(
      source,
      tuples([
        ['d', 'date'],
        ['t', 'timestamp without time zone'],
        ['s', 'timestamp with time zone'],
      ]),
    );
    expect(fieldsOf(batch?.bytes ?? Buffer.alloc(0))).toEqual([[null, null, null]]);
  });

  it('reports an error of the server in mid-result, and the statement is gone', async () => {
    const table = freshName('broken');
    const view = freshName('view');
    await fixture.makeNumbers(table, 20_000);
    // The sum is too large for the last id only, so that rows are on their way when the server finds out.
    await fixture.sql(
      `CREATE VIEW ${view} AS SELECT id, label, id + IF(id = 20000, 9223372036854775807, 0) amount FROM ${table}`,
    );
    let rows = 0;
    const source = await sourceOf(view);
    const shape = await source.describe();
    const [slice] = await source.split(shape, 1);
    if (slice === undefined) throw new Error('no slice');
    const wire = tuples([
      ['id', 'bigint'],
      ['label', 'text'],
      ['amount', 'bigint'],
    ]);
    const reading = (async () => {
      for await (const batch of source.read(slice, wire, null)) rows += batch.rowCount;
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'Cdm.0233',
      facts: { cause: expect.stringContaining('out of range') },
    });
    expect(rows).toBeGreaterThan(0);
  });

  it('notices that a column is not what was planned', async () => {
    const table = freshName('altered');
    await fixture.makeNumbers(table, 5);
    const source = await sourceOf(table);
    const shape = await source.describe();
    const [slice] = await source.split(shape, 1);
    if (slice === undefined) throw new Error('no slice');
    await fixture.sql(`ALTER TABLE ${table} MODIFY amount VARCHAR(20)`);
    const reading = (async () => {
      for await (const _ of source.read(slice, tuples([['amount', 'integer']]), null)) break;
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'Cdm.0233',
      facts: { cause: expect.stringContaining('amount') },
    });
  });

  it('says Cdm.0233, to be retried, when the server is silent for too long, and ends its statement', async () => {
    const table = freshName('silent');
    await fixture.makeNumbers(table, 10);
    const connection = await fixture.open(testHost().host, {
      'linkConfig.jdbcProperties': { socketTimeout: '1000' },
    });
    close.push(() => connection.close());
    const source = connection.source(
      fixture.sourceOptions(table, { 'fromJobConfig.whereClause': 'id < 3 OR SLEEP(20) = 0' }),
    );
    const start = performance.now();
    await expect(read(source, tuples([['id', 'bigint']]))).rejects.toMatchObject({
      code: 'Cdm.0233',
      retry: true,
      facts: { cause: expect.stringContaining('no answer for 1000 ms') },
    });
    expect(performance.now() - start).toBeLessThan(12_000);
    await connection.close();
    await expect.poll(() => sessionsReading(table)).toBe(0);
  });

  it('leaves no session behind when a paused read is given up', async () => {
    const table = await makeBig();
    const connection = await fixture.open(testHost().host);
    close.push(() => connection.close());
    const source = connection.source(fixture.sourceOptions(table));
    const [slice] = await source.split(await source.describe(), 1);
    if (slice === undefined) throw new Error('no slice');
    const wire = tuples([
      ['id', 'bigint'],
      ['label', 'text'],
    ]);
    for await (const _ of source.read(slice, wire, null)) {
      // Long enough for the queue to fill and the socket to be paused.
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await sessionsReading(table)).toBe(1);
      break;
    }
    await connection.close();
    await expect.poll(() => sessionsReading(table)).toBe(0);
  });

  /** 40 MB in 4,000 rows: more than the buffers of two sockets hold. */
  async function makeBig(): Promise<string> {
    const table = freshName('big');
    await fixture.sql(
      `CREATE TABLE ${table} (id BIGINT PRIMARY KEY, label MEDIUMTEXT)`,
      `INSERT INTO ${table} SELECT seq, REPEAT(CHAR(65 + seq MOD 26), 10000) FROM ${fixture.numbersTo(4_000)}`,
    );
    return table;
  }

  /** Statements on the table that the server still runs. */
  async function sessionsReading(table: string): Promise<number> {
    const rows = await fixture.query(
      `SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%FROM%${table}%' AND INFO NOT LIKE '%PROCESSLIST%'`,
    );
    return rows.length;
  }

  it('holds the server back while the reader rests, and loses nothing', async () => {
    const table = await makeBig();
    const source = await sourceOf(table);
    const shape = await source.describe();
    let rows = 0;
    for (const slice of await source.split(shape, 1)) {
      for await (const batch of source.read(
        slice,
        tuples([
          ['id', 'bigint'],
          ['label', 'text'],
        ]),
        null,
      )) {
        if (batch.form !== 'pgcopy-binary') throw new Error(`a batch in form ${batch.form}`);
        const before = Buffer.from(batch.bytes);
        if (rows === 0) await new Promise((resolve) => setTimeout(resolve, 400));
        // The socket was read meanwhile; the batch in hand must not have moved.
        expect(before.equals(batch.bytes)).toBe(true);
        rows += batch.rowCount;
      }
    }
    expect(rows).toBe(4_000);
  });
});
