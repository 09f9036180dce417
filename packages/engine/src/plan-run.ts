import type { Sink, SinkAgreement, Source, SourceOffer } from '@sluice/core/connector/contract';
import type { Column, TableShape } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { PlanWay, RunPlan, RunWork } from './work.ts';

/**
 * Makes the plan of a run: columns, wire form, slices. Looks at both ends and changes neither.
 * @throws Cdm.0926 a named column is missing; whatever the connectors find.
 */
export async function planRun(work: RunWork, source: Source, sink: Sink): Promise<RunPlan> {
  const shape = await source.describe();
  const columns = pickColumns(shape, work.mapping.from);
  const offer = source.offer(shape, columns);
  const agreement = await sink.agree(offer, work.mapping.to);
  const slices = await source.split(shape, work.extractors);
  return {
    way: wayOf(offer, agreement),
    target: {
      runKey: work.runKey,
      sourceColumns: columns,
      sourcePrimaryKey: shape.primaryKey,
      columnNames: agreement.columnNames,
      form: agreement.projection.form,
    },
    projection: agreement.projection,
    reason: agreement.reason,
    warnings: agreement.warnings,
    losses: agreement.losses ?? [],
    slices,
    // Of several slices nothing can be said before they begin.
    ...(slices.length === 1 && {
      consistency: { kind: 'one snapshot', reason: 'one statement reads all rows' } as const,
    }),
  };
}

function wayOf(offer: SourceOffer, agreement: SinkAgreement): PlanWay {
  if (agreement.projection.form === 'rows') return 'rows';
  return offer.byteFormsBy === undefined && agreement.convertsBytes === undefined ? 'splice' : 'transcode';
}

/** Columns by name: exact first, then without regard to case. */
function pickColumns(shape: TableShape, names: readonly string[] | null): readonly Column[] {
  if (names === null) return shape.columns;
  return names.map((name) => {
    const found =
      shape.columns.find((column) => column.name === name) ??
      shape.columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
    if (found === undefined) {
      throw new SluiceError('Cdm.0926', { cause: `table ${shape.table} has no column ${name}` });
    }
    return found;
  });
}
