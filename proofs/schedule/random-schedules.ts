import type { Schedule } from '../../packages/server/src/scheduler/schedule.ts';

export const zones = [
  'Asia/Shanghai',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'UTC',
] as const;
export const units = ['minute', 'hour', 'day', 'week', 'month'] as const;
const firstYear = 2019;

export interface Case {
  readonly zone: string;
  readonly schedule: Schedule;
  /** Unix milliseconds, itself excluded: how far the moments are compared. */
  readonly until: number;
}

/** One case of each unit in each zone; starts and stops lie near changes of the clock more often than chance would have it. */
export function randomCases(random: () => number, years: number): readonly Case[] {
  const until = Date.UTC(firstYear + 1 + years, 0, 1);
  return zones.flatMap((zone) =>
    units.map((unit) => ({ zone, schedule: randomSchedule(random, unit, years), until })),
  );
}

function randomSchedule(random: () => number, unit: Schedule['unit'], years: number): Schedule {
  const below = (limit: number) => Math.floor(random() * limit);
  const clockTime = (year: number) => {
    const month = random() < 0.5 ? [2, 3, 9, 10][below(4)] : below(12);
    const hour = random() < 0.7 ? below(4) : below(24);
    const second = random() < 0.5 ? 0 : below(60);
    return Date.UTC(year, month ?? 0, 1 + below(31), hour, below(60), second);
  };
  const start = clockTime(firstYear + below(2));
  const stop = random() < 0.25 ? clockTime(firstYear + 1 + below(years)) : null;
  const bounds = { start, stop };
  const some = (from: number, to: number) => {
    const all = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const chosen = all.filter(() => random() < 0.15);
    return chosen.length > 0 ? chosen : [from + below(to - from + 1)];
  };
  switch (unit) {
    case 'minute':
      return { ...bounds, unit, cycle: 15 + below(3_000) };
    case 'hour':
      return { ...bounds, unit, cycle: 1 + below(30), minutes: some(0, 59) };
    case 'day':
      return { ...bounds, unit, cycle: random() < 0.5 ? 1 : 1 + below(40) };
    case 'week':
      return { ...bounds, unit, cycle: 1 + below(5), weekdays: some(0, 6) };
    case 'month':
      return { ...bounds, unit, cycle: 1 + below(14), days: random() < 0.5 ? some(28, 31) : some(1, 31) };
  }
}
