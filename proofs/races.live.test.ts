import { expect, test } from 'vitest';
import { run } from './races.ts';

/** The short form of the long proof: a few rounds on each store, and the planted bug. */
const limitMs = 240_000;

test(
  'of many at once one wins, and a planted bug is seen',
  async () => {
    const lines: string[] = [];
    const { ok, figures } = await run({ count: 3, seed: 3, log: (line) => lines.push(line) });
    expect(ok, `${JSON.stringify(figures)}\n${lines.join('\n')}`).toBe(true);
  },
  limitMs,
);
