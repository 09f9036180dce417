import { formatDate } from '../time/simple-date-format.ts';
import { Decimal } from './decimal.ts';
import { ExpressionRunError } from './expression-error.ts';

/** A moment, as `DateUtils.parseDate` gives it. */
export class Moment {
  /** Unix milliseconds. */
  readonly epochMs: number;
  /** Whose clock shows it when it becomes text. */
  readonly zone: string;

  constructor(epochMs: number, zone: string) {
    this.epochMs = epochMs;
    this.zone = zone;
  }
}

/**
 * A date, time or timestamp of the row. An expression sees its text; handed through unchanged it is still the field's own
 * value, with all its digits and its zone.
 */
export class FieldText {
  readonly text: string;
  /** The value as it was read. */
  readonly original: string;
  /** Of a timestamp, Unix milliseconds; null: it is no moment. */
  readonly epochMs: () => number | null;

  constructor(text: string, original: string, epochMs: () => number | null) {
    this.text = text;
    this.original = original;
    this.epochMs = epochMs;
  }
}

/** A mapping file: keys and their values. */
export type TextMap = ReadonlyMap<string, string>;

/** The fields of the row, by index from 0. */
export interface RowFields {
  readonly length: number;
  at(index: number): ElValue;
}

/** Marks `row` itself, which only an index makes a value of. */
export class RowValue {
  readonly fields: RowFields;

  constructor(fields: RowFields) {
    this.fields = fields;
  }
}

/** What expressions compute with. Whole numbers are bigint, floating ones number. */
export type ElValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Decimal
  | Moment
  | FieldText
  | TextMap
  | RowValue
  | Uint8Array;

/** Clock time of moments as text. */
const momentPattern = 'yyyy-MM-dd HH:mm:ss.SSS';

/** The text of a value; null stays null. @throws ExpressionRunError for maps, the row and bytes. */
export function textOf(value: ElValue): string | null {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return floatText(value);
    default:
      if (value === null) return null;
      if (value instanceof FieldText) return value.text;
      if (value instanceof Decimal) return value.toString();
      if (value instanceof Moment)
        return formatDate(value.epochMs, momentPattern, value.zone).replace(/\.000$/, '.0');
      throw noText(value);
  }
}

/** Whether a value is text to the operators. */
export function isText(value: ElValue): value is string | FieldText {
  return typeof value === 'string' || value instanceof FieldText;
}

export function isNumber(value: ElValue): value is bigint | number | Decimal {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof Decimal;
}

/** Java's `Double.toString`: at least one digit behind the point, an exponent from 10^7 on and below 10^-3. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) {
    const text = String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** A text as a number: whole, or floating with a point or an exponent; null: it is none. */
export function numberOfText(text: string): bigint | number | null {
  const trimmed = text.trim();
  if (/^[+-]?\d{1,600}$/.test(trimmed)) return BigInt(trimmed.replace('+', ''));
  if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?$/.test(trimmed)) {
    const number = Number(trimmed);
    return Number.isFinite(number) ? number : null;
  }
  return null;
}

/** A value as a number, for arithmetic: null and empty text count 0. @throws ExpressionRunError when it is none. */
export function numberOf(value: ElValue): bigint | number | Decimal {
  if (value === null || value === '') return 0n;
  if (isNumber(value)) return value;
  const number = isText(value) ? numberOfText(textOf(value) ?? '') : null;
  if (number === null) {
    const shown = shownValue(value);
    throw new ExpressionRunError({ en: `${shown} is no number`, zh: `${shown} 不是数字` });
  }
  return number;
}

/** A value as a truth value: null and empty text are false. @throws ExpressionRunError when it is neither true nor false. */
export function truthOf(value: ElValue): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null) return false;
  if (isText(value)) {
    const text = (textOf(value) ?? '').toLowerCase();
    if (text === 'true') return true;
    if (text === 'false' || text === '') return false;
  }
  const shown = shownValue(value);
  throw new ExpressionRunError({
    en: `${shown} is neither true nor false`,
    zh: `${shown} 既不是 true 也不是 false`,
  });
}

/** A value for an error text: short, and never the whole of a long one. */
export function shownValue(value: ElValue): string {
  if (value instanceof Uint8Array) return `(${value.length} bytes)`;
  if (value instanceof RowValue) return 'row';
  if (value instanceof Map) return '(map)';
  const text = textOf(value) ?? 'null';
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}

function noText(value: ElValue): ExpressionRunError {
  const shown = shownValue(value);
  return new ExpressionRunError({ en: `${shown} is no text`, zh: `${shown} 不是文本` });
}
