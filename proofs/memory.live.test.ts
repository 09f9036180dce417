import { expect, test } from 'vitest';
import { run } from './memory.ts';

/** The short form of the long proof: what grows with the table would be over the limit before this much. */
const bytes = 300_000_000;
const limitMs = 240_000;

test(
  'server and workers move a table in a memory group that kills what is too large',
  async (context) => {
    const lines: string[] = [];
    const { ok, skipped, figures } = await run({ bytes, log: (line) => lines.push(line) });
    if (skipped !== undefined) context.skip(skipped);
    expect({ ok, figures, lines }).toMatchObject({ ok: true, figures: { plantedKilled: true, oomKills: 0 } });
  },
  limitMs,
);
