import { planTablesMax } from '@sluice/contract/plan-views';
import type { Finding, StageResult } from '@sluice/core/connector/inspection';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { PreviewWish } from '@sluice/engine/preview-work';
import type { InspectAnswers, RunEnd, RunPreview, TaskKind, TaskOf, TaskResults } from '@sluice/engine/work';
import { plannedTime, type ServiceFacts } from '../planner/job-variables.ts';
import { type ResolvedWork, resolveWork } from '../planner/resolve-work.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { BatchTable, ResolvedSetting, RunFailure, RunRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { childOf } from './batch-run.ts';
import type { TaskPools } from './cluster-pools.ts';
import { failureOf } from './failure.ts';
import { runLimits } from './limits.ts';
import { listTables } from './list-tables.ts';
import { maskedFields } from './masked-fields.ts';
import { queuedRun } from './queued-run.ts';
import type { StartRequest } from './run-service.ts';
import { silentListener, within } from './run-traces.ts';
import { WorkerDied, WorkerStartFailed } from './worker-process.ts';

/** Stands in the statements of a plan where a run has its key. No run has this one: its key is the end of a random id. */
export const planKey = '000000000000';

export interface PlanDeskTools {
  readonly store: Store;
  readonly secrets: SecretBox;
  readonly pools: TaskPools;
  readonly now: () => number;
  readonly service: ServiceFacts;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Which slices, or tables of an entire-database job, are to be shown. */
export interface PlanPage {
  /** The first is 1. */
  readonly pageNo: number;
  readonly pageSize: number;
}

/** One table of an entire-database job. */
export interface PlannedTable {
  readonly table: BatchTable;
  /** null: it is not to be planned, or its turn did not come in time. */
  readonly preview: RunPreview | null;
  /** Why it will not be moved; null: nothing is known that speaks against it. */
  readonly failure: RunFailure | null;
}

/** What a run would do that nobody has started. Holds no secrets. */
export interface PlannedRun {
  /** As it would have stood in the queue; it is stored nowhere. */
  readonly run: RunRecord;
  /** The time that macros were filled in with, Unix milliseconds. */
  readonly clockAt: number;
  readonly zone: string;
  readonly resolved: readonly ResolvedSetting[];
  /** null: it could not be resolved. */
  readonly work: Pick<ResolvedWork, 'extractors' | 'rateLimit' | 'dirty'> | null;
  /** null: it was not asked for, or belongs to many tables. */
  readonly preview: RunPreview | null;
  /** Of an entire-database job, of the page; null: another job, or they cannot be listed. */
  readonly tables: readonly PlannedTable[] | null;
  /** How the links of an entire-database job did. */
  readonly reach: RunPreview['reach'];
  /** Slices or tables on all pages. */
  readonly total: number;
  readonly page: PlanPage;
  /** Why it would not even be planned. */
  readonly refusal: Finding | null;
  /** The newest run of the job that succeeded; null: none is on record. */
  readonly lastRun: RunRecord | null;
  readonly tookMs: number;
}

/** Whoever is one too many is told to come back after this time. */
const pauseToldSeconds = 5;
/** Newest runs of a job among which the last one that succeeded is looked for. */
const runsLookedAt = 20;

/**
 * Plans runs that nobody has started, in worker processes of a lane of their own: by the very task that plans a run, on connections
 * that cannot write. Nothing of it is stored.
 */
export class PlanDesk {
  readonly #tools: PlanDeskTools;
  /** The project of each plan under way. */
  readonly #underWay: string[] = [];

  constructor(tools: PlanDeskTools) {
    this.#tools = tools;
  }

