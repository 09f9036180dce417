import { expect, test } from 'vitest';
import { run } from './simulate.ts';

/** The short form of the long proof: two thousand seeds, and the planted faults. */
const limitMs = 180_000;

test(
  'two thousand seeds break no invariant, and planted faults are seen',
  async () => {
    const lines: string[] = [];
    const { ok, figures } = await run({ count: 2_000, seed: 1, log: (line) => lines.push(line) });
    expect(ok, `${JSON.stringify(figures)}\n${lines.join('\n')}`).toBe(true);
    expect(figures).toMatchObject({ seeds: 2_000, violations: 0 });
  },
  limitMs,
);
