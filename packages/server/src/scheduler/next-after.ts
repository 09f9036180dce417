import type { ClockTime, Schedule } from './schedule.ts';
import type { ZoneClock } from './zone-clock.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Monday of the week of 1970-01-01, a Thursday, was three days before. */
const daysSinceMonday = 3;
/** Days between an instant and the clock's date that a change of the clock can make: Samoa left out a whole day. */
const daysShiftedMax = 2;
/** Nothing is due after the year 9999, which ends every search. */
const horizon = Date.UTC(10_000, 0, 1);

/**
 * The first moment after `instant` (Unix milliseconds, itself excluded) at which the schedule is due, or null when there is
 * none any more.
 *
 * Minutes and hours are lengths of time, counted from the start whatever the clock does meanwhile; days, weeks and months
 * are those of the calendar, at the start's clock time (decision 0017).
 */
export function nextAfter(schedule: Schedule, clock: ZoneClock, instant: number): number | null {
  const start = clock.instantOf(schedule.start);
  const from = Math.max(instant, start - 1);
  const due = firstAfter(schedule, clock, start, from);
  if (due === null || due >= horizon) return null;
  return schedule.stop !== null && due > clock.instantOf(schedule.stop) ? null : due;
}

function firstAfter(schedule: Schedule, clock: ZoneClock, start: number, from: number): number | null {
  if (schedule.unit === 'minute') {
    const step = schedule.cycle * minuteMs;
    return start + Math.max(0, Math.floor((from - start) / step) + 1) * step;
  }
  if (schedule.unit === 'hour') return hourAfter(schedule.cycle, schedule.minutes, clock, start, from);

  const timeOfDay = clockOf(schedule.start);
  const startDay = dayOf(schedule.start);
  const fromDay = Math.max(startDay, dayOf(clock.clockTimeOf(from)) - daysShiftedMax);
  for (const day of daysFrom(schedule, startDay, fromDay)) {
    const due = clock.instantOf(day * dayMs + timeOfDay);
    if (due > from) return due;
  }
  return null;
}

/** Hours of the grid begin at a full hour of the start's clock and follow each other by `cycle` times 60 minutes. */
function hourAfter(
  cycle: number,
  minutes: readonly number[],
  clock: ZoneClock,
  start: number,
  from: number,
): number {
  const startHour = start - (clock.clockTimeOf(start) % hourMs);
  const hasMinuteLeft = minutesWithin(startHour, minutes, clock).some((due) => due >= start);
  const anchor = hasMinuteLeft ? startHour : startHour + hourMs;
  const step = cycle * hourMs;
  for (let hour = anchor + Math.max(0, Math.floor((from - anchor) / step)) * step; ; hour += step) {
    const due = minutesWithin(hour, minutes, clock).find((each) => each > from);
    if (due !== undefined) return due;
    // Only an hour in which the clock leaves out every chosen minute brings the search here twice.
    if (hour >= horizon) return hour;
  }
}

/** The instants in the hour from `hour` on at which the clock shows one of the minutes; ascending. */
function minutesWithin(hour: number, minutes: readonly number[], clock: ZoneClock): readonly number[] {
  const shown = clock.clockTimeOf(hour);
  const isEven = clock.clockTimeOf(hour + hourMs - 1) - shown === hourMs - 1;
  const found: number[] = [];
  for (let minute = 0; minute < 60; minute += 1) {
    const instant = hour + minute * minuteMs;
    const time = isEven ? shown + minute * minuteMs : clock.clockTimeOf(instant);
    if (minutes.includes(Math.floor((time % hourMs) / minuteMs))) found.push(instant);
  }
  return found;
}

type CalendarSchedule = Exclude<Schedule, { unit: 'minute' } | { unit: 'hour' }>;

/** Days of the calendar on which the schedule is due, as numbers since 1970-01-01, ascending, none before `fromDay`. */
function* daysFrom(schedule: CalendarSchedule, startDay: number, fromDay: number): Generator<number> {
  const { cycle } = schedule;
  const lastDay = horizon / dayMs;
  switch (schedule.unit) {
    case 'day': {
      const first = startDay + Math.ceil((fromDay - startDay) / cycle) * cycle;
      for (let day = first; day < lastDay; day += cycle) yield day;
      return;
    }
    case 'week': {
      const startWeek = weekOf(startDay);
      let week = startWeek + Math.floor((weekOf(fromDay) - startWeek) / cycle) * cycle;
      for (; week * 7 < lastDay; week += cycle) {
        const monday = week * 7 - daysSinceMonday;
        for (const weekday of schedule.weekdays) if (monday + weekday >= fromDay) yield monday + weekday;
      }
      return;
    }
    case 'month': {
      const startMonth = monthOf(startDay);
      let month = startMonth + Math.floor((monthOf(fromDay) - startMonth) / cycle) * cycle;
      for (; ; month += cycle) {
        const first = Date.UTC(1970, month, 1) / dayMs;
        const next = Date.UTC(1970, month + 1, 1) / dayMs;
        if (!(first < lastDay)) return;
        // A day that the month lacks is left out, not moved.
        for (const each of schedule.days) {
          const day = first + each - 1;
          if (day < next && day >= fromDay) yield day;
        }
      }
    }
  }
}

function dayOf(time: ClockTime): number {
  return Math.floor(time / dayMs);
}

function clockOf(time: ClockTime): number {
  return time - dayOf(time) * dayMs;
}

function weekOf(day: number): number {
  return Math.floor((day + daysSinceMonday) / 7);
}

/** Months since January 1970. */
function monthOf(day: number): number {
  const date = new Date(day * dayMs);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}
