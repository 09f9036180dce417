import type { Role } from '@sluice/contract/access';
import type { Json } from '@sluice/core/data/json';
import type { WatermarkBound } from '@sluice/core/data/read-window';
import type { Checkpoint, Slice, SliceCounts, SliceTimes } from '@sluice/core/data/slice';
import type { OptionValues } from '@sluice/core/options/option';
import type { RunPlan } from '@sluice/engine/work';

/** Times are Unix milliseconds, ids are lower-case hex or UUID text, unless said otherwise. */

// ── Identity ────────────────────────────────────────────────────────────────────────────────────

export interface DomainRecord {
  readonly id: string;
  readonly name: string;
}

export interface ProjectRecord {
  readonly id: string;
  /** Equals the region's name at the top level. Unique in its domain. */
  readonly name: string;
  readonly domainId: string;
  readonly description: string;
  readonly isEnabled: boolean;
}

export interface UserRecord {
  readonly id: string;
  /** Unique in its domain. */
  readonly name: string;
  readonly domainId: string;
  /** argon2id, encoded form. */
  readonly passwordHash: string;
  readonly isEnabled: boolean;
}

export interface AccessKeyRecord {
  readonly ak: string;
  readonly userId: string;
  /** The SK, sealed. */
  readonly sealedSecret: string;
  readonly isEnabled: boolean;
  /** Set for temporary keys, with `securityTokenHash`. */
  readonly expiresAt: number | null;
  /** SHA-256 in hex of the security token that must come with a temporary key. */
  readonly securityTokenHash: string | null;
  readonly createdAt: number;
}

/** What a user may do in a project, or in all of the account. */
export interface RoleAssignment {
  readonly userId: string;
  /** Id of a project, or `all`: every project of the account, later ones included. */
  readonly scope: string;
  readonly role: Role;
}

