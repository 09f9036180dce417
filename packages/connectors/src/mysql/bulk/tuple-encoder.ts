import { SluiceError } from '@sluice/core/errors/sluice-error';
import { nullRefusal } from '../encode.ts';
import type { BulkEncoder } from './bulk-encoder.ts';
import { type BulkPacket, isFull } from './bulk-packet.ts';
import { type Kernel, operation, UNLIMITED } from './kernels.ts';
import { refusal } from './refusal.ts';

/** Bytes that any field takes at most, its indicator and length included, beside those of a value of varying length. */
const FIELD_BYTES_MAX = 48;
const LENGTH_BYTES_MAX = 9;
/** Up to here a loop over the bytes is faster than a call to copy them. */
const LOOPED_BYTES_MAX = 32;
const IS_VALUE = 0;
const IS_NULL = 1;

/** Days of 0001-01-01 and 9999-12-31 on PostgreSQL's clock, which stands at 0 on 2000-01-01. */
const DAY_MIN = -730_119;
const DAY_MAX = 2_921_939;
/** From 0000-03-01, where the calendar's 400-year cycles begin, to 2000-01-01. */
const DAYS_BEFORE_EPOCH = 730_425;
const MICROSECONDS = 1_000_000;
const SECONDS_PER_DAY = 86_400;
/** 86,400,000,000 is 10,546,875 times 2 to the 13th: times without their lowest 13 bits fit a double exactly. */
const LOW_BITS = 13;
const LOW_MASK = (1 << LOW_BITS) - 1;
const DAY_IN_HIGH_BITS = 10_546_875;
/** DECIMAL holds 65 digits; more whole groups of four than this cannot fit, whatever the digits. */
const DECIMAL_GROUPS_MAX = 17;
/** Bytes of a value by operation; 0: they vary. Others than these would be another type than was agreed. */
const valueBytes: Readonly<Record<number, number>> = {
  [operation.boolean]: 1,
  [operation.booleanWord]: 1,
  [operation.int2]: 2,
  [operation.int4]: 4,
  [operation.int8]: 8,
  [operation.float4]: 4,
  [operation.float8]: 8,
  [operation.date]: 4,
  [operation.timestamp]: 8,
  [operation.time]: 8,
  [operation.uuid]: 16,
};
const powersOfTen = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] as const;
const hexDigits = Buffer.from('0123456789abcdef', 'latin1');
const yes = Buffer.from('true', 'latin1');
const no = Buffer.from('false', 'latin1');

/**
 * Turns tuples of COPY BINARY into rows of the bulk command, in place and without a value per cell: bytes are swapped,
 * dates taken apart, decimals printed, texts copied. The kernels are fixed before the first row.
 */
export class TupleEncoder implements BulkEncoder {
  readonly name = 'TypeScript';
  readonly #kernels: readonly Kernel[];
  readonly #operations: Uint8Array;
  readonly #limits: Int32Array;
  readonly #valueBytes: Uint8Array;
  readonly #refusesNull: Uint8Array;
  /** Bytes that a tuple takes at most beside its values of varying length. */
  readonly #fixedBytesMax: number;

  constructor(kernels: readonly Kernel[]) {
    this.#kernels = kernels;
    this.#operations = Uint8Array.from(kernels, (kernel) => kernel.operation);
    this.#limits = Int32Array.from(kernels, (kernel) => kernel.limit);
    this.#refusesNull = Uint8Array.from(kernels, (kernel) => (kernel.refusesNull ? 1 : 0));
    this.#valueBytes = Uint8Array.from(kernels, (kernel) => valueBytes[kernel.operation] ?? 0);
    this.#fixedBytesMax = kernels.length * FIELD_BYTES_MAX;
  }

  packetMemory(): undefined {
    return undefined;
  }

  encode(bytes: Buffer, start: number, packet: BulkPacket, gap = 0): number {
    let at = start;
    while (at < bytes.length && !isFull(packet)) at = this.encodeOne(bytes, at, packet, gap);
    return at;
  }

  /** As `encode`, for the next tuple only. */
  encodeOne(bytes: Buffer, start: number, packet: BulkPacket, gap: number): number {
    const rowStart = packet.size;
    const end = this.#encodeTuple(bytes, start + gap, packet);
    if (packet.size <= packet.bytesMax) {
      packet.rowCount += 1;
      return end;
    }
    if (packet.rowCount === 0) {
      throw new SluiceError('Cdm.0234', {
        cause: `a row takes ${packet.size} bytes, the server's max_allowed_packet allows ${packet.bytesMax}`,
      });
    }
    // Once more, in the next packet: rare, for a packet is full long before.
    packet.bytesTarget = packet.size = rowStart;
    return start;
  }

