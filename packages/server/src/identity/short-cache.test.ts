import { describe, expect, it } from 'vitest';
import { ShortCache } from './short-cache.ts';

function setUp(entriesMax = 100) {
  const state = { now: 0, loads: 0 };
  const cache = new ShortCache<string>({ ttlMs: 1000, entriesMax }, () => state.now);
  const load = async (value: string | null) => {
    state.loads += 1;
    return value;
  };
  return { state, cache, load };
}

describe('ShortCache', () => {
  it('reads once per period', async () => {
    const { state, cache, load } = setUp();
    for (const now of [0, 500, 999]) {
      state.now = now;
      expect(await cache.get('k', () => load('v'))).toBe('v');
    }
    expect(state.loads).toBe(1);
    state.now = 1000;
    expect(await cache.get('k', () => load('w'))).toBe('w');
    expect(state.loads).toBe(2);
  });

  it('lets a thousand calls at once share one read', async () => {
    const { state, cache, load } = setUp();
    await Promise.all(Array.from({ length: 1000 }, () => cache.get('k', () => load('v'))));
    expect(state.loads).toBe(1);
  });

  it('does not remember what was not found, nor failures', async () => {
    const { state, cache, load } = setUp();
    expect(await cache.get('k', () => load(null))).toBeNull();
    await expect(cache.get('k', () => Promise.reject(new Error('store down')))).rejects.toThrow('store down');
    expect(await cache.get('k', () => load('v'))).toBe('v');
    expect(state.loads).toBe(2);
  });

  it('holds no more than its limit, the newest', async () => {
    const { state, cache, load } = setUp(2);
    for (const key of ['a', 'b', 'c']) await cache.get(key, () => load(key));
    for (const key of ['b', 'c']) await cache.get(key, () => load(key));
    expect(state.loads).toBe(3);
    await cache.get('a', () => load('a'));
    expect(state.loads).toBe(4);
  });

  it('forgets on clear also what is being read at that moment', async () => {
    const { state, cache, load } = setUp();
    let finish: (value: string) => void = () => expect.unreachable();
    const old = cache.get(
      'k',
      () =>
        new Promise<string>((resolve) => {
          finish = resolve;
        }),
    );
    cache.clear();
    finish('old');
    expect(await old).toBe('old');
    expect(await cache.get('k', () => load('new'))).toBe('new');
    expect(state.loads).toBe(1);
  });
});
