import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BareAnswer } from './bare-answer.ts';

const PROCESS = fileURLToPath(new URL('./bare-server.ts', import.meta.url));
const START_LIMIT_MS = 30_000;

/** What Node writes by itself. */
const NODES_OWN = new Set(['date', 'connection', 'keep-alive']);

/** Asks once and takes the answer as it is, its id too. */
export async function answerOf(url: URL, headers: Readonly<Record<string, string>>): Promise<BareAnswer> {
  const answer = await fetch(url, { headers });
  const body = await answer.text();
  if (answer.status !== 200) throw new Error(`${url.pathname}: ${answer.status} ${body}`);
  const kept = [...answer.headers].filter(([name]) => !NODES_OWN.has(name));
  const seconds = /timeout=(\d+)/.exec(answer.headers.get('keep-alive') ?? '')?.[1];
  return { headers: kept.flat(), body, keepAliveMs: Number(seconds ?? 5) * 1_000 };
}

/** Node's own HTTP server in a process of its own. */
export class BareServer {
  readonly endpoint: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  static async start(answer: BareAnswer): Promise<BareServer> {
    const child = spawn(process.execPath, [PROCESS], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const line = once(lines, 'line', { signal: AbortSignal.timeout(START_LIMIT_MS) });
    child.stdin.write(`${JSON.stringify(answer)}\n`);
    const [port] = await line;
    return new BareServer(child, Number(port));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}
