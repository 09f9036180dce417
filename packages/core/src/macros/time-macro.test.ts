// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so texts name macros.
import { describe, expect, test } from 'vitest';
import { BadMacro, parseText } from './parse-text.ts';
import { shiftTime } from './shift-time.ts';
import { expandTimeMacro, type MacroClock } from './time-macro.ts';

/** 2017-10-16 09:00:00 in Shanghai, the moment of the published examples. */
const now = 1_508_115_600_000;
const clock: MacroClock = { now, zone: 'Asia/Shanghai' };

/** A text with nothing but macros of the time in it. */
function expanded(text: string, at: MacroClock = clock): string {
  return parseText(text)
    .map((part) =>
      part.kind === 'call' && (part.name === 'dateformat' || part.name === 'timestamp')
        ? expandTimeMacro(part.name, part.inner, at)
        : part.source,
    )
    .join('');
}

function at(text: string): MacroClock {
  return { now: Date.parse(`${text.replace(' ', 'T')}+08:00`), zone: 'GMT+08:00' };
}

describe('the published examples', () => {
  test.each([
    ['${dateformat(yyyy-MM-dd)}', '2017-10-16'],
    ['${dateformat(yyyy/MM/dd)}', '2017/10/16'],
    ['${dateformat(yyyy_MM_dd HH:mm:ss)}', '2017_10_16 09:00:00'],
    ['${dateformat(yyyy-MM-dd HH:mm:ss, -1, DAY)}', '2017-10-15 09:00:00'],
    ['${dateformat(yyyy-MM-dd, -1, DAY)} 00:00:00', '2017-10-15 00:00:00'],
    ['${dateformat(yyyy-MM-dd, -1, DAY)} 12:00:00', '2017-10-15 12:00:00'],
    ['${dateformat(yyyy-MM-dd, -3, DAY)} 00:00:00', '2017-10-13 00:00:00'],
    ['${dateformat(yyyy-MM-dd, -3, DAY)} 12:00:00', '2017-10-13 12:00:00'],
    ["${dateformat(yyyy-MM-dd'T'HH:mm:ss.SSS'Z',-1,DAY)}", '2017-10-15T09:00:00.000Z'],
    ['*${dateformat(yyyyMMdd,-1,DAY)}*', '*20171015*'],
    ["DS='${dateformat(yyyy-MM-dd,-1,DAY)}'", "DS='2017-10-15'"],
    ["'${dateformat(yyyy-MM-dd)}'", "'2017-10-16'"],
    ['${timestamp()}', '1508115600000'],
    ['${timestamp(-10, MINUTE)}', '1508115000000'],
    ['${timestamp(dateformat(yyyyMMdd))}', '1508083200000'],
    ['${timestamp(dateformat(yyyyMMdd,-1,DAY))}', '1507996800000'],
    ['${timestamp(dateformat(yyyyMMddHH))}', '1508115600000'],
    ['${timestamp(dateformat(yyyy-MM-dd HH:mm:ss,-90,DAY))}', '1500339600000'],
    ['time between ${timestamp(-1,DAY)} and ${timestamp()}', 'time between 1508029200000 and 1508115600000'],
    ['DateUtils.format(${timestamp()},"yyyy")', 'DateUtils.format(1508115600000,"yyyy")'],
    [
      '${value} >= ${dateformat(yyyyMMdd, -7, DAY)} && ${value} < ${dateformat(yyyyMMdd)}',
      '${value} >= 20171009 && ${value} < 20171016',
    ],
  ])('%s', (text, wanted) => {
    expect(expanded(text)).toBe(wanted);
    // The zone of the samples by its offset, as the service writes it.
    expect(expanded(text, { now, zone: 'GMT+08:00' })).toBe(wanted);
  });

  test.each([
    [
      '2017-10-16 09:01:41.746',
      '/opt/ttxx/${dateformat(yyyy-MM-dd)}/${timestamp()}',
      '/opt/ttxx/2017-10-16/1508115701746',
    ],
    ['2023-03-01 09:00:00', '${dateformat(yyyy-MM-dd HH:mm:ss, -1, YEAR)}', '2022-03-01 09:00:00'],
    ['2023-03-01 09:00:00', '${dateformat(yyyy-MM-dd HH:mm:ss, -3, MONTH)}', '2022-12-01 09:00:00'],
    ['2023-03-01 09:00:00', '${dateformat(yyyy-MM-dd HH:mm:ss, -1, DAY)}', '2023-02-28 09:00:00'],
    ['2023-03-01 09:00:00', '${dateformat(yyyy-MM-dd HH:mm:ss, -1, HOUR)}', '2023-03-01 08:00:00'],
    ['2023-03-01 09:00:00', '${dateformat(yyyy-MM-dd HH:mm:ss, -1, MINUTE)}', '2023-03-01 08:59:00'],
    ['2023-03-01 09:00:00', '${dateformat(yyyy-MM-dd HH:mm:ss, -1, SECOND)}', '2023-03-01 08:59:59'],
    ['2023-03-31 09:00:00', '${dateformat(yyyy-MM-dd, -1, MONTH)}', '2023-02-28'],
    ['2024-02-29 09:00:00', '${dateformat(yyyy-MM-dd, -1, YEAR)}', '2023-02-28'],
    ['2024-02-29 09:00:00', '${dateformat(yyyy-MM-dd, -4, YEAR)}', '2020-02-29'],
    ['2023-01-31 09:00:00', '${dateformat(yyyy-MM-dd, +1, MONTH)}', '2023-02-28'],
    ['2023-11-30 09:00:00', '${dateformat(yyyy-MM-dd, -25, MONTH)}', '2021-10-30'],
  ])('at %s: %s', (moment, text, wanted) => {
    expect(expanded(text, at(moment))).toBe(wanted);
  });
});

