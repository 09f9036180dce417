import type { Source } from '@sluice/core/connector/contract';
import type { Batch } from '@sluice/core/data/batch';
import { zeroTimes } from '@sluice/core/data/slice';
import { expect, test } from 'vitest';
import { paced } from './paced-source.ts';
import type { Ledger } from './work.ts';

const limit = { bytesPerSecond: 20_000, rowsPerSecond: null, backsOff: false };

/** A stand-in that counts what is asked of it. */
function sourceOf(batches: number, bytes: number) {
  const asked = { batches: 0, isClosed: false };
  async function* read(): AsyncGenerator<Batch> {
    try {
      for (let i = 0; i < batches; i += 1) {
        asked.batches += 1;
        yield { form: 'rows', rows: [[i]], rowCount: 1, byteCount: bytes, position: null };
      }
    } finally {
      asked.isClosed = true;
    }
  }
  return { asked, source: { read } as unknown as Source };
}

function ledgerOf(charge: NonNullable<Ledger['charge']>): Ledger {
  return { checkpoint: async () => undefined, progress: () => undefined, charge };
}

const readAll = async (source: Source, until = Number.POSITIVE_INFINITY) => {
  let seen = 0;
  for await (const _ of source.read({} as never, {} as never, null)) {
    seen += 1;
    if (seen === until) break;
  }
  return seen;
};

test('charges what was read, when it is worth a message, and all of it (on a stand-in source)', async () => {
  const charged: number[] = [];
  const { source } = sourceOf(10, 300);
  const slow = paced(
    source,
    ledgerOf(async (rows, bytes) => void charged.push(rows, bytes)),
    limit,
  );
  expect(await readAll(slow.source)).toBe(10);
  // 50 ms of 20,000 bytes/s are 1,000 bytes.
  expect(charged).toEqual([4, 1_200, 4, 1_200, 2, 600]);
});

test('asks for no batch while it waits, and ends with the wait (on a stand-in source)', async () => {
  const { source, asked } = sourceOf(10, 2_000);
  const pending: ((error: Error) => void)[] = [];
  const slow = paced(
    source,
    ledgerOf(() => new Promise<void>((_, reject) => pending.push(reject))),
    limit,
  );
  const reading = readAll(slow.source);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked.batches).toBe(1);
  pending[0]?.(new Error('stopped'));
  await expect(reading).rejects.toThrow('stopped');
  expect(asked.isClosed).toBe(true);
});

test('a reader that leaves early closes the source (on a stand-in source)', async () => {
  const { source, asked } = sourceOf(10, 2_000);
  expect(
    await readAll(
      paced(
        source,
        ledgerOf(async () => undefined),
        limit,
      ).source,
      2,
    ),
  ).toBe(2);
  expect(asked.isClosed).toBe(true);
});

test('the wait is told as a time of its own, also while it lasts (on a stand-in source)', async () => {
  const told: number[][] = [];
  const { source } = sourceOf(2, 2_000);
  const ledger: Ledger = {
    ...ledgerOf(() => new Promise((resolve) => setTimeout(resolve, 60))),
    progress: (_no, _counts, times) => void told.push([times.sourceMs, times.throttleMs ?? -1]),
  };
  const slow = paced(source, ledger, limit);
  const times = { ...zeroTimes, sourceMs: 1_000 };
  const reading = readAll(slow.source);
  await new Promise((resolve) => setTimeout(resolve, 30));
  slow.ledger.progress(0, {} as never, times);
  await reading;
  slow.ledger.progress(0, {} as never, times);
  const [during, after] = told.map(([source = 0, throttle = 0]) => ({ source, throttle }));
  expect(during?.throttle).toBeGreaterThan(15);
  expect(after?.throttle).toBeGreaterThan(110);
  expect((after?.source ?? 0) + (after?.throttle ?? 0)).toBeCloseTo(1_000);
});
