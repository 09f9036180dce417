import type { NeutralType } from '@sluice/core/data/column';
import type { Loss, LossKind, OddValue } from '@sluice/core/data/loss';

/** A loss of a pair of types, without the column it concerns. */
export interface PairLoss {
  readonly kind: LossKind;
  readonly limit?: string | number;
}

/** The two columns that a loss lies between. */
export interface LossEnds {
  /** Name at the destination. */
  readonly column: string;
  readonly from: string;
  readonly to: string;
}

/** The losses of a pair as those of its column. */
export function asLosses(losses: readonly PairLoss[], { column, from, to }: LossEnds): readonly Loss[] {
  return losses.map(({ kind, limit }) => ({
    column,
    kind,
    from,
    to,
    ...(limit === undefined ? {} : { limit }),
  }));
}

type NumberType = NeutralType & { readonly kind: 'integer' | 'decimal' | 'float' };

/** Decimal digits that any number of so many digits keeps in floating point. */
const FLOAT_DIGITS = { 32: 6, 64: 15 } as const;
/** Whole bits that floating point keeps. */
const FLOAT_BITS = { 32: 24, 64: 53 } as const;

export function isNumber(type: NeutralType): type is NumberType {
  return type.kind === 'integer' || type.kind === 'decimal' || type.kind === 'float';
}

/** Digits that the largest integer of the type has. */
function integerDigits({ bits, unsigned }: NeutralType & { kind: 'integer' }): number {
  return { 8: 3, 16: 5, 32: 10, 64: unsigned ? 20 : 19 }[bits];
}

/** What numbers of one type lose in another; NaN and the infinities apart. */
export function numberLosses(source: NumberType, target: NumberType): readonly PairLoss[] {
  switch (target.kind) {
    case 'integer':
      return intoInteger(source, target);
    case 'float':
      return intoFloat(source, target.bits);
    case 'decimal':
      return intoDecimal(source, target);
  }
}

function intoInteger(source: NumberType, target: NeutralType & { kind: 'integer' }): readonly PairLoss[] {
  if (source.kind !== 'integer') {
    const isWhole = source.kind === 'decimal' && source.scale !== null && source.scale <= 0;
    return isWhole ? [{ kind: 'range' }] : [{ kind: 'wholeNumber' }, { kind: 'range' }];
  }
  const fits = target.unsigned
    ? source.unsigned && source.bits <= target.bits
    : source.bits + (source.unsigned ? 1 : 0) <= target.bits;
  return fits ? [] : [{ kind: 'range' }];
}

function intoFloat(source: NumberType, bits: 32 | 64): readonly PairLoss[] {
  switch (source.kind) {
    case 'float':
      return source.bits <= bits ? [] : [{ kind: 'precision' }, { kind: 'range' }];
    case 'integer':
      return source.bits < FLOAT_BITS[bits] ? [] : [{ kind: 'precision' }];
    case 'decimal': {
      const isShort = source.precision !== null && source.precision <= FLOAT_DIGITS[bits];
      return isShort ? [] : [{ kind: 'precision' }];
    }
  }
}

function intoDecimal(source: NumberType, target: NeutralType & { kind: 'decimal' }): readonly PairLoss[] {
  if (target.precision === null) return [];
  const scale = target.scale ?? 0;
  const wholeDigits = target.precision - scale;
  const losses: PairLoss[] = [];
  const sourceScale = source.kind === 'integer' ? 0 : source.kind === 'decimal' ? source.scale : null;
  if (sourceScale === null || sourceScale > scale) losses.push({ kind: 'scale', limit: scale });
  const sourceDigits =
    source.kind === 'integer'
      ? integerDigits(source)
      : source.kind === 'decimal' && source.precision !== null
        ? source.precision - (source.scale ?? 0)
        : null;
  if (sourceDigits === null || sourceDigits > wholeDigits) losses.push({ kind: 'range' });
  return losses;
}

/** What texts of one length lose in another. @param unit for people: `characters`. */
export function lengthLosses(from: number | null, to: number | null, unit: string): readonly PairLoss[] {
  return to === null || (from !== null && from <= to) ? [] : [{ kind: 'length', limit: `${to} ${unit}` }];
}

/** What digits of a second lose. */
export function fractionLosses(from: number, to: number): readonly PairLoss[] {
  return from <= to ? [] : [{ kind: 'fraction', limit: to }];
}

/** Odd values that the source may send and the pair's target does not have. */
export function oddLosses(
  source: NeutralType,
  target: NeutralType,
  sent: ReadonlySet<OddValue>,
  held: ReadonlySet<OddValue>,
): readonly PairLoss[] {
  const lost = (value: OddValue) => sent.has(value) && !held.has(value);
  if (target.kind === 'text' || target.kind === 'json') {
    const isText = source.kind === 'text' || source.kind === 'json' || source.kind === 'other';
    return isText && lost('nulCharacter') ? [{ kind: 'nulCharacter' }] : [];
  }
  switch (source.kind) {
    case 'date':
    case 'timestamp':
      return [
        ...(lost('zeroDate') ? [{ kind: 'zeroDate' } as const] : []),
        ...(lost('farDate') ? [{ kind: 'calendar' } as const] : []),
      ];
    case 'time':
      return lost('longTime') ? [{ kind: 'clock' }] : [];
    case 'decimal':
    case 'float':
      return lost('notANumber') ? [{ kind: 'notANumber' }] : [];
    default:
      return [];
  }
}

/** Kinds whose texts never end in a blank. */
const tightKinds: ReadonlySet<NeutralType['kind']> = new Set([
  'boolean',
  'integer',
  'decimal',
  'float',
  'date',
  'time',
  'timestamp',
  'uuid',
  'bits',
]);

/** May a text made of such a value end in blanks that are part of the value? */
export function mayEndInBlanks(type: NeutralType): boolean {
  return type.kind === 'text' ? !type.fixed : !tightKinds.has(type.kind);
}

/**
 * Would PostgreSQL change values of the source without a word as it reads them in binary for a column of this type? It rounds
 * numbers and fractions of a second, and cuts blanks off texts. What is not bent is kept or refused.
 */
export function isBentByPostgres(source: NeutralType, target: NeutralType): boolean {
  switch (target.kind) {
    case 'decimal':
      if (!isNumber(source)) return false;
      return intoDecimal(source, target).some(({ kind }) => kind === 'scale');
    case 'float':
      return isNumber(source) && intoFloat(source, target.bits).some(({ kind }) => kind === 'precision');
    case 'time':
    case 'timestamp':
      return source.kind === target.kind && source.fraction > target.fraction;
    case 'text':
      if (!mayEndInBlanks(source) || target.length === null) return false;
      if (target.fixed) return true;
      return source.kind !== 'text' || source.length === null || source.length > target.length;
    default:
      return false;
  }
}
