import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sampleJob, sampleRun } from '../store/sample-records.ts';
import { type FeedSource, feedLimits, RunFeed } from './run-feed.ts';
import { RunFeeds } from './run-feeds.ts';

/** A stand-in for a connection whose other end has stopped taking. */
class StuckResponse extends EventEmitter {
  writableNeedDrain = false;
  writableEnded = false;
  destroyed = false;
  readonly written: string[] = [];

  write(chunk: Buffer | string): boolean {
    this.written.push(String(chunk));
    this.writableNeedDrain = this.written.length > 2;
    return !this.writableNeedDrain;
  }

  end(): void {
    this.writableEnded = true;
    this.emit('close');
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const pass = (ticks: number) => vi.advanceTimersByTimeAsync(ticks * feedLimits.tickMs);

const nothing = { lines: [], offset: 0, nextOffset: 0, size: 0 };

function countingSource(): FeedSource & { looks: number } {
  return {
    looks: 0,
    async look() {
      this.looks++;
      return { json: JSON.stringify({ look: this.looks }), isEnded: false, isDriven: true };
    },
    log: { sizeOf: async () => 0, read: async () => nothing, tail: async () => nothing },
  };
}

test('against a stuck connection (stand-in): nothing more is written to it, and when its time is over it is dropped', async () => {
  let at = 0;
  let emptied = 0;
  const source = countingSource();
  const feed = new RunFeed(
    source,
    () => at,
    () => emptied++,
  );
  const stuck = new StuckResponse();
  await feed.join(stuck as unknown as ServerResponse, null);
  await pass(3);
  const { length } = stuck.written;
  expect(stuck.writableNeedDrain).toBe(true);
  await pass(3);
  expect(source.looks).toBeGreaterThan(3);
  expect(stuck.written).toHaveLength(length);
  expect(stuck.destroyed).toBe(false);
  at += feedLimits.stalledMs;
  await pass(2);
  expect([stuck.destroyed, emptied]).toEqual([true, 1]);
  const { looks } = source;
  await pass(3);
  // Nobody follows it, so nobody looks.
  expect(source.looks).toBe(looks);
});

test('a stream ends after its time, and one whose source stays away is ended too', async () => {
  let at = 0;
  const feed = new RunFeed(
    countingSource(),
    () => at,
    () => undefined,
  );
  const old = Object.assign(new StuckResponse(), { write: () => true });
  await feed.join(old as unknown as ServerResponse, null);
  at += feedLimits.lifeMs;
  await pass(2);
  expect(old.writableEnded).toBe(true);
});

test('a listener that was gone before its stream was opened takes no place for ever', async () => {
  const run = { ...sampleRun({ ...sampleJob('c', 'j'), id: 1 }, 'p'), submissionId: 1 };
  const feeds = new RunFeeds({
    findRun: async () => run,
    runs: { progress: () => 0, slices: async () => [], driven: () => run },
    runLogs: countingSource().log as never,
    connectors: [],
    now: Date.now,
  });
  for (let no = 0; no < 2 * feedLimits.listenersPerUserMax; no++) {
    const stream = await feeds.follow(run, 'en', 'ada', null);
    const gone = Object.assign(new StuckResponse(), { destroyed: true, writeHead: () => undefined });
    stream.open(gone as unknown as ServerResponse, 'id');
    expect(feeds.listeners).toBe(0);
  }
});
