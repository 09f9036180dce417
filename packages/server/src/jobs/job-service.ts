import type { ConnectorRegistry } from '@sluice/core/connector/registry';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { isBlank, validateOptions } from '@sluice/core/options/validate';
import { isFilledIn } from '../planner/job-variables.ts';
import { refuseSelfCopy } from '../planner/self-copy.ts';
import { tableEnds } from '../runs/batch-run.ts';
import { JobChanged } from '../runs/queued-run.ts';
import type { RunService } from '../runs/run-service.ts';
import { requireSchedule, setTimer } from '../scheduler/set-timer.ts';
import type { ZoneClock } from '../scheduler/zone-clock.ts';
import {
  isActiveState,
  type JobRecord,
  type JobType,
  type LinkRecord,
  type RunRecord,
} from '../store/model.ts';
import { ownerView } from '../store/owner-view.ts';
import { Conflict, Gone, type HistoryFilter, type JobFilter, type Store } from '../store/store.ts';
import { requireTypeOptions } from './batch-options.ts';
import { BatchService } from './batch-service.ts';
import { checkArchive } from './dirty-options.ts';
import { requireRoomForJob } from './document-limits.ts';
import { driverGroups } from './driver-options.ts';
import { requireSettings } from './job-check.ts';
import { connectorOf, endValues } from './job-ends.ts';
import { requireName } from './names.ts';
import { ResumeService } from './resume-service.ts';
import { requireRunnable, startVariables } from './start-check.ts';

/** A job as a caller describes it. */
export interface JobDraft {
  readonly name: string;
  readonly type: JobType;
  /** null: the link's. */
  readonly fromConnector: string | null;
  readonly fromLink: string;
  readonly toConnector: string | null;
  readonly toLink: string;
  readonly from: OptionValues;
  readonly to: OptionValues;
  readonly driver: OptionValues;
}

/** A job with its newest run; null: never run. */
export interface JobView {
  readonly job: JobRecord;
  readonly run: RunRecord | null;
}

export interface JobServiceDeps {
  readonly store: Store;
  readonly registry: ConnectorRegistry;
  readonly runs: RunService;
  /** By this clock jobs are scheduled. */
  readonly zone: ZoneClock;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** The parts of a store that storing a job needs. */
export type JobScope = Pick<Store, 'links' | 'jobs' | 'timers'>;

export type JobContent = Omit<
  JobRecord,
  'id' | 'clusterId' | 'createdBy' | 'createdAt' | 'updatedBy' | 'updatedAt'
>;

/** Jobs of clusters, and what is asked of their runs. */
export class JobService {
  /** The tables of entire-database jobs. */
  readonly batches: BatchService;
  /** Runs that are carried on. */
  readonly resumes: ResumeService;
  readonly #deps: JobServiceDeps;

  constructor(deps: JobServiceDeps) {
    this.#deps = deps;
    this.batches = new BatchService(deps.store);
    this.resumes = new ResumeService(deps);
  }

