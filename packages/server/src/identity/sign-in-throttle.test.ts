import { describe, expect, it } from 'vitest';
import { SignInThrottle } from './sign-in-throttle.ts';

const limits = { failuresMax: 3, pauseMs: 1000, entriesMax: 5 };
const user = { name: 'u', isKnown: true };

describe('SignInThrottle', () => {
  it('refuses after the third failure in a row, for the pause, counted from the last one', () => {
    const throttle = new SignInThrottle(limits);
    for (const at of [0, 100]) throttle.recordFailure(user, at);
    expect(throttle.waitMs(user, 150)).toBe(0);
    throttle.recordFailure(user, 200);
    expect(throttle.waitMs(user, 200)).toBe(1000);
    expect(throttle.waitMs(user, 1199)).toBe(1);
    expect(throttle.waitMs(user, 1200)).toBe(0);
  });

  it('forgets failures after a success and after a pause', () => {
    const throttle = new SignInThrottle(limits);
    for (const at of [0, 1]) throttle.recordFailure(user, at);
    throttle.recordSuccess(user);
    for (const at of [2, 3]) throttle.recordFailure(user, at);
    expect(throttle.waitMs(user, 4)).toBe(0);
    for (const at of [2000, 2001]) throttle.recordFailure(user, at);
    expect(throttle.waitMs(user, 2002)).toBe(0);
  });

  it('counts each user alone', () => {
    const throttle = new SignInThrottle(limits);
    for (const at of [0, 1, 2]) throttle.recordFailure(user, at);
    expect(throttle.waitMs({ name: 'v', isKnown: true }, 3)).toBe(0);
    expect(throttle.waitMs({ name: 'u', isKnown: false }, 3)).toBe(0);
  });

  it('is not emptied for real users by a flood of made-up names, nor grows with it', () => {
    const throttle = new SignInThrottle(limits);
    for (const at of [0, 1, 2]) throttle.recordFailure(user, at);
    for (let i = 0; i < 100; i += 1) {
      for (let n = 0; n < 3; n += 1) throttle.recordFailure({ name: `made-up-${i}`, isKnown: false }, 3);
    }
    expect(throttle.waitMs(user, 4)).toBeGreaterThan(0);
    const locked = Array.from({ length: 100 }, (_, i) =>
      throttle.waitMs({ name: `made-up-${i}`, isKnown: false }, 4),
    );
    expect(locked.filter((ms) => ms > 0)).toHaveLength(limits.entriesMax);
  });

  it('can be switched off', () => {
    const throttle = new SignInThrottle({ ...limits, failuresMax: 0 });
    for (const at of [0, 1, 2, 3]) throttle.recordFailure(user, at);
    expect(throttle.waitMs(user, 4)).toBe(0);
  });
});
