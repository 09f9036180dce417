import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceProcess } from '../sluice-process/sluice-process.ts';
import { fetchAnswer, type HttpAnswer, runCurlLine } from './curl.ts';
import { type ExampleId, type StatusExample, statusExamples } from './job-status-examples.ts';
import { onlySubmission, type RunStatus } from './job-status-rules.ts';
import { OrdersDatabase } from './orders-database.ts';
import { type Configs, configValues, TokenClient } from './token-client.ts';

const adminPassword = 'a-password-for-the-docs';
const statusWaitMs = 30_000;
const pollMs = 30;
/** A queue looks for work every second: after this time a server would have touched what it may touch. */
const untouchedMs = 3_500;
const storeFile = 'sluice.db';

/** What the status operation answered for one example. */
export interface Observation {
  readonly id: ExampleId;
  readonly answer: HttpAnswer;
}

export interface JobStatusObservations {
  readonly observations: readonly Observation[];
  /** Rows that the SUCCEEDED run really left equal at the destination. */
  readonly equalRows: number;
  /** The stored run in state `unknown` before and after a running server had time to touch it. */
  readonly unknownRun: { readonly before: unknown; readonly after: unknown };
  /** The status of a job that is not there. */
  readonly missingJob: HttpAnswer;
  /** The same failed run, asked for in Chinese. */
  readonly failedInChinese: HttpAnswer;
  /** Texts of this machine and moment that answers may hold, and what to show in their place. */
  readonly volatile: ReadonlyMap<string, string>;
}

/** The shell line that asks for the status of a job; its variables are explained on the page. */
export function curlLine(job: string): string {
  return `curl -sS -H "X-Auth-Token: $TOKEN" "$ENDPOINT/v1.1/$PROJECT_ID/clusters/$CLUSTER_ID/cdm/job/${job}/status"`;
}

/**
 * Starts a real server beside a real PostgreSQL, brings jobs into every status and asks for each with curl.
 * @param postgresUrl of a superuser; a database is made there and dropped again.
 * @param withCurl false: the requests are made without it.
 */
