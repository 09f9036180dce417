import type { Value } from './value.ts';

/**
 * A value as JSON, without a loss: `i` a whole number beyond 2^53, `n` a number that JSON has no word for, `b` bytes in
 * Base64. `cut`: the beginning of a value that was too long to be kept, of `size` characters or bytes.
 */
export type PortableValue =
  | null
  | boolean
  | number
  | string
  | { readonly i: string }
  | { readonly n: string }
  | { readonly b: string }
  | { readonly cut: string; readonly size: number; readonly isBytes: boolean };

/** A row in a form that crosses a process border and rests in a store. */
export type PortableRow = readonly PortableValue[];

/** How much of a row is kept, in characters of its text; bytes count as their Base64. */
export interface RowCaps {
  /** One value; what is longer is cut. */
  readonly valueCharsMax: number;
  /** All values of a row together; those that come too late are cut. */
  readonly rowCharsMax: number;
  /** What is kept of a value that is cut. */
  readonly cutCharsMax: number;
}

export function toPortableRow(values: readonly Value[], caps: RowCaps): PortableRow {
  let room = caps.rowCharsMax;
  return values.map((value) => {
    const most = Math.min(caps.valueCharsMax, room);
    const portable = toPortable(value, most, caps.cutCharsMax);
    room -= charsOf(portable);
    return portable;
  });
}

function toPortable(value: Value, charsMax: number, cutCharsMax: number): PortableValue {
  if (typeof value === 'string') {
    if (value.length <= charsMax) return value;
    return { cut: value.slice(0, cutCharsMax).toWellFormed(), size: value.length, isBytes: false };
  }
  if (typeof value === 'bigint') return { i: value.toString() };
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { n: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (value === null || typeof value === 'boolean') return value;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const isWhole = Math.ceil(bytes.length / 3) * 4 <= charsMax;
  if (isWhole) return { b: bytes.toString('base64') };
  const kept = bytes.subarray(0, Math.floor(cutCharsMax / 4) * 3);
  return { cut: kept.toString('base64'), size: bytes.length, isBytes: true };
}

function charsOf(value: PortableValue): number {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return 0;
  if (typeof value === 'string') return value.length;
  if ('cut' in value) return value.cut.length;
  return ('b' in value ? value.b : 'i' in value ? value.i : value.n).length;
}

/** Whether only the beginning of the value was kept. */
export function isCutValue(value: PortableValue): boolean {
  return typeof value === 'object' && value !== null && 'cut' in value;
}

/** The row as it was. @throws RangeError when a value of it was cut. */
export function fromPortableRow(row: PortableRow): Value[] {
  return row.map((value) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('i' in value) return BigInt(value.i);
    if ('n' in value) return value.n === '-0' ? -0 : Number(value.n);
    if ('b' in value) return Buffer.from(value.b, 'base64');
    throw new RangeError('a value that was cut cannot be had back');
  });
}
