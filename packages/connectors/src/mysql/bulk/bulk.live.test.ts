import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, Projection, Sink, SliceWriter, TargetPlan } from '@sluice/core/connector/contract';
import { freshName, numbersLabel, printedNumbersRow, testHost } from '@sluice/core/contract-suite/fixture';
import {
  batchOfRows,
  numbersColumns,
  numbersOffer,
  numbersRow,
} from '@sluice/core/contract-suite/numbers-batch';
import type { Batch, Value } from '@sluice/core/data/batch';
import type { SliceCounts } from '@sluice/core/data/slice';
import type { OptionValues } from '@sluice/core/options/option';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMysqlFixture, type MysqlFixture, mysqlUrl } from '../mysql-fixture.ts';

const slice = { no: 0, cut: null, label: 'all', rowsEstimate: null };
/** More than are ever in flight: several megabytes. */
const manyRows = 60_000;

function counts(rows: number): SliceCounts {
  return { rowsRead: rows, rowsWritten: rows, rowsSkipped: 0, bytesRead: rows, bytesWritten: rows };
}

describe.skipIf(mysqlUrl === undefined)('bulk commands on a live MariaDB', () => {
  let fixture: MysqlFixture;
  const open: Connection[] = [];
  const servers: Server[] = [];
  let runs = 0;

  beforeAll(async () => {
    fixture = await createMysqlFixture();
  });
  afterAll(async () => {
    for (const connection of open) await connection.close();
    for (const server of servers) server.close();
    await fixture.drop();
  });

  interface Opened {
    readonly table: string;
    readonly sink: Sink;
    readonly plan: TargetPlan;
    readonly writer: SliceWriter;
    readonly host: ReturnType<typeof testHost>;
    batch(rows: readonly (readonly Value[])[]): Batch;
  }

  /** An empty numbers table, and a writer of bulk commands on it. */
  async function ready(changes: OptionValues = {}, table = freshName('bulk')): Promise<Opened> {
    if (!(await fixture.tableExists(table))) await fixture.makeNumbers(table, 0);
    const host = testHost();
    const connection = await fixture.open(host.host, changes);
    open.push(connection);
    const sink = connection.sink(fixture.sinkOptions(table));
    const agreed = await sink.agree(numbersOffer('pgcopy-binary'), null);
    expect(agreed.reason).toBe(
      'MariaDB takes all columns in binary form, as bulk commands; WebAssembly makes them',
    );
    runs += 1;
    const plan: TargetPlan = {
      runKey: `c1c2c3${runs.toString(16).padStart(6, '0')}`,
      sourceColumns: numbersColumns,
      sourcePrimaryKey: ['id'],
      columnNames: agreed.columnNames,
      form: agreed.projection.form,
    };
    expect(plan.form).toBe('pgcopy-binary');
    await sink.prepare(plan);
    const writer = await sink.openWriter(plan, slice);
    const projection: Projection = agreed.projection;
    return { table, sink, plan, writer, host, batch: (rows) => batchOfRows(rows, projection) };
  }

  const ids = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => numbersRow(from + i));

  /** Rows in batches, as a source gives them. */
  async function writeMany({ writer, batch }: Opened, from: number, to: number): Promise<void> {
    for (let start = from; start <= to; start += 2_000)
      await writer.write(batch(ids(start, Math.min(to, start + 1_999))));
  }

  it.each([
    ['first', 1],
    ['middle', manyRows / 2],
    ['last', manyRows],
  ])('keeps nothing when a row in the %s packet is refused, and says which', async (_place, at) => {
    const opened = await ready();
    await fixture.sql(`INSERT INTO ${opened.table} VALUES (${at}, 'in the way', NULL)`);
    const attempt = (async () => {
      await writeMany(opened, 1, manyRows);
      await opened.writer.commit(counts(manyRows), null, true);
    })();
    await expect(attempt).rejects.toMatchObject({
      code: 'Cdm.0026',
      retry: false,
      facts: expect.objectContaining({ cause: `Duplicate entry '${at}' for key 'PRIMARY'` }),
    });
    await expect(opened.writer.write(opened.batch(ids(1, 1)))).rejects.toMatchObject({ code: 'Cdm.0026' });
    await opened.writer.close();
    expect((await fixture.readBack(opened.table)).length).toBe(1);
    await opened.sink.finish(opened.plan, 'discard');
  });

  it('goes on with the session after a commit of several packets', async () => {
    const opened = await ready();
    await writeMany(opened, 1, manyRows);
    await opened.writer.commit(counts(manyRows), null, false);
    expect((await fixture.readBack(opened.table)).length).toBe(manyRows);
    await writeMany(opened, manyRows + 1, manyRows + 10);
    const checkpoint = await opened.writer.commit(counts(manyRows + 10), null, true);
    expect(checkpoint.sequence).toBe(2);
    await opened.writer.close();
    await opened.sink.finish(opened.plan, 'publish');
    const rows = await fixture.readBack(opened.table);
    expect(rows.length).toBe(manyRows + 10);
    expect(rows.at(-1)).toEqual(printedNumbersRow(manyRows + 10));
    expect(opened.writer.bytesWritten()).toBeGreaterThan(3_500_000);
  });

  it('names the row and the column of a value that the server refuses', async () => {
    const opened = await ready();
    const attempt = (async () => {
      await opened.writer.write(opened.batch([...ids(1, 4), [5, 'x'.repeat(101), null], ...ids(6, 9)]));
      await opened.writer.commit(counts(9), null, true);
    })();
    await expect(attempt).rejects.toMatchObject({
      code: 'Cdm.0234',
      facts: { cause: expect.stringMatching(/label.*row 5/) },
    });
    await opened.writer.close();
    await opened.sink.finish(opened.plan, 'discard');
  });

  it('takes a table with triggers, and what they say without changing a value', async () => {
    const opened = await ready();
    await fixture.sql(
      `CREATE TRIGGER ${opened.table}_t BEFORE INSERT ON ${opened.table} FOR EACH ROW SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'only saying'`,
    );
    await writeMany(opened, 1, 30_000);
    await opened.writer.commit(counts(30_000), null, true);
    await opened.writer.close();
    expect((await fixture.readBack(opened.table)).length).toBe(30_000);
    await opened.sink.finish(opened.plan, 'publish');
  });

  it('says to be retried when the server ends its session among the packets, and keeps nothing', async () => {
    const opened = await ready();
    const attempt = (async () => {
      await writeMany(opened, 1, manyRows);
      await fixture.cutSessions();
      await writeMany(opened, manyRows + 1, 2 * manyRows);
      await opened.writer.commit(counts(2 * manyRows), null, true);
    })();
    await expect(attempt).rejects.toMatchObject({ code: 'Cdm.0234', retry: true });
    await opened.writer.close();
    expect(await fixture.readBack(opened.table)).toEqual([]);
    const again = await ready({}, opened.table);
    expect(again.writer.resumed).toBeNull();
    await again.writer.close();
    await again.sink.finish(again.plan, 'discard');
    await opened.sink.finish(opened.plan, 'discard');
  });

  it('stops while the server lets it wait', async () => {
    const opened = await ready();
    await fixture.sql(`INSERT INTO ${opened.table} VALUES (1, 'held', NULL)`);
    const holder = await lockRow(opened.table);
    const writing = writeMany(opened, 1, manyRows).then(() => opened.writer.commit(counts(1), null, true));
    writing.catch(() => undefined);
    expect(await Promise.race([writing.then(() => 'done'), sleep(500, 'waits')])).toBe('waits');
    opened.host.abort();
    // The row is held all the time.
    await expect(writing).rejects.toMatchObject({ code: 'Cdm.0234' });
    await opened.writer.close();
    holder.destroy();
  });

  it('can be closed while the server lets it wait', async () => {
    const opened = await ready();
    await fixture.sql(`INSERT INTO ${opened.table} VALUES (1, 'held', NULL)`);
    const holder = await lockRow(opened.table);
    const writing = writeMany(opened, 1, manyRows);
    writing.catch(() => undefined);
    await sleep(200);
    await opened.writer.close();
    await expect(writing).rejects.toBeDefined();
    holder.destroy();
    expect((await fixture.readBack(opened.table)).length).toBe(1);
  });

  it('gives up on a server that says nothing for as long as the link allows', async () => {
    const opened = await ready({ 'linkConfig.jdbcProperties': { socketTimeout: '400' } });
    await fixture.sql(`INSERT INTO ${opened.table} VALUES (1, 'held', NULL)`);
    const holder = await lockRow(opened.table);
    const attempt = writeMany(opened, 1, manyRows).then(() => opened.writer.commit(counts(1), null, true));
    await expect(attempt).rejects.toMatchObject({ code: 'Cdm.0234', retry: true });
    await opened.writer.close();
    holder.destroy();
  });

  it('writes a row larger than one packet of the protocol, and refuses one that the server cannot take', async () => {
    const table = freshName('wide');
    await fixture.sql(`CREATE TABLE ${table} (id BIGINT PRIMARY KEY, label LONGTEXT, amount INT)`);
    const opened = await ready({}, table);
    const [[serverMax] = []] = await fixture.query('SELECT @@max_allowed_packet');
    const bytesMax = Number(serverMax) - 2_048;
    // 20 MB takes two packets of the protocol, where the server allows as much.
    const sizes = [1_000_000, 3_000_000, Math.min(20_000_000, bytesMax)];
    for (const [i, size] of sizes.entries())
      await opened.writer.write(
        opened.batch([
          [3 * i, numbersLabel(1), 1],
          [3 * i + 1, 'é'.repeat(size / 2), null],
          [3 * i + 2, 'x', 2],
        ]),
      );
    await opened.writer.commit(counts(9), null, false);
    const stored = await fixture.query(
      `SELECT id, LENGTH(label), amount FROM ${fixture.database}.${table} ORDER BY id`,
    );
    expect(stored.map((row) => row[1])).toEqual(
      sizes.flatMap((size) => [
        String(Buffer.byteLength(numbersLabel(1))),
        String(2 * Math.floor(size / 2)),
        '1',
      ]),
    );
    const attempt = opened.writer.write(opened.batch([[100, 'x'.repeat(Number(serverMax)), 1]]));
    await expect(attempt).rejects.toMatchObject({
      code: 'Cdm.0234',
      retry: false,
      facts: { cause: expect.stringContaining('max_allowed_packet') },
    });
    await opened.writer.close();
    await opened.sink.finish(opened.plan, 'publish');
  });

  it('goes as lines of LOAD DATA, and says so, where the server does not offer the command', async () => {
    const url = new URL(mysqlUrl ?? 'mysql://unset');
    const port = await hideBulk(Number(url.port), url.hostname);
    const table = freshName('old');
    await fixture.makeNumbers(table, 0);
    const connection = await fixture.open(testHost().host, {
      'linkConfig.host': '127.0.0.1',
      'linkConfig.port': String(port),
    });
    open.push(connection);
    const agreed = await connection
      .sink(fixture.sinkOptions(table))
      .agree(numbersOffer('pgcopy-binary'), null);
    expect(agreed.projection.form).toBe('pgcopy-binary');
    expect(agreed.reason).toMatch(/as lines of LOAD DATA/);
  });

  it('falls back to rows, and says why, where a column has no kernel', async () => {
    const table = freshName('year');
    await fixture.sql(`CREATE TABLE ${table} (id BIGINT PRIMARY KEY, label VARCHAR(100), amount YEAR)`);
    const connection = await fixture.open(testHost().host);
    open.push(connection);
    const agreed = await connection
      .sink(fixture.sinkOptions(table))
      .agree(numbersOffer('pgcopy-binary'), null);
    expect(agreed.projection.form).toBe('rows');
    expect(agreed.reason).toMatch(/column amount, suite-int into year\(4\)/);
  });

  /** Holds the row 1 in a transaction of its own. @returns what lets it go when it is destroyed. */
  async function lockRow(table: string): Promise<mysql.Connection> {
    const uri = new URL(mysqlUrl ?? 'mysql://unset').href;
    const holder = await mysql.createConnection({ uri, database: fixture.database });
    await holder.query('START TRANSACTION');
    await holder.query(`SELECT * FROM ${table} WHERE id = 1 FOR UPDATE`);
    return holder;
  }

  /** The server as it is, but its greeting tells of no bulk command. @returns the port. */
  async function hideBulk(port: number, host: string): Promise<number> {
    const server = createServer((client: Socket) => {
      const upstream = dial(port, host);
      upstream.once('data', (greeting: Buffer) => {
        // Behind the version: connection 4, salt 9, capabilities 2, collation 1, status 2, capabilities 2, salt length 1, nothing 6.
        const version = greeting.indexOf(0, 5);
        greeting[version + 28] = (greeting[version + 28] ?? 0) & ~4;
        client.write(greeting);
        upstream.pipe(client);
      });
      client.pipe(upstream);
      client.on('error', () => upstream.destroy());
      upstream.on('error', () => client.destroy());
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }
});
