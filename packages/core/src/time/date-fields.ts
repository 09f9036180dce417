// What a text says of a date, field by field, and the instant that they make together.

import { dayNumber, dayOfWeekDate, weekdayOf } from './calendar.ts';
import { eraNames, halfDayNames, monthNames, shortName, weekdayNames } from './calendar-names.ts';
import { isNumeric, type PatternField } from './date-pattern.ts';
import { fixedOffset, zoneOffsets } from './zone-offsets.ts';

/** Numbers of a date are at most this, as Java's integers. */
const numberMax = 2_147_483_647;
/** Digits of one number at most. */
const digitsMax = 19;
/** Two digits of a year stand for the one within this many years before and 20 after now. */
const centuryBack = 80;

/** Fields as they were read; the later of two that contradict each other wins. */
export interface DateFields {
  era: number | null;
  year: number | null;
  /** The year came with two digits: `year` is its place in the century. */
  isShortYear: boolean;
  weekYear: number | null;
  month: number | null;
  day: number | null;
  dayOfYear: number | null;
  week: number | null;
  weekOfMonth: number | null;
  weekdayInMonth: number | null;
  weekday: number | null;
  hour: number | null;
  hourOfHalf: number | null;
  half: number | null;
  minute: number;
  second: number;
  milli: number;
  offsetMs: number | null;
  /** Which field names the day, of those that were read. */
  dayBy: 'day' | 'dayOfYear' | 'week' | 'weekOfMonth' | 'weekdayInMonth' | null;
}

/** Nothing read yet. */
export function noDateFields(): DateFields {
  return {
    era: null,
    year: null,
    isShortYear: false,
    weekYear: null,
    month: null,
    day: null,
    dayOfYear: null,
    week: null,
    weekOfMonth: null,
    weekdayInMonth: null,
    weekday: null,
    hour: null,
    hourOfHalf: null,
    half: null,
    minute: 0,
    second: 0,
    milli: 0,
    offsetMs: null,
    dayBy: null,
  };
}

/** Blanks and tabs may stand before every field. */
export function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text.charAt(at) === ' ' || text.charAt(at) === '\t') at += 1;
  return at;
}

/** @returns where the field ends; -1: it is not there. */
export function readDateField(field: PatternField, text: string, at: number, found: DateFields): number {
  if (at >= text.length) return -1;
  if (!isNumeric(field)) return readName(field, text, at, found);
  const { letter, count, isAbutting } = field;
  if (isAbutting && at + count > text.length) return -1;
  const cutsFraction = letter === 'S' && count <= 3 && !isAbutting;
  const number = readNumber(text, at, isAbutting ? at + count : text.length);
  if (number === null) return -1;
  let { value } = number;
  if (cutsFraction && number.end - at > 3 && text.charAt(at) !== '-') value = Number(text.slice(at, at + 3));
  if (Math.abs(value) > numberMax) return -1;
  switch (letter) {
    case 'y':
      found.year = value;
      found.isShortYear = count <= 2 && number.end - at === 2 && /^\d\d$/.test(text.slice(at, at + 2));
      found.weekYear = null;
      break;
    case 'Y':
      found.weekYear = value;
      break;
    case 'M':
    case 'L':
      found.month = value;
      break;
    case 'd':
      found.day = value;
      found.dayBy = 'day';
      break;
    case 'D':
      found.dayOfYear = value;
      found.dayBy = 'dayOfYear';
      break;
    case 'w':
      found.week = value;
      found.dayBy = 'week';
      break;
    case 'W':
      found.weekOfMonth = value;
      found.dayBy = 'weekOfMonth';
      break;
    case 'F':
      found.weekdayInMonth = value;
      found.dayBy = 'weekdayInMonth';
      break;
    case 'u':
      found.weekday = (((value % 7) + 7) % 7) + 1;
      break;
    case 'H':
      found.hour = value;
      found.hourOfHalf = null;
      break;
    case 'k':
      found.hour = value === 24 ? 0 : value;
      found.hourOfHalf = null;
      break;
    case 'K':
      found.hourOfHalf = value;
      found.hour = null;
      break;
    case 'h':
      found.hourOfHalf = value === 12 ? 0 : value;
      found.hour = null;
      break;
    case 'm':
      found.minute = value;
      break;
    case 's':
      found.second = value;
      break;
    case 'S':
      found.milli = value;
      break;
  }
  return number.end;
}

