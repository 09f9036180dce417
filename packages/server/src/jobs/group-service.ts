import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { defaultGroup, groupOf, groupOption, isActiveState, type JobRecord } from '../store/model.ts';
import { ownerView } from '../store/owner-view.ts';
import type { Store } from '../store/store.ts';
import { groupLimits } from './group-limits.ts';
import type { JobService } from './job-service.ts';

/** A group with the number of its jobs. */
export interface GroupView {
  readonly name: string;
  readonly isDefault: boolean;
  readonly jobs: number;
}

/** What became of one job when its group was started or stopped. */
export interface GroupOutcome {
  readonly job: string;
  /** The run that was started; null: none was. */
  readonly runId: string | null;
  /** null: done. */
  readonly finding: SluiceError | null;
}

export interface GroupServiceDeps {
  readonly store: Store;
  readonly jobs: Pick<JobService, 'start' | 'stop'>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

type Scope = Omit<Store, 'transaction' | 'close'>;

/** Groups of jobs. Every job is in one; a group that a job names is there from then on. */
export class GroupService {
  readonly #deps: GroupServiceDeps;
  readonly #everyones: GroupService | null;

  /** @param everyones the groups with all their jobs, where this is one user's view of them. */
  constructor(deps: GroupServiceDeps, everyones: GroupService | null = null) {
    this.#deps = deps;
    this.#everyones = everyones;
  }

  /**
   * The same as one user sees it who is kept apart from the others. What others made stays as it is, but that starting a group
   * starts every job in it, as published.
   * @param jobs as that user sees them.
   */
  seenBy(owner: string, jobs: GroupServiceDeps['jobs']): GroupService {
    return new GroupService({ ...this.#deps, store: ownerView(this.#deps.store, owner), jobs }, this);
  }

  /** The default group first, the others by name. */
  async list(clusterId: string): Promise<readonly GroupView[]> {
    const groups = await this.#deps.store.groups.list(clusterId);
    const view = (name: string, jobs: number) => ({ name, isDefault: name === defaultGroup, jobs });
    const stored = groups.find(({ name }) => name === defaultGroup);
    return [
      view(defaultGroup, stored?.jobs ?? 0),
      ...groups.filter(({ name }) => name !== defaultGroup).map(({ name, jobs }) => view(name, jobs)),
    ];
  }

  /** @throws Cdm.0014 for a name that cannot be or is taken. */
  async create(clusterId: string, name: string, user: string): Promise<GroupView> {
    requireGroupName(name);
    const { store, now } = this.#deps;
    if (name === defaultGroup) throw taken(name);
    if ((await store.groups.list(clusterId)).length >= groupLimits.groupsMax) throw tooMany('name');
    const isNew = await store.groups.create({ clusterId, name, createdBy: user, createdAt: now() });
    if (!isNew) throw taken(name);
    return { name, isDefault: false, jobs: 0 };
  }

  /** Gives the group another name, and its jobs with it. @throws Cdm.0014; Cdm.0001 (404) no such group. */
  async rename(clusterId: string, name: string, newName: string, user: string): Promise<GroupView> {
    requireGroupName(newName);
    if (name === defaultGroup) throw fixed();
    const { store, now } = this.#deps;
    return await store.transaction(async (tx) => {
      await requireGroup(tx, clusterId, name);
      const jobs = await jobsOf(tx, clusterId, name);
      if (newName === name) return { name, isDefault: false, jobs: jobs.length };
      if (newName === defaultGroup || (await tx.groups.find(clusterId, newName)) !== null)
        throw taken(newName);
      const at = now();
      await tx.groups.create({ clusterId, name: newName, createdBy: user, createdAt: at });
      for (const job of jobs) await tx.jobs.update(inGroup(job, newName, user, at));
      await tx.groups.delete(clusterId, name);
      return { name: newName, isDefault: false, jobs: jobs.length };
    });
  }

  /**
   * Deletes the group and its jobs. @returns how many jobs.
   * @throws Cdm.0014 the default group; Cdm.0001 (404) no such group; Cdm.0052 one of its jobs runs: then nothing is deleted.
   */
  async delete(clusterId: string, name: string): Promise<number> {
    if (name === defaultGroup) throw fixed();
    return await this.#deps.store.transaction(async (tx) => {
      await requireGroup(tx, clusterId, name);
      // As when one job is deleted: first the timers, which whoever starts a job by them holds before the cluster; behind the
      // lock no job is started any more.
      for (const job of await jobsOf(tx, clusterId, name)) await tx.timers.remove(job.id);
      await tx.clusters.lock(clusterId);
      const jobs = await jobsOf(tx, clusterId, name);
      const runs = await tx.runs.latestOfMany(
        clusterId,
        jobs.map((job) => job.name),
      );
      for (const job of jobs) {
        const run = runs.get(job.name);
        if (run?.jobId === job.id && isActiveState(run.state))
          throw new SluiceError('Cdm.0052', { job: job.name });
      }
      for (const job of jobs) await tx.jobs.delete(clusterId, job.name);
      await tx.groups.delete(clusterId, name);
      return jobs.length;
    });
  }

