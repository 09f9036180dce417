import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import type { CatalogTable } from './catalog.ts';
import { provenTableCondition } from './condition.ts';
import {
  type BoundKind,
  type Cut,
  fromClause,
  type KeyPart,
  printedBound,
  rangesBetween,
  wholeCut,
} from './cuts.ts';
import { splitLimits } from './limits.ts';
import { quoteName } from './names.ts';
import { chosenPartitions } from './partitions.ts';
import { plainNumber, requireColumn } from './select-list.ts';
import type { Session } from './session.ts';
import { type Family, familyOf } from './types.ts';

/** What cutting a table needs. */
export interface SplitTools {
  readonly session: Session;
  readonly table: CatalogTable;
  readonly options: SqlSourceOptions;
  readonly log: (line: string) => void;
}

/** A part of a table that is cut: all of it, or one partition. */
interface Part {
  readonly partition: Cut['partition'];
  readonly bytes: number | null;
}

/** Families whose values are a line that can be cut. LONG, large objects, intervals and types of users have no least value. */
const boundKinds: Readonly<Partial<Record<Family, BoundKind>>> = {
  number: 'number',
  float: 'number',
  binaryFloat: 'float',
  binaryDouble: 'float',
  date: 'date',
  timestamp: 'timestamp',
  timestampTz: 'instant',
  timestampLtz: 'instant',
  char: 'text',
  varchar: 'text',
  nchar: 'nationalText',
  nvarchar: 'nationalText',
  raw: 'bytes',
};

/**
 * Cuts a table: by its partitions, by the job's column, or by the addresses of its rows. A table without addresses (a view, one that is
 * organised by its index) is cut by the first column of its primary key, or else the first column that works.
 * @throws Cdm.0236 partitions that are not there; Cdm.0902 no such column.
 */
export async function splitTable(tools: SplitTools, sliceCountHint: number): Promise<readonly Cut[]> {
  const { session, options, table } = tools;
  const { schema, table: name } = table.shape;
  if (options.partitions === null)
    return await cutPart(tools, { partition: null, bytes: table.shape.bytesEstimate }, sliceCountHint);
  const chosen = await chosenPartitions(session, schema, name, options.partitions.list);
  const cuts: Cut[] = [];
  for (const { bytes, ...partition } of chosen)
    cuts.push(...(await cutPart(tools, { partition, bytes }, sliceCountHint)));
  // Too many for a plan: each partition as one slice, whatever its size.
  return cuts.length <= splitLimits.slicesMax
    ? cuts
    : chosen.map(({ name: each, isSub }) => ({ ...wholeCut, partition: { name: each, isSub } }));
}

/** How many slices a part of this size is worth; one whose size nobody knows, as many as may run at once. */
function sliceCount(part: Part, sliceCountHint: number, isAskedFor: boolean): number {
  const { sliceBytes, loneSliceBytes, wholeBytes, slicesMax, slicesPerLane, laneSliceBytes } = splitLimits;
  if (part.bytes === null) return sliceCountHint;
  if (part.bytes <= wholeBytes && !isAskedFor) return 1;
  const target = sliceCountHint > 1 ? sliceBytes : loneSliceBytes;
  const byLane =
    sliceCountHint > 1
      ? Math.min(sliceCountHint * slicesPerLane, Math.floor(part.bytes / laneSliceBytes))
      : 1;
  return Math.min(slicesMax, Math.max(Math.ceil(part.bytes / target), sliceCountHint, byLane, 1));
}

async function cutPart(tools: SplitTools, part: Part, sliceCountHint: number): Promise<readonly Cut[]> {
  const { table, options, log } = tools;
  const asked = options.partitions === null ? options.partitionColumn : null;
  const askedColumn = asked === null ? null : requireColumn(table, asked).column;
  // The user said that there is nothing to be read in rows without a value, so it holds for one slice as well.
  const leavesNulls = askedColumn?.isNullable === true && !options.readsNullPartition;
  const whole: Cut = { ...wholeCut, partition: part.partition };
  const single: Cut = leavesNulls
    ? { ...whole, nullness: { column: askedColumn.name, isNull: false } }
    : whole;
  const count = sliceCount(part, sliceCountHint, asked !== null);
  if (count <= 1) return [single];
  const key = keyOf(table, asked);
  if (key === null) {
    log(`no column of ${table.shape.schema}.${table.shape.table} that could be cut: one slice`);
    return [single];
  }
  const bounds = await findBounds(tools, part, key, count);
  if (bounds.length === 0) return [single];
  const cuts: Cut[] = rangesBetween(key, bounds).map((range) => ({ ...whole, range }));
  if (key.kind === 'rowid')
    return leavesNulls ? cuts.map((cut) => ({ ...cut, nullness: single.nullness })) : cuts;
  const { column } = requireColumn(table, key.name);
  const holdsNulls = column.isNullable && !(leavesNulls && column.name === askedColumn?.name);
  if (holdsNulls) cuts.push({ ...whole, nullness: { column: column.name, isNull: true } });
  return cuts;
}

