import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord } from '../store/model.ts';
import { RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createPostgresSide,
  expectNoTraces,
  hasServers,
  type Side,
} from './test-sides-suite.ts';

const rows = 1_000;

describe.skipIf(!hasServers)('what a run can read', () => {
  let rig: RunRig;
  let sides: Readonly<Record<Side['kind'], Side>>;
  let serial = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) {
      const isPg = side.kind === 'postgres';
      const numbers = isPg ? `generate_series(1, ${rows}) AS n(seq)` : `seq_1_to_${rows} AS n`;
      const range = isPg
        ? 'PARTITION BY RANGE (id)'
        : 'PARTITION BY RANGE (id) (PARTITION p1 VALUES LESS THAN (501), PARTITION p2 VALUES LESS THAN (2000))';
      await side.sql(`CREATE TABLE parted (id integer NOT NULL, kind varchar(10)) ${range}`);
      if (isPg)
        await side.sql(
          'CREATE TABLE p1 PARTITION OF parted FOR VALUES FROM (0) TO (501); CREATE TABLE p2 PARTITION OF parted FOR VALUES FROM (501) TO (2000)',
        );
      await side.sql(`INSERT INTO parted SELECT seq, 'x' FROM ${numbers}`);
      await side.sql('CREATE TABLE source (id integer PRIMARY KEY, kind varchar(10), odd boolean)');
      await side.sql(
        `INSERT INTO source SELECT seq, CASE WHEN seq % 10 = 0 THEN NULL ELSE CONCAT('K', seq % 37) END, seq % 2 = 1 FROM ${numbers}`,
      );
    }
    rig = await RunRig.open();
  });

  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  async function run(
    from: Side['kind'],
    to: Side['kind'],
    fromOptions: OptionValues,
    extractors: number,
  ): Promise<{ run: RunRecord; ids: string; count: number }> {
    serial += 1;
    const toTable = `target_${serial}`;
    const done = await rig.run({
      from: sides[from],
      to: sides[to],
      toTable,
      extractors,
      fromOptions,
      toOptions: { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' },
    });
    if (done.failure !== null) return { run: done, ids: '', count: 0 };
    const [row] = await sides[to].sql(
      `SELECT count(*) AS n, sum(id) AS ids, count(distinct id) AS d FROM ${toTable}`,
    );
    expect(Number(row?.d)).toBe(Number(row?.n));
    await expectNoTraces(sides[to]);
    return { run: done, ids: String(row?.ids), count: Number(row?.n) };
  }

  const pairs = [
    { from: 'postgres', to: 'mysql' },
    { from: 'mysql', to: 'postgres' },
  ] as const;

  test.each(pairs)(
    '$from to $to: ranges of a text with equal letters of both cases, and the nulls',
    async ({ from, to }) => {
      const { run: done, ids, count } = await run(from, to, { 'fromJobConfig.partitionColumn': 'kind' }, 4);
      expect(done.failure).toBeNull();
      expect(done.plan?.slices.length).toBe(5);
      expect([count, ids]).toEqual([rows, String((rows * (rows + 1)) / 2)]);
    },
  );

  test.each(pairs)('$from to $to: chosen partitions', async ({ from, to }) => {
    const options = { 'fromJobConfig.tableName': 'parted', 'fromJobConfig.usePartition': 'true' };
    const second = await run(from, to, { ...options, 'fromJobConfig.partitionList': 'p2' }, 2);
    expect([second.run.failure, second.count]).toEqual([null, 500]);
    const all = await run(from, to, options, 2);
    expect([all.run.failure, all.count, all.run.plan?.slices.length]).toEqual([null, rows, 2]);
    const none = await run(from, to, { ...options, 'fromJobConfig.partitionList': 'p1&p9' }, 2);
    expect(none.run.failure?.code).toBe('Cdm.0236');
    expect(JSON.stringify(none.run.failure)).toContain('p9');
    const plain = await run(from, to, { 'fromJobConfig.usePartition': 'true' }, 2);
    expect(plain.run.failure?.code).toBe('Cdm.0236');
    expect(JSON.stringify(plain.run.failure)).toContain('is not partitioned');
  });

  test.each(pairs)('$from to $to: the result of a query', async ({ from, to }) => {
    const options = {
      'fromJobConfig.schemaName': '',
      'fromJobConfig.tableName': '',
      'fromJobConfig.useSql': 'true',
      'fromJobConfig.sql': `SELECT s.id, count(*) AS times FROM ${sides[from].schema}.source s JOIN ${sides[from].schema}.parted p ON p.id <= 2 WHERE s.id <= 10 GROUP BY s.id; `,
    };
    const asked = await run(from, to, options, 4);
    expect([asked.run.failure, asked.count, asked.ids]).toEqual([null, 10, '55']);
    expect(asked.run.plan?.slices.length).toBe(1);
    expect(asked.run.plan?.consistency?.kind).toBe('one snapshot');
    const hostile = { ...options, 'fromJobConfig.sql': `DELETE FROM ${sides[from].schema}.source` };
    expect((await run(from, to, hostile, 1)).run.failure).toMatchObject({ code: 'Cdm.0902' });
    expect(Number((await sides[from].sql('SELECT count(*) AS n FROM source'))[0]?.n)).toBe(rows);
  });
});
