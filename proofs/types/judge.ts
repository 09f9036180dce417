import { canonicalJson } from './json-value.ts';
import { isSameMoment, isSameTime } from './moments.ts';
import { decimalOf, singleOf } from './numbers.ts';
import type { Printed } from './printing.ts';

// What "identical" means, by the families of both columns. Written apart from the product: it shares no code with it.

/** Is the value at the destination the one of the source? */
export function isIdentical(source: Printed, target: Printed): boolean {
  if (source.text === null || target.text === null) return source.text === target.text;
  return same(source, source.text, target, target.text);
}

const numbers: ReadonlySet<Printed['family']> = new Set(['integer', 'decimal', 'single', 'double']);
const words = /^(?:t|true|y|yes|on|1)$/i;
const noWords = /^(?:f|false|n|no|off|0)$/i;

function same(source: Printed, from: string, target: Printed, to: string): boolean {
  const isNumber = numbers.has(source.family);
  const intoNumber = numbers.has(target.family);
  if (isNumber && intoNumber) return isSameNumber(source, from, target, to);
  switch (source.family) {
    case 'boolean':
      return isSameTruth(from, target, to);
    case 'integer':
    case 'decimal':
    case 'single':
    case 'double':
      // TINYINT(1) is a number that is called a boolean.
      if (target.family === 'boolean' && !/^-?\d+$/.test(to))
        return decimalOf(from) === '0' ? isFalse(to) : decimalOf(from) === '1e0' && isTrue(to);
      if (target.family === 'bits') return decimalOf(from) === decimalOf(BigInt(`0b${to}`).toString());
      // A text names the number: without zeros that a column only pads with.
      return isSameNumber(source, from, { ...target, family: 'decimal' }, to);
    case 'char':
      return isSameText(from.trimEnd(), target, to, true);
    case 'text':
    case 'other':
      return isSameText(from, target, to, false);
    case 'bytes':
      return target.family === 'bytes'
        ? from.toLowerCase() === to.toLowerCase()
        : from.toLowerCase() === Buffer.from(to, 'utf8').toString('hex');
    case 'date':
    case 'timestamp':
      return isSameMoment(from, to, source.family === 'date' && target.family === 'text');
    case 'time':
      return isSameTime(from, to);
    case 'json':
      return canonicalJson(from) === canonicalJson(to);
    case 'bits':
      if (intoNumber) return !source.type.includes('varying') && BigInt(`0b${from}`).toString() === to;
      return from === to;
    case 'uuid':
      return target.family === 'bytes'
        ? Buffer.from(from).toString('hex') === to.toLowerCase()
        : from.toLowerCase() === uuidOf(to);
  }
}

function isTrue(text: string): boolean {
  return words.test(text);
}

function isFalse(text: string): boolean {
  return noWords.test(text);
}

/** TINYINT(1) may hold other numbers, which must then stay themselves. */
function isSameTruth(from: string, target: Printed, to: string): boolean {
  const isOther = !isTrue(from) && !isFalse(from);
  if (isOther)
    return target.family !== 'boolean' || /^-?\d+$/.test(to) ? decimalOf(from) === decimalOf(to) : false;
  if (target.family === 'bits') return BigInt(`0b${to}`) === (isTrue(from) ? 1n : 0n);
  if (numbers.has(target.family)) return decimalOf(to) === (isTrue(from) ? '1e0' : '0');
  return isTrue(from) ? isTrue(to) : isFalse(to);
}

/**
 * Numbers by value. A floating-point number is what its shortest decimal text says, of its own width; besides, whatever single
 * precision rounds to a number of single precision is that number. A zero is a zero, whatever its sign.
 */
function isSameNumber(source: Printed, from: string, target: Printed, to: string): boolean {
  const odd = /^[+-]?(?:nan|inf(?:inity)?)$/i;
  if (odd.test(from) || odd.test(to)) return from.toLowerCase() === to.toLowerCase();
  if (source.family === 'single') return Math.fround(Number(to)) === Math.fround(Number(from)) && to !== '';
  const shown =
    target.family === 'single' ? singleOf(to) : target.family === 'double' ? String(Number(to)) : to;
  const meant = source.family === 'double' ? String(Number(from)) : from;
  return decimalOf(meant) !== null && decimalOf(meant) === decimalOf(shown);
}

function isSameText(from: string, target: Printed, to: string, isPadded: boolean): boolean {
  switch (target.family) {
    case 'integer':
    case 'decimal':
    case 'single':
    case 'double':
      return isSameNumber({ ...target, family: 'decimal' }, from.trim(), target, to);
    case 'boolean':
      return isTrue(from.trim()) ? isTrue(to) : isFalse(from.trim()) && isFalse(to);
    case 'date':
    case 'timestamp':
      return isSameMoment(from, to, false);
    case 'time':
      return isSameTime(from, to);
    case 'uuid':
      return uuidOf(from) === uuidOf(to);
    case 'json':
      return canonicalJson(from) === canonicalJson(to);
    case 'bytes':
      return Buffer.from(from, 'utf8').toString('hex') === to.toLowerCase();
    case 'other':
      return isSameOther(from, target.type, to);
    default:
      // Blanks that only fill a fixed length may stay or go.
      return isPadded ? from === to.trimEnd() : from === to;
  }
}

/** Types that nothing of ours knows: their own printing of the same value. */
function isSameOther(from: string, type: string, to: string): boolean {
  if (type === 'money') return decimalOf(from.replace(/[$,]/g, '')) === decimalOf(to.replace(/[$,]/g, ''));
  // INET6 keeps an address of four parts within its own range.
  if (/^inet6/i.test(type))
    return from.toLowerCase().replace(/^::ffff:/, '') === to.toLowerCase().replace(/^::ffff:/, '');
  return from === to;
}

function uuidOf(text: string): string {
  const digits = text.trim().toLowerCase().replaceAll(/[{}-]/g, '');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
