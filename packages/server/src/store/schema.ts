/**
 * The tables as the statements see them; `migrations/` makes them. One subset of SQL for both dialects:
 * text, 64-bit integers (times are Unix milliseconds), flags as 0 and 1, JSON as text.
 */
export interface Tables {
  readonly schema_migrations: SchemaMigrationRow;
  readonly meta: MetaRow;
  readonly counters: CounterRow;
  readonly domains: DomainRow;
  readonly projects: ProjectRow;
  readonly users: UserRow;
  readonly access_keys: AccessKeyRow;
  readonly tokens: TokenRow;
  readonly clusters: ClusterRow;
  readonly links: LinkRow;
  readonly jobs: JobRow;
  readonly runs: RunRow;
  readonly slices: SliceRow;
  readonly batch_tables: BatchTableRow;
  readonly traces: TraceRow;
  readonly timers: TimerRow;
  readonly job_groups: JobGroupRow;
  readonly variables: VariableRow;
  readonly watermarks: WatermarkRow;
  readonly role_assignments: RoleAssignmentRow;
  readonly audit_events: AuditEventRow;
  readonly rejects: RejectRow;
  readonly replays: ReplayRow;
  readonly verifications: VerificationRow;
  readonly verification_chunks: VerificationChunkRow;
}

export type Flag = 0 | 1;

export interface SchemaMigrationRow {
  number: number;
  name: string;
  applied_at: number;
}

/** Facts about the store itself, such as the canary that proves the master key. */
export interface MetaRow {
  name: string;
  value: string;
}

/** The last number handed out under a name; counted in the transaction that uses it, so a rollback leaves no gap. */
export interface CounterRow {
  name: string;
  last_value: number;
}

export interface DomainRow {
  id: string;
  ordinal: number;
  name: string;
}

export interface ProjectRow {
  id: string;
  /** Order of creation. */
  ordinal: number;
  name: string;
  domain_id: string;
  description: string;
  is_enabled: Flag;
}

export interface UserRow {
  id: string;
  ordinal: number;
  name: string;
  domain_id: string;
  password_hash: string;
  is_enabled: Flag;
}

export interface AccessKeyRow {
  ak: string;
  user_id: string;
  sealed_secret: string;
  is_enabled: Flag;
  expires_at: number | null;
  security_token_hash: string | null;
  created_at: number;
}

export interface TokenRow {
  hash: string;
  user_id: string;
  methods: string;
  project_id: string | null;
  domain_id: string | null;
  issued_at: number;
  expires_at: number;
}

export interface ClusterRow {
  id: string;
  project_id: string;
  name: string;
  status: string;
  flavor_id: string;
  settings: string;
  created_at: number;
  updated_at: number;
  created_by: string;
  /** The submission id handed out last. */
  last_submission_id: number;
}

export interface LinkRow {
  id: number;
  cluster_id: string;
  name: string;
  connector: string;
  options: string;
  sealed_secrets: string | null;
  is_enabled: Flag;
  created_by: string;
  created_at: number;
  updated_by: string;
  updated_at: number;
}

export interface JobRow {
  id: number;
  cluster_id: string;
  name: string;
  type: string;
  from_connector: string;
  from_link: string;
  to_connector: string;
  to_link: string;
  from_options: string;
  to_options: string;
  driver_options: string;
  /** As the options say; a column, so that jobs are found by it. */
  group_name: string;
  created_by: string;
  created_at: number;
  updated_by: string;
  updated_at: number;
}

/** The five counts of runs and slices. */
export interface CountColumns {
  rows_read: number;
  rows_written: number;
  rows_skipped: number;
  bytes_read: number;
  bytes_written: number;
}

export interface RunRow extends CountColumns {
  id: string;
  project_id: string;
  cluster_id: string;
  job_id: number;
  job_name: string;
  submission_id: number;
  state: string;
  job: string;
  variables: string;
  is_auto: Flag;
  is_delete_job: Flag;
  created_by: string;
  created_at: number;
  started_at: number | null;
  updated_at: number;
  updated_by: string;
  ended_at: number | null;
  stop_requested_by: string | null;
  plan: string | null;
  is_prepared: Flag;
  failure: string | null;
  lease_owner: string | null;
  lease_until: number;
  fence: number;
  resumes_run_id: string | null;
  attempt: number;
  not_before: number;
  clock_at: number | null;
  /** JSON; null: not begun. */
  resolved: string | null;
  parent_run_id: string | null;
  /** JSON; only of runs of entire-database jobs, from the moment on when their tables are known. */
  batch: string | null;
}

