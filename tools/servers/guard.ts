// A small process between us and a database server. The server must not outlive us, even when we are killed
// with -9: then our end of the guard's standard input closes, and the guard ends the server and removes its
// folder. The guard has a session of its own, so that Ctrl-C in a terminal leaves the order of stopping to us.
//
// Lines in:  `start`, `kill SIGNAL`, `stop` (the same as the end of input)
// Lines out: `started PID`, `exited CODE-OR-SIGNAL`, `failed MESSAGE`
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** What the guard is told on its command line, as JSON. */
export interface GuardOrder {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whom to run the server as; null: as ourselves. */
  readonly account: { readonly uid: number; readonly gid: number } | null;
  /** Removed at the end; also the server's working directory. */
  readonly folder: string;
  /** Gets the server's output. */
  readonly logPath: string;
  readonly stopSignal: NodeJS.Signals;
  /** After this the server gets SIGKILL. */
  readonly stopLimitMs: number;
}

const order: GuardOrder = JSON.parse(process.argv[2] ?? '');
let server: ChildProcess | null = null;
let isStopping = false;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function start(): void {
  const log = openSync(order.logPath, 'a');
  const child = spawn(order.command, order.args, {
    cwd: order.folder,
    env: { ...order.env },
    stdio: ['ignore', log, log],
    ...(order.account ?? {}),
  });
  closeSync(log);
  server = child;
  child.once('spawn', () => say(`started ${child.pid}`));
  child.once('error', (error) => {
    server = null;
    say(`failed ${error.message}`);
  });
  child.once('exit', (code, signal) => {
    server = null;
    say(`exited ${signal ?? code}`);
  });
}

async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  const running = server;
  if (running) {
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill(order.stopSignal);
    const limit = setTimeout(() => running.kill('SIGKILL'), order.stopLimitMs);
    await gone;
    clearTimeout(limit);
  }
  // A server's helper processes may write for another moment after its main process is gone.
  await rm(order.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  process.exit(0);
}

// When our reader is gone there is nobody left to tell; the end of input says so as well.
process.stdout.on('error', () => void stop());
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [word, signal] = line.split(' ');
    if (word === 'start') start();
    else if (word === 'kill') server?.kill(signal as NodeJS.Signals);
    else void stop();
  })
  .on('close', () => void stop());
