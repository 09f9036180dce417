import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SliceClock } from './slice-clock.ts';

/** Keeps the process busy, as a kernel does that converts a batch. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('a wait counts for the one who is waited for, work for the worker, and together it is the time that passed', async () => {
  const earliest = performance.now();
  const clock = new SliceClock('read');
  const begun = performance.now();
  await sleep(80);
  work(40);
  clock.enter('write');
  await sleep(40);
  work(40);
  clock.enter('commit');
  await sleep(30);
  work(10);
  clock.enter('read');
  const passed = performance.now() - begun;
  const times = clock.times();
  const atMost = performance.now() - earliest;
  expect(times.sourceMs).toBeGreaterThan(60);
  expect(times.destinationMs).toBeGreaterThan(25);
  expect(times.commitMs).toBeGreaterThan(35);
  expect(times.workMs).toBeGreaterThan(60);
  const sum = times.sourceMs + times.destinationMs + times.commitMs + times.workMs;
  expect(sum).toBeGreaterThan(passed - 1);
  expect(sum).toBeLessThan(atMost + 1);
});

test('the present phase counts up to now', async () => {
  const clock = new SliceClock('read');
  await sleep(50);
  const first = clock.times();
  await sleep(50);
  const second = clock.times();
  expect(first.sourceMs).toBeGreaterThan(30);
  expect(second.sourceMs - first.sourceMs).toBeGreaterThan(30);
  expect(second.destinationMs).toBe(0);
});