describe('texts', () => {
  test('keep what is no macro, and macros may stand anywhere in them', () => {
    const text = "a ${ b } ${6} $x {y} ${dateformat(yyyy)}${dateformat(MM)} '${' ${";
    expect(expanded(text)).toBe("a ${ b } ${6} $x {y} 201710 '${' ${");
  });

  test('a format may hold commas, brackets and quotes', () => {
    expect(expanded("${dateformat(EEE, d MMM yyyy)} ${dateformat(yyyy'(,)'MM, -1, YEAR)}")).toBe(
      'Mon, 16 Oct 2017 2016(,)10',
    );
    expect(expanded("${dateformat(''yyyy'' 'o''clock)')}")).toBe("'2017' o'clock)");
  });

  test('blanks around arguments and small letters of a unit do no harm', () => {
    expect(expanded('${ dateformat( yyyyMMdd ,  -1 ,  day ) }|${timestamp( )}')).toBe(
      '20171015|1508115600000',
    );
  });
});

describe('bad macros are refused', () => {
  test.each([
    ['${dateformat()}', /needs a format/],
    ['${dateformat(  )}', /needs a format/],
    ['${dateformat(yyyy-MM-dd, -1)}', /no unit/],
    ['${dateformat(yyyy-MM-dd, -1, WEEK)}', /no unit WEEK/],
    ['${dateformat(yyyy-MM-dd, DAY)}', /whole number/],
    ['${dateformat(yyyy-MM-dd, one, DAY)}', /whole number/],
    ['${dateformat(yyyy-MM-dd, 1.5, DAY)}', /whole number/],
    ['${dateformat(yyyy-MM-dd, 99999999999, DAY)}', /32 bits/],
    ['${dateformat(yyyy-MM-dd, 20000, YEAR)}', /1 to 9999/],
    ['${dateformat(yyyy-MM-dd, -2147483647, YEAR)}', /1 to 9999/],
    ['${dateformat(yyyy-bb-dd)}', /not one of SimpleDateFormat/],
    ["${dateformat(yyyy'-MM)}", /not closed/],
    ['${dateformat(yyyy', /not closed/],
    ['${timestamp(', /not closed/],
    ['${timestamp(yyyy)}', /timestamp takes/],
    ['${timestamp(-1)}', /timestamp takes/],
    ['${timestamp(-1, DAY, 2)}', /timestamp takes/],
    ['${timestamp(dateformat())}', /needs a format/],
    ['${timestamp(dateformat(yyyy-MM-dd), -1, DAY)}', /timestamp takes/],
  ])('%s', (text, why) => {
    let thrown: unknown;
    try {
      expanded(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(BadMacro);
    expect((thrown as BadMacro).text.en).toMatch(why);
    expect((thrown as BadMacro).text.zh).not.toBe('');
  });
});

describe('where clocks are changed', () => {
  const newYork = 'America/New_York';
  const local = (text: string) => Date.parse(text);

  test('a day keeps the time of day, whichever way the clock is put', () => {
    // The clock was put forward on 10 March 2024 at 2:00 and back on 3 November at 2:00.
    const march = local('2024-03-09T12:00:00-05:00');
    expect(shiftTime(march, 1, 'DAY', newYork)).toBe(local('2024-03-10T12:00:00-04:00'));
    expect(shiftTime(march, 24, 'HOUR', newYork)).toBe(local('2024-03-10T13:00:00-04:00'));
    const november = local('2024-11-04T12:00:00-05:00');
    expect(shiftTime(november, -2, 'DAY', newYork)).toBe(local('2024-11-02T12:00:00-04:00'));
  });

  test('a time that is left out or shown twice is what Java makes of it', () => {
    // 2:30 is left out on 10 March: a day makes 1:30 or 3:30 of it, by the side it comes from, and a month makes 3:30.
    expect(shiftTime(local('2024-03-09T02:30:00-05:00'), 1, 'DAY', newYork)).toBe(
      local('2024-03-10T01:30:00-05:00'),
    );
    expect(shiftTime(local('2024-03-11T02:30:00-04:00'), -1, 'DAY', newYork)).toBe(
      local('2024-03-10T03:30:00-04:00'),
    );
    expect(shiftTime(local('2024-02-10T02:30:00-05:00'), 1, 'MONTH', newYork)).toBe(
      local('2024-03-10T03:30:00-04:00'),
    );
    // 1:30 is shown twice on 3 November.
    expect(shiftTime(local('2024-10-03T01:30:00-04:00'), 1, 'MONTH', newYork)).toBe(
      local('2024-11-03T01:30:00-05:00'),
    );
  });
});
