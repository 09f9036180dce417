import { expect, test } from 'vitest';
import { run } from './fuzz.ts';

/** The short form of the long proof: ten thousand requests, and the planted bugs. */
const limitMs = 240_000;

test(
  'ten thousand odd requests are answered as the contract says, and planted bugs are seen',
  async () => {
    const lines: string[] = [];
    const { ok, figures } = await run({ count: 10_000, seed: 4, log: (line) => lines.push(line) });
    expect(ok, `${JSON.stringify(figures)}\n${lines.join('\n')}`).toBe(true);
    expect(figures.requests).toBe(10_000);
  },
  limitMs,
);
