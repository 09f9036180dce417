import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ProcessTable, peakRssMb, TICKS_PER_SECOND } from './process-table.ts';

/** How often the processes of a command are looked at, in milliseconds. */
const SAMPLE_PAUSE_MS = 100;
/** What is kept of a command's output, for its error, in characters. */
const OUTPUT_MAX = 4_000;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** On top of PATH, HOME and a plain locale. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** What running a command cost. */
export interface CommandCost {
  /** All its processes. */
  readonly cpuSeconds: number;
  /** The sum of each process's own peak; of those that lived long enough to be looked at. */
  readonly peakRssMb: number;
}

/**
 * Runs a command in a process group of its own, to its end.
 *
 * @throws with what it wrote, when it fails or takes longer than `limitMs`; then its whole group is killed
 */
export async function runCommand(command: Command, limitMs: number): Promise<CommandCost> {
  const reapedBefore = reapedSeconds();
  const child = spawn(command.program, command.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '/',
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
      ...command.env,
    },
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-OUTPUT_MAX);
    });
  }
  const group = child.pid;
  const ticks = new Map<number, number>();
  const peaks = new Map<number, number>();
  const sample = () => {
    if (group === undefined) return;
    for (const { pid, ownTicks } of ProcessTable.read().inGroup(group)) {
      ticks.set(pid, ownTicks);
      const peak = peakRssMb(pid);
      if (peak > 0) peaks.set(pid, peak);
    }
  };
  const endWithUs = () => killGroup(group);
  process.once('exit', endWithUs);
  const sampling = setInterval(sample, SAMPLE_PAUSE_MS);
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    killGroup(group);
  }, limitMs);
  try {
    const [code, signal] = await once(child, 'close');
    sample();
    if (isLate) throw new Error(`${command.program} took longer than ${limitMs / 1_000} s: ${output.trim()}`);
    if (code !== 0) throw new Error(`${command.program} ended with ${signal ?? code}: ${output.trim()}`);
  } finally {
    process.off('exit', endWithUs);
    clearInterval(sampling);
    clearTimeout(limit);
    killGroup(group);
  }
  // Counted by the kernel when a process was waited for; a daemon that nobody waits for is only in the samples.
  const sampled = sum(ticks.values()) / TICKS_PER_SECOND;
  return { cpuSeconds: Math.max(reapedSeconds() - reapedBefore, sampled), peakRssMb: sum(peaks.values()) };
}

/** CPU time of our own ended children. Nothing else that we started ends while a command runs. */
function reapedSeconds(): number {
  return (ProcessTable.read().get(process.pid)?.reapedTicks ?? 0) / TICKS_PER_SECOND;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

/** A tool may leave a process behind; it must not run beside the next one. */
function killGroup(group: number | undefined): void {
  if (group === undefined) return;
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
