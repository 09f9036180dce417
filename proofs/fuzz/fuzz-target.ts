import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { datastore, flavors } from '../../packages/server/src/clusters/flavors.ts';
import { TokenClient } from '../../tools/docs/token-client.ts';
import { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import { jobDocument, linkDocument } from './fuzz-documents.ts';
import type { FuzzWorld } from './fuzz-world.ts';
import type { Forbidden } from './judge.ts';

export interface TargetSettings {
  /** State and log of the server. */
  readonly folder: string;
  /** A PostgreSQL server for links and jobs, and for the store if that is not embedded. */
  readonly postgresUrl: string;
  /** Begins the names of databases and roles. */
  readonly name: string;
  readonly hasPostgresStore: boolean;
  /** The command line's script; the project's own by default. */
  readonly script?: string;
}

/** Events of the log that nobody foresaw. */
const unhandledEvents = new Set([
  'http.failed',
  'run.unexpected',
  'run.unsettled',
  'queue.claim-failed',
  'cluster.retry',
]);
/** The last run must end within this time. */
const lastRunMs = 60_000;

/** A real server with a cluster, links and jobs, and a database that they lead to. */
export class FuzzTarget {
  readonly server: SluiceProcess;
  readonly world: FuzzWorld;
  readonly forbidden: readonly Forbidden[];
  readonly #settings: TargetSettings;
  readonly #client: TokenClient;

  /** Where the server and its data are. */
  get folder(): string {
    return this.#settings.folder;
  }

  private constructor(
    settings: TargetSettings,
    server: SluiceProcess,
    client: TokenClient,
    world: FuzzWorld,
    forbidden: readonly Forbidden[],
  ) {
    this.#settings = settings;
    this.server = server;
    this.#client = client;
    this.world = world;
    this.forbidden = forbidden;
  }

  static async open(settings: TargetSettings): Promise<FuzzTarget> {
    const { name, folder, hasPostgresStore, script, postgresUrl } = settings;
    const [password, adminPassword] = [`Pw-${crypto.randomUUID()}`, `Adm-${crypto.randomUUID()}`];
    for (const kind of ['data', 'store']) await onServer(postgresUrl, `CREATE DATABASE ${name}_${kind}`);
    await onServer(postgresUrl, `CREATE ROLE ${name}_role LOGIN PASSWORD '${password}'`);
    await onServer(
      postgresUrl,
      `CREATE TABLE source (id bigint PRIMARY KEY, label text);
       INSERT INTO source SELECT n, 'row ' || n FROM generate_series(1, 20) AS n;
       GRANT ALL ON SCHEMA public TO ${name}_role; GRANT ALL ON source TO ${name}_role`,
      `${name}_data`,
    );
    const server = await SluiceProcess.start({
      dataFolder: join(folder, 'data'),
      ...(script === undefined ? {} : { script }),
      env: {
        SLUICE_ACCOUNT: 'fuzz',
        SLUICE_USER: 'fuzzer',
        SLUICE_ADMIN_PASSWORD: adminPassword,
        ...(hasPostgresStore ? { SLUICE_STORE_URL: databaseUrl(postgresUrl, `${name}_store`) } : {}),
      },
    });
    const client = await TokenClient.signOn(server.endpoint, {
      domain: 'fuzz',
      user: 'fuzzer',
      password: adminPassword,
      project: server.region,
    });
    const { hostname: host, port } = new URL(postgresUrl);
    const settingsOfLink = {
      databaseType: 'POSTGRESQL',
      host,
      port,
      database: `${name}_data`,
      username: `${name}_role`,
      password,
    };
    const world: FuzzWorld = {
      projectId: client.projectId,
      clusterId: await client.createCluster('lasting'),
      mortals: [],
      runIds: [],
      ids: {
        datastore_id: [datastore.id],
        flavor_id: flavors.map(({ id }) => id),
        region_id: [server.region],
        role_scope: ['all', client.projectId],
      },
      linkNames: ['source', 'target', 'l1', 'l2', 'l3', 'l4'],
      jobNames: ['j0', 'j1', 'j2', 'j3', 'j4', 'j5', 'j6', 'j7'],
      token: client.token,
      accessKey: server.accessKey,
      secretKey: server.secretKey,
      validLink: (link) => linkDocument(link, settingsOfLink),
      validJob: jobDocument,
    };
    const target = new FuzzTarget(settings, server, client, world, [
      { what: 'password of a link', text: password },
      { what: 'password of the account', text: adminPassword },
      { what: 'secret key', text: server.secretKey },
      { what: 'token', text: client.token },
      { what: 'folder of the data', text: folder },
      { what: 'folder of the program', text: fileURLToPath(new URL('../..', import.meta.url)) },
      { what: 'home folder', text: `${homedir()}/` },
    ]);
    for (const link of ['source', 'target']) await target.#cdm('POST', '/link', world.validLink(link));
    for (const job of world.jobNames.slice(0, 5)) await target.#cdm('POST', '/job', world.validJob(job));
    await target.#cdm('PUT', '/job/j0/start');
    return target;
  }

  get port(): number {
    return Number(new URL(this.server.endpoint).port);
  }

  /** Resident memory of the server process in MiB. Linux only; elsewhere 0. */
  async rssMb(): Promise<number> {
    const status = await readFile(`/proc/${this.server.pid}/status`, 'utf8').catch(() => '');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  }

  /** Links, a job and a run by the book. @throws when the server does not work any more. */
  async worksStill(): Promise<void> {
    for (const name of ['source', 'target']) {
      // Requests may have deleted or changed them; a job in the way goes with its cluster at the end.
      await this.#cdm('DELETE', `/link/${name}`).catch(() => undefined);
      await this.#cdm('POST', '/link', this.world.validLink(name)).catch(() =>
        this.#cdm('PUT', `/link/${name}`, this.world.validLink(name)),
      );
    }
    await this.#cdm('POST', '/job', this.world.validJob('last'));
    await this.#cdm('PUT', '/job/last/start');
    const deadline = Date.now() + lastRunMs;
    for (;;) {
      const { submissions } = await this.#cdm('GET', '/job/last/status');
      const [run] = submissions as { readonly status: string; readonly 'error-summary'?: string }[];
      if (run?.status === 'SUCCEEDED') return;
      if (run?.status.startsWith('FAIL')) throw new Error(`the last run failed: ${run['error-summary']}`);
      if (Date.now() > deadline) throw new Error(`the last run is ${run?.status} after ${lastRunMs} ms`);
      await sleep(100);
    }
  }

  /** Lines of the log that tell of what nobody foresaw, and what is no line of the log at all. */
  async unhandled(): Promise<readonly string[]> {
    const lines = (await readFile(this.server.logFile, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.filter((line) => {
      if (!line.startsWith('{')) return !isStartUpText(line);
      const { event, level } = JSON.parse(line) as { event: string; level: string };
      return unhandledEvents.has(event) || level === 'error';
    });
  }

  async close(): Promise<void> {
    const { name, postgresUrl } = this.#settings;
    await this.server.stop();
    for (const kind of ['data', 'store'])
      await onServer(postgresUrl, `DROP DATABASE IF EXISTS ${name}_${kind} WITH (FORCE)`);
    await onServer(postgresUrl, `DROP ROLE IF EXISTS ${name}_role`);
  }

  #cdm(method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> {
    return this.#client.call(method, `/clusters/${this.world.clusterId}/cdm${path}`, body);
  }
}

/** What the program says to whoever starts it by hand. */
function isStartUpText(line: string): boolean {
  return !/Error|Warning|^\s+at /.test(line);
}

function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function onServer(serverUrl: string, statement: string, database?: string): Promise<void> {
  const connectionString = database === undefined ? serverUrl : databaseUrl(serverUrl, database);
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
