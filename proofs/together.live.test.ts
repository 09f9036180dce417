import { expect, test } from 'vitest';
import { run } from './together.ts';

test.skipIf(process.env.SLUICE_TEST_POSTGRES === undefined || process.env.SLUICE_TEST_MYSQL === undefined)(
  'what a job may be, together: verdicts, counts and rows stay true',
  async () => {
    const lines: string[] = [];
    const { ok, figures } = await run({
      seed: 7,
      choice: { cases: 'short' },
      log: (line) => lines.push(line),
    });
    expect(ok, `${JSON.stringify(figures)}\n${lines.join('\n')}`).toBe(true);
    expect(figures).toMatchObject({ faults: 0 });
  },
  120_000,
);

test.skipIf(
  process.env.SLUICE_TEST_POSTGRES === undefined || process.env.SLUICE_TEST_MYSQL_PROPER === undefined,
)(
  'refused rows, verification and repair with MySQL itself, which may have no MD5',
  async () => {
    const lines: string[] = [];
    const { ok, figures } = await run({
      seed: 7,
      choice: { cases: 'one', mysql: 'proper' },
      log: (line) => lines.push(line),
    });
    expect(ok, `${JSON.stringify(figures)}\n${lines.join('\n')}`).toBe(true);
    expect(figures).toMatchObject({ cases: 1, faults: 0 });
  },
  120_000,
);
