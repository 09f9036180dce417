import { type ZoneOffsets, zoneOffsets } from '../time/zone-offsets.ts';

/** Units of an offset. */
export const macroUnits = ['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH', 'YEAR'] as const;
export type MacroUnit = (typeof macroUnits)[number];

const dayMs = 86_400_000;
const fixedMs = { SECOND: 1_000, MINUTE: 60_000, HOUR: 3_600_000 } as const;

/**
 * Moves an instant by a number of units, as `java.util.Calendar.add` does in a zone:
 * - seconds, minutes and hours are lengths of time;
 * - a day keeps the clock's time. Where the clock is changed in between, the instant is moved by the difference of both offsets,
 *   unless that leads into another day: a time that the clock leaves out can so become an hour less or more;
 * - months and years keep the day of the month, or take the month's last one when it is shorter.
 * @param instant Unix milliseconds.
 */
export function shiftTime(instant: number, amount: number, unit: MacroUnit, zone: string): number {
  if (amount === 0) return instant;
  switch (unit) {
    case 'SECOND':
    case 'MINUTE':
    case 'HOUR':
      return instant + amount * fixedMs[unit];
    case 'DAY':
      return shiftDays(instant, amount, zoneOffsets(zone));
    case 'MONTH':
      return shiftMonths(instant, amount, zoneOffsets(zone));
    case 'YEAR':
      return shiftMonths(instant, amount * 12, zoneOffsets(zone));
  }
}

function shiftDays(instant: number, days: number, zone: ZoneOffsets): number {
  const offset = zone.offsetAt(instant);
  const wanted = dayOf(instant + offset) + days;
  const shifted = instant + days * dayMs;
  const change = offset - zone.offsetAt(shifted);
  if (change === 0) return shifted;
  const adjusted = shifted + change;
  return dayOf(adjusted + zone.offsetAt(adjusted)) === wanted ? adjusted : shifted;
}

/** @param wall what a clock shows, as if it were UTC. */
function dayOf(wall: number): number {
  return Math.floor(wall / dayMs);
}

function shiftMonths(instant: number, months: number, zone: ZoneOffsets): number {
  const wall = instant + zone.offsetAt(instant);
  const date = new Date(wall);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const first = new Date(0).setUTCFullYear(Math.floor(month / 12), month - Math.floor(month / 12) * 12, 1);
  const day = Math.min(date.getUTCDate(), daysInMonth(first));
  const timeOfDay = wall - dayOf(wall) * dayMs;
  return zone.instantOf(first + (day - 1) * dayMs + timeOfDay);
}

/** @param first any time of the month's first day. */
function daysInMonth(first: number): number {
  const date = new Date(first);
  return new Date(new Date(0).setUTCFullYear(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}
