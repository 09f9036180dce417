import { expect, test } from 'vitest';
import { run } from './staged.ts';

/** The short form of the long proof: a few crashes of the seed's choice that land, and the planted bug. */
const limitMs = 180_000;

test(
  'staged runs that are killed leave the destination as before or as after, and a planted bug is seen',
  async () => {
    const lines: string[] = [];
    const { ok, figures } = await run({ count: 2, seed: 20, log: (line) => lines.push(line) });
    expect(ok, `${JSON.stringify(figures)}\n${lines.join('\n')}`).toBe(true);
    expect(figures).toMatchObject({
      cases: 2,
      landed: 2,
      between: 0,
      stageTables: 0,
      plantedBugSeen: '2 of 2',
    });
  },
  limitMs,
);
