/**
 * A clock time without a zone: milliseconds since 1970-01-01 00:00 as a clock there would show them. The same numbers
 * as an instant in UTC, but another thing: only a zone's clock makes one from the other.
 */
export type ClockTime = number;

interface Bounds {
  readonly start: ClockTime;
  /** The last moment that counts, itself included; null: for ever. */
  readonly stop: ClockTime | null;
  /** Length of the period in the schedule's unit, from 1 on. */
  readonly cycle: number;
}

/** When a job is due. Numbers in the lists are distinct and ascending. */
export type Schedule = Bounds &
  (
    | { readonly unit: 'minute' }
    | { readonly unit: 'day' }
    /** Minutes 0..59. */
    | { readonly unit: 'hour'; readonly minutes: readonly number[] }
    /** Days of the week, Monday is 0. */
    | { readonly unit: 'week'; readonly weekdays: readonly number[] }
    /** Days of the month, 1..31. */
    | { readonly unit: 'month'; readonly days: readonly number[] }
  );
