import { expect, test } from 'vitest';
import { run } from './batch.ts';

/** The short form of the long proof: twenty tables one way, and one kill of the server. */
const limitMs = 120_000;

test(
  'twenty tables, five of which fail: named, mended, and only these moved again',
  async () => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const { ok, skipped, figures } = await run({ count: 20, seed: 8, choice: { plants: 'short' }, log });
    if (skipped !== undefined) {
      console.warn(`Skipped: ${skipped}`);
      return;
    }
    expect(ok, `${JSON.stringify(figures)}\n${lines.join('\n')}`).toBe(true);
    expect(figures).toMatchObject({ tables: 20, kills: 1, killsLanded: 1, faults: 0 });
  },
  limitMs,
);
