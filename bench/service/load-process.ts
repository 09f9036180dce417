// The clients of load.ts; load-order.ts says what they are told and answer. Bounded in number and time; they speak to a
// loopback address only. Their end is the end of their input.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { rounded } from '../measure/statistics.ts';
import { PollerConnection } from '../pollers/poller-connection.ts';
import type { LoadOrder, LoadRound } from './load-order.ts';
import { PreparedRequests } from './request-batch.ts';

const LOOPBACK = new Set(['127.0.0.1', '[::1]']);
/** Connections opened at once. */
const OPENING_MAX = 50;
/** Times of answers kept; more are counted, and not kept. */
const TIMES_MAX = 4_000_000;

async function run(order: LoadOrder): Promise<LoadRound> {
  const url = new URL(order.endpoint);
  if (!LOOPBACK.has(url.hostname)) throw new Error(`${url.hostname} is not this machine`);
  const lastsMs = order.warmUpMs + order.measureMs;
  const requests = new PreparedRequests(order.requests, url.host, order.clients, lastsMs);
  const times = new Float64Array(TIMES_MAX);
  const sentAt = new Float64Array(order.clients);
  let [answers, answersInAll, failures] = [0, 0, 0];
  let phase: 'before' | 'measuring' | 'after' = 'before';
  let unixMs = Date.now();

  const ask = (client: number) => {
    sentAt[client] = performance.now();
    clients[client]?.ask(requests.at(client, unixMs));
  };
  const hear = (client: number, isOk: boolean) => {
    answersInAll += 1;
    if (!isOk) failures += 1;
    else if (phase === 'measuring') {
      times[answers % TIMES_MAX] = performance.now() - (sentAt[client] ?? 0);
      answers += 1;
    }
    if (phase !== 'after') ask(client);
  };

  const clients: PollerConnection[] = [];
  for (let at = 0; at < order.clients; at += OPENING_MAX) {
    const numbers = Array.from({ length: Math.min(OPENING_MAX, order.clients - at) }, (_, no) => at + no);
    const opened = numbers.map((no) => PollerConnection.open(url, (isOk) => hear(no, isOk)));
    clients.push(...(await Promise.all(opened)));
  }
  // The clock by which requests are dated; finer than their second.
  const clock = setInterval(() => {
    unixMs = Date.now();
  }, 20);
  unixMs = Date.now();
  for (let client = 0; client < order.clients; client += 1) ask(client);
  await sleep(order.warmUpMs);
  const cpuBefore = process.cpuUsage();
  const begun = performance.now();
  phase = 'measuring';
  await sleep(order.measureMs);
  phase = 'after';
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  clearInterval(clock);
  failures += clients.filter((client) => !client.isOpen).length;
  for (const client of clients) client.close();
  const kept = times.subarray(0, Math.min(answers, TIMES_MAX)).sort();
  const ms = (share: number) => rounded(kept[Math.max(0, Math.ceil(share * kept.length) - 1)] ?? 0, 4);
  return {
    answers,
    failures,
    seconds,
    p50Ms: ms(0.5),
    p99Ms: ms(0.99),
    cpuSeconds: (user + system) / 1e6,
    answersInAll,
  };
}

let obeyed = Promise.resolve();
const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  obeyed = obeyed.then(async () => {
    process.stdout.write(`${JSON.stringify(await run(JSON.parse(line)))}\n`);
  });
});
input.once('close', () => process.exit(0));
