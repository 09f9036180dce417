import { fault } from './engine.ts';

// A numeric field: length, then in two bytes each: number of digits in base 10000, weight of the first, sign, digits behind
// the decimal point, and the digits.

const HEADER_BYTES = 8;
const NEGATIVE = 0x40;
const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
const BASE = 10_000;
const TWO_32 = 4_294_967_296;
/** 2^64 has five digits in base 10000. */
const INTEGER_DIGITS_MAX = 5;

/**
 * Makes a numeric of a decimal as MySQL prints it: `-0012.340`.
 * @returns behind the field, or the fault, negated.
 */
export function packDecimal(input: Buffer, from: number, to: number, output: Buffer, w: number): number {
  let p = from;
  const isNegative = p < to && input[p] === MINUS;
  if (isNegative) p += 1;
  while (p < to && input[p] === ZERO) p += 1;
  let point = p;
  while (point < to && input[point] !== POINT) point += 1;
  const wholeDigits = point - p;
  const scale = point < to ? to - point - 1 : 0;
  const first = w + 4 + HEADER_BYTES;
  let at = first;
  let weight = ((wholeDigits + 3) >> 2) - 1;
  // Groups of four count from the decimal point, so the first may be shorter.
  let left = wholeDigits & 3 || 4;
  while (p < point) {
    let group = 0;
    for (; left > 0; left--) {
      const digit = (input[p++] as number) - ZERO;
      if (digit < 0 || digit > 9) return -fault.badDecimal;
      group = group * 10 + digit;
    }
    output[at] = group >> 8;
    output[at + 1] = group;
    at += 2;
    left = 4;
  }
  p = point + 1;
  while (p < to) {
    let group = 0;
    for (left = 4; left > 0; left--) {
      let digit = 0;
      if (p < to) {
        digit = (input[p++] as number) - ZERO;
        if (digit < 0 || digit > 9) return -fault.badDecimal;
      }
      group = group * 10 + digit;
    }
    if (at === first && group === 0) weight -= 1;
    else {
      output[at] = group >> 8;
      output[at + 1] = group;
      at += 2;
    }
  }
  return finish(output, w, at, weight, isNegative, scale);
}

/** Makes a numeric of high * 2^32 + low. @returns behind the field. */
export function packInteger(output: Buffer, w: number, high: number, low: number): number {
  const isNegative = high < 0;
  let h = high;
  let l = low;
  if (isNegative) {
    h = low === 0 ? -high : -high - 1;
    l = low === 0 ? 0 : TWO_32 - low;
  }
  const first = w + 4 + HEADER_BYTES;
  // From the last digit to the first, into the end of the room that they may take.
  let at = first + 2 * INTEGER_DIGITS_MAX;
  while (h > 0 || l > 0) {
    const part = (h % BASE) * TWO_32 + l;
    h = Math.floor(h / BASE);
    l = Math.floor(part / BASE);
    const digit = part - l * BASE;
    at -= 2;
    output[at] = digit >> 8;
    output[at + 1] = digit;
  }
  const size = first + 2 * INTEGER_DIGITS_MAX - at;
  output.copyWithin(first, at, at + size);
  return finish(output, w, first + size, (size >> 1) - 1, isNegative, 0);
}

function finish(
  output: Buffer,
  w: number,
  end: number,
  firstWeight: number,
  isNegative: boolean,
  scale: number,
): number {
  const first = w + 4 + HEADER_BYTES;
  let at = end;
  while (at > first && output[at - 1] === 0 && output[at - 2] === 0) at -= 2;
  const digits = (at - first) >> 1;
  const weight = digits === 0 ? 0 : firstWeight;
  const length = at - w - 4;
  output[w] = length >> 24;
  output[w + 1] = length >> 16;
  output[w + 2] = length >> 8;
  output[w + 3] = length;
  output[w + 4] = digits >> 8;
  output[w + 5] = digits;
  output[w + 6] = weight >> 8;
  output[w + 7] = weight;
  output[w + 8] = isNegative && digits > 0 ? NEGATIVE : 0;
  output[w + 9] = 0;
  output[w + 10] = scale >> 8;
  output[w + 11] = scale;
  return at;
}
