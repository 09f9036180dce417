import { describe, expect, it } from 'vitest';
import { ZoneClock } from './zone-clock.ts';

const at = (text: string) => Date.parse(`${text}Z`);

describe('the clock of a zone', () => {
  it.each(['+25:00', '-24:00', '+08:60', 'Asia/Nowhere', ''])('is none of %s', (zone) => {
    expect(() => new ZoneClock(zone)).toThrow(RangeError);
  });

  it.each([
    ['+08:00', '2026-03-01T00:00:00', '2026-02-28T16:00:00'],
    ['-03:30', '2026-03-01T00:00:00', '2026-03-01T03:30:00'],
    ['UTC', '2026-03-01T00:00:00', '2026-03-01T00:00:00'],
    ['Asia/Shanghai', '2026-03-01T00:00:00.250', '2026-02-28T16:00:00.250'],
  ])('%s shows a time at one instant', (zone, shown, instant) => {
    const clock = new ZoneClock(zone);
    expect(clock.instantOf(at(shown))).toBe(at(instant));
    expect(clock.clockTimeOf(at(instant))).toBe(at(shown));
  });

  it('that is put back shows an hour twice, of which the first one counts', () => {
    const clock = new ZoneClock('Europe/Berlin');
    expect(clock.instantOf(at('2026-10-25T02:30:00'))).toBe(at('2026-10-25T00:30:00'));
    expect(clock.clockTimeOf(at('2026-10-25T01:30:00'))).toBe(at('2026-10-25T02:30:00'));
  });

  it('that is put forward shows what it left out as much later', () => {
    const clock = new ZoneClock('Europe/Berlin');
    expect(clock.instantOf(at('2026-03-29T02:30:00'))).toBe(at('2026-03-29T01:30:00'));
    expect(clock.clockTimeOf(at('2026-03-29T01:30:00'))).toBe(at('2026-03-29T03:30:00'));
  });
});
