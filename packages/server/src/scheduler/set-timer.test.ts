import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { expect, test } from 'vitest';
import { sampleJob } from '../store/sample-records.ts';
import { readSchedule } from './read-schedule.ts';
import { requireSchedule } from './set-timer.ts';
import { ZoneClock } from './zone-clock.ts';

const zone = new ZoneClock('Asia/Shanghai');
const daily = {
  isSchedulerJob: 'true',
  cycleType: 'day',
  cycle: '2',
  startDate: '2024-03-01 01:30:00',
  stopDate: '',
};

function jobWith(settings: Record<string, string>) {
  const driverOptions: OptionValues = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`schedulerConfig.${name}`, value]),
  );
  return { ...sampleJob('c', 'nightly'), driverOptions };
}

test('a schedule is read from the options of its job', () => {
  const start = Date.UTC(2024, 2, 1, 1, 30);
  expect(readSchedule(jobWith(daily))).toEqual({ unit: 'day', cycle: 2, start, stop: null });
  expect(readSchedule(jobWith({ ...daily, stopDate: '2024-03-02 00:00:00' }))?.stop).toBe(
    Date.UTC(2024, 2, 2),
  );
  const read = (cycleType: string, runAt: string) => readSchedule(jobWith({ ...daily, cycleType, runAt }));
  expect(read('minute', '99')).toEqual({ unit: 'minute', cycle: 2, start, stop: null });
  expect(read('hour', '50, 10,0')).toMatchObject({ unit: 'hour', minutes: [0, 10, 50] });
  expect(read('week', 'sun,Tue')).toMatchObject({ unit: 'week', weekdays: [1, 6] });
  expect(read('month', '31,1')).toMatchObject({ unit: 'month', days: [1, 31] });
  expect(readSchedule(jobWith({ ...daily, isSchedulerJob: 'false', cycle: '' }))).toBeNull();
  expect(readSchedule(jobWith({}))).toBeNull();
});

test.each<[string, Record<string, string>, string, RegExp]>([
  ['no unit', { cycleType: '' }, 'Cdm.0238', /cycleType/],
  ['no period', { cycle: ' ' }, 'Cdm.0238', /cycle/],
  ['no start', { startDate: '' }, 'Cdm.0238', /startDate/],
  ['no moments', { cycleType: 'hour' }, 'Cdm.0238', /runAt/],
  ['another form of a date', { startDate: '2024-03-01T01:30:00' }, 'Cdm.0065', /startDate/],
  ['a day that no calendar has', { startDate: '2023-02-29 00:00:00' }, 'Cdm.0065', /startDate/],
  ['a stop that is no date', { stopDate: 'never' }, 'Cdm.0065', /stopDate/],
  ['a stop before the start', { stopDate: '2024-03-01 01:29:59' }, 'Cdm.0065', /before/],
  ['minute 60', { cycleType: 'hour', runAt: '5,60' }, 'Cdm.0065', /0 to 59/],
  ['a minute twice', { cycleType: 'hour', runAt: '5,5' }, 'Cdm.0065', /distinct/],
  ['an unknown day', { cycleType: 'week', runAt: 'mon,moon' }, 'Cdm.0065', /mon to sun/],
  ['day 32', { cycleType: 'month', runAt: '32' }, 'Cdm.0065', /1 to 31/],
  ['day 0', { cycleType: 'month', runAt: '0' }, 'Cdm.0065', /1 to 31/],
  ['a list with a hole', { cycleType: 'month', runAt: '1,,2' }, 'Cdm.0065', /1 to 31/],
  [
    'never due',
    { cycleType: 'month', cycle: '12', runAt: '30', startDate: '2024-02-01 00:00:00' },
    'Cdm.0065',
    /no moment/,
  ],
])('%s is refused', (_, change, code, words) => {
  const refused = (() => {
    try {
      requireSchedule(jobWith({ ...daily, ...change }), zone);
    } catch (error) {
      return error as SluiceError;
    }
    return null;
  })();
  expect(refused).toBeInstanceOf(SluiceError);
  expect(refused?.code).toBe(code);
  expect(JSON.stringify(refused?.facts)).toMatch(words);
});

test('a schedule of a whole-database job is refused, one that has ended is not', () => {
  expect(() => requireSchedule({ ...jobWith(daily), type: 'BATCH_JOB' }, zone)).toThrow('Cdm.0065');
  requireSchedule(jobWith({ ...daily, stopDate: '2024-03-01 01:30:00' }), zone);
});
