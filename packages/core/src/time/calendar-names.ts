/** English names, as the pattern's text fields print and read them. */
export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

export const weekdayNames = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;

export const eraNames = ['BC', 'AD'] as const;
export const halfDayNames = ['AM', 'PM'] as const;

/** The first three letters. */
export function shortName(name: string): string {
  return name.slice(0, 3);
}
