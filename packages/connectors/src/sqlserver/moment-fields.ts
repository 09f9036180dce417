// Days and times as TDS has them, out of the texts of neutral values.

const DAY_MS = 86_400_000;
/** Days from 0001-01-01 to 1970-01-01. */
const DAYS_TO_1970 = 719_162;
const SECONDS_PER_DAY = 86_400;
/** SQL Server counts the second in steps of 10^-7. */
export const TICK_DIGITS = 7;

const dateForm = /^(\d{4})-(\d\d)-(\d\d)$/;
const clockForm = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?$/;
const stampForm = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d{1,12})?))?$/;

/** A time of day. */
export interface Clock {
  readonly seconds: number;
  /** Behind the second, without zeros at the end. */
  readonly fraction: string;
}

/** Days since 0001-01-01 of a day that there is; null for any other text. */
export function daysOf(text: string): number | null {
  const [, year, month, day] = dateForm.exec(text) ?? [];
  if (year === undefined || year === '0000') return null;
  const ms = new Date(0).setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  // The thirtieth of February would be some day of March.
  const isThere = new Date(ms).getUTCDate() === Number(day) && Number(month) >= 1 && Number(month) <= 12;
  return isThere ? ms / DAY_MS + DAYS_TO_1970 : null;
}

/** A time from 00:00:00 to below 24:00:00; null for any other text. */
export function clockOf(text: string): Clock | null {
  const [, hour, minute, second, fraction = ''] = clockForm.exec(text) ?? [];
  if (hour === undefined) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const seconds = Number(hour) * 3_600 + Number(minute) * 60 + Number(second);
  return seconds < SECONDS_PER_DAY ? { seconds, fraction: fraction.replace(/0+$/, '') } : null;
}

/** A day, with a time or at midnight. */
export function stampOf(text: string): { readonly days: number; readonly clock: Clock } | null {
  const [, day, time] = stampForm.exec(text) ?? [];
  if (day === undefined) return null;
  const days = daysOf(day);
  const clock = time === undefined ? { seconds: 0, fraction: '' } : clockOf(time);
  return days === null || clock === null ? null : { days, clock };
}

/** A time in units of so many digits of a second. Call only for clocks that have no more digits. */
export function ticksOf({ seconds, fraction }: Clock, digits: number): number {
  return seconds * 10 ** digits + Number(fraction.padEnd(digits, '0') || '0');
}

/** Bytes of a time of so many digits. */
export function timeBytes(digits: number): number {
  return digits <= 2 ? 3 : digits <= 4 ? 4 : 5;
}

/** Days from 0001-01-01 to 1900-01-01, which the old types count from. */
export const DAYS_TO_1900 = 693_595;
/** 1753-01-01, the first day of DATETIME, counted from 1900. */
export const DATETIME_FIRST_DAY = -53_690;
/** 2079-06-06, the last day of SMALLDATETIME. */
export const SMALLDATETIME_LAST_DAY = 65_535;

const STEPS_PER_SECOND = 300;

/** A time in the steps of DATETIME; null when it lies between two of them. The server prints a step rounded to milliseconds. */
export function datetimeSteps({ seconds, fraction }: Clock): number | null {
  if (fraction.length > 3) return null;
  const ms = Number(fraction.padEnd(3, '0'));
  const steps = Math.round((ms * 3) / 10);
  if (Math.round((steps * 10) / 3) !== ms) return null;
  return seconds * STEPS_PER_SECOND + steps;
}