  /** Moves jobs into a group: all of them or none. @throws Cdm.0001 (404) no such group; Cdm.0100 (400) no such job. */
  async move(clusterId: string, name: string, jobNames: readonly string[], user: string): Promise<GroupView> {
    const { store, now } = this.#deps;
    return await store.transaction(async (tx) => {
      await requireGroup(tx, clusterId, name);
      const at = now();
      for (const jobName of new Set(jobNames)) {
        const job = await tx.jobs.find(clusterId, jobName);
        if (job === null) throw new SluiceError('Cdm.0100', { job: jobName }, { status: 400 });
        if (groupOf(job.driverOptions) !== name) await tx.jobs.update(inGroup(job, name, user, at));
      }
      const { total } = await tx.jobs.list(clusterId, {
        type: null,
        filter: '',
        group: name,
        pageNo: 1,
        pageSize: 1,
      });
      return { name, isDefault: name === defaultGroup, jobs: total };
    });
  }

  /** Starts every job of a group, one after the other; one that cannot be started keeps no other from it. Jobs that the caller may not see are not in the answer. */
  async start(
    projectId: string,
    clusterId: string,
    name: string,
    user: string,
    variables: Readonly<Record<string, string>>,
  ): Promise<readonly GroupOutcome[]> {
    if (this.#everyones !== null) {
      const outcomes = await this.#everyones.start(projectId, clusterId, name, user, variables);
      const own = new Set((await jobsOf(this.#deps.store, clusterId, name)).map((job) => job.name));
      return outcomes.filter(({ job }) => own.has(job));
    }
    return await this.#each(clusterId, name, 1, async (job) => {
      return (await this.#deps.jobs.start(projectId, clusterId, job, user, variables)).id;
    });
  }

  /** Stops every job of a group that runs; the others are left out of the answer. */
  async stop(clusterId: string, name: string, user: string): Promise<readonly GroupOutcome[]> {
    const outcomes = await this.#each(clusterId, name, groupLimits.stopsAtOnce, async (job) => {
      await this.#deps.jobs.stop(clusterId, job, user);
      return null;
    });
    return outcomes.filter(({ finding }) => finding?.code !== 'Cdm.0053');
  }

  async #each(
    clusterId: string,
    name: string,
    atOnce: number,
    action: (job: string) => Promise<string | null>,
  ): Promise<readonly GroupOutcome[]> {
    const { store } = this.#deps;
    await requireGroup(store, clusterId, name);
    const jobs = await jobsOf(store, clusterId, name, groupLimits.startedMax);
    const outcomes: GroupOutcome[] = [];
    const waiting = jobs.map((job, at) => ({ job: job.name, at }));
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { job, at } = next;
        try {
          outcomes[at] = { job, runId: await action(job), finding: null };
        } catch (error) {
          if (!(error instanceof SluiceError)) throw error;
          outcomes[at] = { job, runId: null, finding: error };
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
    return outcomes;
  }
}

/** The group is there: stored, or the default one. */
async function requireGroup(store: Pick<Scope, 'groups'>, clusterId: string, name: string): Promise<void> {
  if (name === defaultGroup || (await store.groups.find(clusterId, name)) !== null) return;
  throw new SluiceError('Cdm.0001', { name }, { status: 404 });
}

async function jobsOf(
  store: Pick<Scope, 'jobs'>,
  clusterId: string,
  group: string,
  max: number = groupLimits.jobsMax,
): Promise<readonly JobRecord[]> {
  const filter = { type: null, filter: '', group, pageNo: 1, pageSize: max + 1 };
  const { jobs } = await store.jobs.list(clusterId, filter);
  if (jobs.length > max) throw tooMany('group_name');
  return jobs;
}

function inGroup(job: JobRecord, group: string, user: string, at: number): JobRecord {
  const driverOptions = { ...job.driverOptions, [groupOption]: group };
  return { ...job, driverOptions, updatedBy: user, updatedAt: at };
}

/** @throws Cdm.0014 */
function requireGroupName(name: string): void {
  // A slash would end the path's part in which the name stands; control characters nobody could type.
  if (name.trim() === name && name !== '' && !/[\p{Cc}/\\]/u.test(name)) return;
  throw new SluiceError('Cdm.0014', {
    name: 'name',
    ...explained({
      en: 'The name of a group has no slashes, no control characters, and no blanks at its ends.',
      zh: '分组名称不能包含斜杠和控制字符，首尾不能有空格。',
    }),
  });
}

function taken(name: string): SluiceError {
  return new SluiceError('Cdm.0014', {
    name: 'name',
    ...explained({ en: `There is a group ${name} already.`, zh: `分组 ${name} 已存在。` }),
  });
}

function fixed(): SluiceError {
  return new SluiceError('Cdm.0014', {
    name: 'group_name',
    ...explained({
      en: `The group ${defaultGroup} can be neither renamed nor deleted.`,
      zh: `分组 ${defaultGroup} 不能重命名或删除。`,
    }),
  });
}

function tooMany(name: string): SluiceError {
  return new SluiceError('Cdm.0014', {
    name,
    ...explained({
      en: `One call takes ${groupLimits.startedMax} jobs to start or stop, ${groupLimits.jobsMax} to change; a cluster has ${groupLimits.groupsMax} groups at most.`,
      zh: `一次调用最多启动或停止 ${groupLimits.startedMax} 个作业、修改 ${groupLimits.jobsMax} 个作业；每个集群最多 ${groupLimits.groupsMax} 个分组。`,
    }),
  });
}
