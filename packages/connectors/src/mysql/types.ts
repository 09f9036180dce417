import type { NeutralType } from '@sluice/core/data/column';

/** What information_schema says of a column's type. */
export interface NativeColumn {
  /** DATA_TYPE, lower case: `int`. */
  readonly dataType: string;
  /** COLUMN_TYPE: `int(10) unsigned`. */
  readonly columnType: string;
  readonly characterLengthMax: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
  /** Digits of a second. */
  readonly fraction: number | null;
  /** MariaDB keeps JSON as LONGTEXT with a check; the check tells. */
  readonly isCheckedJson: boolean;
}

const integerBits: Readonly<Record<string, 8 | 16 | 32 | 64>> = {
  tinyint: 8,
  smallint: 16,
  mediumint: 32,
  int: 32,
  integer: 32,
  bigint: 64,
};

/** Bytes of the unbounded kinds; LONGTEXT and LONGBLOB count as unbounded. */
const boundedText = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'enum', 'set']);

/**
 * Native to neutral.
 *
 * | native                                | neutral                                                      |
 * |---------------------------------------|--------------------------------------------------------------|
 * | tinyint(1)                            | boolean, unless the link says tinyInt1isBit=false            |
 * | tinyint … bigint, unsigned too        | integer of 8, 16, 32 (mediumint too), 64 bits                |
 * | decimal                               | decimal                                                      |
 * | float, double                         | float                                                        |
 * | bit(1) / bit(n)                       | boolean / bits                                               |
 * | year                                  | integer of 16 bits                                           |
 * | date / time / datetime                | date / time / timestamp                                      |
 * | timestamp                             | timestamp, zoned: it is an instant, read in UTC              |
 * | char, varchar, enum, set, the texts   | text; longtext unbounded                                     |
 * | binary, varbinary, the blobs          | binary; longblob unbounded                                   |
 * | json, MariaDB's checked longtext      | json                                                         |
 * | uuid (MariaDB)                        | uuid                                                         |
 * | geometries, inet4, inet6, all others  | other: their text                                            |
 */
export function neutralOf(column: NativeColumn, tinyIntIsBoolean: boolean): NeutralType {
  const { dataType, columnType } = column;
  const isUnsigned = /\bunsigned\b/i.test(columnType);
  if (column.isCheckedJson) return { kind: 'json' };
  if (tinyIntIsBoolean && /^tinyint\(1\)$/i.test(columnType)) return { kind: 'boolean' };
  const bits = integerBits[dataType];
  if (bits !== undefined) return { kind: 'integer', bits, unsigned: isUnsigned };
  if (boundedText.has(dataType)) {
    return { kind: 'text', length: column.characterLengthMax, fixed: dataType === 'char' };
  }
  switch (dataType) {
    case 'decimal':
    case 'numeric':
      return { kind: 'decimal', precision: column.precision, scale: column.scale };
    case 'float':
      return { kind: 'float', bits: 32 };
    case 'double':
    case 'real':
      return { kind: 'float', bits: 64 };
    case 'bit':
      return column.precision === 1 ? { kind: 'boolean' } : { kind: 'bits', length: column.precision };
    case 'year':
      return { kind: 'integer', bits: 16, unsigned: false };
    case 'date':
      return { kind: 'date' };
    case 'time':
      return { kind: 'time', fraction: column.fraction ?? 0, zoned: false };
    case 'datetime':
      return { kind: 'timestamp', fraction: column.fraction ?? 0, zoned: false };
    case 'timestamp':
      return { kind: 'timestamp', fraction: column.fraction ?? 0, zoned: true };
    case 'longtext':
      return { kind: 'text', length: null, fixed: false };
    case 'binary':
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
      return { kind: 'binary', length: column.characterLengthMax };
    case 'longblob':
      return { kind: 'binary', length: null };
    case 'json':
      return { kind: 'json' };
    case 'uuid':
      return { kind: 'uuid' };
    default:
      return { kind: 'other' };
  }
}

const spatial = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geomcollection',
]);

/** Geometries travel as well-known text; the reference system stays behind. */
export function isSpatial(dataType: string): boolean {
  return spatial.has(dataType);
}

export const DECIMAL_PRECISION_MAX = 65;
export const DECIMAL_SCALE_MAX = 30;
/** What an unbounded decimal becomes: 35 digits before the point, 30 behind it. */
const widestDecimal = `DECIMAL(${DECIMAL_PRECISION_MAX},${DECIMAL_SCALE_MAX})`;
/** Characters of a VARCHAR that fit a row of 65,535 bytes at 4 bytes each. */
export const VARCHAR_LENGTH_MAX = 16_383;
const CHAR_LENGTH_MAX = 255;
/** Bytes of a VARBINARY that leave room for other columns of a row. */
const VARBINARY_LENGTH_MAX = 65_532;
const FRACTION_MAX = 6;

