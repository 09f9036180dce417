import {
  type ComparedColumn,
  type ComparedSide,
  type ComparedTable,
  type KeyRange,
  type Region,
  rowHashes,
  type SinkComparer,
  type SourceComparer,
} from '@sluice/core/connector/comparison';
import type { TargetPlan } from '@sluice/core/connector/contract';
import type { Column } from '@sluice/core/data/column';
import type { Text } from '@sluice/core/data/text';
import { compareLimits } from '../limits.ts';
import type { ComparedChunk, ComparisonPlan, LeftOutColumn, PlannedComparison } from './comparison-work.ts';
import { formOf, keyFormOf } from './forms.ts';

/** A column as both ends have it. */
interface Pair {
  readonly from: ComparedColumn;
  readonly to: ComparedColumn;
  readonly source: Column;
  readonly destination: Column;
}

/**
 * Decides what of a run's table can be compared and cuts it into chunks. Looks at both ends and changes neither.
 * @param target what the run copied where.
 */
export async function planComparison(
  target: TargetPlan,
  source: SourceComparer,
  destination: SinkComparer,
): Promise<PlannedComparison> {
  if (source.refusal !== null) return { notComparable: source.refusal };
  if (destination.foreignRows === 'kept') return { notComparable: reasons.kept };
  const [from, to] = await Promise.all([source.describe(), destination.describe()]);
  const pairs: Pair[] = [];
  const leftOut: LeftOutColumn[] = [];
  for (const [i, planned] of target.sourceColumns.entries()) {
    const name = target.columnNames[i] ?? planned.name;
    const [a, b] = [columnOf(from, planned.name), columnOf(to, name)];
    if (a === undefined || b === undefined) return { notComparable: reasons.changed(planned.name) };
    const answer = formOf({ column: a, table: from }, { column: b, table: to });
    if ('reason' in answer) leftOut.push({ column: planned.name, reason: answer.reason });
    else {
      const { form } = answer;
      pairs.push({ from: { name: a.name, form }, to: { name: b.name, form }, source: a, destination: b });
    }
  }
  if (pairs.length === 0) return { notComparable: reasons.noColumns };
  const hash = rowHashes.find((each) => from.hashes.includes(each) && to.hashes.includes(each));
  if (hash === undefined) return { notComparable: reasons.noHash };
  const key = keyOf(pairs, from, to);
  const sides = {
    source: { ...sideOf(pairs, key, 'from'), hash },
    destination: { ...sideOf(pairs, key, 'to'), hash },
  };
  const ignoresForeignRows = destination.foreignRows === 'others';
  if (ignoresForeignRows && key === null) return { notComparable: reasons.foreignWithoutKey };
  const chunks = await chunksOf(key, sides.source, source, from, to);
  const plan: ComparisonPlan = {
    ...sides,
    leftOut,
    ignoresForeignRows,
    chunks,
    notes: [...(ignoresForeignRows ? [notes.foreign] : []), ...(key === null ? [notes.noKey] : [])],
  };
  return { plan };
}

/** Exact first, then without regard to case, as systems do. */
function columnOf({ shape }: ComparedTable, name: string): Column | undefined {
  return (
    shape.columns.find((column) => column.name === name) ??
    shape.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
  );
}

/** The source's primary key, else the destination's, if all of it is compared; null: rows cannot be told apart. */
function keyOf(pairs: readonly Pair[], from: ComparedTable, to: ComparedTable): readonly Pair[] | null {
  const found = [
    from.shape.primaryKey.map((name) => pairs.find((pair) => pair.from.name === name)),
    to.shape.primaryKey.map((name) => pairs.find((pair) => pair.to.name === name)),
  ];
  for (const columns of found) {
    const key = columns.filter((pair) => pair !== undefined && keyFormOf(pair.from.form) !== null);
    if (columns.length > 0 && key.length === columns.length) return key.filter((pair) => pair !== undefined);
  }
  return null;
}

