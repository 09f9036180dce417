import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { bracketed } from '../jdbc/predicate-proof.ts';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import { type Leaf, type PgColumn, type Relation, readLeaves, requireColumn } from './catalog.ts';
import { type Cut, cutBlocks, cutRanges, SLICES_MAX, SMALL_TABLE_BYTES, sliceCount } from './cuts.ts';
import { isIndexed, type KeyColumn, keyColumnOf, primaryKeyColumns } from './key-columns.ts';
import { chosenLeaves } from './partitions.ts';
import { type Quantiles, readQuantiles, withinTime } from './quantiles.ts';
import { quoteName, quoteTable } from './quote.ts';
import { ServerError } from './server-error.ts';
import type { PgSession } from './session.ts';

/** Tid Range Scan came with 14; before, every range of blocks would read the whole table. */
const BLOCK_RANGES_SINCE = 140_000;

/** Blocks that are read to find the bounds of a large table, at least, and for each slice: about 4 ms a slice. */
const SAMPLE_BLOCKS_MIN = 300;
const SAMPLE_BLOCKS_PER_SLICE = 40;
/** Rows that such a sample must give for each slice; with fewer, more of the table is read. */
const SAMPLE_ROWS_PER_SLICE = 30;
/** So much more is read then. */
const SAMPLE_GROWTH = 8;
/** From this part of the table on, in percent, all of it is read. */
const SAMPLE_PERCENT_MAX = 50;

/** Longest time to look for bounds, in milliseconds: for each slice, and at least. What takes longer is not cut. */
const PLANNING_MS_PER_SLICE = 50;
const PLANNING_MS_MIN = 3_000;

/** What cutting a table needs. */
export interface SplitTools {
  /** In a transaction that cannot write; the job's condition is proved. */
  readonly session: PgSession;
  readonly options: SqlSourceOptions;
  readonly log: (line: string) => void;
}

/**
 * Cuts a table: by its partitions, by the job's column, or by its blocks.
 * @throws Cdm.0236 partitions that are not there; Cdm.0926 no such column; Cdm.0925 its values cannot be compared.
 */
export async function splitTable(
  tools: SplitTools,
  relation: Relation,
  sliceCountHint: number,
): Promise<readonly Cut[]> {
  const { session, options } = tools;
  if (options.partitions !== null) {
    const leaves = await chosenLeaves(session, relation, options.partitions.list);
    if (leaves.length > SLICES_MAX)
      throw new SluiceError(
        'Cdm.0236',
        explained({
          en: `${leaves.length} partitions are chosen, and one job reads ${SLICES_MAX} at most: list fewer, or switch extraction by partition off.`,
          zh: `选择了 ${leaves.length} 个表分区，单个作业最多读取 ${SLICES_MAX} 个：请减少分区，或关闭按表分区抽取。`,
        }),
      );
    return cutLeaves(session, leaves, true, sliceCountHint, {});
  }
  if (options.partitionColumn !== null)
    return cutByColumn(tools, relation, options.partitionColumn, sliceCountHint);
  return cutByBlocks(session, relation, sliceCountHint, {});
}

async function cutByBlocks(
  session: PgSession,
  relation: Relation,
  sliceCountHint: number,
  present: { readonly present?: string },
): Promise<readonly Cut[]> {
  const table = relation.name;
  if (relation.kind === 'p') {
    const leaves = await readLeaves(session, relation.oid);
    // More partitions than slices may be: the whole in one, for a slice is one statement.
    if (leaves.length === 0 || leaves.length > SLICES_MAX)
      return [{ kind: 'whole', table, isLeaf: false, ...present }];
    return cutLeaves(session, leaves, true, sliceCountHint, present);
  }
  const { kind, accessMethod, bytesEstimate } = relation;
  const itself: Leaf = { name: table, kind, accessMethod, bytes: bytesEstimate ?? 0 };
  return cutLeaves(session, [itself], false, sliceCountHint, present);
}

async function cutLeaves(
  session: PgSession,
  leaves: readonly Leaf[],
  isPartitioned: boolean,
  sliceCountHint: number,
  present: { readonly present?: string },
): Promise<readonly Cut[]> {
  const blockBytes = await readBlockBytes(session);
  const hasBlockRanges = session.serverVersion >= BLOCK_RANGES_SINCE;
  const spare = SLICES_MAX - leaves.length;
  const totalBytes = leaves.reduce((sum, leaf) => sum + leaf.bytes, 0);
  return leaves.flatMap((leaf): readonly Cut[] => {
    const isHeap = (leaf.kind === 'r' || leaf.kind === 'm') && leaf.accessMethod === 'heap';
    if (!isHeap || !hasBlockRanges)
      return [{ kind: 'whole', table: leaf.name, isLeaf: isPartitioned, ...present }];
    const limit = 1 + Math.floor((spare * leaf.bytes) / Math.max(1, totalBytes));
    const count = sliceCount(leaf.bytes, isPartitioned ? 1 : sliceCountHint, limit);
    return cutBlocks(leaf.name, isPartitioned, Math.ceil(leaf.bytes / blockBytes), count, present);
  });
}