/** Digits, perhaps behind a minus sign. */
function readNumber(text: string, from: number, limit: number): { value: number; end: number } | null {
  const isNegative = text.charAt(from) === '-';
  const first = isNegative ? from + 1 : from;
  let end = first;
  while (end < limit && isDigit(text.charCodeAt(end))) end += 1;
  if (end === first || end - first > digitsMax) return null;
  const size = Number(text.slice(first, end));
  return { value: isNegative ? -size : size, end };
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function readName(field: PatternField, text: string, at: number, found: DateFields): number {
  const among = (names: readonly string[]): readonly [index: number, end: number] => {
    let best: readonly [number, number] = [-1, -1];
    names.forEach((name, index) => {
      const end = at + name.length;
      if (end > best[1] && text.slice(at, end).toLowerCase() === name.toLowerCase()) best = [index, end];
    });
    return best;
  };
  switch (field.letter) {
    case 'G': {
      const [era, end] = among(eraNames);
      found.era = era;
      return end;
    }
    case 'M':
    case 'L': {
      const [index, end] = among([...monthNames, ...monthNames.map(shortName)]);
      found.month = (index % 12) + 1;
      return end;
    }
    case 'E': {
      const [index, end] = among([...weekdayNames, ...weekdayNames.map(shortName)]);
      found.weekday = (index % 7) + 1;
      return end;
    }
    case 'a': {
      const [half, end] = among(halfDayNames);
      found.half = half;
      return end;
    }
    default:
      return readZone(text, at, found);
  }
}

/** `Z`, `GMT`, `UTC`, and offsets of hours, minutes and perhaps a colon, with or without `GMT` before. */
function readZone(text: string, at: number, found: DateFields): number {
  const match = /^(?:(?:GMT|UTC)?[+-]\d{1,2}(?::?\d\d)?|GMT|UTC|Z)/i.exec(text.slice(at, at + 16));
  if (match === null) return -1;
  found.offsetMs = fixedOffset(match[0].toUpperCase());
  return found.offsetMs === null ? -1 : at + match[0].length;
}

/** @returns Unix milliseconds. */
export function dateOf(found: DateFields, zone: string, nowMs: number): number {
  const hour = found.hour ?? (found.hourOfHalf ?? 0) + (found.half ?? 0) * 12;
  const time = ((hour * 60 + found.minute) * 60 + found.second) * 1_000 + found.milli;
  const clockTime = (year: number) => dayOf(found, year) * 86_400_000 + time;
  const toInstant = (clock: number) =>
    found.offsetMs === null ? zoneOffsets(zone).instantOf(clock) : clock - found.offsetMs;
  if (found.isShortYear && found.year !== null) {
    const start = new Date(nowMs);
    start.setUTCFullYear(start.getUTCFullYear() - centuryBack);
    const startYear = start.getUTCFullYear();
    const century = Math.floor(startYear / 100) * 100;
    const year = century + found.year + (found.year < startYear % 100 ? 100 : 0);
    const instant = toInstant(clockTime(year));
    return instant < start.getTime() && year === startYear ? toInstant(clockTime(year + 100)) : instant;
  }
  const year = found.year ?? 1970;
  return toInstant(clockTime(found.era === 0 ? 1 - year : year));
}

/** The day number, by the field that names the day; none does: the month's first day, or the weekday of a week date. */
function dayOf(found: DateFields, year: number): number {
  const month = found.month ?? 1;
  const firstOfMonth = dayNumber(year, month, 1);
  switch (found.dayBy) {
    case 'dayOfYear':
      return dayNumber(year, 1, found.dayOfYear ?? 1);
    case 'week':
      return dayOfWeekDate(dayNumber(found.weekYear ?? year, 1, 1), found.week ?? 1, found.weekday ?? 1);
    case 'weekOfMonth':
      return dayOfWeekDate(firstOfMonth, found.weekOfMonth ?? 1, found.weekday ?? 1);
    case 'weekdayInMonth': {
      const ahead = ((found.weekday ?? 1) - weekdayOf(firstOfMonth) + 7) % 7;
      return firstOfMonth + ahead + ((found.weekdayInMonth ?? 1) - 1) * 7;
    }
    default:
      if (found.weekYear !== null && found.year === null) {
        return dayOfWeekDate(dayNumber(found.weekYear, 1, 1), 1, found.weekday ?? 1);
      }
      return dayNumber(year, month, found.day ?? 1);
  }
}
