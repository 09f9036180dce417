import { Agent, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CachingAuthenticator, createAuthenticator } from '../identity/authenticator.ts';
import { hashToken } from '../identity/random-text.ts';
import { signRequest } from '../identity/test-sign-request.ts';
import { accessKeyContext } from '../secrets/sealed-values.ts';
import { sampleJob, sampleRun } from '../store/sample-records.ts';
import { projectA, projectB, type SampleApp, sampleApp, sampleBox } from './sample-app.ts';

// Every answer that is given ahead of everything else is held against the one that goes the whole way: the first comes over
// a socket, the other is put in behind it.

const ak = 'QUICKSTATUSKEY000001';
const sk = 'quickStatusSecretKey';
const token = 'quick-status-token';
const otherToken = 'quick-status-token-of-another';
const tokenEndsAt = Date.UTC(2026, 0, 2, 9);
const jobNames = ['first', 'zweite ☃'] as const;

interface Told {
  readonly status: number;
  readonly body: string;
}

class Questions {
  readonly sample: SampleApp;
  readonly clusterId: string;
  readonly authenticator: CachingAuthenticator;
  readonly clock: { now: number };
  /** Requests over the socket that went the long way. */
  longWays = 0;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;

  private constructor(
    sample: SampleApp,
    clusterId: string,
    authenticator: CachingAuthenticator,
    clock: { now: number },
  ) {
    this.sample = sample;
    this.clusterId = clusterId;
    this.authenticator = authenticator;
    this.clock = clock;
    this.#port = (sample.app.server.address() as AddressInfo).port;
  }

  static async begin(storeUrl: string | undefined): Promise<Questions> {
    const clock = { now: Date.UTC(2026, 0, 2, 3, 4, 5) };
    let authenticator: CachingAuthenticator | null = null;
    const sample = await sampleApp({
      ...(storeUrl === undefined ? {} : { storeUrl }),
      async identity({ identity }) {
        authenticator = createAuthenticator({ identity, box: sampleBox, now: () => clock.now });
        return { authenticator, callers: authenticator, register: () => undefined };
      },
    });
    const { identity } = sample.store;
    for (const [id, held] of [
      ['u1', token],
      ['u2', otherToken],
    ] as const) {
      await identity.createUser({ id, name: id, domainId: 'd', passwordHash: '', isEnabled: true });
      await identity.putRole({ userId: id, scope: projectA, role: 'operator' });
      const scope = { projectId: projectA, domainId: null };
      const times = { issuedAt: clock.now, expiresAt: tokenEndsAt };
      await identity.createToken({
        hash: hashToken(held),
        userId: id,
        methods: ['token'],
        ...scope,
        ...times,
      });
    }
    await identity.createAccessKey({
      ak,
      userId: 'u1',
      sealedSecret: sampleBox.seal(sk, accessKeyContext(ak)),
      isEnabled: true,
      expiresAt: null,
      securityTokenHash: null,
      createdAt: clock.now,
    });
    let questions: Questions | null = null;
    sample.app.addHook('onRequest', async (each: FastifyRequest) => {
      if (questions !== null && each.headers['x-inside'] === undefined) questions.longWays += 1;
    });
    await sample.app.listen({ host: '127.0.0.1', port: 0 });
    if (authenticator === null) throw new Error('no authenticator was made');
    questions = new Questions(sample, await sample.makeCluster(projectA), authenticator, clock);
    return questions;
  }

  path(job: string, project = projectA): string {
    return `/v1.1/${project}/clusters/${this.clusterId}/cdm/job/${encodeURIComponent(job)}/status`;
  }

  signed(path: string, headers: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { ...signRequest(ak, sk, this.clock.now, { method: 'GET', target: path, headers }).headers };
  }

