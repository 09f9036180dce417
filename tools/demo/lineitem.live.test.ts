import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeLineitem, proofOf } from './lineitem.ts';

const url = process.env.SLUICE_TEST_POSTGRES;
if (!url) console.warn('skipped: SLUICE_TEST_POSTGRES is not set');

describe.skipIf(!url)('lineitem', () => {
  const database = `lineitem_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: url });
  const own = new URL(url ?? 'postgres://skipped');
  own.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: own.href });
  beforeAll(async () => {
    await admin.connect();
    await admin.query(`CREATE DATABASE ${database}`);
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await admin.query(`DROP DATABASE ${database}`);
    await admin.end();
  });

  async function make(rows: number, seed: number) {
    await client.query('DROP TABLE IF EXISTS lineitem');
    await makeLineitem(client, rows, seed);
    return proofOf(client);
  }

  it('is the same for the same seed, and another for another', async () => {
    const first = await make(5_000, 1);
    expect(first.rows).toBe(5_000);
    expect(await make(5_000, 1)).toEqual(first);
    expect((await make(5_000, 2)).checksum).not.toBe(first.checksum);
  });

  it('has values of every kind, well spread', async () => {
    await make(20_000, 3);
    const { rows } = await client.query(`
      SELECT count(DISTINCT l_partkey)::int AS parts, count(DISTINCT l_shipdate)::int AS dates,
             count(DISTINCT l_shipmode)::int AS modes, count(DISTINCT l_shipinstruct)::int AS instructs,
             count(DISTINCT l_returnflag)::int AS flags, min(l_discount)::text AS low, max(l_discount)::text AS high,
             count(*) FILTER (WHERE l_comment IS NULL)::int AS nulls,
             count(*) FILTER (WHERE l_comment = '')::int AS empties,
             bool_and(l_receiptdate > l_shipdate) AS ordered
      FROM lineitem`);
    expect(rows[0]).toMatchObject({
      modes: 7,
      instructs: 4,
      flags: 3,
      low: '0.00',
      high: '0.10',
      nulls: 1177,
      ordered: true,
    });
    expect(rows[0].parts).toBeGreaterThan(18_000);
    expect(rows[0].dates).toBe(2526);
    expect(rows[0].empties).toBeGreaterThan(900);
  });

  it.each([
    ['a value changes', `UPDATE lineitem SET l_tax = l_tax + 0.01 WHERE l_orderkey = 7 AND l_linenumber = 1`],
    ['NULL becomes empty', `UPDATE lineitem SET l_comment = '' WHERE l_orderkey = 1 AND l_linenumber = 1`],
    ['a row is missing', `DELETE FROM lineitem WHERE l_orderkey = 7 AND l_linenumber = 1`],
    [
      'one row replaces another',
      `UPDATE lineitem SET l_orderkey = 9999 WHERE l_orderkey = 7 AND l_linenumber = 1`,
    ],
  ])('its checksum sees that %s', async (_what, change) => {
    const before = await make(1_000, 4);
    const { rowCount } = await client.query(change);
    expect(rowCount).toBe(1);
    expect((await proofOf(client)).checksum).not.toBe(before.checksum);
  });

  it('its checksum does not depend on the order', async () => {
    const before = await make(1_000, 4);
    await client.query('CREATE TABLE turned AS SELECT * FROM lineitem ORDER BY l_orderkey DESC');
    await client.query('TRUNCATE lineitem');
    await client.query('INSERT INTO lineitem SELECT * FROM turned');
    expect(await proofOf(client)).toEqual(before);
  });
});
