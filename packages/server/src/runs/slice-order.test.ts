import { describe, expect, test } from 'vitest';
import { SliceOrder } from './slice-order.ts';

describe('SliceOrder', () => {
  test('gives each lane neighbouring slices', () => {
    const order = new SliceOrder(7, 2);
    expect([0, 0, 0].map((lane) => order.next(lane))).toEqual([0, 1, 2]);
    expect([1, 1, 1, 1].map((lane) => order.next(lane))).toEqual([3, 4, 5, 6]);
    expect([order.next(0), order.next(1)]).toEqual([null, null]);
  });

  test('gives a lane that is done the far half of what another one has left', () => {
    const order = new SliceOrder(8, 2);
    expect([1, 1, 1, 1].map((lane) => order.next(lane))).toEqual([4, 5, 6, 7]);
    expect(order.next(1)).toBe(2);
    expect([0, 0].map((lane) => order.next(lane))).toEqual([0, 1]);
    expect(order.next(0)).toBe(3);
    expect(order.next(0)).toBeNull();
  });

  test.each([
    [1, 1],
    [5, 3],
    [100, 7],
    [3, 3],
  ])('gives each of %i slices to exactly one of %i lanes, whatever their pace', (slices, lanes) => {
    for (let pace = 1; pace <= 5; pace++) {
      const order = new SliceOrder(slices, lanes);
      const given: number[] = [];
      for (let turn = 0; given.length < slices && turn < 10 * slices * pace; turn++) {
        const lane = turn % pace === 0 ? turn % lanes : 0;
        const next = order.next(lane);
        if (next !== null) given.push(next);
      }
      expect(given.sort((a, b) => a - b)).toEqual(Array.from({ length: slices }, (_, i) => i));
    }
  });
});
