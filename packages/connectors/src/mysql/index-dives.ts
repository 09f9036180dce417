import type { SplitColumn } from './key-columns.ts';
import { type BoundSearch, type Bounds, selectWithin, stepBounds } from './key-steps.ts';
import { quoteName } from './names.ts';
import { boundCondition, fromOrdinal, type RangeKind, toOrdinal } from './ranges.ts';

/** Dives for one bound at most: the width of a 64-bit number, halved so often, is one. About 0.3 ms each. */
const DIVES_PER_BOUND_MAX = 70;
/** An estimate this near to the wish is good enough, in parts of it. */
const TOLERANCE = 0.1;
/** A range that is so many times too large by the server's estimate is cut again. */
const TOO_LARGE = 1.5;
/** Ranges that a slice is put together from, each weighed under the job's condition; and all of them at most. */
const PROBES_PER_SLICE = 4;
const PROBES_MAX = 1_000;
/** Rows that are tried for each such range. */
const PROBE_ROWS = 200;
/** Longest time for one such trial, in milliseconds. */
const PROBE_MS_MAX = 50;

/** A table whose key begins with something that can be counted, and its index. */
export interface DivePlan {
  readonly search: BoundSearch;
  /** The key; its first column is of a kind with ordinals. */
  readonly columns: readonly SplitColumn[];
  readonly index: string;
  /** The server's own number of rows. */
  readonly rowsEstimate: number;
  /** Lowest and highest ordinal. */
  readonly low: bigint;
  readonly high: bigint;
  /** The job's condition, proved and bracketed, and the table's own name for it; null: none. */
  readonly condition: { readonly sql: string; readonly tableName: string } | null;
}

/**
 * Looks for bounds with equal numbers of rows between them by the server's estimates: for a range of an index it dives
 * into the tree and counts pages, whatever the size of the table. Bounds are points of the number line and need not be keys.
 * @returns null when the server gives no such estimates.
 */
export async function diveBounds(plan: DivePlan, count: number): Promise<Bounds | null> {
  // All of the table is estimated at half of its rows at most; a server that knows of far fewer has not counted yet.
  const all = await estimate(plan, [fromOrdinal(firstOf(plan).kind, plan.low)], null);
  if (all === null || all < plan.rowsEstimate / 4) return null;
  // Chosen out of more: estimates may be too high everywhere, and of no range are they more than half of the table.
  const fine = await walk(plan, Math.min(count * PROBES_PER_SLICE, PROBES_MAX));
  return fine === null ? null : await merge(plan, fine, count);
}

function firstOf(plan: DivePlan): { part: SplitColumn['part']; kind: RangeKind } {
  const part = plan.columns[0]?.part;
  if (part === undefined) throw new RangeError('a key without columns');
  return { part, kind: part.kind as RangeKind };
}

async function walk(plan: DivePlan, count: number): Promise<Bounds | null> {
  const { kind } = firstOf(plan);
  const wish = plan.rowsEstimate / count;
  const bounds: (readonly string[])[] = [];
  const text = (ordinal: bigint) => [fromOrdinal(kind, ordinal)];
  let at = plan.low;
  let width = (plan.high - plan.low) / BigInt(count) + 1n;
  // By the server's count of rows there may be more or fewer than it takes slices of this size.
  while (bounds.length < 2 * count) {
    if (bounds.length >= count - 1) {
      const rest = await estimate(plan, text(at), null);
      if (rest === null) return null;
      if (rest <= TOO_LARGE * wish) break;
    }
    const next = await bisect(plan, at, width, wish);
    if (next === null) return null;
    if (next.rows > TOO_LARGE * wish && plan.columns.length > 1) {
      // The last point before the bound holds that many by itself.
      const heavy = next.ordinal - 1n;
      if (heavy > at) bounds.push(text(heavy));
      bounds.push(...(await withinOne(plan, text(heavy), text(next.ordinal), wish)));
    }
    if (next.ordinal > plan.high) break;
    bounds.push(text(next.ordinal));
    width = next.ordinal - at;
    at = next.ordinal;
  }
  return bounds;
}

/** The ordinal up to which there are about so many rows from `at` on. */
async function bisect(
  plan: DivePlan,
  at: bigint,
  width: bigint,
  wish: number,
): Promise<{ ordinal: bigint; rows: number } | null> {
  const { kind } = firstOf(plan);
  const text = (ordinal: bigint) => [fromOrdinal(kind, ordinal)];
  let below = at;
  let above = plan.high + 1n;
  let rowsAbove = Number.POSITIVE_INFINITY;
  let guess = at + (width > 0n ? width : 1n);
  let isGrowing = true;
  for (let dive = 0; dive < DIVES_PER_BOUND_MAX && above - below > 1n; dive++) {
    if (guess <= below || guess >= above) guess = below + (above - below) / 2n;
    const rows = await estimate(plan, text(at), text(guess));
    if (rows === null) return null;
    if (rows > wish * (1 + TOLERANCE)) {
      above = guess;
      rowsAbove = rows;
      isGrowing = false;
    } else if (rows < wish * (1 - TOLERANCE)) below = guess;
    else return { ordinal: guess, rows };
    // Beyond the guess in doubling steps, then by halves.
    guess = isGrowing ? at + (guess - at) * 2n : below + (above - below) / 2n;
  }
  return { ordinal: above, rows: rowsAbove };
}

