import { setTimeout as sleep } from 'node:timers/promises';
import { SignedClient } from '../../tools/demo/signed-client.ts';
import type { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import type { ComparedSide } from './compared-side.ts';

/** A verification as our own API shows it: what the proof looks at. */
export interface ShownVerification {
  readonly id: string;
  readonly state: string;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly failure: unknown;
  readonly tables: readonly {
    readonly reason: string | null;
    readonly left_out_columns: readonly unknown[];
    readonly source_rows: number;
    readonly destination_rows: number;
    readonly changed: number;
    readonly missing: number;
    readonly extra: number;
    readonly rows_written: number;
    readonly rows_removed: number;
    readonly differences: readonly { readonly kind: string; readonly key: readonly string[] }[];
  }[];
}

/** How a run ended, by our own API. */
export interface ShownRun {
  readonly id: string;
  readonly state: string;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly failure: { readonly summary: string } | null;
}

const input = (name: string, value: unknown) => ({ name, value });
const pollMs = 50;
/** A run or a verification that takes longer is stuck. */
const patienceMs = 600_000;

/** One cluster of a server: jobs that copy a table, and verifications of their runs. */
export class VerifyingCluster {
  readonly #client: SignedClient;
  readonly #cdm: string;
  readonly #own: string;
  readonly #links = new Map<ComparedSide, string>();

  private constructor(client: SignedClient, clusterId: string) {
    this.#client = client;
    this.#cdm = `/v1.1/${client.projectId}/clusters/${clusterId}/cdm`;
    this.#own = `/api/v1/projects/${client.projectId}/clusters/${clusterId}/jobs`;
  }

  static async create(server: SluiceProcess): Promise<VerifyingCluster> {
    const client = await SignedClient.connect(server);
    const nics = [{ securityGroupId: 'sg', 'net-id': 'net' }];
    const flavorRef = 'fb8fe666-6734-4b11-bc6c-43d11db3c745';
    const { id } = await client.call('POST', `/v1.1/${client.projectId}/clusters`, {
      cluster: {
        name: 'verify',
        vpcId: 'vpc',
        datastore: { type: 'cdm', version: '2.9.1.100' },
        instances: [{ type: 'cdm', flavorRef, availability_zone: 'az1', nics }],
      },
    });
    const path = `/v1.1/${client.projectId}/clusters/${id}`;
    while (String((await client.call('GET', path)).status) !== '200') await sleep(pollMs);
    return new VerifyingCluster(client, String(id));
  }

  async createLink(side: ComparedSide): Promise<void> {
    const name = `link_${side.kind}`;
    const url = new URL(side.url);
    const inputs = [
      input('linkConfig.databaseType', side.kind === 'postgres' ? 'POSTGRESQL' : 'MYSQL'),
      input('linkConfig.host', url.hostname),
      input('linkConfig.port', url.port),
      input('linkConfig.database', side.database),
      input('linkConfig.username', decodeURIComponent(url.username)),
      input('linkConfig.password', decodeURIComponent(url.password)),
    ];
    const values = { configs: [{ name: 'linkConfig', inputs }] };
    await this.#client.call('POST', `${this.#cdm}/link`, {
      links: [{ name, 'connector-name': 'generic-jdbc-connector', 'link-config-values': values }],
    });
    this.#links.set(side, name);
  }

  /** Copies a table into one that is there and is cleared. */
  async copy(
    from: ComparedSide,
    fromTable: string,
    to: ComparedSide,
    toTable: string,
    own: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly job: string; readonly run: ShownRun }> {
    const job = `${fromTable}_to_${to.kind}_${toTable}`;
    const place = (end: string, side: ComparedSide, table: string, more: readonly object[] = []) => ({
      configs: [
        {
          name: `${end}JobConfig`,
          inputs: [
            input(`${end}JobConfig.schemaName`, side.schema),
            input(`${end}JobConfig.tableName`, table),
            ...more,
          ],
        },
      ],
    });
    const cleared = [input('toJobConfig.shouldClearTable', 'true')];
    const driver = { ...own, 'throttlingConfig.numExtractors': '2' };
    await this.#client.call('POST', `${this.#cdm}/job`, {
      jobs: [
        {
          name: job,
          job_type: 'NORMAL_JOB',
          'from-connector-name': 'generic-jdbc-connector',
          'from-link-name': this.#links.get(from),
          'to-connector-name': 'generic-jdbc-connector',
          'to-link-name': this.#links.get(to),
          'from-config-values': place('from', from, fromTable),
          'to-config-values': place('to', to, toTable, cleared),
          'driver-config-values': {
            configs: [
              { name: 'throttlingConfig', inputs: Object.entries(driver).map(([k, v]) => input(k, v)) },
            ],
          },
        },
      ],
    });
    await this.#client.call('PUT', `${this.#cdm}/job/${job}/start`);
    return { job, run: await this.#ended(job) };
  }

  async verify(job: string, run: ShownRun): Promise<ShownVerification> {
    const path = `${this.#own}/${job}/runs/${run.id}/verifications`;
    return await this.#told(path, await this.#client.call('POST', path));
  }

  async repair(job: string, run: ShownRun, found: ShownVerification): Promise<ShownVerification> {
    const path = `${this.#own}/${job}/runs/${run.id}/verifications`;
    const body = { remove_extra: true };
    return await this.#told(path, await this.#client.call('POST', `${path}/${found.id}/repair`, body));
  }

  async #told(path: string, begun: Record<string, unknown>): Promise<ShownVerification> {
    for (const deadline = Date.now() + patienceMs; ; ) {
      const seen = (await this.#client.call('GET', `${path}/${begun.id}`)) as unknown as ShownVerification;
      if (seen.state !== 'queued' && seen.state !== 'running') return seen;
      if (Date.now() > deadline) throw new Error(`a verification stayed ${seen.state}`);
      await sleep(pollMs);
    }
  }

  async #ended(job: string): Promise<ShownRun> {
    for (const deadline = Date.now() + patienceMs; ; ) {
      const { runs } = await this.#client.call('GET', `${this.#own}/${job}/runs`);
      const [run] = runs as ShownRun[];
      if (run !== undefined && run.ended_at !== null) return run;
      if (Date.now() > deadline) throw new Error(`a run stayed ${run?.state}`);
      await sleep(pollMs);
    }
  }
}
