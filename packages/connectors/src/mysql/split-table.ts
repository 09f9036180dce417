import { columnNamed } from '@sluice/core/data/column-named';
import { noSuchColumn } from '../jdbc/column-pairs.ts';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import type { CatalogTable } from './catalog.ts';
import { provenCondition } from './condition.ts';
import { diveBounds, ordinalEnds } from './index-dives.ts';
import { leadingIndexes, primaryKeyColumns, type SplitColumn, splitColumnOf } from './key-columns.ts';
import {
  type BoundSearch,
  type Bounds,
  exactBounds,
  hasWindowFunctions,
  risingBounds,
  STEP_ROWS_MAX,
  selectWithin,
  stepBounds,
} from './key-steps.ts';
import { quoteName } from './names.ts';
import { chosenPartitions, type Partition } from './partitions.ts';
import {
  type Cut,
  cutTable,
  type KeyColumn,
  rangesBetween,
  SLICES_MAX,
  SPLIT_BYTES_MIN,
  sliceCount,
} from './ranges.ts';
import type { Session } from './session.ts';

/** Longest time to look for bounds in one statement, in milliseconds: for each slice, and at least. */
const PLANNING_MS_PER_SLICE = 50;
const PLANNING_MS_MIN = 3_000;

/** Kinds whose values are points of a number line, for which the server's estimates can be asked. */
const counted: ReadonlySet<string> = new Set(['integer', 'decimal', 'date', 'timestamp']);

/** What cutting a table needs. */
export interface SplitTools {
  readonly session: Session;
  readonly table: CatalogTable;
  readonly options: SqlSourceOptions;
  /** The primary key, where reading in its order is free. */
  readonly order: readonly KeyColumn[];
  readonly log: (line: string) => void;
}

/** A part of a table that is cut: all of it, or one partition. */
interface Part {
  readonly partitions?: readonly string[];
  readonly bytes: number | null;
  readonly rows: number | null;
}

/**
 * Cuts a table: by its partitions, by the job's column, by its primary key, or by the first column that can be cut.
 * @throws Cdm.0236 partitions that are not there; Cdm.0926 no such column.
 */
export async function splitTable(tools: SplitTools, sliceCountHint: number): Promise<readonly Cut[]> {
  const { session, options, table } = tools;
  if (options.partitions === null) {
    const { bytesEstimate: bytes, rowsEstimate: rows } = table.shape;
    return await cutPart(tools, { bytes, rows }, options.partitionColumn, sliceCountHint);
  }
  const chosen = await chosenPartitions(session, options.schema, options.table, options.partitions.list);
  if (chosen.length > SLICES_MAX) return together(chosen);
  const cuts: Cut[] = [];
  for (const { name, bytes, rows } of chosen) {
    // Partitions are slices; of those that are larger than a slice should be, some.
    const lanes = Math.min(sliceCountHint, sliceCount(bytes, 1, false));
    cuts.push(...(await cutPart(tools, { partitions: [name], bytes, rows }, null, lanes)));
  }
  return cuts.length <= SLICES_MAX ? cuts : together(chosen);
}

/** Several partitions in a slice, where there are more of them than slices may be. */
function together(partitions: readonly Partition[]): readonly Cut[] {
  const each = Math.ceil(partitions.length / SLICES_MAX);
  const cuts: Cut[] = [];
  for (let i = 0; i < partitions.length; i += each) {
    const names = partitions.slice(i, i + each).map(({ name }) => name);
    cuts.push({ range: null, nullness: null, order: [], partitions: names });
  }
  return cuts;
}

