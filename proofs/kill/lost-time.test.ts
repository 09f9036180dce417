import { expect, test } from 'vitest';
import { LostTime } from './lost-time.ts';

test('time lost per kill is told against the median of undisturbed runs of the same kind', () => {
  const lost = new LostTime();
  expect(lost.expectedMs('a', 'b')).toBe(1_000);
  expect(lost.perKill('worker')).toBeNull();
  for (const ms of [1_000, 900, 5_000]) lost.undisturbed('a to b, 1 at once', ms);
  for (const ms of [400, 600]) lost.undisturbed('a to b, 3 at once', ms);
  expect(lost.expectedMs('a', 'b')).toBe(900);
  expect(lost.baselines()).toEqual({
    'a to b, 1 at once': '1000 ms of 3',
    'a to b, 3 at once': '500 ms of 2',
  });
  lost.disturbed('a to b, 1 at once', 'worker', 1_300, 3);
  lost.disturbed('a to b, 3 at once', 'worker', 800, 1);
  lost.disturbed('a to b, 3 at once', 'server', 2_000, 1);
  expect(lost.perKill('worker')).toEqual({
    share: { median: 0.35, p95: 0.575, runs: 2 },
    ms: { median: 200, p95: 290, runs: 2 },
  });
  expect(lost.perKill('server')?.share.median).toBe(3);
});
