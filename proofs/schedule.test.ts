import { expect, test } from 'vitest';
import { nextAfter } from '../packages/server/src/scheduler/next-after.ts';
import { seededRandom } from './kill/seeded-random.ts';
import { compare, whyNoOracle } from './schedule/compare.ts';
import { randomCases } from './schedule/random-schedules.ts';

// The small form of `npm run prove -- schedule`: fewer years and seeds, the same oracle.
const missing = await whyNoOracle();
if (missing !== null)
  process.stderr.write(`SKIPPED, schedules are not compared with the oracle: ${missing}\n`);

test.skipIf(missing !== null)(
  'schedules are due when the oracle counts that they are',
  async () => {
    const random = seededRandom(7);
    const { first, differences, occurrences } = await compare(randomCases(random, 2), random);
    expect({ first, differences }).toEqual({ first: null, differences: 0 });
    expect(occurrences).toBeGreaterThan(1_000);
  },
  120_000,
);

test.skipIf(missing !== null)(
  'a planted bug is seen',
  async () => {
    const random = seededRandom(7);
    const { differences } = await compare(randomCases(random, 1), random, (schedule, clock, instant) =>
      nextAfter({ ...schedule, start: schedule.start + 1_000 }, clock, instant),
    );
    expect(differences).toBeGreaterThan(0);
  },
  120_000,
);
