// Dates by the patterns of Java's SimpleDateFormat, which jobs of the cloud are written in. One place for the two directions,
// so that time macros and expressions agree.

import { dayNumber, weekDateOf, weekdayOf } from './calendar.ts';
import { eraNames, halfDayNames, monthNames, shortName, weekdayNames } from './calendar-names.ts';
import { dateOf, noDateFields, readDateField, skipBlanks } from './date-fields.ts';
import { datePatternParts, type PatternField } from './date-pattern.ts';
import { type ZoneOffsets, zoneOffsets } from './zone-offsets.ts';

/** A text that does not follow its pattern. */
export class DateTextError extends Error {
  constructor(text: string, pattern: string) {
    const shown = text.length > 64 ? `${text.slice(0, 64)}…` : text;
    super(`${JSON.stringify(shown)} is no date of the form ${pattern}`);
    this.name = 'DateTextError';
  }
}

/**
 * An instant as text, by a pattern of SimpleDateFormat. Names are English; the calendar is the Gregorian one for all times.
 * @param epochMs Unix milliseconds. @param zone see `zoneOffsets`.
 * @throws DatePatternError; RangeError for an instant beyond what a date can be, or a zone that is none.
 */
export function formatDate(epochMs: number, pattern: string, zone: string): string {
  const parts = datePatternParts(pattern);
  const offsets = zoneOffsets(zone);
  const shown = showAt(epochMs, offsets);
  let text = '';
  for (const part of parts) text += part.kind === 'text' ? part.text : fieldText(part, shown, offsets);
  return text;
}

/**
 * Reads a text by a pattern of SimpleDateFormat, leniently as Java does: numbers may exceed their bounds and carry over
 * (month 13 is the next January), what follows the pattern's end is not looked at, and fields that the pattern lacks are those of
 * 1970-01-01 00:00:00. A millisecond field of up to three letters takes three digits at most, so that microseconds behind
 * a point are cut off; Java would take 123456 for as many milliseconds.
 * @param zone see `zoneOffsets`; a zone in the text wins.
 * @param nowMs decides the century of years with two digits, Unix milliseconds.
 * @returns Unix milliseconds.
 * @throws DateTextError; DatePatternError; RangeError for a zone that is none.
 */
export function parseDate(text: string, pattern: string, zone: string, nowMs: number = Date.now()): number {
  const found = noDateFields();
  let at = 0;
  for (const part of datePatternParts(pattern)) {
    if (part.kind === 'text') {
      if (!text.startsWith(part.text, at)) throw new DateTextError(text, pattern);
      at += part.text.length;
    } else {
      at = readDateField(part, text, skipBlanks(text, at), found);
      if (at < 0) throw new DateTextError(text, pattern);
    }
  }
  const instant = dateOf(found, zone, nowMs);
  if (!Number.isFinite(new Date(instant).getTime())) throw new DateTextError(text, pattern);
  return instant;
}

/** What a clock and a calendar show of an instant. */
interface Shown {
  readonly instant: number;
  readonly offsetMs: number;
  /** 0 is the year before 1. */
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly milli: number;
}

function showAt(epochMs: number, offsets: ZoneOffsets): Shown {
  const instant = Math.floor(epochMs);
  const offsetMs = offsets.offsetAt(instant);
  const clock = new Date(instant + offsetMs);
  if (!Number.isFinite(clock.getTime())) throw new RangeError(`no date: ${epochMs} ms`);
  return {
    instant,
    offsetMs,
    year: clock.getUTCFullYear(),
    month: clock.getUTCMonth() + 1,
    day: clock.getUTCDate(),
    hour: clock.getUTCHours(),
    minute: clock.getUTCMinutes(),
    second: clock.getUTCSeconds(),
    milli: clock.getUTCMilliseconds(),
  };
}

function fieldText(field: PatternField, shown: Shown, offsets: ZoneOffsets): string {
  const { letter, count } = field;
  const number = (value: number) => String(value).padStart(count, '0');
  const { year, month, day, hour } = shown;
  switch (letter) {
    case 'G':
      return eraNames[year > 0 ? 1 : 0] ?? '';
    case 'y':
      return yearText(year > 0 ? year : 1 - year, count);
    case 'Y': {
      const { weekYear } = weekDateOf(year, month, day);
      return yearText(weekYear > 0 ? weekYear : 1 - weekYear, count);
    }
    case 'M':
    case 'L':
      if (count <= 2) return number(month);
      return nameText(monthNames[month - 1] ?? '', count);
    case 'w':
      return number(weekDateOf(year, month, day).weekOfYear);
    case 'W':
      return number(weekDateOf(year, month, day).weekOfMonth);
    case 'D':
      return number(dayNumber(year, month, day) - dayNumber(year, 1, 1) + 1);
    case 'd':
      return number(day);
    case 'F':
      return number(Math.floor((day - 1) / 7) + 1);
    case 'E':
      return nameText(weekdayNames[weekdayOf(dayNumber(year, month, day)) - 1] ?? '', count);
    case 'u': {
      const weekday = weekdayOf(dayNumber(year, month, day));
      return number(weekday === 1 ? 7 : weekday - 1);
    }
    case 'a':
      return halfDayNames[hour < 12 ? 0 : 1] ?? '';
    case 'H':
      return number(hour);
    case 'k':
      return number(hour === 0 ? 24 : hour);
    case 'K':
      return number(hour % 12);
    case 'h':
      return number(hour % 12 === 0 ? 12 : hour % 12);
    case 'm':
      return number(shown.minute);
    case 's':
      return number(shown.second);
    case 'S':
      return number(shown.milli);
    case 'z':
      return zoneName(shown.instant, offsets, count);
    case 'Z':
      return offsetText(shown.offsetMs, '');
    case 'X':
      return isoOffset(shown.offsetMs, count);
    default:
      throw new RangeError(`no field ${letter}`);
  }
}

/** Two letters cut the year to two digits, and no other number does. */
function yearText(year: number, count: number): string {
  return count === 2 ? String(year % 100).padStart(2, '0') : String(year).padStart(count, '0');
}

function nameText(name: string, count: number): string {
  return count >= 4 ? name : shortName(name);
}

function offsetText(offsetMs: number, separator: string): string {
  const minutes = Math.floor(Math.abs(offsetMs) / 60_000);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
}

function isoOffset(offsetMs: number, count: number): string {
  if (offsetMs === 0) return 'Z';
  const text = offsetText(offsetMs, count === 3 ? ':' : '');
  return count === 1 ? text.slice(0, 3) : text;
}

/** Names as the runtime knows them in English: `EST`, `Central European Standard Time`, else `GMT+08:00`. */
function zoneName(instant: number, offsets: ZoneOffsets, count: number): string {
  const { zone } = offsets;
  const byOffset = `GMT${offsetText(offsets.offsetAt(instant), ':')}`;
  if (/^(?:GMT|UTC|[+-])/.test(zone)) return zone === 'UTC' || zone === 'GMT' ? zone : byOffset;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    timeZoneName: count >= 4 ? 'long' : 'short',
  });
  const name = format.formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value;
  return name === undefined || /^GMT/.test(name) ? byOffset : name;
}
