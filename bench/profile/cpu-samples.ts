import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { runToEnd, SERVER_ENV } from '../../tools/servers/run-to-end.ts';
import { ensureProgram } from '../candidates/pipes.ts';

/** Samples per second and core. Not a round number, so that they do not beat with the kernel's own clock. */
export const SAMPLES_PER_SECOND = 997;
const STOP_LIMIT_MS = 10_000;
const READ_LIMIT_MS = 120_000;

/** Where one core was at one moment. */
export interface CpuSample {
  readonly program: string;
  readonly pid: number;
  readonly thread: number;
  /** Name of the function; null where the file has no names, or the code was made at run time. */
  readonly symbol: string | null;
  /** File that holds the code; `[kernel.kallsyms]` for the kernel. */
  readonly file: string;
}

/** Samples every core of the machine, all processes, until `stop`. Needs root, or a system that lets users do it. */
export class CpuSampler {
  readonly #child: ChildProcess;
  readonly #dataFile: string;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess, dataFile: string) {
    this.#child = child;
    this.#dataFile = dataFile;
    this.#ended = once(child, 'close');
  }

  /**
   * @param dataFile written by the kernel's profiler, some megabytes for each ten seconds
   * @throws CandidateUnavailable when Linux's `perf` is missing and cannot be installed
   */
  static async start(dataFile: string): Promise<CpuSampler> {
    await ensureProgram('perf', 'linux-perf');
    // By the clock: virtual machines seldom lend their counters.
    const args = ['record', '--all-cpus', '--event=cpu-clock', `--freq=${SAMPLES_PER_SECOND}`];
    const child = spawn('perf', [...args, '--quiet', `--output=${dataFile}`], {
      stdio: 'ignore',
      env: SERVER_ENV,
    });
    await once(child, 'spawn');
    return new CpuSampler(child, dataFile);
  }

  /** Ends the sampling. @returns what was seen, idle cores left out */
  async stop(): Promise<readonly CpuSample[]> {
    this.#child.kill('SIGINT');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    await this.#ended;
    clearTimeout(timer);
    const fields = ['script', '--fields', 'comm,pid,tid,ip,sym,dso', `--input=${this.#dataFile}`];
    const text = await runToEnd('perf', fields, { env: { ...SERVER_ENV }, limitMs: READ_LIMIT_MS });
    return text.split('\n').flatMap((line) => parseSample(line) ?? []);
  }
}

/** `postgres  4082/4082   55a86a921e7e pfree (/usr/lib/postgres)`; null for an idle core and for what is no sample. */
export function parseSample(line: string): CpuSample | null {
  const match = /^\s*(.*?)\s+(\d+)\/(\d+)\s+[0-9a-f]+ (.*) \((.*)\)$/.exec(line);
  if (match === null || match[2] === '0') return null;
  const [, program = '', pid, thread, symbol = '', file = ''] = match;
  return {
    program,
    pid: Number(pid),
    thread: Number(thread),
    symbol: symbol === '[unknown]' || symbol === '' ? null : symbol,
    file,
  };
}
