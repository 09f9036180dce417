import { expect, test } from 'vitest';
import { SlabPool } from './slab-pool.ts';

test('a slab that was given back is given out again, whole', () => {
  const pool = new SlabPool(1024);
  const first = pool.take();
  expect(first.byteLength).toBe(1024);
  pool.give(first.subarray(10, 100));
  const second = pool.take();
  expect(second.buffer).toBe(first.buffer);
  expect(second.byteLength).toBe(1024);
  expect(pool.take().buffer).not.toBe(first.buffer);
});

test('memory of another size is not kept, and no more than a few slabs are', () => {
  const pool = new SlabPool(16);
  const large = Buffer.allocUnsafeSlow(17);
  pool.give(large);
  expect(pool.take().buffer).not.toBe(large.buffer);
  const slabs = Array.from({ length: 20 }, () => pool.take());
  for (const slab of slabs) pool.give(slab);
  const again = Array.from({ length: 20 }, () => pool.take());
  expect(again.filter((slab) => slabs.some(({ buffer }) => buffer === slab.buffer))).toHaveLength(8);
});
