import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError, SignedClient } from '../tools/demo/signed-client.ts';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';
import { jobDocument, linkDocument } from './fuzz/fuzz-documents.ts';

const postgresUrl = process.env.SLUICE_TEST_POSTGRES ?? '';
if (postgresUrl === '') console.warn('Skipped: SLUICE_TEST_POSTGRES names no PostgreSQL server');

const rows = 20_000;
const jobs = ['j1', 'j2', 'j3', 'j4'];
/** Whatever is under way must come to its end within this time, in milliseconds; a lease of a dead server is a part of it. */
const settleMs = 60_000;
const leaseMs = 5_000;

/** Two real servers that know nothing of each other but the store, a PostgreSQL database, that both use. */
describe.skipIf(postgresUrl === '')('two servers on one store', { timeout: 180_000 }, () => {
  const name = `two_${process.pid}_${randomBytes(3).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-two-'));
  let servers: readonly [SluiceProcess, SluiceProcess];
  let clients: readonly [SignedClient, SignedClient];
  let cluster = '';

  beforeAll(async () => {
    for (const kind of ['store', 'data']) await onServer(`CREATE DATABASE ${name}_${kind}`);
    await onServer(
      `CREATE TABLE source (id bigint PRIMARY KEY, label text);
       INSERT INTO source SELECT n, 'row ' || n FROM generate_series(1, ${rows}) AS n`,
      `${name}_data`,
    );
    const env = {
      SLUICE_STORE_URL: databaseUrl(`${name}_store`),
      SLUICE_MASTER_KEY: randomBytes(32).toString('base64'),
      SLUICE_LEASE_MS: String(leaseMs),
    };
    // One after the other: the first makes the store's tables and the account.
    const first = await SluiceProcess.start({ dataFolder: join(folder, 'a'), env });
    servers = [first, await SluiceProcess.start({ dataFolder: join(folder, 'b'), env })];
    clients = [await SignedClient.connect(servers[0]), await SignedClient.connect(servers[1])];
    cluster = await createdCluster();
    const { hostname: host, port, username, password } = new URL(postgresUrl);
    const link = { databaseType: 'POSTGRESQL', host, port, database: `${name}_data`, username, password };
    for (const end of ['source', 'target']) await cdm(0, 'POST', '/link', linkDocument(end, link));
    for (const job of jobs) await cdm(1, 'POST', '/job', jobDocument(job));
  }, 120_000);

  afterAll(async () => {
    for (const server of servers ?? []) await server.kill();
    for (const kind of ['store', 'data'])
      await onServer(`DROP DATABASE IF EXISTS ${name}_${kind} WITH (FORCE)`);
    rmSync(folder, { recursive: true, force: true });
  });

  function databaseUrl(database: string): string {
    const url = new URL(postgresUrl);
    url.pathname = `/${database}`;
    return url.href;
  }

  async function onServer(sql: string, database?: string): Promise<pg.QueryResult> {
    const client = new pg.Client({
      connectionString: database === undefined ? postgresUrl : databaseUrl(database),
    });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  }

  const cdm = (at: 0 | 1, method: string, path: string, body?: unknown) =>
    clients[at].call(method, `/v1.1/${clients[at].projectId}/clusters/${cluster}/cdm${path}`, body);
  const act = (at: 0 | 1, body: object) =>
    clients[at].call('POST', `/v1.1/${clients[at].projectId}/clusters/${cluster}/action`, body);

  async function createdCluster(): Promise<string> {
    const instance = {
      type: 'cdm',
      flavorRef: 'fb8fe666-6734-4b11-bc6c-43d11db3c745',
      availability_zone: 'az1',
      nics: [{ securityGroupId: 'sg', 'net-id': 'net' }],
    };
    const path = `/v1.1/${clients[0].projectId}/clusters`;
    const { id } = await clients[0].call('POST', path, {
      cluster: { name: 'shared', vpcId: 'vpc', instances: [instance] },
    });
    cluster = String(id);
    await comesTo('200');
    return cluster;
  }

  /** Waits until both servers show the cluster in a state. */
  async function comesTo(wanted: string, seenBy: readonly (0 | 1)[] = [0, 1]): Promise<void> {
    for (const at of seenBy) {
      const path = `/v1.1/${clients[at].projectId}/clusters/${cluster}`;
      let status = '';
      for (const end = Date.now() + settleMs; status !== wanted; await sleep(50)) {
        if (Date.now() > end) throw new Error(`server ${at}: the cluster is ${status}, not ${wanted}`);
        status = String((await clients[at].call('GET', path)).status);
      }
    }
  }

  async function statusOf(at: 0 | 1, job: string): Promise<Readonly<Record<string, unknown>>> {
    const { submissions } = await cdm(at, 'GET', `/job/${job}/status`);
    return (submissions as Readonly<Record<string, unknown>>[])[0] ?? {};
  }

  async function succeeds(at: 0 | 1, job: string): Promise<void> {
    for (const end = Date.now() + settleMs; ; await sleep(50)) {
      const { status, ...rest } = await statusOf(at, job);
      if (status === 'SUCCEEDED') return;
      if (status === 'FAILED' || Date.now() > end)
        throw new Error(`${job} is ${status}: ${JSON.stringify(rest['error-summary'])}`);
    }
  }

  /** Rows, their distinct keys, and a checksum of a job's target. */
  async function contentOf(job: string): Promise<unknown> {
    const sum = (table: string) =>
      `SELECT count(*)::int, count(DISTINCT id)::int, sum(hashtextextended(id || label, 0))::text FROM ${table}`;
    return (await onServer(sum(job === '' ? 'source' : `copy_${job}`), `${name}_data`)).rows[0];
  }

  test('a job started at one is told of by the other, and both tell the same of its end', async () => {
    await cdm(0, 'PUT', '/job/j1/start');
    await succeeds(1, 'j1');
    const [one, other] = [await statusOf(0, 'j1'), await statusOf(1, 'j1')];
    expect(other).toEqual(one);
    expect(one).toMatchObject({
      counters: { 'org.apache.sqoop.submission.counter.SqoopCounters': { ROWS_WRITTEN: rows } },
    });
    expect(await contentOf('j1')).toEqual(await contentOf(''));
  });

  test('of two starts of one job at both, one wins and the other is told that it runs', async () => {
    const starts = await Promise.allSettled([0, 1].map((at) => cdm(at as 0 | 1, 'PUT', '/job/j2/start')));
    const refused = starts.flatMap((each) => (each.status === 'rejected' ? [each.reason as ApiError] : []));
    // The first may be over before the second is looked at.
    for (const error of refused) expect(error).toMatchObject({ code: 'Cdm.0052' });
    expect(refused.length).toBeLessThan(2);
    await succeeds(0, 'j2');
    expect(await contentOf('j2')).toEqual(await contentOf(''));
  });

  test('a cluster that is stopped at one takes no work at the other, and is restarted from there', async () => {
    await act(0, { stop: { stopMode: 'IMMEDIATELY' } });
    await comesTo('900');
    await expect(cdm(1, 'PUT', '/job/j1/start')).rejects.toBeInstanceOf(ApiError);
    await act(1, { start: {} });
    await comesTo('200');
    await act(1, { restart: { restartLevel: 'SERVICE' } });
    await comesTo('200');
    await cdm(0, 'PUT', '/job/j1/start');
    await succeeds(1, 'j1');
    expect(await contentOf('j1')).toEqual(await contentOf(''));
  });

  test('kill -9 of one while both drive runs: the other ends them all, no row lost or doubled', async () => {
    for (const job of jobs) await cdm(jobs.indexOf(job) % 2 === 0 ? 0 : 1, 'PUT', `/job/${job}/start`);
    await servers[0].kill();
    await act(1, { restart: { restartLevel: 'SERVICE' } }).catch(() => undefined);
    for (const job of jobs) {
      // A restart of the cluster may have ended it with the words for that; then it is started again.
      await succeeds(1, job).catch(async () => {
        await cdm(1, 'PUT', `/job/${job}/start`);
        await succeeds(1, job);
      });
      expect(await contentOf(job)).toEqual(await contentOf(''));
    }
    await comesTo('200', [1]);
    await servers[0].startAgain();
    await comesTo('200');
    for (const job of jobs) expect(await statusOf(0, job)).toEqual(await statusOf(1, job));
  });
});
