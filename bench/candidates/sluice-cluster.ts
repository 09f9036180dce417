import { setTimeout as sleep } from 'node:timers/promises';
import { SignedClient } from '../../tools/demo/signed-client.ts';
import type { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import type { Endpoint } from '../stage.ts';

const CLUSTER_LIMIT_MS = 60_000;
const CLUSTER_POLL_MS = 100;
/** The service's smallest flavor. */
const FLAVOR_ID = 'fb8fe666-6734-4b11-bc6c-43d11db3c745';
const CONNECTOR = 'generic-jdbc-connector';
const COUNTERS = 'org.apache.sqoop.submission.counter.SqoopCounters';
const ACTIVE = new Set(['BOOTING', 'RUNNING']);

const input = (name: string, value: string) => ({ name, value });
const configs = (name: string, ...inputs: ReturnType<typeof input>[]) => ({ configs: [{ name, inputs }] });

export interface FinishedRun {
  /** From just before the start call to the answer that said SUCCEEDED. */
  readonly seconds: number;
  readonly rowsWritten: number;
}

/** A cluster of a running Sluice, used through its public API as any client would, every request signed. */
export class SluiceCluster {
  readonly id: string;
  /** Before the paths of its CDM operations. */
  readonly path: string;
  readonly #client: SignedClient;

  private constructor(client: SignedClient, clusters: string, id: string) {
    this.id = id;
    this.#client = client;
    this.path = `${clusters}/${id}/cdm`;
  }

  static async create(server: SluiceProcess): Promise<SluiceCluster> {
    const client = await SignedClient.connect(server);
    const clusters = `/v1.1/${client.projectId}/clusters`;
    const { id } = await client.call('POST', clusters, {
      cluster: {
        name: 'bench',
        vpcId: 'bench-vpc',
        datastore: { type: 'cdm', version: '2.9.1.100' },
        instances: [
          {
            type: 'cdm',
            flavorRef: FLAVOR_ID,
            availability_zone: 'az1',
            nics: [{ securityGroupId: 'bench-group', 'net-id': 'bench-net' }],
          },
        ],
      },
    });
    const deadline = Date.now() + CLUSTER_LIMIT_MS;
    while (Date.now() < deadline) {
      const { status } = await client.call('GET', `${clusters}/${id}`);
      if (status === '200') return new SluiceCluster(client, clusters, String(id));
      await sleep(CLUSTER_POLL_MS);
    }
    throw new Error(`the cluster is not ready after ${CLUSTER_LIMIT_MS / 1_000} s`);
  }

  /** Path of the operation that tells a job's state. */
  statusPath(job: string): string {
    return `${this.path}/job/${job}/status`;
  }

  async createLink(name: string, endpoint: Endpoint): Promise<void> {
    const linkConfig = configs(
      'linkConfig',
      input('linkConfig.databaseType', endpoint.kind === 'postgres' ? 'POSTGRESQL' : 'MYSQL'),
      input('linkConfig.host', endpoint.host),
      input('linkConfig.port', String(endpoint.port)),
      input('linkConfig.database', endpoint.database),
      input('linkConfig.username', endpoint.user),
      input('linkConfig.password', endpoint.password),
    );
    await this.#client.call('POST', `${this.path}/link`, {
      links: [{ name, 'connector-name': CONNECTOR, 'link-config-values': linkConfig }],
    });
  }

  /** A job that appends `source` to `target`, a table that is there. */
  async createJob(
    name: string,
    from: { readonly link: string; readonly endpoint: Endpoint },
    to: { readonly link: string; readonly endpoint: Endpoint },
    extractors: number,
  ): Promise<void> {
    await this.#client.call('POST', `${this.path}/job`, {
      jobs: [
        {
          name,
          job_type: 'NORMAL_JOB',
          'from-connector-name': CONNECTOR,
          'from-link-name': from.link,
          'to-connector-name': CONNECTOR,
          'to-link-name': to.link,
          'from-config-values': configs(
            'fromJobConfig',
            input('fromJobConfig.schemaName', from.endpoint.schema),
            input('fromJobConfig.tableName', from.endpoint.table),
          ),
          'to-config-values': configs(
            'toJobConfig',
            input('toJobConfig.schemaName', to.endpoint.schema),
            input('toJobConfig.tableName', to.endpoint.table),
            input('toJobConfig.tablePreparation', 'DO_NOTHING'),
          ),
          'driver-config-values': configs(
            'throttlingConfig',
            input('throttlingConfig.numExtractors', String(extractors)),
          ),
        },
      ],
    });
  }

  /**
   * Starts the job and asks for its state every `pollMs` until the run is over.
   *
   * @throws with what the run says of itself, when it did not succeed or takes longer than `limitMs`
   */
  async runJob(name: string, pollMs: number, limitMs: number): Promise<FinishedRun> {
    const start = performance.now();
    await this.#client.call('PUT', `${this.path}/job/${name}/start`);
    while (performance.now() - start < limitMs) {
      const { submissions } = await this.#client.call('GET', this.statusPath(name));
      const run: Readonly<Record<string, unknown>> | undefined = Array.isArray(submissions)
        ? submissions[0]
        : undefined;
      if (run !== undefined && !ACTIVE.has(String(run.status))) {
        const seconds = (performance.now() - start) / 1_000;
        if (run.status !== 'SUCCEEDED') {
          throw new Error(
            `the run ended ${run.status}: ${run['error-summary'] ?? ''} ${run['error-details'] ?? ''}`,
          );
        }
        const counters = run.counters as
          | Readonly<Record<string, Readonly<Record<string, number>>>>
          | undefined;
        return { seconds, rowsWritten: Number(counters?.[COUNTERS]?.ROWS_WRITTEN) };
      }
      await sleep(pollMs);
    }
    throw new Error(`the run has not ended after ${limitMs / 1_000} s`);
  }
}
