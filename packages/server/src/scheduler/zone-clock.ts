import { type ZoneOffsets, zoneOffsets } from '@sluice/core/time/zone-offsets';
import type { ClockTime } from './schedule.ts';

const dayMs = 86_400_000;

/**
 * The clock of a time zone, by the zone rules that Node carries. Knows no present: everything is computed from its arguments.
 * Schedules take the first of two hours that a clock shows twice, where dates in settings take Java's, the second.
 */
export class ZoneClock {
  readonly name: string;
  readonly #zone: ZoneOffsets;

  /** @param zone IANA name such as `Asia/Shanghai`, or an offset such as `+08:00`. @throws RangeError when it is neither. */
  constructor(zone: string) {
    // Offsets of more than a day, which only words of dates may have, are none of Node's.
    Intl.DateTimeFormat('en-US', { timeZone: zone });
    this.name = zone;
    this.#zone = zoneOffsets(zone);
  }

  /** What the clock shows at an instant (Unix milliseconds, from 1970 on). */
  clockTimeOf(instant: number): ClockTime {
    return instant + this.#zone.offsetAt(instant);
  }

  /**
   * The instant at which the clock shows a time. A time that the clock shows twice is the first of both; one that it
   * leaves out is as much later as the clock was put forward (RFC 5545, and `compatible` of Temporal).
   */
  instantOf(time: ClockTime): number {
    const before = this.#zone.offsetAt(time - dayMs);
    const after = this.#zone.offsetAt(time + dayMs);
    if (before === after) return time - before;
    const shown = [time - before, time - after].filter((instant) => this.clockTimeOf(instant) === time);
    return shown.length === 0 ? time - before : Math.min(...shown);
  }
}
