import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { mayEndInBlanks, numberLosses } from '../jdbc/losses.ts';
import { isNumberText, scaleOf, survivesFloat } from '../jdbc/number-text.ts';

/** Turns a value that is not null into its field of COPY text, escaped. @throws Cdm.0234 when the column would change it. */
export type Encoder = (value: Exclude<Value, null>) => string;

/** What an encoder has to know of a column. */
export interface WrittenColumn {
  readonly name: string;
  /** The destination's type, domains resolved. */
  readonly native: string;
  readonly target: NeutralType;
  readonly source: NeutralType;
}

/** What must be escaped in a field of COPY text; the character 0 cannot be written at all. */
const special = /[\\\n\r\t\0]/;
const specials = /[\\\n\r\t]/g;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Longest text of a value that is shown. */
const SHOWN_CHARACTERS_MAX = 64;
/** Longest value of the type `name`; longer ones are cut without a word. */
const NAME_BYTES_MAX = 63;
const MONEY_SCALE = 2;

const wholeForm = /^\s*([+-]?\d+)(?:\.0*)?\s*$/;
const bitsForm = /^[01]*$/;
const booleanForm = /^(?:t|true|y|yes|on|1|f|false|n|no|off|0)$/i;
const notFinite = /^(?:nan|[+-]?inf(?:inity)?)$/i;
const infinity = /^-?infinity$/;
const dateForm = /^\d{4,7}-\d\d-\d\d(?: BC)?$/;
/** Up to 23:59:59: PostgreSQL takes a sixtieth second and a 24th hour too, and moves on to the next day. */
const stampForm =
  /^(\d{4,7}-\d\d-\d\d)[ T](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d{1,9}))?([+-]\d\d(?::?\d\d)?|Z)?( BC)?$/;
const timeForm =
  /^(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d|24:00:00(?=$|[+-]|\.0*(?:$|[+-])))(?:\.(\d{1,9}))?([+-]\d\d(?::\d\d){0,2})?$/;
const midnight = /^00:00:00(?:\.0+)?$/;
const utc = /^[+-]00(?::?00)*$/;

/** Looks at a value's text before it goes: what is to be sent, or null when the column would change it. */
type Look = (text: string) => string | null;

/** Encoders by column, chosen once before the loop. */
export function encodersOf(columns: readonly WrittenColumn[]): readonly Encoder[] {
  return columns.map(encoderOf);
}

function encoderOf(column: WrittenColumn): Encoder {
  const { name, target } = column;
  const saysWords = target.kind === 'boolean' || target.kind === 'text' || target.kind === 'other';
  const [yes, no] = saysWords ? ['true', 'false'] : ['1', '0'];
  const look = lookFor(column);
  if (look === null) return (value) => escaped(textOf(value, yes, no), name);
  return (value) => {
    const text = textOf(value, yes, no);
    const sent = look(text);
    if (sent === null) throw refusal(name, reasonOf(column, text), text);
    return escaped(sent, name);
  };
}

/** What the column would do to a value that it is not sent, in words. */
function reasonOf({ native, target }: WrittenColumn, text: string): string {
  const length = target.kind === 'text' ? target.length : null;
  const isTooLong = length !== null && [...text].length > length;
  return isTooLong ? `it is too long for ${native}` : `${native} cannot hold it unchanged`;
}

function refusal(column: string, reason: string, text: string): SluiceError {
  const shown = text.slice(0, SHOWN_CHARACTERS_MAX).toWellFormed();
  return new SluiceError('Cdm.0234', { cause: `column "${column}": ${reason}: ${shown}` });
}

function textOf(value: Exclude<Value, null>, yes: string, no: string): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'boolean':
      return value ? yes : no;
    default:
      return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  }
}

function escaped(text: string, column: string): string {
  if (!special.test(text)) return text;
  if (text.includes('\0'))
    throw refusal(column, 'PostgreSQL keeps no character 0 in a text', text.replaceAll('\0', '\\0'));
  return text.replace(specials, (c) => escapes[c] ?? c);
}

/**
 * What to look at; null: the server keeps or refuses every value by itself. It rounds, cuts blanks and reads more spellings
 * than one as the same value, all without a word: whatever it would change is refused here.
 */
