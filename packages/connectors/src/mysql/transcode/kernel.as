// AssemblyScript: rows of MySQL's binary protocol into tuples of COPY BINARY.
//
// The twin of typescript-engine.ts, which says what each operation does and is the oracle of this one: whoever changes one
// changes both. The numbers below are those of engine.ts and kernels.ts. `node packages/connectors/src/mysql/transcode/
// build-kernel.ts` compiles this file into kernel-wasm.ts; a test fails when the two do not belong together.
//
// Reads up to 16 bytes behind the input and writes up to 16 behind a tuple: whoever lends the memory leaves that room.

// stop
const NEEDS_INPUT: i32 = 0;
const OUTPUT_FULL: i32 = 1;
const NOT_A_ROW: i32 = 2;
const LARGE_ROW: i32 = 3;
const FAULT: i32 = 4;
const ROWS_MAX: i32 = 5;

// fault
const MALFORMED: i32 = 1;
const OUT_OF_RANGE: i32 = 2;
const NUL: i32 = 3;
const NO_SUCH_DATE: i32 = 4;
const YEAR_ZERO: i32 = 5;
const NO_TIME_OF_DAY: i32 = 6;
const NOT_BOOLEAN: i32 = 7;
const BAD_UUID: i32 = 8;
const BAD_DECIMAL: i32 = 9;

const ROW_BYTES_MAX: i32 = 128 * 1024;

// What `run` leaves for its caller.
export let consumed: i32 = 0;
export let written: i32 = 0;
export let rows: i32 = 0;
export let lastRow: i32 = -1;
export let faultKind: i32 = 0;
export let faultColumn: i32 = 0;
export let faultAt: i32 = 0;

/** Where the next value begins, after a value that was right. */
let at: i32 = 0;
/** Where the next field begins. */
let behind: i32 = 0;

/**
 * @param ops one byte for each column; `args`: four bytes for each.
 * @param limit end of the output.
 * All positions are addresses.
 */
export function run(from: i32, to: i32, out: i32, limit: i32, rowsMax: i32, columns: i32, ops: i32, args: i32, overhead: i32): i32 {
  let packet = from;
  let w = out;
  let count = 0;
  let why = NEEDS_INPUT;
  faultKind = 0;
  lastRow = -1;
  while (to - packet >= 4) {
    const length = <i32>(load<u32>(packet) & 0xffffff);
    if (length > ROW_BYTES_MAX) { why = LARGE_ROW; break; }
    const start = packet + 4;
    if (to - start < length) break;
    if (length == 0 || load<u8>(start) != 0) { why = NOT_A_ROW; break; }
    if (count == rowsMax) { why = ROWS_MAX; break; }
    if (w + overhead + length > limit) { why = OUTPUT_FULL; break; }
    const kind = row(start, start + length, w, columns, ops, args);
    if (kind != 0) { faultKind = kind; why = FAULT; break; }
    w = behind;
    lastRow = packet;
    count++;
    packet = start + length;
  }
  consumed = packet;
  written = w;
  rows = count;
  return why;
}

