import type { Column, NeutralType } from '@sluice/core/data/column';

/** What `sys.columns` and `sys.types` say of a column's type. */
export interface NativeColumn {
  /** Name of the system's own type, lower case: an alias type counts as what it stands for. */
  readonly dataType: string;
  /** In bytes; -1: `max`. */
  readonly maxLength: number;
  readonly precision: number;
  readonly scale: number;
}

/** One row of the table of types. */
interface TypeRow {
  readonly dataType: string;
  /** As the catalogue describes them, for the reference page. */
  readonly examples: readonly NativeColumn[];
  readonly neutral: (column: NativeColumn) => NeutralType;
}

const nothing = { maxLength: 0, precision: 0, scale: 0 };

function plainRow(dataType: string, type: NeutralType): TypeRow {
  return { dataType, examples: [{ ...nothing, dataType }], neutral: () => type };
}

function integerRow(dataType: string, bits: 8 | 16 | 32 | 64, unsigned: boolean): TypeRow {
  return plainRow(dataType, { kind: 'integer', bits, unsigned });
}

/** Of texts whose characters take so many bytes in the catalogue's length; with UTF-8 collations it is the length in bytes. */
function textRow(dataType: string, bytesPerCharacter: 1 | 2, fixed: boolean): TypeRow {
  const lengths = fixed ? [20] : [20, -1];
  return {
    dataType,
    examples: lengths.map((length) => ({
      ...nothing,
      dataType,
      maxLength: length < 0 ? -1 : length * bytesPerCharacter,
    })),
    neutral: ({ maxLength }) => ({
      kind: 'text',
      length: maxLength < 0 ? null : maxLength / bytesPerCharacter,
      fixed,
    }),
  };
}

function binaryRow(dataType: string, lengths: readonly number[]): TypeRow {
  return {
    dataType,
    examples: lengths.map((maxLength) => ({ ...nothing, dataType, maxLength })),
    neutral: ({ maxLength }) => ({ kind: 'binary', length: maxLength < 0 ? null : maxLength }),
  };
}

function decimalRow(dataType: string): TypeRow {
  return {
    dataType,
    examples: [{ ...nothing, dataType, precision: 10, scale: 2 }],
    neutral: ({ precision, scale }) => ({ kind: 'decimal', precision, scale }),
  };
}

function momentRow(dataType: string, neutral: (fraction: number) => NeutralType): TypeRow {
  return {
    dataType,
    examples: [7, 3].map((scale) => ({ ...nothing, dataType, scale })),
    neutral: ({ scale }) => neutral(scale),
  };
}

const ROWVERSION_BYTES = 8;
/** What the catalogue calls `timestamp`, which means something else in every other database. */
const ROWVERSION = 'rowversion';
const longText: NeutralType = { kind: 'text', length: null, fixed: false };

/** Native to neutral: one row for each data type. */
export const typeRows: readonly TypeRow[] = [
  plainRow('bit', { kind: 'boolean' }),
  // 0 to 255.
  integerRow('tinyint', 8, true),
  integerRow('smallint', 16, false),
  integerRow('int', 32, false),
  integerRow('bigint', 64, false),
  decimalRow('decimal'),
  decimalRow('numeric'),
  plainRow('money', { kind: 'decimal', precision: 19, scale: 4 }),
  plainRow('smallmoney', { kind: 'decimal', precision: 10, scale: 4 }),
  plainRow('real', { kind: 'float', bits: 32 }),
  plainRow('float', { kind: 'float', bits: 64 }),
  plainRow('date', { kind: 'date' }),
  momentRow('time', (fraction) => ({ kind: 'time', fraction, zoned: false })),
  momentRow('datetime2', (fraction) => ({ kind: 'timestamp', fraction, zoned: false })),
  momentRow('datetimeoffset', (fraction) => ({ kind: 'timestamp', fraction, zoned: true })),
  plainRow('datetime', { kind: 'timestamp', fraction: 3, zoned: false }),
  plainRow('smalldatetime', { kind: 'timestamp', fraction: 0, zoned: false }),
  textRow('char', 1, true),
  textRow('varchar', 1, false),
  textRow('nchar', 2, true),
  textRow('nvarchar', 2, false),
  plainRow('text', longText),
  plainRow('ntext', longText),
  binaryRow('binary', [16]),
  binaryRow('varbinary', [20, -1]),
  plainRow('image', { kind: 'binary', length: null }),
  plainRow('timestamp', { kind: 'binary', length: ROWVERSION_BYTES }),
  plainRow('uniqueidentifier', { kind: 'uuid' }),
  plainRow('xml', { kind: 'other' }),
  plainRow('hierarchyid', { kind: 'other' }),
  plainRow('geometry', { kind: 'other' }),
  plainRow('geography', { kind: 'other' }),
];
const rowOf = new Map(typeRows.map((row) => [row.dataType, row]));

