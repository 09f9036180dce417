import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { mayEndInBlanks, numberLosses } from '../jdbc/losses.ts';
import { isNumberText, scaleOf, survivesFloat } from '../jdbc/number-text.ts';
import { quoteBytes, quoteText } from './names.ts';
import {
  approximateTypes,
  binaryTypes,
  decimalScale,
  membersOf,
  memberTypes,
  roundedScale,
  textTypes,
  wholeTypes,
} from './type-families.ts';
import { isSpatial } from './types.ts';
import { isWellKnownText } from './well-known-text.ts';

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
const wholeForm = /^\s*[+-]?\d+(?:\.0*)?\s*$/;
const bitsForm = /^[01]+$/;
/** Zero, or what no two digits stand for: the server would take 24 for 2024. */
const yearForm = /^(?:0|0000|19(?:0[1-9]|[1-9]\d)|20\d\d|21[0-4]\d|215[0-5])$/;
/** Strings and numbers of a JSON text, as tokens. */
const jsonToken = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs;

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

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

/** A value as the text that it is, before it is looked at for its column. @throws Cdm.0234 when it is not of its kind. */
function plainText(type: NeutralType, target: TargetColumn): (value: Exclude<Value, null>) => string {
  const { name } = target;
  switch (type.kind) {
    case 'boolean': {
      const [yes, no] = textTypes.has(target.dataType) ? ['true', 'false'] : ['1', '0'];
      return (value) => {
        if (value === true) return yes;
        if (value === false) return no;
        // TINYINT(1) holds other numbers too.
        if (typeof value === 'number') return String(value);
        throw refuse(name, value, 'not a boolean');
      };
    }
    case 'integer':
      return (value) => {
        if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
        if (typeof value === 'bigint') return value.toString();
        throw refuse(name, value, 'not a whole number');
      };
    case 'float':
      return (value) => {
        if (typeof value !== 'number') throw refuse(name, value, 'not a floating-point number');
        return Object.is(value, -0) ? '-0' : String(value);
      };
    case 'decimal':
      return (value) => {
        if (typeof value === 'boolean' || value instanceof Uint8Array)
          throw refuse(name, value, 'not a decimal');
        return String(value);
      };
    default:
      return (value) => {
        if (value instanceof Uint8Array) throw refuse(name, value, 'not a text');
        return String(value);
      };
  }
}

/** Turns the text of a value into its literal, or says null when the column would change it. */
type Literal = (text: string) => string | null;

function literalFor(type: NeutralType, target: TargetColumn): Literal {
  const { dataType } = target;
  if (isSpatial(dataType)) return spatialLiteral;
  if (memberTypes.has(dataType)) return memberLiteral(target);
  if (textTypes.has(dataType)) return textLiteral(type, dataType);
  if (binaryTypes.has(dataType)) return bytesOfTextLiteral(target);
  if (dataType === 'bit') return bitLiteral(type, target);
  if (dataType === 'year') return (text) => (yearForm.test(text) ? text : null);
  if (wholeTypes.has(dataType)) return wholeLiteral(type);
  if (dataType === 'decimal') return decimalLiteral(type, decimalScale(target.columnType));
  if (approximateTypes.has(dataType)) return floatLiteral(type, target);
  return momentLiteral(type, target);
}

function spatialLiteral(text: string): string | null {
  return isWellKnownText(text) ? `ST_GeomFromText(${quoteText(text)})` : null;
}

/** An ENUM finds its values by collation and by number, a SET sorts them: only their very spelling is kept. */
function memberLiteral({ dataType, columnType }: TargetColumn): Literal {
  const members = membersOf(columnType);
  if (dataType === 'enum') {
    const known = new Set(members);
    return (text) => (known.has(text) ? quoteText(text) : null);
  }
  return (text) => {
    const chosen = text === '' ? [] : text.split(',');
    const places = chosen.map((member) => members.indexOf(member));
    const isSorted = places.every((place, i) => place > (places[i - 1] ?? -1));
    return isSorted ? quoteText(text) : null;
  };
}

function textLiteral(type: NeutralType, dataType: string): Literal {
  // Blanks at the end of a CHAR are padding, and gone when it is read.
  if (dataType === 'char' && mayEndInBlanks(type))
    return (text) => (text.endsWith(' ') ? null : quoteText(text));
  if (dataType === 'json') return (text) => (keepsNumbers(text) ? quoteText(text) : null);
  return quoteText;
}

/** Numbers of JSON become 64-bit integers or doubles in MySQL. Are those of this text still the same then? */
function keepsNumbers(json: string): boolean {
  for (const [token] of json.matchAll(jsonToken)) {
    if (token.startsWith('"')) continue;
    if (/^-?\d+$/.test(token)) {
      const whole = BigInt(token);
      if (whole >= INT64_MIN && whole <= UINT64_MAX) continue;
    }
    if (!survivesFloat(token, 64)) return false;
  }
  return true;
}