async function cutPart(
  tools: SplitTools,
  part: Part,
  named: string | null,
  sliceCountHint: number,
): Promise<readonly Cut[]> {
  const { table, order, options, log } = tools;
  const where = part.partitions === undefined ? {} : { partitions: part.partitions };
  const whole: Cut = { range: null, nullness: null, order, ...where };
  const askedColumn = named === null ? null : requireColumn(table, named);
  const asked = askedColumn?.name ?? null;
  // The user said that there is nothing to be read in rows without a value, so it holds for one slice as well.
  const leavesNulls = askedColumn?.isNullable === true && !options.readsNullPartition;
  const single: Cut = leavesNulls
    ? { ...whole, nullness: { column: askedColumn.name, isNull: false } }
    : whole;
  const count = sliceCount(part.bytes, sliceCountHint, asked !== null);
  if (count === 1) return [single];
  const key = await chooseKey(tools, part, asked);
  if (key === null) {
    log(`no column of ${options.schema}.${options.table} that could be cut: one slice`);
    return [single];
  }
  // Without an index each slice reads all of the table: not more of them than work at once.
  const isScanned = key.index === null && (part.bytes ?? 0) > SPLIT_BYTES_MIN;
  const found = await findBounds(tools, part, key, isScanned ? Math.min(count, sliceCountHint) : count);
  if (found.bounds.length === 0) return [single];
  const parts = found.columns.map((column) => column.part);
  // Reading by the primary key costs nothing only where the ranges are ranges of that key.
  const rangeOrder = order[0]?.name === parts[0]?.name ? order : [];
  const isByAsked = parts[0]?.name === asked;
  // Ranges of another column than the one that the user named hold its nulls too.
  const nullness = leavesNulls && !isByAsked ? single.nullness : null;
  const cuts: Cut[] = rangesBetween(parts, found.bounds).map((range) => ({
    range,
    nullness,
    order: rangeOrder,
    ...where,
  }));
  const first = requireColumn(table, parts[0]?.name ?? '');
  if (first.isNullable && !(leavesNulls && isByAsked)) {
    cuts.push({ range: null, nullness: { column: first.name, isNull: true }, order: [], ...where });
  }
  return cuts;
}

/** Columns to cut over and the index that serves them, if one does. */
interface ChosenKey {
  readonly columns: readonly SplitColumn[];
  readonly index: string | null;
  readonly isNullable: boolean;
}

async function chooseKey(tools: SplitTools, part: Part, asked: string | null): Promise<ChosenKey | null> {
  const { session, table, log } = tools;
  const isSmall = (part.bytes ?? 0) <= SPLIT_BYTES_MIN;
  const indexes = await leadingIndexes(session, table);
  const keyOf = (column: SplitColumn): ChosenKey => ({
    columns: [column],
    index: indexes.get(column.part.name) ?? null,
    isNullable: requireColumn(table, column.part.name).isNullable,
  });
  const primary = primaryKeyColumns(table);
  const byPrimary: ChosenKey | null =
    primary.length === 0 ? null : { columns: primary, index: 'PRIMARY', isNullable: false };
  if (asked !== null) {
    const column = splitColumnOf(table, asked);
    // Columns without MIN and MAX are read in one slice.
    if (column === null) return null;
    const key = keyOf(column);
    if (isSmall || key.index !== null || byPrimary === null) return key;
    // The rows are the same, and the table is read once and not once for each slice.
    log(
      `column ${asked} has no index: the table is cut by its primary key, for each range would read all of it`,
    );
    return byPrimary;
  }
  if (byPrimary !== null) return byPrimary;
  const usable = table.shape.columns
    .map(({ name }) => splitColumnOf(table, name))
    .filter((column) => column !== null);
  const first = usable.find(({ part: { name } }) => indexes.has(name)) ?? usable[0];
  return first === undefined ? null : keyOf(first);
}

