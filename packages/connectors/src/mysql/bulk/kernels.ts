import type { Column, NeutralType } from '@sluice/core/data/column';
import { isNumber, mayEndInBlanks, numberLosses } from '../../jdbc/losses.ts';
import type { TargetColumn } from '../encode.ts';
import {
  approximateTypes,
  binaryTypes,
  decimalScale,
  memberTypes,
  roundedScale,
  textTypes,
} from '../type-families.ts';

/**
 * What is done with the bytes of one column on their way from COPY BINARY to the bulk command. Numbers, because the loop
 * switches on them.
 */
export const operation = {
  /** One byte. */
  boolean: 0,
  /** `true` or `false` as text. */
  booleanWord: 1,
  int2: 2,
  int4: 3,
  int8: 4,
  float4: 5,
  float8: 6,
  /** Base 10,000 digits to decimal text. */
  numeric: 7,
  /** The bytes as they are: text and bytea. */
  bytes: 8,
  /** JSON text behind a version byte. */
  jsonb: 9,
  date: 10,
  timestamp: 11,
  time: 12,
  uuid: 13,
  /** A bit string to a number. */
  bits: 14,
} as const;
type Operation = (typeof operation)[keyof typeof operation];

/** Type bytes of MySQL's binary protocol. */
const fieldType = {
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  longlong: 8,
  date: 10,
  time: 11,
  datetime: 12,
  newDecimal: 246,
  blob: 252,
  varString: 253,
} as const;

/** `limit` where there is none. */
export const UNLIMITED = -1;

/** How one column is moved; chosen before the first row. */
export interface Kernel {
  readonly operation: Operation;
  /** The type that the values are announced as. */
  readonly fieldType: number;
  readonly isUnsigned: boolean;
  /** Digits behind the point, digits of a second, or bits that the destination keeps; UNLIMITED: it takes any. */
  readonly limit: number;
  /** See `TargetColumn`. */
  readonly refusesNull: boolean;
  /** Where the values go, for messages. */
  readonly name: string;
  readonly columnType: string;
}

export interface KernelChoice {
  /** The PostgreSQL type that the source must send. */
  readonly wireType: string;
  readonly kernel: Kernel;
  /** The source prints the value, and the server reads it from that text: said in the plan. */
  readonly goesAsText: boolean;
}

const wholeTypes = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);
const characterTypes = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext']);

/**
 * The type that texts are announced as. Of a parameter that is text the server counts the characters first, and checks them
 * again as it stores them: a sixth of all it does for texts. Of bytes it does only the second. That is right where
 * the column's own characters are UTF-8, for there bytes are checked and cut like text; elsewhere they would be stored as they
 * are, and not converted.
 */
function textField({ dataType, characterSet }: TargetColumn): number {
  return characterSet === 'utf8mb4' && characterTypes.has(dataType) ? fieldType.blob : fieldType.varString;
}

/** Bytes of the integers that COPY BINARY has; an unsigned one goes as the next larger, the largest as numeric. */
function integerWireType(bits: number, isUnsigned: boolean): 'smallint' | 'integer' | 'bigint' | 'numeric' {
  const needed = isUnsigned ? bits + 1 : bits;
  if (needed <= 16) return 'smallint';
  if (needed <= 32) return 'integer';
  return needed <= 64 ? 'bigint' : 'numeric';
}

/**
 * Text of MySQL's own family may hold the character 0, which PostgreSQL's `text` cannot: there it has to come as bytes.
 * PostgreSQL writes its types out: `character varying(9)`, never `varchar(9)`; its unbounded `text` has no length.
 */
function isPostgresText({ native, type }: Column): boolean {
  return (
    native.startsWith('character') || (native === 'text' && type.kind === 'text' && type.length === null)
  );
}

/**
 * Chooses the kernel of one column, and with it the type that the source has to send.
 * Depends on nothing but the two columns, so that planner and writer choose alike. Pairs without a kernel, where a value
 * could change or the rows lane checks more than the server does, travel as rows: null.
 */
