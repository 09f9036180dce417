// AssemblyScript: tuples of COPY BINARY into rows of MariaDB's bulk command.
//
// The twin of tuple-encoder.ts, which says what each operation does, is the oracle of this one, and takes every tuple that
// this one leaves: one that is cut short, is not of the agreed types, holds a value that the destination cannot hold, a
// number of more than 250 characters, or does not fit into the packet. So nothing here reports an error. Whoever changes
// one changes both. The numbers of the operations are those of kernels.ts. `node packages/connectors/src/mysql/transcode/
// build-kernel.ts` compiles this file into tuple-kernel-wasm.ts; a test fails when the two do not belong together.
//
// Reads up to 16 bytes behind the input and writes up to 16 behind a field: whoever lends the memory leaves that room.

const DAY_MIN: i32 = -730119;
const DAY_MAX: i32 = 2921939;
const DAYS_BEFORE_EPOCH: i32 = 730425;
const DAY_US: i64 = 86400000000;
const DECIMAL_GROUPS_MAX: i32 = 17;
const UNLIMITED: i32 = -1;
/** Set in an operation where a null is left to the twin. */
const REFUSES_NULL: i32 = 0x80;
/** Most bytes of a field whose values do not vary in length, and then some. */
const FIELD_BYTES_MAX: i32 = 64;
/** Up to here 16 bytes at a time are faster than a call to copy them. */
const PIECES_BYTES_MAX: i32 = 128;
/** What a kernel answers for a value that is left to the twin. */
const NOT_OURS: i32 = 0;

// What `run` leaves for its caller.
export let consumed: i32 = 0;
export let written: i32 = 0;

/**
 * Appends tuples until one is left to the twin or the packet is full.
 * @param target the packet is full at this address, or behind it.
 * @param limit no byte is written from here on.
 * @param ops one byte for each column, the operation and REFUSES_NULL; `limits`: four bytes for each.
 * @param gap bytes ahead of each tuple that are not its own.
 * @returns how many. All positions are addresses.
 */
export function run(from: i32, to: i32, out: i32, target: i32, limit: i32, columns: i32, ops: i32, limits: i32, gap: i32): i32 {
  let p = from;
  let w = out;
  let rows = 0;
  while (w < target) {
    const end = tuple(p + gap, to, w, limit, columns, ops, limits);
    if (end == NOT_OURS) break;
    p = tupleEnd;
    w = end;
    rows++;
  }
  consumed = p;
  written = w;
  return rows;
}

/** Behind the last tuple that was whole. */
let tupleEnd: i32 = 0;

// @ts-ignore: decorator
@inline
function read16(p: i32): i32 {
  return <i32>bswap<u16>(load<u16>(p));
}

// @ts-ignore: decorator
@inline
function read32(p: i32): i32 {
  return <i32>bswap<u32>(load<u32>(p));
}

