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

type Lane = 'slice' | 'step' | 'prompt' | 'join';

/** Where tasks of one kind come back to, so that they find the connections of the one before. Empty until the first has run. */
export interface Seat {
  worker: WorkerProcess | null;
  /** True: what the worker holds is nowhere else, so a task waits for it while it lives. False: another one will do. */
  isFixed: boolean;
}

interface Idle {
  readonly worker: WorkerProcess;
  timer: NodeJS.Timeout | null;
}

interface Waiting {
  readonly lane: Lane;
  /** Whose task it is: a run, or nobody's in particular. */
  readonly runId: string;
  readonly seat: Seat | null;
  readonly start: (worker: WorkerProcess) => void;
  readonly cancel: (error: unknown) => void;
}

/**
 * Worker processes and the tasks that wait for one. Four lanes share the processes: slices, which may keep a worker
 * for minutes; steps of runs, which may wait for a lock; what must be prompt, and so waits behind neither; and the joining
 * of a snapshot, for which others may be kept from writing, and so waits behind nothing.
 * Within a lane the run with the fewest workers comes first, so that one with hundreds of slices slows no other down.
 */
export class WorkerPool {
  readonly #settings: PoolSettings;
  readonly #idle: Idle[] = [];
  readonly #all = new Set<WorkerProcess>();
  readonly #waiting: Waiting[] = [];
  readonly #busy: Record<Lane, number> = { slice: 0, step: 0, prompt: 0, join: 0 };
  /** Workers in hand by run; no entry: none. */
  readonly #busyOfRun = new Map<string, number>();
  #isClosed = false;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
  }

  /** Slices that may be moved at once. */
  get sliceWorkersMax(): number {
    return this.#settings.sliceWorkersMax;
  }

  /** Live worker processes: for metrics and tests. */
  pids(): readonly number[] {
    return [...this.#all].map((worker) => worker.pid);
  }

  /** Tasks that wait for a worker: for metrics. */
  get waitingTasks(): number {
    return this.#waiting.length;
  }

  /** Starts one worker ahead of the first task. */
  warmUp(): void {
    if (this.#all.size === 0) this.#rest(this.#spawn());
  }

  /**
   * Runs a task in the next free worker process of its lane.
   * @param seat which worker it comes back to; taken by the worker that runs the task.
   * @throws what WorkerProcess.run throws; Cdm.0056 when too many tasks wait already.
   */
  async run<K extends TaskKind>(
    task: TaskOf<K>,
    listener: TaskListener,
    signal: AbortSignal,
    seat: Seat | null = null,
  ): Promise<TaskResults[K]> {
    const lane = laneOf(task);
    const runId = runIdOf(task);
    const worker = await this.#take(lane, runId, signal, seat);
    if (seat !== null) seat.worker = worker;
    try {
      return await worker.run(task, listener, signal);
    } finally {
      this.#count(lane, runId, -1);
      this.#rest(worker);
      this.#pump();
    }
  }

  /** The run is over: no worker keeps anything of it. */
  forget(runId: string): void {
    for (const worker of this.#all) worker.forget(runId);
  }

  /** Kills all workers and rejects what waits. */
  close(): void {
    this.#isClosed = true;
    for (const waiting of this.#waiting.splice(0)) waiting.cancel(new Error('the worker pool is closed'));
    for (const worker of this.#all) worker.kill();
  }

  #take(lane: Lane, runId: string, signal: AbortSignal, seat: Seat | null): Promise<WorkerProcess> {
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
        seat,
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
      next.start(this.#wake(next));
    }
  }

  /** Of the tasks whose lane has room, the one whose run has the fewest workers; of equal ones the oldest. */
  #next(): Waiting | null {
    const max: Record<Lane, number> = {
      slice: this.#settings.sliceWorkersMax,
      step: runLimits.stepWorkersMax,
      prompt: runLimits.promptWorkersMax,
      join: this.#settings.sliceWorkersMax,
    };
    let best: Waiting | null = null;
    let bestBusy = Number.POSITIVE_INFINITY;
    for (const waiting of this.#waiting) {
      if (this.#busy[waiting.lane] >= max[waiting.lane] || this.#mustWait(waiting)) continue;
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

  /** There is a worker for the task, or may be one, but not now. */
  #mustWait({ lane, runId, seat }: Waiting): boolean {
    const fixed = seat?.isFixed ? seat.worker : null;
    if (fixed?.isAlive) return !this.#idle.some(({ worker }) => worker === fixed);
    if (lane !== 'join' || this.#all.size < this.#workersMax) return false;
    return this.#bestIdle(lane, runId, seat) === null;
  }

  /** Idle ones that hold snapshots included. */
  get #workersMax(): number {
    const { stepWorkersMax, promptWorkersMax } = runLimits;
    return 2 * this.#settings.sliceWorkersMax + stepWorkersMax + promptWorkersMax;
  }

  #wake({ lane, runId, seat }: Waiting): WorkerProcess {
    const best = this.#bestIdle(lane, runId, seat);
    if (best === null) return this.#spawn();
    this.#idle.splice(this.#idle.indexOf(best), 1);
    if (best.timer !== null) clearTimeout(best.timer);
    return best.worker;
  }

  /** The idle worker that suits a task best; null: a new one suits better. */
  #bestIdle(lane: Lane, runId: string, seat: Seat | null): Idle | null {
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
        return;
      }
      worker = this.#spawn();
    }
    const idle: Idle = { worker, timer: null };
    // The first idle worker stays: a job of ten rows must not pay for a process start.
    if (this.#idle.length > 0) this.#expire(idle);
    this.#idle.push(idle);
  }

  #expire(idle: Idle): void {
    idle.timer = setTimeout(() => {
      if (idle.worker.isHolding) {
        this.#expire(idle);
        return;
      }
      const at = this.#idle.indexOf(idle);
      if (at >= 0) this.#idle.splice(at, 1);
      idle.worker.kill();
    }, this.#settings.idleMs).unref();
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
  if (task.kind === 'ready' || task.kind === 'join') return 'join';
  if (task.kind === 'check' || task.kind === 'checkpoints') return 'prompt';
  return task.kind === 'finish' && task.outcome === 'discard' ? 'prompt' : 'step';
}

function runIdOf(task: Task): string {
  return task.kind === 'check' ? '' : task.work.runId;
}
