import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { mayEndInBlanks } from '../jdbc/losses.ts';
import { isNumberText, scaleOf, survivesFloat } from '../jdbc/number-text.ts';
import { checkFor } from './character-sets.ts';
import type { BindDefinition, BindValue, Driver } from './driver.ts';
import { isLargeFamily, isNationalFamily, isTextFamily, type TargetColumn } from './pairing.ts';
import { momentFormatOf } from './select-list.ts';
import { type Family, FLOAT_BITS_DEFAULT, familyOf, fractionOf, NUMBER_DIGITS_MAX } from './types.ts';

/** How one column is written: its place in an INSERT, the type of the value there, and what makes it. Chosen once per column. */
export interface WrittenColumn {
  readonly name: string;
  /** `TO_NUMBER(:3)` for the place `:3`. */
  place(marker: string): string;
  /** As long as the values that were encoded so far need. */
  definition(): BindDefinition;
  /**
   * Where it stands in the statement, low ones first. Large values travel behind all others of their row, and the server takes them so only.
   * National texts stand before these: the driver declares them longer than it counts them itself, so that a server might take
   * one for a large value; at this place it does not matter.
   */
  readonly rank: 0 | 1 | 2;
  /** @throws Cdm.0234 when the column would change the value. */
  encode(value: Value): BindValue;
}

/** Longest value of a VARCHAR2 or RAW, in bytes, unless the database has extended ones. */
const SHORT_BYTES_MAX = 4000;
const EXTENDED_BYTES_MAX = 32_767;
/** A declared length from which on the driver sends a value in pieces. */
const LARGE_BYTES_MIN = 32_768;
/** Longest text of a value that is shown. */
const SHOWN_CHARACTERS_MAX = 64;
/** Powers of ten of a NUMBER: below, it would become zero without a word. */
const EXPONENT_MIN = -130;
const EXPONENT_MAX = 125;
const DECIMAL_DIGITS_PER_BIT = 0.30103;

/** Looks at a value's text before it goes: what is sent, or null when the column would change it. */
type Look = (text: string) => BindValue;

function refuse(column: string, reason: string, value: Value): SluiceError {
  const shown =
    value instanceof Uint8Array
      ? `${value.length} bytes`
      : String(value).slice(0, SHOWN_CHARACTERS_MAX).toWellFormed();
  return new SluiceError('Cdm.0234', { cause: `column ${column}: ${reason}: ${shown}` });
}

/** @param type of the source. Only for pairs that `pair` does not refuse. */
export function writtenColumn(type: NeutralType, target: TargetColumn, driver: Driver): WrittenColumn {
  const family = familyOf(target);
  const isLarge = isLargeFamily(family);
  const look = type.kind === 'binary' ? null : lookFor(type, target, family);
  const large = { bytes: LARGE_BYTES_MIN };
  const { type: bound, maxSize } = definitionFor(family, target, driver);
  return {
    name: target.name,
    place: placeFor(family),
    definition: () =>
      isLarge
        ? { type: bound, maxSize: large.bytes }
        : maxSize === undefined
          ? { type: bound }
          : { type: bound, maxSize },
    rank: isLarge ? 2 : isNationalFamily(family) ? 1 : 0,
    encode: (value) => {
      if (value === null) return null;
      const sent = look === null ? bytesOf(value, target) : look(textOf(value, family));
      if (sent === null) throw refuse(target.name, `${target.nativeText} cannot hold it unchanged`, value);
      if (isLarge) growTo(large, sent);
      return sent === '' ? null : sent;
    },
  };
}

/** The longest large value decides how it is declared; it only grows, so that the statement is seldom declared anew. */
function growTo(large: { bytes: number }, sent: BindValue): void {
  const bytes = typeof sent === 'string' ? sent.length * 3 : sent instanceof Uint8Array ? sent.length : 0;
  while (large.bytes < bytes) large.bytes *= 2;
}

function bytesOf(value: Exclude<Value, null>, { name }: TargetColumn): BindValue {
  if (!(value instanceof Uint8Array)) throw refuse(name, 'not bytes', value);
  if (value.length === 0) return '';
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function textOf(value: Exclude<Value, null>, family: Family): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return isTextFamily(family) ? String(value) : value ? '1' : '0';
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return value.toString();
    default:
      return '';
  }
}

/** The place of a value in VALUES: texts are read by fixed forms, whatever the session says. */
function placeFor(family: Family): (marker: string) => string {
  switch (family) {
    case 'number':
    case 'float':
      return (marker) => `TO_NUMBER(${marker})`;
    case 'date':
      return (marker) => `TO_DATE(${marker}, '${momentFormatOf(0)}')`;
    case 'timestamp':
      return (marker) => `TO_TIMESTAMP(${marker}, '${momentFormatOf(9)}')`;
    case 'timestampTz':
    case 'timestampLtz':
      return (marker) => `FROM_TZ(TO_TIMESTAMP(${marker}, '${momentFormatOf(9)}'), '+00:00')`;
    case 'intervalYm':
      return (marker) => `TO_YMINTERVAL(${marker})`;
    case 'intervalDs':
      return (marker) => `TO_DSINTERVAL(${marker})`;
    default:
      return (marker) => marker;
  }
}

