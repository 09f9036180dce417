import type { NeutralType } from '@sluice/core/data/column';
import type { Value } from '@sluice/core/data/value';
import { Decimal } from '@sluice/core/expressions/decimal';
import { ExpressionRunError } from '@sluice/core/expressions/expression-error';
import { type ElValue, FieldText, Moment, shownValue, textOf } from '@sluice/core/expressions/values';
import { formatDate, parseDate } from '@sluice/core/time/simple-date-format';

/** Turns what a converter or an expression gives into a value of the column's neutral type. @throws ExpressionRunError it is none. */
export type Cast = (value: ElValue) => Value;

/** What a column can be fed with that is made here; null: nothing that expressions make fits it. */
export function castableType(type: NeutralType): NeutralType | null {
  switch (type.kind) {
    case 'binary':
      return null;
    case 'json':
    case 'uuid':
    case 'time':
    case 'other':
      return { kind: 'text', length: null, fixed: false };
    default:
      return type;
  }
}

/** Chosen once per column. @param zone of moments and of texts that name no zone. */
export function castTo(type: NeutralType, zone: string): Cast {
  const cast = castOf(type, zone);
  return (value) => (value === null ? null : cast(value));
}

function castOf(type: NeutralType, zone: string): Cast {
  switch (type.kind) {
    case 'boolean':
      return toBoolean;
    case 'integer':
      return toInteger;
    case 'decimal':
      return toDecimal;
    case 'float':
      return toFloat;
    case 'date':
      return (value) => toDate(value, zone);
    case 'timestamp':
      return (value) => toTimestamp(value, zone, type.zoned);
    case 'bits':
      return (value) => {
        const text = textOf(value) ?? '';
        if (/^[01]+$/.test(text)) return text;
        throw misfit(value, { en: 'a bit string', zh: '位串' });
      };
    default:
      return toText;
  }
}

function toText(value: ElValue): Value {
  const text = value instanceof FieldText ? value.original : textOf(value);
  if (text === null || text.isWellFormed()) return text;
  throw new ExpressionRunError({
    en: `${shownValue(text)} holds half of a character`,
    zh: `${shownValue(text)} 含有不完整的字符`,
  });
}

function toBoolean(value: ElValue): Value {
  if (typeof value === 'boolean') return value;
  const text = (textOf(value) ?? '').toLowerCase();
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw misfit(value, { en: 'true or false', zh: 'true 或 false' });
}

const wholeForm = /^\s*([+-]?\d{1,100})(?:\.0*)?\s*$/;
const decimalForm = /^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?)\s*$/;

function toInteger(value: ElValue): Value {
  if (typeof value === 'bigint') return narrowed(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' && Number.isInteger(value)) return narrowed(BigInt(value));
  const match = typeof value === 'number' ? null : wholeForm.exec(textOf(value) ?? '');
  if (match === null) throw misfit(value, { en: 'a whole number', zh: '整数' });
  return narrowed(BigInt((match[1] ?? '').replace('+', '')));
}

function narrowed(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function toDecimal(value: ElValue): Value {
  if (value instanceof Decimal || typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  const match = decimalForm.exec(typeof value === 'number' ? String(value) : (textOf(value) ?? ''));
  const decimal = match === null ? null : Decimal.from(match[1] ?? '');
  if (decimal === null) throw misfit(value, { en: 'a number', zh: '数字' });
  return String(decimal);
}

function toFloat(value: ElValue): Value {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const text = textOf(value) ?? '';
  if (decimalForm.test(text)) return Number(text);
  if (/^(?:NaN|-?Infinity)$/.test(text)) return Number(text);
  throw misfit(value, { en: 'a number', zh: '数字' });
}

const dateForm = /^(\d{4}-\d\d-\d\d)(?:[ T]00:00(?::00(?:\.0*)?)?)?$/;
const timestampForm =
  /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;

function toDate(value: ElValue, zone: string): Value {
  const wanted = { en: 'a date yyyy-MM-dd without a time of day', zh: '不含时刻的日期 yyyy-MM-dd' };
  const text =
    value instanceof Moment ? formatDate(value.epochMs, 'yyyy-MM-dd HH:mm:ss.SSS', zone) : textOf(value);
  const match = dateForm.exec((text ?? '').trim());
  if (match !== null) return match[1] ?? null;
  if (value instanceof FieldText && value.text === value.original) return value.original;
  throw misfit(value, wanted);
}

/** Digits alone are epoch milliseconds. Text without a zone is a clock time: of the zone, where the column holds instants. */
function toTimestamp(value: ElValue, zone: string, isZoned: boolean): Value {
  if (value instanceof FieldText) return asOriginal(value, isZoned) ?? toTimestamp(value.text, zone, isZoned);
  if (value instanceof Moment) return momentText(value.epochMs, zone, isZoned);
  const text = (textOf(value) ?? '').trim();
  if (/^-?\d{9,16}$/.test(text)) return momentText(Number(text), zone, isZoned);
  const match = timestampForm.exec(text);
  const [, day = '', minutes = '00:00', seconds = '00', fraction = '', offset] = match ?? [];
  // A zone that the column cannot keep is not dropped in silence.
  if (match === null || (offset !== undefined && !isZoned)) {
    throw misfit(value, { en: 'a timestamp yyyy-MM-dd HH:mm:ss', zh: '时间 yyyy-MM-dd HH:mm:ss' });
  }
  const clock = `${day} ${minutes}:${seconds}`;
  const behind = fraction === '' ? '' : `.${fraction}`;
  if (!isZoned) return clock + behind;
  const instant = parseDate(clock, 'yyyy-MM-dd HH:mm:ss', offset ?? zone);
  return `${formatDate(instant, 'yyyy-MM-dd HH:mm:ss', 'UTC')}${behind}+00`;
}

/** A timestamp of the row that nothing was done to goes as it would without converters. */
function asOriginal(value: FieldText, isZoned: boolean): string | null {
  const { original } = value;
  if (!/^\d{4,}-\d\d-\d\d \d\d:/.test(original)) return /^-?infinity$/.test(original) ? original : null;
  const clock = original.endsWith('+00') ? original.slice(0, -3) : original;
  return isZoned ? `${clock}+00` : clock;
}

function momentText(epochMs: number, zone: string, isZoned: boolean): string {
  try {
    const text = formatDate(epochMs, 'yyyy-MM-dd HH:mm:ss.SSS', isZoned ? 'UTC' : zone);
    const short = text.replace(/\.000$/, '');
    return isZoned ? `${short}+00` : short;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw misfit(BigInt(Math.trunc(epochMs)), { en: 'a moment', zh: '时间' });
  }
}

function misfit(value: ElValue, wanted: { readonly en: string; readonly zh: string }): ExpressionRunError {
  const shown = shownValue(value);
  return new ExpressionRunError({
    en: `${shown} is not ${wanted.en}, which the destination column takes`,
    zh: `${shown} 不是目的字段所需的${wanted.zh}`,
  });
}
