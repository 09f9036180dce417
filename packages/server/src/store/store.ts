import type { Checkpoint, SliceCounts } from '@sluice/core/data/slice';
import type { RunPlan } from '@sluice/engine/work';
import type { AuditRepository } from './audit-event.ts';
import type { BatchRepository } from './batch-store.ts';
import type {
  AccessKeyRecord,
  BatchSummary,
  ClusterRecord,
  DomainRecord,
  DueTimer,
  JobGroupRecord,
  JobRecord,
  JobType,
  LinkRecord,
  ProjectRecord,
  ResolvedSetting,
  RoleAssignment,
  RunFailure,
  RunRecord,
  RunState,
  SliceEffort,
  SliceRecord,
  TimerRecord,
  TokenRecord,
  TraceRecord,
  UserRecord,
  VariableRecord,
  VariableScope,
  WatermarkRecord,
} from './model.ts';
import type { RejectRepository, ReplayRepository } from './reject-record.ts';
import type { VerificationRepository } from './verification-record.ts';

/** What every repository promises: a method that changes something resolves when the change is durable (synced), or rejects and nothing changed. */
export interface Store {
  readonly identity: IdentityRepository;
  readonly clusters: ClusterRepository;
  readonly links: LinkRepository;
  readonly jobs: JobRepository;
  readonly runs: RunRepository;
  readonly batches: BatchRepository;
  readonly traces: TraceRepository;
  readonly timers: TimerRepository;
  readonly audit: AuditRepository;
  readonly groups: GroupRepository;
  readonly variables: VariableRepository;
  readonly history: HistoryRepository;
  readonly rejects: RejectRepository;
  readonly replays: ReplayRepository;
  readonly watermarks: WatermarkRepository;
  readonly verifications: VerificationRepository;
  /**
   * All of `work`'s changes or none. Not nestable: inside it only the store handed to `work` may be used.
   * Let what rejects inside go through: after a failed statement the transaction may not be able to go on.
   */
  transaction<T>(work: (store: Omit<Store, 'transaction' | 'close'>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A name or another unique member is taken; thrown by `create` and `update` methods. Callers translate it into their error code. */
export class Conflict extends Error {
  readonly what: string;
  constructor(what: string) {
    super(`${what} exists already`);
    this.name = 'Conflict';
    this.what = what;
  }
}

/** What was to be changed is not there (any more); thrown by `update` methods, and by `runs.create` without its cluster. */
export class Gone extends Error {
  readonly what: string;
  constructor(what: string) {
    super(`${what} does not exist`);
    this.name = 'Gone';
    this.what = what;
  }
}

/** A run cannot be carried on (any more); thrown by `runs.createResumed`. */
export class NotResumable extends Error {
  constructor(runId: string) {
    super(`run ${runId} cannot be resumed`);
    this.name = 'NotResumable';
  }
}

export interface IdentityRepository {
  createDomain(domain: DomainRecord): Promise<void>;
  findDomain(by: { readonly id: string } | { readonly name: string }): Promise<DomainRecord | null>;
  listDomains(): Promise<readonly DomainRecord[]>;
  createProject(project: ProjectRecord): Promise<void>;
  findProject(
    by: { readonly id: string } | { readonly name: string; readonly domainId: string },
  ): Promise<ProjectRecord | null>;
  /** The oldest first: that is the default project. */
  listProjects(domainId: string): Promise<readonly ProjectRecord[]>;
  /** Changes description and state; the name stays. @throws Gone */
  updateProject(project: ProjectRecord): Promise<void>;
  createUser(user: UserRecord): Promise<void>;
  /** Changes password and state; the name stays. @throws Gone */
  updateUser(user: UserRecord): Promise<void>;
  findUser(
    by: { readonly id: string } | { readonly name: string; readonly domainId: string },
  ): Promise<UserRecord | null>;
  listUsers(domainId: string): Promise<readonly UserRecord[]>;
  rolesOf(userId: string): Promise<readonly RoleAssignment[]>;
  /** Roles of every user of the account. */
  listRoles(domainId: string): Promise<readonly RoleAssignment[]>;
  /** Sets the user's role in a scope, in place of what it was. */
  putRole(assignment: RoleAssignment): Promise<void>;
  /** @returns false when there was none. */
  removeRole(userId: string, scope: string): Promise<boolean>;
  /** In a transaction: whoever else asks for the same account waits until it ends, so that roles are changed one after the other. */
  lockRoles(domainId: string): Promise<void>;
  createAccessKey(key: AccessKeyRecord): Promise<void>;
  /** Oldest first. */
  listAccessKeys(userId: string): Promise<readonly AccessKeyRecord[]>;
  /** Switches a key on or off. @throws Gone */
  updateAccessKey(key: AccessKeyRecord): Promise<void>;
  findAccessKey(ak: string): Promise<AccessKeyRecord | null>;
  createToken(token: TokenRecord): Promise<void>;
  findToken(hash: string): Promise<TokenRecord | null>;
  /** @returns how many. */
  deleteTokensOf(userId: string): Promise<number>;
  /** Removes tokens and temporary keys that ended before `now`. */
  deleteExpired(now: number): Promise<number>;
}

export interface ClusterRepository {
  create(cluster: ClusterRecord): Promise<void>;
  find(projectId: string, clusterId: string): Promise<ClusterRecord | null>;
  /** For work that nobody asked for; whoever acts for a caller names the project. */
  findById(clusterId: string): Promise<ClusterRecord | null>;
  /**
   * Reads a cluster that is to be changed: nobody else changes it, or starts a run in it, until the transaction ends. To be
   * called in a transaction.
   */
  lock(clusterId: string): Promise<ClusterRecord | null>;
  /** Oldest first. */
  list(projectId: string): Promise<readonly ClusterRecord[]>;
  /** Every cluster of every project: for start-up. */
  listAll(): Promise<readonly ClusterRecord[]>;
  /** The submission id that was handed out last in a cluster; 0: none was. */
  lastSubmission(clusterId: string): Promise<number>;
  update(cluster: ClusterRecord): Promise<void>;
  /** Removes the cluster with its links and jobs, secrets and all; runs stay for their retention time. */
  delete(clusterId: string): Promise<boolean>;
}

export interface LinkRepository {
  /** @returns the link with its id. @throws Conflict on the name. */
  create(link: Omit<LinkRecord, 'id'>): Promise<LinkRecord>;
  find(clusterId: string, name: string): Promise<LinkRecord | null>;
  /** By its id, which a rename does not change. */
  findById(id: number): Promise<LinkRecord | null>;
  /** By name. */
  list(clusterId: string): Promise<readonly LinkRecord[]>;
  /** How many the cluster has, whoever made them. */
  count(clusterId: string): Promise<number>;
  /** @throws Conflict when the new name is taken. A rename is carried into the jobs that use the link. */
  update(link: LinkRecord): Promise<void>;
  /** @returns false when it was not there. */
  delete(clusterId: string, name: string): Promise<boolean>;
  /** Names of jobs that use the link. */
  usedBy(clusterId: string, name: string): Promise<readonly string[]>;
}

export interface JobFilter {
  /** null: of every type. */
  readonly type: JobType | null;
  /** Only jobs of this group; absent: of every group. */
  readonly group?: string;
  /** Substring of the name, taken literally; empty: all. */
  readonly filter: string;
  /** Only jobs that this user made; absent: of everybody. */
  readonly createdBy?: string;
  /** From 1. */
  readonly pageNo: number;
  readonly pageSize: number;
}

export interface JobRepository {
  /** @returns the job with its id. @throws Conflict on the name. */
  create(job: Omit<JobRecord, 'id'>): Promise<JobRecord>;
  find(clusterId: string, name: string): Promise<JobRecord | null>;
  /** By its id, which a rename does not change. */
  findById(id: number): Promise<JobRecord | null>;
  /** Ids of all jobs that have a timer, of every cluster: for start-up. */
  timedIds(): Promise<readonly number[]>;
  /** Bytes of the settings of a cluster's jobs, of those above a size. @param exceptId a job that does not count. */
  largeBytes(clusterId: string, aboveBytes: number, exceptId: number | null): Promise<number>;
  /** By name. `total` counts all pages. */
  list(
    clusterId: string,
    filter: JobFilter,
  ): Promise<{ readonly jobs: readonly JobRecord[]; readonly total: number }>;
  /** @throws Conflict when the new name is taken. */
  update(job: JobRecord): Promise<void>;
  /** Removes the job; what its runs left at destinations is to be removed at once, and none can be resumed. */
  delete(clusterId: string, name: string): Promise<boolean>;
}

/** Runs of a cluster that wait for a claim. */
export interface Claimable {
  readonly projectId: string;
  readonly clusterId: string;
  /** True: a stop was asked of them, so that they only are to be ended. False: any. */
  readonly isStopping: boolean;
}

/** A claim on a run: changes are refused (`false`) when `fence` is no longer the run's. */
export interface Claim {
  readonly runId: string;
  readonly fence: number;
}

export interface RunChange {
  readonly state?: RunState;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly plan?: RunPlan;
  readonly isPrepared?: boolean;
  readonly counts?: SliceCounts;
  readonly failure?: RunFailure;
  readonly clockAt?: number;
  readonly resolved?: readonly ResolvedSetting[];
  readonly batch?: BatchSummary;
  /** Nobody drives the run from here on, although it has not ended. */
  readonly dropsLease?: true;
}

export interface RunRepository {
  /**
   * Stores a queued run and gives it the cluster's next submission id.
   * @throws Conflict when the job has an active run already: of many starts at once, one wins.
   */
  create(run: Omit<RunRecord, 'submissionId'>): Promise<RunRecord>;
  /**
   * Stores a queued run that carries on `run.resumesRunId`: with that run's slices and checkpoints, and in place of its trace.
   * @throws Conflict as `create`. @throws NotResumable when that run cannot be carried on any more: its trace is not `kept`, its time
   * is over, or it is not the job's newest run.
   */
  createResumed(run: Omit<RunRecord, 'submissionId'>, now: number): Promise<RunRecord>;
  find(runId: string): Promise<RunRecord | null>;
  findBySubmission(clusterId: string, submissionId: number): Promise<RunRecord | null>;
  /** The newest run of a job name in a cluster, also after the job is gone. Runs that are parts of others are none of a job. */
  latest(clusterId: string, jobName: string): Promise<RunRecord | null>;
  latestOfMany(clusterId: string, jobNames: readonly string[]): Promise<ReadonlyMap<string, RunRecord>>;
  /** Newest first. Under a job's name no parts of other runs; without a name all there is. */
  history(
    clusterId: string,
    jobName: string | null,
    limit: number,
    offset: number,
  ): Promise<{ readonly runs: readonly RunRecord[]; readonly total: number }>;
  /** Runs that are active in the given clusters (null: all), oldest first. */
  active(clusterId: string | null): Promise<readonly RunRecord[]>;
  /**
   * Clusters that have a run which could be claimed now, in any order, at most `limit`: one look into an index for each
   * cluster, however many runs wait. A cluster may be there twice, for runs to begin and for runs to stop.
   */
  claimable(now: number, limit: number): Promise<readonly Claimable[]>;
  /**
   * Takes the oldest claimable run: active, its time come, and not leased or its lease over. One statement; the fence grows by one.
   * A run whose lease still holds is left alone, also when `owner` holds it: a claim loop must not fence its own work.
   * @param of takes one of these; default: of any cluster.
   */
  claim(owner: string, now: number, leaseMs: number, of?: Claimable): Promise<RunRecord | null>;
  /** Drops all leases of this owner, left from before a restart. @returns how many. */
  releaseLeases(owner: string): Promise<number>;
  /** Extends the lease. @returns false when the claim is lost. */
  heartbeat(claim: Claim, now: number, leaseMs: number): Promise<boolean>;
  /** @returns the changed run, or null when the claim is lost or the run has ended. An ended run never changes. Leaving the active states drops the lease. */
  change(claim: Claim, change: RunChange, now: number): Promise<RunRecord | null>;
  /** Asks for a stop. Needs no claim. @returns null when the job has no active run. */
  requestStop(clusterId: string, jobName: string, user: string, now: number): Promise<RunRecord | null>;
  /** Stores plan and slices together. @returns false when the claim is lost. */
  storePlan(claim: Claim, plan: RunPlan, now: number): Promise<boolean>;
  slices(runId: string): Promise<readonly SliceRecord[]>;
  /**
   * Stores a slice's checkpoint and the run's new totals in one transaction. A lower sequence than stored is ignored.
   * @param effort stored beside it; without it what is there stays.
   * @returns the totals, or null when the claim is lost.
   */
  checkpoint(
    claim: Claim,
    sliceNo: number,
    checkpoint: Checkpoint,
    now: number,
    effort?: SliceEffort,
  ): Promise<SliceCounts | null>;
}

/** Which traces: those of a job, of the runs of one of its tables, of a destination link, or of a whole cluster. */
export type TraceScope =
  | { readonly jobId: number }
  | { readonly clusterId: string; readonly childName: string; readonly ofJobId: number }
  | { readonly clusterId: string; readonly linkId: number }
  | { readonly clusterId: string };

/** How long a removal may take, and the pause before it is tried again, in milliseconds: doubled each time up to the longest. */
export interface TraceRetry {
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** Checkpoint tables that ended runs left at their destinations. */
export interface TraceRepository {
  /** Stores the trace of a run; replaces one that is there. */
  put(trace: TraceRecord): Promise<void>;
  find(runId: string): Promise<TraceRecord | null>;
  /** Traces in a scope, the oldest due first, at most `limit`. */
  list(scope: TraceScope, limit: number): Promise<readonly TraceRecord[]>;
  /** From here on these runs cannot be resumed, and their traces are due. */
  doom(scope: TraceScope): Promise<void>;
  /**
   * Takes the oldest trace that is due: it is `removing` from then on, and due again after the pause, so that a taker that
   * dies leaves it to the next.
   */
  takeDue(now: number, retry: TraceRetry): Promise<TraceRecord | null>;
  /** The trace is gone from the destination, or given up. */
  remove(runId: string): Promise<void>;
}

/** When scheduled jobs are due; a timer goes with its job. */
export interface TimerRepository {
  find(jobId: number): Promise<TimerRecord | null>;
  /** Stores the timer of a job, or replaces it. */
  put(timer: TimerRecord): Promise<void>;
  /** @returns false when there was none. */
  remove(jobId: number): Promise<boolean>;
  /** Whether a job of the cluster will be due some time. */
  isAnySet(clusterId: string): Promise<boolean>;
  /**
   * The timer that is due first, `due_at` not after `now`, locked until the transaction ends: of many servers that ask at once
   * each gets another one, or none. To be called in a transaction which also puts the next time: then an occurrence
   * is taken exactly once, whoever dies meanwhile.
   */
  lockDue(now: number): Promise<DueTimer | null>;
}

/** A group with the number of its jobs. */
export interface GroupSize extends JobGroupRecord {
  readonly jobs: number;
}

/** Groups of jobs. A group that a job names is made with the job, and stays when the job goes. */
export interface GroupRepository {
  /** Stores an empty group. @returns false when there is one of this name. */
  create(group: JobGroupRecord): Promise<boolean>;
  /** By name, with their sizes. The default group is not among them until a job was named into it. */
  list(clusterId: string): Promise<readonly GroupSize[]>;
  find(clusterId: string, name: string): Promise<JobGroupRecord | null>;
  /** @returns false when it was not there, or has jobs: then it stays. */
  delete(clusterId: string, name: string): Promise<boolean>;
}

/** Variables of clusters and projects. */
export interface VariableRepository {
  /** Stores the variable, or replaces it. */
  put(variable: VariableRecord): Promise<void>;
  find(scope: VariableScope, name: string): Promise<VariableRecord | null>;
  /** By name. */
  list(scope: VariableScope): Promise<readonly VariableRecord[]>;
  /** @returns false when it was not there. */
  delete(scope: VariableScope, name: string): Promise<boolean>;
}

/** How far incremental jobs have come; a watermark goes with its job. */
export interface WatermarkRepository {
  find(jobId: number): Promise<WatermarkRecord | null>;
  /** Stores the watermark of a job, or replaces it. */
  put(mark: WatermarkRecord): Promise<void>;
  /** @returns false when there was none. */
  delete(jobId: number): Promise<boolean>;
}

/** Which runs of a cluster, over all its jobs. */
export interface HistoryFilter {
  /** Empty: of every job; runs of deleted jobs too. */
  readonly jobName: string | null;
  /** Empty: in every state. */
  readonly states: readonly RunState[];
  /** Only runs of jobs that are there and that this user made; absent: of everybody's, also of those that are gone. */
  readonly createdBy?: string;
  /** Accepted at this time or later, in Unix milliseconds; null: whenever. */
  readonly from: number | null;
  /** Accepted before this time; null: whenever. */
  readonly until: number | null;
  /** Only runs with a smaller submission number: the last one of the page before; null: from the newest. */
  readonly before: number | null;
  readonly limit: number;
}

export interface HistoryRepository {
  /** Newest first. Reads no plans: `plan` of what comes is null. */
  search(clusterId: string, filter: HistoryFilter): Promise<readonly RunRecord[]>;
}
