import { expect, test } from 'vitest';
import { readVitals, VitalsGauge } from './worker-vitals.ts';

test.skipIf(process.platform !== 'linux')(
  'memory and CPU time of a process are what the process itself says',
  () => {
    const until = performance.now() + 60;
    while (performance.now() < until);
    const vitals = readVitals(process.pid);
    const { user, system } = process.cpuUsage();
    const own = process.memoryUsage.rss();
    expect(vitals?.rssBytes).toBeGreaterThan(own * 0.8);
    expect(vitals?.rssBytes).toBeLessThan(own * 1.2);
    const cpuMs = (user + system) / 1_000;
    // Ticks are 10 ms.
    expect(Math.abs((vitals?.cpuMs ?? 0) - cpuMs)).toBeLessThan(100 + cpuMs * 0.1);
  },
);

test('a process that is gone has none', () => {
  expect(readVitals(2 ** 30)).toBeNull();
});

test('a gauge asks no more often than it must, and says the share of the time since', () => {
  let now = 1_000;
  let cpuMs = 0;
  let asked = 0;
  const gauge = new VitalsGauge(
    1,
    now,
    () => now,
    () => {
      asked += 1;
      return { rssBytes: 7, cpuMs };
    },
  );
  now = 1_100;
  cpuMs = 50;
  expect(gauge.sample(1_000)).toEqual({ rssBytes: 7, cpuShare: 0.5 });
  now = 1_900;
  cpuMs = 800;
  expect(gauge.sample(1_000)).toEqual({ rssBytes: 7, cpuShare: 0.5 });
  expect(asked).toBe(1);
  now = 2_100;
  cpuMs = 1_550;
  expect(gauge.sample(1_000)).toEqual({ rssBytes: 7, cpuShare: 1.5 });
});

test('a gauge of a process that is gone keeps what it saw last', () => {
  let now = 0;
  let isGone = false;
  const gauge = new VitalsGauge(
    1,
    now,
    () => now,
    () => (isGone ? null : { rssBytes: 7, cpuMs: 10 }),
  );
  now = 100;
  gauge.sample(0);
  isGone = true;
  now = 5_000;
  expect(gauge.sample(0)).toEqual({ rssBytes: 7, cpuShare: 0.1 });
});
