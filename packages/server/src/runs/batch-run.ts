import { randomUUID } from 'node:crypto';
import type { Text } from '@sluice/core/data/text';
import type { OptionValues } from '@sluice/core/options/option';
import type { BatchStanding } from '../store/batch-store.ts';
import type { BatchTable, JobRecord, RunFailure, RunRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { tableListOption } from './batch-tables.ts';
import { stoppedBy } from './failure.ts';
import { runLimits } from './limits.ts';
import { queuedRun } from './queued-run.ts';
import { followUp } from './run-aftermath.ts';

type Tx = Omit<Store, 'transaction' | 'close'>;

/** Settings that are the whole job's: none of a table's run. */
const wholeJobGroups = ['schedulerConfig.', 'retryJobConfig.'];

/** Whether a run moves tables by runs of their own. */
export function isBatchParent(run: Pick<RunRecord, 'job' | 'parentRunId'>): boolean {
  return run.job.type === 'BATCH_JOB' && run.parentRunId === null;
}

/** The name of a table's run: as clients put it together. It is no job's, so it may hold what job names may not. */
export function childName(jobName: string, table: string): string {
  return `${jobName}_${table}`;
}

/** Tables that a job moves at once. @param driverOptions with variables filled in. */
export function tablesAtOnce(driverOptions: OptionValues): number {
  const value = Number(driverOptions['throttlingConfig.concurrentSubJobs'] ?? runLimits.tablesAtOnceDefault);
  return Number.isInteger(value) && value >= 1 ? value : runLimits.tablesAtOnceDefault;
}

/**
 * Begins what may be begun of a run whose tables are under way, and ends it with its last table. To be called in the
 * transaction that changed something about its tables, behind the lock of its cluster: so no two of them come at once, the run
 * ends in the transaction of its last table's end, and whoever dies leaves nothing half done.
 * @returns the run as it is then; null: there is none.
 */
export async function advanceBatch(tx: Tx, runId: string, at: number): Promise<RunRecord | null> {
  const run = await tx.runs.find(runId);
  if (run === null || run.batch === null || run.state !== 'running') return run;
  let standing = await tx.batches.standing(runId);
  if (run.stopRequestedBy === null) {
    const limit = run.batch.atOnce;
    while (standing.active < limit && standing.open > 0) {
      for (const table of await tx.batches.openTables(runId, limit - standing.active)) {
        const child = await beginTable(tx, run, table, at);
        await tx.batches.attach(runId, table.no, child.id);
      }
      // What was refused has ended by now and made room.
      standing = await tx.batches.standing(runId);
    }
  }
  const { tables, done, failed, weight, weightDone, counts } = standing;
  const batch = { ...run.batch, tables, done, failed, weight, weightDone };
  const claim = { runId, fence: run.fence };
  const hasEnded = standing.active === 0 && (standing.open === 0 || run.stopRequestedBy !== null);
  if (!hasEnded) return await tx.runs.change(claim, { batch, counts }, at);
  const end = await endOf(tx, run, standing);
  const ended = await tx.runs.change(claim, { batch, counts, endedAt: at, ...end }, at);
  if (ended === null) throw new Error(`run ${runId} could not be ended`);
  await followUp(tx, ended, null, at);
  return ended;
}

async function endOf(
  tx: Tx,
  run: RunRecord,
  { tables, done, failed, open }: BatchStanding,
): Promise<{ readonly state: 'succeeded' | 'failed' | 'stopped'; readonly failure?: RunFailure }> {
  // A stop that came when all was done stopped nothing.
  if (failed === 0 && open === 0) return { state: 'succeeded' };
  const { stopRequestedBy: user } = run;
  if (user !== null) return { state: 'stopped', failure: stoppedBatch(user, done - failed, tables) };
  const { tables: first } = await tx.batches.tables(run.id, {
    states: ['failed', 'rejected', 'stopped'],
    limit: runLimits.failedTablesTold,
    offset: 0,
  });
  const told = first.map(({ table, run: child }) => ({
    name: table.name,
    failure: child?.failure ?? null,
  }));
  return { state: 'failed', failure: failedTables(told, failed, tables) };
}

/**
 * The failure of a run of which some tables failed: their number is exact, their names are as many as can be read.
 * @param told the first of them.
 */
export function failedTables(
  told: readonly { readonly name: string; readonly failure: RunFailure | null }[],
  failed: number,
  tables: number,
): RunFailure {
  // A limit of bad rows is met again the next time, so it is the whole run's only where nothing else failed.
  const isPassing = ({ failure }: (typeof told)[number]) => failure !== null && failure.code !== 'Cdm.0936';
  const code = (told.find(isPassing) ?? told[0])?.failure?.code ?? 'Cdm.0232';
  const more = failed - told.length;
  const names = (comma: string) => told.map(({ name }) => name).join(comma);
  const lines = (language: keyof Text) =>
    told.map(({ name, failure }) => `${name}: ${failure?.summary[language] ?? ''}`);
  const summary = {
    en: `${code} : ${failed} of ${tables} tables failed: ${names(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
    zh: `${code} : ${tables} 张表中有 ${failed} 张失败：${names('、')}${more > 0 ? ` 等` : ''}。`,
  };
  const remedy = {
    en: 'The other tables are complete. Correct what these complain of; then a retry moves the failed tables only.',
    zh: '其余的表已迁移完成。请处理上述问题后重试，重试只迁移失败的表。',
  };
  return {
    code,
    summary,
    details: {
      en: [summary.en, ...lines('en'), remedy.en].join('\n'),
      zh: [summary.zh, ...lines('zh'), remedy.zh].join('\n'),
    },
  };
}

function stoppedBatch(user: string, succeeded: number, tables: number): RunFailure {
  const { code, summary, details } = stoppedBy(user);
  return {
    code,
    summary,
    details: {
      en: `${details.en} ${succeeded} of ${tables} tables were complete by then.`,
      zh: `${details.zh}停止时 ${tables} 张表中已完成 ${succeeded} 张。`,
    },
  };
}

/** Stores the run of one table. */
async function beginTable(tx: Tx, run: RunRecord, table: BatchTable, at: number): Promise<RunRecord> {
  const child = childOf(run, table, at);
  if (table.refusal !== null) {
    // It ends as it begins.
    return await tx.runs.create({ ...child, state: 'failed', endedAt: at, failure: table.refusal });
  }
  const before = table.carriesRunId === null ? null : await tx.runs.find(table.carriesRunId);
  const trace = before === null ? null : await tx.traces.find(before.id);
  if (before?.plan && before.isPrepared && trace?.state === 'kept' && trace.dueAt > at) {
    const { plan, counts, resolved } = before;
    const resumed = { ...child, plan, counts, resolved, isPrepared: true, resumesRunId: before.id };
    return await tx.runs.createResumed(resumed, at);
  }
  const created = await tx.runs.create(child);
  // A fresh run has no use for what earlier ones of its table committed.
  const { clusterId, jobName, jobId } = created;
  await tx.traces.doom({ clusterId, childName: jobName, ofJobId: jobId });
  return created;
}

/** What the run of one table reads and writes: the whole job's settings with the table's name at both ends. */
export function tableEnds(
  { fromOptions, toOptions }: Pick<JobRecord, 'fromOptions' | 'toOptions'>,
  table: string,
): Pick<JobRecord, 'fromOptions' | 'toOptions'> {
  return {
    fromOptions: { ...without(fromOptions, [tableListOption]), 'fromJobConfig.tableName': table },
    toOptions: { ...toOptions, 'toJobConfig.tableName': table },
  };
}

/** The run of one table as it stands in the queue: the job's settings with the table's name at both ends. */
export function childOf(run: RunRecord, table: BatchTable, at: number): Omit<RunRecord, 'submissionId'> {
  const { projectId, job: whole, createdBy: user, variables, isAuto, clockAt } = run;
  const job: JobRecord = {
    ...whole,
    type: 'NORMAL_JOB',
    name: childName(run.jobName, table.name),
    ...tableEnds(whole, table.name),
    driverOptions: without(whole.driverOptions, wholeJobGroups),
  };
  return {
    ...queuedRun({ projectId, job, user, variables, isAuto, clockAt }, at),
    id: randomUUID(),
    parentRunId: run.id,
    attempt: run.attempt,
  };
}

function without(options: OptionValues, prefixes: readonly string[]): OptionValues {
  const kept = Object.entries(options).filter(
    ([name]) => !prefixes.some((prefix) => name.startsWith(prefix)),
  );
  return Object.fromEntries(kept);
}
