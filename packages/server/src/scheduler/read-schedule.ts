import type { Text } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { isBlank } from '@sluice/core/options/validate';
import type { JobRecord } from '../store/model.ts';
import type { ClockTime, Schedule } from './schedule.ts';

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/**
 * The schedule in a job's options, whose single values were checked; null: the job has no timer.
 * @throws Cdm.0238 a value that the schedule needs is missing; Cdm.0065 it cannot be kept to, with the reason.
 */
export function readSchedule(job: Pick<JobRecord, 'name' | 'type' | 'driverOptions'>): Schedule | null {
  const { driverOptions: options, name } = job;
  if (options['schedulerConfig.isSchedulerJob'] !== 'true') return null;
  const refuse = (why: Text): never => {
    throw impossible(name, why);
  };
  if (job.type !== 'NORMAL_JOB') refuse(texts.type);
  const unit = required(options, 'schedulerConfig.cycleType') as Schedule['unit'];
  const cycle = Number(required(options, 'schedulerConfig.cycle'));
  const start = clockTimeOf(required(options, 'schedulerConfig.startDate')) ?? refuse(texts.startDate);
  const stopDate = options['schedulerConfig.stopDate'];
  const stop = isBlank(stopDate) ? null : (clockTimeOf(String(stopDate)) ?? refuse(texts.stopDate));
  if (stop !== null && stop < start) refuse(texts.order);
  const bounds = { start, stop, cycle };
  const moments = (numberOf: (word: string) => number | null) =>
    momentsOf(required(options, 'schedulerConfig.runAt'), numberOf) ?? refuse(texts.runAt[unit]);
  switch (unit) {
    case 'minute':
    case 'day':
      return { ...bounds, unit };
    case 'hour':
      return { ...bounds, unit, minutes: moments((word) => wholeNumber(word, 0, 59)) };
    case 'week':
      return { ...bounds, unit, weekdays: moments(weekdayOf) };
    case 'month':
      return { ...bounds, unit, days: moments((word) => wholeNumber(word, 1, 31)) };
  }
}

/** A schedule that cannot be kept to. @param why ends a sentence. */
export function impossible(job: string, why: Text): SluiceError {
  return new SluiceError('Cdm.0065', { job, ...explained({ en: `${why.en}.`, zh: `${why.zh}。` }) });
}

function required(options: OptionValues, name: string): string {
  const value = options[name];
  if (isBlank(value)) throw new SluiceError('Cdm.0238', { name });
  return String(value).trim();
}

/** @returns null when the text is no `yyyy-MM-dd HH:mm:ss` that a calendar has, from 1970 on. */
function clockTimeOf(text: string): ClockTime | null {
  const trimmed = text.trim();
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(trimmed)) return null;
  const time = Date.parse(`${trimmed.replace(' ', 'T')}Z`);
  // A 31st of February is parsed as a day of March.
  if (Number.isNaN(time) || time < 0) return null;
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ') === trimmed ? time : null;
}

/** Distinct numbers, ascending; null when a word is none of them, or comes twice. */
function momentsOf(text: string, numberOf: (word: string) => number | null): readonly number[] | null {
  const numbers: number[] = [];
  for (const word of text.split(',')) {
    const number = numberOf(word.trim());
    if (number === null || numbers.includes(number)) return null;
    numbers.push(number);
  }
  return numbers.sort((a, b) => a - b);
}

function wholeNumber(word: string, min: number, max: number): number | null {
  const number = Number(word);
  return /^\d{1,2}$/.test(word) && number >= min && number <= max ? number : null;
}

function weekdayOf(word: string): number | null {
  const day = weekdays.indexOf(word.toLowerCase());
  return day < 0 ? null : day;
}

const dateForm = {
  en: 'is no date of the form yyyy-MM-dd HH:mm:ss, from 1970 on',
  zh: '不是 1970 年起格式为 yyyy-MM-dd HH:mm:ss 的时间',
};

const texts = {
  type: { en: 'Only jobs of type NORMAL_JOB have a timer', zh: '只有 NORMAL_JOB 类型的作业支持定时' },
  startDate: { en: `startDate ${dateForm.en}`, zh: `startDate ${dateForm.zh}` },
  stopDate: { en: `stopDate ${dateForm.en}`, zh: `stopDate ${dateForm.zh}` },
  order: { en: 'stopDate lies before startDate', zh: 'stopDate 早于 startDate' },
  runAt: {
    minute: { en: 'runAt has no meaning here', zh: 'runAt 在此无意义' },
    day: { en: 'runAt has no meaning here', zh: 'runAt 在此无意义' },
    hour: {
      en: 'runAt must name distinct minutes from 0 to 59 with commas between',
      zh: 'runAt 应为 0 到 59 之间互不相同的分钟，以逗号分隔',
    },
    week: {
      en: 'runAt must name distinct days from mon to sun with commas between',
      zh: 'runAt 应为 mon 到 sun 之间互不相同的星期，以逗号分隔',
    },
    month: {
      en: 'runAt must name distinct days from 1 to 31 with commas between',
      zh: 'runAt 应为 1 到 31 之间互不相同的日期，以逗号分隔',
    },
  },
} as const;