/** A type for a created column. */
export interface DdlType {
  readonly sql: string;
  /** Why a value may not survive as it was; null when all do. For people. */
  readonly loss: string | null;
}

function exact(sql: string): DdlType {
  return { sql, loss: null };
}

/**
 * Spellings that only MySQL and MariaDB use. A column with such a type is created with it, which keeps what the neutral
 * type cannot say (the values of an ENUM, the size class of a text). All other columns go through the neutral type,
 * for `native` alone does not tell which system it comes from.
 */
const unmistakable =
  /^(?:(?:tiny|medium|long)(?:text|blob)|(?:enum|set)\('(?:[^'\\]|'')*'(?:,'(?:[^'\\]|'')*')*\)|year(?:\(4\))?)$/i;

/** The native type again where its spelling can only come from this family; null otherwise. */
export function sameFamilyType(native: string): string | null {
  return unmistakable.test(native) ? native : null;
}

function ddlDecimal(precision: number | null, scale: number | null): DdlType {
  if (precision === null || scale === null) {
    return {
      sql: widestDecimal,
      loss: `has no bound at the source; ${widestDecimal} holds 35 digits before and 30 behind the point`,
    };
  }
  if (scale < 0) {
    const digits = precision - scale;
    return digits <= DECIMAL_PRECISION_MAX
      ? exact(`DECIMAL(${digits},0)`)
      : { sql: `DECIMAL(${DECIMAL_PRECISION_MAX},0)`, loss: 'may hold more digits than DECIMAL can' };
  }
  if (scale <= DECIMAL_SCALE_MAX && precision <= DECIMAL_PRECISION_MAX && scale <= precision) {
    return exact(`DECIMAL(${precision},${scale})`);
  }
  const keptScale = Math.min(scale, DECIMAL_SCALE_MAX);
  const keptPrecision = Math.min(Math.max(precision, scale) - (scale - keptScale), DECIMAL_PRECISION_MAX);
  return {
    sql: `DECIMAL(${Math.max(keptPrecision, keptScale, 1)},${keptScale})`,
    loss: 'may hold more digits than DECIMAL can',
  };
}

/**
 * Neutral to native, for a created table. What does not fit at run time is refused by the server, never cut.
 * @param textFactor text columns are made this many times as long.
 */
export function ddlTypeOf(type: NeutralType, textFactor: number): DdlType {
  switch (type.kind) {
    case 'boolean':
      return exact('TINYINT(1)');
    case 'integer': {
      const name = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INT', 64: 'BIGINT' }[type.bits];
      return exact(type.unsigned ? `${name} UNSIGNED` : name);
    }
    case 'decimal':
      return ddlDecimal(type.precision, type.scale);
    case 'float':
      return {
        sql: type.bits === 32 ? 'FLOAT' : 'DOUBLE',
        loss: null,
      };
    case 'text': {
      if (type.length === null) return exact('LONGTEXT');
      const length = Math.max(1, type.length * textFactor);
      if (length > VARCHAR_LENGTH_MAX) return exact('LONGTEXT');
      // CHAR(n) loses trailing blanks when it is read, but only those that are padding at the source too.
      if (type.fixed && length <= CHAR_LENGTH_MAX) return exact(`CHAR(${length})`);
      return exact(`VARCHAR(${length})`);
    }
    case 'binary':
      return type.length === null || type.length > VARBINARY_LENGTH_MAX
        ? exact('LONGBLOB')
        : exact(`VARBINARY(${Math.max(1, type.length)})`);
    case 'date':
      return exact('DATE');
    case 'time':
      return type.zoned ? exact('VARCHAR(32)') : exact(`TIME(${Math.min(type.fraction, FRACTION_MAX)})`);
    case 'timestamp': {
      const fraction = Math.min(type.fraction, FRACTION_MAX);
      return exact(`DATETIME(${fraction})`);
    }
    case 'uuid':
      return exact('CHAR(36)');
    case 'json':
      return exact('JSON');
    case 'bits':
      return type.length !== null && type.length >= 1 && type.length <= 64
        ? exact(`BIT(${type.length})`)
        : exact('LONGTEXT');
    case 'other':
      return exact('LONGTEXT');
  }
}
