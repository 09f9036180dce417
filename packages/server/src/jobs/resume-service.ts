import { isDeepStrictEqual } from 'node:util';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { isSamePlace } from '../planner/self-copy.ts';
import { runLimits } from '../runs/limits.ts';
import { notResumable, notResumableTexts } from '../runs/resume-check.ts';
import type { RunService } from '../runs/run-service.ts';
import { isActiveState, type JobRecord, type LinkPlace, type RunRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';

export interface ResumeServiceDeps {
  readonly store: Store;
  readonly runs: Pick<RunService, 'resume' | 'retryTables'>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Which run is to be carried on, and by whom. */
export interface ResumeCall {
  readonly projectId: string;
  readonly clusterId: string;
  /** Of the job. */
  readonly name: string;
  /** Id of the run, or its submission number. */
  readonly runId: string;
  readonly user: string;
}

/** Where the two links of a run led. */
interface Places {
  readonly fromLink: LinkPlace | null;
  readonly toLink: LinkPlace | null;
}

/** Carries on the newest runs of jobs, which failed or were stopped. */
export class ResumeService {
  readonly #deps: ResumeServiceDeps;

  constructor(deps: ResumeServiceDeps) {
    this.#deps = deps;
  }

  /**
   * A new run goes on behind what is committed; of an entire-database job it moves the tables that were not moved. Resolves when
   * it is stored.
   * @throws Cdm.0054 (400) no such job; Cdm.0056 (404) no such run; Cdm.0052 it is running; Cdm.0060 a link is disabled;
   * Cdm.0056 the run cannot be carried on, with the reason; what the destination answers.
   */
  async resume(call: ResumeCall): Promise<RunRecord> {
    const { store, runs, now } = this.#deps;
    const { job, run } = await this.#carriedOn(call);
    if (job.type === 'BATCH_JOB') return await this.#retry(call, job, run, true);
    const { projectId, user } = call;
    if (run.plan === null || !run.isPrepared) throw notResumable(job, notResumableTexts.unplanned);
    const trace = await store.traces.find(run.id);
    if (trace?.state !== 'kept' || trace.dueAt <= now()) throw notResumable(job, notResumableTexts.over);
    if (!(await this.#isSameWay(job, run, trace))) throw notResumable(job, notResumableTexts.changed);
    requireSamePlan(job, run);
    return runs.resume({ projectId, job, run, user });
  }

  /**
   * Moves the tables of an entire-database job that were not moved; resolves when the new run is stored.
   * @param keepsCommitted tables of which rows are committed go on behind these; false: they are moved from their beginning.
   * @throws as `resume`.
   */
  async retryTables(call: ResumeCall, keepsCommitted: boolean): Promise<RunRecord> {
    const { job, run } = await this.#carriedOn(call);
    return await this.#retry(call, job, run, keepsCommitted);
  }

  async #retry(
    { projectId, user }: ResumeCall,
    job: JobRecord,
    run: RunRecord,
    keepsCommitted: boolean,
  ): Promise<RunRecord> {
    const { runs, now } = this.#deps;
    if (run.batch === null || job.type !== 'BATCH_JOB') throw notResumable(job, notResumableTexts.unplanned);
    // What its tables left at their destinations is not kept for longer.
    const endedAt = run.endedAt ?? run.updatedAt;
    if (endedAt + runLimits.resumeWindowMs <= now()) throw notResumable(job, notResumableTexts.over);
    if (!(await this.#isSameWay(job, run, run.batch))) throw notResumable(job, notResumableTexts.changed);
    if (keepsCommitted) requireSamePlan(job, run);
    return await runs.retryTables({ projectId, job, run, user, keepsCommitted });
  }

  /** The job and the run that is meant: its newest, which has ended and did not succeed. */
  async #carriedOn({ clusterId, name, runId }: ResumeCall): Promise<{ job: JobRecord; run: RunRecord }> {
    const { store } = this.#deps;
    const job = await store.jobs.find(clusterId, name);
    if (job === null) throw new SluiceError('Cdm.0054', { job: name }, { status: 400 });
    const latest = await store.runs.latest(clusterId, name);
    // Runs are found by name; one of an earlier job of this name is not this job's.
    const newest = latest?.jobId === job.id ? latest : null;
    const run = newest !== null && isCalled(newest, runId) ? newest : await this.#runOf(job, runId);
    if (newest !== null && isActiveState(newest.state)) throw new SluiceError('Cdm.0052', { job: name });
    if (run.id !== newest?.id) throw notResumable(job, notResumableTexts.superseded);
    if (run.state === 'succeeded') throw notResumable(job, notResumableTexts.succeeded);
    return { job, run };
  }

  async #runOf(job: JobRecord, runId: string): Promise<RunRecord> {
    const { store } = this.#deps;
    const run = /^\d{1,15}$/.test(runId)
      ? await store.runs.findBySubmission(job.clusterId, Number(runId))
      : await store.runs.find(runId);
    if (run !== null && run.jobId === job.id && run.clusterId === job.clusterId) {
      if (run.parentRunId === null) return run;
      throw notResumable(job, notResumableTexts.part);
    }
    throw notResumable(job, notResumableTexts.absent, 404);
  }

  /** Whether the job still reads and writes what the run did: connectors, options, and where its links lead. */
  async #isSameWay(job: JobRecord, run: RunRecord, places: Places): Promise<boolean> {
    const isSameEnd = async (linkName: string, place: LinkPlace | null): Promise<boolean> => {
      const link = await this.#deps.store.links.find(job.clusterId, linkName);
      if (link === null) throw new SluiceError('Cdm.0101', { link: linkName }, { status: 400 });
      if (!link.isEnabled) throw new SluiceError('Cdm.0060', { link: linkName });
      return place !== null && link.id === place.id && isSamePlace(link.options, place.options);
    };
    return (
      job.fromConnector === run.job.fromConnector &&
      job.toConnector === run.job.toConnector &&
      isDeepStrictEqual(job.fromOptions, run.job.fromOptions) &&
      isDeepStrictEqual(job.toOptions, run.job.toOptions) &&
      (await isSameEnd(job.fromLink, places.fromLink)) &&
      (await isSameEnd(job.toLink, places.toLink))
    );
  }
}

/** Settings of a job as a whole that are a part of a run's plan, which a run that goes on keeps. */
const plannedOptions = [
  'transformConfig.trans',
  'throttlingConfig.recordDirtyData',
  'sluiceConfig.watermarkColumn',
  'sluiceConfig.watermarkInitial',
  'sluiceConfig.watermarkUpper',
  'sluiceConfig.watermarkLag',
  'sluiceConfig.watermarkOverlap',
] as const;

/** @throws Cdm.0056 when the job asks for something that the run's plan has otherwise: half of the rows would be by either. */
function requireSamePlan(job: JobRecord, run: RunRecord): void {
  const said = (of: JobRecord | RunRecord['job'], name: string) => of.driverOptions[name] ?? '';
  const changed = plannedOptions.find((name) => !isDeepStrictEqual(said(job, name), said(run.job, name)));
  if (changed !== undefined) throw notResumable(job, notResumableTexts.planned(changed));
}

/** Whether a caller means this run: by its id or its submission number. */
function isCalled(run: RunRecord, runId: string): boolean {
  return run.id === runId || String(run.submissionId) === runId;
}
