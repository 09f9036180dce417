import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { quoteBytes, quoteText } from './names.ts';
import { approximateTypes, binaryTypes, textTypes } from './type-families.ts';
import { isSpatial } from './types.ts';

/** Turns one value of one column into its literal. Chosen once per column, before the first row. */
export type Encoder = (value: Value) => string;

/** A value that has no form in the destination column: the job is told, nothing is bent. */
function refuse(column: string, value: Value, reason: string): SluiceError {
  const shown = value instanceof Uint8Array ? `${value.length} bytes` : String(value).slice(0, 64);
  return new SluiceError('Cdm.0234', { cause: `column ${column}: ${reason}: ${shown}` });
}

const dateForm = /^\d{4}-\d\d-\d\d$/;
const timestampForm = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?$/;
const timeForm = /^-?\d{1,3}:\d\d:\d\d(?:\.\d{1,9})?$/;
const decimalForm = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const wholeForm = /^\s*[+-]?\d+(?:\.0*)?\s*$/;
const bitsForm = /^[01]+$/;

/** Digits of a second beyond what the column keeps would be cut or rounded without a word by the server. */
function exceedsFraction(text: string, fractionMax: number): boolean {
  const point = text.indexOf('.');
  if (point < 0) return false;
  for (let i = point + 1 + fractionMax; i < text.length; i++) if (text.charCodeAt(i) !== 48) return true;
  return false;
}

/** What the encoder has to know of the destination column. */
export interface TargetColumn {
  readonly name: string;
  /** DATA_TYPE, lower case. */
  readonly dataType: string;
  /** COLUMN_TYPE, for people. */
  readonly columnType: string;
  /** Digits of a second; 0 where it has none. */
  readonly fraction: number;
  /** Length in characters, bytes or bits; digits of a number. */
  readonly length: number | null;
  /** Of its texts; null: it holds none, or is still to be created. */
  readonly characterSet: string | null;
  /**
   * A null is refused here, because the server would not: for a TIMESTAMP that takes none, MariaDB writes the time of day
   * instead, without a word.
   */
  readonly refusesNull: boolean;
}

const numericTypes = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'decimal',
  'float',
  'double',
  'year',
]);
const wholeTypes = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'year']);
const momentTypes = new Set(['time', 'datetime', 'timestamp']);

/**
 * How a source type meets a destination column.
 * `refused` pairs have no meaning (a date into a blob of bits); `warning` is a loss that the server would not report.
 */
export interface Pairing {
  readonly isRefused: boolean;
  readonly warning: string | null;
}

const fine: Pairing = { isRefused: false, warning: null };
const refused: Pairing = { isRefused: true, warning: null };
function risky(warning: string): Pairing {
  return { isRefused: false, warning };
}

/** Says whether values of a type can go to a column, and what they may lose. Pure. */
export function pair(type: NeutralType, target: TargetColumn): Pairing {
  const to = target.dataType;
  if (textTypes.has(to)) {
    return type.kind === 'binary' ? risky('bytes go to a text column: they must be UTF-8') : fine;
  }
  if (isSpatial(to)) return type.kind === 'text' || type.kind === 'other' ? fine : refused;
  // FLOAT(7,2) and DOUBLE(7,2) round to their digits and say nothing.
  if (/^(?:float|double)\(\d+,\d+\)/i.test(target.columnType))
    return risky('digits beyond its own are rounded off');
  switch (type.kind) {
    case 'boolean':
      return numericTypes.has(to) || to === 'bit' ? fine : refused;
    case 'integer':
      if (to === 'bit') return fine;
      if (to === 'double' && type.bits === 64) return risky('whole numbers beyond 2^53 lose digits');
      if (to === 'float' && type.bits >= 32) return risky('whole numbers beyond 2^24 lose digits');
      return numericTypes.has(to) ? fine : refused;
    case 'decimal':
      if (approximateTypes.has(to)) return risky('decimal digits beyond 15 are lost');
      return numericTypes.has(to) ? fine : refused;
    case 'float':
      if (to === 'float' && type.bits === 64) return risky('digits beyond the seventh are lost');
      if (numericTypes.has(to) && !approximateTypes.has(to))
        return risky('digits that it does not keep end the job');
      return numericTypes.has(to) ? fine : refused;
    case 'date':
      return to === 'date' || to === 'datetime' || to === 'timestamp' ? fine : refused;
    case 'timestamp':
      if (to === 'date') return refused;
      return to === 'datetime' || to === 'timestamp' ? fine : refused;
    case 'time':
      return to === 'time' && !type.zoned ? fine : refused;
    case 'binary':
      return binaryTypes.has(to) ? fine : refused;
    case 'bits':
      return to === 'bit' || to === 'bigint' ? fine : refused;
    case 'text':
    case 'other':
    case 'json':
    case 'uuid':
      // The server reads the text as a value of the column's type and refuses what it cannot read.
      return fine;
  }
}

const YEAR_MIN = 1901;

/** An integer literal may go anywhere a number may. */
function encodeInteger({ name, dataType, columnType }: TargetColumn): Encoder {
  const isYear = dataType === 'year';
  return (value) => {
    if (value === null) return 'NULL';
    // The server would take 24 for 2024.
    if (isYear && value !== 0 && Number(value) < YEAR_MIN)
      throw refuse(name, value, `${columnType} cannot hold it`);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    if (typeof value === 'bigint') return value.toString();
    throw refuse(name, value, 'not a whole number');
  };
}

function encodeBoolean(target: TargetColumn): Encoder {
  const [yes, no] = textTypes.has(target.dataType) ? ["'true'", "'false'"] : ['1', '0'];
  return (value) => {
    if (value === null) return 'NULL';
    if (value === true) return yes;
    if (value === false) return no;
    throw refuse(target.name, value, 'not a boolean');
  };
}

