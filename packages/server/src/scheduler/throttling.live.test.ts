import { setTimeout as sleep } from 'node:timers/promises';
import { addTimes, type SliceTimes, zeroTimes } from '@sluice/core/data/slice';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord } from '../store/model.ts';
import { RunRig } from './test-rig-suite.ts';
import { createMysqlSide, createPostgresSide, hasServers, type Side } from './test-sides-suite.ts';

const rows = 36_000;
const megabyte = 1_048_576;

/** A table whose rows are of one size: 36,000 of about 250 bytes. */
async function createWide(side: Side): Promise<void> {
  const filling =
    side.kind === 'postgres'
      ? `INSERT INTO wide SELECT i, repeat('x', 240) FROM generate_series(1, ${rows}) AS i; ANALYZE wide`
      : `INSERT INTO wide SELECT seq, repeat('x', 240) FROM seq_1_to_${rows}; ANALYZE TABLE wide`;
  await side.sql(`CREATE TABLE wide (id integer PRIMARY KEY, filler varchar(250)); ${filling}`);
}

describe.skipIf(!hasServers)('a throttled run', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  let rig: RunRig;
  let targets = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createWide(side);
    rig = await RunRig.open({ sliceWorkersMax: 3 });
  });
  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  async function start(
    from: Side['kind'],
    extractors: number,
    driver: Record<string, string>,
  ): Promise<RunRecord> {
    targets += 1;
    const toTable = `narrow_${targets}`;
    await sides.postgres.sql(`CREATE TABLE ${toTable} (id integer PRIMARY KEY, filler varchar(250))`);
    const job = await rig.job({
      from: sides[from],
      to: sides.postgres,
      fromTable: 'wide',
      toTable,
      extractors,
      fromOptions: { 'fromJobConfig.partitionColumn': 'id' },
      driver: { 'throttlingConfig.throttling': 'true', ...driver },
    });
    return await rig.start(job);
  }

  const timesOf = async (run: RunRecord): Promise<readonly SliceTimes[]> =>
    (await rig.store.runs.slices(run.id)).map(({ times }) => times ?? zeroTimes);
  /** How long the slowest slice took, in seconds: they run side by side. */
  const secondsOf = (times: readonly SliceTimes[]): number =>
    Math.max(
      ...times.map((t) => t.sourceMs + t.destinationMs + t.commitMs + t.workMs + (t.throttleMs ?? 0)),
    ) / 1_000;

  test.each([
    ['postgres', 1],
    ['postgres', 3],
    ['mysql', 3],
  ] as const)(
    'reads %s at its byte rate with %i slices together',
    async (from, slices) => {
      const run = await rig.ended(await start(from, slices, { 'throttlingConfig.byteRate': '2' }));
      expect([run.state, run.failure]).toEqual(['succeeded', null]);
      expect(run.counts.rowsWritten).toBe(rows);
      const times = await timesOf(run);
      expect(times).toHaveLength(slices);
      const rate = run.counts.bytesRead / secondsOf(times) / megabyte;
      expect(rate).toBeGreaterThan(1.8);
      // Several slices do not begin at one moment, on a busy machine seconds apart: they are held against the run's whole time.
      const ran = ((run.endedAt ?? 0) - (run.startedAt ?? 0)) / 1_000;
      const together = run.counts.bytesRead / ran / megabyte;
      expect(slices === 1 ? rate : together).toBeLessThan(2.2);
      // The wait is told as what it is.
      const sum = times.reduce(addTimes);
      expect(sum.throttleMs ?? 0).toBeGreaterThan(0.5 * 1_000 * secondsOf(times));
      expect(sum.sourceMs).toBeLessThan(sum.throttleMs ?? 0);
    },
    60_000,
  );

  test('reads at its record rate', async () => {
    const driver = { 'throttlingConfig.byteRate': '500', 'throttlingConfig.recordRate': '9000' };
    const run = await rig.ended(await start('postgres', 3, driver));
    expect(run.state).toBe('succeeded');
    const rate = rows / secondsOf(await timesOf(run));
    expect(rate).toBeGreaterThan(8_100);
    expect(rate).toBeLessThan(9_900);
  }, 60_000);

  test('stops within 5 s while it waits', async () => {
    const run = await start('postgres', 3, { 'throttlingConfig.recordRate': '1' });
    await rig.until(run, ({ state }) => state === 'running');
    await sleep(1_000);
    const asked = performance.now();
    await rig.stop(run);
    const ended = await rig.find(run);
    expect(ended.state).toBe('stopped');
    expect(performance.now() - asked).toBeLessThan(5_000);
  }, 60_000);

  test('goes on when a worker that waits is killed', async () => {
    const run = await start('postgres', 3, { 'throttlingConfig.byteRate': '4' });
    await rig.until(run, ({ state }) => state === 'running');
    await sleep(700);
    rig.killWorkers();
    const ended = await rig.ended(run);
    expect([ended.state, ended.failure]).toEqual(['succeeded', null]);
    const [counted] = await sides.postgres.sql(
      `SELECT count(*) AS n, count(DISTINCT id) AS d FROM narrow_${targets}`,
    );
    expect([Number(counted?.n), Number(counted?.d)]).toEqual([rows, rows]);
  }, 60_000);
});
