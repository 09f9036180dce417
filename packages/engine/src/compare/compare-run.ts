import type { Sink, Source } from '@sluice/core/connector/contract';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { TaskOf } from '../work.ts';
import { compareChunk } from './compare-chunk.ts';
import type { ChunkOutcome, PlannedComparison } from './comparison-work.ts';
import { planComparison } from './plan-comparison.ts';
import { unmadeColumns } from './unmade-columns.ts';

/** Both ends of the run as its connectors have them. */
interface Ends {
  readonly source: Source;
  readonly sink: Sink;
}

/** Says what of a run can be compared, and cuts it into chunks. */
export async function planRunComparison(
  { plan }: TaskOf<'comparison'>,
  { source, sink }: Ends,
): Promise<PlannedComparison> {
  if (source.comparer === undefined || sink.comparer === undefined) {
    return {
      notComparable: {
        en: 'What the job reads is not a table, or one of the two systems cannot compare.',
        zh: '作业读取的不是表，或两端系统之一不支持数据比较。',
      },
    };
  }
  const { target, leftOut } = unmadeColumns(plan);
  const planned = await planComparison(target, source.comparer, sink.comparer);
  if ('notComparable' in planned) return planned;
  return { plan: { ...planned.plan, leftOut: [...leftOut, ...planned.plan.leftOut] } };
}

/** Compares, or repairs, one chunk of a run. */
export async function compareRun(
  { plan, comparison, chunk, snapshot, repair }: TaskOf<'compare'>,
  { source, sink }: Ends,
  signal: AbortSignal,
): Promise<ChunkOutcome> {
  if (source.comparer === undefined || sink.comparer === undefined)
    throw new SluiceError('Cdm.0233', { cause: 'its connector cannot compare' });
  return await compareChunk(comparison, chunk, {
    source: source.comparer,
    destination: sink.comparer,
    snapshot,
    repair,
    target: plan.target,
    signal,
  });
}
