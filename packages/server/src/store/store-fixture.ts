import type { ClusterRecord, JobRecord, RunRecord } from './model.ts';
import type { OpenedStore } from './open-store.ts';
import { newId, sampleJob, sampleRun, sampleTime } from './sample-records.ts';

export const leaseMs = 10_000;
export const now = sampleTime + 1_000;

/** What the tests of a store need again and again: a store with a cluster in it, and jobs and runs in that. */
export class StoreFixture {
  readonly store: OpenedStore;
  readonly cluster: ClusterRecord;

  constructor(store: OpenedStore, cluster: ClusterRecord) {
    this.store = store;
    this.cluster = cluster;
  }

  async createJob(): Promise<JobRecord> {
    return await this.store.jobs.create(sampleJob(this.cluster.id, `job-${newId()}`));
  }

  async createRun(job?: JobRecord): Promise<RunRecord> {
    return await this.store.runs.create(sampleRun(job ?? (await this.createJob()), this.cluster.projectId));
  }

  /** Claims until the given run comes; others are stopped on the way. */
  async claimRun(runId: string, owner = 'a', at = now): Promise<RunRecord> {
    const { runs } = this.store;
    for (
      let run = await runs.claim(owner, at, leaseMs);
      run !== null;
      run = await runs.claim(owner, at, leaseMs)
    ) {
      if (run.id === runId) return run;
      await runs.change({ runId: run.id, fence: run.fence }, { state: 'stopped' }, at);
    }
    throw new Error(`run ${runId} was not claimable`);
  }

  /** Ends every run that is active, whoever holds it, so that a test begins with an empty queue. */
  async drain(): Promise<void> {
    const { runs } = this.store;
    for (let run = await runs.claim('d', now * 2, 0); run !== null; run = await runs.claim('d', now * 2, 0)) {
      await runs.change({ runId: run.id, fence: run.fence }, { state: 'stopped' }, now);
    }
  }
}
