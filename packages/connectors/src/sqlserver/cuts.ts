import type { Json } from '@sluice/core/data/json';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { type Binder, boundCondition, type KeyPart, keyPartFromJson } from './key-parts.ts';
import {
  LANE_SLICE_BYTES_MIN,
  LONE_SLICE_BYTES_TARGET,
  SLICE_BYTES_TARGET,
  SLICES_MAX,
  SLICES_PER_LANE,
  SPLIT_BYTES_MIN,
} from './limits.ts';
import { quoteName } from './names.ts';

/** `from` <= key < `below`, column by column; null is open. Texts, so that no digit is lost in JSON. */
export interface KeyRange {
  readonly key: readonly KeyPart[];
  readonly from: readonly string[] | null;
  readonly below: readonly string[] | null;
}

/** What a slice of ours reads. */
export interface Cut {
  /** null: every row. */
  readonly range: KeyRange | null;
  /** Only the rows in which this column is null, or only those in which it is not. */
  readonly nullness: { readonly column: string; readonly isNull: boolean } | null;
  /** The primary key, when the slice is read in its order; else empty. */
  readonly order: readonly KeyPart[];
}

/** How many slices a table of this size is worth. */
export function sliceCount(
  bytesEstimate: number | null,
  sliceCountHint: number,
  isAskedFor: boolean,
): number {
  const bytes = bytesEstimate ?? 0;
  if (bytes <= SPLIT_BYTES_MIN && !isAskedFor) return 1;
  const target = sliceCountHint > 1 ? SLICE_BYTES_TARGET : LONE_SLICE_BYTES_TARGET;
  const byLane =
    sliceCountHint > 1
      ? Math.min(sliceCountHint * SLICES_PER_LANE, Math.floor(bytes / LANE_SLICE_BYTES_MIN))
      : 1;
  return Math.min(Math.max(Math.ceil(bytes / target), sliceCountHint, byLane, 1), SLICES_MAX);
}

/** The ranges between rising bounds, the first and the last one open to their outer side. */
export function rangesBetween(
  key: readonly KeyPart[],
  bounds: readonly (readonly string[])[],
): readonly KeyRange[] {
  return [...bounds, null].map((below, at) => ({ key, from: bounds[at - 1] ?? null, below }));
}

/** The rows of a cut, as conditions that all hold. */
export function cutConditions({ range, nullness }: Cut, { bind }: Binder): string[] {
  const conditions: string[] = [];
  if (range !== null) {
    if (range.from !== null) conditions.push(boundCondition(range.key, 'from', range.from, bind));
    if (range.below !== null) conditions.push(boundCondition(range.key, 'below', range.below, bind));
    const [first] = range.key;
    // An open range would take the nulls in, which have a slice of their own.
    if (range.from === null && range.below === null && first !== undefined)
      conditions.push(`${quoteName(first.name)} IS NOT NULL`);
  }
  if (nullness !== null)
    conditions.push(`${quoteName(nullness.column)} IS ${nullness.isNull ? '' : 'NOT '}NULL`);
  return conditions;
}

/** A cut for people: `id from 1 to below 500`. */
export function cutLabel({ range, nullness }: Cut): string {
  const parts: string[] = [];
  if (range !== null) {
    const names = range.key.map(({ name }) => name).join(', ');
    const from = range.from === null ? '' : ` from ${range.from.join(', ')}`;
    const below = range.below === null ? '' : ` below ${range.below.join(', ')}`;
    parts.push(`${names}${from}${below}`);
  }
  if (nullness !== null) parts.push(`${nullness.column} is ${nullness.isNull ? '' : 'not '}null`);
  return parts.length === 0 ? 'all rows' : parts.join(', ');
}

export function cutToJson(cut: Cut): Json {
  return JSON.parse(JSON.stringify(cut)) as Json;
}

/** @throws Cdm.0233 for what is no cut of ours. */
export function cutFromJson(json: Json): Cut {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw unreadable();
  const { range, nullness, order } = json as { readonly [name: string]: Json };
  return {
    range: range === null || range === undefined ? null : rangeFromJson(range),
    nullness: nullness === null || nullness === undefined ? null : nullnessFromJson(nullness),
    order: Array.isArray(order) ? order.map(keyPartFromJson) : [],
  };
}

function rangeFromJson(json: Json): KeyRange {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw unreadable();
  const { key, from, below } = json as { readonly [name: string]: Json };
  if (!Array.isArray(key)) throw unreadable();
  return { key: key.map(keyPartFromJson), from: boundFromJson(from), below: boundFromJson(below) };
}

function boundFromJson(json: Json | undefined): readonly string[] | null {
  if (json === null || json === undefined) return null;
  if (!Array.isArray(json)) throw unreadable();
  return json.map(String);
}

function nullnessFromJson(json: Json): Cut['nullness'] {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw unreadable();
  const { column, isNull } = json as { readonly [name: string]: Json };
  return { column: String(column), isNull: isNull === true };
}

function unreadable(): SluiceError {
  return new SluiceError('Cdm.0233', { cause: 'a stored slice cannot be read' });
}
