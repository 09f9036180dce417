import { type Kernel, operation } from '../bulk/kernels.ts';
import { binaryTypes } from '../type-families.ts';

const TAB = 0x09;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const MINUS = 0x2d;
const COLON = 0x3a;
const POINT = 0x2e;
const IS_NULL = 1;
/** A value takes less than four times the bytes that it has in binary: five of them may be a number of 17 characters. */
const GROWTH_MAX = 4;
const LINE_END_BYTES = 1;
/** Digits after which a single-precision number is told from its neighbours; fewer mostly do. */
const FLOAT_DIGITS_MIN = 6;
const FLOAT_DIGITS_MAX = 9;

/** What a field is in the packets of rows, as far as reading it goes. */
const shape = {
  i1: 0,
  i2: 1,
  i4: 2,
  i8: 3,
  u8: 4,
  f4: 5,
  f8: 6,
  text: 7,
  hex: 8,
  moment: 9,
  time: 10,
} as const;
type Shape = (typeof shape)[keyof typeof shape];

function shapeOf(kernel: Kernel): Shape {
  switch (kernel.operation) {
    case operation.boolean:
      return shape.i1;
    case operation.int2:
      return shape.i2;
    case operation.int4:
      return shape.i4;
    case operation.int8:
      return shape.i8;
    case operation.bits:
      return shape.u8;
    case operation.float4:
      return shape.f4;
    case operation.float8:
      return shape.f8;
    case operation.date:
    case operation.timestamp:
      return shape.moment;
    case operation.time:
      return shape.time;
    default:
      return isHex(kernel) ? shape.hex : shape.text;
  }
}

function baseType(kernel: Kernel): string {
  return /^[a-z]+/.exec(kernel.columnType)?.[0] ?? '';
}

function isHex(kernel: Kernel): boolean {
  return kernel.operation === operation.bytes && binaryTypes.has(baseType(kernel));
}

/**
 * How LOAD DATA is to read a field: null when its text is the value, else what the column is set to from the variable.
 * - Bytes would be taken for text of a character set: they go in hexadecimal.
 * - Into BIT a text goes as its characters, not as the number that it names.
 * - A null for a TIMESTAMP that takes none would become the time of day, without a word; set from a variable it is an error.
 */
export function fieldExpression(kernel: Kernel, variable: string): string | null {
  if (isHex(kernel)) return `UNHEX(${variable})`;
  switch (baseType(kernel)) {
    case 'bit':
      return `CAST(${variable} AS UNSIGNED)`;
    case 'timestamp':
      return variable;
    default:
      return null;
  }
}

/** Turns rows of the bulk command's binary form into lines of LOAD DATA: fields end with a tab, lines with a newline. */
export class TextLines {
  readonly #shapes: Uint8Array;
  /** The lines made last. */
  bytes: Buffer = Buffer.alloc(0);
  #size = 0;

  constructor(kernels: readonly Kernel[]) {
    this.#shapes = Uint8Array.from(kernels, shapeOf);
  }

  /**
   * @param rows `rowCount` rows in `rows[from, to)`, each value behind a byte that says whether it is null.
   * @returns how many bytes of `bytes` are lines; they are the caller's until the next call.
   */
  make(rows: Buffer, from: number, to: number, rowCount: number): number {
    const sizeMax = GROWTH_MAX * (to - from) + LINE_END_BYTES * rowCount;
    if (this.bytes.length < sizeMax) this.bytes = Buffer.allocUnsafeSlow(sizeMax);
    this.#size = 0;
    let at = from;
    for (let row = 0; row < rowCount; row++) at = this.#line(rows, at);
    if (at !== to) throw new RangeError('rows end elsewhere than their packet');
    return this.#size;
  }

