import { DatePatternError } from '../time/date-pattern.ts';
import { DateTextError, formatDate, parseDate } from '../time/simple-date-format.ts';
import { BadMacro } from './parse-text.ts';
import { type MacroUnit, macroUnits, shiftTime } from './shift-time.ts';

/** The time that macros stand for. */
export interface MacroClock {
  /** Unix milliseconds. */
  readonly now: number;
  /** IANA name of the zone in which dates are written and calendar units are counted, or an offset such as `+08:00`. */
  readonly zone: string;
}

/** Largest offset: what a whole number of 32 bits holds. */
const offsetMax = 2_147_483_647;
/** Instants that can be written, with a day to spare for zones: the years 1 to 9999. */
const instantMin = -62_135_596_800_000 + 86_400_000;
const instantMax = 253_402_300_800_000 - 86_400_000;

interface Shift {
  readonly amount: number;
  readonly unit: MacroUnit;
}

/**
 * The text of `${dateformat(…)}` or `${timestamp(…)}`: local date and time by a pattern of SimpleDateFormat, or Unix milliseconds.
 * @param inner what stands between the brackets.
 * @throws BadMacro for a pattern, offset or unit that is none.
 */
export function expandTimeMacro(name: 'dateformat' | 'timestamp', inner: string, clock: MacroClock): string {
  return name === 'dateformat' ? dateformat(inner, clock) : String(timestamp(inner, clock));
}

function dateformat(inner: string, clock: MacroClock): string {
  const { pattern, shift } = readFormat(inner);
  return written(shifted(clock, shift), pattern, clock.zone);
}

function timestamp(inner: string, clock: MacroClock): number {
  const text = inner.trim();
  if (text === '') return clock.now;
  const nested = /^dateformat\s*\(([\s\S]*)\)$/.exec(text);
  if (nested !== null) {
    const { pattern, shift } = readFormat(nested[1] ?? '');
    // Written and read back: what the pattern lacks is zero.
    const day = written(shifted(clock, shift), pattern, clock.zone);
    return readBack(day, pattern, clock);
  }
  const parts = splitAtCommas(text);
  const [amount, unit] = parts;
  if (parts.length !== 2 || amount === undefined || unit === undefined) {
    throw new BadMacro({
      en: `timestamp takes nothing, an offset and a unit, or dateformat(…), not: ${text}`,
      zh: `timestamp 的参数只能为空、“偏移量, 单位”或 dateformat(…)，不能为：${text}`,
    });
  }
  return shifted(clock, readShift(amount, unit));
}

/** `format` or `format, offset, unit`; a format may hold commas itself. */
function readFormat(inner: string): { readonly pattern: string; readonly shift: Shift | null } {
  const parts = splitAtCommas(inner);
  const [amount, unit] = parts.slice(-2);
  const hasShift = parts.length >= 3 && amount !== undefined && looksLikeOffset(amount);
  if (!hasShift && parts.length >= 2 && unit !== undefined && looksLikeOffset(unit)) {
    throw new BadMacro({
      en: `The offset ${unit.trim()} has no unit; a unit is one of ${macroUnits.join(', ')}.`,
      zh: `偏移量 ${unit.trim()} 缺少单位；单位为 ${macroUnits.join('、')} 之一。`,
    });
  }
  if (!hasShift && parts.length >= 2 && unit !== undefined && unitOf(unit) !== null) {
    throw badOffset(parts.length >= 3 ? (amount ?? '') : '');
  }
  const pattern = (hasShift ? parts.slice(0, -2).join(',') : inner).trim();
  if (pattern === '') {
    throw new BadMacro({
      en: 'dateformat needs a format, such as yyyy-MM-dd.',
      zh: 'dateformat 需要格式，例如 yyyy-MM-dd。',
    });
  }
  return { pattern, shift: hasShift ? readShift(amount ?? '', unit ?? '') : null };
}

function looksLikeOffset(text: string): boolean {
  return /^[+-]?\d+$/.test(text.trim());
}

function unitOf(text: string): MacroUnit | null {
  const wanted = text.trim().toUpperCase();
  return macroUnits.find((unit) => unit === wanted) ?? null;
}

function readShift(amountText: string, unitText: string): Shift {
  const amount = Number(amountText.trim());
  if (!looksLikeOffset(amountText) || Math.abs(amount) > offsetMax) throw badOffset(amountText);
  const unit = unitOf(unitText);
  if (unit === null) {
    throw new BadMacro({
      en: `There is no unit ${unitText.trim()}; a unit is one of ${macroUnits.join(', ')}.`,
      zh: `没有单位 ${unitText.trim()}；单位为 ${macroUnits.join('、')} 之一。`,
    });
  }
  return { amount, unit };
}

function badOffset(text: string): BadMacro {
  return new BadMacro({
    en: `The offset "${text.trim()}" must be a whole number of up to 32 bits.`,
    zh: `偏移量“${text.trim()}”必须是 32 位以内的整数。`,
  });
}

function shifted({ now, zone }: MacroClock, shift: Shift | null): number {
  if (shift === null) return now;
  let instant: number;
  try {
    instant = shiftTime(now, shift.amount, shift.unit, zone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    instant = Number.NaN;
  }
  if (instant >= instantMin && instant <= instantMax) return instant;
  throw new BadMacro({
    en: `An offset of ${shift.amount} ${shift.unit} leads out of the years 1 to 9999.`,
    zh: `偏移 ${shift.amount} ${shift.unit} 超出了公元 1 年至 9999 年的范围。`,
  });
}

function written(instant: number, pattern: string, zone: string): string {
  try {
    return formatDate(instant, pattern, zone);
  } catch (error) {
    throw badPattern(pattern, error);
  }
}

function readBack(text: string, pattern: string, { zone, now }: MacroClock): number {
  try {
    return parseDate(text, pattern, zone, now);
  } catch (error) {
    if (!(error instanceof DateTextError)) throw badPattern(pattern, error);
    throw new BadMacro({
      en: `What the format ${pattern} writes, ${text}, cannot be read back with it.`,
      zh: `按格式 ${pattern} 写出的 ${text} 无法再按该格式读回。`,
    });
  }
}

function badPattern(pattern: string, error: unknown): BadMacro {
  if (!(error instanceof DatePatternError)) throw error;
  const why = error.reason;
  return new BadMacro({
    en: `The format ${pattern} is not one of SimpleDateFormat: ${why}`,
    zh: `格式 ${pattern} 不符合 SimpleDateFormat：${why}`,
  });
}

/** At commas that stand in no single quotes. */
function splitAtCommas(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "'") isQuoted = !isQuoted;
    else if (text[at] === ',' && !isQuoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
