import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunPlan, RunWork, TaskOf } from '@sluice/engine/work';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ClusterPoolSettings, LocalClusterPools } from './cluster-pools.ts';
import { runLimits } from './limits.ts';
import type { TaskListener } from './worker-process.ts';
import { WorkerSlots } from './worker-slots.ts';

/**
 * A worker that does what the task's run id says: `hold` waits for its end, `slow 50` answers after 50 ms, `heap` is answered
 * with the cap of its heap in MiB, anything else at once with the process id.
 */
const script = `
process.on('message', ({ kind, taskId, task }) => {
  if (kind === 'abort') process.send({ kind: 'failed', taskId, error: { kind: 'unexpected', message: 'aborted', stack: '' } });
  if (kind !== 'task') return;
  const [what, ms] = (task.kind === 'check' ? task.connector : task.work.runId.split('/').at(-1)).split(' ');
  const heap = () => Number(process.execArgv.find((each) => each.startsWith('--max-old-space-size=')).split('=')[1]);
  const done = () => process.send({ kind: 'done', taskId, result: what === 'heap' ? heap() : process.pid });
  if (what === 'slow') setTimeout(done, Number(ms));
  else if (what !== 'hold') done();
});
process.on('disconnect', () => process.exit(0));
process.send({ kind: 'ready' });
`;

const listener: TaskListener = {
  begun: () => undefined,
  progress: () => undefined,
  checkpoint: async () => true,
  log: () => undefined,
};
const never = new AbortController().signal;
const slice = (runId: string): TaskOf<'slice'> => ({
  kind: 'slice',
  work: { runId } as unknown as RunWork,
  plan: { slices: [] } as unknown as RunPlan,
  slice: { no: 0, cut: null, label: '', rowsEstimate: null },
  snapshot: null,
});
const small = { extractorsMax: 4, ramGb: 4 };

