import { expect, test } from 'vitest';
import { run } from './dirty.ts';

test.skipIf(process.env.SLUICE_TEST_POSTGRES === undefined || process.env.SLUICE_TEST_MYSQL === undefined)(
  'bad rows alone are set aside, each once and with its reason, and a planted bug is seen',
  async () => {
    const lines: string[] = [];
    const { ok, figures } = await run({ count: 300, seed: 7, log: (line) => lines.push(line) });
    expect(ok, `${JSON.stringify(figures)}\n${lines.join('\n')}`).toBe(true);
    expect(figures).toMatchObject({ pairs: 4, plantedBugSeen: true });
  },
  300_000,
);
