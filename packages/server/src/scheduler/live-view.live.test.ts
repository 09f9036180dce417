import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SliceProgress } from '../runs/run-progress.ts';
import type { RunRecord } from '../store/model.ts';
import { eventually, type JobWish, RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  fingerprint,
  fingerprintOf,
  hasServers,
  lockTable,
  type Side,
} from './test-sides-suite.ts';

const rows = 300;

describe.skipIf(!hasServers)('what is seen of the slices of a run', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  let rig: RunRig;
  let tables = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createNumbers(side, 'source', rows);
    rig = await RunRig.open();
  });

  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  async function wishFrom(from: Side['kind'], to: Side['kind']): Promise<JobWish> {
    const toTable = `target_${++tables}`;
    await createTarget(sides[to], toTable);
    return { from: sides[from], to: sides[to], toTable };
  }

  async function sliceOf(run: RunRecord): Promise<SliceProgress | null> {
    return (await rig.desk.slices(await rig.find(run)))[0] ?? null;
  }

  const timesOf = (slice: SliceProgress | null) => slice?.times ?? { sourceMs: 0, destinationMs: 0 };

  test('a slice that waits for its destination says so while it waits, and who has it in hand', async () => {
    const wish = await wishFrom('postgres', 'postgres');
    // The key that the first row wants is held by another transaction: the destination takes nothing.
    const holder = await sides.postgres.holder();
    await holder.sql(`BEGIN; INSERT INTO ${wish.toTable} VALUES (1, 'mine', 0)`);
    const run = await rig.start(await rig.job(wish));
    let seen: SliceProgress | null = null;
    await eventually('the slice has waited for a second', async () => {
      seen = await sliceOf(run);
      const times = seen?.times ?? null;
      return times !== null && times.commitMs + times.destinationMs > 1_000;
    });
    expect(seen).toMatchObject({
      state: 'running',
      attempts: 1,
      counts: { rowsRead: 0 },
      liveCounts: { rowsRead: rows },
    });
    expect(rig.pool.pids()).toContain((seen as SliceProgress | null)?.workerPid);
    expect(rig.desk.driven(run.clusterId, run.jobName)).toMatchObject({ id: run.id, state: 'running' });
    await holder.release();
    const ended = await rig.ended(run);
    expect(ended.state).toBe('succeeded');
    // From the store now: the driver is gone.
    await eventually('the driver is gone', async () => rig.desk.driven(run.clusterId, run.jobName) === null);
    const after = await sliceOf(run);
    expect(after).toMatchObject({ state: 'complete', counts: { rowsWritten: rows }, workerPid: null });
    const times = after?.times;
    expect((times?.commitMs ?? 0) + (times?.destinationMs ?? 0)).toBeGreaterThan(1_000);
    expect(times?.sourceMs).toBeLessThan(1_000);
    expect(ended.plan).toMatchObject({ way: 'splice' });
  });

  test('tuples of PostgreSQL for MySQL are transcoded, or go as rows, and the plan says which', async () => {
    const { state, plan } = await rig.run(await wishFrom('postgres', 'mysql'));
    expect(state).toBe('succeeded');
    expect(plan?.way).toBe(plan?.projection.form === 'rows' ? 'rows' : 'transcode');
  });

  test.each(['postgres', 'mysql'] as const)(
    'a slice that waits for its source %s says so, and counts its attempts',
    async (from) => {
      const wish = await wishFrom(from, 'postgres');
      let isHeld = false;
      const holder = await sides[from].holder();
      rig.pool.before = async (task) => {
        if (task !== 'slice' || isHeld) return;
        isHeld = true;
        await lockTable(holder, sides[from], 'source');
      };
      const run = await rig.start(await rig.job(wish));
      await eventually('the slice has waited', async () => {
        const slice = await sliceOf(run);
        return slice?.state === 'running' && timesOf(slice).sourceMs > 500;
      });
      rig.killWorkers();
      await eventually('another worker has it', async () => {
        const slice = await sliceOf(run);
        return slice?.attempts === 2 && timesOf(slice).sourceMs > 500;
      });
      await holder.release();
      const ended = await rig.ended(run);
      expect(ended).toMatchObject({
        state: 'succeeded',
        plan: { way: from === 'mysql' ? 'transcode' : 'splice' },
      });
      expect(await sliceOf(run)).toMatchObject({ state: 'complete', attempts: 2 });
      const times = timesOf(await sliceOf(run));
      expect(times.sourceMs).toBeGreaterThan(500);
      expect(times.sourceMs).toBeGreaterThan(times.destinationMs);
      expect(await fingerprint(wish.to, wish.toTable)).toBe(fingerprintOf(rows));
    },
  );
});
