import { expect, test } from 'vitest';
import { run } from './types.ts';

/** The short form of the long proof: some columns, PostgreSQL and MariaDB. */
const limitMs = 180_000;

test(
  'types: edge values arrive identical or are refused, and a planted bug is seen',
  async () => {
    const lines: string[] = [];
    const { ok, figures } = await run({ choice: { size: 'short' }, log: (line) => lines.push(line) });
    expect({ ok, figures, lines }).toMatchObject({
      ok: true,
      figures: { silentChanges: 0, plantedBugSeen: true },
    });
  },
  limitMs,
);
