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
import type { TargetColumn } from './encode.ts';
import {
  binaryTypes,
  decimalScale,
  memberTypes,
  numericTypes,
  readTypes,
  roundedScale,
  textTypes,
} from './type-families.ts';
import { isSpatial, neutralOf } from './types.ts';

/** Odd values that the types of MySQL and MariaDB hold and their sources may send. */
export const sentOddValues: ReadonlySet<OddValue> = new Set<OddValue>([
  'zeroDate',
  'longTime',
  'nulCharacter',
]);
/** Those that can be written: in the strict mode of every session of ours zero dates cannot. */
const heldOddValues: ReadonlySet<OddValue> = new Set<OddValue>(['longTime', 'nulCharacter']);

const fullCharacterSets: ReadonlySet<string> = new Set(['utf8mb4', 'utf16', 'utf16le', 'utf32']);
const textKinds: ReadonlySet<NeutralType['kind']> = new Set(['text', 'json', 'uuid', 'other']);

/**
 * What values of a type may lose in a destination column; null: no value of the one can be a value of the other (a date in a
 * blob). Pure.
 * @param sent odd values that the source may send.
 * @param native the source's own type.
 */
export function pair(
  type: NeutralType,
  target: TargetColumn,
  sent: ReadonlySet<OddValue> = new Set(),
  native = '',
): readonly PairLoss[] | null {
  // As a number, a bit string without a length of its own would lose the zeros ahead of it.
  if (type.kind === 'bits' && target.dataType === 'bigint' && /varying/i.test(native)) return null;
  const losses = pairLosses(type, target);
  if (losses === null) return null;
  return [...losses, ...oddLosses(type, targetType(target), sent, heldOddValues)];
}

/** What the destination column holds, in neutral words. */
function targetType(target: TargetColumn): NeutralType {
  const { dataType, columnType, fraction, length } = target;
  const isDecimal = dataType === 'decimal';
  const precision = isDecimal ? Number(/\((\d+)/.exec(columnType)?.[1] ?? length) : length;
  const described = { dataType, columnType, fraction, characterLengthMax: length, isCheckedJson: false };
  return neutralOf({ ...described, precision, scale: isDecimal ? decimalScale(columnType) : null }, false);
}

function pairLosses(type: NeutralType, target: TargetColumn): readonly PairLoss[] | null {
  const to = target.dataType;
  if (isSpatial(to)) return type.kind === 'text' || type.kind === 'other' ? [{ kind: 'form' }] : null;
  if (textTypes.has(to)) return intoText(type, target);
  if (binaryTypes.has(to)) return intoBytes(type, target);
  if (textKinds.has(type.kind)) return [{ kind: 'form' }];
  if (to === 'bit') return intoBits(type, target);
  if (numericTypes.has(to)) return intoNumber(type, target);
  switch (type.kind) {
    case 'date':
    case 'timestamp':
      if (to === 'date') return type.kind === 'date' ? [] : null;
      if (to !== 'datetime' && to !== 'timestamp') return null;
      return [
        ...zoneLosses(type, to),
        ...fractionLosses(type.kind === 'date' ? 0 : type.fraction, target.fraction),
        ...(to === 'timestamp' ? [{ kind: 'calendar' } as const] : []),
      ];
    case 'time':
      return to === 'time' && !type.zoned ? fractionLosses(type.fraction, target.fraction) : null;
    default:
      return null;
  }
}

function zoneLosses(
  type: NeutralType & { kind: 'date' | 'timestamp' },
  to: 'datetime' | 'timestamp',
): readonly PairLoss[] {
  const isZoned = type.kind === 'timestamp' && type.zoned;
  if (to === 'datetime') return isZoned ? [{ kind: 'zone' }] : [];
  return isZoned ? [] : [{ kind: 'assumedZone' }];
}

function intoText(type: NeutralType, target: TargetColumn): readonly PairLoss[] | null {
  const { dataType, characterSet, length } = target;
  if (memberTypes.has(dataType)) return type.kind === 'binary' ? null : [{ kind: 'members' }];
  if (readTypes.has(dataType)) {
    if (type.kind === 'binary') return null;
    if (dataType === 'json')
      return type.kind === 'json' ? [{ kind: 'json' }] : [{ kind: 'form' }, { kind: 'json' }];
    return type.kind === 'uuid' && dataType === 'uuid' ? [] : [{ kind: 'form' }];
  }
  const isBounded = dataType !== 'longtext';
  const losses: PairLoss[] = [];
  if (type.kind === 'binary') {
    // Bytes are the text's own only where it is kept as UTF-8, and a CHAR would cut blanks off them.
    if (dataType === 'char' || (characterSet !== null && characterSet !== 'utf8mb4')) return null;
    losses.push({ kind: 'form' });
  } else if (type.kind === 'other') losses.push({ kind: 'asText' });
  if (isBounded) {
    const unit = dataType === 'char' || dataType === 'varchar' ? 'characters' : 'bytes';
    losses.push(...lengthLosses(type.kind === 'text' ? type.length : null, length, unit));
  }
  if (dataType === 'char' && mayEndInBlanks(type)) losses.push({ kind: 'trailingBlanks' });
  if (characterSet !== null && !fullCharacterSets.has(characterSet))
    losses.push({ kind: 'charset', limit: characterSet });
  return losses;
}

function intoBytes(type: NeutralType, target: TargetColumn): readonly PairLoss[] | null {
  if (type.kind !== 'binary' && !textKinds.has(type.kind)) return null;
  if (target.dataType === 'binary') return [{ kind: 'fixedBytes', limit: target.length ?? 1 }];
  if (target.dataType === 'longblob') return [];
  return lengthLosses(type.kind === 'binary' ? type.length : null, target.length, 'bytes');
}

function intoBits(type: NeutralType, target: TargetColumn): readonly PairLoss[] | null {
  switch (type.kind) {
    case 'boolean':
      return [];
    case 'integer':
      return [{ kind: 'range' }];
    case 'bits':
      return [{ kind: 'bits', limit: target.length ?? 1 }];
    default:
      return null;
  }
}

function intoNumber(type: NeutralType, target: TargetColumn): readonly PairLoss[] | null {
  const to = target.dataType;
  if (type.kind === 'boolean') return to === 'year' ? null : [{ kind: 'booleanAsNumber' }];
  if (type.kind === 'bits') return to === 'bigint' ? [{ kind: 'bitsAsNumber' }, { kind: 'range' }] : null;
  if (!isNumber(type)) return null;
  if (to === 'year') return [{ kind: 'range' }];
  const holds = targetType(target);
  if (!isNumber(holds)) return null;
  const scale = roundedScale(target.columnType);
  return [
    ...numberLosses(type, holds),
    ...(scale === null || type.kind === 'integer' ? [] : [{ kind: 'scale', limit: scale } as const]),
  ];
}
