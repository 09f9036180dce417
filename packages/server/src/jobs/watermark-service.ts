import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { placeOf } from '../planner/job-pace.ts';
import { isActiveState, type JobRecord, type WatermarkRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { JobService } from './job-service.ts';

const columnOption = 'sluiceConfig.watermarkColumn';

export interface WatermarkServiceDeps {
  readonly store: Store;
  readonly jobs: Pick<JobService, 'find'>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** The watermark of a job; `mark` null: there is none. */
export interface WatermarkView {
  /** Empty: the job is not incremental. */
  readonly column: string;
  readonly mark: WatermarkRecord | null;
}

/** How far incremental jobs have come: to be looked at, set and forgotten. Runs keep it by themselves. */
export class WatermarkService {
  readonly #deps: WatermarkServiceDeps;

  constructor(deps: WatermarkServiceDeps) {
    this.#deps = deps;
  }

  /** The same over the jobs that one user sees. */
  seenBy(jobs: WatermarkServiceDeps['jobs']): WatermarkService {
    return new WatermarkService({ ...this.#deps, jobs });
  }

  /** @throws Cdm.0100 (400) no such job. */
  async show(clusterId: string, jobName: string): Promise<WatermarkView> {
    const { job } = await this.#deps.jobs.find(clusterId, jobName);
    return { column: columnOf(job), mark: await this.#deps.store.watermarks.find(job.id) };
  }

  /**
   * Sets up to where all is done. Whether it is a value of the column is known when the next run is planned.
   * @throws Cdm.0100 (400) no such job; Cdm.0052 it is running; Cdm.0014 it is not incremental.
   */
  async put(
    clusterId: string,
    jobName: string,
    bound: WatermarkRecord['bound'],
    user: string,
  ): Promise<WatermarkView> {
    const { jobs, now } = this.#deps;
    const { job } = await jobs.find(clusterId, jobName);
    const column = columnOf(job);
    if (column === '') {
      throw new SluiceError('Cdm.0014', {
        name: columnOption,
        ...explained({
          en: `The job is not incremental: it has no ${columnOption}.`,
          zh: `该作业不是增量作业：未设置 ${columnOption}。`,
        }),
      });
    }
    return await this.#whileIdle(job, async (tx) => {
      const link = await tx.links.find(clusterId, job.fromLink);
      if (link === null) throw new SluiceError('Cdm.0101', { link: job.fromLink }, { status: 400 });
      const place = placeOf(job, link.id);
      const mark = { jobId: job.id, column, place, bound, runId: null, updatedBy: user, updatedAt: now() };
      await tx.watermarks.put(mark);
      return { column, mark };
    });
  }

  /** Forgets it. Safe to repeat. @throws Cdm.0100 (400) no such job; Cdm.0052 it is running. */
  async reset(clusterId: string, jobName: string): Promise<void> {
    const { job } = await this.#deps.jobs.find(clusterId, jobName);
    await this.#whileIdle(job, async (tx) => {
      await tx.watermarks.delete(job.id);
    });
  }

  /** A run that is under way would put its own watermark in place of this one. */
  async #whileIdle<T>(
    job: JobRecord,
    work: (tx: Pick<Store, 'watermarks' | 'links'>) => Promise<T>,
  ): Promise<T> {
    return await this.#deps.store.transaction(async (tx) => {
      // Whoever starts the job locks it too.
      await tx.clusters.lock(job.clusterId);
      const run = await tx.runs.latest(job.clusterId, job.name);
      if (run !== null && run.jobId === job.id && isActiveState(run.state)) {
        throw new SluiceError('Cdm.0052', { job: job.name });
      }
      return await work(tx);
    });
  }
}

function columnOf({ driverOptions }: JobRecord): string {
  const column = driverOptions[columnOption];
  return typeof column === 'string' ? column : '';
}
