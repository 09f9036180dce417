import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadRound } from './load-order.ts';

const PROCESS = fileURLToPath(new URL('./load-process.ts', import.meta.url));
/** Beyond the time that it was told to take, in milliseconds. */
const SPARE_MS = 60_000;

/** Clients in a process of their own. */
export class Load {
  readonly #child: ChildProcess & { stdin: Writable; stdout: Readable };
  readonly #lines: Interface;
  readonly #ended: Promise<never>;

  constructor() {
    this.#child = spawn(process.execPath, [PROCESS], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#ended = once(this.#child, 'exit').then(() => {
      throw new Error('the process of the clients has ended');
    });
    // It ends at last, and then nobody waits for it.
    this.#ended.catch(() => undefined);
  }

  /** @throws when a question was not answered with status 200, or the process ended. */
  async run(order: LoadOrder): Promise<LoadRound> {
    const limit = AbortSignal.timeout(order.warmUpMs + order.measureMs + SPARE_MS);
    const line = once(this.#lines, 'line', { signal: limit });
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    const [text] = await Promise.race([line, this.#ended]);
    const round: LoadRound = JSON.parse(String(text));
    if (round.failures > 0 || round.answers === 0) {
      throw new Error(`${round.failures} questions failed beside ${round.answers} answers`);
    }
    return round;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }
}
