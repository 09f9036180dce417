import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, SignedClient } from '../../tools/demo/signed-client.ts';
import type { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import type { Side as WholeSide } from './side-table.ts';

/** What a link and a job need of a database. */
type Side = Pick<WholeSide, 'kind' | 'url' | 'database'>;

export interface RunEnd {
  /** Terminal status on the wire; null when there was none in time. */
  readonly status: string | null;
  readonly rowsRead: number | null;
  readonly rowsWritten: number | null;
  readonly rowsSkipped: number | null;
  /** Number of the newest run. */
  readonly submissionId: number;
  /** From the start call to the end, by the server's own clock, in milliseconds; null without an end. */
  readonly tookMs: number | null;
  readonly summary: string | null;
  /** Records of runs of this job; one per start or resume. */
  readonly runCount: number;
}

/** A link of another name, perhaps through something that stands before the server. */
export interface LinkWay {
  readonly name?: string;
  readonly port?: number;
  /** linkConfig.jdbcProperties. */
  readonly properties?: Readonly<Record<string, string>>;
}

export interface JobChanges {
  /** Default: `source`. */
  readonly fromTable?: string;
  readonly fromLink?: string;
  readonly toLink?: string;
  readonly partitionColumn?: string;
  /** The table is cleared ahead of each run. */
  readonly isCleared?: boolean;
  /** Options of the job itself, by their names. */
  readonly driver?: Readonly<Record<string, string>>;
  /** Further options of the source. */
  readonly fromOptions?: Readonly<Record<string, string>>;
  /** Further options of the destination. */
  readonly toOptions?: Readonly<Record<string, string>>;
}

/** A resume must be answered within this time, deaths of the server included, in milliseconds. */
const resumeMs = 60_000;
const countersName = 'org.apache.sqoop.submission.counter.SqoopCounters';
const input = (name: string, value: unknown) => ({ name, value });

/** A database that a link leads to. */
export type LinkedSide = Pick<Side, 'kind' | 'url' | 'database'>;

function schemaOf(side: LinkedSide): string {
  return side.kind === 'postgres' ? 'public' : side.database;
}

/** One cluster of a server, spoken to through the public API with signed requests. */
export class CdmCluster {
  readonly #client: SignedClient;
  readonly #path: string;
  /** Of our own calls. */
  readonly ownPath: string;
  readonly #links = new Map<LinkedSide, string>();

  private constructor(client: SignedClient, clusterId: string) {
    this.#client = client;
    this.#path = `/v1.1/${client.projectId}/clusters/${clusterId}/cdm`;
    this.ownPath = `/api/v1/projects/${client.projectId}/clusters/${clusterId}`;
  }

  static async create(server: SluiceProcess): Promise<CdmCluster> {
    const client = await SignedClient.connect(server);
    const created = await client.call('POST', `/v1.1/${client.projectId}/clusters`, {
      cluster: {
        name: 'kill',
        vpcId: 'vpc',
        datastore: { type: 'cdm', version: '2.9.1.100' },
        instances: [
          {
            type: 'cdm',
            flavorRef: 'fb8fe666-6734-4b11-bc6c-43d11db3c745',
            availability_zone: 'az1',
            nics: [{ securityGroupId: 'sg', 'net-id': 'net' }],
          },
        ],
      },
    });
    const path = `/v1.1/${client.projectId}/clusters/${created.id}`;
    for (let status = ''; status !== '200'; ) {
      status = String((await client.call('GET', path)).status);
      if (status !== '200') await sleep(100);
    }
    return new CdmCluster(client, String(created.id));
  }

  /** @returns the link's name. */
  async createLink(side: LinkedSide, way: LinkWay = {}): Promise<string> {
    const name = way.name ?? `link_${side.kind}`;
    const url = new URL(side.url);
    await this.#client.call('POST', `${this.#path}/link`, {
      links: [
        {
          name,
          'connector-name': 'generic-jdbc-connector',
          'link-config-values': {
            configs: [
              {
                name: 'linkConfig',
                inputs: [
                  input('linkConfig.databaseType', side.kind === 'postgres' ? 'POSTGRESQL' : 'MYSQL'),
                  input('linkConfig.host', url.hostname),
                  input('linkConfig.port', String(way.port ?? url.port)),
                  input('linkConfig.database', side.database),
                  input('linkConfig.username', decodeURIComponent(url.username)),
                  input('linkConfig.password', decodeURIComponent(url.password)),
                  ...(way.properties === undefined
                    ? []
                    : [input('linkConfig.jdbcProperties', way.properties)]),
                ],
              },
            ],
          },
        },
      ],
    });
    if (way.name === undefined) this.#links.set(side, name);
    return name;
  }

  /** A job from `source` to a table that must be empty and is not cleared unless told: what is doubled stays to be seen. */
  async createJob(
    name: string,
    from: LinkedSide,
    to: LinkedSide,
    table: string,
    extractors: number,
    more: JobChanges = {},
  ): Promise<void> {
    await this.#client.call('POST', `${this.#path}/job`, {
      jobs: [
        {
          name,
          job_type: 'NORMAL_JOB',
          'from-connector-name': 'generic-jdbc-connector',
          'from-link-name': more.fromLink ?? this.#links.get(from),
          'to-connector-name': 'generic-jdbc-connector',
          'to-link-name': more.toLink ?? this.#links.get(to),
          'from-config-values': {
            configs: [
              {
                name: 'fromJobConfig',
                inputs: [
                  input('fromJobConfig.schemaName', schemaOf(from)),
                  input('fromJobConfig.tableName', more.fromTable ?? 'source'),
                  ...(more.partitionColumn === undefined
                    ? []
                    : [input('fromJobConfig.partitionColumn', more.partitionColumn)]),
                  ...Object.entries(more.fromOptions ?? {}).map(([name, value]) => input(name, value)),
                ],
              },
            ],
          },
          'to-config-values': {
            configs: [
              {
                name: 'toJobConfig',
                inputs: [
                  input('toJobConfig.schemaName', schemaOf(to)),
                  input('toJobConfig.tableName', table),
                  input('toJobConfig.tablePreparation', 'DO_NOTHING'),
                  ...(more.isCleared === true ? [input('toJobConfig.shouldClearTable', 'true')] : []),
                  ...Object.entries(more.toOptions ?? {}).map(([name, value]) => input(name, value)),
                ],
              },
            ],
          },
          'driver-config-values': {
            configs: [
              {
                name: 'throttlingConfig',
                inputs: [
                  input('throttlingConfig.numExtractors', String(extractors)),
                  ...Object.entries(more.driver ?? {}).map(([option, value]) => input(option, value)),
                ],
              },
            ],
          },
        },
      ],
    });
  }

  /** A job that moves all tables of one side to the other, and makes those that are missing. */
  async createBatchJob(
    name: string,
    from: LinkedSide,
    to: LinkedSide,
    more: { readonly tablesAtOnce: number; readonly extractors: number },
  ): Promise<void> {
    await this.#client.call('POST', `${this.#path}/job`, {
      jobs: [
        {
          name,
          job_type: 'BATCH_JOB',
          'from-connector-name': 'generic-jdbc-connector',
          'from-link-name': this.#links.get(from),
          'to-connector-name': 'generic-jdbc-connector',
          'to-link-name': this.#links.get(to),
          'from-config-values': {
            configs: [{ name: 'fromJobConfig', inputs: [input('fromJobConfig.schemaName', schemaOf(from))] }],
          },
          'to-config-values': {
            configs: [
              {
                name: 'toJobConfig',
                inputs: [
                  input('toJobConfig.schemaName', schemaOf(to)),
                  input('toJobConfig.tablePreparation', 'CREATE_WHEN_NOT_EXIST'),
                ],
              },
            ],
          },
          'driver-config-values': {
            configs: [
              {
                name: 'throttlingConfig',
                inputs: [
                  input('throttlingConfig.concurrentSubJobs', String(more.tablesAtOnce)),
                  input('throttlingConfig.numExtractors', String(more.extractors)),
                ],
              },
            ],
          },
        },
      ],
    });
  }

  /** Has the tables of a run moved again that it did not move. */
  async retryTables(name: string, runId: string): Promise<void> {
    await this.#client.call('POST', `${this.ownPath}/jobs/${name}/runs/${runId}/tables/retry`);
  }

  /** What the status operation tells now. */
  async status(name: string): Promise<{ readonly status: string; readonly rowsWritten: number | null }> {
    const answer = await this.#client.call('GET', `${this.#path}/job/${name}/status`);
    const run = (answer.submissions as Record<string, unknown>[])[0];
    const counters = run?.counters as Record<string, Record<string, number>> | undefined;
    return { status: String(run?.status), rowsWritten: counters?.[countersName]?.ROWS_WRITTEN ?? null };
  }

  /** A job that is written and never started. */
  async createWrittenJob(name: string): Promise<void> {
    const side = [...this.#links.keys()][0];
    if (side !== undefined) await this.createJob(name, side, side, 'never_started', 1);
  }

  async deleteJob(name: string): Promise<void> {
    await this.#client.call('DELETE', `${this.#path}/job/${name}`);
  }

  async startJob(name: string): Promise<void> {
    await this.#client.call('PUT', `${this.#path}/job/${name}/start`);
  }

  /** Stops the job; no error when its run has ended meanwhile. */
  async stopJob(name: string): Promise<void> {
    await this.#client.call('PUT', `${this.#path}/job/${name}/stop`).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.code === 'Cdm.0053')) throw error;
    });
  }

  /**
   * Resumes a run, as a client would whose server may die under the call: it repeats the call until it is answered, and takes
   * the refusals that tell that an earlier one was heard.
   */
  async resumeJob(name: string, submissionId: number): Promise<void> {
    const deadline = Date.now() + resumeMs;
    for (;;) {
      try {
        await this.#client.call('POST', `${this.ownPath}/jobs/${name}/runs/${submissionId}/resume`);
        return;
      } catch (error) {
        if (error instanceof ApiError && error.code === 'Cdm.0052') return;
        // The run that the lost answer told of has ended already.
        if (error instanceof ApiError && (await this.#newest(name)) > submissionId) return;
        if (error instanceof ApiError || Date.now() > deadline) throw error;
        await sleep(50);
      }
    }
  }

  async #newest(name: string): Promise<number> {
    const answer = await this.#client.call('GET', `${this.#path}/job/${name}/status`);
    return Number((answer.submissions as Record<string, unknown>[])[0]?.['submission-id']);
  }

  /** A call of our own API on the job. */
  async ownCall(
    method: string,
    name: string,
    path: string,
    body?: unknown,
  ): Promise<Record<string, unknown>> {
    return await this.#client.call(method, `${this.ownPath}/jobs/${name}${path}`, body);
  }

  async jobNames(): Promise<string[]> {
    const names: string[] = [];
    for (let page = 1; ; page++) {
      const answer = await this.#client.call('GET', `${this.#path}/job/all?page_no=${page}&page_size=100`);
      const jobs = answer.jobs as { name: string }[];
      names.push(...jobs.map((job) => job.name));
      if (names.length >= Number(answer.total) || jobs.length === 0) return names;
    }
  }

  /** Polls the status operation as any client would, until it reads SUCCEEDED or FAILED. */
  async waitForEnd(name: string, timeoutMs: number): Promise<RunEnd> {
    const deadline = Date.now() + timeoutMs;
    let ended: Record<string, unknown> | null = null;
    while (ended === null && Date.now() < deadline) {
      const answer = await this.#client.call('GET', `${this.#path}/job/${name}/status`);
      const run = (answer.submissions as Record<string, unknown>[])[0];
      if (run !== undefined && ['SUCCEEDED', 'FAILED', 'FAILURE_ON_SUBMIT'].includes(String(run.status)))
        ended = run;
      else await sleep(30);
    }
    const history = await this.#client.call('GET', `${this.#path}/submissions?jname=${name}`);
    const counters = ended?.counters as Record<string, Record<string, number>> | undefined;
    return {
      status: ended === null ? null : String(ended.status),
      submissionId: Number(ended?.['submission-id'] ?? 0),
      tookMs: ended === null ? null : Number(ended['last-update-date']) - Number(ended['creation-date']),
      rowsRead: counters?.[countersName]?.ROWS_READ ?? null,
      rowsWritten: counters?.[countersName]?.ROWS_WRITTEN ?? null,
      rowsSkipped: counters?.[countersName]?.ROWS_WRITTEN_SKIPPED ?? null,
      summary: typeof ended?.['error-summary'] === 'string' ? ended['error-summary'] : null,
      runCount: (history.submissions as unknown[]).length,
    };
  }
}
