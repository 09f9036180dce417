import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchScenario, JobScenario, Scenario } from '../program-inputs.ts';
import { jobBody } from './bodies.ts';
import type { Answer, CdmClient } from './cdm-client.ts';
import { check, demand, equal, refused } from './check.ts';

const POLL_MS = 50;
const DAY_MS = 86_400_000;
const INT32_MAX = 2_147_483_647;
const COUNTERS = 'org.apache.sqoop.submission.counter.SqoopCounters';

export type RunsOptions = {
  readonly cdm: CdmClient;
  /** The same client over the honest relay. */
  readonly relayed: CdmClient;
  readonly clusterId: string;
  readonly jobs: Scenario['jobs'];
  readonly batch: Scenario['batch'];
  readonly waitMs: number;
};

/** The checks of the four jobs' runs: their states, counters and history. */
export class Runs {
  readonly #cdm: CdmClient;
  readonly #options: RunsOptions;
  readonly #states = new Set<string>();

  constructor(options: RunsOptions) {
    this.#options = options;
    this.#cdm = options.cdm;
  }

  async all(): Promise<void> {
    await this.#successfulRun(this.#options.jobs.copy);
    await this.#history(this.#options.jobs.copy);
    await this.#failedRun(this.#options.jobs.failing);
    await this.#stoppedRun(this.#options.jobs.slow);
    await this.#unfitRun(this.#options.jobs.unfit);
    if (this.#options.batch !== null) await this.#tablesOfRun(this.#options.batch);
    await this.#unknownJob();
  }

  /** The single run of the status call. */
  async #status(name: string, through: CdmClient = this.#cdm): Promise<Answer> {
    const { submissions } = await through.showJobStatus(this.#options.clusterId, name);
    equal(submissions.length, 1, 'submissions');
    equal(submissions[0]['job-name'], name, 'job-name');
    this.#states.add(submissions[0].status);
    return submissions[0];
  }

  #startAnswer(name: string): Promise<Answer> {
    return this.#cdm.startJob(this.#options.clusterId, name, { variables: {} });
  }

  async #start(name: string): Promise<Answer> {
    const [run] = (await this.#startAnswer(name)).submissions;
    demand(isOpen(run), `started as ${run.status}`);
    equal(run['job-name'], name, 'job-name');
    demand(
      Number.isInteger(run['submission-id']) && run['submission-id'] >= 1,
      `submission-id ${run['submission-id']}`,
    );
    return run;
  }

