import type { CanonicalForm, ComparedColumn, RowHash } from '@sluice/core/connector/comparison';
import type { Column } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { CatalogTable } from './catalog.ts';
import { quoteName, quoteText } from './names.ts';
import { isSpatial } from './types.ts';

/** A column with what its printing depends on. */
export interface PrintedColumn {
  readonly column: Column;
  readonly native: CatalogTable['native'][number];
  /** Dates that do not exist were read as nulls. */
  readonly zeroDateIsNull: boolean;
}

/** Character sets whose bytes are UTF-8 as they are. */
const utf8Sets = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii']);

const SEPARATOR = "'|'";
const NULL_MARK = "'~'";

/** SQL that prints a column in its canonical form (see `CanonicalForm`), null for null; texts come as bytes. */
export function canonicalText(printed: PrintedColumn, form: CanonicalForm): string {
  const { column, native } = printed;
  const name = quoteName(column.name);
  switch (form.kind) {
    case 'number':
      return numberText(printed, name);
    case 'float': {
      // There is no function for the bits, but a point of the plane keeps them: behind the byte order and the type comes x.
      const rounded = form.bits === 32 && native.dataType !== 'float' ? `CAST(${name} AS FLOAT)` : name;
      return `LOWER(HEX(REVERSE(SUBSTR(ST_AsBinary(POINT(${rounded} + 0e0, 0)), 6, 8))))`;
    }
    case 'text':
      return `CAST(${plainText(printed, form.isPadded)} AS BINARY)`;
    case 'json':
      return `CAST(${plainText(printed, false)} AS BINARY)`;
    case 'uuid':
      return `LOWER(${plainText(printed, true)})`;
    case 'bits':
      return `LPAD(BIN(${name} + 0), ${Number(native.precision ?? 1)}, '0')`;
    case 'binary':
      return `LOWER(HEX(${name}))`;
    case 'date':
      return existing(printed, name, `CAST(${name} AS CHAR)`);
    case 'timestamp': {
      const own = column.type.kind === 'date' ? `CAST(${name} AS DATETIME)` : name;
      return existing(printed, name, withoutZeros(`CAST(${own} AS CHAR)`, native.fraction ?? 0));
    }
    case 'time':
      return withoutZeros(`CAST(${name} AS CHAR)`, native.fraction ?? 0);
  }
}

function numberText({ column, native }: PrintedColumn, name: string): string {
  if (column.type.kind === 'boolean') return `CASE WHEN ${name} <> 0 THEN '1' WHEN ${name} = 0 THEN '0' END`;
  // ZEROFILL and YEAR print zeros ahead.
  const isPadded = /zerofill/i.test(native.columnType) || native.dataType === 'year';
  return withoutZeros(`CAST(${isPadded ? `${name} + 0` : name} AS CHAR)`, native.scale ?? 0);
}

/** @param digits behind the point; 0: there is no point, and zeros at the end count. */
function withoutZeros(text: string, digits: number): string {
  return digits === 0 ? text : `TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM ${text}))`;
}

function existing({ zeroDateIsNull }: PrintedColumn, name: string, text: string): string {
  return zeroDateIsNull ? `CASE WHEN MONTH(${name}) <> 0 AND DAY(${name}) <> 0 THEN ${text} END` : text;
}

/** A text in UTF-8. */
function plainText({ column, native }: PrintedColumn, isPadded: boolean): string {
  const name = quoteName(column.name);
  const { characterSet } = native;
  let text: string;
  if (isSpatial(native.dataType)) text = `ST_AsText(${name})`;
  else if (characterSet === null) text = `CAST(${name} AS CHAR)`;
  else text = utf8Sets.has(characterSet) ? name : `CONVERT(${name} USING utf8mb4)`;
  return isPadded ? `TRIM(TRAILING ' ' FROM ${text})` : text;
}

/** The same fit to stand beside others in one text: where a value may hold anything, its length in bytes comes first. */
function framedText(printed: PrintedColumn, form: CanonicalForm, hash: RowHash): string {
  const name = quoteName(printed.column.name);
  if (form.kind === 'binary' && form.isDigest) return `CONCAT(LENGTH(${name}), ':', ${hashOf(name, hash)})`;
  if (form.kind !== 'text' && form.kind !== 'json') return canonicalText(printed, form);
  const isPadded = form.kind === 'text' && form.isPadded;
  const text = plainText(printed, isPadded);
  const isDigest = form.kind === 'json' || form.isDigest;
  return `CONCAT(LENGTH(${text}), ':', ${isDigest ? hashOf(text, hash) : `CAST(${text} AS BINARY)`})`;
}

/** Hexadecimal digits, lower case. */
function hashOf(text: string, hash: RowHash): string {
  return hash === 'md5' ? `MD5(${text})` : `SHA2(${text}, 256)`;
}

/** SQL of the hash of several columns' canonical texts. */
export function canonicalDigest(
  columns: readonly ComparedColumn[],
  columnOf: (name: string) => PrintedColumn,
  hash: RowHash,
): string {
  const framed = columns.map(
    ({ name, form }) => `IFNULL(${framedText(columnOf(name), form, hash)}, ${NULL_MARK})`,
  );
  return hashOf(`CONCAT_WS(${SEPARATOR}, ${framed.join(', ')})`, hash);
}

/** Rows whose column holds this value of a key, given as its canonical text; by the column's index where it has one. */
export function keyEquality({ column }: PrintedColumn, form: CanonicalForm, text: string): string {
  const name = quoteName(column.name);
  switch (form.kind) {
    case 'number':
      if (/^-?\d{1,65}(?:\.\d{1,38})?$/.test(text)) return `${name} = ${text}`;
      break;
    case 'bits':
      if (/^[01]{1,64}$/.test(text)) return `${name} = b'${text}'`;
      break;
    case 'binary':
      if (/^(?:[0-9a-f]{2})*$/.test(text)) return `${name} = X'${text}'`;
      break;
    case 'text': {
      // The column's collation may take more than these bytes for the same.
      const bytes = Buffer.from(text, 'utf8').toString('hex');
      return `${name} = ${quoteText(text)} AND CAST(CONVERT(${name} USING utf8mb4) AS BINARY) = X'${bytes}'`;
    }
    case 'uuid':
    case 'date':
    case 'time':
    case 'timestamp':
      return `${name} = ${quoteText(text)}`;
    case 'float':
    case 'json':
      break;
  }
  throw new SluiceError('Cdm.0233', { cause: `the ${form.kind} value of a key cannot be read` });
}
