import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';

/** Turns a value as mysql2 gives it (never null) into the neutral form. */
export type Decoder = (value: unknown) => Value;

/**
 * 0000-00-00, and dates with a month or day of zero, which MySQL keeps and no other system has.
 * Positions: YYYY-MM-DD.
 */
function isZeroDate(text: string): boolean {
  return (
    (text.charCodeAt(5) === 48 && text.charCodeAt(6) === 48) ||
    (text.charCodeAt(8) === 48 && text.charCodeAt(9) === 48)
  );
}

function decodeMoment(column: string, suffix: string, zeroDateIsNull: boolean): Decoder {
  return (value) => {
    const text = String(value);
    if (!isZeroDate(text)) return suffix === '' ? text : text + suffix;
    if (zeroDateIsNull) return null;
    throw new SluiceError('Cdm.0233', {
      cause: `column ${column} holds the date ${text}, which does not exist (zeroDateTimeBehavior=convertToNull reads it as null)`,
    });
  };
}

function decodeBits(length: number | null): Decoder {
  return (value) => {
    let bits = '';
    for (const byte of value as Uint8Array) bits += byte.toString(2).padStart(8, '0');
    return length === null ? bits : bits.slice(-length).padStart(length, '0');
  };
}

/** @returns null when mysql2's value is the neutral one already: most columns cost nothing. */
export function decoderFor(
  column: { readonly name: string; readonly type: NeutralType; readonly native: string },
  zeroDateIsNull: boolean,
): Decoder | null {
  const { type } = column;
  switch (type.kind) {
    case 'boolean':
      // BIT(1) comes as one byte, TINYINT(1) as a number, which may be another than 0 and 1: it stays what it is.
      return (value) => {
        if (typeof value !== 'number') return (value as Uint8Array)[0] !== 0;
        return value === 0 || value === 1 ? value === 1 : value;
      };
    case 'integer':
      // mysql2 gives texts beyond 2^53.
      return type.bits === 64
        ? (value) => (typeof value === 'string' ? BigInt(value) : (value as number))
        : null;
    case 'decimal':
      return /\bzerofill\b/i.test(column.native)
        ? (value) => String(value).replace(/^(-?)0+(?=\d)/, '$1')
        : null;
    case 'date':
      return decodeMoment(column.name, '', zeroDateIsNull);
    case 'timestamp':
      return decodeMoment(column.name, type.zoned ? '+00' : '', zeroDateIsNull);
    case 'bits':
      return decodeBits(type.length);
    case 'json':
    case 'text':
    case 'other':
    case 'uuid':
      // A text column in the character set `binary` comes as bytes.
      return (value) =>
        typeof value === 'string' ? value : Buffer.from(value as Uint8Array).toString('utf8');
    default:
      return null;
  }
}

/** Applies the decoders to a row in place. Decoders are kept in two flat lists, so that rows without any cost nothing. */
export class RowDecoder {
  readonly #at: readonly number[];
  readonly #decoders: readonly Decoder[];

  constructor(decoders: readonly (Decoder | null)[]) {
    const used = decoders.map((decoder, at) => ({ decoder, at }));
    this.#at = used.filter((entry) => entry.decoder !== null).map((entry) => entry.at);
    this.#decoders = decoders.filter((decoder) => decoder !== null);
  }

  decode(row: unknown[]): void {
    const at = this.#at;
    const decoders = this.#decoders;
    for (let i = 0; i < at.length; i++) {
      const column = at[i] as number;
      const value = row[column];
      if (value !== null) row[column] = (decoders[i] as Decoder)(value);
    }
  }

  /**
   * As `decode`, for a reader that sets rows aside: goes on behind a value that has no neutral form, and leaves null in its
   * place.
   * @returns the first refusal, and the row with such values as they are; null: all were decoded.
   */
  decodeEach(row: unknown[]): { readonly error: SluiceError; readonly values: readonly Value[] } | null {
    let error: SluiceError | null = null;
    const refused: [at: number, value: Value][] = [];
    for (const [i, column] of this.#at.entries()) {
      const value = row[column];
      if (value === null) continue;
      try {
        row[column] = (this.#decoders[i] as Decoder)(value);
      } catch (thrown) {
        if (!(thrown instanceof SluiceError)) throw thrown;
        error ??= thrown;
        refused.push([column, value instanceof Uint8Array ? value : String(value)]);
        row[column] = null;
      }
    }
    if (error === null) return null;
    const values = [...(row as Value[])];
    for (const [column, value] of refused) values[column] = value;
    return { error, values };
  }
}
