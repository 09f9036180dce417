import { DatePatternError } from '../time/date-pattern.ts';
import { DateTextError, formatDate, parseDate } from '../time/simple-date-format.ts';
import { ExpressionRunError } from './expression-error.ts';
import {
  anyText,
  type FunctionEntry,
  integerAt,
  moment,
  requiredText,
  textAt,
  wholeNumber,
} from './function-entry.ts';
import { type ElValue, FieldText, isNumber, isText, Moment, shownValue, textOf } from './values.ts';

const unitsMs: ReadonlyMap<string, number> = new Map([
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]);

/** What goes wrong with a pattern or a text is a matter of the row. */
function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof DateTextError || error instanceof DatePatternError || error instanceof RangeError) {
      throw new ExpressionRunError({ en: error.message, zh: `日期处理失败：${error.message}` });
    }
    throw error;
  }
}

/** A moment, a timestamp of the row, or epoch milliseconds as number or digits. */
function epochOf(value: ElValue): number {
  if (value instanceof Moment) return value.epochMs;
  if (value instanceof FieldText) {
    const epochMs = value.epochMs();
    if (epochMs !== null) return epochMs;
  } else if (isNumber(value)) {
    return Math.floor(Number(value));
  } else if (isText(value) && /^-?\d{1,16}$/.test(value)) {
    return Number(value);
  }
  const shown = shownValue(value);
  throw new ExpressionRunError({
    en: `${shown} is no date and no epoch milliseconds`,
    zh: `${shown} 既不是日期也不是毫秒时间戳`,
  });
}

function shifted(epochMs: number, unit: string, offset: number): number {
  const unitMs = unitsMs.get(unit);
  if (unitMs !== undefined) return epochMs + offset * unitMs;
  if (unit !== 'month') {
    throw new ExpressionRunError({
      en: `${shownValue(unit)} is no unit: month, day, hour, minute, second`,
      zh: `${shownValue(unit)} 不是时间单位：month、day、hour、minute、second`,
    });
  }
  const date = new Date(epochMs);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + offset);
  const lastDay = new Date(date);
  lastDay.setUTCMonth(lastDay.getUTCMonth() + 1, 0);
  date.setUTCDate(Math.min(day, lastDay.getUTCDate()));
  return date.getTime();
}

export const dateFunctions: Readonly<Record<string, FunctionEntry>> = {
  parseDate: {
    argsMin: 2,
    argsMax: 2,
    result: moment,
    call(args, evaluation) {
      const { zone, nowMs } = evaluation.scope;
      const text = textAt(args, 0, evaluation);
      if (text === null) return null;
      const pattern = requiredText(args, 1, 'the pattern');
      return new Moment(
        told(() => parseDate(text, pattern, zone, nowMs)),
        zone,
      );
    },
  },
  format: {
    argsMin: 2,
    argsMax: 2,
    result: anyText,
    call(args, evaluation) {
      const date = args[0] ?? null;
      if (date === null) return null;
      evaluation.work(64);
      const pattern = requiredText(args, 1, 'the pattern');
      const epochMs = epochOf(date);
      return told(() => formatDate(epochMs, pattern, evaluation.scope.zone));
    },
  },
  getTime: {
    argsMin: 1,
    argsMax: 1,
    result: wholeNumber,
    call(args) {
      const date = args[0] ?? null;
      return date === null ? null : BigInt(epochOf(date));
    },
  },
  getCurrentTimeByZone: {
    argsMin: 4,
    argsMax: 4,
    result: anyText,
    call(args, evaluation) {
      const pattern = requiredText(args, 0, 'the pattern');
      const text = textAt(args, 1, evaluation);
      if (text === null) return null;
      const unit = (textOf(args[2] ?? null) ?? '').toLowerCase();
      const offset = integerAt(args, 3);
      // A clock time is shifted, whatever clock it is: a zone's changes have no part in it.
      return told(() => {
        const epochMs = parseDate(text, pattern, 'UTC', evaluation.scope.nowMs);
        return formatDate(shifted(epochMs, unit, offset), pattern, 'UTC');
      });
    },
  },
};

/** `DateUtil`, without the s: what added fields know. */
export const nowFunctions: Readonly<Record<string, FunctionEntry>> = {
  now: {
    argsMin: 0,
    argsMax: 0,
    result: anyText,
    call: (_args, evaluation) =>
      formatDate(evaluation.scope.nowMs, 'yyyy-MM-dd HH:mm:ss', evaluation.scope.zone),
  },
};
