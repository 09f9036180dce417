import type { NeutralType } from '@sluice/core/data/column';
import type { Json } from '@sluice/core/data/json';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { cutRange } from '../jdbc/value-ranges.ts';
import { quoteName, quoteText } from './names.ts';

/** Kinds of columns that can be cut into ranges and whose values survive as text in a slice or a position. */
export type RangeKind = 'integer' | 'decimal' | 'date' | 'timestamp';
/** Kinds of key columns that a read can go on behind. */
export type KeyKind = RangeKind | 'text';

/** `from` <= column < `below`; null is open. Texts, so that no digit is lost in JSON. */
export interface ValueRange {
  readonly column: string;
  readonly kind: RangeKind;
  readonly from: string | null;
  readonly below: string | null;
}

export interface KeyColumn {
  readonly name: string;
  readonly kind: KeyKind;
}

/** What a slice of ours reads. */
export interface Cut {
  /** null: every row. */
  readonly range: ValueRange | null;
  /** Only the rows in which this column is null, or only those in which it is not. */
  readonly nullness: { readonly column: string; readonly isNull: boolean } | null;
  /** The primary key, when the slice is read in its order; else empty. */
  readonly order: readonly KeyColumn[];
}

/** Aim of the cutting for several slices at once: this much data in a slice, by the server's estimate, so that they end together. */
export const SLICE_BYTES_TARGET = 64 * 1024 * 1024;
/** The same for one after the other: each begins with a wait for its first row, and commits come within it anyway. */
export const LONE_SLICE_BYTES_TARGET = 256 * 1024 * 1024;
/** Tables up to this size are one slice. */
export const SPLIT_BYTES_MIN = 8 * 1024 * 1024;
export const SLICES_MAX = 1_000;

/** How many slices a table of this size is worth. */
export function sliceCount(
  bytesEstimate: number | null,
  sliceCountHint: number,
  isAskedFor: boolean,
): number {
  const bytes = bytesEstimate ?? 0;
  if (bytes <= SPLIT_BYTES_MIN && !isAskedFor) return 1;
  const target = sliceCountHint > 1 ? SLICE_BYTES_TARGET : LONE_SLICE_BYTES_TARGET;
  const wanted = Math.max(Math.ceil(bytes / target), sliceCountHint, 1);
  return Math.min(wanted, SLICES_MAX);
}

/** The kind to cut by; null when a column of this type cannot be cut. */
export function rangeKindOf(type: NeutralType): RangeKind | null {
  switch (type.kind) {
    case 'integer':
    case 'decimal':
    case 'date':
    case 'timestamp':
      return type.kind;
    default:
      return null;
  }
}

const MICROS_PER_SECOND = 1_000_000n;
const DAY_MS = 86_400_000;

/** Milliseconds since 1970 of a calendar day; setUTCFullYear because Date.UTC takes the years 0-99 for 1900-1999. */
function dayMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

