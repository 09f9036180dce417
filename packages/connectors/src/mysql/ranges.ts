import type { NeutralType } from '@sluice/core/data/column';
import type { Json } from '@sluice/core/data/json';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { quoteName, quoteTable, quoteText } from './names.ts';

/** Kinds of columns whose values are whole numbers, or can be counted as such. */
export type RangeKind = 'integer' | 'decimal' | 'date' | 'timestamp';
/** Kinds of key columns that a read can go on behind. */
export type KeyKind = RangeKind | 'text';
/** Kinds of columns that ranges can be cut over. Text and binary bounds are the bytes of the value, in hexadecimal. */
export type BoundKind = RangeKind | 'year' | 'float' | 'time' | 'uuid' | 'characters' | 'bytes';

export interface KeyColumn {
  readonly name: string;
  readonly kind: KeyKind;
}

/** One column of the key that ranges are cut over. */
export interface KeyPart {
  readonly name: string;
  readonly kind: BoundKind;
  /** Of `characters`: the column's own, so that a bound is compared as the column's values are among themselves. */
  readonly characterSet?: string;
  readonly collation?: string;
}

/**
 * `from` <= key < `below`, column by column; null is open. Texts, so that no digit is lost in JSON. A bound may name fewer
 * columns than the key has, and then compares these.
 */
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
  readonly order: readonly KeyColumn[];
  /** Only rows of these partitions; absent: of the table. */
  readonly partitions?: readonly string[];
}

/** Aim of the cutting for several slices at once: this much data in a slice, by the server's estimate, so that they end together. */
export const SLICE_BYTES_TARGET = 64 * 1024 * 1024;
/** The same for one after the other: each begins with a wait for its first row, and commits come within it anyway. */
export const LONE_SLICE_BYTES_TARGET = 256 * 1024 * 1024;
/** Tables up to this size are one slice. */
export const SPLIT_BYTES_MIN = 8 * 1024 * 1024;
export const SLICES_MAX = 1_000;
/** Slices for each lane, so that the lanes end together: the last one works alone for a small part of the time only. */
const SLICES_PER_LANE = 4;
/** For the sake of that no slice is made smaller than this, in bytes. */
const LANE_SLICE_BYTES_MIN = 32 * 1024 * 1024;

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
  const wanted = Math.max(Math.ceil(bytes / target), sliceCountHint, byLane, 1);
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