function lookFor({ native, source, target }: WrittenColumn): Look | null {
  switch (target.kind) {
    case 'boolean':
      return (text) => (booleanForm.test(text.trim()) ? text : null);
    case 'integer':
      if (source.kind === 'integer' || source.kind === 'boolean') return null;
      return (text) => wholeForm.exec(text)?.[1] ?? null;
    case 'decimal':
      return intoDecimal(source, target.precision === null ? null : (target.scale ?? 0));
    case 'float':
      return intoFloat(source, target.bits);
    case 'text':
      return intoText(source, target);
    case 'date':
      return intoDate(source);
    case 'timestamp':
      return intoTimestamp(source, target);
    case 'time':
      return intoTime(target);
    case 'bits':
      return source.kind === 'bits' ? null : (text) => (bitsForm.test(text) ? text : null);
    case 'other':
      return intoOther(native);
    case 'binary':
    case 'uuid':
    case 'json':
      return null;
  }
}

/** @param scale null: numbers of any length. */
function intoDecimal(source: NeutralType, scale: number | null): Look | null {
  if (source.kind === 'boolean') return null;
  if (source.kind === 'integer' && (scale === null || scale >= 0)) return null;
  const isNumber = source.kind === 'decimal' || source.kind === 'float';
  const isKept =
    isNumber &&
    (scale === null || (source.kind === 'decimal' && source.scale !== null && source.scale <= scale));
  if (isKept) return null;
  return (text) => {
    const number = text.trim();
    if (notFinite.test(number)) return number;
    return isNumberText(number) && (scale === null || scaleOf(number) <= scale) ? number : null;
  };
}

function intoFloat(source: NeutralType, bits: 32 | 64): Look | null {
  if (source.kind === 'boolean') return null;
  const target: NeutralType & { kind: 'float' } = { kind: 'float', bits };
  const isNumber = source.kind === 'integer' || source.kind === 'decimal' || source.kind === 'float';
  if (isNumber && numberLosses(source, target).length === 0) return null;
  return (text) => {
    const number = text.trim();
    return survivesFloat(number, bits) ? number : null;
  };
}

function intoText(source: NeutralType, target: NeutralType & { kind: 'text' }): Look | null {
  const { length, fixed } = target;
  const isPadded = source.kind === 'text' && source.fixed;
  // Padding is cut where there is no room for it; nothing else may be.
  if (isPadded || length === null || !mayEndInBlanks(source)) return null;
  if (!fixed && source.kind === 'text' && source.length !== null && source.length <= length) return null;
  return (text) => {
    if (fixed && text.endsWith(' ')) return null;
    return text.length > length && [...text].length > length ? null : text;
  };
}

function intoDate(source: NeutralType): Look | null {
  if (source.kind === 'date') return null;
  return (text) => {
    if (dateForm.test(text) || infinity.test(text)) return text;
    const [, day, , zone, era = ''] = stampForm.exec(text) ?? [];
    const clock = /[ T]([\d:.]+)/.exec(text)?.[1] ?? '';
    if (day === undefined || !midnight.test(clock) || (zone !== undefined && !utc.test(zone))) return null;
    return `${day}${era}`;
  };
}

function keepsFraction(fraction: string | undefined, digits: number): boolean {
  return fraction === undefined || !/[1-9]/.test(fraction.slice(digits));
}

function intoTimestamp(source: NeutralType, target: NeutralType & { kind: 'timestamp' }): Look | null {
  if (source.kind === 'date') return null;
  const isMoment = source.kind === 'timestamp';
  if (isMoment && source.fraction <= target.fraction) return null;
  return (text) => {
    if (infinity.test(text) || dateForm.test(text)) return text;
    const [whole, , fraction, zone] = stampForm.exec(text) ?? [];
    if (whole === undefined || !keepsFraction(fraction, target.fraction)) return null;
    // A column without a zone drops the offset of a text; instants of ours come in UTC.
    const dropsOffset = zone !== undefined && !target.zoned && zone !== 'Z' && !utc.test(zone);
    return dropsOffset ? null : text;
  };
}

function intoTime(target: NeutralType & { kind: 'time' }): Look {
  // Also of times: those of other databases go below zero and beyond a day.
  return (text) => {
    const [whole, fraction, zone] = timeForm.exec(text) ?? [];
    if (whole === undefined || !keepsFraction(fraction, target.fraction)) return null;
    return zone !== undefined && !target.zoned && !utc.test(zone) ? null : text;
  };
}

/** Types that cut or round what they read; all others keep a value or refuse it. */
function intoOther(native: string): Look | null {
  switch (native) {
    case 'name':
      return (text) => (Buffer.byteLength(text) > NAME_BYTES_MAX ? null : text);
    case '"char"':
      return (text) => (Buffer.byteLength(text) > 1 ? null : text);
    case 'money':
      return (text) => {
        const digits = text.replace(/^(-?)\$/, '$1').replaceAll(',', '');
        return isNumberText(digits) && scaleOf(digits) <= MONEY_SCALE ? text : null;
      };
    default:
      return null;
  }
}
