import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TaskOf } from '@sluice/engine/work';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WorkerPool } from './runs/worker-pool.ts';
import type { TaskListener } from './runs/worker-process.ts';

const listener: TaskListener = {
  begun: () => undefined,
  progress: () => undefined,
  checkpoint: async () => true,
  log: () => undefined,
};

/** Loads a driver and ends with an error: nobody listens there. */
const task = (databaseType: string): TaskOf<'check'> => ({
  kind: 'check',
  connector: 'generic-jdbc-connector',
  link: {
    'linkConfig.databaseType': databaseType,
    'linkConfig.host': '127.0.0.1',
    'linkConfig.port': '1',
    'linkConfig.database': 'none',
    'linkConfig.username': 'nobody',
    'linkConfig.password': 'none',
  },
});

/** Workers that compile everything anew, on a machine that may be busy. */
const timeout = 90_000;

describe.skipIf(process.platform !== 'linux')('the code cache of worker processes', { timeout }, () => {
  let folder: string;
  const pools: WorkerPool[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-code-'));
  });
  afterEach(() => {
    for (const pool of pools.splice(0)) pool.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  function open(codeCache: string | null): WorkerPool {
    const pool = new WorkerPool({
      script: fileURLToPath(new URL('./worker.ts', import.meta.url)),
      memoryMb: 256,
      codeCache,
      stopGraceMs: 500,
      sliceWorkersMax: 2,
      idleMs: 60_000,
      onStderr: () => undefined,
    });
    pools.push(pool);
    return pool;
  }

  /** Has the driver loaded by a worker. @returns the worker's resident memory in MiB, from when it knew the error */
  async function tryDriver(pool: WorkerPool, databaseType = 'POSTGRESQL'): Promise<number> {
    const before = new Set(pool.pids());
    let rssMb = 0;
    const run = pool.run(task(databaseType), listener, new AbortController().signal);
    const pids = () => [...new Set([...before, ...pool.pids()])];
    const watch = setInterval(() => {
      for (const pid of pids()) rssMb = Math.max(rssMb, rssOf(pid));
    }, 2);
    // Once more at the end: on a busy machine there may have been no other look.
    const outcome = await run.catch((error: unknown) => error);
    for (const pid of pids()) rssMb = Math.max(rssMb, rssOf(pid));
    clearInterval(watch);
    expect(outcome).toMatchObject({ code: expect.stringMatching(/^Cdm\./) });
    return rssMb;
  }

  const rssOf = (pid: number): number => {
    try {
      return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
    } catch {
      return 0;
    }
  };

  test('what one worker compiled, the next one takes: it has no compiler in its memory', async () => {
    const cache = join(folder, 'cache');
    const first = open(cache);
    const coldMb = await tryDriver(first);
    const [compiler] = first.pids();
    // Whoever had to compile does not stay; its successor is ready for the next task.
    await expect.poll(() => first.pids()).not.toContain(compiler);
    expect(first.pids()).toHaveLength(1);
    const leanMb = await tryDriver(first);
    expect(leanMb).toBeLessThan(coldMb - 15);
    // And nothing is compiled a second time: the worker stays.
    const [stays] = first.pids();
    await tryDriver(first);
    await sleep(50);
    expect(first.pids()).toEqual([stays]);
  });

  test('an idle worker that compiled its own start is replaced before any task', async () => {
    const pool = open(join(folder, 'cache'));
    pool.warmUp();
    const [compiler] = pool.pids();
    await expect.poll(() => pool.pids()).not.toContain(compiler);
    expect(pool.pids()).toHaveLength(1);
  });

  test('a cache with broken entries is no cache', async () => {
    const cache = join(folder, 'cache');
    await tryDriver(open(cache), 'MYSQL');
    let broken = 0;
    for (const entry of readdirSync(cache, { recursive: true, encoding: 'utf8' })) {
      const file = join(cache, entry);
      if (!statSync(file).isFile()) continue;
      const bytes = readFileSync(file);
      if (broken % 3 === 0) writeFileSync(file, bytes.subarray(0, bytes.length / 2));
      else if (broken % 3 === 1) writeFileSync(file, '');
      else writeFileSync(file, bytes.fill(0x5a, Math.trunc(bytes.length / 3)));
      broken++;
    }
    expect(broken).toBeGreaterThan(20);
    await tryDriver(open(cache), 'MYSQL');
  });

  test('a folder that cannot be used changes nothing', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, 'not a folder');
    await tryDriver(open(join(file, 'cache')));
    const gone = join(folder, 'gone');
    mkdirSync(gone);
    const pool = open(gone);
    pool.warmUp();
    rmSync(gone, { recursive: true, force: true });
    await tryDriver(pool);
  });
});
