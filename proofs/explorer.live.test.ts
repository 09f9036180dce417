import { expect, test } from 'vitest';
import { run } from './explorer.ts';

/** Fetching the browser, once, takes longer than looking at the page. */
const limitMs = 600_000;

test(
  'the API Explorer in a real browser',
  async (context) => {
    const lines: string[] = [];
    const { ok, skipped, figures } = await run({ log: (line) => lines.push(line) });
    if (skipped !== undefined) context.skip(skipped);
    expect({ ok, figures, lines }).toMatchObject({
      ok: true,
      figures: { requestsOutside: 0, complaints: [], plantedScriptSeen: true },
    });
  },
  limitMs,
);