/** @returns the end of the row, or NOT_OURS. */
function tuple(start: i32, to: i32, out: i32, limit: i32, columns: i32, ops: i32, limits: i32): i32 {
  let p = start;
  let w = out;
  if (to - p < 2 || read16(p) != columns) return NOT_OURS;
  p += 2;
  for (let c = 0; c < columns; c++) {
    if (to - p < 4) return NOT_OURS;
    const length = read32(p);
    p += 4;
    if (limit - w < FIELD_BYTES_MAX) return NOT_OURS;
    const op = <i32>load<u8>(ops + c);
    if (length < 0) {
      if (op & REFUSES_NULL) return NOT_OURS;
      store<u8>(w++, 1);
      continue;
    }
    if (to - p < length) return NOT_OURS;
    store<u8>(w++, 0);
    switch (op & ~REFUSES_NULL) {
      case 0:
        if (length != 1) return NOT_OURS;
        store<u8>(w++, load<u8>(p));
        break;
      case 1:
        if (length != 1) return NOT_OURS;
        if (load<u8>(p) != 0) {
          // "true" and "false", each behind its length.
          store<u8>(w, 4);
          store<u32>(w + 1, 0x65757274);
          w += 5;
        } else {
          store<u8>(w, 5);
          store<u32>(w + 1, 0x736c6166);
          store<u8>(w + 5, 0x65);
          w += 6;
        }
        break;
      case 2:
        if (length != 2) return NOT_OURS;
        store<u16>(w, bswap<u16>(load<u16>(p)));
        w += 2;
        break;
      case 3:
        if (length != 4) return NOT_OURS;
        store<u32>(w, bswap<u32>(load<u32>(p)));
        w += 4;
        break;
      case 4:
        if (length != 8) return NOT_OURS;
        store<u64>(w, bswap<u64>(load<u64>(p)));
        w += 8;
        break;
      case 5: {
        const value = bswap<u32>(load<u32>(p));
        if (length != 4 || (value & 0x7f800000) == 0x7f800000) return NOT_OURS;
        store<u32>(w, value);
        w += 4;
        break;
      }
      case 6: {
        const value = bswap<u64>(load<u64>(p));
        if (length != 8 || (value & 0x7ff0000000000000) == 0x7ff0000000000000) return NOT_OURS;
        store<u64>(w, value);
        w += 8;
        break;
      }
      case 7:
        w = numeric(p, length, w, limit, load<i32>(limits + (c << 2)));
        if (w == NOT_OURS) return NOT_OURS;
        break;
      case 8:
        w = bytes(p, length, w, limit);
        if (w == NOT_OURS) return NOT_OURS;
        break;
      case 9:
        if (length < 1 || load<u8>(p) != 1) return NOT_OURS;
        w = bytes(p + 1, length - 1, w, limit);
        if (w == NOT_OURS) return NOT_OURS;
        break;
      case 10: {
        const day = read32(p);
        if (length != 4 || day < DAY_MIN || day > DAY_MAX) return NOT_OURS;
        store<u8>(w, 4);
        writeDay(w + 1, day);
        w += 5;
        break;
      }
      case 11:
        if (length != 8) return NOT_OURS;
        w = timestamp(p, w, load<i32>(limits + (c << 2)));
        if (w == NOT_OURS) return NOT_OURS;
        break;
      case 12:
        if (length != 8) return NOT_OURS;
        w = time(p, w, load<i32>(limits + (c << 2)));
        if (w == NOT_OURS) return NOT_OURS;
        break;
      case 13:
        if (length != 16) return NOT_OURS;
        w = uuid(p, w);
        break;
      case 14: {
        const count = read32(p);
        if (length < 4 || count != load<i32>(limits + (c << 2)) || count < 1 || count > 64) return NOT_OURS;
        if (length != 4 + ((count + 7) >> 3)) return NOT_OURS;
        // The bits begin at the left end of the first byte; a number has them at the right end of the last.
        store<u64>(w, bswap<u64>(load<u64>(p + 4)) >> <u64>(64 - count));
        w += 8;
        break;
      }
      default:
        return NOT_OURS;
    }
    p += length;
  }
  tupleEnd = p;
  return w;
}

/** Bytes behind their length. */
function bytes(from: i32, length: i32, out: i32, limit: i32): i32 {
  let w = out;
  // Subtracted and not added: a length may be next to 2^31.
  if (limit - w - FIELD_BYTES_MAX < length) return NOT_OURS;
  if (length < 251) store<u8>(w++, <u8>length);
  else if (length < 0x10000) {
    store<u8>(w, 0xfc);
    store<u16>(w + 1, <u16>length);
    w += 3;
  } else {
    // Longer ones do not fit into the input.
    store<u8>(w, 0xfd);
    store<u32>(w + 1, <u32>length);
    w += 4;
  }
  if (length > PIECES_BYTES_MAX) memory.copy(w, from, length);
  else for (let i = 0; i < length; i += 16) v128.store(w + i, v128.load(from + i));
  return w + length;
}

// @ts-ignore: decorator
@inline
function group(p: i32, count: i32, index: i32): i32 {
  return index >= 0 && index < count ? read16(p + 8 + 2 * index) : 0;
}

/** Four digits. */
// @ts-ignore: decorator
@inline
function digits(w: i32, value: i32): void {
  const high = value / 100;
  const low = value - high * 100;
  const first = high / 10;
  const third = low / 10;
  store<u8>(w, <u8>(48 + first));
  store<u8>(w + 1, <u8>(48 + high - first * 10));
  store<u8>(w + 2, <u8>(48 + third));
  store<u8>(w + 3, <u8>(48 + low - third * 10));
}

/** Decimal text behind its length. */
function numeric(p: i32, length: i32, out: i32, limit: i32, places: i32): i32 {
  if (length < 8) return NOT_OURS;
  const count = read16(p);
  const weight = <i32><i16>read16(p + 2);
  const sign = load<u8>(p + 4);
  const scale = read16(p + 6);
  if (length != 8 + 2 * count || sign >= 0xc0) return NOT_OURS;
  let kept = scale;
  if (places != UNLIMITED) {
    if (weight >= DECIMAL_GROUPS_MAX) return NOT_OURS;
    if (scale > places) {
      if (!endsBy(p, count, weight, places)) return NOT_OURS;
      kept = places;
    }
  }
  const wholeGroups = weight < 0 ? 0 : weight + 1;
  const sizeMax = 7 + wholeGroups * 4 + kept;
  if (sizeMax >= 251 || limit - out < sizeMax + FIELD_BYTES_MAX) return NOT_OURS;
  let w = out + 1;
  if (sign == 0x40) store<u8>(w++, 0x2d);
  if (wholeGroups == 0) store<u8>(w++, 0x30);
  else {
    const first = group(p, count, 0);
    const skipped = first >= 1000 ? 0 : first >= 100 ? 1 : first >= 10 ? 2 : 3;
    digits(w, first);
    if (skipped > 0) store<u32>(w, load<u32>(w) >> <u32>(8 * skipped));
    w += 4 - skipped;
    for (let i = 1; i < wholeGroups; i++) {
      digits(w, group(p, count, i));
      w += 4;
    }
  }
  if (kept > 0) {
    store<u8>(w++, 0x2e);
    let left = kept;
    for (let i = weight + 1; left > 0; i++) {
      digits(w, group(p, count, i));
      w += left < 4 ? left : 4;
      left -= 4;
    }
  }
  store<u8>(out, <u8>(w - out - 1));
  return w;
}

