import { setTimeout as sleep } from 'node:timers/promises';
import { addCounts, zeroCounts } from '@sluice/core/data/slice';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunState } from '../store/model.ts';
import { eventually, type JobWish, RunRig } from './test-rig-suite.ts';
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

const stateOrder: readonly RunState[] = ['queued', 'planning', 'running', 'finishing', 'succeeded'];

describe.skipIf(!hasServers)('starts and what is seen of a run', () => {
  let rig: RunRig;
  let sides: Readonly<Record<Side['kind'], Side>>;
  let tables = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createNumbers(side, 'source', 10);
    await createNumbers(sides.postgres, 'big', 300_000);
    rig = await RunRig.open();
  });

  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  async function wishTo(to: Side['kind'], more: Partial<JobWish> = {}): Promise<JobWish> {
    const toTable = `target_${++tables}`;
    await createTarget(sides[to], toTable);
    return { from: sides.postgres, to: sides[to], toTable, ...more };
  }

  test('50 starts of one job at once: one wins, 49 hear that it runs', async () => {
    const job = await rig.job(await wishTo('postgres'));
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => rig.start(job)));
    const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(won).toHaveLength(1);
    expect(lost.map(({ reason }) => reason.code)).toEqual(Array(49).fill('Cdm.0052'));
    expect(lost.every(({ reason }) => reason.facts.job === job.name)).toBe(true);
    const run = won[0]?.value;
    if (run === undefined) throw new Error('nobody won');
    expect(await rig.ended(run)).toMatchObject({ state: 'succeeded' });
    const history = await rig.store.runs.history(rig.cluster.id, job.name, 100, 0);
    expect(history.total).toBe(1);
    // And when it has ended the job can be started again, with the next number.
    const again = await rig.start(job);
    expect(again.submissionId).toBeGreaterThan(run.submissionId);
    // The same rows again break the key: that run fails and leaves the first one's rows alone.
    expect(await rig.ended(again)).toMatchObject({ state: 'failed' });
    expect(await fingerprint(sides.postgres, job.toOptions['toJobConfig.tableName'] as string)).toBe(
      fingerprintOf(10),
    );
  });

  test.each([
    { type: 'DELETE', end: 'succeeded', isGone: true },
    { type: 'DELETE', end: 'failed', isGone: true },
    { type: 'DELETE_AFTER_SUCCEED', end: 'succeeded', isGone: true },
    { type: 'DELETE_AFTER_SUCCEED', end: 'failed', isGone: false },
    { type: 'NONE', end: 'succeeded', isGone: false },
  ])(
    'disposable type $type, run $end: the job is gone with the end: $isGone',
    async ({ type, end, isGone }) => {
      const wish = await wishTo('mysql', {
        driver: { 'schedulerConfig.disposableType': type },
        ...(end === 'failed' ? { fromTable: 'no_source' } : {}),
      });
      const job = await rig.job(wish);
      const run = await rig.start(job);
      // In one transaction: whoever sees the end sees the job gone, and nobody sees it gone before.
      for (;;) {
        const before = await rig.find(run);
        const found = await rig.store.jobs.find(job.clusterId, job.name);
        const after = await rig.find(run);
        if (found === null) expect(after.endedAt).not.toBeNull();
        // The embedded store answers without a wait: a loop on it alone would never let the workers speak.
        await sleep(1);
        if (before.endedAt !== null) {
          expect(after.state).toBe(end);
          expect(found === null).toBe(isGone);
          break;
        }
      }
      // Its history stays.
      expect(await rig.store.runs.latest(job.clusterId, job.name)).toMatchObject({ id: run.id });
    },
  );

  test('a job that took the name of a disposable one is not deleted in its place', async () => {
    const wish = await wishTo('mysql', { driver: { 'schedulerConfig.disposableType': 'DELETE' } });
    const job = await rig.job(wish);
    const run = await rig.start(job);
    await rig.store.jobs.delete(job.clusterId, job.name);
    const successor = await rig.job({ ...wish, name: job.name });
    await rig.ended(run);
    expect(await rig.store.jobs.find(job.clusterId, job.name)).toMatchObject({ id: successor.id });
  });

  test.each(['postgres', 'mysql'] as const)(
    'a poller of a run to %s sees states in order, progress and counts that never fall, and no run ahead of its rows',
    async (to) => {
      const wish = await wishTo(to, {
        fromTable: 'big',
        extractors: 6,
        fromOptions: { 'fromJobConfig.partitionColumn': 'id' },
      });
      let [state, progress, rowsWritten, looks] = [0, 0, 0, 0];
      const percents = new Set<number>();
      // However slowly it polls and fast they are: between two slices it has a look.
      rig.pool.before = async (kind) => {
        const before = looks;
        if (kind === 'slice') await eventually('the poller has looked', async () => looks > before);
      };
      const run = await rig.start(await rig.job(wish));
      for (;;) {
        const seen = await rig.find(run);
        const counts = (await rig.desk.slices(seen)).reduce(
          (sum, slice) => addCounts(sum, slice.counts),
          zeroCounts,
        );
        const percent = rig.desk.progress(seen);
        // Asked last: what is durable at the destination can only have grown since.
        const [row] = await sides[to].sql(`SELECT count(*) AS n FROM ${wish.toTable}`);
        expect(stateOrder.indexOf(seen.state)).toBeGreaterThanOrEqual(state);
        expect(counts.rowsWritten).toBeGreaterThanOrEqual(rowsWritten);
        expect(counts.rowsRead).toBe(counts.rowsWritten + counts.rowsSkipped);
        expect(Number(row?.n)).toBeGreaterThanOrEqual(counts.rowsWritten);
        expect(percent).toBeGreaterThanOrEqual(progress);
        if (seen.state === 'succeeded') break;
        expect(percent).toBeGreaterThanOrEqual(1);
        expect(percent).toBeLessThanOrEqual(99);
        [state, progress, rowsWritten] = [stateOrder.indexOf(seen.state), percent, counts.rowsWritten];
        percents.add(percent);
        looks++;
      }
      rig.pool.before = () => undefined;
      // It moves: a poller does not see 1 and then the end.
      expect(percents.size).toBeGreaterThan(2);
      expect(await fingerprint(sides[to], wish.toTable)).toBe(fingerprintOf(300_000));
      await expectNoTraces(sides[to]);
    },
  );

  test('50 small runs one after the other leave no timers, listeners or processes behind', async () => {
    const wish = await wishTo('postgres', { toOptions: { 'toJobConfig.shouldClearTable': 'true' } });
    const job = await rig.job(wish);
    const run = async () =>
      expect(await rig.ended(await rig.start(job))).toMatchObject({ state: 'succeeded' });
    await run();
    const before = process.getActiveResourcesInfo().length;
    for (let i = 0; i < 50; i++) await run();
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before + 4);
    expect(rig.pool.pids().length).toBeLessThanOrEqual(4);
  });
});