export function neutralOf(column: NativeColumn): NeutralType {
  return rowOf.get(column.dataType)?.neutral(column) ?? { kind: 'other' };
}

/** Types that cannot be read or written here, and why, for people. */
const unreadable: ReadonlyMap<string, string> = new Map([
  ['sql_variant', 'each of its values has a type of its own'],
  ['clr', 'it is a type of a user’s own assembly'],
  ['vector', 'it has no text that keeps it'],
]);

/** Why a column of this type is not moved; null: it is. @param printed as `printedType` has it. */
export function unreadableReason(printed: string): string | null {
  const word = /^\w+/.exec(printed)?.[0] ?? '';
  if (rowOf.has(word) || word === ROWVERSION) return null;
  return unreadable.get(word) ?? 'it is not known here';
}

const withLength: ReadonlySet<string> = new Set(['char', 'varchar', 'binary', 'varbinary']);
const withDoubleLength: ReadonlySet<string> = new Set(['nchar', 'nvarchar']);
const withScale: ReadonlySet<string> = new Set(['time', 'datetime2', 'datetimeoffset']);

/** A type with its modifiers, fit for DDL: `nvarchar(20)`. */
export function printedType({ dataType, maxLength, precision, scale }: NativeColumn): string {
  if (withLength.has(dataType)) return `${dataType}(${maxLength < 0 ? 'max' : maxLength})`;
  if (withDoubleLength.has(dataType)) return `${dataType}(${maxLength < 0 ? 'max' : maxLength / 2})`;
  if (dataType === 'decimal' || dataType === 'numeric') return `${dataType}(${precision},${scale})`;
  if (withScale.has(dataType)) return `${dataType}(${scale})`;
  return dataType === 'timestamp' ? ROWVERSION : dataType;
}

export const DECIMAL_PRECISION_MAX = 38;
export const FRACTION_MAX = 7;
/** Characters of a NVARCHAR, bytes of a VARBINARY that is no `max`. */
const NVARCHAR_LENGTH_MAX = 4_000;
const VARBINARY_LENGTH_MAX = 8_000;
/** Digits ahead of and behind the point that an unbounded decimal gets. */
const WIDEST_SCALE = 18;

function ddlDecimal(precision: number | null, scale: number | null): string {
  if (precision === null) return `DECIMAL(${DECIMAL_PRECISION_MAX},${WIDEST_SCALE})`;
  const digits = scale ?? 0;
  if (digits < 0) return `DECIMAL(${Math.min(precision - digits, DECIMAL_PRECISION_MAX)},0)`;
  const width = Math.max(precision, digits);
  if (width <= DECIMAL_PRECISION_MAX) return `DECIMAL(${width},${digits})`;
  // The whole part is kept first; what is left goes to the fraction.
  const whole = width - digits;
  const kept = Math.max(0, Math.min(digits, DECIMAL_PRECISION_MAX - whole));
  return `DECIMAL(${DECIMAL_PRECISION_MAX},${kept})`;
}

