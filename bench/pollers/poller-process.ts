// The clients of pollers.ts; poller-order.ts says what they are told and answer. Bounded in number, time and
// questions; they speak to a loopback address only.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorizationOf, signingDate } from '../../tools/demo/request-signature.ts';
import { PollerConnection } from './poller-connection.ts';
import type { PollerCommand, PollerOrder, PollRound } from './poller-order.ts';

const LOOPBACK = new Set(['127.0.0.1', '[::1]']);
const ANSWER_LIMIT_MS = 30_000;
/** How often it is looked whose time has come. */
const TICK_MS = 10;
/** Connections opened at once. */
const OPENING_MAX = 50;

const order: PollerOrder = JSON.parse(process.argv[2] ?? '');
const url = new URL(order.path, order.endpoint);
if (!LOOPBACK.has(url.hostname)) throw new Error(`${url.hostname} is not this machine`);

const connections = Array.from({ length: order.pollers }, () => new PollerConnection(url, ANSWER_LIMIT_MS));
const deadline = Date.now() + order.timeMaxMs;
let questionsLeft = order.questionsMax;
let signed = { date: '', request: '' };
let round: Round | null = null;

/** The bytes of the question. All pollers are one user's, so within a second, the grain of its date, they are equal. */
function question(): string {
  const date = signingDate(new Date());
  if (signed.date !== date) {
    const headers = { host: url.host, 'x-sdk-date': date, 'x-project-id': order.projectId };
    const parts = { method: 'GET', url, headers, body: '' };
    const authorization = authorizationOf(parts, order.accessKey, order.secretKey);
    const lines = Object.entries({ ...headers, authorization }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    signed = { date, request: `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n` };
  }
  return signed.request;
}

class Round {
  readonly #begun = performance.now();
  readonly #cpuBefore = process.cpuUsage();
  /** When each poller asks next; infinite: it waits for an answer. */
  readonly #dueAt: number[];
  readonly #waiting = new Set<Promise<void>>();
  readonly #answerMs: number[] = [];
  readonly #heard = new Set<number>();
  readonly #timer: NodeJS.Timeout;
  readonly #onReady: () => void;
  #failures = 0;

  constructor(onReady: () => void) {
    // Spread over one pause, as clients that know nothing of each other are.
    this.#dueAt = connections.map((_, at) => this.#begun + (at * order.pauseMs) / order.pollers);
    this.#onReady = onReady;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  async end(): Promise<PollRound> {
    clearInterval(this.#timer);
    const seconds = (performance.now() - this.#begun) / 1_000;
    await Promise.all(this.#waiting);
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    return {
      answers: this.#answerMs.length,
      failures: this.#failures,
      seconds,
      answerMs: this.#answerMs.map((ms) => Math.round(ms * 100) / 100),
      cpuSeconds: (user + system) / 1e6,
    };
  }

  #tick(): void {
    const now = performance.now();
    for (const [at, connection] of connections.entries()) {
      if ((this.#dueAt[at] ?? 0) > now) continue;
      if (questionsLeft <= 0 || Date.now() > deadline) return;
      questionsLeft -= 1;
      this.#dueAt[at] = Number.POSITIVE_INFINITY;
      const asking = this.#ask(connection, at).finally(() => this.#waiting.delete(asking));
      this.#waiting.add(asking);
    }
  }

  async #ask(connection: PollerConnection, at: number): Promise<void> {
    const sentAt = performance.now();
    const status = await connection.ask(question()).catch(() => 0);
    const now = performance.now();
    if (status === 200) this.#answerMs.push(now - sentAt);
    else this.#failures += 1;
    this.#dueAt[at] = now + order.pauseMs;
    if (this.#heard.size === order.pollers) return;
    this.#heard.add(at);
    if (this.#heard.size === order.pollers) this.#onReady();
  }
}

async function openAll(): Promise<void> {
  for (let at = 0; at < connections.length; at += OPENING_MAX) {
    await Promise.all(connections.slice(at, at + OPENING_MAX).map((connection) => connection.open()));
  }
}

async function obey(command: PollerCommand): Promise<void> {
  const before = round;
  round = null;
  const result = (await before?.end()) ?? null;
  await openAll();
  if (command === 'rest') process.stdout.write(`${JSON.stringify(result)}\n`);
  else round = new Round(() => process.stdout.write('"ready"\n'));
}

let obeyed = Promise.resolve();
const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  obeyed = obeyed.then(() => obey(line as PollerCommand));
});
input.once('close', () => process.exit(0));
void sleep(order.timeMaxMs, undefined, { ref: false }).then(() => process.exit(1));