function sideOf(pairs: readonly Pair[], key: readonly Pair[] | null, end: 'from' | 'to'): ComparedSide {
  return {
    columns: pairs.map((pair) => pair[end]),
    key: (key ?? []).map((pair) => ({ ...pair[end], form: keyFormOf(pair.from.form) ?? pair.from.form })),
  };
}

const whole: Region = { range: null, prefixes: null };

/** Ranges of a key of whole numbers, as the source has them; else the whole table, which its key's hash divides. */
async function chunksOf(
  key: readonly Pair[] | null,
  side: ComparedSide,
  source: SourceComparer,
  { shape }: ComparedTable,
  to: ComparedTable,
): Promise<readonly ComparedChunk[]> {
  const [first] = key ?? [];
  // A range is worth its price only where an index has it at both ends.
  const hasRanges =
    first !== undefined &&
    isWhole(first.source) &&
    isWhole(first.destination) &&
    shape.primaryKey[0] === first.from.name &&
    to.shape.primaryKey[0] === first.to.name;
  const bounds = hasRanges ? await source.bounds(side, null) : null;
  if (first === undefined || bounds === null) return [{ no: 0, region: whole, label: shape.table }];
  const ranges = keyRanges(BigInt(bounds.min), BigInt(bounds.max), shape.rowsEstimate ?? 0);
  return ranges.map((range, no) => ({
    no,
    region: { range, prefixes: null },
    label: labelOf(first.from.name, range),
  }));
}

function isWhole({ type }: Column): boolean {
  return type.kind === 'integer' || (type.kind === 'decimal' && type.precision !== null && type.scale === 0);
}

/**
 * Ranges that together are every value: those between least and greatest in steps of one width, and what lies outside, where
 * only the destination has rows.
 */
export function keyRanges(min: bigint, max: bigint, rowsEstimate: number): readonly KeyRange[] {
  const { chunkRows, chunksMax } = compareLimits;
  const span = max - min + 1n;
  const wanted = BigInt(Math.max(1, Math.min(chunksMax, Math.ceil(rowsEstimate / chunkRows))));
  const width = (span + wanted - 1n) / wanted;
  const ranges: KeyRange[] = [{ from: null, below: String(min) }];
  for (let from = min; from <= max; from += width) {
    const below = from + width <= max + 1n ? from + width : max + 1n;
    ranges.push({ from: String(from), below: String(below) });
  }
  ranges.push({ from: String(max + 1n), below: null });
  return ranges;
}

function labelOf(column: string, { from, below }: KeyRange): string {
  if (from === null) return `${column} below ${below}`;
  return below === null ? `${column} from ${from}` : `${column} from ${from} to below ${below}`;
}

const reasons = {
  kept: {
    en: 'The job leaves rows that have the key of one of its own: what stands in their place need not be the same.',
    zh: '作业保留目的端主键相同的原有记录，其内容不必与源端一致。',
  },
  noColumns: {
    en: 'No column of the job can be compared.',
    zh: '作业中没有可比较的字段。',
  },
  noHash: {
    en: 'The two systems have no hash in common that both compute.',
    zh: '两端系统没有都能计算的哈希函数。',
  },
  foreignWithoutKey: {
    en: 'The destination may have held other rows before, and without a primary key they cannot be told from those of the job.',
    zh: '目的端原先可能已有其他记录，没有主键则无法与作业写入的记录区分。',
  },
  changed: (column: string): Text => ({
    en: `Column ${column} is not there any more: the definition of a table was changed after the run.`,
    zh: `字段 ${column} 已不存在：表结构在运行之后被修改。`,
  }),
} as const;

const notes = {
  foreign: {
    en: 'The job does not clear its destination: rows that only the destination has count as those of others.',
    zh: '作业不清空目的端：仅目的端存在的记录视为其他来源的数据。',
  },
  noKey: {
    en: 'Neither table has a primary key: only the number of rows and their common hash are compared.',
    zh: '两端的表均无主键：仅比较记录数与整体哈希。',
  },
} as const satisfies Readonly<Record<string, Text>>;
