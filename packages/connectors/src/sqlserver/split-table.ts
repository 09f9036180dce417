import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import type { CatalogTable } from './catalog.ts';
import { provenCondition } from './condition.ts';
import { type Cut, rangesBetween, sliceCount } from './cuts.ts';
import { isConnectionLost } from './errors.ts';
import { type KeyPart, keyPartOf, printed } from './key-parts.ts';
import { BOUNDS_TIMEOUT_MS, EXACT_BOUNDS_ROWS_MAX, SAMPLE_ROWS_TARGET } from './limits.ts';
import { quoteName, quoteTable } from './names.ts';
import { requireColumn } from './read-select.ts';
import type { Session } from './session.ts';
import type { Sessions } from './session-pool.ts';

/** What cutting a table needs. */
export interface SplitTools {
  readonly sessions: Sessions;
  readonly table: CatalogTable;
  readonly options: SqlSourceOptions;
  /** The primary key, where reading in its order is free. */
  readonly order: readonly KeyPart[];
  readonly log: (line: string) => void;
}

/**
 * Cuts a table: by the job's column, by its primary key, or by the first column that can be cut. Partitions of a table are
 * never slices of their own.
 * @throws Cdm.0902 no such column; Cdm.0236 the job asks for partitions.
 */
export async function splitTable(tools: SplitTools, sliceCountHint: number): Promise<readonly Cut[]> {
  const { table, options, order, log } = tools;
  const { partitionColumn: named } = options;
  const askedColumn = named === null ? null : requireColumn(table, named);
  const asked = askedColumn?.name ?? null;
  // The user said that there is nothing to be read in rows without a value, so it holds for one slice as well.
  const leavesNulls = askedColumn?.isNullable === true && !options.readsNullPartition;
  const nullness = leavesNulls && asked !== null ? { column: asked, isNull: false } : null;
  const single: Cut = { range: null, nullness, order };
  const count = sliceCount(table.shape.bytesEstimate, sliceCountHint, asked !== null);
  if (count === 1) return [single];
  const keys = keysToTry(table, asked);
  if (keys.length === 0) {
    log(`no column of ${options.schema}.${options.table} that could be cut: one slice`);
    return [single];
  }
  let found: Bounds = { key: [], bounds: [] };
  for (const key of keys) {
    found = await findBounds(tools, key, count);
    // Of a key whose values many rows share, the next one is finer.
    if (found.bounds.length >= count - 1) break;
  }
  if (found.bounds.length === 0) return [single];
  const [first] = found.key;
  const rangeOrder = order[0]?.name === first?.name ? order : [];
  const cuts: Cut[] = rangesBetween(found.key, found.bounds).map((range) => ({
    range,
    nullness: null,
    order: rangeOrder,
  }));
  if (first !== undefined && requireColumn(table, first.name).isNullable && !leavesNulls)
    cuts.push({ range: null, nullness: { column: first.name, isNull: true }, order: [] });
  return cuts;
}

interface Bounds {
  readonly key: readonly KeyPart[];
  readonly bounds: readonly (readonly string[])[];
}

/** Keys to cut by, coarse to fine. Empty: none of the table's columns can be cut. */
function keysToTry(table: CatalogTable, asked: string | null): readonly (readonly KeyPart[])[] {
  const primary = table.shape.primaryKey.map((name) => keyPartOf(table, name));
  const parts = primary.filter((part) => part !== null);
  const isWhole = parts.length > 0 && parts.length === primary.length;
  if (asked === null) {
    if (isWhole) return [parts];
    const usable = table.shape.columns.map(({ name }) => keyPartOf(table, name)).filter((p) => p !== null);
    const first = usable.find(({ name }) => table.leadingColumns.has(name)) ?? usable[0];
    return first === undefined ? [] : [[first]];
  }
  const part = keyPartOf(table, asked);
  // Columns without an order are read in one slice.
  if (part === null) return [];
  const others = parts.filter(({ name }) => name !== asked);
  return isWhole && others.length > 0 ? [[part], [part, ...others]] : [[part]];
}

/**
 * Bounds of ranges that hold equal shares of the rows: those of all rows, ranked by the server; of a large table those of a
 * sample of its pages. Equal keys have equal ranks, so bounds rise.
 */
async function findBounds(tools: SplitTools, key: readonly KeyPart[], count: number): Promise<Bounds> {
  const { options, sessions, log } = tools;
  const target = `${options.schema}.${options.table}`;
  // A request that ran into its time-out may leave the session unusable.
  const session = await sessions.openOwn('read');
  try {
    const rows = await session.rows(
      await boundsSql(session, tools, key, count),
      {},
      'read',
      target,
      BOUNDS_TIMEOUT_MS,
    );
    const bounds: string[][] = [];
    let last = 1;
    for (const [rank, ...texts] of rows) {
      // Below the lowest key there is nothing to part off.
      if (Number(rank) <= last) continue;
      last = Number(rank);
      bounds.push(texts.map(String));
    }
    return { key, bounds };
  } catch (error) {
    if (!isTimeOut(error)) throw error;
    log(`to look for ranges of ${key.map(({ name }) => name).join(', ')} took too long: one slice`);
    return { key, bounds: [] };
  } finally {
    session.destroy();
  }
}

async function boundsSql(
  session: Session,
  { table, options }: SplitTools,
  key: readonly KeyPart[],
  count: number,
): Promise<string> {
  const { schema, table: name, where } = options;
  const conditions = key
    .filter((part) => requireColumn(table, part.name).isNullable)
    .map((part) => `${quoteName(part.name)} IS NOT NULL`);
  if (where !== null) conditions.push(await provenCondition(session, schema, name, where));
  const rowCount = table.shape.rowsEstimate ?? 0;
  const percent = Math.max(0.01, (SAMPLE_ROWS_TARGET / Math.max(1, rowCount)) * 100);
  const sample =
    table.isView || rowCount <= EXACT_BOUNDS_ROWS_MAX
      ? ''
      : ` TABLESAMPLE SYSTEM (${percent.toFixed(2)} PERCENT)`;
  const order = key.map((part) => quoteName(part.name)).join(', ');
  const shown = key.map((part, i) => `${printed(part, quoteName(part.name))} AS [b${i}]`).join(', ');
  const picked = key.map((_, i) => `[b${i}]`).join(', ');
  return `SELECT [key_rank], ${picked}
  FROM (SELECT ${shown}, RANK() OVER (ORDER BY ${order}) AS [key_rank], ROW_NUMBER() OVER (ORDER BY ${order}) - 1 AS [row_no],
               COUNT_BIG(*) OVER () AS [all_rows]
          FROM ${quoteTable(schema, name)}${sample}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}) AS [ranked]
 WHERE [row_no] > 0 AND [row_no] * ${count} / [all_rows] > ([row_no] - 1) * ${count} / [all_rows]
 ORDER BY [row_no]`;
}

function isTimeOut(error: unknown): boolean {
  const cause = error instanceof SluiceError ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : '';
  return isConnectionLost(error) && code === 'ETIMEOUT';
}