/** @returns 0, with `behind` behind the tuple, or a fault. */
function row(start: i32, end: i32, out: i32, columns: i32, ops: i32, args: i32): i32 {
  const nulls = start + 1;
  let q = nulls + ((columns + 9) >> 3);
  store<u16>(out, bswap<u16>(<u16>columns));
  let w = out + 2;
  for (let c = 0; c < columns; c++) {
    const bit = c + 2;
    if ((<i32>load<u8>(nulls + (bit >> 3)) >> (bit & 7)) & 1) {
      store<i32>(w, -1);
      w += 4;
      continue;
    }
    let kind = 0;
    const op = load<u8>(ops + c);
    switch (op) {
      case 0:
        store<u32>(w, 0x02000000);
        store<u16>(w + 4, bswap<u16>(load<u16>(q)));
        w += 6;
        q += 2;
        continue;
      case 1:
        store<u32>(w, 0x04000000);
        store<u32>(w + 4, bswap<u32>(load<u32>(q)));
        w += 8;
        q += 4;
        continue;
      case 2:
        store<u32>(w, 0x08000000);
        store<u64>(w + 4, bswap<u64>(load<u64>(q)));
        w += 12;
        q += 8;
        continue;
      case 3:
        kind = integer(q, w, load<i32>(args + (c << 2)));
        break;
      case 4:
        store<u32>(w, 0x08000000);
        store<u64>(w + 4, bswap<u64>(reinterpret<u64>(<f64>load<f32>(q))));
        w += 12;
        q += 4;
        continue;
      case 9:
        kind = date(q, w, load<i32>(args + (c << 2)));
        break;
      case 10:
        kind = timestamp(q, w, load<i32>(args + (c << 2)));
        break;
      case 11:
        kind = time(q, w);
        break;
      default: {
        let length = <i32>load<u8>(q);
        let p = q + 1;
        if (length >= 251) {
          if (length == 252) { length = <i32>load<u16>(p); p += 2; }
          else if (length == 253) { length = <i32>(load<u32>(p) & 0xffffff); p += 3; }
          else if (length == 254 && load<u64>(p) <= <u64>ROW_BYTES_MAX) { length = <i32>load<u64>(p); p += 8; }
          else { kind = MALFORMED; break; }
        }
        if (length > end - p) { kind = MALFORMED; break; }
        switch (op) {
          case 6:
            store<u32>(w, bswap<u32>(length));
            kind = text(p, length, w + 4);
            break;
          case 7:
            store<u32>(w, bswap<u32>(length + 1));
            store<u8>(w + 4, 1);
            kind = text(p, length, w + 5);
            break;
          case 8:
            store<u32>(w, bswap<u32>(length));
            memory.copy(w + 4, p, length);
            behind = w + 4 + length;
            break;
          case 5:
            kind = decimal(p, p + length, w);
            break;
          case 12:
            kind = bits(p, p + length, w, load<i32>(args + (c << 2)));
            break;
          case 13: {
            let isSet: i64 = 0;
            for (let i = 0; i < length; i++) if (load<u8>(p + i) != 0) isSet = 1;
            kind = putInteger(w, isSet, false, load<i32>(args + (c << 2)));
            break;
          }
          case 14:
            kind = uuid(p, length, w);
            break;
          default:
            kind = MALFORMED;
        }
        at = p + length;
      }
    }
    if (kind != 0) {
      faultColumn = c;
      faultAt = q;
      return kind;
    }
    w = behind;
    q = at;
  }
  if (q != end) {
    faultColumn = columns - 1;
    faultAt = q;
    return MALFORMED;
  }
  behind = w;
  return 0;
}

function integer(q: i32, w: i32, argument: i32): i32 {
  const size = argument & 15;
  const isUnsigned = (argument & 16) != 0;
  let value: i64 = 0;
  if (size == 1) value = isUnsigned ? <i64>load<u8>(q) : <i64>load<i8>(q);
  else if (size == 2) value = isUnsigned ? <i64>load<u16>(q) : <i64>load<i16>(q);
  else if (size == 4) value = isUnsigned ? <i64>load<u32>(q) : <i64>load<i32>(q);
  else value = load<i64>(q);
  at = q + size;
  return putInteger(w, value, isUnsigned && size == 8, argument >> 8);
}

