import type { NeutralType } from '@sluice/core/data/column';

/** What ALL_TAB_COLS says of a column's type. */
export interface NativeColumn {
  /** DATA_TYPE, with the digits that it carries: `TIMESTAMP(6) WITH TIME ZONE`. */
  readonly dataType: string;
  /** Owner of a type that is none of the server's own; null: it is. */
  readonly typeOwner: string | null;
  /** DATA_LENGTH, in bytes. */
  readonly bytes: number;
  readonly precision: number | null;
  readonly scale: number | null;
  /** CHAR_LENGTH, in characters. */
  readonly characters: number;
  /** The length was declared in characters, not in bytes. */
  readonly countsCharacters: boolean;
}

/** Families of types, by what is done with them. */
export type Family =
  | 'number'
  | 'float'
  | 'binaryFloat'
  | 'binaryDouble'
  | 'char'
  | 'varchar'
  | 'nchar'
  | 'nvarchar'
  | 'clob'
  | 'nclob'
  | 'long'
  | 'raw'
  | 'blob'
  | 'longRaw'
  | 'date'
  | 'timestamp'
  | 'timestampTz'
  | 'timestampLtz'
  | 'intervalYm'
  | 'intervalDs'
  | 'rowid'
  | 'urowid'
  | 'xml'
  | 'json'
  | 'boolean'
  | 'unknown';

const plainFamilies: Readonly<Record<string, Family>> = {
  NUMBER: 'number',
  FLOAT: 'float',
  BINARY_FLOAT: 'binaryFloat',
  BINARY_DOUBLE: 'binaryDouble',
  CHAR: 'char',
  VARCHAR2: 'varchar',
  VARCHAR: 'varchar',
  NCHAR: 'nchar',
  NVARCHAR2: 'nvarchar',
  CLOB: 'clob',
  NCLOB: 'nclob',
  LONG: 'long',
  RAW: 'raw',
  BLOB: 'blob',
  'LONG RAW': 'longRaw',
  DATE: 'date',
  ROWID: 'rowid',
  UROWID: 'urowid',
  JSON: 'json',
  BOOLEAN: 'boolean',
};

/** Digits of a second where the catalog says none. */
const FRACTION_DEFAULT = 6;
/** Largest precision of a NUMBER. */
export const NUMBER_DIGITS_MAX = 38;
/** Binary digits of a FLOAT where the catalog says none. */
export const FLOAT_BITS_DEFAULT = 126;

export function familyOf({ dataType, typeOwner }: NativeColumn): Family {
  if (typeOwner !== null) return dataType === 'XMLTYPE' ? 'xml' : 'unknown';
  if (dataType === 'XMLTYPE') return 'xml';
  const plain = plainFamilies[dataType];
  if (plain !== undefined) return plain;
  if (/^TIMESTAMP(?:\(\d\))?$/.test(dataType)) return 'timestamp';
  if (/^TIMESTAMP(?:\(\d\))? WITH TIME ZONE$/.test(dataType)) return 'timestampTz';
  if (/^TIMESTAMP(?:\(\d\))? WITH LOCAL TIME ZONE$/.test(dataType)) return 'timestampLtz';
  if (/^INTERVAL YEAR/.test(dataType)) return 'intervalYm';
  if (/^INTERVAL DAY/.test(dataType)) return 'intervalDs';
  return 'unknown';
}

/** Digits of a second of a moment or an interval; 0 for a DATE. */
export function fractionOf({ dataType, scale }: NativeColumn): number {
  if (dataType === 'DATE') return 0;
  const named = /(?:TIMESTAMP|SECOND)\((\d)\)/.exec(dataType)?.[1];
  return named === undefined ? (scale ?? FRACTION_DEFAULT) : Number(named);
}

/** NUMBER(p,0) by its digits, as the service's own table for data warehouses has it. */
function numberType({ precision, scale }: NativeColumn): NeutralType {
  // INTEGER and NUMBER(*,s): as many digits as there are.
  if (precision === null)
    return { kind: 'decimal', precision: scale === null ? null : NUMBER_DIGITS_MAX, scale };
  if ((scale ?? 0) !== 0) return { kind: 'decimal', precision, scale };
  if (precision <= 4) return { kind: 'integer', bits: 16, unsigned: false };
  if (precision <= 9) return { kind: 'integer', bits: 32, unsigned: false };
  if (precision <= 18) return { kind: 'integer', bits: 64, unsigned: false };
  return { kind: 'decimal', precision, scale: 0 };
}

/** Native to neutral. A DATE has a time of day; a FLOAT is a NUMBER whose digits are counted in binary. */
export function neutralOf(column: NativeColumn): NeutralType {
  const family = familyOf(column);
  switch (family) {
    case 'number':
      return numberType(column);
    case 'float':
      return { kind: 'decimal', precision: null, scale: null };
    case 'binaryFloat':
      return { kind: 'float', bits: 32 };
    case 'binaryDouble':
      return { kind: 'float', bits: 64 };
    case 'char':
    case 'nchar':
      return { kind: 'text', length: column.characters, fixed: true };
    case 'varchar':
    case 'nvarchar':
      return { kind: 'text', length: column.characters, fixed: false };
    case 'clob':
    case 'nclob':
    case 'long':
      return { kind: 'text', length: null, fixed: false };
    case 'raw':
      return { kind: 'binary', length: column.bytes };
    case 'blob':
    case 'longRaw':
      return { kind: 'binary', length: null };
    case 'date':
    case 'timestamp':
      return { kind: 'timestamp', fraction: fractionOf(column), zoned: false };
    case 'timestampTz':
    case 'timestampLtz':
      return { kind: 'timestamp', fraction: fractionOf(column), zoned: true };
    case 'json':
      return { kind: 'json' };
    case 'boolean':
      return { kind: 'boolean' };
    default:
      return { kind: 'other' };
  }
}

/** The type as a definition spells it. */
export function nativeText(column: NativeColumn): string {
  const { dataType, typeOwner, bytes, precision, scale, characters, countsCharacters } = column;
  switch (familyOf(column)) {
    case 'number':
      if (precision === null) return scale === null ? 'NUMBER' : `NUMBER(*,${scale})`;
      return scale === null || scale === 0 ? `NUMBER(${precision})` : `NUMBER(${precision},${scale})`;
    case 'float':
      return `FLOAT(${precision ?? FLOAT_BITS_DEFAULT})`;
    case 'char':
    case 'varchar':
      return `${dataType}(${countsCharacters ? `${characters} CHAR` : `${bytes} BYTE`})`;
    case 'nchar':
    case 'nvarchar':
      return `${dataType}(${characters})`;
    case 'raw':
      return `RAW(${bytes})`;
    default:
      return typeOwner === null ? dataType : `${typeOwner}.${dataType}`;
  }
}
