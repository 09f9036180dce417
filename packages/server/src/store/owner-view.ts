import type { BatchRepository } from './batch-store.ts';
import type { JobRecord, LinkRecord, RunRecord } from './model.ts';
import type { JobRepository, LinkRepository, RunRepository, Store } from './store.ts';

type Repositories = Omit<Store, 'transaction' | 'close'>;

/**
 * The store as one user sees it under user isolation: links and jobs that others made, and the runs of such jobs, are
 * not there. What changes something goes through as it is: whoever changes a thing by its name has found it first.
 * Names stay unique in the cluster, so one that somebody else has taken is refused, as everywhere.
 */
export function ownerView(store: Store, owner: string): Store {
  return {
    ...ownersRepositories(store, owner),
    transaction: (work) => store.transaction((tx) => work(ownersRepositories(tx, owner))),
    close: () => store.close(),
  };
}

function ownersRepositories(store: Repositories, owner: string): Repositories {
  const jobs = ownersJobs(store.jobs, owner);
  return {
    identity: store.identity,
    clusters: store.clusters,
    links: ownersLinks(store.links, owner),
    jobs,
    runs: ownersRuns(store.runs, jobs, owner),
    batches: ownersBatches(store.batches, owner),
    traces: store.traces,
    timers: store.timers,
    audit: store.audit,
    // Names and sizes of groups, and variables, are everybody's.
    groups: store.groups,
    variables: store.variables,
    watermarks: store.watermarks,
    // Found by their runs, which are not everybody's.
    verifications: store.verifications,
    history: {
      search: (clusterId, filter) => store.history.search(clusterId, { ...filter, createdBy: owner }),
    },
    // Whoever asks for them has found their run first.
    rejects: store.rejects,
    replays: store.replays,
  };
}

function ownersLinks(links: LinkRepository, owner: string): LinkRepository {
  const own = (link: LinkRecord | null) => (link?.createdBy === owner ? link : null);
  return {
    create: (link) => links.create(link),
    find: async (clusterId, name) => own(await links.find(clusterId, name)),
    findById: async (id) => own(await links.findById(id)),
    list: async (clusterId) => (await links.list(clusterId)).filter((link) => own(link) !== null),
    count: (clusterId) => links.count(clusterId),
    update: (link) => links.update(link),
    delete: (clusterId, name) => links.delete(clusterId, name),
    usedBy: (clusterId, name) => links.usedBy(clusterId, name),
  };
}

function ownersJobs(jobs: JobRepository, owner: string): JobRepository {
  const own = (job: JobRecord | null) => (job?.createdBy === owner ? job : null);
  return {
    create: (job) => jobs.create(job),
    find: async (clusterId, name) => own(await jobs.find(clusterId, name)),
    findById: async (id) => own(await jobs.findById(id)),
    timedIds: () => jobs.timedIds(),
    largeBytes: (clusterId, aboveBytes, exceptId) => jobs.largeBytes(clusterId, aboveBytes, exceptId),
    list: (clusterId, filter) => jobs.list(clusterId, { ...filter, createdBy: owner }),
    update: (job) => jobs.update(job),
    delete: (clusterId, name) => jobs.delete(clusterId, name),
  };
}

/** Whoever asks for the tables of a run has found the run first. */
function ownersBatches(batches: BatchRepository, owner: string): BatchRepository {
  const own = (run: RunRecord | null) => (run?.job.createdBy === owner ? run : null);
  return {
    storeTables: (runId, tables) => batches.storeTables(runId, tables),
    copyTables: (fromRunId, runId, keepsCommitted) => batches.copyTables(fromRunId, runId, keepsCommitted),
    openTables: (runId, limit) => batches.openTables(runId, limit),
    attach: (runId, no, childRunId) => batches.attach(runId, no, childRunId),
    standing: (runId) => batches.standing(runId),
    tables: (runId, filter) => batches.tables(runId, filter),
    activeChildren: (runId) => batches.activeChildren(runId),
    stopChildren: (runId, user, now) => batches.stopChildren(runId, user, now),
    latestChild: async (clusterId, name) => own(await batches.latestChild(clusterId, name)),
    async childHistory(clusterId, name, limit, offset) {
      if (own(await batches.latestChild(clusterId, name)) === null) return { runs: [], total: 0 };
      const page = await batches.childHistory(clusterId, name, limit, offset);
      return { runs: page.runs.filter((run) => own(run) !== null), total: page.total };
    },
  };
}

function ownersRuns(runs: RunRepository, jobs: JobRepository, owner: string): RunRepository {
  const own = (run: RunRecord | null) => (run?.job.createdBy === owner ? run : null);
  return {
    create: (run) => runs.create(run),
    createResumed: (run, now) => runs.createResumed(run, now),
    find: async (runId) => own(await runs.find(runId)),
    findBySubmission: async (clusterId, id) => own(await runs.findBySubmission(clusterId, id)),
    latest: async (clusterId, jobName) => own(await runs.latest(clusterId, jobName)),
    latestOfMany: async (clusterId, names) =>
      new Map([...(await runs.latestOfMany(clusterId, names))].filter(([, run]) => own(run) !== null)),
    async history(clusterId, jobName, limit, offset) {
      if (jobName === null) return { runs: [], total: 0 };
      // The name of a job that is gone may have been somebody else's by then: only its last owner is told.
      const isOwn =
        (await jobs.find(clusterId, jobName)) !== null || own(await runs.latest(clusterId, jobName)) !== null;
      if (!isOwn) return { runs: [], total: 0 };
      const page = await runs.history(clusterId, jobName, limit, offset);
      return { runs: page.runs.filter((run) => own(run) !== null), total: page.total };
    },
    active: async (clusterId) => (await runs.active(clusterId)).filter((run) => own(run) !== null),
    claimable: (...limits) => runs.claimable(...limits),
    claim: (...order) => runs.claim(...order),
    releaseLeases: (leaseOwner) => runs.releaseLeases(leaseOwner),
    heartbeat: (claim, now, leaseMs) => runs.heartbeat(claim, now, leaseMs),
    change: (claim, change, now) => runs.change(claim, change, now),
    requestStop: (clusterId, jobName, user, now) => runs.requestStop(clusterId, jobName, user, now),
    storePlan: (claim, plan, now) => runs.storePlan(claim, plan, now),
    slices: (runId) => runs.slices(runId),
    checkpoint: (claim, sliceNo, checkpoint, now, effort) =>
      runs.checkpoint(claim, sliceNo, checkpoint, now, effort),
  };
}
