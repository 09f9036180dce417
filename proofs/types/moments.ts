interface Moment {
  /** `infinity`, or a day with its era. */
  readonly day: string;
  /** Microseconds since midnight, in UTC where a zone is said. */
  readonly micros: bigint;
  readonly hasClock: boolean;
}

const momentForm =
  /^(\d{4,7})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d(?::?\d\d)?)?)?( BC)?$/;
const timeForm = /^(-?)(\d+):(\d\d):(\d\d)(?:\.(\d+))?([+-]\d\d(?::\d\d){0,2})?$/;

function momentOf(text: string): Moment | null {
  if (/^-?infinity$/.test(text)) return { day: text, micros: 0n, hasClock: false };
  const [whole, year, month, day, hour, minute, second, fraction, zone = '', era = ''] =
    momentForm.exec(text) ?? [];
  if (whole === undefined) return null;
  if (hour === undefined)
    return { day: `${Number(year)}-${month}-${day}${era}`, micros: 0n, hasClock: false };
  const micros = microsOf(hour, minute, second, fraction);
  const offset = offsetOf(zone);
  if (micros === null || offset === null) return null;
  if (offset !== 0n) return inUtc(`${year}-${month}-${day}T${hour}:${minute}:${second}`, micros, offset);
  return { day: `${Number(year)}-${month}-${day}${era}`, micros, hasClock: true };
}

/** A moment of a zone: both sides are compared in UTC. @param offset seconds east of it. */
function inUtc(clock: string, micros: bigint, offset: bigint): Moment {
  const moved = new Date(Date.parse(`${clock}Z`) - Number(offset) * 1_000);
  const [day = '', time = ''] = moved.toISOString().slice(0, 19).split('T');
  const [hour, minute, second] = time.split(':');
  const [year, month, dayOfMonth] = day.split('-');
  const whole = microsOf(hour, minute, second) ?? 0n;
  return {
    day: `${Number(year)}-${month}-${dayOfMonth}`,
    micros: whole + (micros % 1_000_000n),
    hasClock: true,
  };
}

function microsOf(hour = '0', minute = '0', second = '0', fraction = ''): bigint | null {
  if (fraction.length > 6 && /[1-9]/.test(fraction.slice(6))) return null;
  const seconds = (BigInt(hour) * 60n + BigInt(minute)) * 60n + BigInt(second);
  return seconds * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'));
}

function offsetOf(zone: string): bigint | null {
  if (zone === '' || zone === 'Z') return 0n;
  const [, sign, hour = '0', minute = '0', second = '0'] =
    /^([+-])(\d\d):?(\d\d)?:?(\d\d)?$/.exec(zone) ?? [];
  if (sign === undefined) return null;
  const seconds = (BigInt(hour) * 60n + BigInt(minute)) * 60n + BigInt(second);
  return sign === '-' ? -seconds : seconds;
}

/**
 * Dates and timestamps: the same day and the same microsecond, times without a zone read as UTC; a date is its midnight.
 * @param isPlainDate the second text must be a date as well.
 */
export function isSameMoment(from: string, to: string, isPlainDate: boolean): boolean {
  const a = momentOf(from);
  const b = momentOf(to);
  if (a === null || b === null) return false;
  return a.day === b.day && a.micros === b.micros && !(isPlainDate && b.hasClock);
}

/** Times of day: the same microsecond, with its sign, and the same offset; a time without one is in UTC. */
export function isSameTime(from: string, to: string): boolean {
  const a = timeForm.exec(from);
  const b = timeForm.exec(to);
  if (a === null || b === null) return false;
  const [one, other] = [a, b].map(([, sign, hour, minute, second, fraction, zone = '']) => {
    const micros = microsOf(hour, minute, second, fraction);
    return micros === null ? null : `${sign === '-' && micros !== 0n ? '-' : ''}${micros} ${offsetOf(zone)}`;
  });
  return one !== null && one === other;
}
