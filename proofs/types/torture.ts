import type { Connection, Sink, Source } from '@sluice/core/connector/contract';
import type { Loss } from '@sluice/core/data/loss';
import type { Slice } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { copySlice } from '@sluice/engine/copy-slice';
import { planRun } from '@sluice/engine/plan-run';
import type { Ledger, RunPlan, RunWork } from '@sluice/engine/work';
import type { TorturedColumn } from './columns.ts';
import type { Dressing, End, Lane } from './ends.ts';

/** A column of a source and the type of the column that it goes into. */
export interface Pairing {
  readonly column: TorturedColumn;
  /** Table of the source. */
  readonly from: string;
  readonly to: string;
  /** Type of a column that exists; null: the table is created by the job. */
  readonly into: string | null;
  readonly lane: Lane;
}

/** What became of one pairing. */
export interface Outcome {
  readonly pairing: Pairing;
  /** `pgcopy-binary` or `rows`; null: the plan refused the pair. */
  readonly form: string | null;
  /** Why the plan refused the pair; null: it did not. */
  readonly planRefusal: string | null;
  readonly losses: readonly Loss[];
  /** Why rows were refused, by their number. */
  readonly refusals: ReadonlyMap<number, string>;
}

/** Both ends of jobs, open. */
export interface JobEnds {
  readonly from: End;
  readonly to: End;
  readonly source: Connection;
  readonly sink: Connection;
}

let runs = 0;

function nextRunKey(): string {
  runs += 1;
  return runs.toString(16).padStart(12, '0');
}

const ledger: Ledger = { checkpoint: async () => undefined, progress: () => undefined };

/**
 * Moves a column as a job does, by the engine: all rows in one slice; where a row of it is refused, each row in a slice of its
 * own, so that every refusal has its row.
 * @param dress changes the source, for lanes and planted bugs.
 */
export async function moveColumn(ends: JobEnds, pairing: Pairing, dress: Dressing): Promise<Outcome> {
  const sourceOf = (condition: string | null): Source =>
    dress(
      ends.source.source({
        'fromJobConfig.schemaName': ends.from.schema,
        'fromJobConfig.tableName': pairing.from,
        ...(condition === null ? {} : { 'fromJobConfig.whereClause': condition }),
      }),
    );
  const sink = ends.sink.sink({
    'toJobConfig.schemaName': ends.to.schema,
    'toJobConfig.tableName': pairing.to,
    'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST',
  });
  const source = sourceOf(null);
  let plan: RunPlan;
  try {
    plan = await planRun(newWork(), source, sink);
  } catch (error) {
    return { pairing, form: null, planRefusal: reasonOf(error), losses: [], refusals: new Map() };
  }
  const refusals = new Map<number, string>();
  await sink.prepare(plan.target);
  try {
    const [slice] = plan.slices;
    if (slice === undefined || plan.slices.length > 1) throw new Error('a small table is cut into slices');
    if ((await trySlice(plan, slice, source, sink)) !== null) {
      for (let id = 1; id <= pairing.column.values.length; id++) {
        const refusal = await trySlice(plan, { ...slice, no: id }, sourceOf(`id = ${id}`), sink);
        if (refusal !== null) refusals.set(id, refusal);
      }
    }
  } finally {
    await sink.finish(plan.target, 'publish');
  }
  const { projection, losses = [] } = plan;
  return { pairing, form: projection.form, planRefusal: null, losses, refusals };
}

function newWork(): RunWork {
  const nowhere = { connector: '', link: {}, options: {} };
  return {
    runId: 'torture',
    runKey: nextRunKey(),
    from: nowhere,
    to: nowhere,
    mapping: { from: null, to: null },
    extractors: 1,
  };
}

/** @returns why it was refused; null: it was not. */
async function trySlice(plan: RunPlan, slice: Slice, source: Source, sink: Sink): Promise<string | null> {
  try {
    await copySlice(plan, slice, { source, sink, ledger, signal: new AbortController().signal });
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

/** The reason in the product's own words. @throws what is no refusal: a bug, a lost connection. */
function reasonOf(error: unknown): string {
  if (!(error instanceof SluiceError) || error.retry) throw error;
  const { cause, type, table } = error.facts;
  return `${error.code} ${String(cause ?? type ?? table ?? '')}`;
}