/** One table of a run of an entire-database job. */
export interface BatchTableRow {
  run_id: string;
  no: number;
  table_name: string;
  rows_estimate: number | null;
  weight: number;
  refusal: string | null;
  /** The run that moves it; null: none was begun. */
  child_run_id: string | null;
  /** The run that moved it last, and did not succeed, under an earlier run of the job. */
  carries_run_id: string | null;
}

export interface SliceRow extends CountColumns {
  run_id: string;
  no: number;
  slice: string;
  checkpoint: string | null;
  /** Of the stored checkpoint; 0 without one. */
  sequence: number;
  /** Up to the stored checkpoint. */
  attempts: number;
  times: string | null;
}

export interface TraceRow {
  run_id: string;
  cluster_id: string;
  job_id: number;
  /** JSON of the link as it was at the run's end, without secrets; null: it was gone. */
  from_link: string | null;
  to_link: string | null;
  to_link_id: number | null;
  state: string;
  due_at: number;
  attempts: number;
}

export interface TimerRow {
  job_id: number;
  timing: string;
  due_at: number | null;
}

export interface JobGroupRow {
  cluster_id: string;
  name: string;
  created_by: string;
  created_at: number;
}

export interface VariableRow {
  /** Id of a cluster, or of a project. */
  scope_id: string;
  /** The cluster, with which its variables go; null: of a project. */
  cluster_id: string | null;
  name: string;
  /** null: the variable is secret. */
  value: string | null;
  sealed_value: string | null;
  updated_by: string;
  updated_at: number;
}

export interface WatermarkRow {
  job_id: number;
  column_name: string;
  place: string;
  value: string;
  is_included: Flag;
  /** null: somebody set it by hand. */
  run_id: string | null;
  updated_by: string;
  updated_at: number;
}

export interface RoleAssignmentRow {
  user_id: string;
  /** A project's id, or `all`. */
  scope: string;
  role: string;
}

export interface AuditEventRow {
  id: string;
  at: number;
  domain_id: string | null;
  project_id: string | null;
  cluster_id: string | null;
  user_id: string | null;
  user_name: string;
  source: string;
  event: string;
  operation: string;
  resource_type: string;
  resource_id: string;
  resource_name: string;
  result: string;
  error_code: string | null;
  request_id: string;
  repeats: number;
}

export interface RejectRow {
  run_id: string;
  slice_no: number;
  /** Of the commit that counts it. */
  sequence: number;
  /** Who made that commit. */
  attempt: string;
  no: number;
  stage: string;
  code: string;
  facts: string;
  state: string;
  replay_id: string | null;
  /** What the destination said of it in an attempt at the replay, as JSON; null: nothing. */
  retried: string | null;
  created_at: number;
  edited_by: string | null;
  edited_at: number | null;
  /** Characters of `sealed_row`. */
  size: number;
  sealed_row: string;
}

export interface ReplayRow {
  id: string;
  run_id: string;
  state: string;
  rows_chosen: number;
  rows_written: number;
  rows_refused: number;
  failure: string | null;
  created_by: string;
  created_at: number;
  ended_at: number | null;
  due_at: number;
  attempts: number;
}

export interface VerificationRow {
  id: string;
  run_id: string;
  project_id: string;
  cluster_id: string;
  /** The run while the verification is active; unique. */
  active_run_id: string | null;
  kind: string;
  removes_extra: Flag;
  state: string;
  phase: string;
  plan: string | null;
  not_comparable: string | null;
  is_at_snapshot: Flag;
  failure: string | null;
  created_by: string;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  stop_requested_by: string | null;
  lease_owner: string | null;
  lease_until: number;
  fence: number;
}

export interface VerificationChunkRow {
  verification_id: string;
  phase: string;
  no: number;
  outcome: string;
}
