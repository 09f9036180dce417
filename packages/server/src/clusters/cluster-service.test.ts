import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClusterPools } from '../runs/cluster-pools.ts';
import { openStore } from '../store/open-store.ts';
import { createSampleCluster, sampleJob, sampleRun } from '../store/sample-records.ts';
import type { Store } from '../store/store.ts';
import { ClusterService, type ClusterServiceDeps } from './cluster-service.ts';
import { failureOf, isBeingDeleted } from './cluster-states.ts';

const flavorId = 'fb8fe666-6734-4b11-bc6c-43d11db3c745';
const draft = { name: 'c', flavorId, settings: { azName: 'z' } };

let dataFolder: string;
let store: Store;
let projectId: string;
/** Waits that are under way: their length and what they do. */
let waits: { readonly ms: number; readonly work: () => Promise<void> | void }[];
let events: string[];

beforeEach(async () => {
  dataFolder = mkdtempSync(join(tmpdir(), 'sluice-clusters-'));
  store = await openStore({ dataFolder });
  ({ projectId } = await createSampleCluster(store));
  for (const { id } of await store.clusters.listAll()) await store.clusters.delete(id);
  waits = [];
  events = [];
});
afterEach(async () => {
  await store.close();
  rmSync(dataFolder, { recursive: true });
});

function service(more: Partial<ClusterServiceDeps> = {}): ClusterService {
  return new ClusterService({
    store,
    runs: { stop: async () => undefined, hold: async () => undefined, release: () => undefined },
    traces: { removeNow: async () => undefined },
    timers: {
      now: () => Date.now(),
      after(ms, work) {
        const wait = { ms, work };
        waits.push(wait);
        return () => {
          waits = waits.filter((other) => other !== wait);
        };
      },
    },
    newId: randomUUID,
    pools: pools(),
    log: (event) => void events.push(event),
    ...more,
  });
}

function pools(open: () => Promise<void> = async () => undefined): ClusterPools {
  return {
    async open(_id, flavor) {
      events.push(`open ${flavor.extractorsMax}`);
      await open();
    },
    close: async () => void events.push('close'),
    instances: () => [],
  };
}

/** Ends the oldest wait, and resolves when what waited is done. */
async function passOne(): Promise<void> {
  await waits.shift()?.work();
}

test('a creation is stored before it is promised, and provisioned before it is done', async () => {
  const clusters = service();
  const { id } = await clusters.create(projectId, draft, 'u');
  expect((await clusters.find(projectId, id)).status).toBe('100');
  expect(events).toEqual([]);
  await passOne();
  expect(events).toEqual(['open 8', 'cluster.settled']);
  expect((await clusters.requireUsable(projectId, id)).status).toBe('200');
  expect(waits).toEqual([]);
});

test('a creation that cannot be provisioned reads 303 with its code', async () => {
  const clusters = service({ pools: pools(() => Promise.reject(new SluiceError('Cdm.0307'))) });
  const { id } = await clusters.create(projectId, draft, 'u');
  await passOne();
  const cluster = await clusters.find(projectId, id);
  expect([cluster.status, failureOf(cluster)]).toEqual(['303', 'Cdm.0307']);
  await expect(clusters.requireUsable(projectId, id)).rejects.toMatchObject({
    code: 'Cdm.0201',
    status: 400,
  });
});

test('a creation that the process did not live to finish goes on at the next start', async () => {
  const before = service();
  const { id } = await before.create(projectId, draft, 'u');
  await before.close();
  expect(waits).toEqual([]);
  const after = service();
  await after.resume();
  await passOne();
  expect((await after.find(projectId, id)).status).toBe('200');
});

test('a deletion that the process did not live to finish goes on at the next start', async () => {
  const before = service();
  const { id } = await before.create(projectId, draft, 'u');
  await passOne();
  await before.actions.delete(projectId, id, 'u');
  await before.close();
  expect(isBeingDeleted(await before.find(projectId, id))).toBe(true);
  const after = service();
  await after.resume();
  await passOne();
  await expect(after.find(projectId, id)).rejects.toMatchObject({ code: 'Cdm.0001', status: 404 });
});

test('a deletion during a creation wins', async () => {
  const clusters = service();
  const { id } = await clusters.create(projectId, draft, 'u');
  await clusters.actions.delete(projectId, id, 'u');
  expect(waits).toHaveLength(1);
  await passOne();
  expect(await store.clusters.find(projectId, id)).toBeNull();
  expect(events).toEqual(['close']);
});

test('a deletion that comes while the creation is being provisioned wins too', async () => {
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const open = () => {
    begun.resolve();
    return held.promise;
  };
  const clusters = service({ pools: pools(open) });
  const { id } = await clusters.create(projectId, draft, 'u');
  const provisioning = passOne();
  await begun.promise;
  await clusters.actions.delete(projectId, id, 'u');
  held.resolve();
  await provisioning;
  await passOne();
  expect(await store.clusters.find(projectId, id)).toBeNull();
});

test('runs are stopped first, by the one who deletes, and waited for', async () => {
  const stopped: string[] = [];
  const clusters = service({
    runs: {
      hold: async () => undefined,
      release: () => undefined,
      async stop(_clusterId, jobName, user) {
        stopped.push(`${jobName} ${user}`);
      },
    },
  });
  const { id } = await clusters.create(projectId, draft, 'u');
  await passOne();
  const job = await store.jobs.create(sampleJob(id, 'j'));
  const run = await store.runs.create(sampleRun(job, projectId));
  await clusters.actions.delete(projectId, id, 'deleter');

  await passOne();
  expect(stopped).toEqual(['j deleter']);
  expect(await store.clusters.find(projectId, id)).not.toBeNull();
  expect(waits.map(({ ms }) => ms)).toEqual([5000]);

  const claim = await store.runs.claim('o', Date.now(), 10_000);
  await store.runs.change({ runId: run.id, fence: claim?.fence ?? 0 }, { state: 'stopped', endedAt: 1 }, 1);
  await passOne();
  expect(await store.clusters.find(projectId, id)).toBeNull();
});

test('a deletion that meets an error is tried again', async () => {
  let failures = 1;
  const { active } = store.runs;
  store.runs.active = (clusterId) =>
    failures-- > 0 ? Promise.reject(new Error('store away')) : active.call(store.runs, clusterId);
  const clusters = service();
  const { id } = await clusters.create(projectId, draft, 'u');
  await passOne();
  await clusters.actions.delete(projectId, id, 'u');
  await passOne();
  expect(events).toContain('cluster.retry');
  expect(waits.map(({ ms }) => ms)).toEqual([5000]);
  await passOne();
  expect(await store.clusters.find(projectId, id)).toBeNull();
});