  /** Over the socket. */
  ask(path: string, headers: Readonly<Record<string, string>>, method = 'GET', body = ''): Promise<Told> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, path, method, agent: this.#agent, headers };
      const sent = request(options, (answer: IncomingMessage) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, body: withoutId(Buffer.concat(chunks).toString()) });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  async askInside(path: string, headers: Readonly<Record<string, string>>): Promise<Told> {
    const answer = await this.sample.app.inject({ url: path, headers: { ...headers, 'x-inside': 'yes' } });
    return { status: answer.statusCode, body: withoutId(answer.body) };
  }

  /** @returns whether the question went the long way. */
  async wentLong(path: string, headers: Readonly<Record<string, string>>): Promise<boolean> {
    const before = this.longWays;
    await this.ask(path, headers);
    return this.longWays > before;
  }

  async end(): Promise<void> {
    this.#agent.destroy();
    await this.sample.close();
  }
}

/** Errors repeat the id of their request. */
function withoutId(body: string): string {
  return body.replace(/"request_id":"\w+"/, '');
}

/** What may happen between two questions; `pick` says to which job, and how. */
const happenings: Readonly<Record<string, (questions: Questions, pick: number) => Promise<void>>> = {
  async createJob({ sample, clusterId }, pick) {
    const name = nameOf(pick);
    if ((await sample.store.jobs.find(clusterId, name)) === null)
      await sample.store.jobs.create(sampleJob(clusterId, name));
  },
  async deleteJob({ sample, clusterId }, pick) {
    await sample.store.jobs.delete(clusterId, nameOf(pick));
  },
  async renameJob({ sample, clusterId }, pick) {
    const [from, to] = [nameOf(pick), nameOf(pick + 1)];
    const job = await sample.store.jobs.find(clusterId, from);
    if (job !== null && (await sample.store.jobs.find(clusterId, to)) === null)
      await sample.store.jobs.update({ ...job, name: to, updatedAt: job.updatedAt + 1 });
  },
  async start({ sample, clusterId }, pick) {
    const job = await sample.store.jobs.find(clusterId, nameOf(pick));
    const run = job === null ? null : await sample.store.runs.latest(clusterId, job.name);
    if (job === null || (run !== null && run.endedAt === null)) return;
    await sample.runs.start({ projectId: projectA, job, user: 'u', variables: {}, isAuto: false });
  },
  async move({ sample, clusterId }, pick) {
    const run = await sample.store.runs.latest(clusterId, nameOf(pick));
    if (run === null || run.endedAt !== null) return;
    const state = (['planning', 'running', 'finishing', 'succeeded', 'failed', 'stopped'] as const)[pick % 6];
    const counts = { ...run.counts, rowsWritten: pick };
    await sample.runs.move(run.id, { state: state ?? 'running', startedAt: run.createdAt, counts });
  },
  async drive({ sample, clusterId }, pick) {
    const run = await sample.store.runs.latest(clusterId, nameOf(pick));
    sample.runs.drivenRun = run?.endedAt === null ? run : null;
  },
  async letGo({ sample }) {
    sample.runs.drivenRun = null;
  },
  async progress({ sample, clusterId }, pick) {
    const run = await sample.store.runs.latest(clusterId, nameOf(pick));
    if (run !== null) sample.runs.percents.set(run.id, pick % 100);
  },
  async changeCluster({ sample, clusterId }, pick) {
    const cluster = await sample.store.clusters.find(projectA, clusterId);
    if (cluster !== null)
      await sample.store.clusters.update({ ...cluster, status: pick % 3 === 0 ? '100' : '200' });
  },
  async forget({ authenticator }) {
    authenticator.forgetAll();
  },
  async wait({ clock }, pick) {
    clock.now += (pick % 5) * 1_000;
  },
  async nothing() {
    // The same question twice is what this is for.
  },
};

function nameOf(pick: number): string {
  return jobNames[pick % jobNames.length] ?? '';
}

