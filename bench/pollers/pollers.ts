import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SignedClient } from '../../tools/demo/signed-client.ts';
import type { BenchSluice } from '../candidates/sluice-copy.ts';
import type { PollerCommand, PollerOrder, PollRound } from './poller-order.ts';

const PROCESS = fileURLToPath(new URL('./poller-process.ts', import.meta.url));
/** The pollers end by themselves after this, in milliseconds. */
const TIME_MAX_MS = 60 * 60_000;
/** And after so many questions. */
const QUESTIONS_MAX = 1_000_000;
const ANSWER_LIMIT_MS = 60_000;

/** Clients that ask for a job's state or stay silent, each on a connection of its own, in a process of their own. */
export class Pollers {
  readonly #child: ChildProcess & { stdin: Writable; stdout: Readable };
  readonly #lines: Interface;

  private constructor(order: PollerOrder) {
    this.#child = spawn(process.execPath, [PROCESS, JSON.stringify(order)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  /** Resolves when all are connected; none asks. */
  static async start(sluice: BenchSluice, job: string, pollers: number, pauseMs: number): Promise<Pollers> {
    const { endpoint, accessKey, secretKey } = sluice.process;
    const { projectId } = await SignedClient.connect(sluice.process);
    const started = new Pollers({
      endpoint,
      path: sluice.cluster.statusPath(job),
      projectId,
      accessKey,
      secretKey,
      pollers,
      pauseMs,
      timeMaxMs: TIME_MAX_MS,
      questionsMax: QUESTIONS_MAX,
    });
    await started.rest();
    return started;
  }

  /** Resolves when every poller has had its first answer. */
  async poll(): Promise<void> {
    await this.#tell('poll');
  }

  /** All are silent, and connected. @returns what came of the polling before; null: there was none. */
  async rest(): Promise<PollRound | null> {
    return (await this.#tell('rest')) as PollRound | null;
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }

  async #tell(command: PollerCommand): Promise<unknown> {
    const line = once(this.#lines, 'line', { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    this.#child.stdin.write(`${command}\n`);
    const [text] = await line;
    return JSON.parse(String(text));
  }
}