/** @param isWide the value is an unsigned number of 64 bits. */
function putInteger(w: i32, value: i64, isWide: bool, target: i32): i32 {
  const isBeyond = isWide && value < 0;
  switch (target) {
    case 0:
      if (isBeyond || value < -0x8000 || value > 0x7fff) return OUT_OF_RANGE;
      store<u32>(w, 0x02000000);
      store<u16>(w + 4, bswap<u16>(<u16>value));
      behind = w + 6;
      return 0;
    case 1:
      if (isBeyond || value < -0x80000000 || value > 0x7fffffff) return OUT_OF_RANGE;
      store<u32>(w, 0x04000000);
      store<u32>(w + 4, bswap<u32>(<u32>value));
      behind = w + 8;
      return 0;
    case 2:
      if (isBeyond) return OUT_OF_RANGE;
      store<u32>(w, 0x08000000);
      store<u64>(w + 4, bswap<u64>(<u64>value));
      behind = w + 12;
      return 0;
    case 3: {
      const isNegative = !isWide && value < 0;
      let rest = isNegative ? <u64>(-value) : <u64>value;
      const first = w + 12;
      let p = first + 10;
      while (rest > 0) {
        p -= 2;
        store<u16>(p, bswap<u16>(<u16>(rest % 10000)));
        rest /= 10000;
      }
      const size = first + 10 - p;
      memory.copy(first, p, size);
      return finishNumeric(w, first + size, (size >> 1) - 1, isNegative, 0);
    }
    case 4: {
      const number: f64 = isWide ? <f64>(<u64>value) : <f64>value;
      store<u32>(w, 0x08000000);
      store<u64>(w + 4, bswap<u64>(reinterpret<u64>(number)));
      behind = w + 12;
      return 0;
    }
    default:
      if (value != 0 && value != 1) return NOT_BOOLEAN;
      store<u32>(w, 0x01000000);
      store<u8>(w + 4, <u8>value);
      behind = w + 5;
      return 0;
  }
}

// @ts-ignore: decorator
@inline
function digitAt(p: i32): u32 {
  return <u32>load<u8>(p) - 48;
}

function decimal(from: i32, to: i32, w: i32): i32 {
  let p = from;
  const isNegative = p < to && load<u8>(p) == 45;
  if (isNegative) p++;
  while (p < to && load<u8>(p) == 48) p++;
  let point = p;
  while (point < to && load<u8>(point) != 46) point++;
  const wholeDigits = point - p;
  const scale = point < to ? to - point - 1 : 0;
  const first = w + 12;
  let o = first;
  let weight = ((wholeDigits + 3) >> 2) - 1;
  let left = wholeDigits & 3;
  if (left == 0) left = 4;
  while (p < point) {
    let group: u32 = 0;
    for (; left > 0; left--) {
      const digit = digitAt(p++);
      if (digit > 9) return BAD_DECIMAL;
      group = group * 10 + digit;
    }
    store<u16>(o, bswap<u16>(<u16>group));
    o += 2;
    left = 4;
  }
  p = point + 1;
  while (p < to) {
    let group: u32 = 0;
    for (left = 4; left > 0; left--) {
      let digit: u32 = 0;
      if (p < to) {
        digit = digitAt(p++);
        if (digit > 9) return BAD_DECIMAL;
      }
      group = group * 10 + digit;
    }
    if (o == first && group == 0) weight--;
    else {
      store<u16>(o, bswap<u16>(<u16>group));
      o += 2;
    }
  }
  return finishNumeric(w, o, weight, isNegative, scale);
}

function finishNumeric(w: i32, end: i32, firstWeight: i32, isNegative: bool, scale: i32): i32 {
  const first = w + 12;
  let o = end;
  while (o > first && load<u16>(o - 2) == 0) o -= 2;
  const digits = (o - first) >> 1;
  store<u32>(w, bswap<u32>(o - w - 4));
  store<u16>(w + 4, bswap<u16>(<u16>digits));
  store<u16>(w + 6, digits == 0 ? 0 : bswap<u16>(<u16>firstWeight));
  store<u16>(w + 8, isNegative && digits > 0 ? 0x40 : 0);
  store<u16>(w + 10, bswap<u16>(<u16>scale));
  behind = o;
  return 0;
}

/** Copies and looks for NUL in one go, 16 bytes at a time. */
function text(p: i32, length: i32, w: i32): i32 {
  behind = w + length;
  while (length >= 16) {
    const piece = v128.load(p);
    v128.store(w, piece);
    if (i8x16.bitmask(i8x16.eq(piece, i8x16.splat(0))) != 0) return NUL;
    p += 16;
    w += 16;
    length -= 16;
  }
  if (length == 0) return 0;
  const piece = v128.load(p);
  v128.store(w, piece);
  const zeros = i8x16.bitmask(i8x16.eq(piece, i8x16.splat(0)));
  return (zeros & ((1 << length) - 1)) == 0 ? 0 : NUL;
}

const NO_DATE: i32 = 0x7ffffffe;

