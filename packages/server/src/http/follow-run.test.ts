import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunRecord } from '../store/model.ts';
import { feedLimits, positionOf } from './run-feed.ts';
import { projectA, type SampleApp, sampleApp } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

let sample: SampleApp;
let port: number;
let run: RunRecord;
let path: string;
const open = new Set<ClientRequest>();

beforeEach(async () => {
  sample = await sampleApp();
  await sample.app.listen({ host: '127.0.0.1', port: 0 });
  port = (sample.app.server.address() as AddressInfo).port;
  const clusterId = await sample.makeCluster(projectA);
  const cdm = `/v1.1/${projectA}/clusters/${clusterId}/cdm`;
  const headers = { 'x-auth-token': `alice@${projectA}` };
  for (const name of ['source', 'target']) {
    await sample.app.inject({ method: 'POST', url: `${cdm}/link`, headers, payload: linkBody(name) });
  }
  await sample.app.inject({ method: 'POST', url: `${cdm}/job`, headers, payload: jobBody('j') });
  await sample.app.inject({ method: 'PUT', url: `${cdm}/job/j/start`, headers });
  const started = await sample.store.runs.latest(clusterId, 'j');
  if (started === null) throw new Error('no run');
  run = started;
  sample.runs.drivenRun = run;
  path = `/api/v1/projects/${projectA}/clusters/${clusterId}/jobs/j/runs/${run.id}`;
});
afterEach(async () => {
  for (const each of open) each.destroy();
  open.clear();
  await sample.close();
});

interface Event {
  readonly id: string;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: the data of an event as it came.
  readonly data: any;
}

class Follower {
  readonly events: Event[] = [];
  readonly response: IncomingMessage;
  readonly request: ClientRequest;
  readonly ended: Promise<void>;
  #text = '';

  constructor(response: IncomingMessage, asked: ClientRequest, isReading: boolean) {
    this.response = response;
    this.request = asked;
    this.ended = new Promise((resolve) => response.on('close', resolve));
    response.on('error', () => undefined);
    if (isReading) response.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
  }

  #take(chunk: string): void {
    this.#text += chunk;
    for (let at = this.#text.indexOf('\n\n'); at >= 0; at = this.#text.indexOf('\n\n')) {
      const lines = this.#text.slice(0, at).split('\n');
      this.#text = this.#text.slice(at + 2);
      const of = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
      if (of('event') !== '')
        this.events.push({ id: of('id'), event: of('event'), data: JSON.parse(of('data')) });
    }
  }

  get states(): string[] {
    return this.events.filter(({ event }) => event === 'run').map(({ data }) => data.run.state);
  }

  get lines(): string[] {
    return this.events
      .filter(({ event }) => event === 'log')
      .flatMap(({ data }) => data.log.lines.map((line: { event: string }) => line.event));
  }

  async until(isSo: () => boolean): Promise<void> {
    for (let waitedMs = 0; !isSo(); waitedMs += 20) {
      if (waitedMs > 20_000)
        throw new Error(`not so: ${JSON.stringify(this.events.map(({ id, event }) => [id, event]))}`);
      await sleep(20);
    }
  }
}

function follow(headers: Record<string, string> = {}, user = 'alice', isReading = true): Promise<Follower> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path: `${path}/events`,
        headers: { 'x-auth-token': `${user}@${projectA}`, ...headers },
        agent: false,
      },
      (response) => resolve(new Follower(response, asked, isReading)),
    );
    open.add(asked);
    asked.on('error', reject).end();
  });
}

async function move(change: Parameters<SampleApp['runs']['move']>[1]): Promise<void> {
  run = await sample.runs.move(run.id, change);
  sample.runs.drivenRun = run;
}

