import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { ClusterRecord, JobRecord } from '../store/model.ts';
import { type OpenedStore, openStore } from '../store/open-store.ts';
import { createSampleCluster, sampleCluster, sampleJob } from '../store/sample-records.ts';
import { JobTimer } from './job-timer.ts';
import { schedulerLimits } from './limits.ts';
import { setTimer } from './set-timer.ts';
import { memoryStore } from './test-memory-store.ts';
import { type TimerStore, TimerWorld } from './test-timer-world.ts';
import { ZoneClock } from './zone-clock.ts';

/** Two hours before New York puts its clock forward. */
const begin = Date.UTC(2026, 2, 8, 5, 0);
const second = 1_000;
const minute = 60 * second;

/** Numbers from 0 to below 1 that depend on the seed alone (xorshift). */
function seeded(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

const schedules = [
  { cycleType: 'minute', cycle: '3' },
  { cycleType: 'minute', cycle: '1', stopDate: '2026-03-08 05:30:00' },
  { cycleType: 'hour', cycle: '1', runAt: '0,5,30,59' },
  { cycleType: 'day', cycle: '1' },
];

function scheduled(clusterId: string, index: number): Omit<JobRecord, 'id'> {
  const settings = { isSchedulerJob: 'true', startDate: '2026-03-08 00:00:30', ...schedules[index] };
  const driverOptions = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`schedulerConfig.${name}`, value]),
  );
  return { ...sampleJob(clusterId, `job-${index}`), driverOptions };
}

interface Simulated {
  readonly broken: readonly string[];
  readonly started: number;
  readonly takes: number;
  readonly crashes: number;
}

/** Some hours with two servers: crashes, restarts, pauses, a clock that jumps, runs that last, starts by hand, edits, a cluster that stops. */
async function simulate(
  seed: number,
  store: TimerStore,
  cluster: ClusterRecord,
  jobs: readonly JobRecord[],
  steps: number,
): Promise<Simulated> {
  const random = seeded(seed);
  const world = new TimerWorld(store, random, cluster, jobs, begin, 'America/New_York');
  await world.save();
  await world.boot(0);
  await world.boot(1);
  const someJob = () => jobs[Math.floor(random() * jobs.length)] as JobRecord;
  const broken: string[] = [];
  for (let step = 0; step < steps && broken.length === 0; step += 1) {
    const chance = random();
    if (chance < 0.03) world.clock += Math.floor(random() * 5 * 60 * minute);
    else if (chance < 0.05) world.clock -= Math.floor(random() * 60 * minute);
    else world.clock += Math.floor(random() * 50 * second);
    if (random() < 0.1) world.isUsable = !world.isUsable || random() < 0.5;
    if (random() < 0.4) await world.endRun(someJob());
    if (random() < 0.05) await world.save();
    world.crashChance = random() < 0.5 ? 0.04 : 0;
    const byHand = random() < 0.1 ? world.startByHand(someJob()) : null;
    const isLooked = await world.look();
    await byHand;
    broken.push(...(await world.broken(isLooked)));
  }
  await world.close();
  const started = world.takes.filter(({ runId }) => runId !== null).length;
  return { broken, started, takes: world.takes.length, crashes: world.crashes };
}

async function simulateInMemory(seed: number, isAtomic: boolean): Promise<Simulated> {
  const cluster = sampleCluster('p');
  const jobs = schedules.map((_, index) => ({ ...scheduled(cluster.id, index), id: index + 1 }));
  return await simulate(seed, memoryStore(cluster, jobs, isAtomic), cluster, jobs, 60);
}

test('no moment is run twice and none is lost, whatever dies: 300 seeds on a stand-in for the store', async () => {
  const total = { started: 0, takes: 0, crashes: 0 };
  for (let seed = 1; seed <= 300; seed += 1) {
    const { broken, ...counts } = await simulateInMemory(seed, true);
    expect({ seed, broken }).toEqual({ seed, broken: [] });
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += counts[name];
  }
  // Otherwise nothing was tried.
  expect(total.started).toBeGreaterThan(1_000);
  expect(total.takes).toBeGreaterThan(2 * total.started);
  expect(total.crashes).toBeGreaterThan(1_000);
}, 120_000);

