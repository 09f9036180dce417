import { type AddressInfo, connect } from 'node:net';
import { operations } from '@sluice/contract/operations';
import type { InjectOptions } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectA, projectB, type SampleApp, sampleApp } from './sample-app.ts';

let sample: SampleApp;
beforeEach(async () => {
  sample = await sampleApp();
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

const token = { 'x-auth-token': `alice@${projectA}` };

function send(options: InjectOptions) {
  return sample.app.inject({ ...options, headers: { ...token, ...options.headers } });
}

describe('what is not there', () => {
  test.each([
    ['GET', `/v1.1/${projectA}/nothing`],
    ['GET', '/v1.1'],
    ['POST', `/v1.1/${projectA}/clusters/c`],
    ['PATCH', `/v1.1/${projectA}/clusters`],
    ['HEAD', `/v1.1/${projectA}/clusters`],
    ['OPTIONS', `/v1.1/${projectA}/clusters`],
    ['GET', `/v1.1/${projectA}/clusters/c/cdm/job/j/start`],
    ['GET', '/v1.10/x'],
  ] as const)('%s %s: 404 APIGW.0101, before anybody is asked who they are', async (method, url) => {
    const answer = await sample.app.inject({ method, url });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    if (method !== 'HEAD') expect(answer.json()).toMatchObject({ errCode: 'APIGW.0101' });
    expect(sample.authenticator.seen).toEqual([]);
  });
});

test('unknown identity paths answer in the form that Keystone clients parse', async () => {
  const answer = await sample.app.inject({ url: '/v3/nothing' });
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toMatchObject({ error: { code: 404, title: 'Not Found' } });
});

describe('who calls', () => {
  test('without credentials: 401 with the error body', async () => {
    const answer = await sample.app.inject({ url: `/v1.1/${projectA}/clusters` });
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toMatchObject({
      errCode: 'APIGW.0301',
      request_id: answer.headers['x-request-id'],
    });
  });

  test("another's project: 403", async () => {
    const answer = await send({ url: `/v1.1/${projectB}/clusters` });
    expect(answer.statusCode).toBe(403);
    expect(answer.json().errCode).toBe('APIGW.0310');
  });

  test('the id of an answer is our own, never the one a client sent', async () => {
    const answer = await send({ url: `/v1.1/${projectA}/clusters`, headers: { 'x-request-id': 'mine' } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('bodies', () => {
  const types = [
    'application/json',
    'application/json;charset=UTF-8',
    'application/json; charset=utf8',
    'APPLICATION/JSON; Charset="utf-8"',
    'application/x-www-form-urlencoded',
    'text/plain',
    'json',
    'application/json;charset',
    '',
  ];

  test.each(types)('an empty body announced as %j is no error, for any method', async (type) => {
    const headers = { 'content-type': type };
    const clusterId = await sample.makeCluster(projectA);
    const url = `/v1.1/${projectA}/clusters/${clusterId}`;
    expect((await send({ method: 'GET', url, headers })).statusCode).toBe(200);
    expect((await send({ method: 'PUT', url: `${url}/cdm/job/j/start`, headers })).json().errCode).toBe(
      'Cdm.0054',
    );
    expect((await send({ method: 'DELETE', url, headers })).statusCode).toBe(202);
  });

  test.each(types)('JSON announced as %j is read', async (type) => {
    const clusterId = await sample.makeCluster(projectA);
    const answer = await send({
      method: 'POST',
      url: `/v1.1/${projectA}/clusters/${clusterId}/cdm/link`,
      headers: { 'content-type': type },
      payload: '{"links":[{"name":"l","connector-name":"nope"}]}',
    });
    expect(answer.json().errCode).toBe('Cdm.0102');
  });

  test.each(['{', '[1', 'a=b', '\u0000', Buffer.from([0x7b, 0xff, 0x7d])])(
    'what is no JSON is 400 Cdm.0014: %j',
    async (payload) => {
      const clusterId = await sample.makeCluster(projectA);
      const url = `/v1.1/${projectA}/clusters/${clusterId}/cdm/link`;
      const answer = await send({ method: 'POST', url, payload });
      expect(answer.statusCode).toBe(400);
      expect(answer.json().errCode).toBe('Cdm.0014');
    },
  );

  test.each(['null', '7', '"x"', '[]', '{}', '{"links":[]}', '{"links":null}', '{"links":[7]}', '', '  '])(
    'JSON of another shape is 400 Cdm.0018: %s',
    async (payload) => {
      const clusterId = await sample.makeCluster(projectA);
      const url = `/v1.1/${projectA}/clusters/${clusterId}/cdm/link`;
      const answer = await send({ method: 'POST', url, payload });
      expect(answer.statusCode).toBe(400);
      expect(answer.json().errCode).toBe('Cdm.0018');
    },
  );

  test.each(['GET', 'DELETE', 'PUT', 'POST'] as const)(
    '%s: the raw bytes, target and headers reach the authenticator as they came',
    async (method) => {
      const payload = '{"a" :  1}';
      const url = `//v1.1//${projectA}/clusters/c%2Fd/cdm/job/a%20b/stop/?x=%41&y`;
      await send({ method, url, payload, headers: { 'Content-Type': 'application/json;charset=utf8' } });
      const [seen] = sample.authenticator.seen;
      if (method === 'PUT') {
        expect(seen).toMatchObject({ method, target: url });
        expect(Buffer.from(seen?.body ?? []).toString()).toBe(payload);
        expect(seen?.headers['content-type']).toBe('application/json;charset=utf8');
      } else {
        // No such route: nobody was asked.
        expect(seen).toBeUndefined();
      }
    },
  );

  test.each(['GET', 'DELETE'] as const)('%s carries its body to the authenticator', async (method) => {
    const payload = '{"keep_last_manual_backup":0}';
    await send({ method, url: `/v1.1/${projectA}/clusters/c`, payload });
    expect(Buffer.from(sample.authenticator.seen[0]?.body ?? []).toString()).toBe(payload);
  });

  test('12 MB pass, a byte more is 413', async () => {
    const url = `/v1.1/${projectA}/clusters`;
    const full = Buffer.alloc(12 * 1024 * 1024, 0x20);
    expect((await send({ method: 'GET', url, payload: full })).statusCode).toBe(200);
    // Nobody reads a document that no operation takes.
    const unread = await send({ method: 'POST', url, payload: full });
    expect([unread.statusCode, unread.json().message]).toEqual([413, expect.stringContaining('4194304')]);
    const answer = await send({ method: 'POST', url, payload: Buffer.concat([full, Buffer.from(' ')]) });
    expect(answer.statusCode).toBe(413);
    expect(answer.json().errCode).toBe('APIGW.0201');
  });

  test('a target above 32 KB is 414', async () => {
    const answer = await send({ url: `/v1.1/${projectA}/clusters?${'x'.repeat(32 * 1024)}` });
    expect(answer.statusCode).toBe(414);
    expect(answer.json().errCode).toBe('APIGW.0201');
  });
});

describe('paths', () => {
  test.each([
    `//v1.1/${projectA}/clusters`,
    `/v1.1/${projectA}/clusters/`,
    `/v1.1//${projectA}///clusters//?x=1`,
    `/v1.1/${projectA}/%63lusters`,
  ])('%s is the list of clusters', async (url) => {
    expect((await send({ url })).json()).toEqual({ clusters: [] });
  });

  test.each([
    ['a%2Fb', 'a/b'],
    ['a/b', 'a/b'],
    ['100%', '100%'],
    ['a%20b', 'a b'],
    ['%zz', '%zz'],
    ['%E6%95%B0%E6%8D%AE', '数据'],
    [`${'x'.repeat(300)}`, 'x'.repeat(300)],
  ])('the name in …/job/%s/status is %s', async (raw, name) => {
    const clusterId = await sample.makeCluster(projectA);
    const answer = await send({ url: `/v1.1/${projectA}/clusters/${clusterId}/cdm/job/${raw}/status` });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errCode).toBe('Cdm.0100');
    expect(answer.json().message).toContain(name);
  });

  test('a cluster called job does not hide POST /clusters/job, and GET /clusters/job is a cluster', async () => {
    const answer = await send({ url: `/v1.1/${projectA}/clusters/job` });
    expect([answer.statusCode, answer.json().errCode]).toEqual([404, 'Cdm.0001']);
  });
});

test.each([
  ['GET', 'clusters/%00', undefined],
  ['GET', 'clusters/c/cdm/job/a%00b/status', undefined],
  ['GET', 'clusters/c/cdm/submissions?jname=%00', undefined],
  ['POST', 'clusters/c/cdm/link', '{"links":[{"name":"a\\u0000","connector-name":"nope"}]}'],
] as const)('%s %s %s: the character U+0000 is refused with 400', async (method, path, payload) => {
  const clusterId = await sample.makeCluster(projectA);
  const answer = await send({
    method,
    url: `/v1.1/${projectA}/${path.replace('clusters/c/', `clusters/${clusterId}/`)}`,
    ...(payload === undefined ? {} : { payload }),
  });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().errCode).toMatch(/^(APIGW\.0201|Cdm\.0014)$/);
  expect(answer.json().message).toContain('U+0000');
});

describe('languages', () => {
  test.each([
    ['zh-cn', /[\u4e00-\u9fff]/],
    ['zh_CN', /[\u4e00-\u9fff]/],
    ['ZH', /[\u4e00-\u9fff]/],
    ['en-us', /^[\x20-\x7e]+$/],
    ['en_us', /^[\x20-\x7e]+$/],
    ['fr', /^[\x20-\x7e]+$/],
    ['zhx', /^[\x20-\x7e]+$/],
    [undefined, /^[\x20-\x7e]+$/],
  ])('X-Language %s', async (language, form) => {
    const headers = language === undefined ? {} : { 'x-language': language };
    const answer = await send({ url: `/v1.1/${projectA}/clusters/none`, headers });
    expect(answer.json().message).toMatch(form);
  });
});

test('what nobody foresaw is 500 Cdm.0036; the log has the cause under the id of the answer, the answer has not', async () => {
  sample.clusters.list = () => Promise.reject(new Error('secret: /etc/path'));
  const answer = await send({ url: `/v1.1/${projectA}/clusters` });
  expect(answer.statusCode).toBe(500);
  expect(answer.json().errCode).toBe('Cdm.0036');
  expect(answer.body).not.toContain('secret');
  const [line] = sample.log;
  expect(line?.event).toBe('http.failed');
  expect(line?.fields).toMatchObject({ request: answer.headers['x-request-id'] });
  expect(String(line?.fields.error)).toContain('secret: /etc/path');
});

test('health needs no credentials', async () => {
  const answer = await sample.app.inject({ url: '/healthz' });
  expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'ok' }]);
});

test('the API description names every operation, at the address that was asked, and all of them are served', async () => {
  const answer = await sample.app.inject({ url: '/openapi.json', headers: { host: 'cdm.example.com:8080' } });
  const document = answer.json();
  expect(document.info.version).toBe('1.2.3');
  expect(document.servers).toEqual([{ url: 'http://cdm.example.com:8080' }]);
  const ids = Object.values<Record<string, { operationId: string }>>(document.paths)
    .flatMap((path) => Object.values(path))
    .map(({ operationId }) => operationId);
  // Restart, start and stop share one.
  expect(new Set(ids).size).toBe(operations.length - 2);
  for (const variant of ['restart', 'start', 'stop']) {
    const url = `/v1.1/${projectA}/clusters/x/action`;
    const tried = await send({ method: 'POST', url, payload: { [variant]: {} } });
    expect([variant, tried.json().errCode]).toEqual([variant, 'Cdm.0001']);
  }
  for (const [path, methods] of Object.entries<Record<string, unknown>>(document.paths)) {
    for (const method of Object.keys(methods)) {
      const url = path.replace('{project_id}', projectA).replace(/\{\w+\}/g, 'x');
      const tried = await send({ method: method.toUpperCase() as 'GET', url });
      expect(`${method} ${path} ${tried.json().errCode ?? ''}`).not.toContain('APIGW.0101');
    }
  }
});

describe('over a socket', () => {
  async function talk(request: string): Promise<string> {
    await sample.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = sample.app.server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(request));
      socket.on('data', (data) => {
        answer += data.toString();
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });
  }

  test('what is no HTTP gets the error body too', async () => {
    const answer = await talk('this is no request\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/content-type: application\/json\r\n/);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ errCode: 'APIGW.0201' });
  });

  test('a header block beyond all limits is 431', async () => {
    const answer = await talk(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(120_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('a body announced above the limit is refused before it is sent', async () => {
    const answer = await talk(
      `POST /v1.1/p/clusters HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n{"half":`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer.toLowerCase()).toContain('connection: close');
  });

  test('repeated headers reach the authenticator joined', async () => {
    await talk(
      `GET /v1.1/${projectA}/clusters HTTP/1.1\r\nHost: x\r\nX-Sdk-Date: a\r\nx-sdk-date: b\r\n` +
        `X-Auth-Token: u@${projectA}\r\nConnection: close\r\n\r\n`,
    );
    expect(sample.authenticator.seen[0]?.headers['x-sdk-date']).toBe('a, b');
  });

  // Node's parser takes no such bytes; no name may hold them, so only the form of the refusal matters.
  test('bytes above 0x7F in the target are refused with the error body', async () => {
    const answer = await talk(`GET /v1.1/${projectA}/clusters/数 HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('APIGW.0201');
  });
});
