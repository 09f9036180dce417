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

/** One row of the table of types: a data type, how it looks in a catalog, and what it holds. */
interface TypeRow {
  /** DATA_TYPE, lower case. */
  readonly dataType: string;
  /** Columns of the type as the catalog describes them, for the reference page. */
  readonly examples: readonly (readonly [columnType: string, facts?: Partial<NativeColumn>])[];
  readonly neutral: (column: NativeColumn) => NeutralType;
}

function integerRow(dataType: string, bits: 8 | 16 | 32 | 64): TypeRow {
  return {
    dataType,
    examples: [[dataType], [`${dataType} unsigned`]],
    neutral: ({ columnType }) => ({ kind: 'integer', bits, unsigned: /\bunsigned\b/i.test(columnType) }),
  };
}

function textRow(dataType: string, example: string, length: number): TypeRow {
  return {
    dataType,
    examples: [[example, { characterLengthMax: length }]],
    neutral: (column) => ({ kind: 'text', length: column.characterLengthMax, fixed: dataType === 'char' }),
  };
}

function binaryRow(dataType: string, example: string, length: number): TypeRow {
  return {
    dataType,
    examples: [[example, { characterLengthMax: length }]],
    neutral: (column) => ({ kind: 'binary', length: column.characterLengthMax }),
  };
}

function momentRow(dataType: string, neutral: (fraction: number) => NeutralType): TypeRow {
  return {
    dataType,
    examples: [
      [dataType, { fraction: 0 }],
      [`${dataType}(6)`, { fraction: 6 }],
    ],
    neutral: ({ fraction }) => neutral(fraction ?? 0),
  };
}

function plainRow(dataType: string, type: NeutralType): TypeRow {
  return { dataType, examples: [[dataType]], neutral: () => type };
}

/** Native to neutral: one row for each data type. What is not here travels as its text (`other`). */
export const typeRows: readonly TypeRow[] = [
  integerRow('tinyint', 8),
  integerRow('smallint', 16),
  integerRow('mediumint', 32),
  integerRow('int', 32),
  integerRow('bigint', 64),
  {
    dataType: 'decimal',
    examples: [['decimal(10,2)', { precision: 10, scale: 2 }]],
    neutral: ({ precision, scale }) => ({ kind: 'decimal', precision, scale }),
  },
  plainRow('float', { kind: 'float', bits: 32 }),
  plainRow('double', { kind: 'float', bits: 64 }),
  {
    dataType: 'bit',
    examples: [
      ['bit(1)', { precision: 1 }],
      ['bit(9)', { precision: 9 }],
    ],
    neutral: ({ precision }) => (precision === 1 ? { kind: 'boolean' } : { kind: 'bits', length: precision }),
  },
  plainRow('year', { kind: 'integer', bits: 16, unsigned: false }),
  plainRow('date', { kind: 'date' }),
  momentRow('time', (fraction) => ({ kind: 'time', fraction, zoned: false })),
  momentRow('datetime', (fraction) => ({ kind: 'timestamp', fraction, zoned: false })),
  // An instant, read in UTC.
  momentRow('timestamp', (fraction) => ({ kind: 'timestamp', fraction, zoned: true })),
  textRow('char', 'char(20)', 20),
  textRow('varchar', 'varchar(20)', 20),
  textRow('tinytext', 'tinytext', 255),
  textRow('text', 'text', 65_535),
  textRow('mediumtext', 'mediumtext', 16_777_215),
  plainRow('longtext', { kind: 'text', length: null, fixed: false }),
  textRow('enum', "enum('a','bb')", 2),
  textRow('set', "set('a','bb')", 4),
  binaryRow('binary', 'binary(16)', 16),
  binaryRow('varbinary', 'varbinary(20)', 20),
  binaryRow('tinyblob', 'tinyblob', 255),
  binaryRow('blob', 'blob', 65_535),
  binaryRow('mediumblob', 'mediumblob', 16_777_215),
  plainRow('longblob', { kind: 'binary', length: null }),
  plainRow('json', { kind: 'json' }),
  plainRow('uuid', { kind: 'uuid' }),
];
const rowOf = new Map(typeRows.map((row) => [row.dataType, row]));

