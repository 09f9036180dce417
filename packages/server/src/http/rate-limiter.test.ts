import { expect, test } from 'vitest';
import { RateLimiter, TooManyCalls } from './rate-limiter.ts';

const operation = { operationId: 'ShowJobs', requestsPerMinute: 3 };

function limiter(): { one: RateLimiter; pass: (ms: number) => void; try: (user?: string) => number } {
  let now = 1_000_000;
  const one = new RateLimiter(() => now);
  return {
    one,
    pass: (ms) => {
      now += ms;
    },
    try(user = 'u') {
      try {
        one.count(user, operation);
        return 0;
      } catch (error) {
        if (error instanceof TooManyCalls) return error.retryAfterSeconds;
        throw error;
      }
    },
  };
}

test('lets through as many as the limit says, from the first request of a minute on', () => {
  const { try: attempt, pass } = limiter();
  expect(attempt()).toBe(0);
  pass(30_000);
  expect([attempt(), attempt(), attempt()]).toEqual([0, 0, 30]);
  pass(29_999);
  expect(attempt()).toBe(1);
  pass(1);
  // What was refused did not count.
  expect([attempt(), attempt(), attempt(), attempt()]).toEqual([0, 0, 0, 60]);
});

test('counts users and operations apart, and what has no limit not at all', () => {
  const { one, try: attempt } = limiter();
  for (let call = 0; call < 3; call += 1) attempt();
  expect([attempt(), attempt('other')]).toEqual([60, 0]);
  one.count('u', { operationId: 'CreateJob', requestsPerMinute: 1 });
  for (let call = 0; call < 1_000; call += 1) one.count('u', { operationId: 'x', requestsPerMinute: null });
});

test('a clock that is put back does not lock anybody out', () => {
  const { try: attempt, pass } = limiter();
  for (let call = 0; call < 4; call += 1) attempt();
  pass(-3_600_000);
  expect(attempt()).toBe(0);
});

test('keeps a bounded number of counts, those under way first', () => {
  const { try: attempt, pass } = limiter();
  for (let call = 0; call < 3; call += 1) attempt('early');
  pass(59_000);
  for (let call = 0; call < 3; call += 1) attempt('late');
  for (let user = 0; user < 49_998; user += 1) attempt(`user-${user}`);
  pass(2_000);
  // The table is full: the minute of the early one is over, the late one's is not.
  expect([attempt('another'), attempt('late'), attempt('early')]).toEqual([0, 58, 0]);
});
