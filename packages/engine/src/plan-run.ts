import type { Sink, SinkAgreement, Source, SourceOffer } from '@sluice/core/connector/contract';
import type { Column, TableShape } from '@sluice/core/data/column';
import { fixWindow, windowed, windowWarnings } from './read-window.ts';
import { pickColumn } from './shape/pick-column.ts';
import type { PlanWay, RunPlan, RunWork } from './work.ts';

/** Plans a run; an incremental one for the window that is fixed here. @throws as `planRun`; what a window may be refused for. */
export async function planWork(work: RunWork, source: Source, sink: Sink): Promise<RunPlan> {
  if (work.watermark === undefined) return await planRun(work, source, sink);
  const window = await fixWindow(source, work.watermark);
  const planned = await planRun(work, windowed(source, window), sink);
  return { ...planned, window, warnings: [...planned.warnings, ...windowWarnings(window)] };
}

/**
 * Makes the plan of a run: columns, wire form, slices. Looks at both ends and changes neither.
 * @throws Cdm.0926 a named column is missing; whatever the connectors find.
 */
export async function planRun(work: RunWork, source: Source, sink: Sink): Promise<RunPlan> {
  const shape = await source.describe();
  const isTolerant = work.dirty !== undefined;
  const agreed = await agree(work, shape, source, sink);
  const { agreement } = agreed;
  const slices = await source.split(shape, work.extractors);
  return {
    way: wayOf(agreed.offer, agreement),
    target: {
      runKey: work.runKey,
      sourceColumns: agreed.columns,
      sourcePrimaryKey: shape.primaryKey,
      columnNames: agreement.columnNames,
      form: agreed.projection.form,
      ...(isTolerant && { isTolerant }),
    },
    projection: isTolerant ? { ...agreed.projection, isTolerant } : agreed.projection,
    ...(agreed.shape === undefined ? {} : { shape: agreed.shape }),
    reason: isTolerant && agreed.shape === undefined ? tolerantReason : agreed.reason,
    warnings: agreement.warnings,
    losses: agreement.losses ?? [],
    slices,
    // Of several slices nothing can be said before they begin.
    ...(slices.length === 1 && {
      consistency: { kind: 'one snapshot', reason: 'one statement reads all rows' } as const,
    }),
  };
}

/** Why a run that sets rows aside moves values, for people. */
const tolerantReason = 'rows that cannot be written are set aside one by one, which needs their values';

function offerOf(offer: SourceOffer, isTolerant: boolean): SourceOffer {
  return isTolerant ? { ...offer, forms: ['rows'] } : offer;
}

/** What both ends agreed on: what is read, what is written, and what happens to it in between. */
interface Agreed extends Pick<RunPlan, 'projection' | 'shape' | 'reason'> {
  readonly offer: SourceOffer;
  readonly agreement: SinkAgreement & { readonly columnNames: readonly string[] };
  /** As the sink gets them. */
  readonly columns: readonly Column[];
}

async function agree(work: RunWork, shape: TableShape, source: Source, sink: Sink): Promise<Agreed> {
  const { mapping, transform } = work;
  const isTolerant = work.dirty !== undefined;
  if (transform === undefined) {
    const columns = mapping.from?.map((name) => pickColumn(shape, name)) ?? shape.columns;
    const offer = offerOf(source.offer(shape, columns), isTolerant);
    const agreement = await sink.agree(offer, mapping.to);
    const { projection, reason } = agreement;
    return { offer, agreement, columns, projection, reason };
  }
  const { agreeOnShape, draftShape } = await import('./shape/plan-shape.ts');
  const draft = draftShape(transform, shape, mapping.from);
  const offer = offerOf(source.offer(shape, draft.read), isTolerant);
  const shaped = await agreeOnShape(transform, draft, offer, sink, mapping.to);
  return {
    offer,
    ...shaped,
    projection: { form: 'rows', columns: draft.read.map(({ name }) => ({ name, cast: null })) },
    reason: 'rows: fields are converted or added on the way, which takes their values',
  };
}

function wayOf(offer: SourceOffer, agreement: SinkAgreement): PlanWay {
  if (agreement.projection.form === 'rows') return 'rows';
  return offer.byteFormsBy === undefined && agreement.convertsBytes === undefined ? 'splice' : 'transcode';
}
