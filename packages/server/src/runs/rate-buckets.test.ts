import { expect, test } from 'vitest';
import { RateBuckets } from './rate-buckets.ts';

const limit = { bytesPerSecond: 1, rowsPerSecond: null, backsOff: false };

test('those of one key share a bucket for as long as one of them has it', () => {
  const buckets = new RateBuckets();
  const [first, second, other] = [
    buckets.lend('a', limit),
    buckets.lend('a', limit),
    buckets.lend('b', limit),
  ];
  expect(second.bucket).toBe(first.bucket);
  expect(other.bucket).not.toBe(first.bucket);
  first.release();
  first.release();
  expect(buckets.lend('a', limit).bucket).toBe(first.bucket);
  other.release();
  expect(buckets.size).toBe(1);
});

test('nothing is kept of a key that nobody uses', () => {
  const buckets = new RateBuckets();
  const { bucket, release } = buckets.lend('a', limit);
  release();
  expect(buckets.size).toBe(0);
  expect(buckets.lend('a', limit).bucket).not.toBe(bucket);
});
