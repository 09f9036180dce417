import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunPlan, RunWork, TaskOf } from '@sluice/engine/work';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runLimits } from './limits.ts';
import { type PoolSettings, type Seat, WorkerPool } from './worker-pool.ts';
import { type TaskListener, WorkerDied, WorkerStartFailed } from './worker-process.ts';

/**
 * A worker that does what the task's run id says: `hold` waits for an abort, `deaf` hears none, `die` ends,
 * `slow 50` answers after 50 ms, anything else is answered at once. A result is the process id.
 */
const script = `
let holding = null;
process.on('message', (message) => {
  if (message.kind === 'abort') {
    if (holding !== 'deaf') process.send({ kind: 'failed', taskId: message.taskId, error: { kind: 'unexpected', message: 'aborted', stack: '' } });
    return;
  }
  if (message.kind !== 'task') return;
  const { taskId, task } = message;
  const say = task.kind === 'check' ? task.connector : task.work.runId;
  const done = () => process.send({ kind: 'done', taskId, result: process.pid });
  holding = say;
  if (say === 'die') process.exit(3);
  else if (say.startsWith('slow')) setTimeout(done, Number(say.split(' ')[1]));
  else if (say !== 'hold' && say !== 'deaf') done();
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
const plan = { slices: [] } as unknown as RunPlan;
const work = (runId: string) => ({ runId }) as unknown as RunWork;
const slice = (runId: string): TaskOf<'slice'> => ({
  kind: 'slice',
  work: work(runId),
  plan,
  slice: { no: 0, cut: null, label: '', rowsEstimate: null },
  snapshot: null,
});
const check = (say: string): TaskOf<'check'> => ({ kind: 'check', connector: say, link: {} });
const joining = (runId: string): TaskOf<'join'> => ({
  kind: 'join',
  work: work(runId),
  snapshot: { id: 's', token: null, isJoined: true },
});
const prepare = (runId: string): TaskOf<'prepare'> => ({ kind: 'prepare', work: work(runId), plan });

describe('WorkerPool', () => {
  let folder: string;
  let file: string;
  const pools: WorkerPool[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-pool-'));
    file = join(folder, 'worker.mjs');
    writeFileSync(file, script);
    writeFileSync(join(folder, 'mute.mjs'), 'setInterval(() => undefined, 1000);');
    writeFileSync(join(folder, 'crash.mjs'), 'process.stderr.write("broken"); process.exit(9);');
  });
  afterEach(() => {
    for (const pool of pools.splice(0)) pool.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function open(change: Partial<PoolSettings> = {}): WorkerPool {
    const pool = new WorkerPool({
      script: file,
      memoryMb: 64,
      codeCache: null,
      stopGraceMs: 150,
      sliceWorkersMax: 2,
      idleMs: 10_000,
      onStderr: () => undefined,
      ...change,
    });
    pools.push(pool);
    return pool;
  }

  const pidOf = async (pool: WorkerPool) => Number(await pool.run(check('now'), listener, never));

  test('uses a worker again, and starts another only when it must', async () => {
    const pool = open();
    const first = await pidOf(pool);
    expect(await pidOf(pool)).toBe(first);
    expect(pool.pids()).toEqual([first]);
    const both = await Promise.all([
      pool.run(check('slow 60'), listener, never),
      pool.run(check('slow 60'), listener, never),
    ]);
    expect(new Set(both).size).toBe(2);
  });

  test('slices wait for their lane; steps and link tests do not wait behind them, nor link tests behind steps', async () => {
    const pool = open();
    const stop = new AbortController();
    const ends: Promise<unknown>[] = [];
    const hold = (task: TaskOf<'slice'> | TaskOf<'prepare'>) => {
      ends.push(pool.run(task, listener, stop.signal).catch((error: unknown) => error));
    };
    for (let i = 0; i < 3; i++) hold(slice('hold'));
    await pool.run(prepare('now'), listener, never);
    for (let i = 0; i < runLimits.stepWorkersMax + 1; i++) hold(prepare('hold'));
    await pidOf(pool);
    // Two slices, the steps that fit, and the one that tested: what waits has no process.
    expect(pool.pids().length).toBeLessThanOrEqual(2 + runLimits.stepWorkersMax + 1);
    stop.abort(new Error('enough'));
    for (const end of await Promise.all(ends)) expect(end).toEqual(new Error('enough'));
    // Nothing is left counted as busy.
    await Promise.all([pool.run(slice('a'), listener, never), pool.run(slice('b'), listener, never)]);
  });

  test('a run with many slices does not keep another one waiting for all of them', async () => {
    const pool = open({ sliceWorkersMax: 2 });
    const order: string[] = [];
    const run = async (id: string) => {
      await pool.run(slice(id), listener, never);
      order.push(id);
    };
    const all = Array.from({ length: 12 }, () => run('slow 20'));
    all.push(run('slow 21'));
    await Promise.all(all);
    expect(order.indexOf('slow 21')).toBeLessThan(5);
  });

  test('a worker that hears no abort is killed after the grace time, and nobody gets it again', async () => {
    const pool = open();
    const stop = new AbortController();
    const { promise: begun, resolve } = Promise.withResolvers<number>();
    const held = pool.run(slice('deaf'), { ...listener, begun: resolve }, stop.signal);
    const pid = await begun;
    const askedAt = performance.now();
    stop.abort(new Error('stop'));
    await expect(held).rejects.toThrow('stop');
    expect(performance.now() - askedAt).toBeGreaterThan(100);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(await pidOf(pool)).not.toBe(pid);
  });

  test('an abort takes a task out of the queue at once', async () => {
    const pool = open({ sliceWorkersMax: 1 });
    const stop = new AbortController();
    const first = pool.run(slice('slow 200'), listener, never);
    const second = pool.run(slice('now'), listener, stop.signal);
    stop.abort(new Error('stop'));
    await expect(second).rejects.toThrow('stop');
    await first;
    await expect(pool.run(slice('now'), listener, stop.signal)).rejects.toThrow('stop');
    expect(pool.pids()).toHaveLength(1);
  });

  test('an abort does not wait for a worker to start', async () => {
    const pool = open({ script: join(folder, 'mute.mjs') });
    const stop = new AbortController();
    const held = pool.run(slice('now'), listener, stop.signal);
    await sleep(20);
    const askedAt = performance.now();
    stop.abort(new Error('stop'));
    await expect(held).rejects.toThrow('stop');
    expect(performance.now() - askedAt).toBeLessThan(runLimits.workerStartMs / 2);
  });

  test('a worker that dies fails its task alone, and says how', async () => {
    const pool = open();
    const other = pool.run(slice('slow 300'), listener, never);
    const dead = await pool.run(slice('die'), listener, never).catch((error: unknown) => error);
    expect(dead).toBeInstanceOf(WorkerDied);
    expect((dead as Error).message).toMatch(/ended: exit code 3/);
    expect(Number(await other)).toBeGreaterThan(0);
    expect(await pidOf(pool)).toBeGreaterThan(0);
  });

  test('a checkpoint that our store refuses with an error ends the attempt, and its worker is not used again', async () => {
    const file = join(folder, 'checkpoint.mjs');
    writeFileSync(
      file,
      `process.on('message', ({ kind, taskId }) => {
         if (kind === 'task') process.send({ kind: 'checkpoint', taskId, receipt: 1, sliceNo: 0, checkpoint: {} });
       });
       process.on('disconnect', () => process.exit(0));
       process.send({ kind: 'ready' });`,
    );
    const pool = open({ script: file });
    const broken = { ...listener, checkpoint: () => Promise.reject(new Error('disk full')) };
    const seen = new Set<number>();
    for (let i = 0; i < 3; i++) {
      await expect(pool.run(slice('x'), broken, never)).rejects.toThrow('disk full');
      for (const pid of pool.pids()) seen.add(pid);
    }
    await expect.poll(() => pool.pids()).toEqual([]);
    expect(seen.size).toBe(3);
  });

  test('a script that does not start is a failed start, with its last words on the log', async () => {
    const words: string[] = [];
    const pool = open({ script: join(folder, 'crash.mjs'), onStderr: (_pid, text) => words.push(text) });
    await expect(pool.run(check('now'), listener, never)).rejects.toBeInstanceOf(WorkerStartFailed);
    expect(words).toEqual(['broken']);
    expect(pool.pids()).toEqual([]);
  });

  test('idle workers end, but for one', async () => {
    // Longer than two processes can start apart.
    const pool = open({ idleMs: 500 });
    await Promise.all([1, 2].map(() => pool.run(check('slow 60'), listener, never)));
    expect(pool.pids()).toHaveLength(2);
    await expect.poll(() => pool.pids().length).toBe(1);
  });

  test('a run comes back to the worker that knows it, and to its seat', async () => {
    const pool = open({ sliceWorkersMax: 3 });
    const seat: Seat = { worker: null, isFixed: false };
    const [first, second] = await Promise.all([
      pool.run(slice('slow 60'), listener, never, seat),
      pool.run(slice('slow 61'), listener, never),
    ]);
    expect(first).not.toEqual(second);
    for (let i = 0; i < 3; i++) {
      expect(await pool.run(slice('slow 61'), listener, never)).toEqual(second);
      expect(await pool.run(slice('slow 60'), listener, never, seat)).toEqual(first);
      expect(await pool.run(slice('slow 60'), listener, never)).toEqual(first);
    }
  });

  test('a task waits for a seat that is fixed, and for no other one; a seat whose worker died is free', async () => {
    const pool = open({ sliceWorkersMax: 3 });
    const seat: Seat = { worker: null, isFixed: false };
    const pid = await pool.run(slice('now'), listener, never, seat);
    const held = pool.run(slice('slow 200'), listener, never, seat);
    expect(await pool.run(slice('now'), listener, never, { ...seat })).not.toEqual(pid);
    seat.isFixed = true;
    expect(await pool.run(slice('now'), listener, never, seat)).toEqual(pid);
    await held;
    process.kill(Number(pid), 'SIGKILL');
    await expect.poll(() => pool.pids().includes(Number(pid))).toBe(false);
    expect(await pool.run(slice('now'), listener, never, seat)).not.toEqual(pid);
  });

  test('workers that hold a snapshot stay, each for one lane, until the run is forgotten; steps go elsewhere', async () => {
    const pool = open({ idleMs: 50, sliceWorkersMax: 1 });
    const joined = [
      await pool.run(joining('a'), listener, never),
      await pool.run(joining('a'), listener, never),
    ];
    expect(new Set(joined).size).toBe(2);
    const other = await pool.run(prepare('b'), listener, never);
    expect(joined).not.toContain(other);
    expect(await pool.run(slice('c'), listener, never)).toEqual(other);
    const busy = pool.run(prepare('slow 100'), listener, never);
    // A slice ends, so it may use them when there is no other.
    expect(joined).toContain(await pool.run(slice('c'), listener, never));
    await busy;
    await sleep(200);
    expect(pool.pids()).toEqual(expect.arrayContaining(joined.map(Number)));
    pool.forget('a');
    await expect.poll(() => pool.pids().length).toBe(1);
  });

  test('closing fails what waits and what runs, and nothing can be asked any more', async () => {
    const pool = open({ sliceWorkersMax: 1 });
    const ends = [pool.run(slice('hold'), listener, never), pool.run(slice('hold'), listener, never)].map(
      (end) => end.catch((error: unknown) => error),
    );
    await sleep(150);
    await pool.close();
    const closed = { code: 'Cdm.0037', retry: false };
    expect(await Promise.all(ends)).toEqual([
      expect.objectContaining(closed),
      expect.objectContaining(closed),
    ]);
    await expect(pool.run(check('now'), listener, never)).rejects.toMatchObject(closed);
    expect(pool.pids()).toEqual([]);
  });

  test('a signal that lives long keeps no listeners of tasks that are done', async () => {
    const pool = open();
    const long = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = long.signal;
    long.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(long.signal, args);
    };
    long.signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(long.signal, args);
    };
    for (let i = 0; i < 20; i++) await pool.run(check('now'), listener, long.signal);
    expect(listeners).toBe(0);
  });
});
