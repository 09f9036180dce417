import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { mayEndInBlanks, numberLosses } from '../jdbc/losses.ts';
import { isNumberText, scaleOf, survivesFloat } from '../jdbc/number-text.ts';
import { decimalBytes } from './decimal-bytes.ts';
import {
  clockOf,
  DATETIME_FIRST_DAY,
  DAYS_TO_1900,
  datetimeSteps,
  daysOf,
  SMALLDATETIME_LAST_DAY,
  stampOf,
  ticksOf,
  timeBytes,
} from './moment-fields.ts';
import { binaryTypes, type TargetColumn, unicodeTypes } from './pairing.ts';
import type { RowBuffer } from './row-buffer.ts';

/** Writes one value of one column as TDS has it. Chosen once per column, before the first row. @throws Cdm.0234. */
export type Encoder = (value: Value, into: RowBuffer) => void;

/** Encodes text in a column's code page; null when the page lacks one of its characters. */
export type PageEncoder = (text: string) => Uint8Array | null;

/** How long a value is and of which kind: how nulls and lengths are written. */
const shortNull = 0x00;
const longNull = 0xffff;

const wholeForm = /^\s*([+-]?\d+)(?:\.0*)?\s*$/;
const plainDecimal = /^([+-]?)(\d*)(?:\.(\d*))?$/;
const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const truthForm = /^(?:(true|t|1)|false|f|0)$/i;

/** A value that has no form in the destination column: the job is told, nothing is bent. */
function refuse({ name, printed }: TargetColumn, value: Value): SluiceError {
  const shown = value instanceof Uint8Array ? `${value.length} bytes` : String(value).slice(0, 64);
  return new SluiceError('Cdm.0234', {
    cause: `column ${name}: ${printed} cannot hold it unchanged: ${shown.toWellFormed()}`,
  });
}

/** Puts a text into the row, or says false when the column would change it. */
type Put = (text: string, into: RowBuffer) => boolean;

/** A value as the text that it is; booleans in numbers' columns are numbers. */
function textOf(value: Exclude<Value, null>, isWord: boolean): string | null {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      if (isWord) return value ? 'true' : 'false';
      return value ? '1' : '0';
    case 'number':
    case 'bigint':
      return Object.is(value, -0) ? '-0' : String(value);
    default:
      return null;
  }
}

/** Chooses the encoder of one column. Only for pairs that `pair` does not refuse. @param page of CHAR, VARCHAR and TEXT. */
export function encoderFor(type: NeutralType, target: TargetColumn, page: PageEncoder | null): Encoder {
  const writeNull = nullOf(target);
  const { dataType } = target.native;
  if (type.kind === 'binary') return bytesEncoder(target, writeNull);
  const isWord = page !== null || unicodeTypes.has(dataType) || dataType === 'xml';
  const put = putFor(type, target, page);
  return (value, into) => {
    if (value === null) {
      writeNull(into);
      return;
    }
    const text = textOf(value, isWord);
    if (text === null || !put(text, into)) throw refuse(target, value);
  };
}

function isMax({ native: { dataType, maxLength } }: TargetColumn): boolean {
  return dataType === 'xml' || (maxLength < 0 && /^(?:var(?:char|binary)|nvarchar)$/.test(dataType));
}

function isLegacyLong({ native: { dataType } }: TargetColumn): boolean {
  return dataType === 'text' || dataType === 'ntext' || dataType === 'image';
}

function nullOf(target: TargetColumn): (into: RowBuffer) => void {
  if (isMax(target)) return (into) => into.magnitude(0xffff_ffff_ffff_ffffn, 8);
  if (/^n?(?:var)?(?:char|binary)$/.test(target.native.dataType)) return (into) => into.uint(longNull, 2);
  return (into) => into.uint8(shortNull);
}

/** Ahead of the bytes of a value of the long types of old: a pointer and a time, which nobody reads. */
const TEXT_POINTER = Buffer.concat([Buffer.from([16]), Buffer.alloc(16 + 8)]);
/** The length of a value that comes in chunks, when it is not said ahead. */
const UNKNOWN_LENGTH = 0xffff_ffff_ffff_fffen;

/** Writes bytes behind their length, as the column's type has it. */
function putBytes(target: TargetColumn): (bytes: Uint8Array, into: RowBuffer) => void {
  if (isMax(target))
    return (bytes, into) => {
      into.magnitude(UNKNOWN_LENGTH, 8);
      if (bytes.length > 0) {
        into.uint(bytes.length, 4);
        into.bytes(bytes);
      }
      into.uint(0, 4);
    };
  if (isLegacyLong(target))
    return (bytes, into) => {
      into.bytes(TEXT_POINTER);
      into.uint(bytes.length, 4);
      into.bytes(bytes);
    };
  return (bytes, into) => {
    into.uint(bytes.length, 2);
    into.bytes(bytes);
  };
}

