import type { NeutralType } from '@sluice/core/data/column';
import { zoneOffsets } from '@sluice/core/time/zone-offsets';

// Arithmetic on the values of columns that grow, as their sources write them: in whole numbers of the smallest step, so that no
// digit is lost.

const dayMs = 86_400_000;
const microsecondsPerSecond = 1_000_000n;

const integerForm = /^-?\d{1,40}$/;
const decimalForm = /^(-?)(\d{1,200})(?:\.(\d{1,200}))?$/;
const dateForm = /^(\d{4})-(\d\d)-(\d\d)$/;
const momentForm =
  /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** Kinds of columns that a run can be read by. */
export type GrowingType = Extract<
  NeutralType,
  { readonly kind: 'integer' | 'decimal' | 'date' | 'timestamp' | 'text' }
>;

/** @returns null for a kind that has no order to rely on. */
export function growingType(type: NeutralType): GrowingType | null {
  switch (type.kind) {
    case 'integer':
    case 'decimal':
    case 'date':
    case 'timestamp':
    case 'text':
      return type;
    default:
      return null;
  }
}

/**
 * A value that somebody wrote, as its source writes it: `2026-01-31T10:00` becomes `2026-01-31 10:00:00`, and where the column holds
 * instants, these in UTC.
 * @param zone for moments that name none.
 * @returns null when it is no value of the type.
 */
export function normalValue(type: GrowingType, text: string, zone: string): string | null {
  if (type.kind === 'text') return text;
  const trimmed = text.trim();
  switch (type.kind) {
    case 'integer':
      return integerForm.test(trimmed) ? String(BigInt(trimmed)) : null;
    case 'decimal':
      return decimalForm.test(trimmed) ? trimmed : null;
    case 'date':
      return daysOf(trimmed) === null ? null : trimmed;
    case 'timestamp':
      return normalMoment(type.zoned, trimmed, zone);
  }
}

function normalMoment(isZoned: boolean, text: string, zone: string): string | null {
  const moment = microsecondsOf(daysOf(text) === null ? text : `${text} 00:00:00`);
  if (moment === null) return null;
  const { wall, offsetMs } = moment;
  if (!isZoned) return offsetMs === null ? momentText(wall, false) : null;
  if (offsetMs !== null) return momentText(wall - BigInt(offsetMs) * 1_000n, true);
  const wholeMs = wall / 1_000n;
  const instantMs = zoneOffsets(zone).instantOf(Number(wholeMs));
  return momentText(BigInt(instantMs) * 1_000n + (wall - wholeMs * 1_000n), true);
}

/**
 * The value that lies some steps lower: seconds for moments, days for dates, else units of the number.
 * @returns null for text, which has no steps, and for what cannot be read or lies before the year 1.
 */
export function lowered(type: GrowingType, value: string, steps: number): string | null {
  switch (type.kind) {
    case 'integer':
      return integerForm.test(value) ? String(BigInt(value) - BigInt(steps)) : null;
    case 'decimal':
      return loweredDecimal(value, steps);
    case 'date': {
      const days = daysOf(value);
      return days === null ? null : dateText(days - steps);
    }
    case 'timestamp': {
      const moment = microsecondsOf(value);
      if (moment === null) return null;
      const at = moment.wall - BigInt(steps) * microsecondsPerSecond;
      return momentText(at, type.zoned);
    }
    case 'text':
      return null;
  }
}

function loweredDecimal(value: string, steps: number): string | null {
  const match = decimalForm.exec(value);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = ''] = match;
  const scaled = BigInt(`${sign}${whole}${fraction}`) - BigInt(steps) * 10n ** BigInt(fraction.length);
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(fraction.length + 1, '0');
  const cut = digits.length - fraction.length;
  const point = fraction === '' ? '' : `.${digits.slice(cut)}`;
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, cut)}${point}`;
}

/**
 * An instant as a value of a column of dates or moments.
 * @param zone whose clock columns without a zone follow.
 */
export function instantValue(type: GrowingType, instant: number, zone: string): string | null {
  if (type.kind !== 'date' && type.kind !== 'timestamp') return null;
  const isZoned = type.kind === 'timestamp' && type.zoned;
  const wall = instant + (isZoned ? 0 : zoneOffsets(zone).offsetAt(instant));
  return type.kind === 'date'
    ? dateText(Math.floor(wall / dayMs))
    : momentText(BigInt(wall) * 1_000n, isZoned);
}

/** Whether one value is less than another, both as `normalValue` gives them. Of texts only their database can tell: false. */
export function isBefore(type: GrowingType, one: string, other: string): boolean {
  if (type.kind === 'text') return false;
  if (type.kind === 'integer') return BigInt(one) < BigInt(other);
  if (type.kind === 'decimal') return compareDecimals(one, other) < 0;
  if (type.kind === 'date') return (daysOf(one) ?? 0) < (daysOf(other) ?? 0);
  return (microsecondsOf(one)?.wall ?? 0n) < (microsecondsOf(other)?.wall ?? 0n);
}

function compareDecimals(one: string, other: string): number {
  const digits = (value: string) => decimalForm.exec(value)?.[3]?.length ?? 0;
  const scale = Math.max(digits(one), digits(other));
  const scaled = (value: string) => {
    const [whole = '0', fraction = ''] = value.split('.');
    return BigInt(`${whole}${fraction.padEnd(scale, '0')}`);
  };
  return Number(scaled(one) - scaled(other));
}

function daysOf(text: string): number | null {
  const match = dateForm.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  const at = new Date(0).setUTCFullYear(year, month - 1, day);
  // 30 February is no day.
  return new Date(at).getUTCDate() === day && month >= 1 && month <= 12 ? at / dayMs : null;
}

function dateText(days: number): string | null {
  const date = new Date(days * dayMs);
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9_999 ? date.toISOString().slice(0, 10) : null;
}

/** What the clock of the text shows, in microseconds since 1970, and how far that clock is ahead of UTC, if the text says so. */
function microsecondsOf(text: string): { readonly wall: bigint; readonly offsetMs: number | null } | null {
  const match = momentForm.exec(text);
  if (match === null) return null;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '0', fraction = '', mark] =
    match;
  const days = daysOf(`${year}-${month}-${day}`);
  if (days === null || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const seconds = Number(hour) * 3_600 + Number(minute) * 60 + Number(second);
  const wall =
    (BigInt(days) * 86_400n + BigInt(seconds)) * microsecondsPerSecond + BigInt(fraction.padEnd(6, '0'));
  return { wall, offsetMs: mark === undefined ? null : offsetOf(mark) };
}

function offsetOf(mark: string): number {
  if (mark === 'Z') return 0;
  const digits = mark.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (mark.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** @returns null outside of the years 1 to 9999. */
function momentText(microseconds: bigint, isZoned: boolean): string | null {
  const rest = ((microseconds % microsecondsPerSecond) + microsecondsPerSecond) % microsecondsPerSecond;
  const date = new Date(Number((microseconds - rest) / 1_000n));
  const year = date.getUTCFullYear();
  if (Number.isNaN(year) || year < 1 || year > 9_999) return null;
  const iso = date.toISOString();
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction}${isZoned ? '+00' : ''}`;
}
