import { nextAfter } from '../packages/server/src/scheduler/next-after.ts';
import { ZoneClock } from '../packages/server/src/scheduler/zone-clock.ts';
import { seededRandom } from './kill/seeded-random.ts';
import type { ProofOptions, ProofResult } from './proof.ts';
import { compare, whyNoOracle } from './schedule/compare.ts';
import { randomCases, zones } from './schedule/random-schedules.ts';

export const promise =
  'Schedules are due when a model in another language, with its own zone rules, counts that they are: ten years, five zones, all units';

const YEARS = 10;
const SEEDS = 20;

/** The clock of a zone that takes the second of two equal times, and leaves a gap the other way. */
class PlantedClock extends ZoneClock {
  override instantOf(time: number): number {
    const right = super.instantOf(time);
    return this.clockTimeOf(right + 3_600_000) === time ? right + 3_600_000 : right;
  }
}

const daily = {
  zone: 'America/New_York',
  schedule: { unit: 'day', cycle: 1, start: Date.UTC(2020, 0, 1, 1, 30), stop: null },
  until: Date.UTC(2022, 0, 1),
} as const;
const monthly = {
  zone: 'UTC',
  schedule: { unit: 'month', cycle: 1, days: [31], start: Date.UTC(2020, 0, 1), stop: null },
  until: Date.UTC(2022, 0, 1),
} as const;

/** Compares `count` seeds, one schedule of each unit in each zone a seed, then plants two bugs and demands that both are seen. */
export async function run({ count = SEEDS, seed = 1, log }: ProofOptions): Promise<ProofResult> {
  const missing = await whyNoOracle();
  if (missing !== null) return { ok: false, skipped: missing, figures: {} };
  const total = { occurrences: 0, probes: 0, differences: 0 };
  for (let each = seed; each < seed + count; each += 1) {
    const random = seededRandom(each);
    const { first, ...counts } = await compare(randomCases(random, YEARS), random);
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += counts[name];
    if (first !== null) log(`seed ${each}: ${first}`);
  }
  const random = seededRandom(seed);
  const wrongClock = await compare([daily], random, nextAfter, (zone) => new PlantedClock(zone));
  const movedDays = await compare([monthly], random, (schedule, clock, instant) =>
    nextAfter({ ...schedule, unit: 'month', days: [30, 31] }, clock, instant),
  );
  const plantedBugSeen = wrongClock.differences > 0 && movedDays.differences > 0;
  return {
    ok: total.differences === 0 && total.occurrences > 0 && plantedBugSeen,
    figures: { seed, seeds: count, zones, years: YEARS, ...total, plantedBugSeen },
  };
}