/** What ranges are cut over; null: there is nothing, and the rows are one slice. */
function keyOf(table: CatalogTable, asked: string | null): KeyPart | null {
  if (asked !== null) return partOf(table, asked);
  if (table.hasRowids) return { name: 'ROWID', kind: 'rowid' };
  const [first] = table.shape.primaryKey;
  const byKey = first === undefined ? null : partOf(table, first);
  if (byKey !== null) return byKey;
  for (const { name } of table.shape.columns) {
    const part = partOf(table, name);
    if (part !== null) return part;
  }
  return null;
}

function partOf(table: CatalogTable, name: string): KeyPart | null {
  const { column, native } = requireColumn(table, name);
  const kind = boundKinds[familyOf(native)];
  return kind === undefined ? null : { name: column.name, kind };
}

/**
 * Values between which lie equal shares of the rows: the rows are ranked, or a sample of the blocks of a large table. However rough the
 * sample is, the ranges hold every row once.
 */
async function findBounds(
  tools: SplitTools,
  part: Part,
  key: KeyPart,
  count: number,
): Promise<readonly string[]> {
  const { session, options, table, log } = tools;
  const { schema, table: name } = table.shape;
  const quoted = key.kind === 'rowid' ? 'ROWID' : quoteName(key.name);
  const from = fromClause({ ...wholeCut, partition: part.partition }, schema, name, null);
  const sample = table.hasRowids ? sampleClause(part, key, count) : '';
  const conditions = [
    ...(key.kind === 'rowid' ? [] : [`${quoted} IS NOT NULL`]),
    // Where rows lie is asked of all of them: the condition would make a full scan of it.
    ...(options.where === null || key.kind === 'rowid'
      ? []
      : [await provenTableCondition(session, schema, name, options.where)]),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const value = isText(key) ? `SUBSTR(${quoted}, 1, ${splitLimits.boundChars})` : quoted;
  const rows = await session.rows(
    `SELECT ${printedBound(key, 'MIN(K)')} FROM (SELECT K, NTILE(${count}) OVER (ORDER BY K) G FROM (SELECT ${value} K FROM ${from}${sample}${where})) GROUP BY G ORDER BY G`,
    [],
    'metadata',
    `${schema}.${name}`,
  );
  // The first one is the least of all: its range is open below. Equal ones have no rows between them.
  const texts = rows.slice(1).map(([bound]) => boundText(key, bound));
  const rising = texts.filter(
    (text, at) => text !== null && text !== (at === 0 ? boundText(key, rows[0]?.[0]) : texts[at - 1]),
  );
  if (rising.length === 0) log(`${schema}.${name} has too few values of ${key.name} to be cut: one slice`);
  return rising.filter((text) => text !== null);
}

function isText({ kind }: KeyPart): boolean {
  return kind === 'text' || kind === 'nationalText';
}

function boundText(key: KeyPart, bound: unknown): string | null {
  if (bound === null || bound === undefined) return null;
  const text = String(bound);
  if (key.kind === 'number') return plainNumber(text);
  return key.kind === 'float' ? text.replace('Infinity', 'INF') : text;
}

/** `SAMPLE BLOCK` for tables that are too large to be ranked as a whole; for addresses always, for blocks are what they are of. */
function sampleClause(part: Part, key: KeyPart, count: number): string {
  const { blockBytes, blocksPerSlice, rankedBytes, blindPercent } = splitLimits;
  if (part.bytes === null) return key.kind === 'rowid' ? ` SAMPLE BLOCK (${blindPercent})` : '';
  if (key.kind !== 'rowid' && part.bytes <= rankedBytes) return '';
  const blocks = Math.max(1, part.bytes / blockBytes);
  const percent = Math.max(0.0001, ((blocksPerSlice * count) / blocks) * 100);
  return percent >= 99 ? '' : ` SAMPLE BLOCK (${percent.toFixed(4)})`;
}
