import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OptionValues } from '@sluice/core/options/option';
import type { TaskKind, TaskOf, TaskResults } from '@sluice/engine/work';

import { LocalClusterPools } from '../runs/cluster-pools.ts';
import type { EgressRules } from '../runs/egress.ts';
import { RunDesk } from '../runs/run-desk.ts';
import type { Seat } from '../runs/worker-pool.ts';
import type { TaskListener } from '../runs/worker-process.ts';
import { AesSecretBox } from '../secrets/aes-secret-box.ts';
import { linkSecretContext } from '../secrets/sealed-values.ts';
import { type ClusterRecord, isActiveState, type JobRecord, type RunRecord } from '../store/model.ts';
import { type OpenedStore, openStore } from '../store/open-store.ts';
import { createSampleCluster } from '../store/sample-records.ts';
import { RunQueue } from './run-queue.ts';
import type { Side } from './test-sides-suite.ts';

/** The real pools; a test may act before a task goes to its worker. */
class WatchedPools extends LocalClusterPools {
  before: (kind: TaskKind) => Promise<void> | void = () => undefined;

  override async run<K extends TaskKind>(
    clusterId: string,
    task: TaskOf<K>,
    listener: TaskListener,
    signal: AbortSignal,
    seat: Seat | null = null,
  ): Promise<TaskResults[K]> {
    await unlessAborted(signal, this.before(task.kind));
    return await super.run(clusterId, task, listener, signal, seat);
  }
}

/** What a test does before a task ends with the task: a run that is stopped there need not wait for the test. */
async function unlessAborted(signal: AbortSignal, work: Promise<void> | void): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

export interface RigSettings {
  /** PostgreSQL store to share; default: an embedded store in a folder of its own. */
  readonly storeUrl?: string;
  /** Folder of an embedded store to go on with. */
  readonly dataFolder?: string;
  readonly owner?: string;
  readonly memoryMb?: number;
  readonly sliceWorkersMax?: number;
  readonly leaseMs?: number;
  readonly stopGraceMs?: number;
  readonly script?: string;
  /** Where workers may connect to; absent: anywhere. */
  readonly egress?: EgressRules;
  /** Of the service; default: Asia/Shanghai. */
  readonly zone?: string;
  /** What desk and queue take for now; default: the clock. */
  readonly now?: () => number;
}

export interface JobWish {
  readonly name?: string;
  readonly from: Side;
  readonly to: Side;
  readonly fromTable?: string;
  readonly toTable: string;
  readonly extractors?: number;
  readonly fromOptions?: OptionValues;
  readonly toOptions?: OptionValues;
  readonly driver?: OptionValues;
  readonly fromLink?: string;
  readonly toLink?: string;
}

/** Started, never imported: the real worker with the real connectors. */
const workerScript = join(import.meta.dirname, '../worker.ts');
/** What seals the secrets of a rig. */
export const rigSecretBox = new AesSecretBox([{ id: 'test', bytes: Buffer.alloc(32, 7) }]);
let jobCount = 0;

/** Desk, queue and pool on a store of their own, put together as the server does it, without HTTP. */
export class RunRig {
  readonly store: OpenedStore;
  readonly pool: WatchedPools;
  readonly desk: RunDesk;
  readonly queue: RunQueue;
  /** What the run rooms logged. */
  readonly events: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  readonly dataFolder: string | null;
  cluster: ClusterRecord;
  #isClosed = false;

  private constructor(
    store: OpenedStore,
    cluster: ClusterRecord,
    dataFolder: string | null,
    settings: RigSettings,
  ) {
    this.store = store;
    this.cluster = cluster;
    this.dataFolder = dataFolder;
    const log = (event: string, fields: Readonly<Record<string, unknown>>) => {
      this.events.push({ event, fields });
    };
    this.pool = new WatchedPools({
      script: settings.script ?? workerScript,
      memoryMb: settings.memoryMb ?? 256,
      codeCache: null,
      stopGraceMs: settings.stopGraceMs ?? 2_000,
      sliceWorkersMax: settings.sliceWorkersMax ?? 2,
      machineMemoryMb: 65_536,
      idleMs: 60_000,
      ...(settings.egress === undefined ? {} : { egress: settings.egress }),
      find: async (clusterId) => {
        const cluster = await store.clusters.findById(clusterId);
        return cluster && { projectId: cluster.projectId, takesWork: true, extractorsMax: 64, ramGb: 64 };
      },
      onStderr: (pid, text) => log('worker.stderr', { pid, text }),
    });
    const leaseMs = settings.leaseMs ?? 15_000;
    const now = settings.now ?? Date.now;
    let poke: () => void = () => undefined;
    this.desk = new RunDesk({
      store,
      secrets: rigSecretBox,
      pools: this.pool,
      now,
      service: { zone: settings.zone ?? 'Asia/Shanghai', version: '1.8.1' },
      leaseMs,
      log,
      onQueued: () => poke(),
    });
    const owner = settings.owner ?? 'embedded';
    this.queue = new RunQueue({
      store,
      desk: this.desk,
      runsMax: (clusterId) => this.pool.runsMax(clusterId),
      owner,
      leaseMs,
      now,
      log,
    });
    poke = () => this.queue.poke();
  }

