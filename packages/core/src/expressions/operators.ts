import { Decimal } from './decimal.ts';
import { ExpressionRunError } from './expression-error.ts';
import { expressionLimits } from './limits.ts';
import {
  type ElValue,
  FieldText,
  isNumber,
  isText,
  Moment,
  numberOf,
  numberOfText,
  RowValue,
  textOf,
  truthOf,
} from './values.ts';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export type RelationalOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';

type Numeric = bigint | number | Decimal;

/**
 * Two texts are joined. A number and a text that is one are added, and so is null, which counts 0; any other mix with a
 * text is joined, null as nothing.
 */
export function plus(left: ElValue, right: ElValue): ElValue {
  if (isText(left) || isText(right)) {
    const isSum = isSummand(left, right) || isSummand(right, left);
    if (!isSum) return joined(textOf(left) ?? '', textOf(right) ?? '');
  }
  return arithmetic('+', left, right);
}

/** A number beside a text that is one too. */
function isSummand(number: ElValue, text: ElValue): boolean {
  return isNumber(number) && isText(text) && numberOfText(textOf(text) ?? '') !== null;
}

function joined(left: string, right: string): string {
  requireSize(left.length + right.length, Math.max(left.length, right.length));
  return left + right;
}

/** @param length of a text that is to be made. @param base of the one that it is made of. @throws ExpressionRunError it is too long. */
export function requireSize(length: number, base: number): void {
  if (length > Math.max(expressionLimits.resultMax, 2 * base)) throw textTooLong();
}

function textTooLong(): ExpressionRunError {
  const { resultMax } = expressionLimits;
  return new ExpressionRunError({
    en: `a text has more than ${resultMax} characters`,
    zh: `文本超过 ${resultMax} 个字符`,
  });
}

/**
 * Whole numbers stay whole and exact, decimals exact; with a floating number all is floating. A division of whole numbers
 * gives a floating one.
 */
export function arithmetic(operator: ArithmeticOperator, left: ElValue, right: ElValue): ElValue {
  const [a, b] = [numberOf(left), numberOf(right)];
  if ((operator === '/' || operator === '%') && isZero(b)) {
    throw new ExpressionRunError({ en: 'division by zero', zh: '除数为零' });
  }
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    return operator === '/' ? divided(a, b) : boundedInteger(wholeArithmetic(operator, a, b));
  }
  if (typeof a === 'number' || typeof b === 'number') {
    return finite(floatArithmetic(operator, Number(a), Number(b)));
  }
  return decimalArithmetic(operator, decimalOf(a), decimalOf(b));
}

function divided(a: bigint, b: bigint): number {
  const quotient = a / b;
  // Beyond the exact range of floating numbers, the remainder would not be seen anyway.
  return finite(a % b === 0n ? Number(quotient) : Number(a) / Number(b));
}

function wholeArithmetic(operator: ArithmeticOperator, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    default:
      return a % b;
  }
}

function floatArithmetic(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
  }
}

function decimalArithmetic(operator: ArithmeticOperator, a: Decimal, b: Decimal): Decimal {
  switch (operator) {
    case '+':
      return a.plus(b);
    case '-':
      return a.minus(b);
    case '*':
      return a.times(b);
    case '/':
      return a.over(b);
    case '%':
      return a.remainder(b);
  }
}

function boundedInteger(value: bigint): bigint {
  const { integerBitsMax } = expressionLimits;
  if (BigInt.asIntN(integerBitsMax, value) === value) return value;
  throw new ExpressionRunError({ en: 'a whole number is too large', zh: '整数过大' });
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new ExpressionRunError({ en: 'a number is too large', zh: '数字过大' });
}

function isZero(value: Numeric): boolean {
  return value instanceof Decimal ? value.unscaled === 0n : Number(value) === 0;
}

function decimalOf(value: bigint | Decimal): Decimal {
  return typeof value === 'bigint' ? new Decimal(value, 0) : value;
}

export function negated(value: ElValue): ElValue {
  const number = numberOf(value);
  if (number instanceof Decimal) return new Decimal(-number.unscaled, number.scale);
  return -number;
}

/** null, empty text, and a map or row without anything. */
export function isEmpty(value: ElValue): boolean {
  if (value === null) return true;
  if (isText(value)) return textOf(value) === '';
  if (value instanceof Map) return value.size === 0;
  return value instanceof RowValue && value.fields.length === 0;
}

/**
 * `==` and `!=` as JSP EL has them: with a number both are numbers, with a truth value both are truth values, with a text
 * both are texts. A text that is no number equals none. The others order numbers, moments and texts; null is in no order.
 */
export function related(operator: RelationalOperator, left: ElValue, right: ElValue): boolean {
  if (operator === '==') return isEqual(left, right);
  if (operator === '!=') return !isEqual(left, right);
  if (left === null || right === null) return left === right && (operator === '<=' || operator === '>=');
  const order = compare(left, right);
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function isEqual(left: ElValue, right: ElValue): boolean {
  if (left === null || right === null) return left === right;
  if (isNumber(left) || isNumber(right)) {
    const a = numberForEquality(left);
    const b = numberForEquality(right);
    return a !== null && b !== null && compareNumbers(a, b) === 0;
  }
  if (typeof left === 'boolean' || typeof right === 'boolean') return truthOf(left) === truthOf(right);
  if (isText(left) || isText(right)) return textOf(left) === textOf(right);
  if (left instanceof Moment && right instanceof Moment) return left.epochMs === right.epochMs;
  return left === right;
}

function numberForEquality(value: ElValue): Numeric | null {
  if (isNumber(value)) return value;
  return isText(value) ? numberOfText(textOf(value) ?? '') : null;
}

function compare(left: ElValue, right: ElValue): number {
  if (isNumber(left) || isNumber(right)) return compareNumbers(numberOf(left), numberOf(right));
  if (left instanceof Moment || right instanceof Moment) {
    const [a, b] = [momentOf(left), momentOf(right)];
    if (a !== null && b !== null) return Math.sign(a - b);
  }
  const [a, b] = [textOf(left) ?? '', textOf(right) ?? ''];
  return a < b ? -1 : a > b ? 1 : 0;
}

function momentOf(value: ElValue): number | null {
  if (value instanceof Moment) return value.epochMs;
  return value instanceof FieldText ? value.epochMs() : null;
}

function compareNumbers(a: Numeric, b: Numeric): number {
  if (a instanceof Decimal && !(typeof b === 'number')) return a.compare(decimalOf(b));
  if (b instanceof Decimal && !(typeof a === 'number')) return decimalOf(a).compare(b);
  const [x, y] = [a instanceof Decimal ? Number(a) : a, b instanceof Decimal ? Number(b) : b];
  return x < y ? -1 : x > y ? 1 : 0;
}