async function findBounds(
  tools: SplitTools,
  part: Part,
  key: ChosenKey,
  count: number,
): Promise<{ columns: readonly SplitColumn[]; bounds: Bounds }> {
  const { session, options, table, log } = tools;
  const { schema, table: name, where } = options;
  const condition = where === null ? null : await provenCondition(session, schema, name, where);
  const [first] = key.columns;
  if (first === undefined) return { columns: [], bounds: [] };
  const present = key.isNullable ? [`${quoteName(first.part.name)} IS NOT NULL`] : [];
  const search: BoundSearch = {
    session,
    target: `${schema}.${name}`,
    from: cutTable(part, schema, name),
    conditions: [...present, ...(condition === null ? [] : [condition])],
    log,
  };
  // A key of one column that others share is told apart by the primary key, which secondary indexes end with.
  const others = primaryKeyColumns(table).filter(({ part: { name: other } }) => other !== first.part.name);
  const isWhole = primaryKeyColumns(table).length === table.shape.primaryKey.length;
  const finer = key.columns.length === 1 && others.length > 0 && isWhole ? [first, ...others] : key.columns;
  const limitMs = Math.max(PLANNING_MS_MIN, PLANNING_MS_PER_SLICE * count);
  const rising = async (columns: readonly SplitColumn[], bounds: Bounds) => ({
    columns,
    bounds: await risingBounds(
      search,
      columns.map((column) => column.part),
      bounds,
    ),
  });

  const isLarge = (part.bytes ?? 0) > SPLIT_BYTES_MIN;
  const rows = isLarge ? await believableRows(search, part, limitMs) : (part.rows ?? 0);
  if (isLarge && key.index !== null && counted.has(first.part.kind)) {
    const ends = await ordinalEnds(search, first, limitMs);
    if (ends === null) return { columns: key.columns, bounds: [] };
    const columns = key.index === 'PRIMARY' || table.engine?.toUpperCase() === 'INNODB' ? finer : key.columns;
    const plan = {
      search: { ...search, conditions: condition === null ? [] : [condition] },
      columns,
      index: key.index,
      rowsEstimate: Math.max(1, rows),
      ...ends,
      condition: condition === null ? null : { sql: condition, tableName: name },
    };
    const bounds = await diveBounds(plan, count);
    if (bounds !== null) return await rising(columns, bounds);
  }
  if ((isLarge && key.index !== null) || !hasWindowFunctions(session)) {
    const met =
      condition === null ? rows : ((await countRows(search, PLANNING_MS_PER_SLICE * count)) ?? rows);
    const step = Math.min(Math.ceil(met / count), Math.max(STEP_ROWS_MAX, Math.ceil(met / SLICES_MAX)));
    const bounds = await stepBounds(search, finer, key.index, Math.max(1, step), SLICES_MAX - 2);
    return await rising(finer, bounds);
  }
  const exact = await exactBounds(search, key.columns, count, limitMs);
  if (exact === null) {
    log(`to look for ranges of ${first.part.name} took too long: one slice`);
    return { columns: key.columns, bounds: [] };
  }
  if (!exact.hasHeavyKey || finer.length === key.columns.length)
    return await rising(key.columns, exact.bounds);
  const better = await exactBounds(search, finer, count, limitMs);
  return better === null ? await rising(key.columns, exact.bounds) : await rising(finer, better.bounds);
}

/** Bytes of a row, on average, from which on the server's number of rows is asked for again: rows are so long, or not counted yet. */
const LONG_ROW_BYTES = 4_096;

/** The server's estimate; its count where that looks stale, as after a load of the last seconds. */
async function believableRows(search: BoundSearch, part: Part, limitMs: number): Promise<number> {
  const rows = part.rows ?? 0;
  if (rows > 0 && (part.bytes ?? 0) / rows <= LONG_ROW_BYTES) return rows;
  return (await countRows({ ...search, conditions: [] }, limitMs)) ?? rows;
}

/** @returns null when it took longer than the limit. */
async function countRows(search: BoundSearch, limitMs: number): Promise<number | null> {
  const where = search.conditions.length === 0 ? '' : ` WHERE ${search.conditions.join(' AND ')}`;
  const rows = await selectWithin(search, limitMs, `COUNT(*) FROM ${search.from}${where}`);
  return rows === null ? null : Number(rows[0]?.[0] ?? 0);
}

/** A column as a job names it: the servers do not mind the case. @throws Cdm.0926 when the table has no such column. */
export function requireColumn(table: CatalogTable, name: string): CatalogTable['shape']['columns'][number] {
  const column = columnNamed(table.shape.columns, name);
  if (column !== undefined) return column;
  throw noSuchColumn(`${table.shape.schema}.${table.shape.table}`, name);
}