  /**
   * Says what a run would do had it been started now.
   * @param gone aborts when nobody waits for the answer any more: then its work ends too.
   * @throws APIGW.0308 when too many are asked for at once; Cdm.0941 without an answer in time; Cdm.0037 the cluster takes no work.
   */
  async plan(request: StartRequest, page: PlanPage, gone: AbortSignal): Promise<PlannedRun> {
    const { plansMax, plansPerProjectMax } = runLimits;
    const ofProject = this.#underWay.filter((projectId) => projectId === request.projectId).length;
    const limit = ofProject >= plansPerProjectMax ? plansPerProjectMax : plansMax;
    if (limit === plansPerProjectMax || this.#underWay.length >= plansMax) {
      throw new SluiceError('APIGW.0308', { limit, seconds: pauseToldSeconds });
    }
    this.#underWay.push(request.projectId);
    try {
      return await this.#plan(request, page, gone);
    } finally {
      this.#underWay.splice(this.#underWay.indexOf(request.projectId), 1);
    }
  }

  async #plan(request: StartRequest, page: PlanPage, gone: AbortSignal): Promise<PlannedRun> {
    const { store, secrets, service, now } = this.#tools;
    const begin = performance.now();
    const at = now();
    const clockAt = plannedTime(request.variables) ?? at;
    const run: RunRecord = { ...queuedRun(request, at), submissionId: 0, clockAt };
    const done = (more: Partial<PlannedRun>): PlannedRun => ({
      run,
      clockAt,
      zone: service.zone,
      resolved: [],
      work: null,
      preview: null,
      tables: null,
      reach: null,
      total: 0,
      page,
      refusal: null,
      lastRun: null,
      ...more,
      tookMs: Math.round(performance.now() - begin),
    });
    const work = await resolveWork(run, store, secrets, service).catch(findingOf);
    if ('code' in work) return done({ refusal: work });
    const known = { work, resolved: work.resolved, lastRun: await this.#lastRun(run) };
    const isBatch = run.job.type === 'BATCH_JOB';
    const found = isBatch
      ? await this.#tables(run, work, page, gone, begin)
      : await this.#single(run, work, page, gone);
    return done({ ...known, ...found });
  }

  async #single(
    run: RunRecord,
    work: ResolvedWork,
    { pageNo, pageSize }: PlanPage,
    gone: AbortSignal,
  ): Promise<Partial<PlannedRun>> {
    const wish: PreviewWish = {
      sliceOffset: (pageNo - 1) * pageSize,
      sliceLimit: pageSize,
      textCharsMax: runLimits.planCharsMax,
      testMs: runLimits.planTestMs,
    };
    const preview = await this.#preview(run, work, wish, runLimits.planMs, gone);
    return { preview, total: preview.sliceCount };
  }

