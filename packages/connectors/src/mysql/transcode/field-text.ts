import type { WireColumn } from './wire-column.ts';

/** Bytes of a length word behind its first byte, by that byte. */
const LONGER_LENGTH_BYTES: Readonly<Record<number, number>> = { 252: 2, 253: 3, 254: 8 };

/**
 * Reads single values of one row of the binary protocol as texts. Slow and seldom used: for positions, once a batch, and
 * for the messages of errors.
 * @param row the packet's body, without its header.
 * @param wanted column numbers.
 * @returns their texts in the order of `wanted`; null for null.
 */
export function fieldTexts(
  row: Buffer,
  columns: readonly WireColumn[],
  wanted: readonly number[],
): readonly (string | null)[] {
  const found = new Map<number, string | null>();
  const last = Math.max(...wanted);
  let at = 1 + ((columns.length + 9) >> 3);
  for (let i = 0; i <= last; i++) {
    const column = columns[i];
    if (column === undefined) throw new RangeError(`no column ${i}`);
    if (((row[1 + ((i + 2) >> 3)] ?? 0) >> ((i + 2) & 7)) & 1) {
      if (wanted.includes(i)) found.set(i, null);
      continue;
    }
    if (wanted.includes(i)) found.set(i, fieldText(row, at, column));
    at += fieldBytes(row, at, column);
  }
  return wanted.map((i) => found.get(i) ?? null);
}

function fieldBytes(row: Buffer, at: number, { shape }: WireColumn): number {
  switch (shape) {
    case 'i1':
    case 'i2':
    case 'i4':
    case 'i8':
    case 'f4':
    case 'f8':
      return Number(shape.slice(1));
    case 'date':
    case 'datetime':
    case 'time':
      return 1 + row.readUInt8(at);
    default: {
      const { from, to } = sizedField(row, at);
      return to - from + (from - at);
    }
  }
}

function sizedField(row: Buffer, at: number): { readonly from: number; readonly to: number } {
  const first = row.readUInt8(at);
  const more = LONGER_LENGTH_BYTES[first] ?? 0;
  const from = at + 1 + more;
  if (more === 0) return { from, to: from + first };
  const length = more === 8 ? Number(row.readBigUInt64LE(at + 1)) : row.readUIntLE(at + 1, more);
  return { from, to: from + length };
}

/** The value that begins at `row[at]`, as the server would print it; bytes of bit strings in hexadecimal. */
export function fieldText(row: Buffer, at: number, { shape, isUnsigned }: WireColumn): string {
  switch (shape) {
    case 'i1':
      return String(isUnsigned ? row.readUInt8(at) : row.readInt8(at));
    case 'i2':
      return String(isUnsigned ? row.readUInt16LE(at) : row.readInt16LE(at));
    case 'i4':
      return String(isUnsigned ? row.readUInt32LE(at) : row.readInt32LE(at));
    case 'i8':
      return String(isUnsigned ? row.readBigUInt64LE(at) : row.readBigInt64LE(at));
    case 'f4':
      return String(row.readFloatLE(at));
    case 'f8':
      return String(row.readDoubleLE(at));
    case 'date':
      return dateText(row, at);
    case 'datetime':
      return momentText(row, at);
    case 'time':
      return timeText(row, at);
    case 'bits': {
      const { from, to } = sizedField(row, at);
      return `0x${row.toString('hex', from, to)}`;
    }
    case 'decimal':
    case 'string': {
      const { from, to } = sizedField(row, at);
      const text = row.toString('utf8', from, to);
      return shape === 'decimal' ? text.replace(/^(-?)0+(?=\d)/, '$1') : text;
    }
  }
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function dateText(row: Buffer, at: number): string {
  if (row.readUInt8(at) < 4) return '0000-00-00';
  return `${digits(row.readUInt16LE(at + 1), 4)}-${digits(row.readUInt8(at + 3), 2)}-${digits(row.readUInt8(at + 4), 2)}`;
}

function momentText(row: Buffer, at: number): string {
  const length = row.readUInt8(at);
  if (length < 7) return `${dateText(row, at)} 00:00:00`;
  return `${dateText(row, at)} ${clockText(row, at + 5)}${length >= 11 ? microsText(row, at + 8) : ''}`;
}

function clockText(row: Buffer, at: number): string {
  return [0, 1, 2].map((i) => digits(row.readUInt8(at + i), 2)).join(':');
}

function microsText(row: Buffer, at: number): string {
  return `.${digits(row.readUInt32LE(at), 6)}`;
}

function timeText(row: Buffer, at: number): string {
  const length = row.readUInt8(at);
  if (length < 8) return '00:00:00';
  const hours = row.readUInt32LE(at + 2) * 24 + row.readUInt8(at + 6);
  const sign = row.readUInt8(at + 1) === 0 ? '' : '-';
  const rest = clockText(row, at + 6).slice(2);
  return `${sign}${digits(hours, 2)}${rest}${length >= 12 ? microsText(row, at + 9) : ''}`;
}
