import type { EstimateBasis } from '@sluice/core/connector/run-preview';
import type { Text } from '@sluice/core/data/text';
import type { RunRecord } from '../store/model.ts';
import type { PlannedRun, PlannedTable } from './plan-desk.ts';

/** How much a run would move and how long it would take, as far as anything is known. */
export interface Forecast {
  readonly rows: number | null;
  readonly bytes: number | null;
  /** null: neither is known. */
  readonly basis: EstimateBasis | null;
  readonly seconds: number | null;
  readonly secondsBasis: 'last_run' | 'rate_limit' | 'unknown';
  /** null: another basis. */
  readonly lastRun: RunRecord | null;
  readonly text: Text;
}

/** @returns null: the run was not planned. */
export function forecast(planned: PlannedRun): Forecast | null {
  const { preview, tables, work } = planned;
  const sizes = tables === null ? (preview?.totals ?? null) : sizesOf(planned);
  if (sizes === null) return null;
  const { rowsEstimate: rows, bytesEstimate: bytes, basis } = sizes;
  const known = { rows, bytes, basis };
  const limit = work?.rateLimit;
  const atLimit = longest([
    over(bytes, limit?.bytesPerSecond ?? null),
    over(rows, limit?.rowsPerSecond ?? null),
  ]);
  const last = planned.lastRun === null ? null : paceOf(planned.lastRun);
  const atPace = last === null ? null : over(rows, last.rowsPerSecond);
  if (atPace !== null && last !== null && (atLimit === null || atPace >= atLimit)) {
    const { rowsRead, seconds } = last;
    const text = {
      en: `The last run that succeeded read ${rowsRead} rows in ${seconds} s; at that speed it takes about ${inSeconds(atPace)} s.`,
      zh: `上一次成功的运行在 ${seconds} 秒内读取 ${rowsRead} 行；按此速度约需 ${inSeconds(atPace)} 秒。`,
    };
    return { ...known, seconds: atPace, secondsBasis: 'last_run', lastRun: planned.lastRun, text };
  }
  if (atLimit !== null) {
    const text = {
      en: `The job's own rate limit makes it take at least ${inSeconds(atLimit)} s.`,
      zh: `受作业自身的速率限制，至少需要 ${inSeconds(atLimit)} 秒。`,
    };
    return { ...known, seconds: atLimit, secondsBasis: 'rate_limit', lastRun: null, text };
  }
  const text =
    last === null
      ? {
          en: 'No run of this job has succeeded yet, so nothing is known of its time.',
          zh: '该作业尚无成功的运行，无法估计所需时间。',
        }
      : {
          en: 'Nobody knows how many rows there are, so nothing is known of the time.',
          zh: '行数未知，无法估计所需时间。',
        };
  return { ...known, seconds: null, secondsBasis: 'unknown', lastRun: null, text };
}

/** Of an entire-database job: the tables of the page, and only where the page has all of them. */
function sizesOf({ tables, total }: PlannedRun): {
  readonly rowsEstimate: number | null;
  readonly bytesEstimate: number | null;
  readonly basis: EstimateBasis | null;
} {
  const nothing = { rowsEstimate: null, bytesEstimate: null, basis: null };
  if (tables === null || tables.length < total) return nothing;
  const sum = (pick: (table: PlannedTable) => number | null): number | null =>
    tables.reduce((so: number | null, table) => {
      const more = pick(table);
      return so === null || more === null ? null : so + more;
    }, 0);
  const rowsEstimate = sum(({ table, preview }) => preview?.totals?.rowsEstimate ?? table.rowsEstimate);
  const bytesEstimate = sum(({ preview }) => preview?.totals?.bytesEstimate ?? null);
  return rowsEstimate === null && bytesEstimate === null
    ? nothing
    : { rowsEstimate, bytesEstimate, basis: 'statistics' };
}

/** How fast a run was; null: it moved nothing, or its times are not on record. */
function paceOf({ counts, startedAt, endedAt }: RunRecord): {
  readonly rowsRead: number;
  readonly seconds: number;
  readonly rowsPerSecond: number;
} | null {
  if (startedAt === null || endedAt === null || endedAt <= startedAt || counts.rowsRead === 0) return null;
  const seconds = (endedAt - startedAt) / 1_000;
  return { rowsRead: counts.rowsRead, seconds, rowsPerSecond: counts.rowsRead / seconds };
}

function over(amount: number | null, perSecond: number | null): number | null {
  return amount === null || perSecond === null || perSecond <= 0 ? null : amount / perSecond;
}

function longest(seconds: readonly (number | null)[]): number | null {
  const known = seconds.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** At least one: what is shorter is told nobody to the point. */
function inSeconds(seconds: number): number {
  return Math.max(1, Math.round(seconds));
}
