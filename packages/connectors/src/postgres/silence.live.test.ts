import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { batchOfRows, numbersOffer, numbersRow } from '@sluice/core/contract-suite/numbers-batch';
import type { Batch } from '@sluice/core/data/batch';
import { zeroCounts } from '@sluice/core/data/slice';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LiveDatabase, makeLiveDatabase, SCHEMA } from './live-database.ts';

const url = process.env.SLUICE_TEST_POSTGRES ?? '';
/** The link's time-out, and how long the error may take from there. */
const silence = { 'linkConfig.jdbcProperties': { socketTimeout: '1', connectTimeout: '1' } };
const endsWithinMs = 10_000;

describe.skipIf(url === '')('a PostgreSQL server that does not answer', () => {
  let database: LiveDatabase;
  beforeAll(async () => {
    database = await makeLiveDatabase(url);
  });
  afterAll(() => database?.drop());

  /** Runs `work` while somebody else has the table for himself. */
  async function locked(
    table: string,
    work: () => Promise<unknown>,
  ): Promise<{ error: unknown; ms: number }> {
    const own = new URL(url);
    own.pathname = `/${database.name}`;
    const holder = new pg.Client({ connectionString: own.href });
    await holder.connect();
    await holder.query(`BEGIN; LOCK TABLE "${SCHEMA}"."${table}" IN ACCESS EXCLUSIVE MODE`);
    const begunAt = performance.now();
    const error = await work().catch((thrown: unknown) => thrown);
    await holder.end();
    return { error, ms: performance.now() - begunAt };
  }

  it('with the first row: the read ends within the time-out and says so', async () => {
    const table = freshName('locked');
    await database.makeNumbers(table, 10);
    const connection = await database.open({ ...testHost().host, end: 'source' }, silence);
    const source = connection.source(database.sourceOptions(table));
    const [slice] = await source.split(await source.describe(), 1);
    if (slice === undefined) throw new Error('no slice');
    const { columns } = numbersOffer('rows');
    const projection = { form: 'rows' as const, columns: columns.map(({ name }) => ({ name, cast: null })) };
    const { error, ms } = await locked(table, async () => {
      const batches: Batch[] = [];
      for await (const batch of source.read(slice, projection, null)) batches.push(batch);
      return batches;
    });
    expect(error).toMatchObject({
      code: 'Cdm.0233',
      retry: true,
      facts: { cause: expect.stringContaining('silent for 1 s') },
    });
    expect(ms).toBeLessThan(endsWithinMs);
    await connection.close();
  });

  it('to rows that are written: the writer ends within the time-out and says so', async () => {
    const table = freshName('locked');
    await database.makeNumbers(table, 0);
    const connection = await database.open({ ...testHost().host, end: 'destination' }, silence);
    const sink = connection.sink(database.sinkOptions(table));
    const offer = numbersOffer('rows');
    const { columnNames, projection } = await sink.agree(offer, null);
    const plan = {
      runKey: 'abcdef012345',
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
      facts: { cause: expect.stringContaining('silent for 1 s') },
    });
    expect(ms).toBeLessThan(endsWithinMs);
    await writer.close();
    await sink.finish(plan, 'discard');
    await connection.close();
  });
});