  #line(rows: Buffer, start: number): number {
    const shapes = this.#shapes;
    const out = this.bytes;
    let p = start;
    let w = this.#size;
    for (let c = 0; c < shapes.length; c++) {
      if (c > 0) out[w++] = TAB;
      if (rows[p++] === IS_NULL) {
        out[w++] = BACKSLASH;
        out[w++] = 0x4e;
        continue;
      }
      switch (shapes[c]) {
        case shape.i1:
          w = writeInteger(out, w, rows.readInt8(p));
          p += 1;
          break;
        case shape.i2:
          w = writeInteger(out, w, rows.readInt16LE(p));
          p += 2;
          break;
        case shape.i4:
          w = writeInteger(out, w, rows.readInt32LE(p));
          p += 4;
          break;
        case shape.i8: {
          const value = rows.readInt32LE(p + 4) * 2 ** 32 + rows.readUInt32LE(p);
          w = Number.isSafeInteger(value)
            ? writeInteger(out, w, value)
            : w + out.write(rows.readBigInt64LE(p).toString(), w, 'latin1');
          p += 8;
          break;
        }
        case shape.u8:
          w += out.write(rows.readBigUInt64LE(p).toString(), w, 'latin1');
          p += 8;
          break;
        case shape.f4:
          w += out.write(singleText(rows.readFloatLE(p)), w, 'latin1');
          p += 4;
          break;
        case shape.f8:
          w += out.write(doubleText(rows.readDoubleLE(p)), w, 'latin1');
          p += 8;
          break;
        case shape.moment: {
          const length = rows[p] as number;
          w = writeDate(out, w, rows, p + 1);
          if (length > 4) {
            out[w++] = 0x20;
            w = writeClock(out, w, rows[p + 5] as number, rows, p + 6);
            if (length > 7) w = writeFraction(out, w, rows.readUInt32LE(p + 8));
          }
          p += 1 + length;
          break;
        }
        case shape.time: {
          const length = rows[p] as number;
          w = writeClock(out, w, 24 * rows.readUInt32LE(p + 2) + (rows[p + 6] as number), rows, p + 7);
          if (length > 8) w = writeFraction(out, w, rows.readUInt32LE(p + 9));
          p += 1 + length;
          break;
        }
        default: {
          const first = rows[p] as number;
          const lengthBytes = first < 0xfb ? 0 : first === 0xfc ? 2 : first === 0xfd ? 3 : 4;
          const size = lengthBytes === 0 ? first : rows.readUIntLE(p + 1, lengthBytes);
          // Eight bytes of length have four that are not zero.
          p += 1 + (first === 0xfe ? 8 : lengthBytes);
          if (shapes[c] === shape.hex) w = writeHex(out, w, rows, p, p + size);
          else w = writeEscaped(out, w, rows, p, p + size);
          p += size;
        }
      }
    }
    out[w++] = NEWLINE;
    this.#size = w;
    return p;
  }
}

/** Tab, newline, backslash and the character 0 behind a backslash; everything else is itself. */
function writeEscaped(out: Buffer, start: number, from: Buffer, at: number, end: number): number {
  let w = start;
  for (let p = at; p < end; p++) {
    const byte = from[p] as number;
    if (byte > BACKSLASH || (byte !== BACKSLASH && byte > NEWLINE)) out[w++] = byte;
    else if (byte === BACKSLASH || byte === TAB || byte === NEWLINE || byte === 0) {
      out[w++] = BACKSLASH;
      out[w++] = byte === TAB ? 0x74 : byte === NEWLINE ? 0x6e : byte === 0 ? ZERO : BACKSLASH;
    } else out[w++] = byte;
  }
  return w;
}

const hexDigits = Buffer.from('0123456789abcdef', 'latin1');

function writeHex(out: Buffer, start: number, from: Buffer, at: number, end: number): number {
  let w = start;
  for (let p = at; p < end; p++) {
    const byte = from[p] as number;
    out[w++] = hexDigits[byte >> 4] as number;
    out[w++] = hexDigits[byte & 15] as number;
  }
  return w;
}

function writeInteger(out: Buffer, start: number, value: number): number {
  let left = value;
  let w = start;
  if (left < 0) {
    out[w++] = MINUS;
    left = -left;
  }
  const from = w;
  do {
    const rest = Math.floor(left / 10);
    out[w++] = ZERO + (left - rest * 10);
    left = rest;
  } while (left > 0);
  for (let a = from, b = w - 1; a < b; a++, b--) {
    const digit = out[a] as number;
    out[a] = out[b] as number;
    out[b] = digit;
  }
  return w;
}

function writeTwo(out: Buffer, w: number, value: number): number {
  out[w] = ZERO + Math.floor(value / 10);
  out[w + 1] = ZERO + (value % 10);
  return w + 2;
}

function writeDate(out: Buffer, start: number, from: Buffer, p: number): number {
  const year = from.readUInt16LE(p);
  let w = writeTwo(out, start, Math.floor(year / 100));
  w = writeTwo(out, w, year % 100);
  out[w++] = MINUS;
  w = writeTwo(out, w, from[p + 2] as number);
  out[w++] = MINUS;
  return writeTwo(out, w, from[p + 3] as number);
}

/** @param p where minutes and seconds stand. */
function writeClock(out: Buffer, start: number, hours: number, from: Buffer, p: number): number {
  let w = writeTwo(out, start, hours);
  out[w++] = COLON;
  w = writeTwo(out, w, from[p] as number);
  out[w++] = COLON;
  return writeTwo(out, w, from[p + 1] as number);
}

function writeFraction(out: Buffer, start: number, us: number): number {
  let w = start;
  out[w++] = POINT;
  for (let unit = 100_000; unit >= 1; unit /= 10) out[w++] = ZERO + (Math.floor(us / unit) % 10);
  return w;
}

function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The fewest digits that single precision reads as this value. */
function singleText(value: number): string {
  for (let digits = FLOAT_DIGITS_MIN; digits < FLOAT_DIGITS_MAX; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return Object.is(value, -0) ? '-0' : String(Number(text));
  }
  return value.toPrecision(FLOAT_DIGITS_MAX);
}
