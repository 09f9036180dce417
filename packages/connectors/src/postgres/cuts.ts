import type { Json } from '@sluice/core/data/json';
import { quoteName, quoteTable, quoteText } from './quote.ts';
import type { TableName } from './relation.ts';

/** One column of the key that ranges are cut over. */
export interface KeyPart {
  readonly name: string;
  /** The type that literals of the column are cast to: its own, without modifiers. */
  readonly castType: string;
}

/**
 * What part of a table a slice is. Plain JSON, read back in another process:
 * - `whole`: every row of one relation.
 * - `blocks`: the rows in the blocks `from` <= block < `to`; `to` null: to the end, wherever that is by then.
 * - `range`: the rows with `from` <= key < `to`, compared column by column as the database compares them; null: open. A
 *   bound may name fewer columns than the key has, and then compares these.
 * - `nulls`: the rows without a value in the column.
 * `present`: of these only the rows with a value in this column.
 */
export type Cut =
  | { readonly kind: 'whole'; readonly table: TableName; readonly isLeaf: boolean; readonly present?: string }
  | {
      readonly kind: 'blocks';
      readonly table: TableName;
      readonly isLeaf: boolean;
      readonly from: number;
      readonly to: number | null;
      readonly present?: string;
    }
  | {
      readonly kind: 'range';
      readonly table: TableName;
      readonly key: readonly KeyPart[];
      readonly from: readonly string[] | null;
      readonly to: readonly string[] | null;
    }
  | { readonly kind: 'nulls'; readonly table: TableName; readonly column: string };

const kinds: ReadonlySet<unknown> = new Set(['whole', 'blocks', 'range', 'nulls']);

/** Reads a stored cut. @throws Error when it is none: only a bug or another connector's cut gets here. */
export function cutFromJson(json: Json): Cut {
  const kind = typeof json === 'object' && json !== null && 'kind' in json ? json.kind : null;
  if (!kinds.has(kind)) throw new Error('a slice without a cut of PostgreSQL');
  return json as unknown as Cut;
}

/** `FROM …` of the statement that reads a cut. A partition is read by itself, a table with those that inherit from it. */
export function fromClause(cut: Cut): string {
  const only = 'isLeaf' in cut && cut.isLeaf ? 'ONLY ' : '';
  return `FROM ${only}${quoteTable(cut.table)}`;
}

/** The condition that picks the cut's rows; null for all. */
export function cutCondition(cut: Cut): string | null {
  const parts: string[] = [];
  if ('present' in cut && cut.present !== undefined) parts.push(`${quoteName(cut.present)} IS NOT NULL`);
  switch (cut.kind) {
    case 'whole':
      break;
    case 'blocks':
      parts.push(`ctid >= '(${cut.from},0)'::tid`);
      if (cut.to !== null) parts.push(`ctid < '(${cut.to},0)'::tid`);
      break;
    case 'range':
      if (cut.from !== null) parts.push(boundCondition(cut.key, '>=', cut.from));
      if (cut.to !== null) parts.push(boundCondition(cut.key, '<', cut.to));
      break;
    case 'nulls':
      parts.push(`${quoteName(cut.column)} IS NULL`);
      break;
  }
  return parts.length === 0 ? null : parts.join(' AND ');
}

/**
 * The key against a bound. The bound is a literal that takes the collation of the column, so both sides of every bound
 * are complements of each other, whatever the collation holds equal. Of several columns it is a row comparison, which
 * indexes serve.
 */
function boundCondition(key: readonly KeyPart[], operator: '>=' | '<', bound: readonly string[]): string {
  const columns = key.slice(0, bound.length).map(({ name }) => quoteName(name));
  const literals = bound.map((text, i) => `${quoteText(text)}::${key[i]?.castType}`);
  if (columns.length === 1) return `${columns[0]} ${operator} ${literals[0]}`;
  return `(${columns.join(', ')}) ${operator} (${literals.join(', ')})`;
}

