import type { Value } from '@sluice/core/data/batch';
import type { Column } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { singleText } from '../jdbc/number-text.ts';
import { quoteName } from './names.ts';
import type { Cell } from './session.ts';
import { type NativeColumn, unreadableReason } from './types.ts';

/** Bytes of a value in a batch that are not its own text or bytes. */
const VALUE_BYTES = 8;

/**
 * What a column is selected as. tedious makes JavaScript's numbers of decimals and of money and its Date of moments, which
 * hold less than the server does: those come as the server's own text.
 * @throws Cdm.0921 for a type that cannot be read.
 */
export function selectExpression(
  { name, native }: Pick<Column, 'name' | 'native'>,
  type: NativeColumn,
): string {
  const column = quoteName(name);
  switch (type.dataType) {
    case 'decimal':
    case 'numeric':
      return `CONVERT(varchar(41), ${column})`;
    case 'money':
    case 'smallmoney':
      // Style 2: four decimals; by itself it would print two.
      return `CONVERT(varchar(24), ${column}, 2)`;
    case 'date':
    case 'time':
    case 'datetime':
    case 'datetime2':
      return `CONVERT(varchar(27), ${column}, 121)`;
    case 'smalldatetime':
      return `CONVERT(varchar(19), ${column}, 120)`;
    case 'datetimeoffset':
      return `CONVERT(varchar(34), SWITCHOFFSET(${column}, '+00:00'), 121)`;
    case 'text':
      return `CAST(${column} AS varchar(max))`;
    case 'ntext':
    case 'xml':
      return `CAST(${column} AS nvarchar(max))`;
    case 'image':
      return `CAST(${column} AS varbinary(max))`;
    case 'timestamp':
      return `CAST(${column} AS binary(8))`;
    case 'hierarchyid':
      return `CAST(${column} AS nvarchar(4000))`;
    case 'geometry':
    case 'geography':
      // With heights and measures, which STAsText leaves out; the reference system stays behind.
      return `${column}.AsTextZM()`;
    default:
      break;
  }
  const reason = unreadableReason(native);
  if (reason !== null) throw new SluiceError('Cdm.0921', { type: `${native} of ${name} (${reason})` });
  return column;
}

/** Turns a value as tedious gives it (never null) into the neutral form. */
type Decoder = (value: Exclude<Cell, null>) => Value;

/** @returns null when the value is the neutral one already. */
function decoderFor({ name, type }: Column, { dataType }: NativeColumn): Decoder | null {
  switch (dataType) {
    case 'bigint':
      // A text: tedious makes one of 64 bits.
      return (value) => {
        const exact = BigInt(String(value));
        return exact >= Number.MIN_SAFE_INTEGER && exact <= Number.MAX_SAFE_INTEGER ? Number(exact) : exact;
      };
    case 'real':
      return (value) => Number(singleText(Number(value)));
    case 'datetimeoffset':
      return (value) => String(value).replace(/ \+00:00$/, '+00');
    default:
      break;
  }
  if (type.kind !== 'text' && type.kind !== 'other') return null;
  // NCHAR and NVARCHAR hold any sequence of 16-bit units; no other system keeps half a character.
  return (value) => {
    if (typeof value === 'string' && !value.isWellFormed())
      throw new SluiceError('Cdm.0233', {
        cause: `column ${name} holds half of a character (an unpaired surrogate): ${value.slice(0, 64).toWellFormed()}`,
      });
    return value;
  };
}

/** Makes rows of what tedious gives, column by column as chosen before the first row. */
export class RowReader {
  readonly #decoders: readonly (Decoder | null)[];

  constructor(columns: readonly { readonly column: Column; readonly native: NativeColumn }[]) {
    this.#decoders = columns.map(({ column, native }) => decoderFor(column, native));
  }

  /** @throws Cdm.0233 for a value without a neutral form. */
  read(cells: readonly { readonly value: Cell }[]): Value[] {
    const row: Value[] = [];
    for (let i = 0; i < cells.length; i++) {
      const value = (cells[i] as { readonly value: Cell }).value;
      const decode = this.#decoders[i] as Decoder | null;
      row.push(value === null || decode === null ? value : decode(value));
    }
    return row;
  }

  /** The row for whoever sets it aside: what has no neutral form is as it came, all else as ever. */
  asGiven(cells: readonly { readonly value: Cell }[]): Value[] {
    return cells.map((cell, at) => {
      const { value } = cell;
      const decode = this.#decoders[at] ?? null;
      if (value === null || decode === null) return value;
      try {
        return decode(value);
      } catch {
        // This is why the row is set aside.
        return typeof value === 'string' ? value.toWellFormed() : value;
      }
    });
  }
}

/** Bytes of a row, about as they came. */
export function rowBytes(row: readonly Value[]): number {
  let bytes = row.length * VALUE_BYTES;
  for (const value of row) {
    if (typeof value === 'string') bytes += value.length;
    else if (value instanceof Uint8Array) bytes += value.length;
  }
  return bytes;
}
