import type { Sink, Source, TargetPlan } from '../connector/contract.ts';
import type { WireForm } from '../data/batch.ts';
import type { Loss } from '../data/loss.ts';
import { type SliceCounts, zeroCounts } from '../data/slice.ts';

export interface CopyResult {
  readonly plan: TargetPlan;
  readonly counts: SliceCounts;
  readonly sliceCount: number;
  readonly warnings: readonly string[];
  readonly losses: readonly Loss[];
}

/**
 * The smallest engine there is: plans, copies slice after slice with one commit each, and publishes.
 * For suites that must not depend on the product's engine.
 * @param forms what the source may offer; `rows` alone forces the slow lane.
 */
export async function copyTable(
  source: Source,
  sink: Sink,
  options: {
    readonly runKey: string;
    readonly sliceCountHint?: number;
    readonly forms?: readonly WireForm[];
  },
): Promise<CopyResult> {
  const shape = await source.describe();
  const offered = source.offer(shape, shape.columns);
  const forms = options.forms;
  const offer =
    forms === undefined
      ? offered
      : { ...offered, forms: offered.forms.filter((form) => forms.includes(form)) };
  const agreement = await sink.agree(offer, null);
  const plan: TargetPlan = {
    runKey: options.runKey,
    sourceColumns: shape.columns,
    sourcePrimaryKey: shape.primaryKey,
    columnNames: agreement.columnNames,
    form: agreement.projection.form,
  };
  const slices = await source.split(shape, options.sliceCountHint ?? 1);
  await sink.prepare(plan);
  let total = zeroCounts;
  for (const slice of slices) {
    const writer = await sink.openWriter(plan, slice);
    try {
      let rows = 0;
      let bytes = 0;
      for await (const batch of source.read(slice, agreement.projection, null)) {
        rows += batch.rowCount;
        bytes += batch.byteCount;
        await writer.write(batch);
      }
      const counts: SliceCounts = {
        rowsRead: rows,
        rowsWritten: rows,
        rowsSkipped: 0,
        bytesRead: bytes,
        bytesWritten: writer.bytesWritten(),
      };
      await writer.commit(counts, null, true);
      total = {
        rowsRead: total.rowsRead + rows,
        rowsWritten: total.rowsWritten + rows,
        rowsSkipped: 0,
        bytesRead: total.bytesRead + bytes,
        bytesWritten: total.bytesWritten + counts.bytesWritten,
      };
    } finally {
      await writer.close();
    }
  }
  await sink.finish(plan, 'publish');
  return {
    plan,
    counts: total,
    sliceCount: slices.length,
    warnings: agreement.warnings,
    losses: agreement.losses ?? [],
  };
}
