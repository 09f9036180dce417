import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { Task, TaskKind, TaskOf, TaskResults } from '@sluice/engine/work';
import { runLimits } from './limits.ts';
import { type TaskListener, WorkerProcess, type WorkerSettings } from './worker-process.ts';
import { type Lane, type SlotRequest, WorkerSlots } from './worker-slots.ts';

export interface PoolSettings extends WorkerSettings {
  /** Slices of this pool that may be moved at once. */
  readonly sliceWorkersMax: number;
  /** An idle worker ends after this time, in milliseconds. */
  readonly idleMs: number;
}

/** Whose pool it is, and whether it keeps one idle worker warm for itself. */
export interface PoolOwner {
  readonly projectId: string;
  readonly clusterId: string;
  readonly keepsOneWarm: boolean;
}

/** What the pools of one machine share. */
export interface PoolHost {
  readonly slots: WorkerSlots;
  /** Worker processes of all pools that have a task or hold a snapshot. */
  workersInUse(): number;
  /** A process that was started ahead and has served nobody yet, or a new one. */
  start(settings: WorkerSettings): WorkerProcess;
}

/** Where tasks come back to, so that they find the connections of the one before. Empty until the first has run. */
export interface Seat {
  worker: WorkerProcess | null;
  /** True: what the worker holds is nowhere else, so a task waits for it while it lives. False: another one will do. */
  isFixed: boolean;
}

/** Runs tasks in worker processes: what runs need of a pool. */
export interface TaskPool {
  /** Slices that may be moved at once. */
  readonly sliceWorkersMax: number;
  /**
   * Runs a task in the next free worker process of its lane.
   * @param seat which worker it comes back to; taken by the worker that runs the task.
   * @throws what WorkerProcess.run throws; Cdm.0056 when too many tasks wait already; Cdm.0037 when the pool is or gets closed.
   */
  run<K extends TaskKind>(
    task: TaskOf<K>,
    listener: TaskListener,
    signal: AbortSignal,
    seat?: Seat | null,
  ): Promise<TaskResults[K]>;
  /** The run is over: no worker keeps anything of it. */
  forget(runId: string): void;
}

interface Idle {
  readonly worker: WorkerProcess;
  readonly since: number;
  timer: NodeJS.Timeout | null;
}

/** What decides which worker a task may have. */
interface Wish {
  readonly lane: Lane;
  readonly runId: string;
  readonly seat: Seat | null;
  /** The task leaves a snapshot in its worker, which then stays until the run's end. */
  readonly opensSnapshot: boolean;
}

/** A cluster that takes no work, or one that stopped taking it under a task. */
export function poolClosed(): SluiceError {
  return new SluiceError(
    'Cdm.0037',
    explained({
      en: 'Its cluster was stopped, restarted or deleted, and its worker processes with it.',
      zh: '其所属集群已停止、重启或被删除，工作进程随之结束。',
    }),
  );
}

/**
 * The worker processes of one cluster; no other one's task ever gets to them. Who may have one next is decided by the
 * slots that all pools of the machine share (`worker-slots.ts`), which one it gets is decided here: the one whose
 * connections suit it best, else a new one. Processes start with the tasks that need them and end when they were idle.
 */
export class WorkerPool implements TaskPool {
  readonly #settings: PoolSettings;
  readonly #owner: PoolOwner;
  readonly #host: PoolHost;
  readonly #idle: Idle[] = [];
  readonly #all = new Set<WorkerProcess>();
  /** Tasks that wait for a slot, and how to refuse them. */
  readonly #waiting = new Map<SlotRequest, () => void>();
  #isClosed = false;

