import type { TaskKind, TaskOf, TaskResults } from '@sluice/engine/work';
import { runLimits } from './limits.ts';
import { within } from './run-traces.ts';
import {
  type PoolHost,
  type PoolSettings,
  poolClosed,
  type Seat,
  type TaskPool,
  WorkerPool,
} from './worker-pool.ts';
import { type TaskInHand, type TaskListener, WorkerProcess, type WorkerSettings } from './worker-process.ts';
import { WorkerSlots } from './worker-slots.ts';
import { VitalsGauge } from './worker-vitals.ts';

/** The numbers of a flavor that matter here; a `Flavor` has them. */
export interface PoolSize {
  /** Slices that may be read at once over all jobs of the cluster. */
  readonly extractorsMax: number;
  /** Memory that all of these share. */
  readonly ramGb: number;
}

/** What the life of clusters needs of their workers. */
export interface ClusterPools {
  /** Opens the pool of a cluster that takes work; idempotent. `extractorsMax` and memory follow the flavor. */
  open(clusterId: string, flavor: PoolSize): Promise<void>;
  /** Kills the cluster's workers; no task starts any more until `open`. */
  close(clusterId: string): Promise<void>;
  /** Live worker processes for `instances` in answers. */
  instances(clusterId: string): readonly {
    id: string;
    pid: number;
    startedAt: number;
    rssBytes: number;
    isBusy: boolean;
  }[];
}

/** What runs need of the workers of all clusters. */
export interface TaskPools {
  /** The pool of a cluster, which need not be open: then every task is refused. */
  of(clusterId: string): TaskPool;
  /**
   * The same, but where the cluster takes no work each task has a process of its own that ends with it: for what is to be
   * cleared away after a cluster was stopped.
   */
  apart(clusterId: string): TaskPool;
}

/** A worker process as it is now. */
export interface WorkerInstance {
  /** Of this process alone, for ever. */
  readonly id: string;
  readonly pid: number;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Resident memory, at most a second old; 0 where the system does not tell. */
  readonly rssBytes: number;
  /** Of one core, lately; above 1 when several threads work. */
  readonly cpuShare: number;
  readonly isBusy: boolean;
  /** null: it is idle. */
  readonly task: TaskInHand | null;
}

/** What a cluster's pool has to do, for metrics. */
export interface PoolNumbers {
  readonly clusterId: string;
  readonly projectId: string;
  /** Slices that may be moved at once, by the flavor and by the machine. */
  readonly slicesMax: number;
  readonly slicesBusy: number;
  readonly tasksWaiting: number;
  readonly workers: number;
}

/** What is known of a cluster that was not opened here. */
export interface FoundCluster extends PoolSize {
  readonly projectId: string;
  /** Whether it is to take work here. */
  readonly takesWork: boolean;
}

export interface ClusterPoolSettings extends WorkerSettings {
  /** Slices at once over all clusters of this machine, whatever their flavors say. */
  readonly sliceWorkersMax: number;
  /** The machine's memory in MiB: what the slices that move at once may use is a part of it. */
  readonly machineMemoryMb: number;
  readonly idleMs: number;
  /** Looks a cluster up; null: there is none. */
  readonly find: (clusterId: string) => Promise<FoundCluster | null>;
}

interface OpenPool {
  readonly projectId: string;
  readonly size: PoolSize;
  readonly pool: WorkerPool;
}

/**
 * The worker processes of this machine: a pool for each cluster that takes work. A process serves one cluster in all its life.
 * It starts with a task that needs it and ends when it was idle, so that a cluster without work costs nothing; one process
 * for the whole machine is started ahead and belongs to nobody until the first cluster takes it.
 * What clusters may have is bounded twice: by the flavor, and for all together by the machine (`worker-slots.ts`).
 */
export class LocalClusterPools implements ClusterPools, TaskPools {
  readonly #settings: ClusterPoolSettings;
  readonly #slots: WorkerSlots;
  readonly #host: PoolHost;
  readonly #open = new Map<string, OpenPool>();
  /** Opened at this moment, so that two tasks at once open one pool. */
  readonly #opening = new Map<string, Promise<OpenPool | null>>();
  /** Closed by `close`: nothing but `open` opens them again. */
  readonly #closed = new Set<string>();
  /** Pools for single tasks of clusters that take no work. */
  readonly #apart = new Set<WorkerPool>();
  readonly #gauges = new WeakMap<WorkerProcess, VitalsGauge>();
  #spare: WorkerProcess | null = null;
  #spareTimer: NodeJS.Timeout | null = null;
  #keepsSpare = false;
  #isEnded = false;