function definitionFor(family: Family, target: TargetColumn, driver: Driver): BindDefinition {
  const maxSize = target.bytes > SHORT_BYTES_MAX ? EXTENDED_BYTES_MAX : SHORT_BYTES_MAX;
  switch (family) {
    case 'binaryFloat':
      return { type: driver.DB_TYPE_BINARY_FLOAT };
    case 'binaryDouble':
      return { type: driver.DB_TYPE_BINARY_DOUBLE };
    case 'raw':
      return { type: driver.DB_TYPE_RAW, maxSize };
    case 'blob':
    case 'longRaw':
      return { type: driver.DB_TYPE_RAW, maxSize: LARGE_BYTES_MIN };
    case 'clob':
    case 'long':
      return { type: driver.DB_TYPE_VARCHAR, maxSize: LARGE_BYTES_MIN };
    case 'nclob':
      return { type: driver.DB_TYPE_NVARCHAR, maxSize: LARGE_BYTES_MIN };
    case 'nchar':
    case 'nvarchar':
      return { type: driver.DB_TYPE_NVARCHAR, maxSize };
    default:
      return { type: driver.DB_TYPE_VARCHAR, maxSize };
  }
}

function lookFor(type: NeutralType, target: TargetColumn, family: Family): Look {
  if (isTextFamily(family)) return intoText(type, target, family);
  switch (family) {
    case 'number':
      return intoNumber(
        target.precision,
        target.precision === null ? target.scale : (target.scale ?? 0),
        NUMBER_DIGITS_MAX,
      );
    case 'float':
      return intoNumber(
        null,
        null,
        Math.floor((target.precision ?? FLOAT_BITS_DEFAULT) * DECIMAL_DIGITS_PER_BIT),
      );
    case 'binaryFloat':
      return intoFloat(32);
    case 'binaryDouble':
      return intoFloat(64);
    case 'intervalYm':
      return (text) => (/^[+-]?\d{1,9}-\d{1,2}$/.test(text.trim()) ? text.trim() : null);
    case 'intervalDs':
      return (text) => {
        const [whole, fraction = ''] =
          /^[+-]?\d{1,9} \d{1,2}:\d{1,2}:\d{1,2}(?:\.(\d{1,9}))?$/.exec(text.trim()) ?? [];
        return whole === undefined || /[1-9]/.test(fraction.slice(fractionOf(target))) ? null : whole;
      };
    default:
      return intoMoment(fractionOf(target));
  }
}

/** Oracle rounds to the scale, and beyond its digits, without a word. @param scale null: any. */
function intoNumber(precision: number | null, scale: number | null, digitsMax: number): Look {
  return (given) => {
    const text = given.trim();
    if (!isNumberText(text)) return null;
    const places = scaleOf(text);
    if (places === Number.NEGATIVE_INFINITY) return '0';
    if (scale !== null && places > scale) return null;
    const digits = significantDigits(text);
    const exponent = digits - places;
    if (digits > digitsMax || places > -EXPONENT_MIN || exponent - 1 > EXPONENT_MAX) return null;
    if (precision !== null && exponent > precision - (scale ?? 0)) return null;
    return text;
  };
}

/** Digits of a number between its first and its last one that is no zero. */
function significantDigits(text: string): number {
  const digits = text.replace(/[eE].*$/, '').replace(/\D/g, '');
  return digits.replace(/^0+/, '').replace(/0+$/, '').length;
}

function intoFloat(bits: 32 | 64): Look {
  return (given) => {
    const text = given.trim();
    if (!survivesFloat(text, bits)) return null;
    if (/nan/i.test(text)) return Number.NaN;
    if (/inf/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    const number = Number(text);
    return bits === 32 ? Math.fround(number) : number;
  };
}

function intoText(type: NeutralType, target: TargetColumn, family: Family): Look {
  const { characters, bytes, countsCharacters, characterSet } = target;
  const isHeld = isNationalFamily(family) ? (text: string) => text.isWellFormed() : checkFor(characterSet);
  const isFixed = family === 'char' || family === 'nchar';
  const isPadded = type.kind === 'text' && type.fixed;
  const refusesBlanks = isFixed && mayEndInBlanks(type);
  const isLarge = isLargeFamily(family);
  const isByCharacter = countsCharacters || isNationalFamily(family);
  const bytesMax = bytes > SHORT_BYTES_MAX ? EXTENDED_BYTES_MAX : SHORT_BYTES_MAX;
  return (given) => {
    // What only pads there pads here too.
    const text = isFixed && isPadded ? given.replace(/ +$/, '') || ' ' : given;
    if (refusesBlanks && text.endsWith(' ')) return null;
    if (!isHeld(text)) return null;
    if (isLarge) return text;
    if (isByCharacter && text.length > characters && [...text].length > characters) return null;
    // Where bytes are counted they are those of the database's own set: it says so itself. What no value may have is not sent.
    if (text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax) return null;
    return text;
  };
}

const dayForm = /^(\d{4})-(\d\d)-(\d\d)( BC)?$/;
const stampForm = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(\+00(?::?00)?|Z)?( BC)?$/;

/** A moment in our fixed form; the years are Oracle's, 4712 BC to 9999. */
function intoMoment(fractionMax: number): Look {
  return (given) => {
    const text = given.trim();
    if (dayForm.test(text)) return `${signed(text)} 00:00:00`;
    const [whole, day = '', clock = '', fraction = '', , era = ''] = stampForm.exec(text) ?? [];
    if (whole === undefined) return null;
    if (/[1-9]/.test(fraction.slice(fractionMax))) return null;
    // Instants come in UTC, which is the session's time zone.
    const kept = fraction.slice(0, fractionMax);
    return `${signed(`${day}${era}`)} ${clock}${kept === '' ? '' : `.${kept}`}`;
  };
}

/** BC as a minus sign. */
function signed(day: string): string {
  return day.endsWith(' BC') ? `-${day.slice(0, -3)}` : day;
}