/** A single value of the first column that holds more than a slice is cut by the rest of the key. */
async function withinOne(
  plan: DivePlan,
  from: readonly string[],
  below: readonly string[],
  wish: number,
): Promise<Bounds> {
  const key = plan.columns.map(({ part }) => part);
  const conditions = [boundCondition(key, 'from', from), boundCondition(key, 'below', below)];
  const search = { ...plan.search, conditions: [...plan.search.conditions, ...conditions] };
  return await stepBounds(search, plan.columns, plan.index, wish, Math.ceil(plan.rowsEstimate / wish));
}

/** Rows of a range as the server estimates them; null when it does not use the index for them. */
async function estimate(
  plan: DivePlan,
  from: readonly string[],
  below: readonly string[] | null,
): Promise<number | null> {
  const { session, target, from: table } = plan.search;
  const key = plan.columns.map(({ part }) => part);
  const conditions = [boundCondition(key, 'from', from)];
  if (below !== null) conditions.push(boundCondition(key, 'below', below));
  // Where MySQL is forced to an index it spares itself the dive.
  const [format, hint] = session.isMariaDb ? ['', 'FORCE'] : ['FORMAT=TRADITIONAL ', 'USE'];
  const [row] = await session.rows(
    `EXPLAIN ${format}SELECT 1 FROM ${table} ${hint} INDEX (${quoteName(plan.index)}) WHERE ${conditions.join(' AND ')}`,
    'read',
    target,
  );
  // MySQL has the partitions in a column of their own.
  const shift = session.isMariaDb ? 0 : 1;
  const access = row?.[3 + shift];
  const rows = row?.[8 + shift];
  // Without an access the server knows that there are none.
  if (access === null || access === undefined) return 0;
  if (access !== 'ALL' && access !== 'index') return Number(rows ?? 0);
  return below === null ? plan.rowsEstimate : null;
}

/** Fewer bounds out of many: between them equal weights, by how many of a few rows of each range meet the condition. */
async function merge(plan: DivePlan, fine: Bounds, count: number): Promise<Bounds> {
  const key = plan.columns.map(({ part }) => part);
  const weights: number[] = [];
  for (let i = 0; i <= fine.length; i++) {
    const from = fine[i - 1];
    const below = fine[i];
    const range = [
      ...(from === undefined ? [] : [boundCondition(key, 'from', from)]),
      ...(below === undefined ? [] : [boundCondition(key, 'below', below)]),
    ];
    weights.push(await shareOf(plan, range));
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const bounds: (readonly string[])[] = [];
  let sum = 0;
  for (const [i, bound] of fine.entries()) {
    const before = sum;
    sum += weights[i] ?? 0;
    // The bound nearest to each share: it may lie half a range before it.
    const parts = (weight: number) => Math.floor((weight * count) / total + 0.5 / PROBES_PER_SLICE);
    if (parts(sum) > parts(before) && bounds.length < count - 1) bounds.push(bound);
  }
  return bounds;
}

/** Part of a range's rows that meet the condition, by its first rows; 1 when that cannot be told in time. */
async function shareOf(plan: DivePlan, range: readonly string[]): Promise<number> {
  const { condition, search, index, columns } = plan;
  if (condition === null) return 1;
  const order = quoteName(columns[0]?.part.name ?? '');
  const where = range.length === 0 ? '' : ` WHERE ${range.join(' AND ')}`;
  const tried = `SELECT * FROM ${search.from} FORCE INDEX (${quoteName(index)})${where} ORDER BY ${order} LIMIT ${PROBE_ROWS}`;
  try {
    const rows = await selectWithin(
      search,
      PROBE_MS_MAX,
      `COUNT(*), COUNT(CASE WHEN ${condition.sql} THEN 1 END) FROM (${tried}) AS ${quoteName(condition.tableName)}`,
    );
    const [all, met] = rows?.[0] ?? [];
    return rows === null ? 1 : (Number(met ?? 0) + 0.5) / (Number(all ?? 0) + 1);
  } catch {
    // A condition that names the table with its database means nothing beside a derived table.
    return 1;
  }
}

/** The ends of the number line that the rows take up, as ordinals; null when there are no rows. */
export async function ordinalEnds(
  search: BoundSearch,
  column: SplitColumn,
  limitMs: number,
): Promise<{ low: bigint; high: bigint } | null> {
  const kind = column.part.kind as RangeKind;
  const name = quoteName(column.part.name);
  const ends = (conditions: readonly string[]) =>
    selectWithin(
      search,
      limitMs,
      `CAST(MIN(${name}) AS CHAR), CAST(MAX(${name}) AS CHAR) FROM ${search.from}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`,
    );
  // Under a condition that no index serves it takes long; without it an index answers at once.
  const rows = (await ends(search.conditions)) ?? (await ends([]));
  const [min, max] = rows?.[0] ?? [];
  if (min === null || min === undefined || max === null || max === undefined) return null;
  const high = toOrdinal(kind, String(max));
  // Below the first real date are only those with a month or day of zero.
  const low =
    toOrdinal(kind, String(min)) ?? toOrdinal(kind, kind === 'date' ? '0001-01-01' : '0001-01-01 00:00:00');
  return low === null || high === null || high < low ? null : { low, high };
}
