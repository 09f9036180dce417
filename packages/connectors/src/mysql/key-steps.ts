import { serverErrorNumber } from './errors.ts';
import { isUsable, printed, type SplitColumn } from './key-columns.ts';
import { quoteName } from './names.ts';
import { boundCondition, type KeyPart, risingCondition } from './ranges.ts';
import type { Row, Session } from './session.ts';

/** What looking for bounds needs. */
export interface BoundSearch {
  readonly session: Session;
  /** `database.table`, for errors. */
  readonly target: string;
  /** What stands in FROM: the table, or some of its partitions. */
  readonly from: string;
  /** The job's condition and others, proved and bracketed. */
  readonly conditions: readonly string[];
  readonly log: (line: string) => void;
}

/** Bounds in the order of the key; a bound may name fewer columns than the key has. */
export type Bounds = readonly (readonly string[])[];

const TIMED_OUT = new Set([1969, 3024]);

/** Runs one SELECT with a limit on its time. @param select without its first word. @returns null when it took longer. */
export async function selectWithin(
  { session, target }: BoundSearch,
  limitMs: number,
  select: string,
): Promise<readonly Row[] | null> {
  const limit = Math.max(1, Math.round(limitMs));
  const sql = session.isMariaDb
    ? `SET STATEMENT max_statement_time = ${limit / 1000} FOR SELECT ${select}`
    : `SELECT /*+ MAX_EXECUTION_TIME(${limit}) */ ${select}`;
  try {
    return await session.rows(sql, 'read', target);
  } catch (error) {
    if (TIMED_OUT.has(serverErrorNumber(error) ?? 0)) return null;
    throw error;
  }
}

