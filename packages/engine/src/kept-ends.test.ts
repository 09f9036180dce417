import type { Connection, Host, Sink, Source } from '@sluice/core/connector/contract';
import { ConnectorRegistry, type ConnectorSpec } from '@sluice/core/connector/registry';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KeptEnds, type KeptRole, type RunEnds } from './kept-ends.ts';
import type { RunWork } from './work.ts';

/** A connection of the stand-in connector: what it was opened with, and whether it is closed. */
interface Opened {
  readonly host: Host;
  isClosed: boolean;
}

describe('KeptEnds with a stand-in connector', () => {
  let opened: Opened[];
  let kept: KeptEnds;

  beforeEach(() => {
    // No test is so slow that a connection is idle for too long.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    opened = [];
    kept = new KeptEnds(new ConnectorRegistry([standIn()]), { idleMs: 50, heldIdleMs: 250 });
  });

  afterEach(() => void vi.useRealTimers());

  function standIn(): ConnectorSpec {
    const open = async (_link: unknown, host: Host): Promise<Connection> => {
      const connection: Opened = { host, isClosed: false };
      opened.push(connection);
      return {
        check: async () => [],
        source: () => ({}) as Source,
        sink: () => ({}) as Sink,
        close: async () => {
          connection.isClosed = true;
        },
      };
    };
    return { name: 'stand-in', open } as unknown as ConnectorSpec;
  }

  const workOf = (runId: string, password = 'secret'): RunWork => ({
    runId,
    runKey: '0123456789ab',
    from: { connector: 'stand-in', link: { password }, options: {} },
    to: { connector: 'stand-in', link: {}, options: {} },
    mapping: { from: null, to: null },
    extractors: 1,
  });

  function hostOf(): { host: Host; lines: string[]; controller: AbortController } {
    const controller = new AbortController();
    const lines: string[] = [];
    return { host: { signal: controller.signal, log: (line) => lines.push(line) }, lines, controller };
  }

  const use = (
    runId: string,
    action: (ends: RunEnds) => Promise<unknown> = async () => null,
    {
      role = 'data',
      host = hostOf().host,
      password = 'secret',
    }: { role?: KeptRole; host?: Host; password?: string } = {},
  ) => kept.use(workOf(runId, password), role, host, action);

  const openCount = () => opened.filter(({ isClosed }) => !isClosed).length;

  test('the next task of a run finds the same source, sink and connections', async () => {
    const seen: RunEnds[] = [];
    for (let i = 0; i < 3; i++) {
      await use('a', async (ends) => {
        seen.push(ends);
      });
    }
    expect(opened).toHaveLength(2);
    expect(new Set(seen.map(({ source }) => source)).size).toBe(1);
    expect(openCount()).toBe(2);
  });

  test('a task of another run closes them first', async () => {
    await use('a');
    await use('b', async () => expect(openCount()).toBe(2));
    expect(opened.map(({ isClosed }) => isClosed)).toEqual([true, true, false, false]);
  });

  test('a link that was changed opens them anew', async () => {
    await use('a');
    await use('a', undefined, { password: 'another' });
    expect(opened.map(({ isClosed }) => isClosed)).toEqual([true, true, false, false]);
  });

  test('after an error they are closed before it is told, and never used again', async () => {
    const failing = use('a', async () => {
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(openCount()).toBe(0);
    await use('a');
    expect(opened).toHaveLength(4);
  });

  test('an abort of the task aborts the connections it uses, and no task finds them again', async () => {
    const { host, controller } = hostOf();
    const aborted = use(
      'a',
      async () => {
        controller.abort(new Error('stopped'));
        expect(opened.every((each) => each.host.signal.aborted)).toBe(true);
      },
      { host },
    );
    await expect(aborted).rejects.toThrow('stopped');
    expect(openCount()).toBe(0);
    await use('a', async () => expect(opened.at(-1)?.host.signal.aborted).toBe(false));
  });

  test('a late abort of a task that is over does not touch the next one', async () => {
    const { host, controller } = hostOf();
    await use('a', undefined, { host });
    await use('a', async () => {
      controller.abort(new Error('late'));
      expect(opened.some((each) => each.host.signal.aborted)).toBe(false);
    });
    expect(openCount()).toBe(2);
  });

  test('lines go to the log of the task at hand', async () => {
    const [first, second] = [hostOf(), hostOf()];
    await use('a', async () => opened[0]?.host.log('one'), { host: first.host });
    await use('a', async () => opened[0]?.host.log('two'), { host: second.host });
    expect([first.lines, second.lines]).toEqual([['one'], ['two']]);
  });

  test('they are closed after the idle time, later while they hold a snapshot', async () => {
    await use('a', async ({ hold }) => hold(), { role: 'keeper' });
    await use('a');
    expect(openCount()).toBe(4);
    await vi.advanceTimersByTimeAsync(150);
    expect(opened.map(({ isClosed }) => isClosed)).toEqual([false, false, true, true]);
    await vi.advanceTimersByTimeAsync(150);
    expect(openCount()).toBe(0);
    await use('a', undefined, { role: 'keeper' });
    expect(opened).toHaveLength(6);
  });

  test('what holds a snapshot outlives tasks of other runs, and an error of the run’s other connections', async () => {
    await use('a', async ({ hold }) => hold(), { role: 'keeper' });
    await use('b');
    await use('a', () => Promise.reject(new Error('broken'))).catch(() => undefined);
    expect(opened[0]?.isClosed).toBe(false);
  });

  test('a run that is over is forgotten, once its task has ended', async () => {
    await use('a', async ({ hold }) => hold(), { role: 'keeper' });
    await use('a', async () => {
      await kept.forget('a');
      expect(opened.map(({ isClosed }) => isClosed)).toEqual([true, true, false, false]);
    });
    expect(openCount()).toBe(0);
    await kept.forget('a');
  });
});