/** A boundary value as a whole number: itself, its whole part, days, or microseconds. null: not a real value (zero dates). */
export function toOrdinal(kind: RangeKind, text: string): bigint | null {
  switch (kind) {
    case 'integer':
      return /^-?\d+$/.test(text) ? BigInt(text) : null;
    case 'decimal': {
      const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
      if (match === null) return null;
      const whole = BigInt(`${match[1]}${match[2]}`);
      // Floor, so that the whole part of a negative number lies below it.
      return match[1] === '-' && /[1-9]/.test(match[3] ?? '') ? whole - 1n : whole;
    }
    case 'date':
    case 'timestamp': {
      const match = /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/.exec(text);
      if (match === null) return null;
      const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
      if (!year || !month || !day) return null;
      const ms = dayMs(year, month, day);
      if (kind === 'date') return BigInt(ms / DAY_MS);
      const seconds = BigInt(ms / 1000) + BigInt((hour ?? 0) * 3600 + (minute ?? 0) * 60 + (second ?? 0));
      return seconds * MICROS_PER_SECOND + BigInt((match[7] ?? '').padEnd(6, '0'));
    }
  }
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The inverse of `toOrdinal`, as a text that `literal` takes. */
export function fromOrdinal(kind: RangeKind, ordinal: bigint): string {
  switch (kind) {
    case 'integer':
    case 'decimal':
      return ordinal.toString();
    case 'date':
      return isoDay(Number(ordinal) * DAY_MS);
    case 'timestamp': {
      const micros = ((ordinal % MICROS_PER_SECOND) + MICROS_PER_SECOND) % MICROS_PER_SECOND;
      const ms = Number((ordinal - micros) / 1000n);
      const iso = new Date(ms).toISOString();
      return `${iso.slice(0, 10)} ${iso.slice(11, 19)}.${String(micros).padStart(6, '0')}`;
    }
  }
}

/** Ranges whose union is every value; null when the boundary values are unusable. */
export function cutValues(
  column: string,
  kind: RangeKind,
  min: string,
  max: string,
  count: number,
): ValueRange[] | null {
  const low = toOrdinal(kind, min);
  const high = toOrdinal(kind, max);
  if (low === null || high === null || high < low) return null;
  const bounds = cutRange(low, high, count).map((bound) => fromOrdinal(kind, bound));
  return [...bounds, null].map((below, at) => ({ column, kind, from: bounds[at - 1] ?? null, below }));
}

/** A value of a slice or position as a literal; whatever is not of its kind's form is refused, for it comes from outside. */
export function literal(kind: KeyKind, text: string): string {
  switch (kind) {
    case 'integer':
      if (/^-?\d{1,20}$/.test(text)) return text;
      break;
    case 'decimal':
      if (/^-?\d{1,65}(?:\.\d{1,38})?$/.test(text)) return text;
      break;
    case 'date':
    case 'timestamp':
      if (/^\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,6})?)?$/.test(text)) return `'${text}'`;
      break;
    case 'text':
      return quoteText(text);
  }
  throw new SluiceError('Cdm.0233', { cause: `the stored ${kind} value of a slice cannot be read` });
}

/** The conditions of a cut. */
export function cutConditions(cut: Cut): string[] {
  const conditions: string[] = [];
  if (cut.range !== null) {
    const { column, kind, from, below } = cut.range;
    if (from !== null) conditions.push(`${quoteName(column)} >= ${literal(kind, from)}`);
    if (below !== null) conditions.push(`${quoteName(column)} < ${literal(kind, below)}`);
  }
  if (cut.nullness !== null) {
    conditions.push(`${quoteName(cut.nullness.column)} IS ${cut.nullness.isNull ? 'NULL' : 'NOT NULL'}`);
  }
  return conditions;
}

/**
 * Rows behind a position: (a, b) > (x, y), spelled out, for the servers use no index for the short form. The first
 * condition is redundant and gives the index its start.
 */
export function behind(order: readonly KeyColumn[], after: readonly string[]): string {
  const terms = order.map((key, at) => {
    const equal = order
      .slice(0, at)
      .map((k, i) => `${quoteName(k.name)} = ${literal(k.kind, after[i] ?? '')}`);
    return `(${[...equal, `${quoteName(key.name)} > ${literal(key.kind, after[at] ?? '')}`].join(' AND ')})`;
  });
  const first = order[0];
  if (first === undefined) throw new RangeError('a position without a key');
  if (terms.length === 1) return terms.join('');
  return `${quoteName(first.name)} >= ${literal(first.kind, after[0] ?? '')} AND (${terms.join(' OR ')})`;
}

/** A cut as JSON and back. The check is for a bug or a slice of another source. */
export function cutToJson(cut: Cut): Json {
  return {
    range: cut.range === null ? null : { ...cut.range },
    nullness: cut.nullness === null ? null : { ...cut.nullness },
    order: cut.order.map((key) => ({ ...key })),
  };
}

/** @throws Cdm.0233 when the JSON is not a cut of ours. */
export function cutFromJson(json: Json): Cut {
  if (
    typeof json === 'object' &&
    json !== null &&
    !Array.isArray(json) &&
    'range' in json &&
    'order' in json
  ) {
    return json as unknown as Cut;
  }
  throw new SluiceError('Cdm.0233', { cause: 'the slice was not cut by this source' });
}
