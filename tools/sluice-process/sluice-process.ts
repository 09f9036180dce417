import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../servers/free-port.ts';

/** The server must answer within this time after its start, in milliseconds. */
const startMs = 30_000;
/** A graceful stop may take this long before the server is killed, in milliseconds. */
const stopMs = 10_000;

export interface SluiceSettings {
  /** State of the server; made when missing, kept at the end. */
  readonly dataFolder: string;
  /** The command line's script; the project's own by default. */
  readonly script?: string;
  /** Put before the server's command, such as a program that limits it and then becomes it. */
  readonly launcher?: readonly string[];
  /** Further SLUICE_* variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A Sluice server as a child process on a free loopback port, with one known access key: for demo, proofs and conformance. */
export class SluiceProcess {
  readonly endpoint: string;
  readonly dataFolder: string;
  /** Everything that the server wrote to stderr, over all its starts. */
  readonly logFile: string;
  readonly accessKey = 'SLUICEACCESSKEY00001';
  readonly secretKey = 'sluiceSecretKeyForLoopbackOnly0000000001';
  readonly region = 'cn-north-4';
  readonly #settings: SluiceSettings;
  readonly #port: number;
  #child: ChildProcess | null = null;

  /** Use `start`. */
  private constructor(settings: SluiceSettings, port: number) {
    this.#settings = settings;
    this.#port = port;
    this.dataFolder = settings.dataFolder;
    this.logFile = join(settings.dataFolder, 'server.log');
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  static async start(settings: SluiceSettings): Promise<SluiceProcess> {
    await mkdir(settings.dataFolder, { recursive: true });
    const server = new SluiceProcess(settings, await freePort());
    await server.startAgain();
    return server;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('the server is not running');
    return pid;
  }

  /** Starts the server after a kill or stop, on the same data and port. Resolves when it answers. */
  async startAgain(): Promise<void> {
    const script =
      this.#settings.script ?? fileURLToPath(new URL('../../packages/server/src/main.ts', import.meta.url));
    const [command, ...args] = [
      ...(this.#settings.launcher ?? []),
      process.execPath,
      script,
      'up',
      '--data',
      this.dataFolder,
      '--port',
      String(this.#port),
    ];
    const child = spawn(command as string, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        // A copy in a temporary folder would stay in the user's cache of compiled code for ever.
        ...(this.#settings.script === undefined
          ? {}
          : { NODE_COMPILE_CACHE: join(this.dataFolder, 'compiled') }),
        SLUICE_ACCESS_KEY: this.accessKey,
        SLUICE_SECRET_KEY: this.secretKey,
        SLUICE_REGION: this.region,
        ...this.#settings.env,
      },
    });
    this.#child = child;
    child.stderr?.pipe(createWriteStream(this.logFile, { flags: 'a' }));
    const deadline = Date.now() + startMs;
    while (Date.now() < deadline) {
      if (child.exitCode !== null || child.signalCode !== null) {
        const log = await readFile(this.logFile, 'utf8').catch(() => '');
        throw new Error(`the server ended at its start: ${log.trim().split('\n').slice(-3).join(' ')}`);
      }
      const answer = await fetch(`${this.endpoint}/healthz`).catch(() => null);
      if (answer?.ok) return;
      await sleep(40);
    }
    child.kill('SIGKILL');
    throw new Error(`the server did not answer within ${startMs / 1000} s`);
  }

  /** `kill -9`; resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), stopMs);
    await this.#end('SIGTERM');
    clearTimeout(timer);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  /** Process ids of the server's children. Linux only. */
  async workerPids(): Promise<number[]> {
    const pids: number[] = [];
    for (const entry of await readdir('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
      // pid (name) state ppid …; the name may hold blanks and brackets.
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === this.pid) pids.push(Number(entry));
    }
    return pids;
  }

  /** Peak resident memory of a process in MiB; 0 when it is gone. Linux only. */
  static async peakRssMb(pid: number): Promise<number> {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  }
}
