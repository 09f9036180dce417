import { expect, test } from 'vitest';
import { SlabPool } from './slab-pool.ts';

test('a slab that was given back is given out again, whole', () => {
  const pool = new SlabPool(1024);
  const first = pool.take(10);
  expect(first.byteLength).toBe(1024);
  pool.give(first.subarray(0, 100));
  const second = pool.take(1024);
  expect(second.buffer).toBe(first.buffer);
  expect(second.byteLength).toBe(1024);
  expect(pool.take(1).buffer).not.toBe(first.buffer);
});

test('a large buffer is not kept, and no more than a few slabs are', () => {
  const pool = new SlabPool(16);
  const large = pool.take(17);
  pool.give(large);
  expect(pool.take(17).buffer).not.toBe(large.buffer);
  const slabs = Array.from({ length: 20 }, () => pool.take(16));
  for (const slab of slabs) pool.give(slab);
  const again = Array.from({ length: 20 }, () => pool.take(16));
  expect(again.filter((slab) => slabs.some(({ buffer }) => buffer === slab.buffer))).toHaveLength(8);
});