/** The same promises on every store. @param newStoreUrl a database of the suite's own; undefined: embedded. */
export function quickStatusSuite(title: string, newStoreUrl: () => Promise<string | undefined>): void {
  describe(title, () => {
    let questions: Questions;
    beforeAll(async () => {
      questions = await Questions.begin(await newStoreUrl());
    });
    beforeEach(() => {
      questions.sample.runs.drivenRun = null;
    });
    afterAll(async () => {
      const { violations } = questions.sample;
      await questions.end();
      expect(violations).toEqual([]);
    });

    it('tells what the long way tells, whatever happened since the last question', async () => {
      const what = fc.constantFrom(...Object.keys(happenings), ...Array<string>(8).fill('nothing'));
      const happening = fc.record({ what, pick: fc.nat(1_000) });
      let asked = 0;
      questions.longWays = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 25 }), async (history) => {
          await happenings.changeCluster?.(questions, 1);
          for (const pick of [0, 1]) await happenings.createJob?.(questions, pick);
          for (const { what, pick } of history) {
            await happenings[what]?.(questions, pick);
            const path = questions.path(nameOf(pick));
            const language = { 'x-language': pick % 2 === 0 ? 'zh-cn' : 'en-us' };
            const headers =
              pick % 3 === 0 ? questions.signed(path, language) : { ...language, 'x-auth-token': token };
            asked += 1;
            const quick = await questions.ask(path, headers);
            expect(quick, `after ${what}`).toEqual(await questions.askInside(path, headers));
          }
        }),
        { numRuns: 60 },
      );
      // Else the property says nothing.
      expect(asked - questions.longWays).toBeGreaterThan(100);
    });

    it('leaves to the long way whoever did not get an answer there', async () => {
      await happenings.createJob?.(questions, 0);
      await happenings.changeCluster?.(questions, 1);
      const path = questions.path(nameOf(0));
      const [first, second] = [{ 'x-auth-token': token }, { 'x-auth-token': otherToken }];
      await questions.ask(path, first);
      expect(await questions.wentLong(path, first)).toBe(false);
      expect(await questions.wentLong(path, second)).toBe(true);
      expect(await questions.wentLong(path, second)).toBe(false);
      // The same job, spelled in another way.
      expect(await questions.wentLong(`/${path}`, first)).toBe(true);
      questions.authenticator.forgetAll();
      expect(await questions.wentLong(path, first)).toBe(true);
      expect(await questions.wentLong(path, first)).toBe(false);
      // Looked up anew once, and found to be as before: what was let through stays so.
      questions.clock.now += 10_000;
      const others = questions.path(nameOf(1));
      await happenings.createJob?.(questions, 1);
      await questions.ask(others, first);
      expect(await questions.wentLong(path, first)).toBe(false);
      // Found to have changed.
      const { identity } = questions.sample.store;
      await identity.putRole({ userId: 'u1', scope: projectA, role: 'read_only' });
      questions.clock.now += 10_000;
      await questions.ask(others, first);
      expect(await questions.wentLong(path, first)).toBe(true);
    });

    it('never answers a request that the long way would refuse', async () => {
      const path = questions.path(nameOf(0));
      const fine = { 'x-auth-token': token };
      const good = questions.signed(path);
      for (const headers of [fine, fine, good, good]) {
        expect((await questions.ask(path, headers)).status).toBe(200);
      }
      expect(await questions.wentLong(path, good)).toBe(false);
      const refused = async (headers: Readonly<Record<string, string>>, asked = path) => {
        const quick = await questions.ask(asked, headers);
        expect(quick.status).toBeGreaterThanOrEqual(400);
        expect(quick).toEqual(await questions.askInside(asked, headers));
      };
      await refused({});
      await refused({ 'x-auth-token': `${token}.` });
      await refused({ ...good, authorization: good.authorization?.replace(/.$/, 'g') ?? '' });
      await refused({ ...good, 'x-sdk-date': '20260102T030406Z' });
      await refused({ ...fine, authorization: 'SDK-HMAC-SHA256 Access=x' });
      await refused(good, `${path}?a=b`);
      await refused(fine, questions.path(nameOf(0), projectB));
      // A header that decides who calls, twice.
      await refused({ 'x-auth-token': `${token}, ${token}` });
      questions.clock.now += 16 * 60 * 1_000;
      await refused(good);
      const begun = questions.clock.now;
      await questions.ask(path, fine);
      questions.clock.now = tokenEndsAt - 1;
      expect((await questions.ask(path, fine)).status).toBe(200);
      expect(await questions.wentLong(path, fine)).toBe(false);
      questions.clock.now = tokenEndsAt;
      await refused(fine);
      questions.clock.now = begun;
    });

    it('refuses whose role was taken away, from the next question on', async () => {
      const path = questions.path(nameOf(0));
      const fine = { 'x-auth-token': otherToken };
      for (let time = 0; time < 2; time += 1) await questions.ask(path, fine);
      expect(await questions.wentLong(path, fine)).toBe(false);
      const { identity } = questions.sample.store;
      await identity.removeRole('u2', projectA);
      // As the service of accounts does with every change.
      questions.authenticator.forgetAll();
      expect((await questions.ask(path, fine)).status).toBe(403);
      await identity.putRole({ userId: 'u2', scope: projectA, role: 'operator' });
      questions.authenticator.forgetAll();
      expect((await questions.ask(path, fine)).status).toBe(200);
    });

    it('reads no body, and answers no other method', async () => {
      const path = questions.path(nameOf(0));
      const fine = { 'x-auth-token': token };
      for (let time = 0; time < 2; time += 1) await questions.ask(path, fine);
      const before = questions.longWays;
      const plain = await questions.ask(path, fine);
      expect(questions.longWays).toBe(before);
      const withBody = await questions.ask(path, { ...fine, 'content-length': '2' }, 'GET', '{}');
      expect(withBody).toEqual(plain);
      expect(await questions.ask(path, fine, 'DELETE')).toMatchObject({ status: 404 });
      expect(questions.longWays).toBe(before + 2);
      expect(await questions.ask(path, fine)).toEqual(plain);
    });

    it('does not tell a caller of a job that took the name of the one they asked for', async () => {
      const path = questions.path(nameOf(0));
      const fine = { 'x-auth-token': token };
      for (let time = 0; time < 2; time += 1) await questions.ask(path, fine);
      expect(await questions.wentLong(path, fine)).toBe(false);
      await happenings.deleteJob?.(questions, 0);
      expect((await questions.ask(path, fine)).status).toBe(400);
      await happenings.createJob?.(questions, 0);
      expect(await questions.wentLong(path, fine)).toBe(true);
      expect(await questions.wentLong(path, fine)).toBe(false);
    });

    it('tells the run of a table the long way, and a job that takes its name in place of it', async () => {
      const { sample, clusterId } = questions;
      const whole = await sample.store.jobs.create(sampleJob(clusterId, 'whole'));
      const run = await sample.store.runs.create(sampleRun(whole, projectA));
      await sample.store.runs.create({
        ...sampleRun(whole, projectA),
        jobName: 'whole_t',
        parentRunId: run.id,
      });
      const path = questions.path('whole_t');
      const fine = { 'x-auth-token': token };
      for (let time = 0; time < 3; time += 1) {
        const told = await questions.ask(path, fine);
        expect([told.status, JSON.parse(told.body).submissions[0].status]).toEqual([200, 'BOOTING']);
        expect(told).toEqual(await questions.askInside(path, fine));
        expect(await questions.wentLong(path, fine)).toBe(true);
      }
      await sample.store.jobs.create(sampleJob(clusterId, 'whole_t'));
      for (const isLong of [true, false, false]) expect(await questions.wentLong(path, fine)).toBe(isLong);
      const told = JSON.parse((await questions.ask(path, fine)).body).submissions[0];
      expect(told.status).toBe('NEVER_EXECUTED');
    });
  });
}