/** Are all digits behind the first `places` decimal places zero? */
function endsBy(p: i32, count: i32, weight: i32, places: i32): bool {
  let index = weight + 1 + (places >> 2);
  if (group(p, count, index) % powerOfTen(4 - (places & 3)) != 0) return false;
  for (index = index + 1 > 0 ? index + 1 : 0; index < count; index++) if (group(p, count, index) != 0) return false;
  return true;
}

function powerOfTen(exponent: i32): i32 {
  let power = 1;
  for (; exponent > 0; exponent--) power *= 10;
  return power;
}

/** Year, month, day of a day since 2000-01-01. */
function writeDay(w: i32, day: i32): void {
  const z = day + DAYS_BEFORE_EPOCH;
  const era = z / 146097;
  const dayOfEra = z - era * 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const shiftedMonth = (5 * dayOfYear + 2) / 153;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  store<u16>(w, <u16>(yearOfEra + era * 400 + (month <= 2 ? 1 : 0)));
  store<u8>(w + 2, <u8>month);
  store<u8>(w + 3, <u8>(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1));
}

/** Hours, minutes, seconds of a day. */
function writeClock(w: i32, second: i32): void {
  const minute = second / 60;
  const hour = minute / 60;
  store<u8>(w, <u8>hour);
  store<u8>(w + 1, <u8>(minute - hour * 60));
  store<u8>(w + 2, <u8>(second - minute * 60));
}

/** Has a fraction of a second, in microseconds, more digits than the destination keeps? */
// @ts-ignore: decorator
@inline
function isTooFine(fraction: i32, places: i32): bool {
  return places < 6 && fraction % powerOfTen(6 - places) != 0;
}

function timestamp(p: i32, w: i32, places: i32): i32 {
  const value = <i64>bswap<u64>(load<u64>(p));
  let days = value / DAY_US;
  let us = value - days * DAY_US;
  if (us < 0) {
    us += DAY_US;
    days--;
  }
  if (days < <i64>DAY_MIN || days > <i64>DAY_MAX) return NOT_OURS;
  writeDay(w + 1, <i32>days);
  if (us == 0) {
    store<u8>(w, 4);
    return w + 5;
  }
  const second = <i32>(us / 1000000);
  const fraction = <i32>(us - <i64>second * 1000000);
  writeClock(w + 5, second);
  if (fraction == 0) {
    store<u8>(w, 7);
    return w + 8;
  }
  if (isTooFine(fraction, places)) return NOT_OURS;
  store<u8>(w, 11);
  store<u32>(w + 8, fraction);
  return w + 12;
}

function time(p: i32, w: i32, places: i32): i32 {
  const us = <i64>bswap<u64>(load<u64>(p));
  if (us < 0 || us > DAY_US) return NOT_OURS;
  const second = <i32>(us / 1000000);
  const fraction = <i32>(us - <i64>second * 1000000);
  if (isTooFine(fraction, places)) return NOT_OURS;
  const isWholeDay = us == DAY_US;
  store<u8>(w, fraction == 0 ? 8 : 12);
  store<u8>(w + 1, 0);
  store<u32>(w + 2, isWholeDay ? 1 : 0);
  writeClock(w + 6, isWholeDay ? 0 : second);
  if (fraction == 0) return w + 9;
  store<u32>(w + 9, fraction);
  return w + 13;
}

function hexDigit(value: i32): u8 {
  return <u8>(value < 10 ? 48 + value : 87 + value);
}

function uuid(p: i32, out: i32): i32 {
  let w = out;
  store<u8>(w++, 36);
  for (let i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) store<u8>(w++, 0x2d);
    const byte = <i32>load<u8>(p + i);
    store<u8>(w++, hexDigit(byte >> 4));
    store<u8>(w++, hexDigit(byte & 15));
  }
  return w;
}