/**
 * Native to neutral, by `typeRows`; two kinds of columns mean more than their data type says: MariaDB's JSON, which is a
 * checked LONGTEXT, and TINYINT(1), which is a boolean unless the link says tinyInt1isBit=false.
 */
export function neutralOf(column: NativeColumn, tinyIntIsBoolean: boolean): NeutralType {
  if (column.isCheckedJson) return { kind: 'json' };
  if (tinyIntIsBoolean && /^tinyint\(1\)$/i.test(column.columnType)) return { kind: 'boolean' };
  return rowOf.get(column.dataType)?.neutral(column) ?? { kind: 'other' };
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
const BIT_LENGTH_MAX = 64;

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

function ddlDecimal(precision: number | null, scale: number | null): string {
  if (precision === null || scale === null) return widestDecimal;
  if (scale < 0) return `DECIMAL(${Math.min(precision - scale, DECIMAL_PRECISION_MAX)},0)`;
  if (scale <= DECIMAL_SCALE_MAX && precision <= DECIMAL_PRECISION_MAX && scale <= precision)
    return `DECIMAL(${precision},${scale})`;
  const keptScale = Math.min(scale, DECIMAL_SCALE_MAX);
  const keptPrecision = Math.min(Math.max(precision, scale) - (scale - keptScale), DECIMAL_PRECISION_MAX);
  return `DECIMAL(${Math.max(keptPrecision, keptScale, 1)},${keptScale})`;
}

type TypeOf<K extends NeutralType['kind']> = Extract<NeutralType, { readonly kind: K }>;

/** Neutral to native, for a created column: one row for each kind. */
const createdTypes: { readonly [K in NeutralType['kind']]: (type: TypeOf<K>, textFactor: number) => string } =
  {
    boolean: () => 'TINYINT(1)',
    integer: ({ bits, unsigned }) =>
      `${{ 8: 'TINYINT', 16: 'SMALLINT', 32: 'INT', 64: 'BIGINT' }[bits]}${unsigned ? ' UNSIGNED' : ''}`,
    decimal: ({ precision, scale }) => ddlDecimal(precision, scale),
    float: ({ bits }) => (bits === 32 ? 'FLOAT' : 'DOUBLE'),
    text: ({ length, fixed }, textFactor) => {
      const wide = length === null ? Number.POSITIVE_INFINITY : Math.max(1, length * textFactor);
      if (wide > VARCHAR_LENGTH_MAX) return 'LONGTEXT';
      // CHAR(n) loses trailing blanks when it is read, but only those that are padding at the source too.
      return fixed && wide <= CHAR_LENGTH_MAX ? `CHAR(${wide})` : `VARCHAR(${wide})`;
    },
    binary: ({ length }) =>
      length === null || length > VARBINARY_LENGTH_MAX ? 'LONGBLOB' : `VARBINARY(${Math.max(1, length)})`,
    date: () => 'DATE',
    time: ({ fraction, zoned }) => (zoned ? 'VARCHAR(32)' : `TIME(${Math.min(fraction, FRACTION_MAX)})`),
    timestamp: ({ fraction }) => `DATETIME(${Math.min(fraction, FRACTION_MAX)})`,
    uuid: () => 'CHAR(36)',
    json: () => 'JSON',
    bits: ({ length }) =>
      length !== null && length >= 1 && length <= BIT_LENGTH_MAX ? `BIT(${length})` : 'LONGTEXT',
    other: () => 'LONGTEXT',
  };

/**
 * Neutral to native, for a created table. What does not fit at run time is refused, never cut.
 * @param textFactor text columns are made this many times as long.
 */
export function ddlTypeOf(type: NeutralType, textFactor: number): string {
  const made = createdTypes[type.kind] as (type: NeutralType, textFactor: number) => string;
  return made(type, textFactor);
}
