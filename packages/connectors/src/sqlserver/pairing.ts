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
import { type NativeColumn, neutralOf } from './types.ts';

/** A destination column as far as sending data to it goes. */
export interface TargetColumn {
  readonly name: string;
  readonly native: NativeColumn;
  /** For people and for `INSERT BULK`: `nvarchar(20)`. */
  readonly printed: string;
  readonly collation: string | null;
}

/** Odd values that can be written; the infinities and NaN cannot, nor days outside of the years 1 to 9999. */
const heldOddValues: ReadonlySet<OddValue> = new Set<OddValue>(['nulCharacter']);

const textKinds: ReadonlySet<NeutralType['kind']> = new Set(['text', 'json', 'uuid', 'other']);
const characterTypes: ReadonlySet<string> = new Set(['char', 'varchar', 'text']);
export const unicodeTypes: ReadonlySet<string> = new Set(['nchar', 'nvarchar', 'ntext']);
export const binaryTypes: ReadonlySet<string> = new Set(['binary', 'varbinary', 'image']);
const fixedTypes: ReadonlySet<string> = new Set(['char', 'nchar']);
/** What has methods of its own has no form in a bulk load that is the same everywhere. */
const unwritable: ReadonlySet<string> = new Set([
  'hierarchyid',
  'geometry',
  'geography',
  'sql_variant',
  'clr',
  'vector',
  'json',
]);

/** A moment of the 19th day of each 300th of a second, and one of whole minutes. */
const coarse: Readonly<Record<string, string>> = {
  datetime: '3, in steps of 1/300 s',
  smalldatetime: '0, and whole minutes only',
};

/**
 * What values of a type may lose in a destination column; null: no value of the one can be a value of the other. Pure.
 * @param sent odd values that the source may send.
 */
export function pair(
  type: NeutralType,
  target: TargetColumn,
  sent: ReadonlySet<OddValue> = new Set(),
): readonly PairLoss[] | null {
  const losses = pairLosses(type, target);
  if (losses === null) return null;
  return [...losses, ...oddLosses(type, neutralOf(target.native), sent, heldOddValues)];
}

function pairLosses(type: NeutralType, target: TargetColumn): readonly PairLoss[] | null {
  const to = target.native.dataType;
  if (unwritable.has(to)) return null;
  if (characterTypes.has(to) || unicodeTypes.has(to)) return intoText(type, target);
  if (binaryTypes.has(to)) return intoBytes(type, target);
  if (to === 'xml') return textKinds.has(type.kind) && type.kind !== 'uuid' ? [{ kind: 'form' }] : null;
  const holds = neutralOf(target.native);
  if (type.kind === 'uuid' || type.kind === 'json') {
    if (type.kind === 'uuid' && holds.kind === 'uuid') return [];
    return type.kind === 'json' ? [{ kind: 'form' }] : null;
  }
  if (textKinds.has(type.kind)) return [{ kind: 'form' }];
  if (to === 'bit') {
    if (type.kind === 'boolean') return [];
    return type.kind === 'integer' ? [{ kind: 'boolean' }] : null;
  }
  if (isNumber(holds)) {
    if (type.kind === 'boolean') return [{ kind: 'booleanAsNumber' }];
    return isNumber(type) ? numberLosses(type, holds) : null;
  }
  return intoMoment(type, target, holds);
}

function intoMoment(
  type: NeutralType,
  { native: { dataType } }: TargetColumn,
  holds: NeutralType,
): readonly PairLoss[] | null {
  if (holds.kind === 'date') return type.kind === 'date' ? [] : null;
  if (holds.kind === 'time')
    return type.kind === 'time' && !type.zoned ? fractionLosses(type.fraction, holds.fraction) : null;
  if (holds.kind !== 'timestamp' || (type.kind !== 'date' && type.kind !== 'timestamp')) return null;
  const isZoned = type.kind === 'timestamp' && type.zoned;
  const zone: readonly PairLoss[] =
    isZoned === holds.zoned ? [] : [{ kind: isZoned ? 'zone' : 'assumedZone' }];
  const limit = coarse[dataType];
  if (limit === undefined)
    return [...zone, ...fractionLosses(type.kind === 'date' ? 0 : type.fraction, holds.fraction)];
  const isDay = type.kind === 'date';
  return [...zone, ...(isDay ? [] : [{ kind: 'fraction', limit } as const]), { kind: 'calendar' }];
}

function intoText(type: NeutralType, { native, collation }: TargetColumn): readonly PairLoss[] | null {
  if (type.kind === 'binary') return null;
  const losses: PairLoss[] = [];
  if (type.kind === 'other') losses.push({ kind: 'asText' });
  const holds = neutralOf(native);
  const length = holds.kind === 'text' ? holds.length : null;
  const isUnicode = unicodeTypes.has(native.dataType);
  // A character takes up to two units of 16 bits, or four bytes.
  const room = length === null ? null : Math.floor(length / (isUnicode ? 2 : 4));
  const isTight =
    lengthLosses(type.kind === 'text' ? type.length : null, room, '').length > 0 && length !== null;
  if (isTight) losses.push({ kind: 'length', limit: `${length} ${isUnicode ? 'UTF-16 units' : 'bytes'}` });
  if (fixedTypes.has(native.dataType) && mayEndInBlanks(type)) losses.push({ kind: 'trailingBlanks' });
  if (!isUnicode && collation !== null && !/_UTF8$/i.test(collation))
    losses.push({ kind: 'charset', limit: collation });
  return losses;
}

function intoBytes(type: NeutralType, { native }: TargetColumn): readonly PairLoss[] | null {
  if (type.kind !== 'binary' && !textKinds.has(type.kind)) return null;
  if (native.dataType === 'binary') return [{ kind: 'fixedBytes', limit: native.maxLength }];
  const length = native.dataType === 'image' || native.maxLength < 0 ? null : native.maxLength;
  return lengthLosses(type.kind === 'binary' ? type.length : null, length, 'bytes');
}
