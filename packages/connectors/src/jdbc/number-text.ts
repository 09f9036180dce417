// Numbers as decimal text: what a number is, however it is spelt. A floating-point number counts as its shortest decimal text
// that reads back as the same number of its width.

/** A number in decimal: optional sign, digits, optional fraction, optional exponent. */
const numberForm = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Digits after which a single-precision number is told from its neighbours; fewer mostly do. */
const SINGLE_DIGITS_MIN = 6;
const SINGLE_DIGITS_MAX = 9;

export function isNumberText(text: string): boolean {
  return numberForm.test(text);
}

/** A number as its digits without zeros at either end, and the power of ten behind the last of them; zero has no digits. */
interface Digits {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

/** @param text of the form `isNumberText` asks for. */
function digitsOf(text: string): Digits {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = `${whole}${fraction}`;
  const digits = all.replace(/0+$/, '');
  const exponent = Number(power) - fraction.length + (all.length - digits.length);
  const significant = digits.replace(/^0+/, '');
  return { isNegative: sign === '-', digits: significant, exponent: significant === '' ? 0 : exponent };
}

/** Do two texts name the same number? The sign of a zero does not count. False for what is no number. */
export function isSameNumber(a: string, b: string): boolean {
  if (!isNumberText(a) || !isNumberText(b)) return false;
  const one = digitsOf(a);
  const other = digitsOf(b);
  if (one.digits !== other.digits) return false;
  return one.digits === '' || (one.exponent === other.exponent && one.isNegative === other.isNegative);
}

/**
 * How many digits behind the decimal point a number needs: 2 for `1.250`, -3 for `5000`, -Infinity for zero.
 * @param text of the form `isNumberText` asks for.
 */
export function scaleOf(text: string): number {
  const { digits, exponent } = digitsOf(text);
  return digits === '' ? Number.NEGATIVE_INFINITY : 0 - exponent;
}

/** The fewest digits that single precision reads as this value, which must be one of its own. */
export function singleText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = SINGLE_DIGITS_MIN; digits < SINGLE_DIGITS_MAX; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return Object.is(value, -0) ? '-0' : String(Number(text));
  }
  return value.toPrecision(SINGLE_DIGITS_MAX);
}

/** Is a number still the same when it is held in floating point of this width? True for NaN and the infinities. */
export function survivesFloat(text: string, bits: 32 | 64): boolean {
  if (!isNumberText(text)) return /^(?:nan|[+-]?inf(?:inity)?)$/i.test(text);
  const read = Number(text);
  if (!Number.isFinite(read)) return false;
  if (bits === 64) return isSameNumber(text, String(read));
  const single = Math.fround(read);
  return Number.isFinite(single) && isSameNumber(text, singleText(single));
}
