import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { FuzzTarget, type TargetSettings } from '../fuzz/fuzz-target.ts';

/** An answer as a race judges it. */
export interface Reply {
  readonly status: number;
  /** Empty for an answer of 2xx. */
  readonly code: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A run as the store has it. */
export interface StoredRun {
  readonly id: string;
  readonly state: string;
  readonly fence: number;
}

const endMs = 30_000;
const pollMs = 25;

/** A real server whose store is looked into from beside it. */
export class RaceTarget {
  readonly #target: FuzzTarget;
  #store: pg.Client | DatabaseSync | null = null;
  #source: pg.Client | null = null;

  private constructor(target: FuzzTarget) {
    this.#target = target;
  }

  static async open(settings: TargetSettings): Promise<RaceTarget> {
    const race = new RaceTarget(await FuzzTarget.open(settings));
    const { postgresUrl, name, hasPostgresStore, folder } = settings;
    if (hasPostgresStore) {
      race.#store = new pg.Client({ connectionString: urlOf(postgresUrl, `${name}_store`) });
      await race.#store.connect();
    } else race.#store = new DatabaseSync(join(folder, 'data', 'sluice.db'), { readOnly: true });
    race.#source = new pg.Client({ connectionString: urlOf(postgresUrl, `${name}_data`) });
    await race.#source.connect();
    await race.ended('j0');
    return race;
  }

  get clusterId(): string {
    return this.#target.world.clusterId;
  }

  link(name: string): object {
    return this.#target.world.validLink(name);
  }

  job(name: string): object {
    return this.#target.world.validJob(name);
  }

  /** @param path below the project. */
  async ask(method: string, path: string, body?: object): Promise<Reply> {
    const { server, world } = this.#target;
    const response = await fetch(`${server.endpoint}/v1.1/${world.projectId}${path}`, {
      method,
      headers: { 'X-Auth-Token': world.token, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Readonly<Record<string, unknown>>;
    return {
      status: response.status,
      code: response.ok ? '' : String(answer.errCode ?? ''),
      body: answer,
    };
  }

  /** @param path below `cdm` of a cluster. */
  cdm(method: string, path: string, body?: object, clusterId = this.clusterId): Promise<Reply> {
    return this.ask(method, `/clusters/${clusterId}/cdm${path}`, body);
  }

  /** A request that must succeed. */
  async must(reply: Promise<Reply>): Promise<Reply> {
    const { status, code, body } = await reply;
    if (code !== '') throw new Error(`${status} ${code}: ${String(body.externalMessage)}`);
    return { status, code, body };
  }

  /** Runs cannot read the source until `release` is called. */
  async hold(): Promise<() => Promise<void>> {
    await this.#source?.query('BEGIN; LOCK TABLE source IN ACCESS EXCLUSIVE MODE');
    return async () => void (await this.#source?.query('ROLLBACK'));
  }

  /** Rows of a statement on the server's own store; `?` stands for the values. */
  async look<Row>(statement: string, ...values: readonly string[]): Promise<readonly Row[]> {
    const store = this.#store;
    if (store instanceof DatabaseSync) return store.prepare(statement).all(...values) as unknown as Row[];
    let at = 0;
    const numbered = statement.replace(/\?/g, () => `$${++at}`);
    const { rows } = (await store?.query(numbered, [...values])) ?? { rows: [] };
    return rows as Row[];
  }

  async count(table: 'jobs' | 'links', name: string, clusterId = this.clusterId): Promise<number> {
    const rows = await this.look<{ n: number | string }>(
      `select count(*) as n from ${table} where cluster_id = ? and name = ?`,
      clusterId,
      name,
    );
    return Number(rows[0]?.n);
  }

  runsOf(jobName: string, clusterId = this.clusterId): Promise<readonly StoredRun[]> {
    return this.look<StoredRun>(
      'select id, state, fence from runs where cluster_id = ? and job_name = ? order by submission_id',
      clusterId,
      jobName,
    );
  }

  /** Waits until every run of the job has ended. @returns them. @throws when one does not in time. */
  async ended(jobName: string, clusterId = this.clusterId): Promise<readonly StoredRun[]> {
    for (const deadline = Date.now() + endMs; ; ) {
      const runs = await this.runsOf(jobName, clusterId);
      if (runs.every(({ state }) => ['succeeded', 'failed', 'stopped', 'rejected'].includes(state)))
        return runs;
      if (Date.now() > deadline) throw new Error(`${jobName}: ${JSON.stringify(runs)} after ${endMs} ms`);
      await sleep(pollMs);
    }
  }

  /** A cluster with both links and a job, ready for work. @returns its id. */
  async makeCluster(jobName: string): Promise<string> {
    const nics = [{ securityGroupId: 'sg', 'net-id': 'net' }];
    const flavorRef = 'fb8fe666-6734-4b11-bc6c-43d11db3c745';
    const instances = [{ type: 'cdm', flavorRef, availability_zone: 'az1', nics }];
    const made = await this.must(
      this.ask('POST', '/clusters', { cluster: { name: 'race', vpcId: 'vpc', instances } }),
    );
    const id = String(made.body.id);
    await this.inState(id, '200');
    for (const link of ['source', 'target']) await this.must(this.cdm('POST', '/link', this.link(link), id));
    await this.must(this.cdm('POST', '/job', this.job(jobName), id));
    return id;
  }

  /** @param status a state code, or `gone`. */
  async inState(clusterId: string, status: string): Promise<void> {
    for (const deadline = Date.now() + endMs; ; ) {
      const reply = await this.ask('GET', `/clusters/${clusterId}`);
      if ((reply.status === 404 ? 'gone' : reply.body.status) === status) return;
      if (Date.now() > deadline)
        throw new Error(`cluster ${clusterId} does not become ${status}: ${JSON.stringify(reply.body)}`);
      await sleep(pollMs);
    }
  }

  unhandled(): Promise<readonly string[]> {
    return this.#target.unhandled();
  }

  async close(): Promise<void> {
    if (this.#store instanceof DatabaseSync) this.#store.close();
    else await this.#store?.end();
    await this.#source?.end();
    await this.#target.close();
  }
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
