import { type Engine, emptyResult, fault, ROW_BYTES_MAX, type RunResult, stop } from './engine.ts';
import { intTarget, type Kernel, op, rowOverhead, TARGET_SHIFT, UNSIGNED_BIT } from './kernels.ts';
import { daysSince2000, NO_DATE, writeMicroseconds } from './moments.ts';
import { packDecimal, packInteger } from './numeric.ts';

const PACKET_HEADER_BYTES = 4;
/** Up to this length a loop is faster than the call into native code. */
const SHORT_BYTES = 32;
const TWO_32 = 4_294_967_296;
const DAY_HOURS = 24;
const UUID_TEXT_BYTES = 36;

/**
 * The kernels in plain TypeScript: for places without WebAssembly, for rows of any length, and as the oracle of the others.
 * Everything is bytes in two buffers; no value of a cell is ever made.
 */
export class TypeScriptEngine implements Engine {
  readonly name = 'TypeScript';
  readonly input: Buffer;
  readonly output: Buffer;
  readonly result: RunResult = emptyResult();
  readonly #ops: Uint8Array;
  readonly #arguments: Int32Array;
  readonly #overhead: number;
  /** Where the value of a fault begins; behind the value after one that is right. */
  #at = 0;

  constructor(kernels: readonly Kernel[], input: Buffer, output: Buffer) {
    this.input = input;
    this.output = output;
    this.#ops = Uint8Array.from(kernels, (kernel) => kernel.op);
    this.#arguments = Int32Array.from(kernels, (kernel) => kernel.argument);
    this.#overhead = rowOverhead(kernels);
  }

  run(from: number, to: number, at: number, rowsMax: number): number {
    const { input, output, result } = this;
    result.fault = 0;
    result.lastRow = -1;
    let packet = from;
    let written = at;
    let rows = 0;
    let why: number = stop.needsInput;
    while (to - packet >= PACKET_HEADER_BYTES) {
      const length =
        (input[packet] as number) |
        ((input[packet + 1] as number) << 8) |
        ((input[packet + 2] as number) << 16);
      if (length > ROW_BYTES_MAX) {
        why = stop.largeRow;
        break;
      }
      const start = packet + PACKET_HEADER_BYTES;
      if (to - start < length) break;
      if (input[start] !== 0 || length === 0) {
        why = stop.notARow;
        break;
      }
      if (rows === rowsMax) {
        why = stop.rowsMax;
        break;
      }
      if (written + this.#overhead + length > output.length) {
        why = stop.outputFull;
        break;
      }
      const behind = this.row(start, start + length, written);
      if (behind < 0) {
        why = stop.fault;
        break;
      }
      written = behind;
      result.lastRow = packet;
      rows += 1;
      packet = start + length;
    }
    result.consumed = packet;
    result.written = written;
    result.rows = rows;
    return why;
  }

  /**
   * Turns one row, `input[start, end)` without its header, into a tuple at `output[at]`, where there must be room for it.
   * @returns behind the tuple, or -1 with the fault in `result`.
   */
  row(start: number, end: number, at: number): number {
    const { input, output } = this;
    const ops = this.#ops;
    const args = this.#arguments;
    const columns = ops.length;
    const nulls = start + 1;
    let q = nulls + ((columns + 9) >> 3);
    let w = at;
    output[w] = columns >> 8;
    output[w + 1] = columns;
    w += 2;
    for (let c = 0; c < columns; c++) {
      // The first two bits of the null bitmap are reserved.
      if (((input[nulls + ((c + 2) >> 3)] as number) >> ((c + 2) & 7)) & 1) {
        w = putLength(output, w, -1);
        continue;
      }
      const argument = args[c] as number;
      let behind: number;
      switch (ops[c]) {
        case op.swap2:
          w = putLength(output, w, 2);
          output[w] = input[q + 1] as number;
          output[w + 1] = input[q] as number;
          w += 2;
          q += 2;
          continue;
        case op.swap4:
          w = putLength(output, w, 4);
          swap4(input, q, output, w);
          w += 4;
          q += 4;
          continue;
        case op.swap8:
          w = putLength(output, w, 8);
          swap4(input, q + 4, output, w);
          swap4(input, q, output, w + 4);
          w += 8;
          q += 8;
          continue;
        case op.widenFloat:
          w = putLength(output, w, 8);
          w = output.writeDoubleBE(input.readFloatLE(q), w);
          q += 4;
          continue;
        case op.integer:
          behind = this.#integer(q, w, argument);
          break;
        case op.date:
          behind = this.#date(q, w, argument);
          break;
        case op.timestamp:
          behind = this.#timestamp(q, w, argument);
          break;
        case op.time:
          behind = this.#time(q, w);
          break;
        default:
          behind = this.#sized(q, end, w, ops[c] as number, argument);
      }
      if (behind < 0) return this.#fail(-behind, c, this.#at);
      w = behind;
      q = this.#at;
    }
    return q === end ? w : this.#fail(fault.malformed, columns - 1, q);
  }