/** The ranges between rising bounds, the first and the last one open to their outer side. */
export function rangesBetween(
  key: readonly KeyPart[],
  bounds: readonly (readonly string[])[],
): readonly KeyRange[] {
  return [...bounds, null].map((below, at) => ({ key, from: bounds[at - 1] ?? null, below }));
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

const nameForm = /^[a-z0-9_]{1,64}$/i;

/**
 * A bound as a literal that is compared with the column by the column's own rules: of text, by its character set and
 * collation. Whatever is not of its kind's form is refused.
 */
export function boundLiteral(part: KeyPart, text: string): string {
  switch (part.kind) {
    case 'integer':
    case 'decimal':
      return literal(part.kind, text);
    case 'date':
    case 'timestamp':
      // The zero date is no literal of its type, and is what the number 0 becomes beside a column of it.
      if (isZeroMoment(text)) return '0';
      return `${part.kind === 'date' ? 'DATE' : 'TIMESTAMP'}${literal(part.kind, text)}`;
    case 'year':
      // Numbers of one or two digits would mean years of these centuries.
      if (/^(?:19|2[01])\d\d$/.test(text)) return text;
      break;
    case 'float':
      if (/^-?\d{1,320}(?:\.\d{1,340})?(?:e[+-]?\d{1,3})?$/i.test(text))
        return /e/i.test(text) ? text : `${text}e0`;
      break;
    case 'time':
      if (/^-?\d{2,3}:\d\d:\d\d(?:\.\d{1,6})?$/.test(text)) return `TIME'${text}'`;
      break;
    case 'uuid':
      if (/^[0-9a-f-]{36}$/i.test(text)) return `CAST('${text}' AS UUID)`;
      break;
    case 'bytes':
      if (isHex(text)) return `X'${text}'`;
      break;
    case 'characters': {
      const { characterSet = '', collation = '' } = part;
      if (isHex(text) && nameForm.test(characterSet) && nameForm.test(collation))
        return `_${characterSet} X'${text}' COLLATE ${collation}`;
      break;
    }
  }
  throw new SluiceError('Cdm.0233', { cause: `the stored ${part.kind} value of a slice cannot be read` });
}

function isHex(text: string): boolean {
  return /^(?:[0-9a-f]{2})*$/i.test(text);
}

/** `0000-00-00`, not a date that only has a month or day of zero. */
export function isZeroMoment(text: string): boolean {
  return /^0000-00-00(?: 00:00:00(?:\.0+)?)?$/.test(text);
}

/** Where a key lies of a bound: at or above it, below it, above it. */
export type BoundSide = 'from' | 'below' | 'above';

/**
 * Where the key lies of a bound. Of several columns it is spelled out, for the servers use no index for the short form; the
 * first condition is redundant then and gives the index its start. `from` and `below` are complements of each other
 * whatever the collation holds equal, for all comparisons with a bound are with the same literals.
 */
export function boundCondition(key: readonly KeyPart[], side: BoundSide, bound: readonly string[]): string {
  return comparison(
    key.slice(0, bound.length).map(({ name }) => quoteName(name)),
    side,
    literals(key, bound),
  );
}

/** Whether one bound lies above another, for the server to say. */
export function risingCondition(
  key: readonly KeyPart[],
  lower: readonly string[],
  upper: readonly string[],
): string {
  const width = Math.min(lower.length, upper.length);
  const [left, right] = [literals(key, upper), literals(key, lower)];
  // Of two bounds that agree as far as the shorter one goes, the longer one lies above: it leaves rows between them.
  const side = upper.length > lower.length ? 'from' : 'above';
  return comparison(left.slice(0, width), side, right.slice(0, width));
}

function literals(key: readonly KeyPart[], bound: readonly string[]): string[] {
  return key.slice(0, bound.length).map((part, at) => boundLiteral(part, bound[at] ?? ''));
}

function comparison(left: readonly string[], side: BoundSide, right: readonly string[]): string {
  const strict = side === 'below' ? '<' : '>';
  const terms = left.map((expression, at) => {
    const isLast = at === left.length - 1;
    const equal = left.slice(0, at).map((other, i) => `${other} = ${right[i]}`);
    return [...equal, `${expression} ${isLast && side === 'from' ? '>=' : strict} ${right[at]}`].join(
      ' AND ',
    );
  });
  if (terms.length === 0) throw new RangeError('a bound without a value');
  if (terms.length === 1) return `${terms[0]}`;
  return `${left[0]} ${strict}= ${right[0]} AND ((${terms.join(') OR (')}))`;
}

/** What stands in FROM for a cut. */
export function cutTable(cut: Pick<Cut, 'partitions'>, database: string, table: string): string {
  const quoted = quoteTable(database, table);
  return cut.partitions === undefined
    ? quoted
    : `${quoted} PARTITION (${cut.partitions.map(quoteName).join(', ')})`;
}

/** The conditions of a cut. */
export function cutConditions(cut: Cut): string[] {
  const conditions: string[] = [];
  if (cut.range !== null) {
    const { key, from, below } = cut.range;
    if (from !== null) conditions.push(boundCondition(key, 'from', from));
    if (below !== null) conditions.push(boundCondition(key, 'below', below));
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
  return JSON.parse(JSON.stringify(cut)) as Json;
}

/** @throws Cdm.0233 when the JSON is not a cut of ours. */
export function cutFromJson(json: Json): Cut {
  if (
    typeof json === 'object' &&
    json !== null &&
    !Array.isArray(json) &&
    'range' in json &&
    'order' in json &&
    (json.range === null || (typeof json.range === 'object' && 'key' in json.range))
  ) {
    return json as unknown as Cut;
  }
  throw new SluiceError('Cdm.0233', { cause: 'the slice was not cut by this source' });
}

/** Characters of one value in a label. */
const LABEL_VALUE_CHARS_MAX = 40;

/** The cut for people. */
export function cutLabel({ range, nullness, partitions }: Cut): string {
  const parts: string[] = [];
  if (partitions !== undefined)
    parts.push(`${partitions.length === 1 ? 'partition' : 'partitions'} ${partitions.join(', ')}`);
  if (range !== null) {
    const { key, from, below } = range;
    const width = Math.max(from?.length ?? 0, below?.length ?? 0);
    const columns = inBrackets(key.slice(0, width).map(({ name }) => name));
    const shown = (bound: readonly string[]) =>
      inBrackets(bound.map((text, at) => shownValue(key[at], text)));
    if (from === null) parts.push(`${columns} below ${shown(below ?? [])}`);
    else parts.push(`${columns} from ${shown(from)}${below === null ? '' : ` to below ${shown(below)}`}`);
  }
  if (nullness !== null) parts.push(`${nullness.column} is ${nullness.isNull ? '' : 'not '}null`);
  return parts.length === 0 ? 'all rows' : parts.join(', ');
}

function inBrackets(texts: readonly string[]): string {
  return texts.length === 1 ? `${texts[0]}` : `(${texts.join(', ')})`;
}

/** Bytes of text as text where that is simple; else as they are. */
function shownValue(part: KeyPart | undefined, text: string): string {
  const isUtf8 = part?.kind === 'characters' && /^(?:utf8|ascii)/.test(part.characterSet ?? '');
  const shown = isUtf8 ? Buffer.from(text, 'hex').toString('utf8') : text;
  return shown.length > LABEL_VALUE_CHARS_MAX ? `${shown.slice(0, LABEL_VALUE_CHARS_MAX)}…` : shown;
}
