import type { Sink, Source } from '@sluice/core/connector/contract';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { TaskOf } from '../work.ts';
import { compareChunk } from './compare-chunk.ts';
import type { ChunkOutcome, PlannedComparison } from './comparison-work.ts';
import { planComparison } from './plan-comparison.ts';

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
  // Set by runs whose fields are converted or added on the way: absent in plans of others.
  if ('shape' in plan && plan.shape !== undefined) {
    return {
      notComparable: {
        en: 'Fields are converted or added on the way: what is written is not what was read.',
        zh: '字段在迁移过程中被转换或新增：写入的内容与读取的不同。',
      },
    };
  }
  if (source.comparer === undefined || sink.comparer === undefined) {
    return {
      notComparable: {
        en: 'What the job reads is not a table, or one of the two systems cannot compare.',
        zh: '作业读取的不是表，或两端系统之一不支持数据比较。',
      },
    };
  }
  if (plan.shape !== undefined) {
    return {
      notComparable: {
        en: 'The job converts or adds fields, so that its rows are not those of the source.',
        zh: '作业转换或增加了字段，目的端的数据与源端不同。',
      },
    };
  }
  return await planComparison(plan.target, source.comparer, sink.comparer);
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