export function chooseKernel(source: Column, target: TargetColumn): KernelChoice | null {
  const { type } = source;
  const to = target.dataType;
  const choice = (
    wireType: string,
    op: Operation,
    field: number,
    limit = UNLIMITED,
    isUnsigned = false,
  ): KernelChoice => ({
    wireType,
    goesAsText: false,
    kernel: {
      operation: op,
      fieldType: field,
      isUnsigned,
      limit,
      refusesNull: target.refusesNull,
      name: target.name,
      columnType: target.columnType,
    },
  });
  const text = textField(target);
  const asText = () => ({ ...choice('text', operation.bytes, text), goesAsText: true });
  /** For types that are no text; the server complains of what it cannot read, and of digits that it would drop. */
  const readByServer = (wireType: 'text' | 'bytea' = 'text') => ({
    ...choice(wireType, operation.bytes, fieldType.varString),
    goesAsText: true,
  });

  // Read by collation, by number, and sorted: only the same list keeps every text as it is.
  if (memberTypes.has(to))
    return source.native === target.columnType ? choice('bytea', operation.bytes, text) : null;
  // Blanks at the end of a CHAR are padding, and gone when it is read.
  if (to === 'char' && mayEndInBlanks(type)) return null;
  if (textTypes.has(to)) {
    switch (type.kind) {
      case 'boolean':
        return choice('boolean', operation.booleanWord, text);
      case 'text': {
        if (!isPostgresText(source)) return choice('bytea', operation.bytes, text);
        // Asked for as text, PostgreSQL would cut the blanks that `character` pads with; the rows lane keeps them.
        const isPadded = source.native.startsWith('character(');
        return choice(isPadded ? 'character' : 'text', operation.bytes, text);
      }
      case 'json':
        return source.native === 'jsonb'
          ? choice('jsonb', operation.jsonb, text)
          : choice('json', operation.bytes, text);
      case 'uuid':
        return choice('uuid', operation.uuid, text);
      // Two spellings of one number: 1e+15 here, 1000000000000000 in the rows lane. One table should have one.
      case 'float':
      case 'binary':
        return null;
      default:
        return asText();
    }
  }
  if (isBent(type, target)) return null;
  switch (type.kind) {
    case 'boolean':
      // TINYINT(1) holds other numbers too, which stay themselves among numbers.
      if (/^tinyint\(1\)/i.test(source.native) && to !== 'bit' && to !== 'year')
        return choice('smallint', operation.int2, fieldType.short);
      return wholeTypes.has(to) || to === 'decimal' || approximateTypes.has(to) || to === 'bit'
        ? choice('boolean', operation.boolean, fieldType.tiny)
        : null;
    case 'integer': {
      const wireType = integerWireType(type.bits, type.unsigned);
      // Of other systems' numbers, two digits would become a year of four.
      if (to === 'year' && source.native.startsWith('year'))
        return choice('smallint', operation.int2, fieldType.short);
      if (wireType === 'numeric') return numericChoice();
      if (!wholeTypes.has(to) && to !== 'decimal' && !approximateTypes.has(to)) return null;
      if (wireType === 'smallint') return choice(wireType, operation.int2, fieldType.short);
      if (wireType === 'integer') return choice(wireType, operation.int4, fieldType.long);
      return choice(wireType, operation.int8, fieldType.longlong);
    }
    case 'decimal':
      return numericChoice();
    case 'float':
      if (type.bits === 64 && approximateTypes.has(to))
        return choice('double precision', operation.float8, fieldType.double);
      if (to === 'float') return choice('real', operation.float4, fieldType.float);
      // The double next to a float4 is not the one that its digits say: 0.1 would become 0.10000000149011612.
      return to === 'double' || to === 'decimal' ? readByServer() : null;
    case 'binary':
      // BINARY(n) fills up with zeros what is shorter.
      if (to === 'binary' && source.native !== target.columnType) return null;
      return binaryTypes.has(to) ? choice('bytea', operation.bytes, fieldType.blob) : null;
    case 'date':
      return to === 'date' || to === 'datetime' || to === 'timestamp'
        ? choice('date', operation.date, fieldType.date)
        : null;
    case 'timestamp':
      return to === 'datetime' || to === 'timestamp'
        ? choice(
            `timestamp ${type.zoned ? 'with' : 'without'} time zone`,
            operation.timestamp,
            fieldType.datetime,
            target.fraction,
          )
        : null;
    case 'time':
      if (to !== 'time' || type.zoned) return null;
      if (/without time zone$/.test(source.native))
        return choice('time without time zone', operation.time, fieldType.time, target.fraction);
      // MySQL's own goes beyond 24 hours and below zero, PostgreSQL's type does not.
      // Nor does the server say a word of digits of a second that it drops from a text.
      return source.native.startsWith('time') && type.fraction <= target.fraction
        ? readByServer('bytea')
        : null;
    case 'bits':
      return to === 'bit' && target.length !== null
        ? choice(
            source.native.startsWith('bit varying') ? 'bit varying' : 'bit',
            operation.bits,
            fieldType.longlong,
            target.length,
            true,
          )
        : null;
    default:
      // The server reads these from text, and the rows lane looks at the text first.
      return null;
  }

  function numericChoice(): KernelChoice | null {
    if (wholeTypes.has(to)) return choice('numeric', operation.numeric, fieldType.newDecimal, 0);
    // As text and not as a decimal, which has 81 digits at most and loses the rest without a word.
    if (approximateTypes.has(to)) return choice('numeric', operation.numeric, fieldType.varString);
    if (to !== 'decimal') return null;
    return choice('numeric', operation.numeric, fieldType.newDecimal, decimalScale(target.columnType));
  }
}

/** Would the server round a number to what the column keeps, without a word? Then it is looked at value by value. */
function isBent(type: NeutralType, { dataType, columnType }: TargetColumn): boolean {
  if (!approximateTypes.has(dataType) || !isNumber(type)) return false;
  if (roundedScale(columnType) !== null) return true;
  const losses = numberLosses(type, { kind: 'float', bits: dataType === 'float' ? 32 : 64 });
  return losses.some(({ kind }) => kind === 'precision');
}
