import { expect, test } from 'vitest';
import { run } from './kill.ts';

/** The short form of the long proof: some kills that land, some runs that are resumed, and the planted bugs. */
const limitMs = 420_000;

test(
  'kill -9 loses and doubles nothing, and a planted bug is seen',
  async () => {
    const lines: string[] = [];
    const { ok, figures } = await run({ count: 2, seed: 20, log: (line) => lines.push(line) });
    expect(ok, `${JSON.stringify(figures)}\n${lines.join('\n')}`).toBe(true);
    expect(figures).toMatchObject({ plantedBugSeen: true, plantedResumeBugSeen: true });
    expect(figures.resumedRuns).toBeGreaterThanOrEqual(2);
  },
  limitMs,
);
