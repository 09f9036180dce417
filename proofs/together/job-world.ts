import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, SignedClient } from '../../tools/demo/signed-client.ts';
import type { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import type { DirtySide } from '../dirty/dirty-table.ts';

/** What is said of a job, by names of options. */
export interface JobWish {
  readonly type?: 'NORMAL_JOB' | 'BATCH_JOB';
  readonly from: DirtySide;
  readonly to: DirtySide;
  /** Of a job of one table. */
  readonly fromTable?: string;
  readonly toTable?: string;
  readonly fromOptions?: Readonly<Record<string, unknown>>;
  readonly toOptions?: Readonly<Record<string, unknown>>;
  readonly driver?: Readonly<Record<string, unknown>>;
  /** Variables of the start. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface ShownRun {
  readonly id: string;
  readonly job_name: string;
  readonly state: string;
  readonly failure: { readonly code: string; readonly summary: string } | null;
  readonly durable: {
    readonly rows_read: number;
    readonly rows_written: number;
    readonly rows_skipped: number;
  };
  readonly started_at: number | null;
  readonly ended_at: number | null;
}

export interface ShownVerification {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly failure: { readonly summary: string } | null;
  readonly tables: readonly {
    readonly state: string;
    readonly reason: string | null;
    readonly notes: readonly string[];
    readonly left_out_columns: readonly { readonly column: string }[];
    readonly source_rows: number;
    readonly destination_rows: number;
    readonly changed: number;
    readonly missing: number;
    readonly extra: number;
    readonly foreign: number;
    readonly rows_written: number;
    readonly differences: readonly { readonly kind: string; readonly key: readonly string[] }[];
  }[];
}

export interface ShownReject {
  readonly id: string;
  readonly state: string;
  readonly values: readonly unknown[];
  readonly reason: { readonly message: string };
}

const pollMs = 25;
/** A run or a verification that takes longer is stuck, in milliseconds. */
const patienceMs = 120_000;
const input = ([name, value]: readonly [string, unknown]) => ({ name, value });

/** One cluster of a server and two databases, spoken to as a client does, with signed requests. */
export class JobWorld {
  readonly server: SluiceProcess;
  readonly sides: Readonly<Record<DirtySide['kind'], DirtySide>>;
  readonly client: SignedClient;
  readonly own: string;
  readonly #cdm: string;
  readonly faults: string[] = [];
  readonly log: (line: string) => void;
  #tables = 0;

  private constructor(
    server: SluiceProcess,
    client: SignedClient,
    clusterId: string,
    sides: JobWorld['sides'],
    log: JobWorld['log'],
  ) {
    this.server = server;
    this.client = client;
    this.sides = sides;
    this.log = log;
    this.#cdm = `/v1.1/${client.projectId}/clusters/${clusterId}/cdm`;
    this.own = `/api/v1/projects/${client.projectId}/clusters/${clusterId}`;
  }

  static async open(
    server: SluiceProcess,
    sides: JobWorld['sides'],
    log: JobWorld['log'],
  ): Promise<JobWorld> {
    const client = await SignedClient.connect(server);
    const nics = [{ securityGroupId: 'sg', 'net-id': 'net' }];
    const flavorRef = 'fb8fe666-6734-4b11-bc6c-43d11db3c745';
    const { id } = await client.call('POST', `/v1.1/${client.projectId}/clusters`, {
      cluster: {
        name: 'together',
        vpcId: 'vpc',
        datastore: { type: 'cdm', version: '2.9.1.100' },
        instances: [{ type: 'cdm', flavorRef, availability_zone: 'az1', nics }],
      },
    });
    const path = `/v1.1/${client.projectId}/clusters/${id}`;
    while (String((await client.call('GET', path)).status) !== '200') await sleep(pollMs);
    const world = new JobWorld(server, client, String(id), sides, log);
    for (const side of Object.values(sides)) await world.#createLink(side);
    return world;
  }

  /** Notes a fault unless both are the same. */
  expect(what: string, seen: unknown, wanted: unknown): void {
    const [one, other] = [JSON.stringify(seen), JSON.stringify(wanted)];
    if (one !== other) this.fault(`${what}: ${one?.slice(0, 600)} instead of ${other?.slice(0, 300)}`);
  }

  expectMatch(what: string, seen: string | null | undefined, wanted: RegExp): void {
    if (!wanted.test(seen ?? '')) this.fault(`${what}: "${seen}" does not match ${wanted}`);
  }

  fault(text: string): void {
    this.faults.push(text);
    this.log(`fault: ${text}`);
  }

  /** A name that nothing has yet. */
  name(stem: string): string {
    this.#tables += 1;
    return `${stem}_${this.#tables}`;
  }

  async createJob(name: string, wish: JobWish): Promise<void> {
    await this.client.call('POST', `${this.#cdm}/job`, { jobs: [this.#document(name, wish)] });
  }

  async changeJob(name: string, wish: JobWish): Promise<void> {
    await this.client.call('PUT', `${this.#cdm}/job/${name}`, { jobs: [this.#document(name, wish)] });
  }

  /** @returns code and sentence of the refusal; empty when the job was taken. */
  async refusalOf(work: Promise<unknown>): Promise<string> {
    try {
      await work;
    } catch (error) {
      if (error instanceof ApiError) return error.message;
      throw error;
    }
    return '';
  }

  async start(name: string, variables: JobWish['variables'] = {}): Promise<void> {
    await this.client.call('PUT', `${this.#cdm}/job/${name}/start`, { variables });
  }

  /** What the status operation says: of a job, or of a table's run by the name that clients put together. */
  async status(name: string): Promise<string> {
    const answer = await this.client.call('GET', `${this.#cdm}/job/${encodeURIComponent(name)}/status`);
    return String((answer.submissions as Record<string, unknown>[])[0]?.status);
  }

  async runs(name: string): Promise<readonly ShownRun[]> {
    const { runs } = await this.client.call('GET', `${this.own}/jobs/${name}/runs?page_size=50`);
    return runs as ShownRun[];
  }

  async newest(name: string): Promise<ShownRun> {
    const [run] = await this.runs(name);
    if (run === undefined) throw new Error(`${name} has no run`);
    return run;
  }

  async ended(name: string): Promise<ShownRun> {
    for (const deadline = Date.now() + patienceMs; ; ) {
      const run = await this.newest(name);
      if (run.ended_at !== null) return run;
      if (Date.now() > deadline) throw new Error(`the run of ${name} stayed ${run.state}`);
      await sleep(pollMs);
    }
  }

  /** Makes a job, starts it and waits for its end. */
  async run(name: string, wish: JobWish): Promise<ShownRun> {
    await this.createJob(name, wish);
    return await this.again(name, wish.variables);
  }

  async again(name: string, variables: JobWish['variables'] = {}): Promise<ShownRun> {
    await this.start(name, variables);
    return await this.ended(name);
  }

  async resume(run: ShownRun): Promise<ShownRun> {
    await this.client.call('POST', `${this.#runPath(run)}/resume`);
    return await this.ended(run.job_name);
  }

  async plan(run: ShownRun): Promise<Readonly<Record<string, unknown>>> {
    return (await this.client.call('GET', this.#runPath(run))).plan as Record<string, unknown>;
  }

  async slices(run: ShownRun): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.client.call('GET', this.#runPath(run))).slices as Record<string, unknown>[];
  }

  /** Tables of a run of an entire database. */
  async tables(run: ShownRun): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const { tables } = await this.client.call('GET', `${this.#runPath(run)}/tables?page_size=200`);
    return tables as Record<string, unknown>[];
  }

  async retryTables(run: ShownRun): Promise<ShownRun> {
    await this.client.call('POST', `${this.#runPath(run)}/tables/retry`);
    return await this.ended(run.job_name);
  }

  async beginVerification(run: ShownRun): Promise<string> {
    return String((await this.client.call('POST', `${this.#runPath(run)}/verifications`)).id);
  }

  async verify(run: ShownRun): Promise<ShownVerification> {
    return await this.verified(run, await this.beginVerification(run));
  }

  async beginRepair(run: ShownRun, found: ShownVerification, removesExtra = false): Promise<string> {
    const path = `${this.#runPath(run)}/verifications/${found.id}/repair`;
    return String((await this.client.call('POST', path, { remove_extra: removesExtra })).id);
  }

  async repair(run: ShownRun, found: ShownVerification): Promise<ShownVerification> {
    return await this.verified(run, await this.beginRepair(run, found));
  }

  async verified(run: ShownRun, id: string): Promise<ShownVerification> {
    for (const deadline = Date.now() + patienceMs; ; ) {
      const seen = await this.verification(run, id);
      if (seen.state !== 'queued' && seen.state !== 'running') return seen;
      if (Date.now() > deadline) throw new Error(`a verification stayed ${seen.state}`);
      await sleep(pollMs);
    }
  }

  /** The newest first. */
  async verifications(run: ShownRun): Promise<readonly ShownVerification[]> {
    const { verifications } = await this.client.call('GET', `${this.#runPath(run)}/verifications`);
    return await Promise.all((verifications as { id: string }[]).map(({ id }) => this.verification(run, id)));
  }

  async verification(run: ShownRun, id: string): Promise<ShownVerification> {
    const seen = await this.client.call('GET', `${this.#runPath(run)}/verifications/${id}`);
    return seen as unknown as ShownVerification;
  }

  async rejects(run: ShownRun): Promise<readonly ShownReject[]> {
    const found: ShownReject[] = [];
    for (let page = 1; ; page += 1) {
      const path = `${this.#runPath(run)}/rejects?page_size=200&page_no=${page}`;
      const answer = await this.client.call('GET', path);
      found.push(...(answer.rejects as ShownReject[]));
      if (found.length >= Number(answer.total) || (answer.rejects as unknown[]).length === 0) return found;
    }
  }

  async mend(run: ShownRun, reject: ShownReject, values: readonly unknown[]): Promise<void> {
    await this.client.call('PUT', `${this.#runPath(run)}/rejects/${reject.id}`, { values });
  }

  async beginReplay(run: ShownRun): Promise<Readonly<Record<string, unknown>>> {
    return await this.client.call('POST', `${this.#runPath(run)}/replays`, {});
  }

  async replay(run: ShownRun, id: string): Promise<Readonly<Record<string, unknown>>> {
    for (const deadline = Date.now() + patienceMs; ; ) {
      const seen = await this.client.call('GET', `${this.#runPath(run)}/replays/${id}`);
      if (seen.state === 'done' || seen.state === 'failed' || Date.now() > deadline) return seen;
      await sleep(pollMs);
    }
  }

  /** The only replay of a run, whoever heard the answer to its begin. */
  async replays(run: ShownRun): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.client.call('GET', `${this.#runPath(run)}/replays`)).replays as Record<
      string,
      unknown
    >[];
  }

  /** Kills the server once `isReady` says so, and starts it again. @returns false when that never came. */
  async killWhen(isReady: () => Promise<boolean>, delayMs = 0): Promise<boolean> {
    for (let looks = 0; looks < 600; looks += 1) {
      if (await isReady()) {
        await sleep(delayMs);
        await this.killNow();
        return true;
      }
      await sleep(5);
    }
    return false;
  }

  async killNow(): Promise<void> {
    await this.server.kill();
    await this.server.startAgain();
  }

  #runPath({ id, job_name: job }: ShownRun): string {
    return `${this.own}/jobs/${encodeURIComponent(job)}/runs/${id}`;
  }

  async #createLink(side: DirtySide): Promise<void> {
    const url = new URL(side.url);
    const inputs = Object.entries({
      'linkConfig.databaseType': side.kind === 'postgres' ? 'POSTGRESQL' : 'MYSQL',
      'linkConfig.host': url.hostname,
      'linkConfig.port': url.port,
      'linkConfig.database': side.database,
      'linkConfig.username': decodeURIComponent(url.username),
      'linkConfig.password': decodeURIComponent(url.password),
    }).map(input);
    const values = { configs: [{ name: 'linkConfig', inputs }] };
    const name = linkOf(side);
    await this.client.call('POST', `${this.#cdm}/link`, {
      links: [{ name, 'connector-name': 'generic-jdbc-connector', 'link-config-values': values }],
    });
  }

  /** A job as a console writes it: options in the groups that their names begin with. */
  #document(name: string, wish: JobWish): object {
    const { from, to, type = 'NORMAL_JOB' } = wish;
    const isOne = type === 'NORMAL_JOB';
    return {
      name,
      job_type: type,
      'from-connector-name': 'generic-jdbc-connector',
      'from-link-name': linkOf(from),
      'to-connector-name': 'generic-jdbc-connector',
      'to-link-name': linkOf(to),
      'from-config-values': configs({
        'fromJobConfig.schemaName': schemaOf(from),
        ...(isOne && { 'fromJobConfig.tableName': wish.fromTable }),
        ...wish.fromOptions,
      }),
      'to-config-values': configs({
        'toJobConfig.schemaName': schemaOf(to),
        ...(isOne && { 'toJobConfig.tableName': wish.toTable }),
        'toJobConfig.tablePreparation': 'DO_NOTHING',
        ...wish.toOptions,
      }),
      'driver-config-values': configs({ 'throttlingConfig.numExtractors': '1', ...wish.driver }),
    };
  }
}

export function schemaOf(side: DirtySide): string {
  return side.kind === 'postgres' ? 'public' : side.database;
}

function linkOf(side: DirtySide): string {
  return `link_${side.kind}`;
}

function configs(options: Readonly<Record<string, unknown>>): object {
  const groups = new Map<string, object[]>();
  for (const [name, value] of Object.entries(options)) {
    const group = name.slice(0, name.indexOf('.'));
    groups.set(group, [...(groups.get(group) ?? []), input([name, value])]);
  }
  return { configs: [...groups].map(([name, inputs]) => ({ name, inputs })) };
}