describe('a followed run', () => {
  test('is told as ShowRun tells it, its log lines as they come, and its end closes the stream', async () => {
    sample.runLogs.note(run.id, 'run.taken', { job: 'j' });
    await sample.runLogs.flush();
    const follower = await follow();
    expect(follower.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    await follower.until(() => follower.states.length === 1 && follower.lines.length === 1);
    const headers = { 'x-auth-token': `alice@${projectA}` };
    const shown = await sample.app.inject({ url: path, headers });
    expect(follower.events.find(({ event }) => event === 'run')?.data.run).toEqual(shown.json());
    await move({ state: 'running', startedAt: Date.now() });
    sample.runLogs.note(run.id, 'slice.done', { slice: 0 });
    await follower.until(() => follower.states.includes('running') && follower.lines.length === 2);
    await move({ state: 'succeeded', endedAt: Date.now() });
    sample.runLogs.note(run.id, 'run.ended', { state: 'succeeded' });
    await follower.ended;
    expect(follower.states).toEqual(['queued', 'running', 'succeeded']);
    expect(follower.lines).toEqual(['run.taken', 'slice.done', 'run.ended']);
    expect(follower.events.at(-1)).toMatchObject({ event: 'end', data: { run: null, log: null } });
  });

  test('goes on behind the last event that was received, and after the end there is nothing to come back for', async () => {
    sample.runLogs.note(run.id, 'run.taken', {});
    await sample.runLogs.flush();
    const first = await follow();
    await first.until(() => first.states.length === 1 && first.lines.length === 1);
    const { id = '' } = first.events.at(-1) ?? {};
    expect(positionOf(id)).not.toBeNull();
    first.request.destroy();
    sample.runLogs.note(run.id, 'slice.done', {});
    await sample.runLogs.flush();
    const second = await follow({ 'last-event-id': id });
    await second.until(() => second.lines.length === 1);
    // The state is the one it has seen; the line is the one it has not.
    expect([second.states, second.lines]).toEqual([[], ['slice.done']]);
    await move({ state: 'stopped', endedAt: Date.now() });
    await second.ended;
    expect(second.states).toEqual(['stopped']);
    const third = await follow({ 'last-event-id': second.events.at(-1)?.id ?? '' });
    expect(third.response.statusCode).toBe(204);
    const nonsense = await follow({ 'last-event-id': 'x\u00e9' });
    await nonsense.ended;
    expect([nonsense.states, nonsense.lines]).toEqual([['stopped'], ['run.taken', 'slice.done']]);
  });

  test('is looked at once for all who follow it, at most twice a second', async () => {
    let looks = 0;
    const { slices } = sample.runs;
    sample.runs.slices = async (asked) => {
      looks++;
      return slices.call(sample.runs, asked);
    };
    const followers = await Promise.all(Array.from({ length: 40 }, (_, i) => follow({}, `u${i}`)));
    await Promise.all(followers.map((each) => each.until(() => each.states.length === 1)));
    looks = 0;
    const begin = Date.now();
    await sleep(1_600);
    const most = Math.ceil((Date.now() - begin) / feedLimits.tickMs) + 1;
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThanOrEqual(most);
    // Nothing has changed, so nothing was sent.
    expect(followers.every(({ events }) => events.length === 1)).toBe(true);
  });

  test('has a limit of listeners for each user, told in the published way', async () => {
    const users = feedLimits.listenersPerUserMax;
    await Promise.all(Array.from({ length: users }, () => follow()));
    const refused = await follow();
    expect(refused.response.statusCode).toBe(429);
    expect(refused.response.headers['retry-after']).toBe('1');
    expect((await follow({}, 'bob')).response.statusCode).toBe(200);
    for (const each of open) each.destroy();
    // Until the server has noticed.
    await expect.poll(async () => (await follow()).response.statusCode).toBe(200);
  });

  test('of nobody who may not see it', async () => {
    const asks = await Promise.all([
      follow({ 'x-auth-token': '' }),
      follow({ 'x-auth-token': 'mallory@other' }),
      follow({ 'x-auth-token': `nobody=none@${projectA}` }),
    ]);
    expect(asks.map(({ response }) => response.statusCode)).toEqual([401, 403, 403]);
  });

  test('a listener that takes nothing is dropped and keeps nobody waiting; closing ends all in time', async () => {
    // So much in each state that a socket cannot hold many of them.
    const label = 'x'.repeat(2_000);
    const many = (rows: number) =>
      Array.from({ length: 500 }, (_, no) => ({
        slice: { no, label, rowsEstimate: rows, range: null } as never,
        state: 'pending' as const,
        counts: { rowsRead: rows, rowsWritten: 0, rowsSkipped: 0, bytesRead: 0, bytesWritten: 0 },
        liveCounts: null,
        rates: null,
        workerPid: null,
        attempts: 0,
        times: null,
      }));
    let rows = 0;
    sample.runs.slices = async () => many(rows++);
    const idle = await follow({}, 'idle', false);
    idle.response.pause();
    const busy = await follow({}, 'busy');
    await busy.until(() => busy.states.length >= 6);
    expect(process.memoryUsage().external).toBeLessThan(200 * 1_048_576);
    const begin = Date.now();
    await sample.app.close();
    expect(Date.now() - begin).toBeLessThan(5_000);
    await busy.ended;
  });
});

describe('the log of a run', () => {
  test('is read part by part, from an offset or from its end', async () => {
    for (let i = 0; i < 10; i++) sample.runLogs.note(run.id, 'slice.done', { slice: i, password: 'hunter2' });
    await sample.runLogs.flush();
    const headers = { 'x-auth-token': `reader=read_only@${projectA}` };
    const read = async (query: string) =>
      (await sample.app.inject({ url: `${path}/log${query}`, headers })).json();
    const all = await read('');
    expect(all.lines.map(({ fields }: { fields: { slice: number } }) => fields.slice)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    expect(all.next_offset).toBe(all.size);
    expect(JSON.stringify(all)).not.toContain('hunter2');
    expect((await read(`?offset=${all.next_offset}`)).lines).toEqual([]);
    expect(
      (await read('?tail=2')).lines.map(({ fields }: { fields: { slice: number } }) => fields.slice),
    ).toEqual([8, 9]);
    const absent = await sample.app.inject({ url: `${path.replace(run.id, 'absent')}/log`, headers });
    expect(absent.statusCode).toBe(404);
    expect(sample.violations).toEqual([]);
  });
});
