import type { Value } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import type { Encoder } from './encode.ts';

/** Turns the bytes of one field, unescaped, into a value. */
type Decoder = (buffer: Buffer, start: number, end: number) => Value;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const SAFE_DIGITS_MAX = 15;

/** Decoders by column, chosen once before the loop. */
export function decodersOf(types: readonly NeutralType[]): readonly Decoder[] {
  return types.map(decoderOf);
}

function decoderOf(type: NeutralType): Decoder {
  switch (type.kind) {
    case 'boolean':
      return (buffer, start) => buffer[start] === 0x74;
    case 'integer':
      return decodeInteger;
    case 'float':
      return (buffer, start, end) => Number(buffer.toString('latin1', start, end));
    case 'binary':
      // `\x` and two hex digits for each byte.
      return (buffer, start, end) => Buffer.from(buffer.toString('latin1', start + 2, end), 'hex');
    case 'text':
    case 'json':
    case 'other':
      return (buffer, start, end) => buffer.toString('utf8', start, end);
    case 'decimal':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'uuid':
    case 'bits':
      return (buffer, start, end) => buffer.toString('latin1', start, end);
  }
}

function decodeInteger(buffer: Buffer, start: number, end: number): Value {
  const isNegative = buffer[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  if (end - first > SAFE_DIGITS_MAX) {
    const exact = BigInt(buffer.toString('latin1', start, end));
    return exact >= Number.MIN_SAFE_INTEGER && exact <= Number.MAX_SAFE_INTEGER ? Number(exact) : exact;
  }
  let value = 0;
  for (let i = first; i < end; i++) value = value * 10 + ((buffer[i] ?? 0) - 0x30);
  return isNegative ? -value : value;
}

/**
 * Reads one line of COPY text, `buffer[start, end)` with its line feed, into one value per column.
 * @throws RangeError when the line has another number of fields than there are columns.
 */
export function decodeRow(
  buffer: Buffer,
  start: number,
  end: number,
  decoders: readonly Decoder[],
): readonly Value[] {
  const row: Value[] = [];
  const stop = end > start && buffer[end - 1] === LINE_FEED ? end - 1 : end;
  // A table may have no columns at all: its rows are empty lines.
  if (decoders.length === 0 && stop === start) return row;
  let fieldStart = start;
  let hasEscape = false;
  for (let at = start; at <= stop; at++) {
    const byte = at < stop ? buffer[at] : TAB;
    if (byte === BACKSLASH) {
      hasEscape = true;
      at += 1;
    } else if (byte === TAB) {
      const decoder = decoders[row.length];
      if (decoder === undefined) throw new RangeError(`a row has more than ${decoders.length} fields`);
      if (!hasEscape) row.push(decoder(buffer, fieldStart, at));
      else if (at - fieldStart === 2 && buffer[fieldStart + 1] === 0x4e) row.push(null);
      else {
        const plain = withoutEscapes(buffer, fieldStart, at);
        row.push(decoder(plain, 0, plain.length));
      }
      fieldStart = at + 1;
      hasEscape = false;
    }
  }
  if (row.length !== decoders.length)
    throw new RangeError(`a row has ${row.length} fields, not ${decoders.length}`);
  return row;
}

/** What COPY TO writes behind a backslash: letters for six control characters, anything else for itself. */
function withoutEscapes(buffer: Buffer, start: number, end: number): Buffer {
  const plain = Buffer.allocUnsafe(end - start);
  let size = 0;
  for (let at = start; at < end; at++) {
    let byte = buffer[at] ?? 0;
    if (byte === BACKSLASH) {
      at += 1;
      byte = escapes.get(buffer[at] ?? 0) ?? buffer[at] ?? 0;
    }
    plain[size] = byte;
    size += 1;
  }
  return plain.subarray(0, size);
}

const escapes: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08], // b
  [0x66, 0x0c], // f
  [0x6e, 0x0a], // n
  [0x72, 0x0d], // r
  [0x74, 0x09], // t
  [0x76, 0x0b], // v
]);

/**
 * Rows as lines of COPY text.
 * @param numberOf gives a number that stands behind the values of each row; absent: none does.
 */
export function encodeRows(
  rows: readonly (readonly Value[])[],
  encoders: readonly Encoder[],
  numberOf?: () => string,
): string {
  let text = '';
  const width = encoders.length;
  for (const row of rows) {
    if (row.length !== width) throw new RangeError(`a row has ${row.length} values, not ${width}`);
    for (let i = 0; i < width; i++) {
      const value = row[i] ?? null;
      const encoder = encoders[i];
      if (i > 0) text += '\t';
      text += value === null || encoder === undefined ? '\\N' : encoder(value);
    }
    text += numberOf === undefined ? '\n' : `\t${numberOf()}\n`;
  }
  return text;
}