export async function observeJobStatuses(
  postgresUrl: string,
  withCurl: boolean,
): Promise<JobStatusObservations> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sluice-docs-'));
  const database = await OrdersDatabase.create(postgresUrl);
  let server: SluiceProcess | null = null;
  try {
    server = await SluiceProcess.start({ dataFolder, env: { SLUICE_ADMIN_PASSWORD: adminPassword } });
    const observer = await Observer.open(server, database, withCurl);
    return await observer.observe();
  } finally {
    await server?.kill();
    await database.drop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

/** A cluster, and who speaks to it. */
interface Place {
  readonly client: TokenClient;
  readonly clusterId: string;
}

class Observer {
  readonly #server: SluiceProcess;
  readonly #database: OrdersDatabase;
  readonly #withCurl: boolean;
  readonly #observations: Observation[] = [];
  readonly #client: TokenClient;
  readonly #clusterId: string;

  private constructor(server: SluiceProcess, database: OrdersDatabase, withCurl: boolean, place: Place) {
    this.#server = server;
    this.#database = database;
    this.#withCurl = withCurl;
    this.#client = place.client;
    this.#clusterId = place.clusterId;
  }

  static async open(server: SluiceProcess, database: OrdersDatabase, withCurl: boolean): Promise<Observer> {
    const account = { domain: 'sluice', user: 'admin', password: adminPassword, project: server.region };
    const client = await TokenClient.signOn(server.endpoint, account);
    return new Observer(server, database, withCurl, {
      client,
      clusterId: await client.createCluster('docs'),
    });
  }

  async observe(): Promise<JobStatusObservations> {
    await this.#createLink();
    await this.#createJobs();
    await this.#ask('never-executed');
    const equalRows = await this.#bootRunSucceed();
    await this.#fail();
    const failedInChinese = await this.#curl(jobOf('failed'), '-H "X-Language: zh-cn"');
    const missingJob = await this.#curl('no_such_job');
    await this.#stop();
    await this.#refuse();
    const unknownRun = await this.#loseTrack();
    return {
      observations: this.#observations,
      equalRows,
      unknownRun,
      missingJob,
      failedInChinese,
      volatile: new Map([[this.#database.name, 'sales']]),
    };
  }

  /** A run waits in its preparation, then in its reading, then ends. @returns rows that arrived. */
  async #bootRunSucceed(): Promise<number> {
    const target = await this.#database.lock('orders_copy', 'SHARE');
    await this.#start('booting');
    await this.#database.untilAwaited('orders_copy');
    await this.#ask('booting');
    // The plan is made: from here on the source is only needed to read the rows.
    const source = await this.#database.lock('orders', 'EXCLUSIVE');
    await target.release();
    await this.#database.untilAwaited('orders');
    await this.#until('running');
    await this.#ask('running');
    await source.release();
    await this.#until('succeeded');
    await this.#ask('succeeded');
    return await this.#database.equalRows();
  }

  async #fail(): Promise<void> {
    await this.#start('failed');
    await this.#until('failed');
    await this.#ask('failed');
  }

  async #stop(): Promise<void> {
    await this.#startAndHold('stopped', async () => {
      await this.#client.call('PUT', `${this.#jobPath('stopped')}/stop`);
      await this.#until('stopped');
      await this.#ask('stopped');
    });
  }

  async #refuse(): Promise<void> {
    await this.#start('refused');
    await this.#until('refused');
    await this.#ask('refused');
  }

  /** Writes the state that no engine of this version can bring about, while the server is stopped. */
  async #loseTrack(): Promise<{ before: unknown; after: unknown }> {
    await this.#startAndHold('unknown', async () => await this.#server.stop());
    const job = jobOf('unknown');
    this.#inStore((store) => {
      const { changes } = store.prepare("UPDATE runs SET state = 'unknown' WHERE job_name = ?").run(job);
      if (changes !== 1) throw new Error(`${changes} stored runs of ${job}`);
    });
    const before = this.#storedRun(job);
    await this.#server.startAgain();
    await sleep(untouchedMs);
    await this.#ask('unknown');
    await this.#server.stop();
    return { before, after: this.#storedRun(job) };
  }

  /** Starts the example's job while its source is locked, so that it stays RUNNING during `whileRunning`. */
  async #startAndHold(id: ExampleId, whileRunning: () => Promise<void>): Promise<void> {
    const target = await this.#database.lock('orders_copy', 'SHARE');
    await this.#start(id);
    await this.#database.untilAwaited('orders_copy');
    const source = await this.#database.lock('orders', 'EXCLUSIVE');
    await target.release();
    await this.#database.untilAwaited('orders');
    await this.#until('running', id);
    await whileRunning();
    await source.release();
  }

  #inStore<T>(use: (store: DatabaseSync) => T): T {
    const store = new DatabaseSync(join(this.#server.dataFolder, storeFile));
    try {
      return use(store);
    } finally {
      store.close();
    }
  }

  /** What a driver would change of a run; a lease that a dead server left may go. */
  #storedRun(job: string): unknown {
    const columns =
      'state, fence, started_at, updated_at, ended_at, failure, is_prepared, rows_read, rows_written';
    return this.#inStore((store) => store.prepare(`SELECT ${columns} FROM runs WHERE job_name = ?`).get(job));
  }

  async #ask(id: ExampleId): Promise<void> {
    this.#observations.push({ id, answer: await this.#curl(jobOf(id)) });
  }

  /** @param header a further option of curl. */
  async #curl(job: string, header = ''): Promise<HttpAnswer> {
    const { endpoint, token, projectId } = this.#client;
    const variables = {
      ENDPOINT: endpoint,
      TOKEN: token,
      PROJECT_ID: projectId,
      CLUSTER_ID: this.#clusterId,
    };
    if (this.#withCurl) return await runCurlLine(`${curlLine(job)} ${header}`, variables);
    const url = `${endpoint}/v1.1/${projectId}/clusters/${this.#clusterId}/cdm/job/${job}/status`;
    return await fetchAnswer(url, token, header === '' ? {} : { 'X-Language': 'zh-cn' });
  }

  /** @param status the example whose status is waited for. @param id the example whose job is asked; default: the same. */
  async #until(status: ExampleId, id: ExampleId = status): Promise<void> {
    const wanted: RunStatus = statusExamples[status].status;
    const deadline = Date.now() + statusWaitMs;
    for (;;) {
      const answer = await this.#client.call('GET', `${this.#jobPath(id)}/status`);
      const seen = onlySubmission(answer)?.status;
      if (seen === wanted) return;
      if (Date.now() > deadline) throw new Error(`${jobOf(id)} is ${String(seen)}, never became ${wanted}`);
      await sleep(pollMs);
    }
  }

  async #start(id: ExampleId): Promise<void> {
    await this.#client.call('PUT', `${this.#jobPath(id)}/start`);
  }

  #jobPath(id: ExampleId): string {
    return `/clusters/${this.#clusterId}/cdm/job/${jobOf(id)}`;
  }

  async #createLink(): Promise<void> {
    const { url, name: database } = this.#database;
    const values = {
      databaseType: 'POSTGRESQL',
      host: url.hostname,
      port: url.port || '5432',
      database,
      username: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    };
    const link = {
      name: 'sales_db',
      'connector-name': 'generic-jdbc-connector',
      'link-config-values': configValues([{ name: 'linkConfig', values }]),
    };
    await this.#client.call('POST', `/clusters/${this.#clusterId}/cdm/link`, { links: [link] });
  }

  async #createJobs(): Promise<void> {
    const examples: readonly StatusExample[] = Object.values(statusExamples);
    const jobs = new Map(examples.map((example) => [example.job, example]));
    for (const { job, sourceTable, columns, secret } of jobs.values()) {
      if (secret !== undefined) {
        const { name, value } = secret;
        const path = `/clusters/${this.#clusterId}/variables/${name}`;
        await this.#client.callOwn('PUT', path, { value, is_secret: true });
      }
      const from: Configs = {
        name: 'fromJobConfig',
        values: {
          schemaName: 'public',
          tableName: sourceTable,
          ...(columns && { columnList: columns.from }),
        },
      };
      const to: Configs = {
        name: 'toJobConfig',
        values: {
          schemaName: 'public',
          tableName: 'orders_copy',
          beforeImportType: 'shouldClearTable',
          ...(columns && { columnList: columns.to }),
        },
      };
      await this.#client.call('POST', `/clusters/${this.#clusterId}/cdm/job`, {
        jobs: [
          {
            name: job,
            job_type: 'NORMAL_JOB',
            'from-connector-name': 'generic-jdbc-connector',
            'from-link-name': 'sales_db',
            'to-connector-name': 'generic-jdbc-connector',
            'to-link-name': 'sales_db',
            'from-config-values': configValues([from]),
            'to-config-values': configValues([to]),
          },
        ],
      });
    }
  }
}

function jobOf(id: ExampleId): string {
  return statusExamples[id].job;
}
