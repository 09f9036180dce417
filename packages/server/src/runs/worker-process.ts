import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Checkpoint, SliceCounts, SliceTimes } from '@sluice/core/data/slice';
import type { RejectAnswer, RejectPart, Task, TaskKind, TaskOf, TaskResults } from '@sluice/engine/work';
import type { EgressRules } from './egress.ts';
import { runLimits } from './limits.ts';
import { type FromWorker, fromPortable, type ToWorker } from './worker-messages.ts';

/** What a task's owner hears while it runs. */
export interface TaskListener {
  /** A worker process has the task now. */
  begun(pid: number): void;
  progress(sliceNo: number, counts: SliceCounts, times: SliceTimes): void;
  /** Resolves true when the checkpoint is stored; false tells the worker that the run is no longer ours. */
  checkpoint(sliceNo: number, checkpoint: Checkpoint, times: SliceTimes): Promise<boolean>;
  /** Resolves when rows that were set aside are stored; null tells the worker that the run is no longer ours. Absent: none are kept. */
  rejects?(sliceNo: number, part: RejectPart): Promise<RejectAnswer | null>;
  log(line: string): void;
  /** Resolves when what was read is paid under the run's rate limit. @param signal the task is over. Absent: there is no limit. */
  charge?(rows: number, bytes: number, sourceMs: number, signal: AbortSignal): Promise<void>;
}

/** The worker process ended under a task: killed, out of memory, or crashed in native code. */
export class WorkerDied extends Error {
  readonly pid: number;
  /** Its memory was too small for the task, and will be the next time. */
  readonly isOutOfMemory: boolean;
  constructor(pid: number, how: string, isOutOfMemory: boolean) {
    super(`worker process ${pid} ended: ${how}`);
    this.name = 'WorkerDied';
    this.pid = pid;
    this.isOutOfMemory = isOutOfMemory;
  }
}

/** No worker process can be started at all. */
export class WorkerStartFailed extends Error {
  constructor(why: string) {
    super(`no worker process could be started: ${why}`);
    this.name = 'WorkerStartFailed';
  }
}

export interface WorkerSettings {
  /** Path of worker.ts. */
  readonly script: string;
  /** Cap of the worker's JavaScript heap, in MiB. */
  readonly memoryMb: number;
  /**
   * Folder in which workers keep the code that they compiled, made when missing; null: every worker compiles anew.
   * A worker that finds its code there starts in half the time and never loads the TypeScript compiler (35 MB).
   */
  readonly codeCache: string | null;
  /** After an abort the worker has this long to end its task, then it is killed. */
  readonly stopGraceMs: number;
  readonly onStderr: (pid: number, line: string) => void;
  /** Where workers may connect to; absent: anywhere, for tests. */
  readonly egress?: EgressRules;
}

/** A task that a worker has in hand. */
export interface TaskInHand {
  readonly kind: TaskKind;
  /** null: it is for no run. */
  readonly runId: string | null;
}