function bytesEncoder(target: TargetColumn, writeNull: (into: RowBuffer) => void): Encoder {
  const put = putBytes(target);
  const fits = fitsBytes(target);
  return (value, into) => {
    if (value === null) writeNull(into);
    else if (value instanceof Uint8Array && fits(value.length)) put(value, into);
    else throw refuse(target, value);
  };
}

/** BINARY(n) would fill up with zeros. */
function fitsBytes({ native: { dataType, maxLength } }: TargetColumn): (byteCount: number) => boolean {
  if (dataType === 'binary') return (byteCount) => byteCount === maxLength;
  return dataType === 'image' || maxLength < 0 ? () => true : (byteCount) => byteCount <= maxLength;
}

function putFor(type: NeutralType, target: TargetColumn, page: PageEncoder | null): Put {
  const { dataType, scale } = target.native;
  if (page !== null) return pagePut(type, target, page);
  if (unicodeTypes.has(dataType) || dataType === 'xml') return unicodePut(type, target);
  if (binaryTypes.has(dataType)) return utf8Put(target);
  switch (dataType) {
    case 'bit':
      return bitPut;
    case 'tinyint':
      return wholePut(0n, 255n, 1);
    case 'smallint':
      return wholePut(-32_768n, 32_767n, 2);
    case 'int':
      return wholePut(-2_147_483_648n, 2_147_483_647n, 4);
    case 'bigint':
      return wholePut(-(2n ** 63n), 2n ** 63n - 1n, 8);
    case 'decimal':
    case 'numeric':
      return decimalPut(target.native.precision, scale);
    case 'money':
      return moneyPut(8);
    case 'smallmoney':
      return moneyPut(4);
    case 'real':
      return floatPut(type, 32);
    case 'float':
      return floatPut(type, 64);
    case 'date':
      return datePut;
    case 'time':
      return timePut(scale);
    case 'datetime2':
    case 'datetimeoffset':
      return stampPut(scale, dataType === 'datetimeoffset');
    case 'datetime':
      return datetimePut;
    case 'smalldatetime':
      return smallDatetimePut;
    case 'uniqueidentifier':
      return uuidPut;
    default:
      return () => false;
  }
}

function bitPut(text: string, into: RowBuffer): boolean {
  const [whole, yes] = truthForm.exec(text.trim()) ?? [];
  if (whole === undefined) return false;
  into.uint8(1);
  into.uint8(yes === undefined ? 0 : 1);
  return true;
}

function wholePut(min: bigint, max: bigint, byteCount: 1 | 2 | 4 | 8): Put {
  return (text, into) => {
    const digits = wholeForm.exec(text)?.[1];
    if (digits === undefined) return false;
    const exact = BigInt(digits);
    if (exact < min || exact > max) return false;
    into.uint8(byteCount);
    if (byteCount === 8) into.int64(exact);
    else if (byteCount === 1) into.uint8(Number(exact));
    else into.int(Number(exact), byteCount);
    return true;
  };
}

/** A number of at most so many digits behind the point as a whole number of such units; null when it has more, or is none. */
function scaled(text: string, scale: number): bigint | null {
  const number = text.trim();
  if (!isNumberText(number) || scaleOf(number) > scale) return null;
  const [, sign = '', whole = '', fraction = ''] = plainDecimal.exec(number) ?? [];
  if (whole !== '' || fraction !== '') {
    const units = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0') || '0');
    return sign === '-' ? -units : units;
  }
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e');
  const [, ownSign = '', ownWhole = '', ownFraction = ''] = plainDecimal.exec(mantissa) ?? [];
  const shift = Number(exponent) - ownFraction.length + scale;
  // Longer than any column; to make it would take as much memory as its exponent says.
  if (shift > 400) return null;
  const digits = BigInt(ownWhole + ownFraction);
  const units = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return ownSign === '-' ? -units : units;
}

function decimalPut(precision: number, scale: number): Put {
  const limit = 10n ** BigInt(precision);
  const byteCount = decimalBytes(precision);
  return (text, into) => {
    const units = scaled(text, scale);
    if (units === null) return false;
    const magnitude = units < 0n ? -units : units;
    if (magnitude >= limit) return false;
    into.uint8(byteCount + 1);
    into.uint8(units < 0n ? 0 : 1);
    into.magnitude(magnitude, byteCount);
    return true;
  };
}

/** Units of a ten-thousandth; the higher half of 64 bits comes first. */
function moneyPut(byteCount: 4 | 8): Put {
  const bits = byteCount * 8;
  const max = 2n ** BigInt(bits - 1);
  return (text, into) => {
    const units = scaled(text, 4);
    if (units === null || units < -max || units >= max) return false;
    into.uint8(byteCount);
    if (byteCount === 4) into.int(Number(units), 4);
    else {
      into.int(Number(units >> 32n), 4);
      into.uint(Number(units & 0xffff_ffffn), 4);
    }
    return true;
  };
}

