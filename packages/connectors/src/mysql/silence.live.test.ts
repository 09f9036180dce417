import { connect, createServer, type Socket } from 'node:net';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { batchOfRows, numbersOffer, numbersRow } from '@sluice/core/contract-suite/numbers-batch';
import { zeroCounts } from '@sluice/core/data/slice';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMysqlFixture, type MysqlFixture, mysqlUrl } from './mysql-fixture.ts';

/** The link's time-out, and how long the error may take from there. */
const silence = { 'linkConfig.jdbcProperties': { socketTimeout: '1000', connectTimeout: '1000' } };
const endsWithinMs = 10_000;

describe.skipIf(mysqlUrl === undefined)('a MySQL or MariaDB server that does not answer', () => {
  let fixture: MysqlFixture;
  beforeAll(async () => {
    fixture = await createMysqlFixture();
  });
  afterAll(() => fixture?.drop());

  /** Runs `work` while somebody else has the table for himself. */
  async function locked(
    table: string,
    work: () => Promise<unknown>,
  ): Promise<{ error: unknown; ms: number }> {
    const holder = await mysql.createConnection({ uri: mysqlUrl ?? '', database: fixture.database });
    await holder.query(`LOCK TABLES ${mysql.escapeId(table)} WRITE`);
    const begunAt = performance.now();
    const error = await work().catch((thrown: unknown) => thrown);
    holder.destroy();
    return { error, ms: performance.now() - begunAt };
  }

  const forms = ['rows', 'pgcopy-binary'] as const;

  it.each(forms)('with the first row, of %s: the read ends within the time-out and says so', async (form) => {
    const table = freshName('locked');
    await fixture.makeNumbers(table, 10);
    const connection = await fixture.open({ ...testHost().host, end: 'source' }, silence);
    const source = connection.source(fixture.sourceOptions(table));
    const shape = await source.describe();
    const [slice] = await source.split(shape, 1);
    if (slice === undefined) throw new Error('no slice');
    const projection = { form, columns: shape.columns.map(({ name }) => ({ name, cast: null })) };
    const { error, ms } = await locked(table, async () => {
      for await (const _ of source.read(slice, projection, null)) throw new Error('a row of a locked table');
    });
    expect(error).toMatchObject({
      code: 'Cdm.0233',
      retry: true,
      facts: { cause: expect.stringMatching(/no answer for 1000 ms|inactivity timeout/) },
    });
    expect(ms).toBeLessThan(endsWithinMs);
    await connection.close();
  });

  it('to the preparing of the read, behind a network that swallows everything', async () => {
    const table = freshName('swallowed');
    await fixture.makeNumbers(table, 10);
    const relay = await relayUntilPrepare(new URL(mysqlUrl ?? ''));
    const link = { 'linkConfig.host': '127.0.0.1', 'linkConfig.port': String(relay.port), ...silence };
    const connection = await fixture.open({ ...testHost().host, end: 'source' }, link);
    const source = connection.source(fixture.sourceOptions(table));
    const shape = await source.describe();
    const [slice] = await source.split(shape, 1);
    if (slice === undefined) throw new Error('no slice');
    const projection = {
      form: 'pgcopy-binary' as const,
      columns: shape.columns.map(({ name }) => ({ name, cast: null })),
    };
    const begunAt = performance.now();
    const reading = (async () => {
      for await (const _ of source.read(slice, projection, null))
        throw new Error('a row from a dead network');
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'Cdm.0233',
      retry: true,
      facts: { cause: expect.stringContaining('no answer for 1000 ms') },
    });
    expect(performance.now() - begunAt).toBeLessThan(endsWithinMs);
    await connection.close();
    relay.close();
  });

  it.each(forms)('to %s that are written: the writer ends within the time-out and says so', async (form) => {
    const table = freshName('locked');
    await fixture.makeNumbers(table, 0);
    const connection = await fixture.open({ ...testHost().host, end: 'destination' }, silence);
    const sink = connection.sink(fixture.sinkOptions(table));
    const offer = numbersOffer(form);
    const { columnNames, projection } = await sink.agree(offer, null);
    const plan = {
      runKey: form === 'rows' ? 'abcdef012345' : 'abcdef012346',
      sourceColumns: offer.columns,
      sourcePrimaryKey: ['id'],
      columnNames,
      form: projection.form,
    };
    await sink.prepare(plan);
    const writer = await sink.openWriter(plan, { no: 0, cut: null, label: '', rowsEstimate: null });
    const { error, ms } = await locked(table, async () => {
      await writer.write(batchOfRows([numbersRow(1)], projection));
      await writer.commit({ ...zeroCounts, rowsRead: 1, rowsWritten: 1 }, null, true);
    });
    expect(error).toMatchObject({
      code: 'Cdm.0234',
      retry: true,
      facts: { cause: expect.stringMatching(/no answer for 1000 ms|inactivity timeout/) },
    });
    expect(ms).toBeLessThan(endsWithinMs);
    await writer.close();
    await sink.finish(plan, 'discard');
    await connection.close();
  });
});

const PREPARE = 0x16;

/** Forwards to the server, and from a client's COM_STMT_PREPARE on takes everything and passes on nothing. */
async function relayUntilPrepare(server: URL): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const relay = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: server.hostname, port: Number(server.port), allowHalfOpen: true });
    let isSilent = false;
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', (chunk: Buffer) => {
        isSilent ||= from === client && chunk[3] === 0 && chunk[4] === PREPARE;
        if (!isSilent) to.write(chunk);
      });
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const address = relay.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    close() {
      for (const socket of sockets) socket.destroy();
      relay.close();
    },
  };
}
