import { expect, test } from 'vitest';
import { runLimits } from './limits.ts';
import { type BucketTimers, RateBucket } from './rate-bucket.ts';

/** A clock that a test moves. */
class TestClock implements BucketTimers {
  #now = 0;
  #alarm: { readonly at: number; readonly work: () => void } | null = null;

  readonly now = () => this.#now;
  readonly after = (waitMs: number, work: () => void) => {
    const alarm = { at: this.#now + waitMs, work };
    this.#alarm = alarm;
    return () => {
      if (this.#alarm === alarm) this.#alarm = null;
    };
  };

  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    while (this.#alarm !== null && this.#alarm.at <= end) {
      const { at, work } = this.#alarm;
      this.#alarm = null;
      this.#now = at;
      work();
      await settled();
    }
    this.#now = end;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const never = new AbortController().signal;

/** A slice that reads whenever it may. */
function slice(bucket: RateBucket, rows: number, bytes: number, sourceMs = 0) {
  const read = { bytes: 0, rows: 0 };
  void (async () => {
    for (;;) {
      await bucket.charge(rows, bytes, sourceMs, never);
      read.bytes += bytes;
      read.rows += rows;
    }
  })();
  return read;
}

test('slices share the rate, whatever the size of what they read', async () => {
  const clock = new TestClock();
  const bucket = new RateBucket({ bytesPerSecond: 1_000_000, rowsPerSecond: null, backsOff: false }, clock);
  const slices = [slice(bucket, 1, 50_000), slice(bucket, 1, 50_000), slice(bucket, 1, 64_000)];
  await clock.pass(10_000);
  const total = slices.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(total).toBeGreaterThan(9_800_000);
  expect(total).toBeLessThanOrEqual(10_000_000);
  for (const { bytes } of slices) expect(bytes).toBeGreaterThan(2_900_000);
});

test('rows are limited beside bytes, and one charge may be larger than what is saved up', async () => {
  const clock = new TestClock();
  const bucket = new RateBucket({ bytesPerSecond: 1_000_000, rowsPerSecond: 100, backsOff: false }, clock);
  const read = slice(bucket, 300, 10);
  await clock.pass(30_000);
  expect(read.rows).toBeGreaterThanOrEqual(2_700);
  expect(read.rows).toBeLessThanOrEqual(3_300);
});

test('what is not used is saved up for a moment only', async () => {
  const clock = new TestClock();
  const bucket = new RateBucket({ bytesPerSecond: 1_000, rowsPerSecond: null, backsOff: false }, clock);
  const first = bucket.charge(1, 1, 0, never);
  await clock.pass(10);
  await first;
  await clock.pass(60_000);
  const read = slice(bucket, 1, 100);
  await clock.pass(0);
  expect(read.bytes).toBe((1_000 * runLimits.rateSavedMs) / 1_000);
});

test('a charge that is withdrawn is not paid, and those behind it are', async () => {
  const clock = new TestClock();
  const bucket = new RateBucket({ bytesPerSecond: 1_000, rowsPerSecond: null, backsOff: false }, clock);
  const gone = new AbortController();
  const withdrawn = bucket.charge(1, 400, 0, gone.signal);
  const next = bucket.charge(1, 200, 0, never);
  let paidAt = 0;
  void next.then(() => {
    paidAt = clock.now();
  });
  await clock.pass(100);
  gone.abort(new Error('dead'));
  await expect(withdrawn).rejects.toThrow('dead');
  await clock.pass(1_000);
  expect(paidAt).toBe(200);
  await expect(bucket.charge(1, 1, 0, gone.signal)).rejects.toThrow('dead');
});

test('backs off from a source that is waited for, and comes back when it keeps up', async () => {
  const clock = new TestClock();
  const bucket = new RateBucket({ bytesPerSecond: 1_000, rowsPerSecond: null, backsOff: true }, clock);
  // The source takes a second for 200 bytes.
  for (let second = 0; second < 3; second += 1) {
    const charge = bucket.charge(1, 200, 1_000, never);
    await clock.pass(1_000);
    await charge;
  }
  expect(bucket.share).toBeLessThan(0.4);
  expect(bucket.share).toBeGreaterThanOrEqual(runLimits.backOffFloor);
  // It delivers again all that is asked of it.
  const read = slice(bucket, 1, 20);
  await clock.pass(15_000);
  expect(bucket.share).toBe(1);
  expect(read.bytes).toBeLessThan(15_000);
});

test('does not back off without being asked to, or when slices wait for somebody else', async () => {
  for (const [backsOff, sourceMs] of [
    [false, 1_000],
    [true, 100],
  ] as const) {
    const clock = new TestClock();
    const bucket = new RateBucket({ bytesPerSecond: 1_000, rowsPerSecond: null, backsOff }, clock);
    for (let second = 0; second < 3; second += 1) {
      const charge = bucket.charge(1, 200, sourceMs, never);
      await clock.pass(1_000);
      await charge;
    }
    expect(bucket.share).toBe(1);
  }
});
