import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { PlanDesk, PlannedRun, PlanPage } from '../runs/plan-desk.ts';
import type { StartRequest } from '../runs/run-service.ts';
import type { JobRecord } from '../store/model.ts';
import { ownerView } from '../store/owner-view.ts';
import type { Store } from '../store/store.ts';
import { documentLimits, requireSize } from './document-limits.ts';
import type { JobDraft, JobService } from './job-service.ts';
import { requireName } from './names.ts';
import { requireRunnable, type StartCheckDeps, startVariables } from './start-check.ts';

export interface PlanServiceDeps extends StartCheckDeps {
  readonly store: Store;
  readonly jobs: JobService;
  readonly desk: Pick<PlanDesk, 'plan'>;
}

/** What somebody wants to know who has not started the job yet. */
export interface PlanRequest {
  readonly projectId: string;
  readonly clusterId: string;
  /** A stored job by its name, or one as the caller describes it. */
  readonly job: string | JobDraft;
  readonly user: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly page: PlanPage;
  /** Aborts when the caller has gone. */
  readonly gone: AbortSignal;
}

/** A plan; or why the start itself would be refused. */
export type PlanOutcome = { readonly planned: PlannedRun } | RefusedPlan;

export interface RefusedPlan {
  readonly job: JobRecord;
  readonly refused: SluiceError;
  /** Unix milliseconds. */
  readonly at: number;
  readonly zone: string;
}

/** What runs of jobs would do. Nothing of it is stored, and no run is made. */
export class PlanService {
  readonly #deps: PlanServiceDeps;

  constructor(deps: PlanServiceDeps) {
    this.#deps = deps;
  }

  /** The same as one user sees it who is kept apart from the others. */
  seenBy(owner: string, jobs: JobService): PlanService {
    return new PlanService({ ...this.#deps, store: ownerView(this.#deps.store, owner), jobs });
  }

  /**
   * Says what a run of the job would do had it been started now.
   * @throws Cdm.0054 (400) no such job; for one that is described, as `JobService.create`, but its name may be taken;
   * what `PlanDesk.plan` throws.
   */
  async plan({
    projectId,
    clusterId,
    job: of,
    user,
    variables,
    page,
    gone,
  }: PlanRequest): Promise<PlanOutcome> {
    const { store, desk } = this.#deps;
    const job =
      typeof of === 'string' ? await this.#stored(clusterId, of) : await this.#draft(clusterId, of, user);
    let request: StartRequest;
    try {
      await requireRunnable(store, job);
      const kept = await startVariables(this.#deps, projectId, job, variables);
      request = { projectId, job, user, variables: kept, isAuto: false };
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      const { now, zone } = this.#deps;
      return { job, refused: error, at: now(), zone: zone.name };
    }
    return { planned: await desk.plan(request, page, gone) };
  }

  async #stored(clusterId: string, name: string): Promise<JobRecord> {
    const job = await this.#deps.store.jobs.find(clusterId, name);
    if (job === null) throw new SluiceError('Cdm.0054', { job: name }, { status: 400 });
    return job;
  }

  /** A job that would be stored; where one of its name is, it stands in the place of that one and goes on with its watermark. */
  async #draft(clusterId: string, draft: JobDraft, user: string): Promise<JobRecord> {
    const { store, jobs, now } = this.#deps;
    requireName(draft.name);
    requireSize('job', documentLimits.jobBytesMax, draft.from, draft.to, draft.driver);
    const content = await jobs.checked(clusterId, draft);
    const stored = await store.jobs.find(clusterId, draft.name);
    const at = now();
    const made = { id: 0, createdBy: user, createdAt: at };
    return { ...made, ...stored, ...content, clusterId, updatedBy: user, updatedAt: at };
  }
}