  static async open(settings: RigSettings = {}, cluster: ClusterRecord | null = null): Promise<RunRig> {
    const dataFolder =
      settings.storeUrl === undefined
        ? (settings.dataFolder ?? mkdtempSync(join(tmpdir(), 'sluice-runs-')))
        : null;
    const store = await openStore(
      settings.storeUrl === undefined ? { dataFolder: dataFolder ?? '' } : { url: settings.storeUrl },
    );
    const rig = new RunRig(store, cluster ?? (await createSampleCluster(store)), dataFolder, settings);
    await rig.queue.open();
    return rig;
  }

  /** Stops as the server does: runs are let go of, not ended. */
  async close(keepsFolder = false): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.queue.close();
    await this.desk.close();
    await this.pool.end();
    await this.store.close();
    if (!keepsFolder && this.dataFolder !== null) rmSync(this.dataFolder, { recursive: true, force: true });
  }

  /** Stores a link as the jobs room does: the password sealed. */
  async link(name: string, options: OptionValues, isEnabled = true): Promise<string> {
    const { 'linkConfig.password': password, ...plain } = options;
    const secret = JSON.stringify({ 'linkConfig.password': password });
    const at = Date.now();
    await this.store.links.create({
      clusterId: this.cluster.id,
      name,
      connector: 'generic-jdbc-connector',
      options: plain,
      sealedSecrets: rigSecretBox.seal(secret, linkSecretContext(this.cluster.id)),
      isEnabled,
      createdBy: 'test',
      createdAt: at,
      updatedBy: 'test',
      updatedAt: at,
    });
    return name;
  }

  async job(wish: JobWish): Promise<JobRecord> {
    const at = Date.now();
    return await this.store.jobs.create({
      clusterId: this.cluster.id,
      name: wish.name ?? `job_${++jobCount}`,
      type: 'NORMAL_JOB',
      fromConnector: 'generic-jdbc-connector',
      fromLink: wish.fromLink ?? (await this.#linkOf(wish.from)),
      toConnector: 'generic-jdbc-connector',
      toLink: wish.toLink ?? (await this.#linkOf(wish.to)),
      fromOptions: {
        'fromJobConfig.schemaName': wish.from.schema,
        'fromJobConfig.tableName': wish.fromTable ?? 'source',
        ...wish.fromOptions,
      },
      toOptions: {
        'toJobConfig.schemaName': wish.to.schema,
        'toJobConfig.tableName': wish.toTable,
        'toJobConfig.tablePreparation': 'DO_NOTHING',
        ...wish.toOptions,
      },
      driverOptions: { 'throttlingConfig.numExtractors': String(wish.extractors ?? 1), ...wish.driver },
      createdBy: 'test',
      createdAt: at,
      updatedBy: 'test',
      updatedAt: at,
    });
  }

  async start(job: JobRecord, variables: Readonly<Record<string, string>> = {}): Promise<RunRecord> {
    return await this.desk.start({
      projectId: this.cluster.projectId,
      job,
      user: 'ada',
      variables,
      isAuto: false,
    });
  }

  async stop(run: RunRecord, user = 'grace'): Promise<void> {
    await this.desk.stop(run.clusterId, run.jobName, user);
  }

  /** Starts a job and waits for its end. */
  async run(wish: JobWish, withinMs = 55_000): Promise<RunRecord> {
    return await this.ended(await this.start(await this.job(wish)), withinMs);
  }

  async ended(run: RunRecord, withinMs = 55_000): Promise<RunRecord> {
    return await this.until(run, (seen) => !isActiveState(seen.state), withinMs);
  }

  /** Waits until the run's record is as wanted. */
  async until(run: RunRecord, wanted: (seen: RunRecord) => boolean, withinMs = 50_000): Promise<RunRecord> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const seen = await this.find(run);
      if (wanted(seen)) return seen;
      if (Date.now() > deadline) throw new Error(`run stayed ${seen.state} for ${withinMs} ms`);
      await sleep(10);
    }
  }

  async find(run: RunRecord): Promise<RunRecord> {
    const seen = await this.store.runs.find(run.id);
    if (seen === null) throw new Error(`run ${run.id} is gone`);
    return seen;
  }

  killWorkers(): void {
    for (const pid of this.pool.pids()) process.kill(pid, 'SIGKILL');
  }

  async #linkOf(side: Side): Promise<string> {
    const name = `link_${side.kind}_${side.link['linkConfig.database']}`;
    if ((await this.store.links.find(this.cluster.id, name)) === null) await this.link(name, side.link);
    return name;
  }
}

/** Polls until a condition holds. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(20);
  }
}
