import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord } from '../store/model.ts';
import { RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  expectNoTraces,
  fingerprint,
  fingerprintOf,
  hasServers,
  type Side,
} from './test-sides-suite.ts';

const rows = 1_000;

describe.skipIf(!hasServers)('runs that succeed', () => {
  let rig: RunRig;
  let sides: Readonly<Record<Side['kind'], Side>>;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) {
      await createNumbers(side, 'source', rows);
      await createNumbers(side, 'empty_source', 0);
    }
    rig = await RunRig.open();
  });

  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  function expectSucceeded(run: RunRecord, count: number): void {
    expect(run.failure).toBeNull();
    expect(run).toMatchObject({
      state: 'succeeded',
      counts: { rowsRead: count, rowsWritten: count, rowsSkipped: 0 },
      leaseOwner: null,
    });
    expect(run.endedAt).toBeGreaterThanOrEqual(run.startedAt ?? Number.NaN);
    expect(rig.desk.progress(run)).toBe(100);
  }

  const pairs = (['postgres', 'mysql'] as const).flatMap((from) =>
    (['postgres', 'mysql'] as const).map((to) => ({ from, to })),
  );

  test.each(pairs)('$from to $to: every row once, with three extractors', async ({ from, to }) => {
    const toTable = `pair_${from}_${to}`;
    await createTarget(sides[to], toTable);
    const run = await rig.run({
      from: sides[from],
      to: sides[to],
      toTable,
      extractors: 3,
      fromOptions: { 'fromJobConfig.partitionColumn': 'id' },
    });
    expectSucceeded(run, rows);
    expect(run.plan?.slices.length).toBeGreaterThanOrEqual(3);
    expect(await fingerprint(sides[to], toTable)).toBe(fingerprintOf(rows));
    const records = await rig.store.runs.slices(run.id);
    expect(records.every((record) => record.checkpoint?.isComplete)).toBe(true);
    expect(records.reduce((sum, record) => sum + (record.checkpoint?.counts.rowsWritten ?? 0), 0)).toBe(rows);
    await expectNoTraces(sides[to]);
  });

  test.each(pairs)('$from to $to: an empty table', async ({ from, to }) => {
    const toTable = `empty_${from}_${to}`;
    const run = await rig.run({
      from: sides[from],
      to: sides[to],
      fromTable: 'empty_source',
      toTable,
      extractors: 2,
      toOptions: { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' },
    });
    expectSucceeded(run, 0);
    expect(await fingerprint(sides[to], toTable)).toBe(fingerprintOf(0));
    await expectNoTraces(sides[to]);
  });

  test.each(['postgres', 'mysql'] as const)('the modes of the destination: %s', async (to) => {
    const side = sides[to];
    const other = sides[to === 'postgres' ? 'mysql' : 'postgres'];
    const into = async (table: string, options: Record<string, string>, fromTable = 'source') =>
      await rig.run({ from: other, to: side, toTable: table, fromTable, toOptions: options });
    const table = `modes_${to}`;

    // Created, with the source's key.
    expectSucceeded(await into(table, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' }), rows);
    expect(await fingerprint(side, table)).toBe(fingerprintOf(rows));

    // There already, and cleared.
    const clearing = {
      'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST',
      'toJobConfig.shouldClearTable': 'true',
    };
    expectSucceeded(await into(table, clearing), rows);
    expect(await fingerprint(side, table)).toBe(fingerprintOf(rows));

    // Appended: what stands there stays.
    await side.sql(
      `DELETE FROM ${table} WHERE id > 0; INSERT INTO ${table} (id, name, amount) VALUES (-1, 'mine', 0)`,
    );
    expectSucceeded(await into(table, { 'toJobConfig.tablePreparation': 'DO_NOTHING' }), rows);
    expect((await side.sql(`SELECT count(*) AS n FROM ${table}`)).map((row) => Number(row.n))).toEqual([
      rows + 1,
    ]);

    // Dropped and made anew: another shape stands there before.
    await side.sql(`DROP TABLE ${table}; CREATE TABLE ${table} (other integer)`);
    expectSucceeded(await into(table, { 'toJobConfig.tablePreparation': 'DROP_AND_CREATE' }), rows);
    expect(await fingerprint(side, table)).toBe(fingerprintOf(rows));
    await expectNoTraces(side);
  });

  test('column lists: two of three columns, paired by position under other names', async () => {
    await sides.mysql.sql(
      'CREATE TABLE narrow (price decimal(12,2), ident integer PRIMARY KEY, note varchar(9))',
    );
    const run = await rig.run({
      from: sides.postgres,
      to: sides.mysql,
      toTable: 'narrow',
      fromOptions: { 'fromJobConfig.columnList': 'id&amount' },
      toOptions: { 'toJobConfig.columnList': 'ident&price' },
    });
    expectSucceeded(run, rows);
    expect(
      await sides.mysql.sql('SELECT sum(ident) AS i, sum(price) AS p, count(note) AS n FROM narrow'),
    ).toEqual([{ i: '500500', p: '625625.00', n: 0 }]);
  });

  test('a condition and two extractors: only the rows it selects', async () => {
    const run = await rig.run({
      from: sides.postgres,
      to: sides.mysql,
      toTable: 'chosen',
      extractors: 2,
      fromOptions: { 'fromJobConfig.whereClause': 'id <= 100', 'fromJobConfig.partitionColumn': 'id' },
      toOptions: { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' },
    });
    expectSucceeded(run, 100);
    expect(await fingerprint(sides.mysql, 'chosen')).toBe(fingerprintOf(100));
  });
});