  /** The same as one user sees it who is kept apart from the others. */
  seenBy(owner: string): JobService {
    return new JobService({ ...this.#deps, store: ownerView(this.#deps.store, owner) });
  }

  /**
   * Checks and stores a job; never starts it.
   * @throws Cdm.0327 name; Cdm.0104 taken; Cdm.0101 (400) no such link; Cdm.0317 the link has another connector;
   * Cdm.0061 the connector does not read (or write); the option codes; Cdm.0065 its schedule cannot be kept to.
   */
  async create(clusterId: string, draft: JobDraft, user: string): Promise<JobRecord> {
    const { store } = this.#deps;
    const job = await this.#newJob(store, clusterId, draft, user);
    return store.transaction((tx) => this.#storeNew(tx, job)).catch(nameTaken(job.name));
  }

  /** A job as it is to be stored. */
  async #newJob(
    scope: JobScope,
    clusterId: string,
    draft: JobDraft,
    user: string,
  ): Promise<Omit<JobRecord, 'id'>> {
    requireName(draft.name);
    if ((await scope.jobs.find(clusterId, draft.name)) !== null) throw taken(draft.name);
    await requireRoomForJob(scope, clusterId, null, [draft.from, draft.to, draft.driver]);
    const content = await this.checked(clusterId, draft, scope);
    const at = this.#deps.now();
    return { ...content, clusterId, createdBy: user, createdAt: at, updatedBy: user, updatedAt: at };
  }

  /** Stores a new job with its timer. @throws Conflict when its name is taken. */
  async #storeNew(tx: Pick<Store, 'jobs' | 'timers'>, job: Omit<JobRecord, 'id'>): Promise<JobRecord> {
    const created = await tx.jobs.create(job);
    await setTimer(tx, created, this.#deps.zone, created.createdAt);
    return created;
  }

  /**
   * The same in a transaction of the caller's, in which the links may have been made. A refusal changes nothing there.
   * @throws as `create`.
   */
  async createIn(tx: JobScope, clusterId: string, draft: JobDraft, user: string): Promise<JobRecord> {
    return this.#storeNew(tx, await this.#newJob(tx, clusterId, draft, user));
  }

  /** A job, or else the newest run of a table of one, by the name that a status is asked under. @throws as `find`. */
  async findForStatus(clusterId: string, name: string): Promise<JobView | { readonly run: RunRecord }> {
    if ((await this.#deps.store.jobs.find(clusterId, name)) !== null) return await this.find(clusterId, name);
    const run = await this.batches.child(clusterId, name);
    if (run === null) throw missing(name);
    return { run };
  }

  /** @throws Cdm.0100 (400) when there is no such job. */
  async find(clusterId: string, name: string): Promise<JobView> {
    const job = await this.#deps.store.jobs.find(clusterId, name);
    if (job === null) throw missing(name);
    return { job, run: await this.#latest(job) };
  }

  /** One page of jobs by name, each with its newest run; `total` counts all pages. */
  async list(
    clusterId: string,
    filter: JobFilter,
  ): Promise<{ readonly jobs: readonly JobView[]; readonly total: number }> {
    const { store } = this.#deps;
    const { jobs, total } = await store.jobs.list(clusterId, filter);
    const runs = await store.runs.latestOfMany(
      clusterId,
      jobs.map((job) => job.name),
    );
    return { jobs: jobs.map((job) => ({ job, run: ownRun(job, runs.get(job.name) ?? null) })), total };
  }

  /** Puts the draft in place of the job; another name renames it. @throws as `create`; Cdm.0100 (400) no such job; Cdm.0052 it is running. */
  async update(clusterId: string, name: string, draft: JobDraft, user: string): Promise<void> {
    const { store, zone, now } = this.#deps;
    const job = await this.#idle(store, clusterId, name);
    if (draft.name !== job.name) {
      requireName(draft.name);
      if ((await store.jobs.find(clusterId, draft.name)) !== null) throw taken(draft.name);
    }
    await requireRoomForJob(store, clusterId, job.id, [draft.from, draft.to, draft.driver]);
    const content = await this.checked(clusterId, draft);
    const changed = { ...job, ...content, updatedBy: user, updatedAt: now() };
    await store
      .transaction(async (tx) => {
        // First the timer, which whoever starts the job by it holds before the cluster; then a start in this moment comes
        // before all of it, or behind it.
        await setTimer(tx, changed, zone, changed.updatedAt);
        await tx.clusters.lock(clusterId);
        const current = await this.#idle(tx, clusterId, name);
        if (current.id !== job.id) throw new Gone(`job ${name}`);
        await tx.jobs.update(changed);
      })
      .catch(async (error: unknown) => {
        if (error instanceof Conflict) throw taken(draft.name);
        // Whatever the store says of a job that was deleted in this moment.
        const isGone = error instanceof Gone || (await store.jobs.findById(job.id)) === null;
        throw isGone ? missing(name) : error;
      });
  }

  /** @throws Cdm.0100 (400) no such job; Cdm.0052 it is running. */
  async delete(clusterId: string, name: string): Promise<void> {
    await this.#deps.store.transaction(async (tx) => {
      // As in `update`.
      const job = await tx.jobs.find(clusterId, name);
      if (job === null) throw missing(name);
      await tx.timers.remove(job.id);
      await tx.clusters.lock(clusterId);
      await this.#idle(tx, clusterId, name);
      if (!(await tx.jobs.delete(clusterId, name))) throw missing(name);
    });
  }

  /**
   * Starts a run; resolves when the run is stored.
   * @throws Cdm.0054 (400) no such job; Cdm.0055 no job of this type is run; Cdm.0060 a link is disabled; Cdm.0052 it is running;
   * Cdm.0014 a variable that its settings refer to is set nowhere.
   */
  async start(
    projectId: string,
    clusterId: string,
    name: string,
    user: string,
    variables: Readonly<Record<string, string>>,
  ): Promise<RunRecord> {
    const { store, runs } = this.#deps;
    const job = await store.jobs.find(clusterId, name);
    if (job === null) throw notThere(name);
    await requireRunnable(store, job);
    const kept = await startVariables(this.#deps, projectId, job, variables);
    try {
      return await runs.start({ projectId, job, user, variables: kept, isAuto: false });
    } catch (error) {
      // Somebody was faster by this moment; the next look finds the job as it is then, or not at all.
      if (error instanceof JobChanged) return await this.start(projectId, clusterId, name, user, variables);
      throw error instanceof Gone && (await store.jobs.find(clusterId, name)) === null
        ? notThere(name)
        : error;
    }
  }

  /**
   * Makes a job and starts it: both, or nothing.
   * @throws as `create` and `start`.
   */
  async createAndStart(
    projectId: string,
    clusterId: string,
    draft: JobDraft,
    user: string,
  ): Promise<RunRecord> {
    const job = await this.#newJob(this.#deps.store, clusterId, draft, user);
    await requireRunnable(this.#deps.store, job);
    const variables = await startVariables(this.#deps, projectId, job, {});
    return await this.#deps.runs.startNew({ projectId, user, variables, isAuto: false }, (tx) =>
      this.#storeNew(tx, job).catch(nameTaken(job.name)),
    );
  }

  /**
   * Carries on the job's newest run, which failed or was stopped; resolves when the new run is stored.
   * @param runId id of the run, or its submission number.
   * @throws as `ResumeService.resume`.
   */
  async resume(
    projectId: string,
    clusterId: string,
    name: string,
    runId: string,
    user: string,
  ): Promise<RunRecord> {
    return await this.resumes.resume({ projectId, clusterId, name, runId, user });
  }

  /** Stops the run. @throws Cdm.0054 (400) no such job; Cdm.0053 nothing runs. */
  async stop(clusterId: string, name: string, user: string): Promise<void> {
    const { store, runs } = this.#deps;
    if ((await store.jobs.find(clusterId, name)) === null) throw notThere(name);
    await runs.stop(clusterId, name, user);
  }

  /**
   * Runs under a job's name, newest first, also when the job itself is gone, or those of a job's table; `total` counts all pages.
   * @throws Cdm.0100 when neither job nor runs have that name: with status 400 as the published operation answers it.
   */
  async history(
    clusterId: string,
    name: string,
    limit: number,
    offset: number,
  ): Promise<{ readonly runs: readonly RunRecord[]; readonly total: number }> {
    const found = await this.#runs(clusterId, name, limit, offset);
    if (found === null) throw missing(name);
    return found;
  }

  /** The same for our own operation. @throws Cdm.0100 (404). */
  async runs(
    clusterId: string,
    name: string,
    limit: number,
    offset: number,
  ): Promise<{ readonly runs: readonly RunRecord[]; readonly total: number }> {
    const found = await this.#runs(clusterId, name, limit, offset);
    if (found === null) throw new SluiceError('Cdm.0100', { job: name }, { status: 404 });
    return found;
  }

  /** @returns null when neither job nor runs have that name. */
  async #runs(
    clusterId: string,
    name: string,
    limit: number,
    offset: number,
  ): Promise<{ readonly runs: readonly RunRecord[]; readonly total: number } | null> {
    const { store } = this.#deps;
    const found = await store.runs.history(clusterId, name, limit, offset);
    if (found.total > 0 || (await store.jobs.find(clusterId, name)) !== null) return found;
    const ofTable = await this.batches.childHistory(clusterId, name, limit, offset);
    return ofTable.total === 0 ? null : ofTable;
  }

  /** Runs of a cluster over all its jobs, newest first, also of jobs that are gone. */
  async runsOfCluster(clusterId: string, filter: HistoryFilter): Promise<readonly RunRecord[]> {
    return this.#deps.store.history.search(clusterId, filter);
  }

  /** One run of a job, also when the job itself is gone. @throws Cdm.0001 (404) when this job of this cluster has no such run. */
  async run(clusterId: string, name: string, runId: string): Promise<RunRecord> {
    const run = await this.#deps.store.runs.find(runId);
    if (run?.clusterId === clusterId && run.jobName === name) return run;
    throw new SluiceError('Cdm.0001', { name: runId }, { status: 404 });
  }

  async #idle(store: Pick<Store, 'jobs' | 'runs'>, clusterId: string, name: string): Promise<JobRecord> {
    const job = await store.jobs.find(clusterId, name);
    if (job === null) throw missing(name);
    const run = await this.#latest(job, store);
    if (run !== null && isActiveState(run.state)) throw new SluiceError('Cdm.0052', { job: name });
    return job;
  }

  async #latest(job: JobRecord, store: Pick<Store, 'runs'> = this.#deps.store): Promise<RunRecord | null> {
    return ownRun(job, await store.runs.latest(job.clusterId, job.name));
  }

  async #link(clusterId: string, name: string, store: JobScope = this.#deps.store): Promise<LinkRecord> {
    const link = await store.links.find(clusterId, name);
    if (link === null) throw new SluiceError('Cdm.0101', { link: name }, { status: 400 });
    return link;
  }

  /** A draft as it would be stored. @throws as `create`, but for its name. */
  async checked(clusterId: string, draft: JobDraft, store: JobScope = this.#deps.store): Promise<JobContent> {
    const { registry } = this.#deps;
    const [fromLink, toLink] = [draft.fromLink, draft.toLink];
    if (isBlank(fromLink)) throw new SluiceError('Cdm.0238', { name: 'from-link-name' });
    if (isBlank(toLink)) throw new SluiceError('Cdm.0238', { name: 'to-link-name' });
    const fromRecord = await this.#link(clusterId, fromLink, store);
    const toRecord = await this.#link(clusterId, toLink, store);
    const fromConnector = connectorOf(fromRecord, draft.fromConnector, registry);
    const toConnector = connectorOf(toRecord, draft.toConnector, registry);
    const fromGroup = registry.get(fromConnector).from;
    const toGroup = registry.get(toConnector).to;
    if (fromGroup === null) throw new SluiceError('Cdm.0061', { connector: fromConnector });
    if (toGroup === null) throw new SluiceError('Cdm.0061', { connector: toConnector });

    // The other types name their tables by options of their own, so what a table job must have is not asked of them.
    const rules = { isPartial: draft.type !== 'NORMAL_JOB', takesReferences: isFilledIn };
    const fromOptions = endValues(fromGroup, draft.from, rules);
    const toOptions = endValues(toGroup, draft.to, rules);
    refuseSelfCopy(
      { link: fromRecord.options, options: fromOptions },
      { link: toRecord.options, options: toOptions },
    );
    const driverOptions = validateOptions(driverGroups, draft.driver, rules).values;
    requireTypeOptions(
      draft.type,
      { link: fromRecord.options, options: fromOptions },
      { link: toRecord.options, options: toOptions },
      driverOptions,
    );
    if (draft.type === 'BATCH_JOB') {
      // Each table is moved by these settings: what none of them could be moved by is told now, and not by each.
      const ofTable = tableEnds({ fromOptions, toOptions }, 'a table');
      endValues(fromGroup, ofTable.fromOptions, { takesReferences: isFilledIn });
      endValues(toGroup, ofTable.toOptions, { takesReferences: isFilledIn });
    }
    await checkArchive(driverOptions, registry, (name) => this.#link(clusterId, name, store));
    const { zone, now } = this.#deps;
    requireSchedule({ name: draft.name, type: draft.type, driverOptions }, zone);
    requireSettings({ type: draft.type, fromOptions, toOptions, driverOptions }, zone.name, now());
    return {
      name: draft.name,
      type: draft.type,
      fromConnector,
      fromLink,
      toConnector,
      toLink,
      fromOptions,
      toOptions,
      driverOptions,
    };
  }
}

/** Runs are found by name; one of an earlier job of this name is not this job's. */
function ownRun(job: JobRecord, run: RunRecord | null): RunRecord | null {
  return run !== null && run.jobId === job.id ? run : null;
}

/** Turns the store's refusal of a name into the published code; what else was thrown goes through. */
function nameTaken(name: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof Conflict ? taken(name) : error;
  };
}

function taken(job: string): SluiceError {
  return new SluiceError('Cdm.0104', { job });
}

function missing(name: string): SluiceError {
  return new SluiceError('Cdm.0100', { job: name }, { status: 400 });
}

function notThere(name: string): SluiceError {
  return new SluiceError('Cdm.0054', { job: name }, { status: 400 });
}