function whereClause(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

/** Window functions came with MySQL 8 and MariaDB 10.2. */
export function hasWindowFunctions({ serverVersion, isMariaDb }: Session): boolean {
  const [major = 0, minor = 0] = serverVersion.split('.').map((part) => Number.parseInt(part, 10));
  return isMariaDb ? major > 10 || (major === 10 && minor >= 2) : major >= 8;
}

/**
 * Quantiles of a key over all rows; the server sorts, ranks and prints.
 * @returns null when it took longer than the limit.
 */
export async function exactBounds(
  search: BoundSearch,
  columns: readonly SplitColumn[],
  count: number,
  limitMs: number,
): Promise<{ bounds: Bounds; hasHeavyKey: boolean } | null> {
  const names = columns.map((_, i) => `k${i}`);
  const picked = columns.map(({ expression }, i) => `${expression} AS k${i}`).join(', ');
  const shown = columns.map(({ part }, i) => printed(part, `k${i}`)).join(', ');
  const rows = await selectWithin(
    search,
    limitMs,
    `lower_rows, all_rows, ${shown}
       FROM (SELECT ${names.join(', ')}, CAST(RANK() OVER w AS SIGNED) - 1 AS lower_rows,
                    CAST(ROW_NUMBER() OVER w AS SIGNED) - 1 AS n, CAST(COUNT(*) OVER () AS SIGNED) AS all_rows
               FROM (SELECT ${picked} FROM ${search.from}${whereClause(search.conditions)}) AS picked
             WINDOW w AS (ORDER BY ${names.join(', ')})) AS numbered
      WHERE n = 0 OR n * ${count} DIV all_rows > (n - 1) * ${count} DIV all_rows
      ORDER BY n`,
  );
  if (rows === null) return null;
  const bounds: string[][] = [];
  // Equal keys have equal ranks. Below the lowest key there is nothing to part off.
  let last = 0;
  for (const [lower, , ...texts] of rows) {
    if (Number(lower) === last) continue;
    last = Number(lower);
    bounds.push(texts.map(String));
  }
  const total = Number(rows[0]?.[1] ?? 0);
  return { bounds, hasHeavyKey: bounds.length < Math.min(count, total) - 1 };
}

/** Rows that one step may pass: on an idle server far less than the 50 ms that planning a slice may take. */
export const STEP_ROWS_MAX = 100_000;
/** Longest time for one step, in milliseconds: a busy server is given some more. */
const STEP_MS_MAX = 250;
/** Steps that took too long before the rest is left in one slice; each makes the next ones half as wide. */
const SLOW_STEPS_MAX = 4;

/**
 * Walks along an index: each bound is the key that comes `rowsPerStep` rows behind the one before.
 * @param index its name; null: the server chooses.
 * @param boundsMax bounds at most.
 */
export async function stepBounds(
  search: BoundSearch,
  columns: readonly SplitColumn[],
  index: string | null,
  rowsPerStep: number,
  boundsMax: number,
): Promise<Bounds> {
  const key = columns.map(({ part }) => part);
  const order = columns.map(({ part }) => quoteName(part.name)).join(', ');
  const shown = columns.map(({ part, expression }) => printed(part, expression)).join(', ');
  const from = `${search.from}${index === null ? '' : ` FORCE INDEX (${quoteName(index)})`}`;
  const read = async (conditions: readonly string[], offset: number) => {
    const rows = await selectWithin(
      search,
      STEP_MS_MAX,
      `${shown} FROM ${from}${whereClause([...search.conditions, ...conditions])} ORDER BY ${order} LIMIT 1 OFFSET ${offset}`,
    );
    return rows === null ? null : (rows[0]?.map(String) ?? []);
  };
  let at = await read([], 0);
  if (at === null || at.length === 0) return [];
  const bounds: string[][] = [];
  let step = Math.max(1, Math.ceil(rowsPerStep));
  let offset = step;
  let slow = 0;
  while (bounds.length < boundsMax) {
    const isPlace: boolean = at.every((text, i) => key[i] !== undefined && isUsable(key[i], text));
    let next: string[] | null = await read(isPlace ? [boundCondition(key, 'from', at)] : [], offset);
    if (next === null) {
      if (++slow > SLOW_STEPS_MAX) {
        search.log(
          `steps along the index took too long after ${bounds.length} bounds: the rest is one slice`,
        );
        break;
      }
      step = Math.ceil(step / 2);
      offset = Math.ceil(offset / 2);
      continue;
    }
    if (next.length === 0) break;
    if (!next.every((text, i) => key[i] !== undefined && isUsable(key[i], text))) {
      offset += step;
      continue;
    }
    if (isPlace && !(await rises(search, key, at, next))) {
      // One key value holds more than a step: the next bound is the first one behind it.
      next = await read([boundCondition(key, 'above', at)], 0);
      if (next === null || next.length === 0) break;
    }
    bounds.push(next);
    at = next;
    offset = step;
  }
  return bounds;
}

async function rises(
  { session, target }: BoundSearch,
  key: readonly KeyPart[],
  lower: readonly string[],
  upper: readonly string[],
): Promise<boolean> {
  const [row] = await session.rows(`SELECT ${risingCondition(key, lower, upper)}`, 'read', target);
  return Number(row?.[0]) === 1;
}

/** How often bounds out of order are taken out before none is used. */
const REPAIRS_MAX = 10;

/**
 * Has the server compare each bound with the next, by the comparison that slices are cut with, and takes out what does not
 * rise: a sort of long texts may leave them in another order than their comparison. Slices between rising bounds hold each row once.
 */
export async function risingBounds(
  search: BoundSearch,
  key: readonly KeyPart[],
  found: Bounds,
): Promise<Bounds> {
  let bounds = found.filter((bound) =>
    bound.every((text, i) => key[i] !== undefined && isUsable(key[i], text)),
  );
  for (let repair = 0; repair < REPAIRS_MAX; repair++) {
    if (bounds.length < 2) return bounds;
    const pairs = bounds.slice(1).map((upper, i) => `(${risingCondition(key, bounds[i] ?? [], upper)})`);
    const [row] = await search.session.rows(`SELECT ${pairs.join(', ')}`, 'read', search.target);
    const kept = bounds.filter((_, i) => i === 0 || Number(row?.[i - 1]) === 1);
    if (kept.length === bounds.length) return bounds;
    bounds = kept;
  }
  search.log('the bounds of the key do not rise: one slice');
  return [];
}