/** Quoted: a bare literal of more than 65 digits would become a double, and `1.5` would be rounded without a note. */
function encodeDecimal(target: TargetColumn): Encoder {
  const form = wholeTypes.has(target.dataType) ? wholeForm : decimalForm;
  const isText = textTypes.has(target.dataType);
  return (value) => {
    if (value === null) return 'NULL';
    if (typeof value === 'number' || typeof value === 'bigint') return `'${value}'`;
    if (typeof value !== 'string') throw refuse(target.name, value, 'not a decimal');
    if (!isText && !form.test(value)) throw refuse(target.name, value, `${target.columnType} cannot hold it`);
    return quoteText(value);
  };
}

/** With an exponent a literal is read as a double, digit for digit; without, as a decimal, which would be a detour. */
function encodeFloat(target: TargetColumn): Encoder {
  const isApproximate = approximateTypes.has(target.dataType);
  const isText = textTypes.has(target.dataType);
  const isWhole = wholeTypes.has(target.dataType);
  return (value) => {
    if (value === null) return 'NULL';
    if (typeof value !== 'number') throw refuse(target.name, value, 'not a floating-point number');
    if (isText) return `'${value}'`;
    if (!Number.isFinite(value) || (isWhole && !Number.isInteger(value))) {
      throw refuse(target.name, value, `${target.columnType} cannot hold it`);
    }
    if (!isApproximate) return `'${value}'`;
    if (value === 0) return Object.is(value, -0) ? '-0e0' : '0e0';
    const text = String(value);
    return text.includes('e') ? text : `${text}e0`;
  };
}

function encodeText(target: TargetColumn): Encoder {
  if (isSpatial(target.dataType)) {
    return (value) => (value === null ? 'NULL' : `ST_GeomFromText(${quoteText(String(value))})`);
  }
  const { name, columnType, fraction } = target;
  const isWhole = wholeTypes.has(target.dataType);
  const isMoment = momentTypes.has(target.dataType);
  return (value) => {
    if (value === null) return 'NULL';
    if (typeof value === 'string') {
      // The two readings of a text that the server bends without a note.
      if (isWhole && !wholeForm.test(value)) throw refuse(name, value, `${columnType} cannot hold it`);
      if (isMoment && exceedsFraction(value, fraction)) {
        throw refuse(name, value, `${columnType} keeps ${fraction} digits of a second`);
      }
      return quoteText(value);
    }
    if (value instanceof Uint8Array) throw refuse(target.name, value, 'not a text');
    return quoteText(String(value));
  };
}

function encodeBinary(target: TargetColumn): Encoder {
  return (value) => {
    if (value === null) return 'NULL';
    if (value instanceof Uint8Array) return quoteBytes(value);
    throw refuse(target.name, value, 'not bytes');
  };
}

/** Dates, times and timestamps: the form is checked here, for some servers read half a text and drop the rest. */
function encodeMoment(type: NeutralType, target: TargetColumn): Encoder {
  const isText = textTypes.has(target.dataType);
  const isZoned = (type.kind === 'timestamp' || type.kind === 'time') && type.zoned;
  const form = type.kind === 'date' ? dateForm : type.kind === 'time' ? timeForm : timestampForm;
  const { name, columnType, fraction } = target;
  return (value) => {
    if (value === null) return 'NULL';
    if (typeof value !== 'string') throw refuse(name, value, 'not a date or time');
    if (isText) return quoteText(value);
    // Zoned values come in UTC, which is the session's time zone.
    const text = isZoned && value.endsWith('+00') ? value.slice(0, -3) : value;
    if (!form.test(text)) throw refuse(name, value, `${columnType} cannot hold it`);
    if (exceedsFraction(text, fraction)) {
      throw refuse(name, value, `${columnType} keeps ${fraction} digits of a second`);
    }
    return `'${text}'`;
  };
}

function encodeBits(target: TargetColumn): Encoder {
  const isText = textTypes.has(target.dataType);
  const length = target.dataType === 'bit' ? target.length : null;
  return (value) => {
    if (value === null) return 'NULL';
    if (typeof value !== 'string' || !bitsForm.test(value))
      throw refuse(target.name, value, 'not a bit string');
    if (isText) return `'${value}'`;
    if (length === null) return BigInt(`0b${value}`).toString();
    if (value.length !== length)
      throw refuse(target.name, value, `${target.columnType} holds exactly ${length} bits`);
    return `b'${value}'`;
  };
}

/** Chooses the encoder of one column. Only for pairs that `pair` does not refuse. */
export function encoderFor(type: NeutralType, target: TargetColumn): Encoder {
  const encode = valueEncoder(type, target);
  if (!target.refusesNull) return encode;
  return (value) => {
    if (value === null) throw nullRefusal(target);
    return encode(value);
  };
}

/** What is said of a null where none may be. */
export function nullRefusal({ name, columnType }: Pick<TargetColumn, 'name' | 'columnType'>): SluiceError {
  return new SluiceError('Cdm.0234', { cause: `column ${name} (${columnType}) takes no null` });
}

function valueEncoder(type: NeutralType, target: TargetColumn): Encoder {
  switch (type.kind) {
    case 'boolean':
      return encodeBoolean(target);
    case 'integer':
      return encodeInteger(target);
    case 'decimal':
      return encodeDecimal(target);
    case 'float':
      return encodeFloat(target);
    case 'binary':
      return encodeBinary(target);
    case 'date':
    case 'time':
    case 'timestamp':
      return encodeMoment(type, target);
    case 'bits':
      return encodeBits(target);
    case 'text':
    case 'json':
    case 'uuid':
    case 'other':
      return encodeText(target);
  }
}
