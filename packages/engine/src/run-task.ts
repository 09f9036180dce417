import type { Host, Sink, Snapshots, Source } from '@sluice/core/connector/contract';
import type { ConnectorRegistry } from '@sluice/core/connector/registry';
import { addCounts, zeroCounts } from '@sluice/core/data/slice';
import { SnapshotLost } from '@sluice/core/errors/sluice-error';
import { compareRun, planRunComparison } from './compare/compare-run.ts';
import { copySlice } from './copy-slice.ts';
import { inspectLink } from './inspect-link.ts';
import type { KeptEnds } from './kept-ends.ts';
import { type Paced, paced } from './paced-source.ts';
import { planWork } from './plan-run.ts';
import { previewRun } from './preview-run.ts';
import { windowed } from './read-window.ts';
import { replayRows } from './replay-rows.ts';
import type {
  DestinationTotals,
  DestinationWork,
  Ledger,
  RunPlan,
  RunWork,
  Task,
  TaskKind,
  TaskResults,
} from './work.ts';

export interface TaskTools {
  readonly registry: ConnectorRegistry;
  /** The connections of earlier tasks of the same run, and the place for those of this one. */
  readonly kept: KeptEnds;
  readonly host: Host;
  readonly ledger: Ledger;
}

/**
 * Carries out one task. Its connections are kept for the run's next one, or closed before it rejects.
 * @returns the answer that `TaskResults` names for the task's kind.
 */
export async function runTask(task: Task, tools: TaskTools): Promise<TaskResults[TaskKind]> {
  const { registry, kept, host, ledger } = tools;
  switch (task.kind) {
    case 'check': {
      const connection = await registry.get(task.connector).open(task.link, host);
      try {
        return await connection.check();
      } finally {
        await connection.close();
      }
    }
    case 'inspect':
      return await inspectLink(task, registry, host);
    case 'plan':
      return await kept.use(task.work, 'data', host, ({ source, sink }) => planWork(task.work, source, sink));
    case 'preview':
      return await previewRun(task, registry, host);
    case 'snapshot':
      return await kept.use(task.work, 'keeper', host, async ({ source, hold }) => {
        if (source.snapshots === undefined) return { refusal: 'the source cannot hold a moment' };
        const answer = await source.snapshots.take();
        if ('snapshot' in answer) hold();
        return answer;
      });
    case 'hold':
      return await kept.use(task.work, 'keeper', host, ({ source }) => snapshotsOf(source).hold());
    case 'settle':
      return await kept.use(task.work, 'keeper', host, async ({ source }) => {
        await snapshotsOf(source).settle();
        return null;
      });
    case 'ready':
    case 'join':
      return await kept.use(task.work, 'data', host, async ({ source, hold }) => {
        if (task.kind === 'ready') await snapshotsOf(source).ready();
        else await snapshotsOf(source).join(task.snapshot);
        hold();
        return null;
      });
    case 'slice':
      return await kept.use(task.work, 'data', host, async ({ source, sink }) =>
        copySlice(task.plan, task.slice, {
          ...(await shaped(
            slowedDown(windowed(source, task.plan.window), ledger, task.work),
            task.plan,
            source,
            host,
          )),
          sink,
          signal: host.signal,
          snapshot: task.snapshot,
          isRepeated: task.isRepeated,
          dirty: task.work.dirty,
        }),
      );
    case 'prepare':
      return await atDestination(task.work, tools, async (sink) => {
        await sink.prepare(task.plan.target, task.isRepeated);
        return null;
      });
    case 'replay': {
      const { plan, rows, unmade, isRepeated } = task;
      return await atDestination(task.work, tools, (sink) =>
        replayRows(plan.target, { rows, unmade }, { sink, ledger, signal: host.signal, isRepeated }),
      );
    }
    case 'verify':
      return await atDestination(task.work, tools, async (sink): Promise<DestinationTotals> => {
        const checkpoints = await sink.checkpoints(task.plan.target);
        let counts = zeroCounts;
        let completeSlices = 0;
        for (const checkpoint of checkpoints.values()) {
          counts = addCounts(counts, checkpoint.counts);
          if (checkpoint.isComplete) completeSlices++;
        }
        return { completeSlices, counts };
      });
    case 'checkpoints':
      return await atDestination(task.work, tools, async (sink) => [
        ...(await sink.checkpoints(task.plan.target)),
      ]);
    case 'finish':
      return await atDestination(task.work, tools, async (sink) => {
        await sink.finish(task.plan.target, task.outcome);
        return null;
      });
    case 'comparison':
      return await kept.use(task.work, 'data', host, ({ source, sink }) =>
        planRunComparison(task, { source: windowed(source, task.plan.window), sink }),
      );
    case 'compare':
      return await kept.use(task.work, 'data', host, ({ source, sink }) =>
        compareRun(task, { source: windowed(source, task.plan.window), sink }, host.signal),
      );
  }
}

/** @param connected the source that the run's connections are kept of: what expressions keep lives as long. */
async function shaped(paced: Paced, { shape }: RunPlan, connected: Source, host: Host): Promise<Paced> {
  if (shape === undefined) return paced;
  // Most runs have no use for a language.
  const { shapedSource } = await import('./shape/shaped-source.ts');
  return { ...paced, source: shapedSource(paced.source, shape, connected, host) };
}

function slowedDown(source: Source, ledger: Ledger, { rateLimit }: RunWork): Paced {
  return rateLimit === undefined ? { source, ledger } : paced(source, ledger, rateLimit);
}

/** Works at the destination: on the run's kept connections, or with nothing but the destination known, on one of its own. */
async function atDestination<T>(
  work: DestinationWork | RunWork,
  { registry, kept, host }: TaskTools,
  action: (sink: Sink) => Promise<T>,
): Promise<T> {
  if ('from' in work) return await kept.use(work, 'data', host, ({ sink }) => action(sink));
  const { connector, link, options } = work.to;
  const connection = await registry.get(connector).open(link, { ...host, end: 'destination' });
  try {
    return await action(connection.sink(options));
  } finally {
    await connection.close();
  }
}

function snapshotsOf(source: Source): Snapshots {
  if (source.snapshots === undefined) throw new SnapshotLost('this source takes none');
  return source.snapshots;
}
