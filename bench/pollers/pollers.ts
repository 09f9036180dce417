import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SignedClient } from '../../tools/demo/signed-client.ts';
import type { BenchSluice } from '../candidates/sluice-copy.ts';
import type { PollCounts, PollerOrder } from './poller-order.ts';

const PROCESS = fileURLToPath(new URL('./poller-process.ts', import.meta.url));
/** The pollers end by themselves after this, in milliseconds. */
const TIME_MAX_MS = 10 * 60_000;
/** And after so many questions each. */
const QUESTIONS_MAX = 600;
const START_LIMIT_MS = 30_000;

/** Clients that ask for a job's state, each on a connection of its own, in a process of their own. */
export class Pollers {
  readonly #child: ChildProcess & { stdin: Writable; stdout: Readable };
  readonly #lines: Interface;

  private constructor(order: PollerOrder) {
    this.#child = spawn(process.execPath, [PROCESS, JSON.stringify(order)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  /** Resolves when every poller has had its first answer. */
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
    await once(started.#lines, 'line', { signal: AbortSignal.timeout(START_LIMIT_MS) });
    return started;
  }

  async stop(): Promise<PollCounts> {
    const line = once(this.#lines, 'line');
    this.#child.stdin.end();
    const [text] = await line;
    return JSON.parse(String(text));
  }
}