  #fail(kind: number, column: number, at: number): -1 {
    this.result.fault = kind;
    this.result.faultColumn = column;
    this.result.faultAt = at;
    return -1;
  }

  // Each of the following reads one value at `q` and makes its field at `w`: it leaves in `#at` where the next value begins
  // and returns where the next field does, or leaves `#at` on its value and returns the fault, negated.

  #integer(q: number, w: number, argument: number): number {
    const { input, output } = this;
    const size = argument & 15;
    const isUnsigned = (argument & UNSIGNED_BIT) !== 0;
    this.#at = q;
    // The value is high * 2^32 + low, with low from 0 to below 2^32.
    let low: number;
    let high = 0;
    if (size === 1) {
      low = input[q] as number;
      if (!isUnsigned && low > 0x7f) low -= 0x100;
    } else if (size === 2) {
      low = (input[q] as number) | ((input[q + 1] as number) << 8);
      if (!isUnsigned && low > 0x7fff) low -= 0x10000;
    } else {
      low = isUnsigned || size === 8 ? input.readUInt32LE(q) : input.readInt32LE(q);
      if (size === 8) high = isUnsigned ? input.readUInt32LE(q + 4) : input.readInt32LE(q + 4);
    }
    if (low < 0) {
      high = -1;
      low += TWO_32;
    }
    const behind = putInteger(output, w, high, low, argument >> TARGET_SHIFT);
    if (behind >= 0) this.#at = q + size;
    return behind;
  }

  #date(q: number, w: number, nullsZero: number): number {
    const { input, output } = this;
    this.#at = q;
    const days = daysSince2000(input, q);
    if (days >= NO_DATE) return this.#noDate(q, w, days, nullsZero);
    const behind = putLength(output, w, 4);
    put4(output, behind, days);
    this.#at = q + 1 + (input[q] as number);
    return behind + 4;
  }

  #timestamp(q: number, w: number, nullsZero: number): number {
    const { input, output } = this;
    this.#at = q;
    const days = daysSince2000(input, q);
    if (days >= NO_DATE) return this.#noDate(q, w, days, nullsZero);
    const length = input[q] as number;
    let micros = 0;
    if (length >= 7) {
      micros =
        (((input[q + 5] as number) * 60 + (input[q + 6] as number)) * 60 + (input[q + 7] as number)) *
        1_000_000;
      if (length >= 11) micros += input.readUInt32LE(q + 8);
    }
    const behind = putLength(output, w, 8);
    writeMicroseconds(output, behind, days, micros);
    this.#at = q + 1 + length;
    return behind + 8;
  }

  #noDate(q: number, w: number, days: number, nullsZero: number): number {
    if (days > NO_DATE) return -fault.yearZero;
    if (nullsZero === 0) return -fault.noSuchDate;
    this.#at = q + 1 + (this.input[q] as number);
    return putLength(this.output, w, -1);
  }

  #time(q: number, w: number): number {
    const { input, output } = this;
    this.#at = q;
    const length = input[q] as number;
    let micros = 0;
    if (length >= 8) {
      const hours = input.readUInt32LE(q + 2) * DAY_HOURS + (input[q + 6] as number);
      const seconds = (hours * 60 + (input[q + 7] as number)) * 60 + (input[q + 8] as number);
      micros = seconds * 1_000_000 + (length >= 12 ? input.readUInt32LE(q + 9) : 0);
      if (micros > DAY_HOURS * 3_600_000_000 || (input[q + 1] !== 0 && micros > 0)) return -fault.noTimeOfDay;
    }
    const behind = putLength(output, w, 8);
    writeMicroseconds(output, behind, 0, micros);
    this.#at = q + 1 + length;
    return behind + 8;
  }

  /** Values behind their length. */
  #sized(q: number, end: number, w: number, operation: number, argument: number): number {
    const { input, output } = this;
    this.#at = q;
    let from = q + 1;
    let length = input[q] as number;
    if (length >= 251) {
      if (length === 252) {
        length = (input[q + 1] as number) | ((input[q + 2] as number) << 8);
        from = q + 3;
      } else if (length === 253) {
        length = input.readUIntLE(q + 1, 3);
        from = q + 4;
      } else if (length === 254) {
        length = input.readUInt32LE(q + 1) + input.readUInt32LE(q + 5) * TWO_32;
        from = q + 9;
      } else return -fault.malformed;
    }
    const to = from + length;
    if (to > end) return -fault.malformed;
    let behind: number;
    switch (operation) {
      case op.text:
        behind = copyText(input, from, to, output, putLength(output, w, length));
        break;
      case op.jsonb:
        behind = putLength(output, w, length + 1);
        output[behind] = 1;
        behind = copyText(input, from, to, output, behind + 1);
        break;
      case op.bytes:
        behind = putLength(output, w, length) + input.copy(output, w + 4, from, to);
        break;
      case op.decimal:
        behind = packDecimal(input, from, to, output, w);
        break;
      case op.bits:
        behind = copyBits(input, from, to, output, w, argument);
        break;
      case op.anyBit: {
        let isSet = 0;
        for (let i = from; i < to; i++) if (input[i] !== 0) isSet = 1;
        behind = putInteger(output, w, 0, isSet, argument);
        break;
      }
      case op.uuid:
        behind = packUuid(input, from, to, output, w);
        break;
      default:
        behind = -fault.malformed;
    }
    if (behind >= 0) this.#at = to;
    return behind;
  }
}

