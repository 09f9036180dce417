import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A time in which nobody could make anything durable on the disk, or nobody ran at all; Unix milliseconds. */
export interface Stall {
  readonly from: number;
  readonly to: number;
}

/** Between two writes of the witness, in milliseconds. */
const pauseMs = 25;
/** What takes longer is told, in milliseconds; it usually takes below ten. */
const stallMs = 500;
const bytesWritten = 4_096;

/**
 * A process beside the server that does nothing but make 4 KiB durable over and over, on the same disk. An answer that was slow
 * while this could not be done either says something about the machine, and nothing about the server.
 */
export class DiskWitness {
  readonly #child: ChildProcess;
  readonly #stalls: Stall[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (stall: Stall) => this.#stalls.push(stall));
  }

  /** @param folder on the disk in question; a file is made in it. */
  static async start(folder: string): Promise<DiskWitness> {
    const child = fork(fileURLToPath(import.meta.url), [join(folder, 'witness')]);
    await once(child, 'message');
    return new DiskWitness(child);
  }

  /** Stops the process for a while, as a machine does that stands still: to see that it is told. */
  hold(ms: number): void {
    this.#child.kill('SIGSTOP');
    setTimeout(() => this.#child.kill('SIGCONT'), ms);
  }

  /** Ends the process. @returns what it saw, in order. */
  async end(): Promise<readonly Stall[]> {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.send('end');
      await ended;
    }
    return this.#stalls;
  }
}

/** Milliseconds of a time that no stall covers. */
export function outsideStalls(time: Stall, stalls: readonly Stall[]): number {
  const covered = stalls.map(({ from, to }) => Math.min(to, time.to) - Math.max(from, time.from));
  return covered.reduce((left, ms) => left - Math.max(0, ms), time.to - time.from);
}

function watch(file: string): void {
  const descriptor = openSync(file, 'w');
  const bytes = Buffer.alloc(bytesWritten);
  process.send?.('watching');
  let last = Date.now();
  const timer = setInterval(() => {
    writeSync(descriptor, bytes, 0, bytes.length, 0);
    fdatasyncSync(descriptor);
    const now = Date.now();
    if (now - last > stallMs) process.send?.({ from: last, to: now } satisfies Stall);
    last = now;
  }, pauseMs);
  // When it is told to, and when nobody is there any more to tell it.
  process.once('message', () => process.disconnect?.());
  process.once('disconnect', () => {
    clearInterval(timer);
    closeSync(descriptor);
  });
}

const [, script, file] = process.argv;
if (script === fileURLToPath(import.meta.url) && file !== undefined) watch(file);
