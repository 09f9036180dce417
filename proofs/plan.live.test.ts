import { expect, test } from 'vitest';
import { run } from './plan.ts';

/** The short form of the long proof: a quarter of the cases, and no planted bugs. */
const limitMs = 120_000;

test(
  'plans write nothing and show what the servers then see',
  async () => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const { ok, skipped, figures } = await run({ choice: { plants: 'short' }, log });
    if (skipped !== undefined) {
      console.warn(`Skipped: ${skipped}`);
      return;
    }
    expect(ok, `${JSON.stringify(figures)}\n${lines.join('\n')}`).toBe(true);
    expect(figures).toMatchObject({ plans: 6, faults: 0 });
  },
  limitMs,
);
