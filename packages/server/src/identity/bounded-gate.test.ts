import { describe, expect, it } from 'vitest';
import { BoundedGate, GateFull } from './bounded-gate.ts';

/** Work whose end the test decides. */
function heldWork() {
  const ends: (() => void)[] = [];
  let running = 0;
  let runningMost = 0;
  const work = async () => {
    running += 1;
    runningMost = Math.max(runningMost, running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running -= 1;
  };
  return { work, ends, most: () => runningMost };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('BoundedGate', () => {
  it('runs two at once, lets three wait in order, refuses the next', async () => {
    const gate = new BoundedGate({ runningMax: 2, waitingMax: 3 });
    const held = heldWork();
    const order: number[] = [];
    const calls = [0, 1, 2, 3, 4].map((n) => gate.run(held.work).then(() => order.push(n)));
    await expect(gate.run(held.work)).rejects.toThrow(GateFull);
    for (let i = 0; i < calls.length; i += 1) {
      await settled();
      held.ends.shift()?.();
    }
    await Promise.all(calls);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(held.most()).toBe(2);
  });

  it('frees its place when the work fails', async () => {
    const gate = new BoundedGate({ runningMax: 1, waitingMax: 0 });
    await expect(gate.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await gate.run(() => Promise.resolve('next'))).toBe('next');
  });
});