/** The UTF-8 of a text. BINARY(n) would fill it up with zeros. */
function bytesOfTextLiteral({ dataType, length }: TargetColumn): Literal {
  if (dataType !== 'binary') return quoteText;
  return (text) => (Buffer.byteLength(text) === (length ?? 1) ? quoteText(text) : null);
}

function bitLiteral(type: NeutralType, { length }: TargetColumn): Literal {
  if (type.kind === 'boolean' || type.kind === 'integer') return (text) => text;
  return (text) => (bitsForm.test(text) && text.length === (length ?? 1) ? `b'${text}'` : null);
}

/** Quoted where it is more than digits: `1.5` would be rounded without a note. */
function wholeLiteral(type: NeutralType): Literal {
  if (type.kind === 'integer' || type.kind === 'boolean') return (text) => text;
  if (type.kind === 'bits') return (text) => (bitsForm.test(text) ? BigInt(`0b${text}`).toString() : null);
  return (text) => (wholeForm.test(text) ? quoteText(text.trim().replace(/\.0*$/, '')) : null);
}

/** Quoted: a bare literal of more than 65 digits would become a double. */
function decimalLiteral(type: NeutralType, scale: number): Literal {
  if (type.kind === 'integer' || type.kind === 'boolean') return (text) => text;
  return (text) => {
    const number = text.trim();
    return isNumberText(number) && scaleOf(number) <= scale ? `'${number}'` : null;
  };
}

/** With an exponent a literal is read as a double, digit for digit; without, as a decimal, which would be a detour. */
function floatLiteral(type: NeutralType, { dataType, columnType }: TargetColumn): Literal {
  if (type.kind === 'boolean') return (text) => text;
  const bits = dataType === 'float' ? 32 : 64;
  const scale = roundedScale(columnType);
  const isNumber = type.kind === 'integer' || type.kind === 'decimal' || type.kind === 'float';
  const alwaysSurvives = isNumber && numberLosses(type, { kind: 'float', bits }).length === 0;
  return (text) => {
    const number = text.trim();
    if (!isNumberText(number)) return null;
    if (!alwaysSurvives && !survivesFloat(number, bits)) return null;
    if (scale !== null && scaleOf(number) > scale) return null;
    const read = Number(number);
    // The shortest text of the largest single is beyond what the server takes for one.
    const value = bits === 32 ? Math.fround(read) : read;
    if (value === 0) return Object.is(value, -0) ? '-0e0' : '0e0';
    const literal = String(value);
    return literal.includes('e') ? literal : `${literal}e0`;
  };
}

/** The form is checked here, for servers read half a text and drop the rest, and take more spellings than one. */
function momentLiteral(type: NeutralType, { dataType, fraction }: TargetColumn): Literal {
  const isZoned = (type.kind === 'timestamp' || type.kind === 'time') && type.zoned;
  const form = dataType === 'date' ? dateForm : dataType === 'time' ? timeForm : timestampForm;
  const takesDates =
    dataType !== 'time' && (type.kind === 'date' || type.kind === 'text' || type.kind === 'other');
  return (value) => {
    // Zoned values come in UTC, which is the session's time zone.
    const text = isZoned && value.endsWith('+00') ? value.slice(0, -3) : value;
    if (!form.test(text) && !(takesDates && dateForm.test(text))) return null;
    return exceedsFraction(text, fraction) ? null : `'${text}'`;
  };
}

function encodeBinary(target: TargetColumn): Encoder {
  const { name, dataType, columnType, length } = target;
  return (value) => {
    if (value === null) return 'NULL';
    if (!(value instanceof Uint8Array)) throw refuse(name, value, 'not bytes');
    if (dataType === 'binary' && value.length !== (length ?? 1))
      throw refuse(name, value, `${columnType} would be filled up with zeros`);
    return quoteBytes(value);
  };
}

/** Chooses the encoder of one column. Only for pairs that `pair` does not refuse. */
export function encoderFor(type: NeutralType, target: TargetColumn): Encoder {
  const encode = type.kind === 'binary' ? encodeBinary(target) : encodeValue(type, target);
  if (!target.refusesNull) return encode;
  return (value) => {
    if (value === null) throw nullRefusal(target);
    return encode(value);
  };
}

function encodeValue(type: NeutralType, target: TargetColumn): Encoder {
  const print = plainText(type, target);
  const literalOf = literalFor(type, target);
  return (value) => {
    if (value === null) return 'NULL';
    const literal = literalOf(print(value));
    if (literal === null) throw refuse(target.name, value, reasonOf(target, value));
    return literal;
  };
}

function reasonOf({ columnType, fraction }: TargetColumn, value: Value): string {
  const isMoment = /^(?:time|datetime|timestamp)/i.test(columnType);
  return isMoment && typeof value === 'string' && exceedsFraction(value, fraction)
    ? `${columnType} keeps ${fraction} digits of a second`
    : `${columnType} cannot hold it unchanged`;
}

/** What is said of a null where none may be. */
export function nullRefusal({ name, columnType }: Pick<TargetColumn, 'name' | 'columnType'>): SluiceError {
  return new SluiceError('Cdm.0234', { cause: `column ${name} (${columnType}) takes no null` });
}
