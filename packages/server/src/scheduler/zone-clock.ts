import type { ClockTime } from './schedule.ts';

const dayMs = 86_400_000;
/** Answers that a clock keeps: starts and ends of schedules are asked for again and again, and Node's zone rules are slow. */
const rememberedMax = 512;

/** The clock of a time zone, by the zone rules that Node carries. Knows no present: everything is computed from its arguments. */
export class ZoneClock {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #remembered = new Map<ClockTime, number>();

  /** @param zone IANA name such as `Asia/Shanghai`, or an offset such as `+08:00`. @throws RangeError when it is neither. */
  constructor(zone: string) {
    this.name = zone;
    this.#format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** What the clock shows at an instant (Unix milliseconds, from 1970 on). */
  clockTimeOf(instant: number): ClockTime {
    const parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
    for (const { type, value } of this.#format.formatToParts(instant)) {
      if (type in parts) parts[type as keyof typeof parts] = Number(value);
    }
    const { year, month, day, hour, minute, second } = parts;
    const withinSecond = ((instant % 1_000) + 1_000) % 1_000;
    return Date.UTC(year, month - 1, day, hour, minute, second) + withinSecond;
  }

  /**
   * The instant at which the clock shows a time. A time that the clock shows twice is the first of both; one that it
   * leaves out is as much later as the clock was put forward (RFC 5545, and `compatible` of Temporal).
   */
  instantOf(time: ClockTime): number {
    let instant = this.#remembered.get(time);
    if (instant === undefined) {
      instant = this.#findInstant(time);
      if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
      this.#remembered.set(time, instant);
    }
    return instant;
  }

  #findInstant(time: ClockTime): number {
    const before = this.#offsetAt(time - dayMs);
    const after = this.#offsetAt(time + dayMs);
    if (before === after) return time - before;
    const shown = [time - before, time - after].filter((instant) => this.clockTimeOf(instant) === time);
    return shown.length === 0 ? time - before : Math.min(...shown);
  }

  #offsetAt(instant: number): number {
    return this.clockTimeOf(instant) - instant;
  }
}