test('the simulation sees a store whose transactions are none (stand-in)', async () => {
  let seen = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    if ((await simulateInMemory(seed, false)).broken.length > 0) seen += 1;
  }
  expect(seen).toBeGreaterThan(10);
});

async function withStore(work: (store: OpenedStore, cluster: ClusterRecord) => Promise<void>): Promise<void> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sluice-timer-'));
  const store = await openStore({ dataFolder });
  try {
    await work(store, await createSampleCluster(store));
  } finally {
    await store.close();
    rmSync(dataFolder, { recursive: true });
  }
}

test('the same on the embedded store', async () => {
  for (let seed = 1; seed <= 6; seed += 1) {
    await withStore(async (store, cluster) => {
      const jobs = [];
      for (const index of schedules.keys()) jobs.push(await store.jobs.create(scheduled(cluster.id, index)));
      const { broken } = await simulate(seed, store, cluster, jobs, 40);
      expect({ seed, broken }).toEqual({ seed, broken: [] });
    });
  }
}, 120_000);

/** Every event of a project. */
const everything = (projectId: string) => ({
  ...{ domainId: '', projectId, from: null, to: null, userName: null, event: null, resource: null },
  result: null,
});

test('a timer looks for itself, and starts a run that is marked as its own', async () => {
  await withStore(async (store, cluster) => {
    const job = await store.jobs.create(scheduled(cluster.id, 0));
    const zone = new ZoneClock('America/New_York');
    let clock = begin + 30 * second - 1;
    await store.transaction((tx) => setTimer(tx, job, zone, clock));
    const waits: { readonly ms: number; readonly work: () => void }[] = [];
    const onQueued = vi.fn();
    const timer = new JobTimer({
      store,
      zone,
      now: () => clock,
      after: (ms, work) => {
        waits.push({ ms, work });
        return () => undefined;
      },
      isUsable: () => true,
      onQueued,
      log: () => undefined,
    });
    await timer.open();
    await expect.poll(() => waits).toHaveLength(1);
    expect(waits[0]?.ms).toBe(schedulerLimits.lookPauseMs);
    expect(await store.runs.latest(cluster.id, job.name)).toBeNull();
    clock += 1;
    waits[0]?.work();
    await expect.poll(() => waits).toHaveLength(2);
    const run = await store.runs.latest(cluster.id, job.name);
    expect(run).toMatchObject({ isAuto: true, state: 'queued', variables: {}, createdBy: job.createdBy });
    expect(run?.projectId).toBe(cluster.projectId);
    const { events } = await store.audit.list(everything(cluster.projectId), 10, 0);
    expect(events).toMatchObject([
      {
        event: 'startJob',
        userName: 'system',
        userId: null,
        resourceName: job.name,
        clusterId: cluster.id,
        at: clock,
      },
    ]);
    expect(onQueued).toHaveBeenCalledTimes(1);
    await timer.close();
    waits[1]?.work();
    expect(waits).toHaveLength(2);
  });
});

test('timers follow the zone that the server is started with; an edit without another schedule leaves them', async () => {
  await withStore(async (store, cluster) => {
    const job = await store.jobs.create(scheduled(cluster.id, 3));
    const set = (zone: string, now: number) =>
      store.transaction((tx) => setTimer(tx, job, new ZoneClock(zone), now));
    const start = Date.UTC(2026, 2, 8, 0, 0, 30);
    await set('UTC', start - 1);
    await set('UTC', start + 10 * minute);
    expect((await store.timers.find(job.id))?.dueAt).toBe(start);
    const zone = new ZoneClock('Asia/Shanghai');
    const now = () => start + minute;
    const idle = { after: () => () => undefined, isUsable: () => true, onQueued: () => undefined };
    const timer = new JobTimer({ store, zone, now, ...idle, log: () => undefined });
    await timer.open();
    await timer.close();
    expect((await store.timers.find(job.id))?.dueAt).toBe(start + 16 * 60 * minute);
    const off = { ...job, driverOptions: { 'schedulerConfig.isSchedulerJob': 'false' } };
    await store.transaction((tx) => setTimer(tx, off, zone, now()));
    expect(await store.timers.find(job.id)).toBeNull();
  });
});