  /** @param host without one the pool has the machine for itself. */
  constructor(
    settings: PoolSettings,
    owner: PoolOwner = { projectId: '', clusterId: '', keepsOneWarm: true },
    host: PoolHost | null = null,
  ) {
    this.#settings = settings;
    this.#owner = owner;
    const slots = host?.slots ?? new WorkerSlots(settings.sliceWorkersMax);
    this.#host = host ?? {
      slots,
      workersInUse: () => this.workersInUse,
      start: (worker) => new WorkerProcess(worker),
    };
  }

  get sliceWorkersMax(): number {
    return this.#settings.sliceWorkersMax;
  }

  /** Cap of the JavaScript heap of each of its workers, in MiB. */
  get memoryMb(): number {
    return this.#settings.memoryMb;
  }

  /** Those that have a task or hold a snapshot. */
  get workersInUse(): number {
    return this.#all.size - this.#idle.filter(({ worker }) => !worker.isHolding).length;
  }

  /** Live worker processes, the oldest first. */
  workers(): readonly WorkerProcess[] {
    return [...this.#all];
  }

  /** The same by their ids: for tests. */
  pids(): readonly number[] {
    return this.workers().map((worker) => worker.pid);
  }

  /** Starts one worker ahead of the first task. */
  warmUp(): void {
    if (this.#all.size === 0) this.#rest(this.#start());
  }

  async run<K extends TaskKind>(
    task: TaskOf<K>,
    listener: TaskListener,
    signal: AbortSignal,
    seat: Seat | null = null,
  ): Promise<TaskResults[K]> {
    const { slot, worker } = await this.#take(task, signal, seat);
    if (seat !== null) seat.worker = worker;
    try {
      return await worker.run(task, listener, signal);
    } catch (error) {
      // Who asked for the end is told that it has come; anybody else, why the worker is gone.
      if (this.#isClosed && !signal.aborted) throw poolClosed();
      throw error;
    } finally {
      this.#rest(worker);
      this.#host.slots.release(slot);
    }
  }

  forget(runId: string): void {
    for (const worker of this.#all) worker.forget(runId);
    this.#host.slots.pump();
  }

  /**
   * Kills all workers and refuses what waits.
   * @returns resolves when the processes are gone.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const [slot, refuse] of this.#waiting) {
      this.#host.slots.withdraw(slot);
      refuse();
    }
    this.#waiting.clear();
    for (const { timer } of this.#idle) if (timer !== null) clearTimeout(timer);
    for (const worker of this.#all) worker.kill();
    await Promise.all([...this.#all].map((worker) => worker.gone));
  }

  /** Since when the worker that has been idle longest is so, by `performance.now`; infinite: none is that holds nothing. */
  idleSince(): number {
    return this.#idle.find(({ worker }) => !worker.isHolding)?.since ?? Number.POSITIVE_INFINITY;
  }

  /** Ends the worker that has been idle longest and holds nothing, to make room for one of another pool. */
  endIdle(): void {
    const idle = this.#idle.find(({ worker }) => !worker.isHolding);
    if (idle !== undefined) this.#endIdle(idle);
  }

  #take(
    task: Task,
    signal: AbortSignal,
    seat: Seat | null,
  ): Promise<{ readonly slot: SlotRequest; readonly worker: WorkerProcess }> {
    signal.throwIfAborted();
    if (this.#isClosed) return Promise.reject(poolClosed());
    const wish: Wish = {
      lane: laneOf(task),
      runId: 'work' in task && task.kind !== 'preview' ? task.work.runId : '',
      seat,
      opensSnapshot: task.kind === 'snapshot' || task.kind === 'ready' || task.kind === 'join',
    };
    const { slots } = this.#host;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(slot);
        slots.withdraw(slot);
        reject(signal.reason);
      };
      const { projectId, clusterId } = this.#owner;
      const slot: SlotRequest = {
        lane: wish.lane,
        projectId,
        clusterId,
        runId: wish.runId,
        isReady: () => this.#isReady(wish),
        start: () => {
          this.#waiting.delete(slot);
          signal.removeEventListener('abort', onAbort);
          resolve({ slot, worker: this.#wake(wish) });
        },
      };
      this.#waiting.set(slot, () => {
        signal.removeEventListener('abort', onAbort);
        reject(poolClosed());
      });
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        slots.ask(slot);
      } catch (error) {
        this.#waiting.delete(slot);
        signal.removeEventListener('abort', onAbort);
        reject(error);
      }
    });
  }

  /** There is a worker for the task now, or may be one. */
  #isReady(wish: Wish): boolean {
    const { seat, opensSnapshot } = wish;
    const fixed = seat?.isFixed ? seat.worker : null;
    if (fixed?.isAlive) return this.#idle.some(({ worker }) => worker === fixed);
    if (!opensSnapshot) return true;
    const { slots } = this.#host;
    // A cluster that holds no snapshot yet need not wait until those of others are over.
    const isNewcomer = ![...this.#all].some((worker) => worker.isHolding);
    const max = slots.workersMax + (isNewcomer ? runLimits.snapshotNewcomersMax : 0);
    return this.#host.workersInUse() < max || this.#bestIdle(wish) !== null;
  }

  #wake(wish: Wish): WorkerProcess {
    const best = this.#bestIdle(wish);
    if (best === null) return this.#start();
    this.#idle.splice(this.#idle.indexOf(best), 1);
    if (best.timer !== null) clearTimeout(best.timer);
    return best.worker;
  }

  /** The idle worker that suits a task best; null: a new one suits better. */
  #bestIdle({ lane, runId, seat }: Wish): Idle | null {
    const idle = this.#idle.filter(({ worker }) => worker.isAlive).reverse();
    const seated = idle.find(({ worker }) => worker === seat?.worker);
    if (seated !== undefined) return seated;
    // Each lane of a run joins its snapshot in a process of its own.
    const others = lane === 'join' ? idle.filter(({ worker }) => !worker.hasJoined(runId)) : idle;
    return (
      others.find(({ worker }) => worker.knows(runId)) ??
      others.find(({ worker }) => !worker.isHolding) ??
      // A slice ends, and whoever waits for its worker has his turn; a step may wait for a lock.
      (lane === 'slice' ? others[0] : undefined) ??
      null
    );
  }

  #rest(worker: WorkerProcess): void {
    if (!worker.isAlive || this.#isClosed) return;
    if (worker.hasCompiled && !worker.isHolding) {
      // Its successor, which finds the code in the cache, is a third of the size.
      worker.kill();
      const [warm] = this.#idle;
      if (warm !== undefined) {
        if (warm.timer !== null) clearTimeout(warm.timer);
        warm.timer = null;
        if (!this.#owner.keepsOneWarm) this.#expire(warm);
        return;
      }
      worker = this.#start();
    }
    const idle: Idle = { worker, since: performance.now(), timer: null };
    if (!this.#owner.keepsOneWarm || this.#idle.length > 0) this.#expire(idle);
    this.#idle.push(idle);
  }

  #expire(idle: Idle): void {
    idle.timer = setTimeout(() => {
      if (idle.worker.isHolding) this.#expire(idle);
      else this.#endIdle(idle);
    }, this.#settings.idleMs).unref();
  }

  #endIdle(idle: Idle): void {
    this.#leaveIdle(idle.worker);
    idle.worker.kill();
  }

  #leaveIdle(worker: WorkerProcess): boolean {
    const at = this.#idle.findIndex((idle) => idle.worker === worker);
    if (at < 0) return false;
    for (const { timer } of this.#idle.splice(at, 1)) if (timer !== null) clearTimeout(timer);
    return true;
  }

  #start(): WorkerProcess {
    const worker = this.#host.start(this.#settings);
    this.#all.add(worker);
    worker.onCompiled(() => {
      if (this.#leaveIdle(worker)) this.#rest(worker);
    });
    worker.onEnd(() => {
      this.#all.delete(worker);
      this.#leaveIdle(worker);
      // A task may wait for this very worker, or for room.
      this.#host.slots.pump();
    });
    return worker;
  }
}

function laneOf(task: Task): Lane {
  if (task.kind === 'slice' || task.kind === 'compare') return 'slice';
  if (task.kind === 'ready' || task.kind === 'join') return 'join';
  if (task.kind === 'check' || task.kind === 'checkpoints') return 'prompt';
  if (task.kind === 'inspect' || task.kind === 'preview') return task.kind;
  return task.kind === 'finish' && task.outcome === 'discard' ? 'prompt' : 'step';
}
