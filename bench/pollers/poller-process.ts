// The clients of pollers.ts. Writes `ready` once all have had an answer, and the counts, as JSON, when its input
// ends. Bounded in number, time and questions; speaks to a loopback address only.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorizationOf, signingDate } from '../../tools/demo/request-signature.ts';
import type { PollerOrder } from './poller-order.ts';

const LOOPBACK = new Set(['127.0.0.1', '[::1]']);
const ANSWER_LIMIT_MS = 30_000;

const order: PollerOrder = JSON.parse(process.argv[2] ?? '');
const url = new URL(order.path, order.endpoint);
if (!LOOPBACK.has(url.hostname)) throw new Error(`${url.hostname} is not this machine`);

const agent = new Agent({ keepAlive: true, maxSockets: order.pollers });
const deadline = Date.now() + order.timeMaxMs;
const counts = { answers: 0, failures: 0 };
let isOver = false;
let waiting = order.pollers;

function ask(): Promise<number> {
  const headers = {
    host: url.host,
    'x-sdk-date': signingDate(new Date()),
    'x-project-id': order.projectId,
  };
  const authorization = authorizationOf(
    { method: 'GET', url, headers, body: '' },
    order.accessKey,
    order.secretKey,
  );
  return new Promise((resolve, reject) => {
    const question = request(url, {
      agent,
      headers: { ...headers, authorization },
      timeout: ANSWER_LIMIT_MS,
    });
    question.once('timeout', () => question.destroy(new Error('no answer in time')));
    question.once('error', reject);
    question.once('response', (answer) => {
      answer.resume();
      answer.once('error', reject);
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    question.end();
  });
}

async function poll(offsetMs: number): Promise<void> {
  await sleep(offsetMs, undefined, { ref: false });
  for (let question = 1; question <= order.questionsMax && !isOver && Date.now() < deadline; question++) {
    const status = await ask().catch(() => 0);
    if (status === 200) counts.answers += 1;
    else counts.failures += 1;
    if (question === 1 && --waiting === 0) process.stdout.write('ready\n');
    await sleep(order.pauseMs, undefined, { ref: false });
  }
}

// Spread over one pause, as clients that know nothing of each other are.
for (let poller = 0; poller < order.pollers; poller++) void poll((poller * order.pauseMs) / order.pollers);

process.stdin.resume();
process.stdin.once('end', () => {
  isOver = true;
  process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0));
});
