import type { CheckStep } from '@sluice/core/connector/contract';
import type { SliceCounts } from '@sluice/core/data/slice';
import type { OptionValues } from '@sluice/core/options/option';
import type { JobRecord, RunRecord } from '../store/model.ts';

export interface StartRequest {
  readonly projectId: string;
  readonly job: JobRecord;
  readonly user: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly isAuto: boolean;
}

/** What the rest of the server may ask of runs. */
export interface RunService {
  /** Resolves when the run is stored. @throws Cdm.0052 when the job is running. */
  start(request: StartRequest): Promise<RunRecord>;
  /** Resolves when the request is stored and the run has ended, or after 5 s. @throws Cdm.0053 when nothing runs. */
  stop(clusterId: string, jobName: string, user: string): Promise<void>;
  /** 0..100 while active, 100 after success, -1 after failure. Reads memory, then the record; never the store. */
  progress(run: RunRecord): number;
  /** Counts of a run so far, from checkpoints. */
  liveCounts(run: RunRecord): SliceCounts;
  /** Tests a link in a worker process. @throws SluiceError with the finding. */
  checkLink(connector: string, options: OptionValues): Promise<readonly CheckStep[]>;
}
