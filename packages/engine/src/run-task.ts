import type { Connection, Host } from '@sluice/core/connector/contract';
import type { ConnectorRegistry } from '@sluice/core/connector/registry';
import { addCounts, zeroCounts } from '@sluice/core/data/slice';
import { copySlice } from './copy-slice.ts';
import { planRun } from './plan-run.ts';
import type { DestinationTotals, Ledger, Task, TaskKind, TaskOf, TaskResults } from './work.ts';

export interface TaskTools {
  readonly registry: ConnectorRegistry;
  readonly host: Host;
  readonly ledger: Ledger;
}

/** A task of a run. */
type RunTask = TaskOf<Exclude<TaskKind, 'check'>>;

/**
 * Carries out one task with connections of its own, which are closed before it resolves or rejects.
 * @returns the answer that `TaskResults` names for the task's kind.
 */
export async function runTask(task: Task, tools: TaskTools): Promise<TaskResults[TaskKind]> {
  const { registry, host, ledger } = tools;
  switch (task.kind) {
    case 'check': {
      const connection = await registry.get(task.connector).open(task.link, host);
      return await closing([connection], () => connection.check());
    }
    case 'plan':
      return await withBothEnds(task, tools, (source, sink) =>
        planRun(task.work, source.source(task.work.from.options), sink.sink(task.work.to.options)),
      );
    case 'slice':
      return await withBothEnds(task, tools, (source, sink) =>
        copySlice(task.plan, task.slice, {
          source: source.source(task.work.from.options),
          sink: sink.sink(task.work.to.options),
          ledger,
          signal: host.signal,
        }),
      );
    case 'prepare':
      return await withDestination(task, tools, async (connection) => {
        await connection.sink(task.work.to.options).prepare(task.plan.target);
        return null;
      });
    case 'verify':
      return await withDestination(task, tools, async (connection): Promise<DestinationTotals> => {
        const checkpoints = await connection.sink(task.work.to.options).checkpoints(task.plan.target);
        let counts = zeroCounts;
        let completeSlices = 0;
        for (const checkpoint of checkpoints.values()) {
          counts = addCounts(counts, checkpoint.counts);
          if (checkpoint.isComplete) completeSlices++;
        }
        return { completeSlices, counts };
      });
    case 'finish':
      return await withDestination(task, tools, async (connection) => {
        await connection.sink(task.work.to.options).finish(task.plan.target, task.outcome);
        return null;
      });
  }
}

async function withBothEnds<T>(
  task: RunTask,
  tools: TaskTools,
  action: (from: Connection, to: Connection) => Promise<T>,
): Promise<T> {
  const { connector, link } = task.work.from;
  const from = await tools.registry.get(connector).open(link, hostOf(task, 'source', tools));
  return await closing([from], () => withDestination(task, tools, (to) => action(from, to)));
}

async function withDestination<T>(
  task: RunTask,
  tools: TaskTools,
  action: (to: Connection) => Promise<T>,
): Promise<T> {
  const { connector, link } = task.work.to;
  const to = await tools.registry.get(connector).open(link, hostOf(task, 'destination', tools));
  return await closing([to], () => action(to));
}

function hostOf(task: RunTask, end: 'source' | 'destination', { host }: TaskTools): Host {
  const isRepeated = 'isRepeated' in task && task.isRepeated === true;
  return { signal: host.signal, log: (line) => host.log(line), end, isRepeated };
}

async function closing<T>(connections: readonly Connection[], action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
  }
}