  #encodeTuple(bytes: Buffer, start: number, packet: BulkPacket): number {
    const operations = this.#operations;
    const limits = this.#limits;
    const fixed = this.#valueBytes;
    const refusesNull = this.#refusesNull;
    const end = bytes.length;
    const width = operations.length;
    packet.reserve(this.#fixedBytesMax);
    let out = packet.bytes;
    let w = packet.size;
    let p = start;
    if (end - p < 2 || (((bytes[p] as number) << 8) | (bytes[p + 1] as number)) !== width)
      throw new RangeError('a tuple has another number of fields than there are columns');
    p += 2;
    for (let c = 0; c < width; c++) {
      if (end - p < 4) throw new RangeError('a tuple is cut short');
      const length =
        ((bytes[p] as number) << 24) |
        ((bytes[p + 1] as number) << 16) |
        ((bytes[p + 2] as number) << 8) |
        (bytes[p + 3] as number);
      p += 4;
      if (length < 0) {
        if (refusesNull[c] === 1) throw nullRefusal(this.#kernels[c] as Kernel);
        out[w++] = IS_NULL;
        continue;
      }
      if (end - p < length) throw new RangeError('a field is cut short');
      if (length !== fixed[c] && fixed[c] !== 0) throw this.#misfit(c, length);
      out[w++] = IS_VALUE;
      switch (operations[c]) {
        case operation.boolean:
          out[w++] = bytes[p] as number;
          break;
        case operation.booleanWord: {
          const word = bytes[p] === 0 ? no : yes;
          out[w] = word.length;
          out.set(word, w + 1);
          w += 1 + word.length;
          break;
        }
        case operation.int2:
          out[w] = bytes[p + 1] as number;
          out[w + 1] = bytes[p] as number;
          w += 2;
          break;
        case operation.float4:
          if (((bytes[p] as number) & 0x7f) === 0x7f && (bytes[p + 1] as number) >= 0x80)
            throw this.#refuse(c, bytes, p, length);
          swap4(bytes, p, out, w);
          w += 4;
          break;
        case operation.int4:
          swap4(bytes, p, out, w);
          w += 4;
          break;
        case operation.float8:
          if (((bytes[p] as number) & 0x7f) === 0x7f && (bytes[p + 1] as number) >= 0xf0)
            throw this.#refuse(c, bytes, p, length);
          swap8(bytes, p, out, w);
          w += 8;
          break;
        case operation.int8:
          swap8(bytes, p, out, w);
          w += 8;
          break;
        case operation.numeric: {
          packet.size = w;
          w = this.#numeric(c, bytes, p, length, packet);
          out = packet.bytes;
          break;
        }
        case operation.jsonb:
        case operation.bytes: {
          const skipped = operations[c] === operation.jsonb ? 1 : 0;
          if (skipped === 1 && bytes[p] !== 1) throw new RangeError(`jsonb of version ${bytes[p]}`);
          const from = p + skipped;
          const size = length - skipped;
          if (size <= LOOPED_BYTES_MAX) {
            // Within what is reserved for each field anyway.
            out[w++] = size;
            for (let i = 0; i < size; i++) out[w + i] = bytes[from + i] as number;
          } else {
            packet.size = w;
            packet.reserve(size + LENGTH_BYTES_MAX + this.#fixedBytesMax);
            out = packet.bytes;
            w = writeLength(out, w, size);
            bytes.copy(out, w, from, from + size);
          }
          w += size;
          break;
        }
        case operation.date: {
          const day = readInt32(bytes, p);
          if (day < DAY_MIN || day > DAY_MAX) throw this.#refuse(c, bytes, p, length);
          out[w] = 4;
          writeDay(out, w + 1, day);
          w += 5;
          break;
        }
        case operation.timestamp: {
          // High and low word of the microseconds; an infinity is a day beyond 9999 as well.
          const low = readInt32(bytes, p + 4);
          const high = readInt32(bytes, p) * 2 ** (32 - LOW_BITS) + (low >>> LOW_BITS);
          const day = Math.floor(high / DAY_IN_HIGH_BITS);
          if (day < DAY_MIN || day > DAY_MAX) throw this.#refuse(c, bytes, p, length);
          const us = (high - day * DAY_IN_HIGH_BITS) * 2 ** LOW_BITS + (low & LOW_MASK);
          const second = Math.floor(us / MICROSECONDS);
          const fraction = us - second * MICROSECONDS;
          writeDay(out, w + 1, day);
          if (us === 0) {
            out[w] = 4;
            w += 5;
            break;
          }
          writeClock(out, w + 5, second);
          if (fraction === 0) {
            out[w] = 7;
            w += 8;
            break;
          }
          if (fraction % (powersOfTen[6 - (limits[c] as number)] as number) !== 0)
            throw this.#refuse(c, bytes, p, length);
          out[w] = 11;
          write4(out, w + 8, fraction);
          w += 12;
          break;
        }
        case operation.time: {
          // At most 24 hours: 37 bits.
          const us = readInt32(bytes, p) * 2 ** 32 + (readInt32(bytes, p + 4) >>> 0);
          const second = Math.floor(us / MICROSECONDS);
          const fraction = us - second * MICROSECONDS;
          if (fraction !== 0 && fraction % (powersOfTen[6 - (limits[c] as number)] as number) !== 0)
            throw this.#refuse(c, bytes, p, length);
          const isWholeDay = second === SECONDS_PER_DAY;
          out[w] = fraction === 0 ? 8 : 12;
          out[w + 1] = 0;
          write4(out, w + 2, isWholeDay ? 1 : 0);
          writeClock(out, w + 6, isWholeDay ? 0 : second);
          w += 9;
          if (fraction !== 0) {
            write4(out, w, fraction);
            w += 4;
          }
          break;
        }
        case operation.uuid: {
          out[w++] = 36;
          for (let i = 0; i < 16; i++) {
            if (i === 4 || i === 6 || i === 8 || i === 10) out[w++] = 0x2d;
            const byte = bytes[p + i] as number;
            out[w++] = hexDigits[byte >> 4] as number;
            out[w++] = hexDigits[byte & 15] as number;
          }
          break;
        }
        case operation.bits: {
          const bitCount = readInt32(bytes, p);
          if (length !== 4 + Math.ceil(bitCount / 8)) throw this.#misfit(c, length);
          if (bitCount !== limits[c]) throw this.#refuse(c, bytes, p, length);
          // The bits begin at the left end of the first byte; a number has them at the right end of the last.
          const shift = (8 - (bitCount & 7)) & 7;
          let last = p + length - 1;
          for (let i = 0; i < 8; i++, last--) {
            const byte = last >= p + 4 ? (bytes[last] as number) : 0;
            const left = last > p + 4 ? (bytes[last - 1] as number) : 0;
            out[w++] = ((byte >> shift) | (left << (8 - shift))) & 0xff;
          }
          break;
        }
      }
      p += length;
    }
    packet.size = w;
    return p;
  }

  /** Appends a numeric as text behind its length. @returns the new end of the packet. */
  #numeric(c: number, bytes: Buffer, p: number, length: number, packet: BulkPacket): number {
    const groupCount = ((bytes[p] as number) << 8) | (bytes[p + 1] as number);
    const weight = (((bytes[p + 2] as number) << 24) >> 16) | (bytes[p + 3] as number);
    const signByte = bytes[p + 4] as number;
    const scale = ((bytes[p + 6] as number) << 8) | (bytes[p + 7] as number);
    const limit = this.#limits[c] as number;
    if (length !== 8 + 2 * groupCount) throw this.#misfit(c, length);
    // NaN and the infinities have a sign of their own.
    if (signByte >= 0xc0) throw this.#refuse(c, bytes, p, length);
    let kept = scale;
    if (limit !== UNLIMITED) {
      if (weight >= DECIMAL_GROUPS_MAX) throw this.#refuse(c, bytes, p, length);
      if (scale > limit) {
        if (!endsBy(bytes, p, groupCount, weight, limit)) throw this.#refuse(c, bytes, p, length);
        kept = limit;
      }
    }
    const wholeGroups = weight < 0 ? 0 : weight + 1;
    const sizeMax = 3 + wholeGroups * 4 + kept + 4;
    packet.reserve(sizeMax + LENGTH_BYTES_MAX + this.#fixedBytesMax);
    const out = packet.bytes;
    const lengthAt = packet.size;
    const lengthBytes = sizeMax < 251 ? 1 : 4;
    const textAt = lengthAt + lengthBytes;
    let w = textAt;
    if (signByte === 0x40) out[w++] = 0x2d;
    if (wholeGroups === 0) out[w++] = 0x30;
    for (let i = 0; i < wholeGroups; i++) {
      const group = i < groupCount ? groupAt(bytes, p, i) : 0;
      if (i > 0 || group >= 1_000) out[w++] = 0x30 + Math.floor(group / 1_000);
      if (i > 0 || group >= 100) out[w++] = 0x30 + (Math.floor(group / 100) % 10);
      if (i > 0 || group >= 10) out[w++] = 0x30 + (Math.floor(group / 10) % 10);
      out[w++] = 0x30 + (group % 10);
    }
    if (kept > 0) {
      out[w++] = 0x2e;
      let left = kept;
      for (let i = weight + 1; left > 0; i++) {
        const group = i >= 0 && i < groupCount ? groupAt(bytes, p, i) : 0;
        // Four digits are written, those beyond the scale are overwritten by what follows.
        out[w] = 0x30 + Math.floor(group / 1_000);
        out[w + 1] = 0x30 + (Math.floor(group / 100) % 10);
        out[w + 2] = 0x30 + (Math.floor(group / 10) % 10);
        out[w + 3] = 0x30 + (group % 10);
        w += left < 4 ? left : 4;
        left -= 4;
      }
    }
    if (lengthBytes === 1) out[lengthAt] = w - textAt;
    else {
      out[lengthAt] = 0xfd;
      write3(out, lengthAt + 1, w - textAt);
    }
    return w;
  }

  #misfit(c: number, length: number): RangeError {
    return new RangeError(
      `a value of ${length} bytes for ${(this.#kernels[c] as Kernel).name} is of another type`,
    );
  }

  #refuse(c: number, bytes: Buffer, at: number, length: number): Error {
    return refusal(this.#kernels[c] as Kernel, bytes, at, length);
  }
}

function groupAt(bytes: Buffer, p: number, index: number): number {
  const at = p + 8 + 2 * index;
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** Are all digits of a numeric behind the first `limit` decimal places zero? */
function endsBy(bytes: Buffer, p: number, groupCount: number, weight: number, limit: number): boolean {
  let index = weight + 1 + (limit >> 2);
  const placesInGroup = limit & 3;
  if (
    index >= 0 &&
    index < groupCount &&
    groupAt(bytes, p, index) % (powersOfTen[4 - placesInGroup] as number) !== 0
  )
    return false;
  for (index = Math.max(0, index + 1); index < groupCount; index++)
    if (groupAt(bytes, p, index) !== 0) return false;
  return true;
}

function readInt32(bytes: Buffer, p: number): number {
  return (
    ((bytes[p] as number) << 24) |
    ((bytes[p + 1] as number) << 16) |
    ((bytes[p + 2] as number) << 8) |
    (bytes[p + 3] as number)
  );
}

function swap4(bytes: Buffer, p: number, out: Buffer, w: number): void {
  out[w] = bytes[p + 3] as number;
  out[w + 1] = bytes[p + 2] as number;
  out[w + 2] = bytes[p + 1] as number;
  out[w + 3] = bytes[p] as number;
}

function swap8(bytes: Buffer, p: number, out: Buffer, w: number): void {
  swap4(bytes, p + 4, out, w);
  swap4(bytes, p, out, w + 4);
}

function write3(out: Buffer, w: number, value: number): void {
  out[w] = value;
  out[w + 1] = value >> 8;
  out[w + 2] = value >> 16;
}

function write4(out: Buffer, w: number, value: number): void {
  write3(out, w, value);
  out[w + 3] = value >> 24;
}

/** Hours, minutes, seconds of a day. */
function writeClock(out: Buffer, w: number, second: number): void {
  const minute = (second / 60) | 0;
  const hour = (minute / 60) | 0;
  out[w] = hour;
  out[w + 1] = minute - hour * 60;
  out[w + 2] = second - minute * 60;
}

/** Year, month, day of a day since 2000-01-01, by the calendar's 400-year cycles from 0000-03-01 on. All integers are small. */
function writeDay(out: Buffer, w: number, day: number): void {
  const z = day + DAYS_BEFORE_EPOCH;
  const era = (z / 146_097) | 0;
  const dayOfEra = z - era * 146_097;
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1_460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) |
    0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const shiftedMonth = ((5 * dayOfYear + 2) / 153) | 0;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  out[w] = year;
  out[w + 1] = year >> 8;
  out[w + 2] = month;
  out[w + 3] = dayOfYear - (((153 * shiftedMonth + 2) / 5) | 0) + 1;
}

/** MySQL's length before a value. @returns where the value begins. */
function writeLength(out: Buffer, w: number, length: number): number {
  if (length < 251) {
    out[w] = length;
    return w + 1;
  }
  if (length < 0x1_0000) {
    out[w] = 0xfc;
    out[w + 1] = length;
    out[w + 2] = length >> 8;
    return w + 3;
  }
  if (length < 0x100_0000) {
    out[w] = 0xfd;
    write3(out, w + 1, length);
    return w + 4;
  }
  out[w] = 0xfe;
  write4(out, w + 1, length);
  write4(out, w + 5, 0);
  return w + 9;
}