export interface TokenRecord {
  /** SHA-256 in hex of the token; the token itself is never stored. */
  readonly hash: string;
  readonly userId: string;
  readonly methods: readonly string[];
  /** Exactly one of the two is set. */
  readonly projectId: string | null;
  readonly domainId: string | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

// ── Clusters, links, jobs ───────────────────────────────────────────────────────────────────────

export interface ClusterRecord {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  /** Published state code as text: '100' creating, '200' normal, '300', '303', '800', '900', '910', '920'. */
  readonly status: string;
  readonly flavorId: string;
  /** What the create or modify call said and the answers repeat (zone, network ids, schedule, reminders, tags …). */
  readonly settings: Readonly<Record<string, Json>>;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly createdBy: string;
}

export interface LinkRecord {
  /** 1, 2, 3 … over the whole store; 32 bits on the wire. */
  readonly id: number;
  readonly clusterId: string;
  /** Unique in the cluster. */
  readonly name: string;
  readonly connector: string;
  /** Options without secrets. */
  readonly options: OptionValues;
  /** Secret options as sealed JSON text; null when there are none. */
  readonly sealedSecrets: string | null;
  readonly isEnabled: boolean;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly updatedBy: string;
  readonly updatedAt: number;
}

export type JobType = 'NORMAL_JOB' | 'BATCH_JOB' | 'SCENARIO_JOB';

export interface JobRecord {
  /** 1, 2, 3 … over the whole store; 32 bits on the wire. */
  readonly id: number;
  readonly clusterId: string;
  /** Unique in the cluster. */
  readonly name: string;
  readonly type: JobType;
  readonly fromConnector: string;
  readonly fromLink: string;
  readonly toConnector: string;
  readonly toLink: string;
  readonly fromOptions: OptionValues;
  readonly toOptions: OptionValues;
  readonly driverOptions: OptionValues;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly updatedBy: string;
  readonly updatedAt: number;
}

/** The group of a job that names none; it is always there. */
export const defaultGroup = 'DEFAULT';

/** The option in which a job names its group. */
export const groupOption = 'groupJobConfig.groupName';

/** @returns the group that a job's options name. */
export function groupOf(driverOptions: OptionValues): string {
  const name = driverOptions[groupOption];
  return typeof name === 'string' && name.trim() !== '' ? name : defaultGroup;
}

/** A group of jobs; its name is unique in the cluster. */
export interface JobGroupRecord {
  readonly clusterId: string;
  readonly name: string;
  readonly createdBy: string;
  readonly createdAt: number;
}

/** Whose variables: those of a cluster come before those of its project. */
export type VariableScope =
  | { readonly kind: 'cluster'; readonly id: string }
  | { readonly kind: 'project'; readonly id: string };

/** A variable that jobs may use in their settings; its name is unique in its scope. */
export interface VariableRecord {
  readonly scope: VariableScope;
  readonly name: string;
  /** null: it is secret. */
  readonly value: string | null;
  /** A secret value, sealed; null: it is not secret. */
  readonly sealedValue: string | null;
  readonly updatedBy: string;
  readonly updatedAt: number;
}

// ── Runs ────────────────────────────────────────────────────────────────────────────────────────

/**
 * queued → planning → running → finishing → succeeded; from any of the first four to failed or stopped.
 * `rejected`: accepted but could not be handed to the engine (FAILURE_ON_SUBMIT on the wire). `unknown`: a remote engine holds it and cannot be asked.
 */
export type RunState =
  | 'queued'
  | 'planning'
  | 'running'
  | 'finishing'
  | 'succeeded'
  | 'failed'
  | 'stopped'
  | 'rejected'
  | 'unknown';

export const activeRunStates = ['queued', 'planning', 'running', 'finishing', 'unknown'] as const;

/** Whether the run may still change. */
export function isActiveState(state: RunState): boolean {
  return (activeRunStates as readonly RunState[]).includes(state);
}

export interface RunFailure {
  readonly code: string;
  /** One sentence per language, without secrets; `summary` in English and Chinese, `details` with cause and cure. */
  readonly summary: { readonly en: string; readonly zh: string };
  readonly details: { readonly en: string; readonly zh: string };
}

/** A setting that is carried out as another text than it was written: variables and macros are filled in. */
export interface ResolvedSetting {
  /** Name of the setting, with its group. */
  readonly name: string;
  /** As it is carried out, secrets masked; of a map or list, its JSON. */
  readonly text: string;
}

export interface RunRecord {
  readonly id: string;
  readonly projectId: string;
  readonly clusterId: string;
  readonly jobId: number;
  /** Kept here so that history outlives the job. */
  readonly jobName: string;
  /** 1, 2, 3 … over the cluster, so that it grows by at least one per run of a job. */
  readonly submissionId: number;
  readonly state: RunState;
  /** The job as it was at the start. */
  readonly job: JobRecord;
  readonly variables: Readonly<Record<string, string>>;
  readonly isAuto: boolean;
  readonly isDeleteJob: boolean;
  readonly createdBy: string;
  readonly createdAt: number;
  /** Start of execution; null while queued. */
  readonly startedAt: number | null;
  readonly updatedAt: number;
  readonly updatedBy: string;
  readonly endedAt: number | null;
  readonly stopRequestedBy: string | null;
  readonly plan: RunPlan | null;
  /** The destination was made ready; after this `prepare` must not run again. */
  readonly isPrepared: boolean;
  /** Totals of all slices, from checkpoints only. */
  readonly counts: SliceCounts;
  readonly failure: RunFailure | null;
  /** Lease: who works on it, until when, and the fencing token that grows with each claim. */
  readonly leaseOwner: string | null;
  readonly leaseUntil: number;
  readonly fence: number;
  /** The run that this one carries on, with its plan, its checkpoints and its name at the destination; null: a fresh run. */
  readonly resumesRunId: string | null;
  /** 0; of a job that is retried, how many runs before this one failed. */
  readonly attempt: number;
  /** Not claimed before this time; 0: at once. */
  readonly notBefore: number;
  /** The time that macros in its settings stand for; null: it was not begun. Kept by whatever carries the run on. */
  readonly clockAt: number | null;
  /** Settings in which something was filled in; null: it was not begun. */
  readonly resolved: readonly ResolvedSetting[] | null;
  /** The run of an entire-database job that this one moves a table of; null: it is nobody's part. */
  readonly parentRunId: string | null;
  /** Of a run of an entire-database job, from the moment on when its tables are known; null: any other. */
  readonly batch: BatchSummary | null;
}

// ── Runs of entire-database jobs ────────────────────────────────────────────────────────────────

/** What a run of an entire-database job knows of its tables as a whole. */
export interface BatchSummary {
  /** Tables of the run. */
  readonly tables: number;
  /** Tables that may be under way at once. */
  readonly atOnce: number;
  /** Of these, those that have ended, whatever came of them. */
  readonly done: number;
  /** Of those that have ended, those that did not succeed. */
  readonly failed: number;
  /** What progress is counted in: rows as the source estimates them, or tables where it cannot tell. */
  readonly weight: number;
  readonly weightDone: number;
  /** Where the links led when the tables were listed; null: the link was gone. */
  readonly fromLink: LinkPlace | null;
  readonly toLink: LinkPlace | null;
}

/** A table that a run is to move. */
export interface BatchTable {
  /** Its place in the order in which tables are begun: 0, 1, 2 … */
  readonly no: number;
  /** As the source's catalog spells it. */
  readonly name: string;
  readonly rowsEstimate: number | null;
  readonly weight: number;
  /** Why it cannot be moved, known before it is begun; null: nothing is known against it. */
  readonly refusal: RunFailure | null;
  /** An earlier run that moved it and did not succeed: what that one committed is taken over where it can be. */
  readonly carriesRunId: string | null;
}

/** How far an incremental job has come: up to where its last run that succeeded has read. */
export interface WatermarkRecord {
  readonly jobId: number;
  readonly column: string;
  /** Where the column is: link and table as the job names them. */
  readonly place: string;
  readonly bound: WatermarkBound;
  /** The run that came so far; null: somebody set it. */
  readonly runId: string | null;
  readonly updatedBy: string;
  readonly updatedAt: number;
}

/** When a scheduled job is due next. */
export interface TimerRecord {
  readonly jobId: number;
  /** What the time was computed from, schedule and zone: another text makes the timer void. */
  readonly timing: string;
  /** null: never again. Such a timer stays, so that no edit under a clock that was put back begins anew. */
  readonly dueAt: number | null;
}

/** A timer whose time has come. */
export type DueTimer = TimerRecord & { readonly dueAt: number };

/** What a slice has cost up to its stored checkpoint. */
export interface SliceEffort {
  /** How often a worker began it. */
  readonly attempts: number;
  /** Of all its attempts, each up to its last checkpoint; null: not recorded. */
  readonly times: SliceTimes | null;
}

export interface SliceRecord extends SliceEffort {
  readonly runId: string;
  readonly no: number;
  readonly slice: Slice;
  readonly checkpoint: Checkpoint | null;
}

/** A link as far as it says where to: its options without secrets. */
export interface LinkPlace {
  readonly id: number;
  readonly options: OptionValues;
}

/**
 * `kept`: the run may be resumed until the trace is due. `removing`: it may not any more, and whoever takes the trace when
 * it is due removes the table. There is no way back.
 */
export type TraceState = 'kept' | 'removing';

/** The checkpoint table of an ended run that is, or may be, still at its destination. */
export interface TraceRecord {
  /** The ended run; its plan names the table. */
  readonly runId: string;
  readonly clusterId: string;
  readonly jobId: number;
  /** Where the links led when the run ended; null: the link was gone. */
  readonly fromLink: LinkPlace | null;
  readonly toLink: LinkPlace | null;
  readonly state: TraceState;
  /** When it is to be removed, or tried again. */
  readonly dueAt: number;
  /** Removals begun so far. */
  readonly attempts: number;
}