function putLength(output: Buffer, w: number, length: number): number {
  put4(output, w, length);
  return w + 4;
}

function put4(output: Buffer, w: number, value: number): void {
  output[w] = value >> 24;
  output[w + 1] = value >> 16;
  output[w + 2] = value >> 8;
  output[w + 3] = value;
}

function swap4(input: Buffer, q: number, output: Buffer, w: number): void {
  output[w] = input[q + 3] as number;
  output[w + 1] = input[q + 2] as number;
  output[w + 2] = input[q + 1] as number;
  output[w + 3] = input[q] as number;
}

/** Makes a field of high * 2^32 + low. @returns behind the field, or the fault, negated. */
function putInteger(output: Buffer, w: number, high: number, low: number, target: number): number {
  switch (target) {
    case intTarget.smallint: {
      const value = high * TWO_32 + low;
      if (value < -0x8000 || value > 0x7fff) return -fault.outOfRange;
      const at = putLength(output, w, 2);
      output[at] = value >> 8;
      output[at + 1] = value;
      return at + 2;
    }
    case intTarget.integer: {
      const value = high * TWO_32 + low;
      if (value < -0x80000000 || value > 0x7fffffff) return -fault.outOfRange;
      put4(output, putLength(output, w, 4), value);
      return w + 8;
    }
    case intTarget.bigint:
      if (high > 0x7fffffff) return -fault.outOfRange;
      put4(output, putLength(output, w, 8), high);
      put4(output, w + 8, low);
      return w + 12;
    case intTarget.numeric:
      return packInteger(output, w, high, low);
    case intTarget.double:
      // The product is exact, so there is one rounding: that of the number itself.
      return output.writeDoubleBE(high * TWO_32 + low, putLength(output, w, 8));
    default:
      if (high !== 0 || low > 1) return -fault.notBoolean;
      output[putLength(output, w, 1)] = low;
      return w + 5;
  }
}

function copyText(input: Buffer, from: number, to: number, output: Buffer, at: number): number {
  let w = at;
  if (to - from <= SHORT_BYTES) {
    for (let i = from; i < to; i++) {
      const byte = input[i] as number;
      if (byte === 0) return -fault.nul;
      output[w++] = byte;
    }
    return w;
  }
  for (let i = from; i < to; i++) if (input[i] === 0) return -fault.nul;
  return at + input.copy(output, at, from, to);
}

/** The number's bits begin at the end of its bytes, PostgreSQL's at the beginning. */
function copyBits(
  input: Buffer,
  from: number,
  to: number,
  output: Buffer,
  w: number,
  bitCount: number,
): number {
  const size = (bitCount + 7) >> 3;
  if (to - from > size) return -fault.outOfRange;
  const shift = size * 8 - bitCount;
  const first = to - size;
  put4(output, putLength(output, w, 4 + size), bitCount);
  for (let i = 0; i < size; i++) {
    const here = first + i >= from ? (input[first + i] as number) : 0;
    const next = i + 1 < size && first + i + 1 >= from ? (input[first + i + 1] as number) : 0;
    output[w + 8 + i] = (here << shift) | (next >> (8 - shift));
  }
  return w + 8 + size;
}

/** 0-15 of a hexadecimal digit; -1: it is none. */
function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function packUuid(input: Buffer, from: number, to: number, output: Buffer, w: number): number {
  if (to - from !== UUID_TEXT_BYTES) return -fault.badUuid;
  let at = putLength(output, w, 16);
  for (let i = 0; i < UUID_TEXT_BYTES; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (input[from + i] !== 0x2d) return -fault.badUuid;
      i += 1;
    }
    const high = digitOf(input[from + i] as number);
    const low = digitOf(input[from + i + 1] as number);
    if (high < 0 || low < 0) return -fault.badUuid;
    output[at++] = (high << 4) | low;
  }
  return at;
}
