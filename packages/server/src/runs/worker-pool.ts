import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { Task, TaskKind, TaskOf, TaskResults } from '@sluice/engine/work';
import { runLimits } from './limits.ts';
import { type TaskListener, WorkerProcess, type WorkerSettings } from './worker-process.ts';

export interface PoolSettings extends WorkerSettings {
  /** Worker processes that may move slices at once. */
  readonly sliceWorkersMax: number;
  /** An idle worker ends after this time, in milliseconds; one is kept warm so that small jobs start at once. */
  readonly idleMs: number;
}

type Lane = 'slice' | 'step' | 'prompt';

interface Waiting {
  readonly lane: Lane;
  /** Whose task it is: a run, or nobody's in particular. */
  readonly runId: string;
  readonly start: (worker: WorkerProcess) => void;
  readonly cancel: (error: unknown) => void;
}

/**
 * Worker processes and the tasks that wait for one. Three lanes share the processes: slices, which may keep a worker
 * for minutes; steps of runs, which may wait for a lock; and what must be prompt, and so waits behind neither.
 * Within a lane the run with the fewest workers comes first, so that one with hundreds of slices slows no other down.
 */
export class WorkerPool {
  readonly #settings: PoolSettings;
  readonly #idle: { worker: WorkerProcess; timer: NodeJS.Timeout | null }[] = [];
  readonly #all = new Set<WorkerProcess>();
  readonly #waiting: Waiting[] = [];
  readonly #busy: Record<Lane, number> = { slice: 0, step: 0, prompt: 0 };
  /** Workers in hand by run; no entry: none. */
  readonly #busyOfRun = new Map<string, number>();
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
    const lane = laneOf(task);
    const runId = runIdOf(task);
    const worker = await this.#take(lane, runId, signal);
    try {
      return await worker.run(task, listener, signal);
    } finally {
      this.#count(lane, runId, -1);
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

  #take(lane: Lane, runId: string, signal: AbortSignal): Promise<WorkerProcess> {
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
        runId,
        start: (worker) => {
          signal.removeEventListener('abort', onAbort);
          resolve(worker);
        },
        cancel: (error) => {
          signal.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiting);
      this.#pump();
    });
  }

  #pump(): void {
    for (let next = this.#next(); next !== null; next = this.#next()) {
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#count(next.lane, next.runId, 1);
      next.start(this.#wake());
    }
  }

  /** Of the tasks whose lane has room, the one whose run has the fewest workers; of equal ones the oldest. */
  #next(): Waiting | null {
    const max: Record<Lane, number> = {
      slice: this.#settings.sliceWorkersMax,
      step: runLimits.stepWorkersMax,
      prompt: runLimits.promptWorkersMax,
    };
    let best: Waiting | null = null;
    let bestBusy = Number.POSITIVE_INFINITY;
    for (const waiting of this.#waiting) {
      if (this.#busy[waiting.lane] >= max[waiting.lane]) continue;
      const busy = this.#busyOfRun.get(waiting.runId) ?? 0;
      if (busy >= bestBusy) continue;
      best = waiting;
      bestBusy = busy;
      if (busy === 0) break;
    }
    return best;
  }

  #count(lane: Lane, runId: string, change: 1 | -1): void {
    this.#busy[lane] += change;
    const ofRun = (this.#busyOfRun.get(runId) ?? 0) + change;
    if (ofRun === 0) this.#busyOfRun.delete(runId);
    else this.#busyOfRun.set(runId, ofRun);
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
    if (worker.hasCompiled) {
      // Its successor, which finds the code in the cache, is a third of the size.
      worker.kill();
      const [warm] = this.#idle;
      if (warm !== undefined) {
        if (warm.timer !== null) clearTimeout(warm.timer);
        warm.timer = null;
        return;
      }
      worker = this.#spawn();
    }
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
    worker.onCompiled(() => {
      const at = this.#idle.findIndex((idle) => idle.worker === worker);
      if (at < 0) return;
      for (const { timer } of this.#idle.splice(at, 1)) if (timer !== null) clearTimeout(timer);
      this.#rest(worker);
    });
    worker.onEnd(() => {
      this.#all.delete(worker);
      const at = this.#idle.findIndex((idle) => idle.worker === worker);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    return worker;
  }
}

function laneOf(task: Task): Lane {
  if (task.kind === 'slice') return 'slice';
  return task.kind === 'check' || (task.kind === 'finish' && task.outcome === 'discard') ? 'prompt' : 'step';
}

function runIdOf(task: Task): string {
  return task.kind === 'check' ? '' : task.work.runId;
}
