import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { GuardOrder } from './guard.ts';

const GUARD = fileURLToPath(new URL('./guard.ts', import.meta.url));
const START_LIMIT_MS = 10_000;
const KILL_LIMIT_MS = 10_000;
/** On top of the server's own limit: the guard also removes the folder. */
const STOP_EXTRA_MS = 10_000;

/**
 * A server under a guard (see guard.ts). Handles are held only while somebody waits for an answer, so a
 * process that forgets to stop its servers still ends, and they end with it.
 */
export class GuardedProcess {
  readonly #order: GuardOrder;
  readonly #guard: ChildProcess & { stdin: Writable; stdout: Readable };
  readonly #guardGone: Promise<void>;
  #listeners: ((line: string) => void)[] = [];
  #pid: number | null = null;

  constructor(order: GuardOrder) {
    this.#order = order;
    this.#guard = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', GUARD, JSON.stringify(order)],
      { stdio: ['pipe', 'pipe', 'inherit'], detached: true, env: { PATH: process.env.PATH ?? '' } },
    );
    this.#guardGone = new Promise((resolve) => {
      this.#guard.once('exit', () => resolve());
      this.#guard.once('error', () => resolve());
    });
    // Writing to a guard that is gone is answered by the time limits below.
    this.#guard.stdin.on('error', () => this.#tell('exited guard'));
    createInterface({ input: this.#guard.stdout }).on('line', (line) => this.#tell(line));
    this.#guard.unref();
    for (const stream of [this.#guard.stdin, this.#guard.stdout]) (stream as { unref?(): void }).unref?.();
  }

  /** The server's process, while it runs. */
  get pid(): number | null {
    return this.#pid;
  }

  /** The guard's own process. */
  get guardPid(): number | undefined {
    return this.#guard.pid;
  }

  /** @throws when the program cannot be started. Resolves when the process is there, not when it serves. */
  async start(): Promise<void> {
    const answer = this.#wait(/^(started|failed) /, START_LIMIT_MS);
    this.#guard.stdin.write('start\n');
    const line = await answer;
    if (!line?.startsWith('started '))
      throw new Error(`${this.#order.command}: ${line ?? 'the guard does not answer'}`);
  }

  /** Sends `signal` and resolves when the server is gone. @throws after 10 s. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.#pid === null) return;
    const answer = this.#wait(/^exited /, KILL_LIMIT_MS);
    this.#guard.stdin.write(`kill ${signal}\n`);
    if ((await answer) === null) throw new Error(`${this.#order.command} does not end by ${signal}`);
  }

  /** Ends the server and the guard and has the folder removed. Never takes longer than the limits say. */
  async stop(): Promise<void> {
    this.#guard.stdin.end();
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      limit = setTimeout(() => {
        if (this.#pid !== null) killIfThere(this.#pid);
        this.#guard.kill('SIGKILL');
        resolve();
      }, this.#order.stopLimitMs + STOP_EXTRA_MS);
    });
    await Promise.race([this.#guardGone, late]);
    clearTimeout(limit);
  }

  #tell(line: string): void {
    if (line.startsWith('started ')) this.#pid = Number(line.slice('started '.length));
    else if (line.startsWith('exited ')) this.#pid = null;
    for (const listener of [...this.#listeners]) listener(line);
  }

  /** The next line that matches; null when none comes in time. */
  #wait(pattern: RegExp, limitMs: number): Promise<string | null> {
    return new Promise((resolve) => {
      const listener = (line: string) => {
        if (pattern.test(line)) done(line);
      };
      const done = (line: string | null) => {
        clearTimeout(limit);
        this.#listeners = this.#listeners.filter((other) => other !== listener);
        resolve(line);
      };
      const limit = setTimeout(() => done(null), limitMs);
      this.#listeners.push(listener);
    });
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
