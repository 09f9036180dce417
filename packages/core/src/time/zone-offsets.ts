/**
 * How far a zone's clock is ahead of UTC, by the zone rules that the runtime carries (IANA), and by plain offsets.
 */
export interface ZoneOffsets {
  readonly zone: string;
  /** Milliseconds that the zone's clock is ahead of UTC at an instant (Unix milliseconds). */
  offsetAt(instant: number): number;
  /**
   * The instant at which the zone's clock shows a time, given as if it were UTC. By Java's rules: a time that the clock
   * leaves out is taken with the offset before the change, so it is as much later; one that it shows twice is the second
   * of both.
   */
  instantOf(clockTime: number): number;
}

const dayMs = 86_400_000;
/** Transitions are looked up for spans of this length at once, about 397 days, in milliseconds. */
const spanMs = 2 ** 35;
/** Within a span, offsets are compared at this distance, in milliseconds: no zone changed its clock twice within so few days. */
const sampleMs = 4 * dayMs;
/** Spans that a zone keeps; a table of dates has few. */
const spansMax = 1_024;
/** Zones that are kept. */
const zonesMax = 64;
/** The first instant of the year 1: zones had no rules before, and the runtime prints years differently there. */
const yearOne = -62_135_596_800_000;

const zones = new Map<string, ZoneOffsets>();

/**
 * @param zone an IANA name such as `Asia/Shanghai`, or an offset: `+08:00`, `+0800`, `GMT+08:00`, `GMT+8`, `UTC`, `Z`.
 * @throws RangeError when it is none of these.
 */
export function zoneOffsets(zone: string): ZoneOffsets {
  let found = zones.get(zone);
  if (found === undefined) {
    const fixed = fixedOffset(zone);
    found = fixed === null ? new RuledZone(zone) : new FixedZone(zone, fixed);
    if (zones.size >= zonesMax) zones.clear();
    zones.set(zone, found);
  }
  return found;
}

/** A plain offset in milliseconds; null: it is written in another way. */
export function fixedOffset(zone: string): number | null {
  if (zone === 'Z' || zone === 'UTC' || zone === 'GMT') return 0;
  const match = /^(?:GMT|UTC)?([+-])(\d{1,2})(?::?(\d\d))?(?::?(\d\d))?$/.exec(zone);
  if (match === null) return null;
  const [, sign, hours, minutes = '0', seconds = '0'] = match;
  const size = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  return sign === '-' ? -size : size;
}

class FixedZone implements ZoneOffsets {
  readonly zone: string;
  readonly #offset: number;

  constructor(zone: string, offset: number) {
    this.zone = zone;
    this.#offset = offset;
  }

  offsetAt(): number {
    return this.#offset;
  }

  instantOf(clockTime: number): number {
    return clockTime - this.#offset;
  }
}

/** Offsets of one span: `offsets[i]` holds from `starts[i]` on. */
interface Span {
  readonly starts: readonly number[];
  readonly offsets: readonly number[];
}

class RuledZone implements ZoneOffsets {
  readonly zone: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #spans = new Map<number, Span>();

  constructor(zone: string) {
    this.zone = zone;
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

  offsetAt(instant: number): number {
    const at = Math.max(instant, yearOne);
    const { starts, offsets } = this.#span(Math.floor(at / spanMs));
    let i = starts.length - 1;
    while (i > 0 && at < (starts[i] ?? 0)) i -= 1;
    return offsets[i] ?? 0;
  }

  instantOf(clockTime: number): number {
    const before = this.offsetAt(clockTime - dayMs);
    const after = this.offsetAt(clockTime + dayMs);
    if (before === after) return clockTime - before;
    // The change lies within two days of here: the new offset holds once the clock, already changed, shows its moment.
    const late = clockTime - after;
    return this.offsetAt(late) === after ? late : clockTime - before;
  }

  #span(no: number): Span {
    let span = this.#spans.get(no);
    if (span === undefined) {
      span = this.#find(no * spanMs, (no + 1) * spanMs);
      if (this.#spans.size >= spansMax) this.#spans.clear();
      this.#spans.set(no, span);
    }
    return span;
  }

  #find(from: number, to: number): Span {
    const starts = [from];
    const offsets = [this.#ask(from)];
    let known = offsets[0] ?? 0;
    for (let at = from; at < to; at += sampleMs) {
      const next = Math.min(at + sampleMs, to);
      const offset = this.#ask(next);
      if (offset === known) continue;
      let low = at;
      let high = next;
      while (high - low > 1_000) {
        const middle = Math.floor((low + high) / 2_000) * 1_000;
        if (middle <= low) break;
        if (this.#ask(middle) === known) low = middle;
        else high = middle;
      }
      starts.push(high);
      offsets.push(offset);
      known = offset;
    }
    return { starts, offsets };
  }

  /** What the runtime says, by the clock that it prints. */
  #ask(instant: number): number {
    const whole = Math.floor(Math.max(instant, yearOne + 2 * dayMs) / 1_000) * 1_000;
    const parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
    for (const { type, value } of this.#format.formatToParts(whole)) {
      if (type in parts) parts[type as keyof typeof parts] = Number(value);
    }
    const shown = new Date(0);
    shown.setUTCFullYear(parts.year, parts.month - 1, parts.day);
    shown.setUTCHours(parts.hour, parts.minute, parts.second, 0);
    return shown.getTime() - whole;
  }
}
