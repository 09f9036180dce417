import type { RightFinding, SlicePreview } from '@sluice/core/connector/run-preview';
import type { WireForm } from '@sluice/core/data/batch';
import type { Relation } from './catalog.ts';
import { copyOutSql } from './copy-out.ts';
import { ServerError } from './server-error.ts';
import type { PgSession } from './session.ts';

/** Longest time for the server to plan the statement of one slice, in milliseconds. */
const FORECAST_TIMEOUT_MS = 5_000;

const begin = `BEGIN READ ONLY; SET LOCAL statement_timeout = ${FORECAST_TIMEOUT_MS}`;

/** Looks in a transaction that cannot write and is rolled back. */
export async function withinLook<T>(session: PgSession, look: () => Promise<T>): Promise<T> {
  await session.query(begin);
  try {
    return await look();
  } finally {
    if (session.lost() === null) await session.query('ROLLBACK');
  }
}

/** One slice that is to be shown. */
interface SliceRead {
  readonly select: string;
  /** As the slice was cut. */
  readonly rowsEstimate: number | null;
}

/**
 * Shows how slices are read, each with what the server itself expects of its statement; without the right to read, or where the
 * server has no forecast in time, with what the table's statistics say.
 * @param relation null: no table is read. Within `withinLook`.
 */
export async function previewSelects(
  session: PgSession,
  reads: readonly SliceRead[],
  form: WireForm,
  relation: Relation | null,
  rights: readonly RightFinding[],
): Promise<readonly SlicePreview[]> {
  let asksServer = rights.every(({ state }) => state !== 'missing');
  const previews: SlicePreview[] = [];
  for (const { select, rowsEstimate } of reads) {
    const forecast = asksServer ? await forecastOf(session, select) : null;
    // One that took too long, or was refused, is not followed by others.
    asksServer = forecast !== null;
    const estimate = forecast ?? byStatistics(relation, rowsEstimate);
    previews.push({ sql: copyOutSql(select, form), ...estimate });
  }
  return previews;
}

type Estimate = Pick<SlicePreview, 'rowsEstimate' | 'bytesEstimate' | 'basis'>;

/** EXPLAIN runs nothing of the statement. @returns null: the server has no forecast. */
async function forecastOf(session: PgSession, select: string): Promise<Estimate | null> {
  try {
    const { rows } = await session.query(`EXPLAIN (FORMAT JSON) ${select}`);
    const text = rows.map(([line]) => line).join('\n');
    const [plan] = JSON.parse(text) as [{ Plan?: { 'Plan Rows'?: number; 'Plan Width'?: number } }];
    const { 'Plan Rows': count, 'Plan Width': width } = plan?.Plan ?? {};
    if (count === undefined || width === undefined) return null;
    return { rowsEstimate: count, bytesEstimate: Math.round(count * width), basis: 'optimizer' };
  } catch (error) {
    if (!(error instanceof ServerError) || error.isFatal) throw error;
    await session.query(`ROLLBACK; ${begin}`);
    return null;
  }
}

function byStatistics(relation: Relation | null, rowsEstimate: number | null): Estimate {
  if (rowsEstimate === null) return { rowsEstimate: null, bytesEstimate: null, basis: null };
  const { rowsEstimate: rows, bytesEstimate: bytes } = relation ?? {};
  const rowBytes = rows && bytes ? bytes / rows : null;
  const bytesEstimate = rowBytes === null ? null : Math.round(rowsEstimate * rowBytes);
  return { rowsEstimate, bytesEstimate, basis: 'statistics' };
}