async function readBlockBytes(session: PgSession): Promise<number> {
  return Number((await session.query('SHOW block_size')).rows[0]?.[0] ?? 8192);
}

/** Ranges of the column that hold equal shares of the rows under the job's condition, and the nulls. */
async function cutByColumn(
  tools: SplitTools,
  relation: Relation,
  asked: string,
  sliceCountHint: number,
): Promise<readonly Cut[]> {
  const { session, options, log } = tools;
  const table = relation.name;
  const column = requireColumn(relation, asked);
  const { name } = column;
  const readsNulls = column.isNullable && options.readsNullPartition;
  const present = column.isNullable && !readsNulls ? { present: name } : {};
  const single: readonly Cut[] = [{ kind: 'whole', table, isLeaf: false, ...present }];
  const key = keyColumnOf(column);
  if (key === null) {
    log(`column ${name} of type ${column.native} has no ranges: one slice`);
    return single;
  }
  const bytes = relation.bytesEstimate ?? 0;
  if (bytes > SMALL_TABLE_BYTES && !(await isIndexed(session, relation, name))) {
    // The rows are the same, and the table is read once and not once for each slice.
    log(`column ${name} has no index: the table is cut by its blocks, for each range would read all of it`);
    return cutByBlocks(session, relation, sliceCountHint, present);
  }
  const count = Math.min(SLICES_MAX, Math.max(sliceCountHint, sliceCount(bytes, sliceCountHint, SLICES_MAX)));
  if (count <= 1) return single;
  const found = await findBounds(tools, relation, column, key, count);
  if (found === null || found.bounds.length === 0) return single;
  const ranges = cutRanges(
    table,
    found.key.map(({ name: part, castType }) => ({ name: part, castType })),
    found.bounds,
  );
  return readsNulls ? [...ranges, { kind: 'nulls', table, column: name }] : ranges;
}

/**
 * Quantiles of the column; of the column and the primary key where single values of it are more than a share. All rows
 * of a small table or a view are looked at, of others a sample of blocks.
 * @returns null when it took too long.
 */
async function findBounds(
  tools: SplitTools,
  relation: Relation,
  column: PgColumn,
  own: KeyColumn,
  count: number,
): Promise<{ key: readonly KeyColumn[]; bounds: Quantiles['bounds'] } | null> {
  const { session, options, log } = tools;
  const conditions = [
    column.isNullable ? `${quoteName(column.name)} IS NOT NULL` : null,
    options.where === null ? null : bracketed(options.where),
  ].filter((condition) => condition !== null);
  const endsAt = performance.now() + Math.max(PLANNING_MS_MIN, PLANNING_MS_PER_SLICE * count);
  const table = quoteTable(relation.name);
  let percent = 100;
  if ((relation.bytesEstimate ?? 0) > SMALL_TABLE_BYTES) {
    const blocks = (relation.bytesEstimate ?? 0) / (await readBlockBytes(session));
    percent = (100 * Math.max(SAMPLE_BLOCKS_MIN, SAMPLE_BLOCKS_PER_SLICE * count)) / blocks;
  }
  const look = (key: readonly KeyColumn[]) => {
    const sample = percent < SAMPLE_PERCENT_MAX ? ` TABLESAMPLE SYSTEM (${percent}) REPEATABLE (0)` : '';
    return withinTime(session, endsAt - performance.now(), () =>
      readQuantiles(session, `${table}${sample}`, key, conditions, count),
    ).catch((error: unknown) => {
      throw incomparable(error)
        ? new SluiceError('Cdm.0925', { column: column.name }, { cause: error })
        : error;
    });
  };
  let found = await look([own]);
  while (found !== null && percent < SAMPLE_PERCENT_MAX && found.rowCount < count * SAMPLE_ROWS_PER_SLICE) {
    percent *= SAMPLE_GROWTH;
    found = await look([own]);
  }
  const whole = [own, ...primaryKeyColumns(relation).filter(({ name }) => name !== own.name)];
  if (found?.hasHeavyKey === true && whole.length > 1 && relation.primaryKey.length > 0) {
    const finer = await look(whole);
    if (finer !== null) return { key: whole, bounds: finer.bounds };
  }
  if (found === null) log(`to look for ranges of ${column.name} took too long: one slice`);
  return found === null ? null : { key: [own], bounds: found.bounds };
}

/** The server knows no order of the values: no operator, or no collation. */
function incomparable(error: unknown): boolean {
  return error instanceof ServerError && (error.sqlState === '42883' || error.sqlState === '42P22');
}
