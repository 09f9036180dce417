import type { KeyColumn } from './key-columns.ts';
import { ServerError } from './server-error.ts';
import type { PgSession } from './session.ts';

/** Values of a key that part the rows into equal shares. */
export interface Quantiles {
  /** Rising strictly, as the database orders the key; at most one less than the shares asked for. */
  readonly bounds: readonly (readonly string[])[];
  /** Rows that were looked at. */
  readonly rowCount: number;
  /** A single key value holds more than a share: there are fewer bounds than the rows would give. */
  readonly hasHeavyKey: boolean;
}

/**
 * Reads the quantiles of a key. The server sorts, finds equal keys and prints the bounds: no value is compared here.
 * @param from a table, or a sample of it.
 * @param conditions proved and bracketed.
 */
export async function readQuantiles(
  session: PgSession,
  from: string,
  key: readonly KeyColumn[],
  conditions: readonly string[],
  count: number,
): Promise<Quantiles> {
  const names = key.map((_, i) => `k${i}`);
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const { rows } = await session.query(
    `SELECT below, total, ${names.map((name) => `${name}::text`).join(', ')}
       FROM (SELECT ${names.join(', ')}, rank() OVER w - 1 AS below, row_number() OVER w - 1 AS n, count(*) OVER () AS total
               FROM (SELECT ${key.map(({ expression }, i) => `${expression} AS k${i}`).join(', ')} FROM ${from}${where}) AS keys
             WINDOW w AS (ORDER BY ${names.join(', ')})) AS numbered
      WHERE n = 0 OR n * ${count} / total > (n - 1) * ${count} / total
      ORDER BY n`,
  );
  const bounds: string[][] = [];
  // Equal keys have equal ranks. Below the lowest key there is nothing to part off.
  let last = '0';
  for (const [below, , ...texts] of rows) {
    if (below === last) continue;
    last = below ?? '0';
    bounds.push(texts.map(String));
  }
  const rowCount = Number(rows[0]?.[1] ?? 0);
  return { bounds, rowCount, hasHeavyKey: bounds.length < Math.min(count, rowCount) - 1 };
}

const QUERY_CANCELED = '57014';

/**
 * Runs one statement of an open transaction with a limit on its time.
 * @returns null when it took longer; the transaction goes on as if it had not been tried.
 */
export async function withinTime<T>(
  session: PgSession,
  limitMs: number,
  work: () => Promise<T>,
): Promise<T | null> {
  await session.query(
    `SAVEPOINT sluice_limit; SET LOCAL statement_timeout = ${Math.max(1, Math.round(limitMs))}`,
  );
  try {
    const result = await work();
    await session.query('SET LOCAL statement_timeout = 0; RELEASE SAVEPOINT sluice_limit');
    return result;
  } catch (error) {
    if (!(error instanceof ServerError && error.sqlState === QUERY_CANCELED && session.lost() === null))
      throw error;
    await session.query('ROLLBACK TO SAVEPOINT sluice_limit; RELEASE SAVEPOINT sluice_limit');
    return null;
  }
}
