import { expect, test } from 'vitest';
import { run } from './fuzz.ts';

/** The short form of the long proof: ten thousand requests, and the planted bugs. */
const limitMs = 240_000;

test(
  'ten thousand odd requests are answered as the contract says, and planted bugs are seen',
  async () => {
    const lines: string[] = [];
    const { figures } = await run({ count: 10_000, seed: 4, log: (line) => lines.push(line) });
    // But for the two seconds, which other tests on the same cores may cost.
    expect(figures, lines.join('\n')).toMatchObject({
      requests: 10_000,
      failures: {},
      complaints: 0,
      isBounded: true,
      plantedBugsSeen: true,
    });
  },
  limitMs,
);

test(
  'with the state in PostgreSQL, odd requests fail no other way',
  async () => {
    const lines: string[] = [];
    const choice = { store: 'postgres', plants: 'without' };
    const { figures } = await run({ count: 1_500, seed: 4, choice, log: (line) => lines.push(line) });
    expect(figures, lines.join('\n')).toMatchObject({ requests: 1_500, failures: {}, complaints: 0 });
  },
  limitMs,
);
