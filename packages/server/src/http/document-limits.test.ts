import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { documentLimits } from '../jobs/document-limits.ts';
import { sampleJob } from '../store/sample-records.ts';
import { BodyRoom, bodiesBytesMax, documentBytesMax, parseJson, smallBodyBytes } from './request-body.ts';
import { projectA, type SampleApp, sampleApp } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

let sample: SampleApp;
let clusterId: string;
beforeEach(async () => {
  sample = await sampleApp();
  clusterId = await sample.makeCluster(projectA);
  for (const name of ['source', 'target']) await cdm('POST', '/link', linkBody(name));
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

async function send(method: 'POST' | 'PUT' | 'GET', url: string, payload?: object) {
  const headers = { 'x-auth-token': `alice@${projectA}` };
  const answer = await sample.app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.json(), bytes: answer.rawPayload.length };
}

const cdm = (method: 'POST' | 'PUT' | 'GET', path: string, payload?: object) =>
  send(method, `/v1.1/${projectA}/clusters/${clusterId}/cdm${path}`, payload);

const refusal = (what: string) => ({
  status: 400,
  body: { errCode: 'Cdm.0085', message: expect.stringContaining(what) },
});

describe('what one caller may have stored', () => {
  test('a job is no larger than its limit, new, changed or imported; one that fits is taken', async () => {
    const fits = jobBody('j', { from: { 'fromJobConfig.tableName': 'x'.repeat(400_000) } });
    const large = jobBody('j', {
      from: { 'fromJobConfig.tableName': 'x'.repeat(documentLimits.jobBytesMax) },
    });
    expect(await cdm('POST', '/job', large)).toMatchObject(refusal('job'));
    expect(await cdm('POST', '/job', fits)).toMatchObject({ status: 200 });
    expect(await cdm('PUT', '/job/j', large)).toMatchObject(refusal('job'));
    const imported = await send('POST', `/api/v1/projects/${projectA}/clusters/${clusterId}/import`, {
      jobs: [{ ...large.jobs[0], name: 'k' }],
    });
    expect(imported.body).toMatchObject({
      created: 0,
      refused: 1,
      items: [{ finding: { code: 'Cdm.0085' } }],
    });
  });

  test('the jobs of a cluster that are not small share a room, the small ones need none', async () => {
    const first = await cdm('POST', '/job', jobBody('j'));
    expect(first.status).toBe(200);
    const text = 'x'.repeat(500_000);
    await sample.store.transaction(async (tx) => {
      for (let no = 0; no * text.length < documentLimits.largeJobsBytesMax; no++)
        await tx.jobs.create({ ...sampleJob(clusterId, `j${no}`), fromOptions: { x: text } });
    });
    const large = (name: string, bytes = 20_000) =>
      jobBody(name, { from: { 'fromJobConfig.tableName': 'x'.repeat(bytes) } });
    expect(await cdm('POST', '/job', large('k'))).toMatchObject(refusal('jobs'));
    expect(await cdm('PUT', '/job/j', large('j'))).toMatchObject(refusal('jobs'));
    expect(await cdm('POST', '/job', large('k', 10_000))).toMatchObject({ status: 200 });
    // One that gets smaller is taken, though there is no room for another.
    await sample.store.jobs.delete(clusterId, 'j0');
    await sample.store.jobs.delete(clusterId, 'j1');
    expect(await cdm('POST', '/job', large('m', 400_000))).toMatchObject({ status: 200 });
    expect(await cdm('PUT', '/job/m', large('m', 390_000))).toMatchObject({ status: 200 });
    // Of another cluster they are no concern.
    const other = await sample.makeCluster(projectA);
    expect(await sample.store.jobs.largeBytes(other, documentLimits.smallJobBytes, null)).toBe(0);
    const refused = await send('POST', `/api/v1/projects/${projectA}/clusters/${clusterId}/export`, {});
    expect([refused.status, refused.body.errCode]).toEqual([400, 'Cdm.0014']);
  });

  test('a link is no larger than its limit, checked, new or changed', async () => {
    const pem = `-----BEGIN CERTIFICATE-----${'x'.repeat(documentLimits.linkBytesMax)}`;
    const large = linkBody('source', { 'linkConfig.jdbcProperties': { sslrootcert: pem } });
    const before = sample.runs.checked.length;
    expect(await cdm('POST', '/link?validate=true', { ...large })).toMatchObject(refusal('link'));
    expect(await cdm('PUT', '/link/source', large)).toMatchObject(refusal('link'));
    // Nobody was connected to.
    expect(sample.runs.checked).toHaveLength(before);
  });

  test('a cluster has so many links and no more, however they come', async () => {
    const first = await sample.store.links.find(clusterId, 'source');
    if (first === null) throw new Error('no link');
    await sample.store.transaction(async (tx) => {
      for (let no = 2; no < documentLimits.linksPerClusterMax; no++)
        await tx.links.create({ ...first, name: `l${no}` });
    });
    expect(await sample.store.links.count(clusterId)).toBe(documentLimits.linksPerClusterMax);
    expect(await cdm('POST', '/link', linkBody('more'))).toMatchObject(refusal('links'));
    const imported = await send(
      'POST',
      `/api/v1/projects/${projectA}/clusters/${clusterId}/import`,
      linkBody('more'),
    );
    expect(imported.body).toMatchObject({ created: 0, items: [{ finding: { code: 'Cdm.0085' } }] });
    expect(await cdm('PUT', '/link/l2', linkBody('l2'))).toMatchObject({ status: 200 });
  });

  test('variables of a start are no larger than their limit, of one job or of a group', async () => {
    await cdm('POST', '/job', jobBody('j'));
    const variables = { a: 'x'.repeat(documentLimits.startVariablesBytesMax) };
    expect(await cdm('PUT', '/job/j/start', { variables })).toMatchObject(refusal('variables'));
    expect(await sample.store.runs.latest(clusterId, 'j')).toBeNull();
  });

  test('the longest page of the largest jobs is answered', async () => {
    const text = 'x'.repeat(documentLimits.jobBytesMax - 1_000);
    await sample.store.transaction(async (tx) => {
      for (let no = 0; no < 100; no++) {
        const job = sampleJob(clusterId, `j${no}`);
        await tx.jobs.create({ ...job, fromOptions: { 'fromJobConfig.whereClause': text } });
      }
    });
    const page = await cdm('GET', '/job/all?page_size=100');
    expect([page.status, page.body.jobs.length]).toEqual([200, 100]);
    expect(page.bytes).toBeLessThan(60 * 1024 * 1024);
  });
});

describe('bodies', () => {
  test('above what any operation takes are refused without a look at what is in them', () => {
    const padding = (bytes: number) => Buffer.from(`${' '.repeat(bytes - 2)}{}`);
    expect(parseJson(padding(documentBytesMax))).toEqual({});
    expect(() => parseJson(padding(documentBytesMax + 1))).toThrow(
      expect.objectContaining({ code: 'APIGW.0201', status: 413 }),
    );
  });

  test('share one room, in which the small ones need no place', () => {
    const room = new BodyRoom(1_000_000);
    const [one, two, small] = [room.place(), room.place(), room.place()];
    expect(one.grow(smallBodyBytes)).toBe(true);
    expect(room.bytes).toBe(0);
    expect(one.grow(smallBodyBytes + 600_000)).toBe(true);
    expect(two.grow(smallBodyBytes + 400_001)).toBe(false);
    expect(small.grow(smallBodyBytes)).toBe(true);
    one.leave();
    one.leave();
    expect(room.bytes).toBe(0);
    expect(two.grow(smallBodyBytes + 1_000_000)).toBe(true);
    two.leave();
    expect(room.bytes).toBe(0);
  });

  test('that wait for their last byte take no more than that room, and leave it when they go', async () => {
    await sample.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = sample.app.server.address() as AddressInfo;
    const size = 12 * 1024 * 1024;
    const piece = Buffer.alloc(size - 1, 0x20);
    // Nobody of them says who he is.
    const ask = (isWhole: boolean) => {
      const asked = request({
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/v1.1/p/clusters',
        agent: false,
      });
      asked.setHeader('content-length', size);
      asked.on('error', () => undefined);
      const status = new Promise<number>((resolve) =>
        asked.on('response', (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        }),
      );
      asked.write(piece);
      if (isWhole) asked.end(' ');
      return { asked, status };
    };
    const held = Array.from({ length: Math.ceil(bodiesBytesMax / size) + 2 }, () => ask(false));
    // Those for which there is no room are told at once, while the others are still waited for.
    expect(await Promise.race(held.map(({ status }) => status))).toBe(429);
    for (const { asked } of held) asked.destroy();
    let last = 429;
    for (let tries = 0; tries < 50 && last === 429; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      last = await ask(true).status;
    }
    // Then it is only nobody who asks.
    expect(last).toBe(401);
  });
});
