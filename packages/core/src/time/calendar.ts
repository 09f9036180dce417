// The Gregorian calendar, carried on into the past before 1582 as the databases do it. Days are counted from 1970-01-01.

const dayMs = 86_400_000;

/** Days from 1970-01-01 to a date; month and day may lie beyond their bounds and carry over. @param month 1-12. */
export function dayNumber(year: number, month: number, day: number): number {
  const months = year * 12 + (month - 1);
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(months / 12), ((months % 12) + 12) % 12, 1);
  return Math.floor(date.getTime() / dayMs) + (day - 1);
}

/** 1 = Sunday … 7 = Saturday, of a day number. */
export function weekdayOf(day: number): number {
  return ((((day + 4) % 7) + 7) % 7) + 1;
}

/** Weeks begin on Sunday, and the first one is that with the first day: the rules of the United States, Java's default. */
export interface WeekDate {
  readonly weekYear: number;
  readonly weekOfYear: number;
  readonly weekOfMonth: number;
}

export function weekDateOf(year: number, month: number, dayOfMonth: number): WeekDate {
  const day = dayNumber(year, month, dayOfMonth);
  const weekStart = day - (weekdayOf(day) - 1);
  const nextYear = dayNumber(year + 1, 1, 1);
  const weekOfMonth = weekOf(day, dayNumber(year, month, 1));
  // The week that holds the next 1 January is that year's first.
  if (weekStart + 6 >= nextYear) return { weekYear: year + 1, weekOfYear: 1, weekOfMonth };
  return { weekYear: year, weekOfYear: weekOf(day, dayNumber(year, 1, 1)), weekOfMonth };
}

/** The day number of a weekday of a week, counted from the week that holds `first`. */
export function dayOfWeekDate(first: number, week: number, weekday: number): number {
  return first - (weekdayOf(first) - 1) + (week - 1) * 7 + (weekday - 1);
}

function weekOf(day: number, first: number): number {
  return Math.floor((day - (first - (weekdayOf(first) - 1))) / 7) + 1;
}
