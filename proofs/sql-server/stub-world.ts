import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import {
  createSqlServerFixture,
  type SqlServerFixture,
} from '../../packages/connectors/src/sqlserver/sqlserver-fixture.ts';
import { SignedClient } from '../../tools/demo/signed-client.ts';
import { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import { CdmCluster, type RunEnd } from '../kill/cdm-cluster.ts';

const RUN_END_MS = 60_000;
type InputValue = string | Readonly<Record<string, string>>;
const input = (name: string, value: InputValue) => ({ name, value });
const group = (name: string, values: Readonly<Record<string, InputValue>>) => ({
  configs: [{ name, inputs: Object.entries(values).map(([option, value]) => input(option, value)) }],
});

export interface StubJob {
  readonly from: 'postgres' | 'stub';
  readonly to: 'postgres' | 'stub';
  readonly fromOptions: Readonly<Record<string, string>>;
  readonly toOptions: Readonly<Record<string, string>>;
  readonly driver?: Readonly<Record<string, string>>;
}

/** A whole server of ours, a real PostgreSQL and a stub of SQL Server, with links to both, spoken to through the public API. */
export class StubWorld {
  readonly sql: SqlServerFixture;
  readonly postgres: pg.Client;
  readonly server: SluiceProcess;
  readonly cluster: CdmCluster;
  readonly #client: SignedClient;
  readonly #folder: string;
  readonly #drop: () => Promise<void>;
  #jobs = 0;

  private constructor(parts: {
    readonly sql: SqlServerFixture;
    readonly postgres: pg.Client;
    readonly server: SluiceProcess;
    readonly cluster: CdmCluster;
    readonly client: SignedClient;
    readonly folder: string;
    readonly drop: () => Promise<void>;
  }) {
    this.sql = parts.sql;
    this.postgres = parts.postgres;
    this.server = parts.server;
    this.cluster = parts.cluster;
    this.#client = parts.client;
    this.#folder = parts.folder;
    this.#drop = parts.drop;
  }

  /** @param url of a PostgreSQL, in which a database is made. */
  static async open(url: string): Promise<StubWorld> {
    const database = `sluice_sqlserver_${process.pid}`;
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await admin.query(`DROP DATABASE IF EXISTS ${database}`);
    await admin.query(`CREATE DATABASE ${database}`);
    const inside = new URL(url);
    inside.pathname = `/${database}`;
    const postgres = new pg.Client({ connectionString: inside.href });
    await postgres.connect();
    const sql = await createSqlServerFixture();
    const folder = mkdtempSync(path.join(tmpdir(), 'sluice-stub-'));
    const server = await SluiceProcess.start({ dataFolder: folder });
    const client = await SignedClient.connect(server);
    const cluster = await CdmCluster.create(server);
    const world = new StubWorld({
      sql,
      postgres,
      server,
      cluster,
      client,
      folder,
      drop: async () => {
        await postgres.end();
        await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
        await admin.end();
      },
    });
    // A server that falls silent is given up soon.
    const own: Record<string, InputValue> = { 'linkConfig.jdbcProperties': { socketTimeout: '2000' } };
    for (const [name, value] of Object.entries(sql.link)) own[name] = String(value);
    await world.#link('stub', own);
    await world.#link('postgres', {
      'linkConfig.databaseType': 'POSTGRESQL',
      'linkConfig.host': inside.hostname,
      'linkConfig.port': inside.port,
      'linkConfig.database': database,
      'linkConfig.username': decodeURIComponent(inside.username),
      'linkConfig.password': decodeURIComponent(inside.password),
    });
    return world;
  }

  async #link(name: string, values: Readonly<Record<string, InputValue>>): Promise<void> {
    const link = {
      name,
      'connector-name': 'generic-jdbc-connector',
      'link-config-values': group('linkConfig', values),
    };
    await this.#client.call('POST', `${this.#path}/link`, { links: [link] });
  }

  get #path(): string {
    return `/v1.1/${this.#client.projectId}/clusters/${this.cluster.ownPath.split('/').at(-1)}/cdm`;
  }

  /** @returns the job's name. */
  async start({ from, to, fromOptions, toOptions, driver = {} }: StubJob): Promise<string> {
    this.#jobs += 1;
    const name = `job_${this.#jobs}`;
    const schemaOf = (side: StubJob['from']) => (side === 'stub' ? 'dbo' : 'public');
    const named = (prefix: string, options: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(options).map(([option, value]) => [`${prefix}.${option}`, value]));
    const job = {
      name,
      job_type: 'NORMAL_JOB',
      'from-connector-name': 'generic-jdbc-connector',
      'from-link-name': from,
      'to-connector-name': 'generic-jdbc-connector',
      'to-link-name': to,
      'from-config-values': group('fromJobConfig', {
        'fromJobConfig.schemaName': schemaOf(from),
        ...named('fromJobConfig', fromOptions),
      }),
      'to-config-values': group('toJobConfig', {
        'toJobConfig.schemaName': schemaOf(to),
        ...named('toJobConfig', toOptions),
      }),
      'driver-config-values': group('throttlingConfig', {
        'throttlingConfig.numExtractors': '2',
        ...driver,
      }),
    };
    await this.#client.call('POST', `${this.#path}/job`, { jobs: [job] });
    await this.cluster.startJob(name);
    return name;
  }

  async run(job: StubJob): Promise<RunEnd> {
    return await this.cluster.waitForEnd(await this.start(job), RUN_END_MS);
  }

  async close(): Promise<void> {
    await this.server.stop();
    await this.sql.close();
    await this.#drop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