function daysSince2000(q: i32): i32 {
  if (load<u8>(q) < 4) return NO_DATE;
  let year = <i32>load<u16>(q + 1);
  const month = <i32>load<u8>(q + 3);
  const day = <i32>load<u8>(q + 4);
  if (month == 0 || day == 0) return NO_DATE;
  if (year == 0) return NO_DATE + 1;
  if (month <= 2) year--;
  const era = year / 400;
  const yearOfEra = year - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468 - 10957;
}

function noDate(q: i32, w: i32, days: i32, nullsZero: i32): i32 {
  if (days > NO_DATE) return YEAR_ZERO;
  if (nullsZero == 0) return NO_SUCH_DATE;
  store<i32>(w, -1);
  behind = w + 4;
  at = q + 1 + <i32>load<u8>(q);
  return 0;
}

function date(q: i32, w: i32, nullsZero: i32): i32 {
  const days = daysSince2000(q);
  if (days >= NO_DATE) return noDate(q, w, days, nullsZero);
  store<u32>(w, 0x04000000);
  store<u32>(w + 4, bswap<u32>(days));
  behind = w + 8;
  at = q + 1 + <i32>load<u8>(q);
  return 0;
}

function timestamp(q: i32, w: i32, nullsZero: i32): i32 {
  const days = daysSince2000(q);
  if (days >= NO_DATE) return noDate(q, w, days, nullsZero);
  const length = <i32>load<u8>(q);
  let micros = <i64>days * 86400000000;
  if (length >= 7) {
    micros += <i64>((<i32>load<u8>(q + 5) * 60 + <i32>load<u8>(q + 6)) * 60 + <i32>load<u8>(q + 7)) * 1000000;
    if (length >= 11) micros += <i64>load<u32>(q + 8);
  }
  store<u32>(w, 0x08000000);
  store<u64>(w + 4, bswap<u64>(<u64>micros));
  behind = w + 12;
  at = q + 1 + length;
  return 0;
}

function time(q: i32, w: i32): i32 {
  const length = <i32>load<u8>(q);
  let micros: i64 = 0;
  if (length >= 8) {
    const hours = <i64>load<u32>(q + 2) * 24 + <i64>load<u8>(q + 6);
    micros = ((hours * 60 + <i64>load<u8>(q + 7)) * 60 + <i64>load<u8>(q + 8)) * 1000000;
    if (length >= 12) micros += <i64>load<u32>(q + 9);
    if (micros > 86400000000 || (load<u8>(q + 1) != 0 && micros > 0)) return NO_TIME_OF_DAY;
  }
  store<u32>(w, 0x08000000);
  store<u64>(w + 4, bswap<u64>(<u64>micros));
  behind = w + 12;
  at = q + 1 + length;
  return 0;
}

function bits(from: i32, to: i32, w: i32, bitCount: i32): i32 {
  const size = (bitCount + 7) >> 3;
  if (to - from > size) return OUT_OF_RANGE;
  let value: u64 = 0;
  for (let p = from; p < to; p++) value = (value << 8) | <u64>load<u8>(p);
  // The number's bits begin at the end of its bytes, PostgreSQL's at the beginning.
  value <<= 64 - bitCount;
  store<u32>(w, bswap<u32>(4 + size));
  store<u32>(w + 4, bswap<u32>(bitCount));
  store<u64>(w + 8, bswap<u64>(value));
  behind = w + 8 + size;
  return 0;
}

/** 0-15 of a hexadecimal digit; -1: it is none. */
function hexDigit(byte: i32): i32 {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

function uuid(from: i32, length: i32, w: i32): i32 {
  if (length != 36) return BAD_UUID;
  let o = w + 4;
  for (let i = 0; i < 36; i += 2) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (load<u8>(from + i) != 45) return BAD_UUID;
      i++;
    }
    const high = hexDigit(load<u8>(from + i));
    const low = hexDigit(load<u8>(from + i + 1));
    if (high < 0 || low < 0) return BAD_UUID;
    store<u8>(o++, <u8>((high << 4) | low));
  }
  store<u32>(w, 0x10000000);
  behind = o;
  return 0;
}