interface OpenTask {
  readonly id: number;
  readonly about: TaskInHand;
  readonly listener: TaskListener;
  /** Aborts when the task is over, whatever came of it. */
  readonly over: AbortController;
  readonly resolve: (result: TaskResults[TaskKind]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One worker process and the task it has in hand. It dies with the server (its IPC channel closes) and
 * never outlives an abort by more than the grace time, so a stop cannot hang.
 */
export class WorkerProcess {
  /** Of this process alone, for ever. */
  readonly id = randomUUID();
  /** Unix milliseconds. */
  readonly startedAt = Date.now();
  readonly #child: ChildProcess;
  readonly #settings: WorkerSettings;
  readonly ready: Promise<void>;
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>;
  #setGone: () => void = () => undefined;
  #task: OpenTask | null = null;
  #nextTaskId = 1;
  #ended: WorkerDied | null = null;
  #isKilled = false;
  #hasCompiled = false;
  #onEnd: () => void = () => undefined;
  /** The run that it worked for last, whose connections it may still have. */
  #lastRun: string | null = null;
  /** Runs whose snapshot it took, joined, or is about to join. */
  readonly #holds = new Set<string>();
  /** Those of them that it joined or is about to. */
  readonly #joined = new Set<string>();
  #onCompiled: () => void = () => undefined;

  constructor(settings: WorkerSettings) {
    this.#settings = settings;
    this.gone = new Promise((resolve) => {
      this.#setGone = resolve;
    });
    const { egress } = settings;
    this.#child = fork(settings.script, egress === undefined ? [] : [JSON.stringify(egress)], {
      execArgv: [
        `--max-old-space-size=${settings.memoryMb}`,
        `--max-semi-space-size=${runLimits.workerYoungHeapMb}`,
        '--disable-warning=ExperimentalWarning',
      ],
      env: workerEnvironment(settings.codeCache),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let tail = '';
    let isOutOfMemory = false;
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-runLimits.stderrTailBytes);
      // V8 says so and then aborts, behind a stack trace of any length.
      isOutOfMemory ||= /JavaScript (heap )?out of memory/.test(tail);
    });
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new WorkerStartFailed(`no sign of life in ${runLimits.workerStartMs} ms`));
        this.kill();
      }, runLimits.workerStartMs);
      this.#child.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') {
          clearTimeout(timer);
          resolve();
        } else if (message.kind === 'compiled') {
          this.#hasCompiled = true;
          this.#onCompiled();
        } else {
          this.#hear(message);
        }
      });
      this.#child.on('error', (error) => {
        clearTimeout(timer);
        reject(new WorkerStartFailed(error.message));
        this.#end(error.message, false);
      });
      // `close`, not `exit`: only then is all of stderr here.
      this.#child.once('close', (code, signal) => {
        clearTimeout(timer);
        const how = isOutOfMemory
          ? `out of memory, its limit is ${settings.memoryMb} MiB`
          : signal === null
            ? `exit code ${code}`
            : `signal ${signal}`;
        reject(new WorkerStartFailed(how));
        if (tail !== '' && code !== 0) settings.onStderr(this.pid, tail);
        this.#end(how, isOutOfMemory);
      });
    });
    // Who starts a task hears of a failed start; nobody else needs to.
    this.ready.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** False from the kill on, though the process ends a moment later: nobody may be given a dying worker. */
  get isAlive(): boolean {
    return this.#ended === null && !this.#isKilled;
  }

  get isBusy(): boolean {
    return this.#task !== null;
  }

  get taskInHand(): TaskInHand | null {
    return this.#task?.about ?? null;
  }

  /** Cap of its JavaScript heap, in MiB. */
  get memoryMb(): number {
    return this.#settings.memoryMb;
  }

  /** It had to compile code, holds the compiler in memory ever since, and a new one would not: the code is in the cache. */
  get hasCompiled(): boolean {
    return this.#hasCompiled;
  }

  /** It has connections of this run, or had them a moment ago. */
  knows(runId: string): boolean {
    return this.#lastRun === runId || this.#holds.has(runId);
  }

  /** It is one of the workers that joined this run's snapshot. */
  hasJoined(runId: string): boolean {
    return this.#joined.has(runId);
  }

  /** It holds a snapshot, which would be lost with it. */
  get isHolding(): boolean {
    return this.#holds.size > 0;
  }

  /** The run is over: the worker closes whatever it kept of it. Safe to repeat. */
  forget(runId: string): void {
    if (!this.knows(runId)) return;
    this.#holds.delete(runId);
    this.#joined.delete(runId);
    if (this.#lastRun === runId) this.#lastRun = null;
    this.#send({ kind: 'forget', runId });
  }

  onEnd(callback: () => void): void {
    this.#onEnd = callback;
  }

  /** Called whenever `hasCompiled` becomes true; before the answer of the task that it happened in. */
  onCompiled(callback: () => void): void {
    this.#onCompiled = callback;
  }

  /**
   * Runs one task.
   * @throws WorkerDied, WorkerStartFailed, the signal's reason after an abort, or the task's own error.
   */
  async run<K extends TaskKind>(
    task: TaskOf<K>,
    listener: TaskListener,
    signal: AbortSignal,
  ): Promise<TaskResults[K]> {
    await unlessAborted(this.ready, signal);
    if (this.#ended !== null) throw this.#ended;
    if (this.#task !== null) throw new Error('a worker process takes one task at a time');
    const id = this.#nextTaskId++;
    let killTimer: NodeJS.Timeout | undefined;
    const abort = () => {
      this.#send({ kind: 'abort', taskId: id });
      killTimer = setTimeout(() => this.kill(), this.#settings.stopGraceMs);
    };
    const over = new AbortController();
    const runId = runIdOf(task);
    if (runId !== null) this.#lastRun = runId;
    try {
      const result = await new Promise<TaskResults[K]>((resolve, reject) => {
        const about = { kind: task.kind, runId };
        this.#task = { id, about, listener, over, resolve: resolve as OpenTask['resolve'], reject };
        this.#send({ kind: 'task', taskId: id, task });
        listener.begun(this.pid);
        if (signal.aborted) abort();
        else signal.addEventListener('abort', abort, { once: true });
      });
      if (runId !== null && opensSnapshot(task, result)) {
        this.#holds.add(runId);
        if (task.kind !== 'snapshot') this.#joined.add(runId);
      }
      return result;
    } catch (error) {
      // After an abort it does not matter how the task ended.
      signal.throwIfAborted();
      throw error;
    } finally {
      this.#task = null;
      over.abort(new Error('the task is over'));
      clearTimeout(killTimer);
      signal.removeEventListener('abort', abort);
    }
  }

  kill(): void {
    this.#isKilled = true;
    this.#child.kill('SIGKILL');
  }

  #send(message: ToWorker): void {
    // A send to a dead process fails; its exit event tells the story.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #hear(message: FromWorker): void {
    const task = this.#task;
    if (task === null || !('taskId' in message) || message.taskId !== task.id) return;
    switch (message.kind) {
      case 'progress':
        task.listener.progress(message.sliceNo, message.counts, message.times);
        break;
      case 'log':
        task.listener.log(message.line);
        break;
      case 'done':
        task.resolve(message.result);
        break;
      case 'failed':
        task.reject(fromPortable(message.error));
        break;
      case 'checkpoint': {
        const { sliceNo, receipt, checkpoint, times } = message;
        void this.#store(task, receipt, async () => {
          return { isStored: await task.listener.checkpoint(sliceNo, checkpoint, times) };
        });
        break;
      }
      case 'rejects': {
        const { sliceNo, receipt, part } = message;
        void this.#store(task, receipt, async () => {
          if (task.listener.rejects === undefined) return { isStored: true };
          const answer = await task.listener.rejects(sliceNo, part);
          return answer === null ? { isStored: false } : { isStored: true, answer };
        });
        break;
      }
      case 'charge':
        void this.#charge(task, message);
    }
  }

  async #store(
    task: OpenTask,
    receipt: number,
    action: () => Promise<{ readonly isStored: boolean; readonly answer?: RejectAnswer }>,
  ): Promise<void> {
    try {
      this.#send({ kind: 'ledger', taskId: task.id, receipt, ...(await action()) });
    } catch (error) {
      // Our own store failed: the rows are safe at the destination, but this attempt is not worth going on.
      task.reject(error instanceof Error ? error : new Error(String(error)));
      this.kill();
    }
  }

  async #charge(
    { id, listener, over }: OpenTask,
    { receipt, rows, bytes, sourceMs }: FromWorker & { readonly kind: 'charge' },
  ): Promise<void> {
    // Rejected only when the task is over: then nobody waits for the answer.
    const isPaid = await (listener.charge?.(rows, bytes, sourceMs, over.signal) ?? Promise.resolve()).then(
      () => true,
      () => false,
    );
    this.#send({ kind: 'paid', taskId: id, receipt, isPaid });
  }

  #end(how: string, isOutOfMemory: boolean): void {
    if (this.#ended !== null) return;
    this.#ended = new WorkerDied(this.pid, how, isOutOfMemory);
    this.#task?.reject(this.#ended);
    this.#setGone();
    this.#onEnd();
  }
}

function runIdOf(task: Task): string | null {
  return 'work' in task && task.kind !== 'preview' ? task.work.runId : null;
}

function opensSnapshot(task: Task, result: TaskResults[TaskKind]): boolean {
  if (task.kind === 'snapshot') return 'snapshot' in (result as TaskResults['snapshot']);
  return task.kind === 'ready' || task.kind === 'join';
}

/** Only what a driver may need: no keys of ours reach a worker by environment. */
function workerEnvironment(codeCache: string | null): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    TZ: 'UTC',
    LANG: process.env.LANG ?? 'C.UTF-8',
    // One heap for all threads of glibc: each further one keeps megabytes of its own, and nobody here waits for it.
    MALLOC_ARENA_MAX: '1',
    ...(codeCache === null ? {} : { NODE_COMPILE_CACHE: codeCache }),
  };
}

/** Waits for the promise, or rejects with the signal's reason as soon as it aborts. */
async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