  constructor(settings: ClusterPoolSettings) {
    this.#settings = settings;
    this.#slots = new WorkerSlots(settings.sliceWorkersMax);
    this.#host = {
      slots: this.#slots,
      workersInUse: () => this.#pools().reduce((sum, pool) => sum + pool.workersInUse, 0),
      start: (worker) => this.#start(worker),
    };
  }

  async open(clusterId: string, flavor: PoolSize): Promise<void> {
    if (this.#isEnded) throw poolClosed();
    this.#closed.delete(clusterId);
    await this.#opening.get(clusterId)?.catch(() => undefined);
    if (this.#open.has(clusterId)) return;
    const found = await this.#settings.find(clusterId);
    // Somebody else may have opened or closed it meanwhile; the last call has the say.
    if (this.#open.has(clusterId) || this.#closed.has(clusterId)) return;
    this.#openPool(clusterId, found?.projectId ?? '', flavor);
  }

  async close(clusterId: string): Promise<void> {
    this.#closed.add(clusterId);
    // Of those that are forgotten the record says that they take no work, or there is none.
    for (const forgotten of this.#closed) {
      if (this.#closed.size <= runLimits.turnsRememberedMax) break;
      this.#closed.delete(forgotten);
    }
    const open = this.#open.get(clusterId);
    if (open === undefined) return;
    this.#open.delete(clusterId);
    this.#slots.limit(clusterId, null);
    if (this.#open.size === 0) this.#endSpare();
    else this.#startSpare();
    await within(runLimits.poolCloseMs, () => open.pool.close()).catch(() => undefined);
  }

  instances(clusterId: string): readonly WorkerInstance[] {
    const workers = this.#open.get(clusterId)?.pool.workers() ?? [];
    return workers.filter((worker) => worker.isAlive).map((worker) => this.#instanceOf(worker));
  }

  /** Every open pool: for metrics. */
  numbers(): readonly PoolNumbers[] {
    return [...this.#open].map(([clusterId, { projectId, pool }]) => ({
      clusterId,
      projectId,
      slicesMax: pool.sliceWorkersMax,
      workers: pool.workers().length,
      ...this.#slots.numbersOf(clusterId),
    }));
  }

  /** Runs of the cluster that may be driven here at once; 0: it takes no work. */
  async runsMax(clusterId: string): Promise<number> {
    const open = this.#open.get(clusterId) ?? (await this.#openOnDemand(clusterId));
    return open?.size.extractorsMax ?? 0;
  }

  of(clusterId: string): TaskPool {
    const settings = this.#settings;
    const current = () => this.#open.get(clusterId)?.pool;
    return {
      get sliceWorkersMax() {
        return current()?.sliceWorkersMax ?? settings.sliceWorkersMax;
      },
      run: (task, listener, signal, seat) => this.run(clusterId, task, listener, signal, seat),
      forget: (runId) => current()?.forget(runId),
    };
  }

  apart(clusterId: string): TaskPool {
    return {
      ...this.of(clusterId),
      run: async (task, listener, signal, seat) => {
        const open = this.#open.get(clusterId) ?? (await this.#openOnDemand(clusterId));
        if (open !== null) return await this.run(clusterId, task, listener, signal, seat);
        return await this.#runApart(clusterId, task, listener, signal);
      },
    };
  }

  /** Runs a task in the cluster's pool. @throws as `TaskPool.run`. */
  async run<K extends TaskKind>(
    clusterId: string,
    task: TaskOf<K>,
    listener: TaskListener,
    signal: AbortSignal,
    seat: Seat | null = null,
  ): Promise<TaskResults[K]> {
    const open = this.#open.get(clusterId) ?? (await this.#openOnDemand(clusterId));
    if (open === null) throw poolClosed();
    return await open.pool.run(task, listener, signal, seat);
  }

  /** From here on one worker is kept ready for whichever cluster needs it first. */
  warmUp(): void {
    this.#keepsSpare = true;
    this.#startSpare();
  }

  /** Live worker processes of all clusters, the one that was started ahead included. */
  pids(): readonly number[] {
    const pids = this.#pools().flatMap((pool) => pool.pids());
    return this.#spare === null ? pids : [...pids, this.#spare.pid];
  }

  /** Kills all workers and refuses what waits, for good. */
  async end(): Promise<void> {
    this.#isEnded = true;
    this.#keepsSpare = false;
    const pools = this.#pools();
    this.#open.clear();
    this.#endSpare();
    await within(runLimits.poolCloseMs, () => Promise.all(pools.map((pool) => pool.close()))).catch(
      () => undefined,
    );
  }

  /**
   * A cluster that takes work by its record but was never opened or closed here: made by another server, or before this one
   * started.
   */
  #openOnDemand(clusterId: string): Promise<OpenPool | null> {
    if (this.#isEnded || this.#closed.has(clusterId)) return Promise.resolve(null);
    const opening =
      this.#opening.get(clusterId) ??
      this.#settings
        .find(clusterId)
        .then((found) => {
          const open = this.#open.get(clusterId);
          if (open !== undefined) return open;
          if (!found?.takesWork || this.#isEnded || this.#closed.has(clusterId)) return null;
          return this.#openPool(clusterId, found.projectId, found);
        })
        .finally(() => this.#opening.delete(clusterId));
    this.#opening.set(clusterId, opening);
    return opening;
  }

  #openPool(clusterId: string, projectId: string, { extractorsMax, ramGb }: PoolSize): OpenPool {
    const sliceWorkersMax = Math.min(extractorsMax, this.#settings.sliceWorkersMax);
    const settings: PoolSettings = {
      ...this.#settings,
      sliceWorkersMax,
      memoryMb: this.#memoryFor(extractorsMax, ramGb),
    };
    const pool = new WorkerPool(settings, { projectId, clusterId, keepsOneWarm: false }, this.#host);
    const open = { projectId, size: { extractorsMax, ramGb }, pool };
    this.#open.set(clusterId, open);
    this.#slots.limit(clusterId, sliceWorkersMax);
    this.#startSpare();
    return open;
  }

  /** A slice's part of the flavor's memory; no more than the operator allows a process, nor than the machine has for all. */
  #memoryFor(extractorsMax: number, ramGb: number): number {
    const { memoryMb, machineMemoryMb, sliceWorkersMax } = this.#settings;
    const { workerMemoryMinMb, workersMemoryShare } = runLimits;
    const ofFlavor = Math.floor((ramGb * 1024) / extractorsMax);
    const ofMachine = Math.floor((machineMemoryMb * workersMemoryShare) / sliceWorkersMax);
    return Math.min(memoryMb, Math.max(workerMemoryMinMb, Math.min(ofFlavor, ofMachine)));
  }

  async #runApart<K extends TaskKind>(
    clusterId: string,
    task: TaskOf<K>,
    listener: TaskListener,
    signal: AbortSignal,
  ): Promise<TaskResults[K]> {
    if (this.#isEnded) throw poolClosed();
    const projectId = (await this.#settings.find(clusterId))?.projectId ?? '';
    const owner = { projectId, clusterId, keepsOneWarm: false };
    const pool = new WorkerPool({ ...this.#settings, sliceWorkersMax: 1 }, owner, this.#host);
    this.#apart.add(pool);
    try {
      return await pool.run(task, listener, signal);
    } finally {
      void pool.close().finally(() => this.#apart.delete(pool));
    }
  }

  #pools(): readonly WorkerPool[] {
    return [...[...this.#open.values()].map(({ pool }) => pool), ...this.#apart];
  }

  #instanceOf(worker: WorkerProcess): WorkerInstance {
    const { id, pid, startedAt, isBusy, taskInHand: task } = worker;
    let gauge = this.#gauges.get(worker);
    if (gauge === undefined) {
      gauge = new VitalsGauge(pid, startedAt, Date.now);
      this.#gauges.set(worker, gauge);
    }
    return { id, pid, startedAt, isBusy, task, ...gauge.sample(runLimits.vitalsAgeMs) };
  }

  /** The process that was started ahead when it has the memory that is wanted, else a new one. */
  #start(settings: WorkerSettings): WorkerProcess {
    const spare = this.#spare;
    if (spare?.isAlive && spare.memoryMb === settings.memoryMb) {
      this.#spare = null;
      this.#startSpareLater();
      return spare;
    }
    this.#makeRoom();
    return new WorkerProcess(settings);
  }

  /** The worker that has been idle longest ends before the machine has more processes than it should. */
  #makeRoom(): void {
    const pools = this.#pools();
    if (pools.reduce((sum, pool) => sum + pool.workers().length, 0) < this.#slots.workersMax) return;
    const [first] = [...pools].sort((a, b) => a.idleSince() - b.idleSince());
    first?.endIdle();
  }

  #startSpareLater(): void {
    if (!this.#keepsSpare || this.#spareTimer !== null) return;
    this.#spareTimer = setTimeout(() => {
      this.#spareTimer = null;
      this.#startSpare();
    }, runLimits.spareWorkerPauseMs).unref();
  }

  /** Of the memory that the newest pool wants: flavors differ in number and size, seldom in memory for one. */
  #startSpare(): void {
    const memories = [...this.#open.values()].map(({ pool }) => pool.memoryMb);
    const memoryMb = memories.at(-1);
    if (!this.#keepsSpare || memoryMb === undefined) return;
    if (this.#spare?.isAlive) {
      if (memories.includes(this.#spare.memoryMb)) return;
      this.#endSpare();
    }
    const spare = new WorkerProcess({ ...this.#settings, memoryMb });
    this.#spare = spare;
    const replace = () => {
      if (this.#spare !== spare) return;
      this.#spare = null;
      spare.kill();
      this.#startSpareLater();
    };
    spare.onEnd(replace);
    // Its successor finds the code in the cache, and is a third of the size.
    spare.onCompiled(replace);
  }

  #endSpare(): void {
    if (this.#spareTimer !== null) clearTimeout(this.#spareTimer);
    this.#spareTimer = null;
    const spare = this.#spare;
    this.#spare = null;
    spare?.kill();
  }
}