function floatPut(type: NeutralType, bits: 32 | 64): Put {
  const isNumber = type.kind === 'integer' || type.kind === 'decimal' || type.kind === 'float';
  const alwaysSurvives = isNumber && numberLosses(type, { kind: 'float', bits }).length === 0;
  return (text, into) => {
    const number = text.trim();
    // The server has neither NaN nor the infinities.
    if (!isNumberText(number) || (!alwaysSurvives && !survivesFloat(number, bits))) return false;
    into.uint8(bits / 8);
    if (bits === 32) into.float(Number(number));
    else into.double(Number(number));
    return true;
  };
}

function datePut(text: string, into: RowBuffer): boolean {
  const days = daysOf(text);
  if (days === null) return false;
  into.uint8(3);
  into.uint(days, 3);
  return true;
}

function timePut(digits: number): Put {
  const byteCount = timeBytes(digits);
  return (text, into) => {
    const clock = clockOf(text);
    if (clock === null || clock.fraction.length > digits) return false;
    into.uint8(byteCount);
    into.uint(ticksOf(clock, digits), byteCount);
    return true;
  };
}

/** Instants come in UTC; the offset that is stored with them is none. */
function stampPut(digits: number, isZoned: boolean): Put {
  const byteCount = timeBytes(digits);
  return (text, into) => {
    const stamp = stampOf(inUtc(text));
    if (stamp === null || stamp.clock.fraction.length > digits) return false;
    into.uint8(byteCount + (isZoned ? 5 : 3));
    into.uint(ticksOf(stamp.clock, digits), byteCount);
    into.uint(stamp.days, 3);
    if (isZoned) into.int(0, 2);
    return true;
  };
}

function datetimePut(text: string, into: RowBuffer): boolean {
  const stamp = stampOf(inUtc(text));
  if (stamp === null) return false;
  const steps = datetimeSteps(stamp.clock);
  const days = stamp.days - DAYS_TO_1900;
  if (steps === null || days < DATETIME_FIRST_DAY) return false;
  into.uint8(8);
  into.int(days, 4);
  into.uint(steps, 4);
  return true;
}

function smallDatetimePut(text: string, into: RowBuffer): boolean {
  const stamp = stampOf(inUtc(text));
  if (stamp === null) return false;
  const { seconds, fraction } = stamp.clock;
  const days = stamp.days - DAYS_TO_1900;
  if (fraction !== '' || seconds % 60 !== 0 || days < 0 || days > SMALLDATETIME_LAST_DAY) return false;
  into.uint8(4);
  into.uint(days, 2);
  into.uint(seconds / 60, 2);
  return true;
}

/** Without the offset of UTC; a text with any other offset has no form here. */
function inUtc(text: string): string {
  return text.endsWith('+00') ? text.slice(0, -3) : text;
}

/** The first three fields are numbers, little end first. */
function uuidPut(text: string, into: RowBuffer): boolean {
  if (!uuidForm.test(text)) return false;
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  into.uint8(16);
  into.uint(bytes.readUInt32BE(0), 4);
  into.uint(bytes.readUInt16BE(4), 2);
  into.uint(bytes.readUInt16BE(6), 2);
  into.bytes(bytes.subarray(8));
  return true;
}

/** Blanks at the end of a CHAR are padding, and gone when it is read. */
function isPaddingOnly(type: NeutralType, { native: { dataType } }: TargetColumn): boolean {
  return (dataType === 'char' || dataType === 'nchar') && mayEndInBlanks(type);
}

function unicodePut(type: NeutralType, target: TargetColumn): Put {
  const refusesBlanks = isPaddingOnly(type, target);
  const isLong = isMax(target) || isLegacyLong(target);
  const unitsMax = isLong ? Number.POSITIVE_INFINITY : target.native.maxLength / 2;
  const put = putBytes(target);
  return (text, into) => {
    if (text.length > unitsMax || (refusesBlanks && text.endsWith(' '))) return false;
    if (isLong) put(Buffer.from(text, 'utf16le'), into);
    else {
      into.uint(text.length * 2, 2);
      into.utf16(text);
    }
    return true;
  };
}

function pagePut(type: NeutralType, target: TargetColumn, page: PageEncoder): Put {
  const refusesBlanks = isPaddingOnly(type, target);
  const bytesMax = isMax(target) || isLegacyLong(target) ? Number.POSITIVE_INFINITY : target.native.maxLength;
  const put = putBytes(target);
  return (text, into) => {
    if (refusesBlanks && text.endsWith(' ')) return false;
    const bytes = page(text);
    if (bytes === null || bytes.length > bytesMax) return false;
    put(bytes, into);
    return true;
  };
}

/** A text as bytes is its UTF-8. */
function utf8Put(target: TargetColumn): Put {
  const put = putBytes(target);
  const fits = fitsBytes(target);
  return (text, into) => {
    const bytes = Buffer.from(text);
    if (!fits(bytes.length)) return false;
    put(bytes, into);
    return true;
  };
}