const signedTypes = { 8: 'SMALLINT', 16: 'SMALLINT', 32: 'INT', 64: 'BIGINT' } as const;
const unsignedTypes = { 8: 'TINYINT', 16: 'INT', 32: 'BIGINT', 64: 'DECIMAL(20,0)' } as const;

type TypeOf<K extends NeutralType['kind']> = Extract<NeutralType, { readonly kind: K }>;

function ddlText(length: number | null, fixed: boolean, textFactor: number): string {
  const wide = length === null ? Number.POSITIVE_INFINITY : Math.max(1, length) * textFactor;
  if (wide > NVARCHAR_LENGTH_MAX) return 'NVARCHAR(MAX)';
  return fixed ? `NCHAR(${wide})` : `NVARCHAR(${wide})`;
}

/** Neutral to native, for a created column: one row for each kind. */
const createdTypes: { readonly [K in NeutralType['kind']]: (type: TypeOf<K>, textFactor: number) => string } =
  {
    boolean: () => 'BIT',
    integer: ({ bits, unsigned }) => (unsigned ? unsignedTypes : signedTypes)[bits],
    decimal: ({ precision, scale }) => ddlDecimal(precision, scale),
    float: ({ bits }) => (bits === 32 ? 'REAL' : 'FLOAT'),
    text: ({ length, fixed }, textFactor) => ddlText(length, fixed, textFactor),
    binary: ({ length }) =>
      length === null || length > VARBINARY_LENGTH_MAX
        ? 'VARBINARY(MAX)'
        : `VARBINARY(${Math.max(1, length)})`,
    date: () => 'DATE',
    // A zone has no place in TIME.
    time: ({ fraction, zoned }) => (zoned ? 'NVARCHAR(32)' : `TIME(${Math.min(fraction, FRACTION_MAX)})`),
    timestamp: ({ fraction, zoned }) =>
      `${zoned ? 'DATETIMEOFFSET' : 'DATETIME2'}(${Math.min(fraction, FRACTION_MAX)})`,
    uuid: () => 'UNIQUEIDENTIFIER',
    json: () => 'NVARCHAR(MAX)',
    bits: ({ length }) => ddlText(length, false, 1),
    other: () => 'NVARCHAR(MAX)',
  };

/** Spellings that only SQL Server has, or that mean the same wherever they come from: a column keeps them. */
const ownTypes: ReadonlySet<string> = new Set(['money', 'smallmoney', 'datetime', 'smalldatetime', 'xml']);

/**
 * The type that a source's column is created with. What does not fit at run time is refused, never cut.
 * @param textFactor text columns are made this many times as long.
 */
export function createdTypeOf({ native, type }: Pick<Column, 'native' | 'type'>, textFactor: number): string {
  const isOwn =
    ownTypes.has(native) &&
    JSON.stringify(neutralOf({ ...nothing, dataType: native })) === JSON.stringify(type);
  if (isOwn) return native.toUpperCase();
  const made = createdTypes[type.kind] as (type: NeutralType, textFactor: number) => string;
  return made(type, textFactor);
}

/** A created type as the catalogue would describe it. @param made of `createdTypeOf`. */
export function nativeOfCreated(made: string): NativeColumn {
  const [, word = '', first, second] = /^(\w+)(?:\((\w+)(?:,(\d+))?\))?$/.exec(made.toLowerCase()) ?? [];
  const number = first === undefined ? 0 : first === 'max' ? -1 : Number(first);
  const bytes = withDoubleLength.has(word) && number > 0 ? number * 2 : number;
  const isSized = withLength.has(word) || withDoubleLength.has(word);
  return {
    dataType: word,
    maxLength: isSized ? bytes : 0,
    precision: word === 'decimal' ? number : 0,
    scale: word === 'decimal' ? Number(second ?? 0) : withScale.has(word) ? number : 0,
  };
}
