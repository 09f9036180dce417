import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { batchOfRows, numbersOffer, numbersRow } from '@sluice/core/contract-suite/numbers-batch';
import { zeroCounts } from '@sluice/core/data/slice';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMysqlFixture, type MysqlFixture, mysqlUrl } from './mysql-fixture.ts';

/** The link's time-out, and how long the error may take from there. */
const silence = { 'linkConfig.jdbcProperties': { socketTimeout: '1000', connectTimeout: '1000' } };
const endsWithinMs = 4_000;

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
