import type { NeutralType } from '@sluice/core/data/column';
import type { OddValue } from '@sluice/core/data/loss';
import {
  fractionLosses,
  isNumber,
  lengthLosses,
  mayEndInBlanks,
  numberLosses,
  oddLosses,
  type PairLoss,
} from '../jdbc/losses.ts';
import { isFullSet } from './character-sets.ts';
import {
  type Family,
  familyOf,
  fractionOf,
  type NativeColumn,
  NUMBER_DIGITS_MAX,
  neutralOf,
} from './types.ts';

/** Odd values that Oracle's types hold; BINARY_FLOAT and BINARY_DOUBLE hold what is no number, NUMBER does not. */
const heldOddValues: ReadonlySet<OddValue> = new Set<OddValue>(['nulCharacter']);
/** Odd values that it may send. */
export const sentOddValues: ReadonlySet<OddValue> = new Set<OddValue>([
  'nulCharacter',
  'farDate',
  'notANumber',
]);

/** A destination column as far as sending data to it goes. */
export interface TargetColumn extends NativeColumn {
  readonly name: string;
  /** As a definition spells it, for people. */
  readonly nativeText: string;
  readonly isNullable: boolean;
  /** Of its texts; the national one for NCHAR, NVARCHAR2 and NCLOB. */
  readonly characterSet: string;
}

const textFamilies: ReadonlySet<Family> = new Set([
  'char',
  'varchar',
  'nchar',
  'nvarchar',
  'clob',
  'nclob',
  'long',
]);
const byteFamilies: ReadonlySet<Family> = new Set(['raw', 'blob', 'longRaw']);
const momentFamilies: ReadonlySet<Family> = new Set(['date', 'timestamp', 'timestampTz', 'timestampLtz']);
const numberFamilies: ReadonlySet<Family> = new Set(['number', 'float', 'binaryFloat', 'binaryDouble']);
const textKinds: ReadonlySet<NeutralType['kind']> = new Set(['text', 'json', 'uuid', 'other']);

export function isTextFamily(family: Family): boolean {
  return textFamilies.has(family);
}

export function isNationalFamily(family: Family): boolean {
  return family === 'nchar' || family === 'nvarchar' || family === 'nclob';
}

export function isLargeFamily(family: Family): boolean {
  return (
    family === 'clob' || family === 'nclob' || family === 'long' || family === 'blob' || family === 'longRaw'
  );
}

/**
 * What values of a type may lose in a destination column; null: no value of the one can be a value of the other. Pure.
 * @param sent odd values that the source may send.
 */
export function pair(
  type: NeutralType,
  target: TargetColumn,
  sent: ReadonlySet<OddValue>,
): readonly PairLoss[] | null {
  const family = familyOf(target);
  const losses = pairLosses(type, target, family);
  if (losses === null) return null;
  const isBinary = family === 'binaryFloat' || family === 'binaryDouble';
  const held = isBinary ? new Set<OddValue>([...heldOddValues, 'notANumber']) : heldOddValues;
  return [...losses, ...oddLosses(type, neutralOf(target), sent, held)];
}

function pairLosses(type: NeutralType, target: TargetColumn, family: Family): readonly PairLoss[] | null {
  if (textFamilies.has(family)) return intoText(type, target, family);
  if (byteFamilies.has(family)) {
    if (type.kind !== 'binary') return null;
    return [emptyLoss, ...lengthLosses(type.length, family === 'raw' ? target.bytes : null, 'bytes')];
  }
  if (numberFamilies.has(family)) return intoNumber(type, target);
  if (momentFamilies.has(family)) return intoMoment(type, target, family);
  if (family === 'intervalYm' || family === 'intervalDs')
    return type.kind === 'text' || type.kind === 'other' ? [{ kind: 'form' }] : null;
  return null;
}

/** Oracle holds no empty text: it is no value there. */
const emptyLoss: PairLoss = { kind: 'emptyAsNull' };

function intoText(type: NeutralType, target: TargetColumn, family: Family): readonly PairLoss[] | null {
  if (type.kind === 'binary') return null;
  const { characters, bytes, countsCharacters, characterSet } = target;
  const losses: PairLoss[] = [];
  if (type.kind === 'boolean') losses.push({ kind: 'asText' });
  if (textKinds.has(type.kind) && type.kind !== 'uuid') losses.push(emptyLoss);
  if (type.kind === 'other') losses.push({ kind: 'asText' });
  if (!isLargeFamily(family)) {
    const isByCharacter = countsCharacters || isNationalFamily(family);
    const from = type.kind === 'text' ? type.length : null;
    losses.push(
      ...lengthLosses(from, isByCharacter ? characters : bytes, isByCharacter ? 'characters' : 'bytes'),
    );
    // Characters of several bytes do not fit where bytes are counted.
    if (!isByCharacter && from !== null && from <= bytes)
      losses.push({ kind: 'length', limit: `${bytes} bytes` });
  }
  if ((family === 'char' || family === 'nchar') && mayEndInBlanks(type))
    losses.push({ kind: 'trailingBlanks' });
  if (!isNationalFamily(family) && !isFullSet(characterSet))
    losses.push({ kind: 'charset', limit: characterSet });
  return losses;
}

function intoNumber(type: NeutralType, target: TargetColumn): readonly PairLoss[] | null {
  if (type.kind === 'boolean') return [{ kind: 'booleanAsNumber' }];
  if (textKinds.has(type.kind) && type.kind !== 'uuid' && type.kind !== 'json') return [{ kind: 'form' }];
  if (!isNumber(type)) return null;
  const holds = neutralOf(target);
  if (!isNumber(holds)) return null;
  // Without a precision it is 38 digits, wherever the point is.
  if (holds.kind === 'decimal' && holds.precision === null) {
    const isShort =
      type.kind === 'integer' || (type.kind === 'decimal' && (type.precision ?? 99) <= NUMBER_DIGITS_MAX);
    return isShort ? [] : [{ kind: 'precision' }];
  }
  return numberLosses(type, holds);
}

function intoMoment(type: NeutralType, target: TargetColumn, family: Family): readonly PairLoss[] | null {
  if (type.kind === 'text' || type.kind === 'other') return [{ kind: 'form' }];
  if (type.kind !== 'date' && type.kind !== 'timestamp') return null;
  const isZoned = type.kind === 'timestamp' && type.zoned;
  const keepsZone = family === 'timestampTz' || family === 'timestampLtz';
  return [
    ...(isZoned && !keepsZone ? [{ kind: 'zone' } as const] : []),
    ...(!isZoned && keepsZone ? [{ kind: 'assumedZone' } as const] : []),
    ...fractionLosses(type.kind === 'date' ? 0 : type.fraction, fractionOf(target)),
  ];
}