describe('LocalClusterPools with stand-in workers', () => {
  let folder: string;
  const opened: LocalClusterPools[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-pools-'));
    writeFileSync(join(folder, 'worker.mjs'), script);
  });
  afterEach(async () => {
    for (const pools of opened.splice(0)) await pools.end();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Clusters are of the project that their id begins with: `p1-a`. They take work only once opened. */
  function machine(change: Partial<ClusterPoolSettings> = {}): LocalClusterPools {
    const pools = new LocalClusterPools({
      script: join(folder, 'worker.mjs'),
      memoryMb: 256,
      codeCache: null,
      stopGraceMs: 150,
      sliceWorkersMax: 3,
      machineMemoryMb: 65_536,
      idleMs: 10_000,
      find: async (clusterId) => ({ projectId: clusterId.split('-')[0] ?? '', takesWork: false, ...small }),
      onStderr: () => undefined,
      ...change,
    });
    opened.push(pools);
    return pools;
  }

  const run = async (pools: LocalClusterPools, clusterId: string, say: string) =>
    Number(await pools.run(clusterId, slice(`${clusterId}/${say}`), listener, never));

  test('under a random load no cap is broken, and no process ever serves two clusters', {
    timeout: 60_000,
  }, async () => {
    const clusters = ['p1-a', 'p1-b', 'p2-a', 'p3-a'] as const;
    const task = fc.record({
      cluster: fc.constantFrom(...clusters),
      run: fc.nat(2),
      ms: fc.nat(12),
      afterMs: fc.nat(15),
      isAborted: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(task, { minLength: 5, maxLength: 40 }),
        fc.tuple(...clusters.map(() => fc.integer({ min: 1, max: 4 }))),
        async (tasks, caps) => {
          const pools = machine({ idleMs: 20 });
          pools.warmUp();
          const capOf = new Map(clusters.map((clusterId, i) => [clusterId, caps[i] ?? 1]));
          for (const [clusterId, extractorsMax] of capOf) {
            await pools.open(clusterId, { extractorsMax, ramGb: extractorsMax });
          }
          const clusterOf = new Map<number, string>();
          const busy = new Map<string, number>();
          let most = 0;
          const begin = (clusterId: string, change: 1 | -1) => {
            busy.set(clusterId, (busy.get(clusterId) ?? 0) + change);
            expect(busy.get(clusterId)).toBeLessThanOrEqual(capOf.get(clusterId as 'p1-a') ?? 0);
            const total = [...busy.values()].reduce((sum, each) => sum + each, 0);
            expect(total).toBeLessThanOrEqual(3);
            most = Math.max(most, total);
          };
          await Promise.all(
            tasks.map(async ({ cluster, run, ms, afterMs, isAborted }) => {
              await sleep(afterMs);
              const stop = new AbortController();
              let isBegun = false;
              const begun = (pid: number) => {
                isBegun = true;
                begin(cluster, 1);
                expect(clusterOf.get(pid) ?? cluster).toBe(cluster);
                clusterOf.set(pid, cluster);
              };
              const work = pools.run(
                cluster,
                slice(`${cluster}/${run}/slow ${ms}`),
                { ...listener, begun },
                stop.signal,
              );
              if (isAborted) void sleep(ms / 2).then(() => stop.abort(new Error('stop')));
              await work.catch((error: Error) => {
                if (error.message !== 'stop') throw error;
              });
              if (isBegun) begin(cluster, -1);
            }),
          );
          // A run may hold nothing but tasks that were stopped before a process was free.
          if (tasks.some(({ isAborted }) => !isAborted)) expect(most).toBeGreaterThan(0);
          for (const clusterId of clusters) {
            for (const { pid } of pools.instances(clusterId))
              expect(clusterOf.get(pid) ?? clusterId).toBe(clusterId);
          }
          await pools.end();
        },
      ),
      { numRuns: 12 },
    );
  });

  test('a lone task waits for one end of a task, though 300 of another project came first', async () => {
    const pools = machine({ sliceWorkersMax: 2 });
    await pools.open('p1-crowd', { extractorsMax: 8, ramGb: 8 });
    await pools.open('p2-lone', small);
    // It has a process: what the crowd does while one starts is no wait for a slot.
    await run(pools, 'p2-lone', 'now');
    const order: string[] = [];
    const crowd = Array.from({ length: 300 }, (_, i) =>
      pools.run('p1-crowd', slice(`r${i}/slow 5`), listener, never).then(() => order.push('crowd')),
    );
    await sleep(100);
    const before = order.length;
    expect(before).toBeLessThan(250);
    await run(pools, 'p2-lone', 'now');
    expect(order.length - before).toBeLessThan(20);
    await Promise.all(crowd);
  });

  test('closing kills, refuses with a clear error, and opening recovers with other processes', async () => {
    const pools = machine();
    await pools.open('p1-a', small);
    await pools.open('p1-b', small);
    const other = await run(pools, 'p1-b', 'now');
    const held = run(pools, 'p1-a', 'hold').catch((error: unknown) => error);
    const waiting = Array.from({ length: 5 }, () =>
      run(pools, 'p1-a', 'hold').catch((error: unknown) => error),
    );
    await expect.poll(() => pools.instances('p1-a').filter(({ isBusy }) => isBusy).length).toBe(3);
    const pids = pools.instances('p1-a').map(({ pid }) => pid);
    await pools.close('p1-a');
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    for (const end of await Promise.all([held, ...waiting]))
      expect(end).toMatchObject({ code: 'Cdm.0037', retry: false });
    expect(pools.instances('p1-a')).toEqual([]);
    await expect(run(pools, 'p1-a', 'now')).rejects.toMatchObject({ code: 'Cdm.0037' });
    expect(await pools.runsMax('p1-a')).toBe(0);
    // Nobody else noticed.
    expect(await run(pools, 'p1-b', 'now')).toBe(other);
    await pools.open('p1-a', small);
    await pools.open('p1-a', small);
    expect(await pools.runsMax('p1-a')).toBe(4);
    expect(pids).not.toContain(await run(pools, 'p1-a', 'now'));
    await pools.close('p1-a');
    await pools.close('p1-a');
  });

  test('a stop that was asked for is told as such, also when the pool is closed under it', async () => {
    const pools = machine();
    await pools.open('p1-a', small);
    const stop = new AbortController();
    const held = pools
      .run('p1-a', slice('x/hold'), listener, stop.signal)
      .catch((error: Error) => error.message);
    await expect.poll(() => pools.instances('p1-a').some(({ isBusy }) => isBusy)).toBe(true);
    stop.abort(new Error('asked'));
    await pools.close('p1-a');
    expect(await held).toBe('asked');
  });

  test('what is to be cleared away after a close has a process of its own, which ends with it', async () => {
    const pools = machine();
    await pools.open('p1-a', small);
    await pools.close('p1-a');
    const pid = Number(await pools.apart('p1-a').run(slice('x/now'), listener, never));
    await expect.poll(() => pools.pids()).toEqual([]);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await pools.open('p1-a', small);
    expect(await pools.apart('p1-a').run(slice('x/now'), listener, never)).toBe(
      await run(pools, 'p1-a', 'now'),
    );
  });

  test('memory follows the flavor, within what a process and the machine may have', async () => {
    const heapOf = async (
      flavor: { extractorsMax: number; ramGb: number },
      change: Partial<ClusterPoolSettings>,
    ) => {
      const pools = machine(change);
      await pools.open('p1-a', flavor);
      return await run(pools, 'p1-a', 'heap');
    };
    const wide = { memoryMb: 8_192, sliceWorkersMax: 2 };
    expect(await heapOf({ extractorsMax: 4, ramGb: 4 }, wide)).toBe(1_024);
    expect(await heapOf({ extractorsMax: 4, ramGb: 2 }, wide)).toBe(512);
    expect(await heapOf({ extractorsMax: 4, ramGb: 4 }, { ...wide, memoryMb: 200 })).toBe(200);
    expect(await heapOf({ extractorsMax: 4, ramGb: 4 }, { ...wide, machineMemoryMb: 800 })).toBe(300);
    expect(await heapOf({ extractorsMax: 4, ramGb: 4 }, { ...wide, machineMemoryMb: 10 })).toBe(
      runLimits.workerMemoryMinMb,
    );
  });

  test('one worker is ready for whoever comes first, and idle clusters have none', async () => {
    const pools = machine({ idleMs: 60 });
    pools.warmUp();
    expect(pools.pids()).toEqual([]);
    await pools.open('p1-a', small);
    await pools.open('p2-a', small);
    const [spare] = pools.pids();
    expect(pools.pids()).toHaveLength(1);
    expect([...pools.instances('p1-a'), ...pools.instances('p2-a')]).toEqual([]);
    expect(await run(pools, 'p1-a', 'now')).toBe(spare);
    expect(await run(pools, 'p2-a', 'now')).not.toBe(spare);
    const ofClusters = () => [...pools.instances('p1-a'), ...pools.instances('p2-a')];
    await expect.poll(ofClusters).toEqual([]);
    await expect.poll(() => pools.pids().length).toBe(1);
    expect(pools.pids()).not.toContain(spare);
    await pools.close('p1-a');
    await pools.close('p2-a');
    await expect.poll(() => pools.pids()).toEqual([]);
  });

  test('the worker that is ready has the memory of a cluster that is open', async () => {
    const pools = machine({ memoryMb: 8_192, sliceWorkersMax: 1 });
    pools.warmUp();
    await pools.open('p1-a', small);
    const [first] = pools.pids();
    await pools.open('p1-b', { extractorsMax: 4, ramGb: 2 });
    expect(pools.pids()).toEqual([first]);
    await pools.close('p1-a');
    expect(await run(pools, 'p1-b', 'heap')).toBe(512);
    expect(await run(pools, 'p1-b', 'now')).not.toBe(first);
  });

  test('an idle worker of one cluster ends before the machine has too many', async () => {
    const pools = machine({ sliceWorkersMax: 1 });
    const most = new WorkerSlots(1).workersMax;
    const clusters = Array.from({ length: most + 3 }, (_, i) => `p-${i}`);
    for (const clusterId of clusters) {
      await pools.open(clusterId, small);
      await run(pools, clusterId, 'now');
    }
    await expect.poll(() => pools.pids().length).toBe(most);
    expect(pools.instances('p-0')).toEqual([]);
    expect(pools.instances(clusters.at(-1) ?? '')).toHaveLength(1);
  });

  test.skipIf(process.platform !== 'linux')('instances are live processes with their numbers', async () => {
    const pools = machine();
    await pools.open('p1-a', small);
    const stop = new AbortController();
    const begunAt = Date.now();
    const held = pools.run('p1-a', slice('r1/hold'), listener, stop.signal).catch(() => undefined);
    await expect.poll(() => pools.instances('p1-a')[0]?.isBusy).toBe(true);
    const [instance] = pools.instances('p1-a');
    expect(instance).toMatchObject({ isBusy: true, task: { kind: 'slice', runId: 'r1/hold' } });
    expect(instance?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(instance?.startedAt).toBeGreaterThanOrEqual(begunAt);
    // A sample is a second old at most, and the process had only begun at the first.
    const rssBytes = () => pools.instances('p1-a')[0]?.rssBytes;
    await expect.poll(rssBytes).toBeGreaterThan(10_000_000);
    expect(instance?.cpuShare).toBeGreaterThanOrEqual(0);
    expect(pools.numbers()).toEqual([
      { clusterId: 'p1-a', projectId: 'p1', slicesMax: 3, slicesBusy: 1, tasksWaiting: 0, workers: 1 },
    ]);
    stop.abort(new Error('enough'));
    await held;
    expect(pools.instances('p1-a')[0]).toMatchObject({ id: instance?.id, isBusy: false, task: null });
  });

  test('a cluster that another server made is opened when it has work, one that takes none is not', async () => {
    let looks = 0;
    const pools = machine({
      find: async (clusterId) => {
        looks += 1;
        return clusterId === 'gone' ? null : { projectId: 'p', takesWork: clusterId !== 'stopped', ...small };
      },
    });
    const pids = await Promise.all([run(pools, 'made', 'slow 30'), run(pools, 'made', 'slow 30')]);
    expect(new Set(pids).size).toBe(2);
    expect(looks).toBe(1);
    expect(await pools.runsMax('made')).toBe(4);
    for (const clusterId of ['gone', 'stopped']) {
      await expect(run(pools, clusterId, 'now')).rejects.toMatchObject({ code: 'Cdm.0037' });
      expect(await pools.runsMax(clusterId)).toBe(0);
    }
    await pools.close('made');
    await expect(run(pools, 'made', 'now')).rejects.toMatchObject({ code: 'Cdm.0037' });
  });

  test('after the end nothing starts any more', async () => {
    const pools = machine();
    pools.warmUp();
    await pools.open('p1-a', small);
    await run(pools, 'p1-a', 'now');
    await pools.end();
    expect(pools.pids()).toEqual([]);
    await expect(run(pools, 'p1-a', 'now')).rejects.toMatchObject({ code: 'Cdm.0037' });
    await expect(pools.open('p1-a', small)).rejects.toMatchObject({ code: 'Cdm.0037' });
    await expect(pools.apart('p1-a').run(slice('x/now'), listener, never)).rejects.toMatchObject({
      code: 'Cdm.0037',
    });
  });
});
