import type { Checkpoint } from '@sluice/core/data/slice';
import type { Text } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import type { DestinationWork } from '@sluice/engine/work';
import type { JobRecord, RunRecord, SliceRecord } from '../store/model.ts';
import { runLimits } from './limits.ts';
import { silentListener, type TraceTools, within } from './run-traces.ts';
import { WorkerDied, WorkerStartFailed } from './worker-process.ts';

/** Why a run cannot be carried on. */
export const notResumableTexts = {
  succeeded: { en: 'The run has succeeded.', zh: '该运行已成功。' },
  unplanned: {
    en: 'The run ended before anything was written, so there is nothing to resume: start the job.',
    zh: '该运行在写入任何数据之前已结束，无可续传内容：请直接启动作业。',
  },
  absent: { en: 'The job has no such run.', zh: '该作业没有此运行。' },
  part: {
    en: 'The run moves one table of an entire-database job: resume the run that it is a part of.',
    zh: '该运行只是整库迁移中的一张表：请对其所属的运行续传。',
  },
  superseded: {
    en: 'The job has been started again since this run: only its newest run can be resumed.',
    zh: '该运行之后作业又启动过：只能续传最近一次运行。',
  },
  changed: {
    en: 'The job or one of its links reads from or writes to another place than the run did: start the job.',
    zh: '作业或其连接的源端或目的端与该运行时不同：请直接启动作业。',
  },
  over: {
    en: 'The run left nothing that could be carried on, or the time for it is over: start the job.',
    zh: '该运行没有可续传的内容，或续传期限已过：请直接启动作业。',
  },
  gone: {
    en: "The run's checkpoint table at the destination is gone, so nobody knows which rows are there already: clear the destination and start the job.",
    zh: '目的端的断点表已不存在，无法得知已写入哪些数据：请清理目的表后重新启动作业。',
  },
  foreign: {
    en: "The run's checkpoint table at the destination does not hold what the run committed: clear the destination and start the job.",
    zh: '目的端的断点表与该运行已提交的内容不符：请清理目的表后重新启动作业。',
  },
  planned: (option: string): Text => ({
    en: `${option} was changed since the run was planned, and a run that goes on keeps its plan: set it back, or start the job.`,
    zh: `运行规划之后 ${option} 已被修改，而续传沿用原规划：请改回，或重新启动作业。`,
  }),
} as const;

/** The refusal of a resume. */
export function notResumable(job: Pick<JobRecord, 'name'>, why: Text, status = 400): SluiceError {
  return new SluiceError('Cdm.0056', { job: job.name, ...explained(why) }, { status });
}

/**
 * Asks the destination whether it still holds every checkpoint that the run counted.
 * @throws Cdm.0056 when it does not; Cdm.0037 when no worker could ask; what the destination answers.
 */
export async function requireCheckpoints(
  run: RunRecord,
  work: DestinationWork,
  { store, pool, log }: TraceTools,
): Promise<void> {
  const { job, plan } = run;
  if (plan === null) throw notResumable(job, notResumableTexts.unplanned);
  const task = { kind: 'checkpoints', work, plan: { ...plan, slices: [] } } as const;
  const listener = silentListener(run.id, log);
  const held = await within(runLimits.resumeCheckMs, (signal) => pool.run(task, listener, signal)).catch(
    (error: unknown) => {
      if (error instanceof SluiceError) throw error;
      if (error instanceof Fenced) throw notResumable(job, notResumableTexts.gone);
      const cause =
        error instanceof WorkerDied || error instanceof WorkerStartFailed
          ? error.message
          : `the destination did not answer within ${runLimits.resumeCheckMs / 1_000} s`;
      throw new SluiceError('Cdm.0037', { job: job.name, cause }, { cause: error });
    },
  );
  if (!confirms(new Map(held), await store.runs.slices(run.id))) {
    throw notResumable(job, notResumableTexts.foreign);
  }
}

/** The destination may be ahead of our ledger by a commit whose report was lost, never behind it. */
export function confirms(held: ReadonlyMap<number, Checkpoint>, ledger: readonly SliceRecord[]): boolean {
  const known = new Set(ledger.map((record) => record.no));
  if ([...held.keys()].some((no) => !known.has(no))) return false;
  return ledger.every(({ no, checkpoint: ours }) => {
    if (ours === null) return true;
    const theirs = held.get(no);
    if (theirs === undefined || theirs.sequence < ours.sequence) return false;
    return (
      theirs.sequence > ours.sequence ||
      (theirs.counts.rowsRead === ours.counts.rowsRead &&
        theirs.counts.rowsWritten === ours.counts.rowsWritten &&
        theirs.isComplete === ours.isComplete)
    );
  });
}
