/** What `daysSince2000` gives for a month or day of zero, */
export const NO_DATE = 0x7ffffffe;
/** and for the year 0 with a real month and day. */
const YEAR_ZERO = NO_DATE + 1;

const DAYS_0_TO_1970 = 719_468;
const DAYS_1970_TO_2000 = 10_957;
const DAYS_PER_ERA = 146_097;

/**
 * Days from 2000-01-01 of a date of MySQL's binary protocol, `length year year month day …`, in the Gregorian calendar
 * as both databases extend it to the past.
 * @returns NO_DATE or above when there is no such day.
 */
export function daysSince2000(input: Buffer, q: number): number {
  if ((input[q] as number) < 4) return NO_DATE;
  let year = (input[q + 1] as number) | ((input[q + 2] as number) << 8);
  const month = input[q + 3] as number;
  const day = input[q + 4] as number;
  if (month === 0 || day === 0) return NO_DATE;
  if (year === 0) return YEAR_ZERO;
  // Years begin with March, so that the day that may be missing is the last one.
  if (month <= 2) year -= 1;
  const era = (year / 400) | 0;
  const yearOfEra = year - era * 400;
  const dayOfYear = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1;
  const dayOfEra = yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - DAYS_0_TO_1970 - DAYS_1970_TO_2000;
}

const TWO_32 = 4_294_967_296;
/** A day in microseconds is 20 * 2^32 and this. */
const DAY_LOW = 500_654_080;
const DAY_HIGH = 20;

/** Writes `days` days and `micros` microseconds as one 64-bit number; every step stays below 2^53. */
export function writeMicroseconds(output: Buffer, w: number, days: number, micros: number): void {
  const sum = days * DAY_LOW + micros;
  const carry = Math.floor(sum / TWO_32);
  const low = sum - carry * TWO_32;
  const high = days * DAY_HIGH + carry;
  output[w] = high >> 24;
  output[w + 1] = high >> 16;
  output[w + 2] = high >> 8;
  output[w + 3] = high;
  output[w + 4] = low >>> 24;
  output[w + 5] = low >>> 16;
  output[w + 6] = low >>> 8;
  output[w + 7] = low;
}