  /** Polls until the run has ended; `open` takes note of every open state. */
  async #waitForEnd(name: string, open = new Set<string>()): Promise<Answer> {
    for (const end = Date.now() + this.#options.waitMs; ; await sleep(POLL_MS)) {
      const run = await this.#status(name);
      if (!isOpen(run)) return run;
      demand(run.progress >= 0 && run.progress <= 100, `progress ${run.progress} while ${run.status}`);
      demand(!('counters' in run) && !('error-summary' in run), `closing members while ${run.status}`);
      open.add(run.status);
      demand(Date.now() < end, `still ${run.status} after ${this.#options.waitMs} ms`);
    }
  }

  async #successfulRun(job: JobScenario): Promise<void> {
    const open = new Set<string>();
    let ended: Answer = {};
    await check('ShowJobStatus', 'NEVER_EXECUTED before the first start', async () => {
      const run = await this.#status(job.name);
      equal([run.status, run.progress], ['NEVER_EXECUTED', 0], 'status and progress');
      demand(!('counters' in run) && !('error-summary' in run), 'closing members of a run that never was');
      return undefined;
    });
    await check('StartJob', 'answers a run', async () => {
      open.add((await this.#start(job.name)).status);
      return undefined;
    });
    await check('ShowJobStatus', 'ends SUCCEEDED', async () => {
      ended = await this.#waitForEnd(job.name, open);
      equal(ended.status, 'SUCCEEDED', `status (${ended['error-summary']})`);
      return undefined;
    });
    await check('ShowJobStatus', 'BOOTING or RUNNING while open', () => {
      demand(open.size > 0, 'no open state was seen');
      return [...open].join(', ');
    });
    await check('ShowJobStatus', 'progress 100 when SUCCEEDED', () => {
      equal(ended.progress, 100, 'progress');
      return undefined;
    });
    await check('ShowJobStatus', 'counters equal the rows moved', () => {
      const counters = ended.counters[COUNTERS];
      equal([counters.ROWS_READ, counters.ROWS_WRITTEN], [job.rows, job.rows], 'rows read and written');
      equal(counters.ROWS_WRITTEN_SKIPPED, 0, 'rows skipped');
      const values: unknown[] = Object.values(counters);
      equal(values.length, 10, 'counters');
      demand(values.every(Number.isInteger), `not all whole numbers: ${JSON.stringify(counters)}`);
      return `ROWS_WRITTEN ${counters.ROWS_WRITTEN}`;
    });
    await check('ShowJobStatus', 'no error texts when SUCCEEDED', () => {
      equal(ended.status, 'SUCCEEDED', 'status');
      demand(!('error-summary' in ended) && !('error-details' in ended), 'an error text is there');
      return undefined;
    });
    await check('ShowJobStatus', 'last editor given', () => {
      demand(ended['last-update-user'], 'last-update-user is empty');
      equal(ended['last-udpate-user'], ended['last-update-user'], 'the two spellings');
      return 'both spellings';
    });
    await check('ShowJobStatus', 'dates are milliseconds', () => {
      for (const member of ['creation-date', 'execute-date', 'last-update-date']) {
        const value: unknown = ended[member];
        const isNear = Number.isInteger(value) && Math.abs(Number(value) - Date.now()) < DAY_MS;
        demand(isNear, `${member} is ${JSON.stringify(value)}`);
      }
      demand(ended['execute-date'] <= ended['last-update-date'], 'ended before it began');
      return undefined;
    });
    await check('ShowJobStatus', 'members of 32 bits fit', () => {
      for (const member of ['submission-id', 'write_rows', 'update_rows', 'delete_rows']) {
        const value: unknown = ended[member];
        const fits = Number.isInteger(value) && Number(value) >= 0 && Number(value) <= INT32_MAX;
        demand(fits, `${member} is ${JSON.stringify(value)}`);
      }
      demand([0, job.rows].includes(ended.write_rows), `write_rows is ${ended.write_rows}`);
      equal(typeof ended.isStopingIncrement, 'string', 'type of isStopingIncrement');
      return undefined;
    });
  }

  async #history(job: JobScenario): Promise<void> {
    await check('StartJob', 'second run has a higher number', async () => {
      const first = (await this.#status(job.name))['submission-id'];
      const second = (await this.#start(job.name))['submission-id'];
      demand(second > first, `submission-id ${second} after ${first}`);
      equal((await this.#waitForEnd(job.name)).status, 'SUCCEEDED', 'status');
      return undefined;
    });
    await check('ShowSubmissions', 'newest first, with counters', async () => {
      const answer = await this.#cdm.showSubmissions(this.#options.clusterId, job.name);
      equal([answer.submissions.length, answer.total], [2, 2], 'runs and total');
      const [newer, older] = answer.submissions;
      demand(newer['submission-id'] > older['submission-id'], 'the older run comes first');
      for (const run of [newer, older]) equal(run.counters[COUNTERS].ROWS_WRITTEN, job.rows, 'rows written');
      return undefined;
    });
  }

  async #failedRun(job: JobScenario): Promise<void> {
    let ended: Answer = {};
    await check('ShowJobStatus', 'FAILED with progress -1', async () => {
      await this.#start(job.name);
      ended = await this.#waitForEnd(job.name);
      equal([ended.status, ended.progress], ['FAILED', -1], 'status and progress');
      return undefined;
    });
    await check('ShowJobStatus', 'error texts when FAILED', () => {
      for (const member of ['error-summary', 'error-details']) {
        const text: unknown = ended[member];
        demand(typeof text === 'string' && text !== '', `${member} is ${JSON.stringify(text)}`);
      }
      return ended['error-summary'];
    });
    await check('ShowJobStatus', 'no counters when FAILED', () => {
      equal(ended.status, 'FAILED', 'status');
      demand(!('counters' in ended), 'counters are there');
      return undefined;
    });
  }

  async #stoppedRun(job: JobScenario): Promise<void> {
    const { clusterId, waitMs } = this.#options;
    const stop = () => this.#cdm.stopJob(clusterId, job.name);
    await check('StartJob', 'running job refused', async () => {
      await this.#start(job.name);
      return await refused(() => this.#startAnswer(job.name), 400, 'Cdm.0052');
    });
    await check('StopJob', 'accepted while RUNNING', async () => {
      const end = Date.now() + waitMs;
      while ((await this.#status(job.name)).status === 'BOOTING') {
        demand(Date.now() < end, 'the run never left BOOTING');
        await sleep(POLL_MS);
      }
      equal((await this.#status(job.name)).status, 'RUNNING', 'status before the stop');
      equal((await stop()).httpStatusCode, 200, 'status');
      return undefined;
    });
    await check('ShowJobStatus', 'FAILED by a stop', async () => {
      const run = await this.#waitForEnd(job.name);
      equal([run.status, run.progress], ['FAILED', -1], 'status and progress');
      const summary: string = run['error-summary'];
      demand(/stopped by/i.test(summary), `the summary is ${JSON.stringify(summary)}`);
      return summary;
    });
    await check('StopJob', 'idle job refused', () => refused(stop, 400, 'Cdm.0053'));
  }

  async #unfitRun(job: JobScenario): Promise<void> {
    await check('ShowJobStatus', 'FAILURE_ON_SUBMIT with progress -1', async () => {
      await this.#start(job.name);
      const run = await this.#waitForEnd(job.name);
      equal([run.status, run.progress], ['FAILURE_ON_SUBMIT', -1], 'status and progress');
      demand(!('counters' in run), 'counters are there');
      return undefined;
    });
  }

  async #tablesOfRun({ job, moved, absent }: BatchScenario): Promise<void> {
    const { clusterId } = this.#options;
    await check('ShowJobStatus', 'entire database FAILED, naming the table', async () => {
      await this.#cdm.createJob(clusterId, jobBody(job, 'BATCH_JOB'));
      await this.#start(job.name);
      const run = await this.#waitForEnd(job.name);
      equal([run.status, run.progress], ['FAILED', -1], 'status and progress');
      demand(run['error-summary'].includes(absent), `the summary is ${run['error-summary']}`);
      return run['error-summary'];
    });
    await check('ShowJobStatus', 'its tables by {job}_{table}', async () => {
      const run = await this.#status(`${job.name}_${moved}`);
      equal([run.status, run.progress], ['SUCCEEDED', 100], `status and progress of ${moved}`);
      equal(run.counters[COUNTERS].ROWS_WRITTEN, job.rows, 'rows written');
      const failed = await this.#status(`${job.name}_${absent}`);
      equal([failed.status, failed.progress], ['FAILED', -1], `status and progress of ${absent}`);
      demand(failed['error-summary'], 'error-summary is empty');
      return failed['error-summary'];
    });
    await check('DeleteJob', 'entire database, whose runs can still be asked for', async () => {
      await this.#cdm.deleteJob(clusterId, job.name);
      equal((await this.#status(`${job.name}_${moved}`)).status, 'SUCCEEDED', `status of ${moved}`);
      return undefined;
    });
  }

  async #unknownJob(): Promise<void> {
    // Over the relay, which notes the X-Request-Id header that the server really sent; the runner compares.
    await check('ShowJobStatus', 'unknown job refused', () =>
      refused(() => this.#status('no_such_job', this.#options.relayed), 400, 'Cdm.0100'),
    );
    await check('ShowJobStatus', 'states seen', () => [...this.#states].join(', '));
  }
}

function isOpen(run: { status: string }): boolean {
  return run.status === 'BOOTING' || run.status === 'RUNNING';
}
