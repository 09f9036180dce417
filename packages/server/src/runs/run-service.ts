import type { CheckStep } from '@sluice/core/connector/contract';
import type { OptionValues } from '@sluice/core/options/option';
import type { JobRecord, RunRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { SliceProgress } from './run-progress.ts';

export interface StartRequest {
  readonly projectId: string;
  readonly job: JobRecord;
  readonly user: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly isAuto: boolean;
  /** The time that macros stand for; absent: the run's own beginning, or what it was planned for. */
  readonly clockAt?: number | null;
}

export interface ResumeRequest {
  readonly projectId: string;
  /** The job as it is now. */
  readonly job: JobRecord;
  /** The run to carry on: the job's newest, ended, with a plan. */
  readonly run: RunRecord;
  readonly user: string;
}

export interface RetryRequest extends ResumeRequest {
  /** Tables of which rows are committed go on behind these; false: they are moved from their beginning. */
  readonly keepsCommitted: boolean;
}

/** What the rest of the server may ask of runs. */
export interface RunService {
  /** Resolves when the run is stored. @throws Cdm.0052 when the job is running. */
  start(request: StartRequest): Promise<RunRecord>;
  /** The same for a job that is made in the transaction that stores its run. @throws what `makeJob` throws. */
  startNew(
    request: Omit<StartRequest, 'job'>,
    makeJob: (tx: Pick<Store, 'jobs' | 'timers'>) => Promise<JobRecord>,
  ): Promise<RunRecord>;
  /**
   * Carries on a run that failed or was stopped: a new run with the old one's plan and checkpoints, of which only the open
   * slices are moved. Asks the destination first whether it still holds what we counted. Resolves when the run is stored.
   * @throws Cdm.0056 when the run cannot be carried on, with the reason; Cdm.0052 when the job is running; what the destination
   * answers when it cannot be asked.
   */
  resume(request: ResumeRequest): Promise<RunRecord>;
  /**
   * Moves the tables of an entire-database job that its newest run, which has ended, did not move: a new run, which takes
   * over the others. Resolves when it is stored.
   * @throws Cdm.0056 when it is not the newest run any more; Cdm.0052 when the job is running.
   */
  retryTables(request: RetryRequest): Promise<RunRecord>;
  /** Resolves when the request is stored and the run has ended, or after 5 s. @throws Cdm.0053 when nothing runs. */
  stop(clusterId: string, jobName: string, user: string): Promise<void>;
  /** 0..100 while active, 100 after success, -1 after failure. Reads memory, then the record; never the store. */
  progress(run: RunRecord): number;
  /** The job's active run when this server drives it, from memory: what pollers ask for most costs no look at the store. */
  driven(clusterId: string, jobName: string): RunRecord | null;
  /** Slices by number: from memory for a run that this server drives, else as the store has them. Empty without a plan. */
  slices(run: RunRecord): Promise<readonly SliceProgress[]>;
  /** Tests a link in a worker process of the cluster. @throws APIGW.0308 (429) when too many are tested; else SluiceError with the finding. */
  checkLink(clusterId: string, connector: string, options: OptionValues): Promise<readonly CheckStep[]>;
}

/** What the life of clusters asks of runs. */
export interface RunHolder extends Pick<RunService, 'stop'> {
  /** Lets go of the runs of a cluster without ending them, and drives none of it until `release`. Resolves when none is driven. */
  hold(clusterId: string): Promise<void>;
  /** They go on where their records stand. */
  release(clusterId: string): void;
}