  async #tables(
    run: RunRecord,
    work: ResolvedWork,
    wanted: PlanPage,
    gone: AbortSignal,
    begin: number,
  ): Promise<Partial<PlannedRun>> {
    const page = { ...wanted, pageSize: Math.min(wanted.pageSize, planTablesMax) };
    const leftMs = () => runLimits.planMs - (performance.now() - begin);
    const reach = await this.#reach(run, work, leftMs(), gone);
    if ([...(reach.source ?? []), ...(reach.destination ?? [])].some(({ state }) => state === 'failed'))
      return { reach, page };
    const listed = await listTables(work, async ({ connector, link }, schema, max) => {
      const question = { what: 'tables', schema, page: { filter: '', offset: 0, limit: max } } as const;
      const task = { kind: 'inspect', connector, link, question } as const;
      const timeMs = Math.min(runLimits.tableListMs, leftMs());
      return (await this.#ask(run.clusterId, task, timeMs, gone)) as InspectAnswers['tables'];
    }).catch(findingOf);
    if ('code' in listed) return { reach, page, refusal: maskedFields(listed, work.secretTexts) };
    const tables: PlannedTable[] = [];
    const offset = (page.pageNo - 1) * page.pageSize;
    for (const table of listed.slice(offset, offset + page.pageSize)) {
      tables.push(await this.#table(run, table, leftMs(), gone));
    }
    return { reach, page, tables, total: listed.length };
  }

  async #table(run: RunRecord, table: BatchTable, leftMs: number, gone: AbortSignal): Promise<PlannedTable> {
    const { store, secrets, service } = this.#tools;
    if (table.refusal !== null) return { table, preview: null, failure: table.refusal };
    if (leftMs < runLimits.planTableMsMin) return { table, preview: null, failure: null };
    const child: RunRecord = { ...childOf(run, table, run.createdAt), submissionId: 0, clockAt: run.clockAt };
    const work = await resolveWork(child, store, secrets, service).catch(findingOf);
    if ('code' in work) return { table, preview: null, failure: failureOf(errorOf(work)) };
    // One slice, so that the right to read it is looked at; none of its text.
    const wish: PreviewWish = { sliceOffset: 0, sliceLimit: 1, textCharsMax: 0, testMs: null };
    const preview = await this.#preview(child, work, wish, leftMs, gone);
    const { refusal } = preview;
    return { table, preview, failure: refusal === null ? null : failureOf(errorOf(refusal)) };
  }

  /** Both links by stages, at once. */
  async #reach(
    { clusterId }: RunRecord,
    { from, to }: ResolvedWork,
    leftMs: number,
    gone: AbortSignal,
  ): Promise<NonNullable<RunPreview['reach']>> {
    const test = async ({ connector, link }: RunEnd): Promise<readonly StageResult[]> => {
      const purpose = { isDestination: false, schema: null };
      const question = { what: 'stages', purpose, timeLimitMs: runLimits.planTestMs } as const;
      const task = { kind: 'inspect', connector, link, question } as const;
      return (await this.#ask(clusterId, task, leftMs, gone)) as InspectAnswers['stages'];
    };
    const [source, destination] = await Promise.all([test(from), test(to)]);
    return { source, destination };
  }

  async #preview(
    { clusterId }: RunRecord,
    { secretTexts, resolved: _, ...work }: ResolvedWork,
    wish: PreviewWish,
    timeMs: number,
    gone: AbortSignal,
  ): Promise<RunPreview> {
    const task = { kind: 'preview', work: { ...work, runKey: planKey }, wish } as const;
    return maskedFields(await this.#ask(clusterId, task, timeMs, gone), secretTexts);
  }

  /** Has a worker do it; always ends in time. */
  async #ask<K extends TaskKind>(
    clusterId: string,
    task: TaskOf<K>,
    timeMs: number,
    gone: AbortSignal,
  ): Promise<TaskResults[K]> {
    try {
      return await within(timeMs, (signal) => this.#run(clusterId, task, signal), gone);
    } catch (error) {
      if (error instanceof WorkerDied || error instanceof WorkerStartFailed) {
        throw new SluiceError('Cdm.0941', { cause: error.message }, { cause: error });
      }
      if (!(error instanceof DOMException && error.name === 'TimeoutError')) throw error;
      const seconds = Math.ceil(timeMs / 1_000);
      throw new SluiceError('Cdm.0941', { cause: `no plan within ${seconds} s` }, { cause: error });
    }
  }

  /** A worker that dies under the question says nothing about the job: a second one is asked. */
  async #run<K extends TaskKind>(
    clusterId: string,
    task: TaskOf<K>,
    signal: AbortSignal,
  ): Promise<TaskResults[K]> {
    const { pools, log } = this.#tools;
    const pool = pools.of(clusterId);
    const listener = silentListener('', (_event, { line }) => log('job.plan', { line }));
    try {
      return await pool.run(task, listener, signal);
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      return await pool.run(task, listener, signal);
    }
  }

  async #lastRun({ clusterId, jobName, jobId }: RunRecord): Promise<RunRecord | null> {
    const { runs } = await this.#tools.store.runs.history(clusterId, jobName, runsLookedAt, 0);
    return runs.find((run) => run.jobId === jobId && run.state === 'succeeded') ?? null;
  }
}

/** What speaks against a run, as plain values. @throws what is no finding but a fault of ours. */
function findingOf(error: unknown): Finding {
  if (error instanceof SluiceError) return { code: error.code, facts: error.facts };
  throw error;
}

function errorOf({ code, facts }: Finding): SluiceError {
  return new SluiceError(code, facts);
}
