import { describe, expect, it } from 'vitest';
import { BatchQueue } from './batch-queue.ts';

function tapped() {
  const calls: string[] = [];
  const queue = new BatchQueue<number>({
    hold: () => calls.push('hold'),
    release: () => calls.push('release'),
  });
  return { queue, calls };
}

describe('BatchQueue', () => {
  it('holds the tap when two batches wait and releases it when one is taken', async () => {
    const { queue, calls } = tapped();
    queue.push(1);
    expect(calls).toEqual([]);
    queue.push(2);
    queue.push(3);
    expect(calls).toEqual(['hold']);
    const reader = queue.drain();
    expect((await reader.next()).value).toBe(1);
    expect(calls).toEqual(['hold']);
    expect((await reader.next()).value).toBe(2);
    expect(calls).toEqual(['hold', 'release']);
  });

  it('ends after the last batch', async () => {
    const { queue } = tapped();
    queue.push(1);
    queue.end();
    const seen: number[] = [];
    for await (const batch of queue.drain()) seen.push(batch);
    expect(seen).toEqual([1]);
  });

  it('wakes a reader that waits', async () => {
    const { queue } = tapped();
    const next = queue.drain().next();
    setImmediate(() => queue.push(5));
    expect((await next).value).toBe(5);
  });

  it('fails at once, ahead of batches that wait', async () => {
    const { queue } = tapped();
    queue.push(1);
    queue.fail(new Error('cut'));
    await expect(queue.drain().next()).rejects.toThrow('cut');
  });
});
