import { addTimes, type SliceTimes, zeroTimes } from '@sluice/core/data/slice';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord } from '../store/model.ts';
import { eventually, RunRig } from './test-rig-suite.ts';
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

  /** Never faster, and not much slower: a busy machine costs some of it. The rate to the percent is in rate-bucket.test.ts. */
  function expectRate(amount: number, perSecond: number, seconds: number): void {
    expect(amount / seconds).toBeLessThan(perSecond * 1.05);
    expect(amount / seconds).toBeGreaterThan(perSecond / 3);
  }

  /** Slices do not begin at one moment: what the slowest took is less than the time of all of them. */
  const secondsOfRun = ({ startedAt, endedAt }: RunRecord): number =>
    ((endedAt ?? 0) - (startedAt ?? 0)) / 1_000;

  test.each([
    ['postgres', 1],
    ['postgres', 3],
    ['mysql', 3],
  ] as const)(
    'reads %s at its byte rate with %i slices together',
    async (from, slices) => {
      const run = await rig.ended(await start(from, slices, { 'throttlingConfig.byteRate': '4' }));
      expect([run.state, run.failure]).toEqual(['succeeded', null]);
      expect(run.counts.rowsWritten).toBe(rows);
      const times = await timesOf(run);
      expect(times).toHaveLength(slices);
      const seconds = slices === 1 ? secondsOf(times) : secondsOfRun(run);
      expectRate(run.counts.bytesRead / megabyte, 4, seconds);
      // The wait is told as what it is.
      const sum = times.reduce(addTimes);
      expect(sum.throttleMs ?? 0).toBeGreaterThan(0.5 * 1_000 * secondsOf(times));
      expect(sum.sourceMs).toBeLessThan(sum.throttleMs ?? 0);
    },
    60_000,
  );

  test('reads at its record rate', async () => {
    const driver = { 'throttlingConfig.byteRate': '500', 'throttlingConfig.recordRate': '18000' };
    const run = await rig.ended(await start('postgres', 3, driver));
    expect(run.state).toBe('succeeded');
    expectRate(rows, 18_000, secondsOfRun(run));
  }, 60_000);

  test('stops within 5 s while it waits', async () => {
    const run = await start('postgres', 3, { 'throttlingConfig.recordRate': '1' });
    await eventually('it waits', async () =>
      (await rig.desk.slices(await rig.find(run))).some(({ times }) => (times?.throttleMs ?? 0) > 0),
    );
    // A stop answers after five seconds, whatever came of it by then.
    await rig.stop(run);
    expect((await rig.find(run)).state).toBe('stopped');
  }, 60_000);

  test('goes on when a worker that waits is killed', async () => {
    const run = await start('postgres', 3, { 'throttlingConfig.byteRate': '4' });
    await eventually('it waits', async () =>
      (await rig.desk.slices(await rig.find(run))).some(({ times }) => (times?.throttleMs ?? 0) > 0),
    );
    rig.killWorkers();
    const ended = await rig.ended(run);
    expect([ended.state, ended.failure]).toEqual(['succeeded', null]);
    const [counted] = await sides.postgres.sql(
      `SELECT count(*) AS n, count(DISTINCT id) AS d FROM narrow_${targets}`,
    );
    expect([Number(counted?.n), Number(counted?.d)]).toEqual([rows, rows]);
  }, 60_000);
});
