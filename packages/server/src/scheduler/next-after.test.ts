import { expect, test } from 'vitest';
import { nextAfter } from './next-after.ts';
import type { Schedule } from './schedule.ts';
import { ZoneClock } from './zone-clock.ts';

const at = (text: string) => Date.parse(`${text.replace(' ', 'T')}Z`);

/** The first moments of a schedule, as the zone's clock shows them. */
function firstOf(
  schedule: Schedule,
  zone: string,
  count: number,
  after = Number.NEGATIVE_INFINITY,
): string[] {
  const clock = new ZoneClock(zone);
  const shown: string[] = [];
  let due = nextAfter(schedule, clock, Math.max(after, 0));
  while (due !== null && shown.length < count) {
    shown.push(new Date(clock.clockTimeOf(due)).toISOString().slice(0, 16).replace('T', ' '));
    due = nextAfter(schedule, clock, due);
  }
  return shown;
}

const start = at('2023-01-01 00:00');
const stop = at('2023-12-31 23:59');

// The published examples, and the one that was published without its answer.
test.each<[string, Schedule, string[]]>([
  [
    'minute',
    { unit: 'minute', cycle: 30, start, stop },
    ['2023-01-01 00:00', '2023-01-01 00:30', '2023-01-01 01:00'],
  ],
  [
    'hour',
    { unit: 'hour', cycle: 2, minutes: [10, 30, 50], start, stop: null },
    ['2023-01-01 00:10', '2023-01-01 00:30', '2023-01-01 00:50', '2023-01-01 02:10'],
  ],
  [
    'hour, start within it',
    { unit: 'hour', cycle: 3, minutes: [10], start: at('2023-01-01 01:20'), stop: null },
    ['2023-01-01 02:10', '2023-01-01 05:10', '2023-01-01 08:10'],
  ],
  [
    'day',
    { unit: 'day', cycle: 3, start, stop: null },
    ['2023-01-01 00:00', '2023-01-04 00:00', '2023-01-07 00:00'],
  ],
  [
    'week',
    { unit: 'week', cycle: 2, weekdays: [1, 5, 6], start, stop },
    [
      '2023-01-01 00:00',
      '2023-01-10 00:00',
      '2023-01-14 00:00',
      '2023-01-15 00:00',
      '2023-01-24 00:00',
      '2023-01-28 00:00',
      '2023-01-29 00:00',
    ],
  ],
  [
    'month',
    { unit: 'month', cycle: 1, days: [5, 25], start, stop: null },
    ['2023-01-05 00:00', '2023-01-25 00:00', '2023-02-05 00:00'],
  ],
  [
    'days that a month lacks',
    { unit: 'month', cycle: 1, days: [30, 31], start, stop: null },
    ['2023-01-30 00:00', '2023-01-31 00:00', '2023-03-30 00:00', '2023-03-31 00:00', '2023-04-30 00:00'],
  ],
  [
    'leap days',
    { unit: 'month', cycle: 12, days: [29], start: at('2096-02-01 00:00'), stop: null },
    ['2096-02-29 00:00', '2104-02-29 00:00'],
  ],
])('%s', (_, schedule, expected) => {
  expect(firstOf(schedule, 'Asia/Shanghai', expected.length)).toEqual(expected);
});

test.each([
  [1, '2022-10-15 00:00'],
  [2, '2022-10-16 00:00'],
])('a start in the past keeps its grid, every %i days', (cycle, expected) => {
  const now = new ZoneClock('Asia/Shanghai').instantOf(at('2022-10-14 12:00'));
  const schedule = { unit: 'day', cycle, start: at('2022-10-14 00:00'), stop: null } as const;
  expect(firstOf(schedule, 'Asia/Shanghai', 1, now)).toEqual([expected]);
});

test('a time that the clock leaves out is put forward as the clock is, one that it shows twice counts once', () => {
  const spring = { unit: 'day', cycle: 1, start: at('2026-03-07 02:30'), stop: null } as const;
  expect(firstOf(spring, 'America/New_York', 3)).toEqual([
    '2026-03-07 02:30',
    '2026-03-08 03:30',
    '2026-03-09 02:30',
  ]);
  const autumn = { ...spring, start: at('2026-10-31 01:30') };
  const clock = new ZoneClock('America/New_York');
  const first = nextAfter(autumn, clock, at('2026-11-01 00:00')) ?? 0;
  expect(new Date(first).toISOString()).toBe('2026-11-01T05:30:00.000Z');
  expect(firstOf(autumn, 'America/New_York', 2, first)).toEqual(['2026-11-02 01:30', '2026-11-03 01:30']);
});

test('start and stop count, and nothing outside them', () => {
  const schedule = { unit: 'minute', cycle: 5, start, stop: start + 600_000 } as const;
  const clock = new ZoneClock('UTC');
  expect(nextAfter(schedule, clock, start - 1)).toBe(start);
  expect(nextAfter(schedule, clock, start + 599_999)).toBe(start + 600_000);
  expect(nextAfter(schedule, clock, start + 600_000)).toBeNull();
  const never = { unit: 'month', cycle: 12, days: [31], start: at('2023-02-01 00:00'), stop: null } as const;
  expect(nextAfter(never, clock, 0)).toBeNull();
});
