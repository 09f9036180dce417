import { expect, test } from 'vitest';
import { run } from './kernels.ts';

/** The short form of the long proof. */
const limitMs = 240_000;

test(
  'kernels: the same values through kernel, twin and databases, and a planted bug is seen',
  async () => {
    const lines: string[] = [];
    const { ok, figures } = await run({ count: 2_000, seed: 11, log: (line) => lines.push(line) });
    expect({ ok, figures, lines }).toMatchObject({
      ok: true,
      figures: { rows: 2_000, plantedBugSeen: true },
    });
  },
  limitMs,
);
