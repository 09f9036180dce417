import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { TaskKind, TaskOf, TaskResults } from '@sluice/engine/work';
import { runLimits } from './limits.ts';
import { type TaskListener, WorkerProcess, type WorkerSettings } from './worker-process.ts';

export interface PoolSettings extends WorkerSettings {
  /** Worker processes that may move slices at once. */
  readonly sliceWorkersMax: number;
  /** An idle worker ends after this time, in milliseconds; one is kept warm so that small jobs start at once. */
  readonly idleMs: number;
}

type Lane = 'slice' | 'control';

interface Waiting {
  readonly lane: Lane;
  readonly start: (worker: WorkerProcess) => void;
  readonly cancel: (error: unknown) => void;
}

/**
 * Worker processes and the tasks that wait for one. Two lanes share the processes: slices, which may keep a worker
 * for minutes, and control tasks, which must never wait behind them.
 */
export class WorkerPool {
  readonly #settings: PoolSettings;
  readonly #idle: { worker: WorkerProcess; timer: NodeJS.Timeout | null }[] = [];
  readonly #all = new Set<WorkerProcess>();
  readonly #waiting: Waiting[] = [];
  readonly #busy: Record<Lane, number> = { slice: 0, control: 0 };
  #isClosed = false;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
  }

  /** Live worker processes: for metrics and tests. */
  pids(): readonly number[] {
    return [...this.#all].map((worker) => worker.pid);
  }

  /** Starts one worker ahead of the first task. */
  warmUp(): void {
    if (this.#all.size === 0) this.#rest(this.#spawn());
  }

  /**
   * Runs a task in the next free worker process of its lane.
   * @throws what WorkerProcess.run throws; Cdm.0056 when too many tasks wait already.
   */
  async run<K extends TaskKind>(
    task: TaskOf<K>,
    listener: TaskListener,
    signal: AbortSignal,
  ): Promise<TaskResults[K]> {
    const lane: Lane = task.kind === 'slice' ? 'slice' : 'control';
    const worker = await this.#take(lane, signal);
    try {
      return await worker.run(task, listener, signal);
    } finally {
      this.#busy[lane]--;
      this.#rest(worker);
      this.#pump();
    }
  }

  /** Kills all workers and rejects what waits. */
  close(): void {
    this.#isClosed = true;
    for (const waiting of this.#waiting.splice(0)) waiting.cancel(new Error('the worker pool is closed'));
    for (const worker of this.#all) worker.kill();
  }

  #take(lane: Lane, signal: AbortSignal): Promise<WorkerProcess> {
    signal.throwIfAborted();
    if (this.#isClosed) return Promise.reject(new Error('the worker pool is closed'));
    if (this.#waiting.length >= runLimits.waitingTasksMax) {
      return Promise.reject(
        new SluiceError('Cdm.0056', {
          cause: `${runLimits.waitingTasksMax} tasks wait for a worker already`,
        }),
      );
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        const at = this.#waiting.indexOf(waiting);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        lane,
        start: (worker) => {
          signal.removeEventListener('abort', onAbort);
          resolve(worker);
        },
        cancel: reject,
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiting);
      this.#pump();
    });
  }

  #pump(): void {
    const free: Record<Lane, number> = {
      slice: this.#settings.sliceWorkersMax - this.#busy.slice,
      control: runLimits.controlWorkersMax - this.#busy.control,
    };
    for (let at = 0; at < this.#waiting.length && free.slice + free.control > 0; ) {
      const next = this.#waiting[at];
      if (next === undefined || free[next.lane] === 0) {
        at++;
        continue;
      }
      this.#waiting.splice(at, 1);
      free[next.lane]--;
      this.#busy[next.lane]++;
      next.start(this.#wake());
    }
  }

  #wake(): WorkerProcess {
    for (;;) {
      const idle = this.#idle.pop();
      if (idle === undefined) return this.#spawn();
      if (idle.timer !== null) clearTimeout(idle.timer);
      if (idle.worker.isAlive) return idle.worker;
    }
  }

  #rest(worker: WorkerProcess): void {
    if (!worker.isAlive || this.#isClosed) return;
    const idle: { worker: WorkerProcess; timer: NodeJS.Timeout | null } = { worker, timer: null };
    // The first idle worker stays: a job of ten rows must not pay for a process start.
    if (this.#idle.length > 0) {
      idle.timer = setTimeout(() => {
        const at = this.#idle.indexOf(idle);
        if (at >= 0) this.#idle.splice(at, 1);
        worker.kill();
      }, this.#settings.idleMs).unref();
    }
    this.#idle.push(idle);
  }

  #spawn(): WorkerProcess {
    const worker = new WorkerProcess(this.#settings);
    this.#all.add(worker);
    worker.onEnd(() => {
      this.#all.delete(worker);
      const at = this.#idle.findIndex((idle) => idle.worker === worker);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    return worker;
  }
}
