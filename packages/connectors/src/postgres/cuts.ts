import type { NeutralType } from '@sluice/core/data/column';
import type { Json } from '@sluice/core/data/json';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { TableName } from './catalog.ts';
import { quoteName, quoteTable, quoteText } from './quote.ts';

/**
 * What part of a table a slice is. Plain JSON, read back in another process:
 * - `whole`: every row of one relation.
 * - `blocks`: the rows in the blocks `from` <= block < `to`; `to` null: to the end, wherever that is by then.
 * - `values`: the rows with `from` <= column < `to` as literals of the column's type; null: open.
 * - `nulls`: the rows without a value in the column.
 */
export type Cut =
  | { readonly kind: 'whole'; readonly table: TableName; readonly isLeaf: boolean }
  | {
      readonly kind: 'blocks';
      readonly table: TableName;
      readonly isLeaf: boolean;
      readonly from: number;
      readonly to: number | null;
    }
  | {
      readonly kind: 'values';
      readonly table: TableName;
      readonly column: string;
      readonly from: string | null;
      readonly to: string | null;
      readonly native: string;
    }
  | { readonly kind: 'nulls'; readonly table: TableName; readonly column: string };

/** Reads a stored cut. @throws Error when it is none: only a bug or another connector's cut gets here. */
export function cutFromJson(json: Json): Cut {
  const kind = typeof json === 'object' && json !== null && 'kind' in json ? json.kind : null;
  if (kind !== 'whole' && kind !== 'blocks' && kind !== 'values' && kind !== 'nulls')
    throw new Error('a slice without a cut of PostgreSQL');
  return json as unknown as Cut;
}

/** `FROM …` of the statement that reads a cut. A partition is read by itself, a table with those that inherit from it. */
export function fromClause(cut: Cut): string {
  const only = 'isLeaf' in cut && cut.isLeaf ? 'ONLY ' : '';
  return `FROM ${only}${quoteTable(cut.table)}`;
}

/** The condition that picks the cut's rows; null for all. */
export function cutCondition(cut: Cut): string | null {
  switch (cut.kind) {
    case 'whole':
      return null;
    case 'blocks': {
      const lower = `ctid >= '(${cut.from},0)'::tid`;
      return cut.to === null ? lower : `${lower} AND ctid < '(${cut.to},0)'::tid`;
    }
    case 'values': {
      const column = quoteName(cut.column);
      const parts: string[] = [];
      if (cut.from !== null) parts.push(`${column} >= ${quoteText(cut.from)}::${cut.native}`);
      if (cut.to !== null) parts.push(`${column} < ${quoteText(cut.to)}::${cut.native}`);
      // A range that is open to both sides still leaves the nulls to their own slice.
      return parts.length === 0 ? `${column} IS NOT NULL` : parts.join(' AND ');
    }
    case 'nulls':
      return `${quoteName(cut.column)} IS NULL`;
  }
}

/** The cut for people. */
export function cutLabel(cut: Cut): string {
  const name = `${cut.table.schema}.${cut.table.table}`;
  switch (cut.kind) {
    case 'whole':
      return name;
    case 'blocks':
      return `${name}, blocks from ${cut.from} ${cut.to === null ? 'on' : `to ${cut.to - 1}`}`;
    case 'values':
      if (cut.from === null && cut.to === null) return `${name}, every ${cut.column}`;
      if (cut.from === null) return `${name}, ${cut.column} below ${cut.to}`;
      return `${name}, ${cut.column} from ${cut.from}${cut.to === null ? ' on' : ` to below ${cut.to}`}`;
    case 'nulls':
      return `${name}, ${cut.column} is null`;
  }
}

/** Bytes that one slice of a table holds, about: large enough that what surrounds its stream does not count. */
export const SLICE_BYTES = 128 * 1024 * 1024;
/** Below this a table is not cut for the sake of parallel work. */
export const SMALL_TABLE_BYTES = 8 * 1024 * 1024;
/** Slices of one job at most. */
export const SLICES_MAX = 1_000;

/**
 * How many slices a relation of this size is cut into.
 * @param sliceCountHint how many may run at once.
 * @param limit slices that are still free in the job.
 */
export function sliceCount(bytes: number, sliceCountHint: number, limit: number): number {
  const bySize = Math.ceil(bytes / SLICE_BYTES);
  const wanted = bytes > SMALL_TABLE_BYTES ? Math.max(bySize, sliceCountHint) : 1;
  return Math.max(1, Math.min(wanted, limit));
}

/** Cuts a heap into ranges of blocks of equal size; the last one is open, for the table may grow while it is read. */
export function cutBlocks(table: TableName, isLeaf: boolean, blocks: number, count: number): readonly Cut[] {
  const parts = Math.max(1, Math.min(count, blocks));
  if (parts === 1) return [{ kind: 'whole', table, isLeaf }];
  return Array.from({ length: parts }, (_, i) => ({
    kind: 'blocks' as const,
    table,
    isLeaf,
    from: Math.floor((blocks * i) / parts),
    to: i === parts - 1 ? null : Math.floor((blocks * (i + 1)) / parts),
  }));
}

/** How a partition column becomes whole numbers and back. */
export interface NumberedType {
  /** SQL that turns the column's expression into a whole number or null (infinities, NaN); printed as text. */
  numberOf(column: string): string;
  /** A whole number as a literal of the column's type. */
  literalOf(number: bigint): string;
}

const MICROSECONDS_PER_SECOND = 1_000_000n;

/** @throws Cdm.0925 for a type that has no even ranges. */
export function numberedType(type: NeutralType): NumberedType {
  switch (type.kind) {
    case 'integer':
      return { numberOf: (column) => `${column}::bigint`, literalOf: String };
    case 'decimal':
      return {
        numberOf: (column) =>
          `CASE WHEN ${column}::text NOT IN ('NaN', 'Infinity', '-Infinity') THEN floor(${column}) END`,
        literalOf: String,
      };
    case 'date':
      return {
        numberOf: (column) => `CASE WHEN isfinite(${column}) THEN ${column} - DATE '1970-01-01' END`,
        literalOf: (days) =>
          isoOf(days * 86_400n * MICROSECONDS_PER_SECOND).slice(0, -' 00:00:00.000000'.length),
      };
    case 'timestamp': {
      const suffix = type.zoned ? '+00' : '';
      return {
        numberOf: (column) =>
          `CASE WHEN isfinite(${column}) THEN floor(extract(epoch FROM ${column}) * 1000000)::bigint END`,
        literalOf: (microseconds) => `${isoOf(microseconds)}${suffix}`,
      };
    }
    default:
      throw new SluiceError('Cdm.0925');
  }
}

/** `YYYY-MM-DD HH:MM:SS.ffffff` of microseconds since 1970. @throws Cdm.0925 outside of the years 1 to 9999. */
function isoOf(microseconds: bigint): string {
  const wholeMs = microseconds / 1000n - (microseconds % 1000n < 0n ? 1n : 0n);
  const rest = microseconds - wholeMs * 1000n;
  const date = new Date(Number(wholeMs));
  const year = date.getUTCFullYear();
  if (Number.isNaN(year) || year < 1 || year > 9999) throw new SluiceError('Cdm.0925');
  const iso = date.toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}${String(rest).padStart(3, '0')}`;
}
