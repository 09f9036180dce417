import { expect, test } from 'vitest';
import { run } from './cuts.ts';

/** The short form of the long proof: a few cuts of the seed's choice that land, and the planted bug. */
const limitMs = 420_000;

test(
  'connections that are cut lose and double nothing, and a planted bug is seen',
  async () => {
    const lines: string[] = [];
    const { ok, figures } = await run({ count: 5, seed: 20, log: (line) => lines.push(line) });
    expect(ok, `${JSON.stringify(figures)}\n${lines.join('\n')}`).toBe(true);
    expect(figures).toMatchObject({ cases: 5, landed: 5, doubledRows: 0, plantedBugSeen: true });
  },
  limitMs,
);
