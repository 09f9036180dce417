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

const deadline = Date.now() + order.timeMaxMs;
let questionsLeft = order.questionsMax;
let signed = { date: '', request: Buffer.alloc(0) };
let round: Round | null = null;
const connections: PollerConnection[] = [];

/** The bytes of the question. All pollers are one user's, so within a second, the grain of its date, they are equal. */
function question(): Buffer {
  const date = signingDate(new Date());
  if (signed.date !== date) {
    const headers = { host: url.host, 'x-sdk-date': date, 'x-project-id': order.projectId };
    const parts = { method: 'GET', url, headers, body: '' };
    const authorization = authorizationOf(parts, order.accessKey, order.secretKey);
    const lines = Object.entries({ ...headers, authorization }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const request = `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`;
    signed = { date, request: Buffer.from(request, 'latin1') };
  }
  return signed.request;
}

class Round {
  readonly #begun = performance.now();
  readonly #cpuBefore = process.cpuUsage();
  /** When each poller asks next. */
  readonly #dueAt: Float64Array;
  /** When each poller asked what has not been answered; 0: nothing. */
  readonly #askedAt: Float64Array;
  readonly #answerMs: number[] = [];
  readonly #heard = new Set<number>();
  readonly #timer: NodeJS.Timeout;
  readonly #onReady: () => void;
  #underWay = 0;
  #failures = 0;
  #onSilence: (() => void) | null = null;

  constructor(onReady: () => void) {
    // Spread over one pause, as clients that know nothing of each other are.
    this.#dueAt = Float64Array.from(
      connections,
      (_, at) => this.#begun + (at * order.pauseMs) / order.pollers,
    );
    this.#askedAt = new Float64Array(connections.length);
    this.#onReady = onReady;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  async end(): Promise<PollRound> {
    this.#dueAt.fill(Number.POSITIVE_INFINITY);
    const seconds = (performance.now() - this.#begun) / 1_000;
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#onSilence = resolve;
      });
    }
    clearInterval(this.#timer);
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    return {
      answers: this.#answerMs.length,
      failures: this.#failures,
      seconds,
      answerMs: this.#answerMs.map((ms) => Math.round(ms * 100) / 100),
      cpuSeconds: (user + system) / 1e6,
    };
  }

  hear(at: number, isOk: boolean): void {
    const now = performance.now();
    if (isOk) this.#answerMs.push(now - (this.#askedAt[at] ?? 0));
    else this.#failures += 1;
    this.#askedAt[at] = 0;
    this.#underWay -= 1;
    if (this.#onSilence === null) this.#dueAt[at] = now + order.pauseMs;
    else if (this.#underWay === 0) this.#onSilence();
    if (this.#heard.size === order.pollers) return;
    this.#heard.add(at);
    if (this.#heard.size === order.pollers) this.#onReady();
  }

  #tick(): void {
    const now = performance.now();
    for (let at = 0; at < connections.length; at += 1) {
      const askedAt = this.#askedAt[at] ?? 0;
      if (askedAt > 0) {
        if (now - askedAt > ANSWER_LIMIT_MS) connections[at]?.close();
      } else if ((this.#dueAt[at] ?? 0) <= now) {
        if (questionsLeft <= 0 || Date.now() > deadline) return;
        questionsLeft -= 1;
        this.#askedAt[at] = performance.now();
        this.#underWay += 1;
        connections[at]?.ask(question());
      }
    }
  }
}

/** Opens what is not open, or not any more. */
async function openAll(): Promise<void> {
  for (let from = 0; from < order.pollers; from += OPENING_MAX) {
    const numbers = Array.from({ length: Math.min(OPENING_MAX, order.pollers - from) }, (_, no) => from + no);
    await Promise.all(
      numbers.map(async (at) => {
        if (connections[at]?.isOpen === true) return;
        connections[at] = await PollerConnection.open(url, (isOk) => round?.hear(at, isOk));
      }),
    );
  }
}

async function obey(command: PollerCommand): Promise<void> {
  const result = (await round?.end()) ?? null;
  round = null;
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
