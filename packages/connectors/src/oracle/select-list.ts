import type { Projection } from '@sluice/core/connector/contract';
import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { noSuchColumn } from '../jdbc/column-pairs.ts';
import type { CatalogTable } from './catalog.ts';
import type { DriverRow } from './driver.ts';
import { readLimits } from './limits.ts';
import { findName, quoteName } from './names.ts';
import { type Family, familyOf, fractionOf, type NativeColumn } from './types.ts';

/** The fixed form of a moment in SQL; BC has a minus sign, everything else a blank. */
export const momentFormat = 'SYYYY-MM-DD HH24:MI:SS';

/** The form with digits of a second; 0: none. */
export function momentFormatOf(fraction: number): string {
  return fraction === 0 ? momentFormat : `${momentFormat}.FF${Math.min(fraction, 9)}`;
}

/** Turns a value as the driver gives it, which is not null, into the neutral form. */
type Decoder = (value: Exclude<DriverRow[number], null>) => Value;

/** A column of a SELECT of ours. */
export interface SelectedColumn {
  readonly name: string;
  /** Its SQL: with a fixed form where the driver would bend the value (moments become Dates of milliseconds there). */
  readonly expression: string;
  /** null: the driver's value is the neutral one. */
  readonly decode: Decoder | null;
  /** Most bytes that a value may have, for the size of fetches. */
  readonly bytesMax: number;
}

/** Most bytes of what is no text and no large object. */
const SHORT_VALUE_BYTES = 48;

/** What a projection selects. @throws Cdm.0921 for a type that has no form here, Cdm.0902 for a column that is not there. */
export function selectedColumns(table: CatalogTable, projection: Projection): readonly SelectedColumn[] {
  return projection.columns.map(({ name, cast }) => {
    if (cast !== null) throw new SluiceError('Cdm.0921', { type: cast, column: name });
    return selectedColumn(table, name);
  });
}

export function selectedColumn(table: CatalogTable, name: string): SelectedColumn {
  const { column, native } = requireColumn(table, name);
  const family = familyOf(native);
  const expression = expressionOf(family, quoteName(column.name), native);
  if (expression === null) throw new SluiceError('Cdm.0921', { type: column.native, column: column.name });
  return {
    name: column.name,
    expression,
    decode: decoderFor(family, column.type),
    bytesMax: bytesMaxOf(family, native),
  };
}

/** A column of a table, by its very name or without regard to case. @throws Cdm.0926 when there is none. */
export function requireColumn(table: CatalogTable, name: string) {
  const at = findName(
    table.shape.columns.map((each) => each.name),
    name,
  );
  const column = table.shape.columns[at];
  const native = table.native[at];
  if (column !== undefined && native !== undefined) return { column, native };
  throw noSuchColumn(`${table.shape.schema}.${table.shape.table}`, name);
}

/** null: the type has no form here. */
export function expressionOf(family: Family, quoted: string, native: NativeColumn): string | null {
  switch (family) {
    case 'date':
    case 'timestamp':
      return `TO_CHAR(${quoted}, '${momentFormatOf(fractionOf(native))}')`;
    case 'timestampTz':
    case 'timestampLtz':
      return `TO_CHAR(${quoted} AT TIME ZONE '+00:00', '${momentFormatOf(fractionOf(native))}')`;
    case 'intervalYm':
    case 'intervalDs':
      return `TO_CHAR(${quoted})`;
    case 'rowid':
      return `ROWIDTOCHAR(${quoted})`;
    case 'urowid':
      return `CAST(${quoted} AS VARCHAR2(4000))`;
    case 'xml':
      return `XMLSERIALIZE(CONTENT ${quoted} AS CLOB)`;
    case 'json':
      return `JSON_SERIALIZE(${quoted} RETURNING CLOB)`;
    case 'boolean':
      return `CASE ${quoted} WHEN TRUE THEN 1 WHEN FALSE THEN 0 END`;
    case 'unknown':
      return null;
    default:
      return quoted;
  }
}

function decoderFor(family: Family, type: NeutralType): Decoder | null {
  switch (family) {
    case 'number':
    case 'float':
      if (type.kind === 'integer') return type.bits === 64 ? wholeNumber : (value) => Number(value);
      return (value) => plainNumber(String(value));
    case 'boolean':
      return (value) => Number(value) === 1;
    case 'date':
    case 'timestamp':
      return (value) => moment(String(value), '');
    case 'timestampTz':
    case 'timestampLtz':
      return (value) => moment(String(value), '+00');
    default:
      return null;
  }
}

function wholeNumber(value: unknown): Value {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(String(value));
}

/** The driver prints `.5` and `-.5`. */
export function plainNumber(text: string): string {
  if (text.startsWith('.')) return `0${text}`;
  return text.startsWith('-.') ? `-0${text.slice(1)}` : text;
}

/** `-0044-03-15 …` is the year 44 BC. */
export function moment(text: string, zone: string): string {
  const trimmed = text.trimStart();
  return trimmed.startsWith('-') ? `${trimmed.slice(1)}${zone} BC` : `${trimmed}${zone}`;
}

function bytesMaxOf(family: Family, { bytes, characters }: NativeColumn): number {
  switch (family) {
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
      return Math.max(bytes, characters);
    case 'raw':
      return bytes;
    case 'clob':
    case 'nclob':
    case 'blob':
    case 'long':
    case 'longRaw':
    case 'xml':
    case 'json':
      return readLimits.largeObjectBytes;
    default:
      return SHORT_VALUE_BYTES;
  }
}

/** Rows that one fetch may bring. */
export function fetchRows(columns: readonly SelectedColumn[], batchRowsMax: number | null): number {
  const rowBytes = columns.reduce((sum, { bytesMax }) => sum + bytesMax, 1);
  const byBytes = Math.floor(readLimits.fetchBytes / rowBytes);
  return Math.max(1, Math.min(byBytes, readLimits.fetchRowsMax, batchRowsMax ?? Number.POSITIVE_INFINITY));
}
