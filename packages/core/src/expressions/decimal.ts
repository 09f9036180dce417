import { ExpressionRunError } from './expression-error.ts';

/** Digits of a decimal at most. */
const digitsMax = 1_000;
/** Digits behind the point that a division adds to those of its operands. */
const divisionDigits = 20;

/** An exact decimal number: `unscaled` / 10^`scale`, scale 0 or more. */
export class Decimal {
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /** @returns null when the text is no plain decimal number, perhaps with an exponent. */
  static from(text: string): Decimal | null {
    const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
    if (match === null) return null;
    const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
    if (whole === '' && fraction === '') return null;
    const scale = fraction.length - Number(exponent);
    if (whole.length + fraction.length > digitsMax || Math.abs(scale) > digitsMax) throw tooLong();
    const digits = BigInt(whole + fraction) * (scale < 0 ? 10n ** BigInt(-scale) : 1n);
    return new Decimal(sign === '-' ? -digits : digits, Math.max(scale, 0));
  }

  plus(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale);
    return bounded(this.#at(scale) + other.#at(scale), scale);
  }

  minus(other: Decimal): Decimal {
    return this.plus(new Decimal(-other.unscaled, other.scale));
  }

  times(other: Decimal): Decimal {
    return bounded(this.unscaled * other.unscaled, this.scale + other.scale);
  }

  /** Rounded half up; zeros at the end are dropped. @throws RangeError for a divisor of zero. */
  over(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale) + divisionDigits;
    const dividend = this.unscaled * 10n ** BigInt(scale + other.scale - this.scale);
    const size = abs(other.unscaled);
    const quotient = (abs(dividend) * 2n + size) / (size * 2n);
    const isNegative = dividend < 0n !== other.unscaled < 0n;
    return stripped(isNegative ? -quotient : quotient, scale);
  }

  /** The sign is that of the dividend. @throws RangeError for a divisor of zero. */
  remainder(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale);
    return new Decimal(this.#at(scale) % other.#at(scale), scale);
  }

  compare(other: Decimal): number {
    const scale = Math.max(this.scale, other.scale);
    const [a, b] = [this.#at(scale), other.#at(scale)];
    return a < b ? -1 : a > b ? 1 : 0;
  }

  /** Plain notation, with all digits of the scale. */
  toString(): string {
    const digits = String(abs(this.unscaled)).padStart(this.scale + 1, '0');
    const sign = this.unscaled < 0n ? '-' : '';
    if (this.scale === 0) return sign + digits;
    return `${sign}${digits.slice(0, -this.scale)}.${digits.slice(-this.scale)}`;
  }

  #at(scale: number): bigint {
    return this.unscaled * 10n ** BigInt(scale - this.scale);
  }
}

function bounded(unscaled: bigint, scale: number): Decimal {
  if (scale > digitsMax || String(unscaled).length > digitsMax) throw tooLong();
  return new Decimal(unscaled, scale);
}

function stripped(unscaled: bigint, scale: number): Decimal {
  let [digits, places] = [unscaled, scale];
  while (places > 0 && digits % 10n === 0n) {
    digits /= 10n;
    places -= 1;
  }
  return new Decimal(digits, places);
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function tooLong(): ExpressionRunError {
  return new ExpressionRunError({
    en: `a number has more than ${digitsMax} digits`,
    zh: `数字超过 ${digitsMax} 位`,
  });
}