/** Characters of one value in a label. */
const LABEL_VALUE_CHARS_MAX = 40;

/** The cut for people. */
export function cutLabel(cut: Cut): string {
  const name = `${cut.table.schema}.${cut.table.table}`;
  const present = 'present' in cut && cut.present !== undefined ? `, ${cut.present} is not null` : '';
  switch (cut.kind) {
    case 'whole':
      return `${name}${present}`;
    case 'blocks':
      return `${name}, blocks from ${cut.from} ${cut.to === null ? 'on' : `to ${cut.to - 1}`}${present}`;
    case 'range': {
      const width = Math.max(cut.from?.length ?? 0, cut.to?.length ?? 0);
      const key = inBrackets(cut.key.slice(0, width).map((part) => part.name));
      if (cut.from === null) return `${name}, ${key} below ${inBrackets(cut.to ?? [])}`;
      const to = cut.to === null ? ' on' : ` to below ${inBrackets(cut.to)}`;
      return `${name}, ${key} from ${inBrackets(cut.from)}${to}`;
    }
    case 'nulls':
      return `${name}, ${cut.column} is null`;
  }
}

function inBrackets(texts: readonly string[]): string {
  const short = texts.map((text) =>
    text.length > LABEL_VALUE_CHARS_MAX ? `${text.slice(0, LABEL_VALUE_CHARS_MAX)}…` : text,
  );
  return short.length === 1 ? `${short[0]}` : `(${short.join(', ')})`;
}

/** Bytes that one slice of a table holds, about: large enough that what surrounds its stream does not count. */
export const SLICE_BYTES = 128 * 1024 * 1024;
/** Below this a table is not cut for the sake of parallel work. */
export const SMALL_TABLE_BYTES = 8 * 1024 * 1024;
/** Slices of one job at most. */
export const SLICES_MAX = 1_000;
/** Slices for each lane, so that the lanes end together: the last one works alone for a small part of the time only. */
const SLICES_PER_LANE = 4;
/** For the sake of that no slice is made smaller than this, in bytes. */
const LANE_SLICE_BYTES_MIN = 32 * 1024 * 1024;

/**
 * How many slices a relation of this size is cut into.
 * @param sliceCountHint how many may run at once.
 * @param limit slices that are still free in the job.
 */
export function sliceCount(bytes: number, sliceCountHint: number, limit: number): number {
  const bySize = Math.ceil(bytes / SLICE_BYTES);
  const byLane =
    sliceCountHint > 1
      ? Math.min(sliceCountHint * SLICES_PER_LANE, Math.floor(bytes / LANE_SLICE_BYTES_MIN))
      : 1;
  const wanted = bytes > SMALL_TABLE_BYTES ? Math.max(bySize, sliceCountHint, byLane) : 1;
  return Math.max(1, Math.min(wanted, limit));
}

/** Cuts a heap into ranges of blocks of equal size; the last one is open, for the table may grow while it is read. */
export function cutBlocks(
  table: TableName,
  isLeaf: boolean,
  blocks: number,
  count: number,
  present: { readonly present?: string } = {},
): readonly Cut[] {
  const parts = Math.max(1, Math.min(count, blocks));
  if (parts === 1) return [{ kind: 'whole', table, isLeaf, ...present }];
  return Array.from({ length: parts }, (_, i) => ({
    kind: 'blocks' as const,
    table,
    isLeaf,
    from: Math.floor((blocks * i) / parts),
    to: i === parts - 1 ? null : Math.floor((blocks * (i + 1)) / parts),
    ...present,
  }));
}

/** The ranges between rising bounds, the first and the last one open to their outer side. */
export function cutRanges(
  table: TableName,
  key: readonly KeyPart[],
  bounds: readonly (readonly string[])[],
): readonly Cut[] {
  return [...bounds, null].map((to, i) => ({ kind: 'range', table, key, from: bounds[i - 1] ?? null, to }));
}
