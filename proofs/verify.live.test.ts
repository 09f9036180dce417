import { expect, test } from 'vitest';
import { run } from './verify.ts';

/** The short form of the long proof: small tables over all pairs, and the planted bug. */
const limitMs = 180_000;

test(
  'verify finds what was planted and nothing else, repair sets it right, and a planted bug is seen',
  async () => {
    const lines: string[] = [];
    const { ok, figures } = await run({ count: 4_000, seed: 7, log: (line) => lines.push(line) });
    expect(ok, `${JSON.stringify(figures)}\n${lines.join('\n')}`).toBe(true);
  },
  limitMs,
);
