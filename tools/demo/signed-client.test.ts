import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { authorizationOf, signingDate } from './request-signature.ts';
import { SignedClient } from './signed-client.ts';

/** Requests that the vendor's own SDKs signed, with example keys. */
const vectors = [
  {
    id: 'python-post-json',
    method: 'POST',
    target:
      '/v1.1/0123456789abcdef0123456789abcdef/clusters/6ec9a0a4-76be-4262-8697-e7af1fac7920/cdm/link?validate=true',
    headers: {
      'User-Agent': 'huaweicloud-usdk-python/3.0',
      'Content-Type': 'application/json;charset=UTF-8',
      'X-Sdk-Date': '20240102T030405Z',
      'X-Language': 'en-us',
      'X-Project-Id': '0123456789abcdef0123456789abcdef',
      Host: '127.0.0.1:8080',
    },
    body: '{"links": [{"name": "\\u94fe\\u63a51", "connector-name": "generic-jdbc-connector"}]}',
    authorization:
      'SDK-HMAC-SHA256 Access=AKEXAMPLE0123456789, SignedHeaders=content-type;host;user-agent;x-language;x-project-id;x-sdk-date, Signature=9d0530132794ce1bf8acda758673554905cdbbbc5063d247c81f6bf411b2514f',
  },
  {
    id: 'go-get',
    method: 'GET',
    target: '/v1.1/0123456789abcdef0123456789abcdef/clusters',
    headers: {
      'User-Agent': 'huaweicloud-usdk-go/3.0; example',
      'X-Project-Id': '0123456789abcdef0123456789abcdef',
      'X-Sdk-Date': '20240102T030405Z',
    },
    body: '',
    authorization:
      'SDK-HMAC-SHA256 Access=AKEXAMPLE0123456789, SignedHeaders=user-agent;x-project-id;x-sdk-date, Signature=9d0d7d13c54e4d84590a8d683d68157787b0ad7cc85c456dd9c8e4d755ca9ff9',
  },
  {
    id: 'node-get-query',
    method: 'GET',
    target:
      '/v1.1/0123456789abcdef0123456789abcdef/clusters/6ec9a0a4-76be-4262-8697-e7af1fac7920/cdm/job/all?filter=a%20b%2Bc%2F%E4%B8%AD*~&page_no=0&page_size=10&jobType=NORMAL_JOB&empty=',
    headers: {
      'X-Project-Id': '0123456789abcdef0123456789abcdef',
      'X-Sdk-Date': '20240102T030405Z',
      'content-type': 'application/json',
      host: '127.0.0.1:8080',
    },
    body: '',
    authorization:
      'SDK-HMAC-SHA256 Access=AKEXAMPLE0123456789, SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature=48435eab9842781b673df4a9a764d8f6aee76652b327cd39088a42ef3569fc6e',
  },
  {
    id: 'python-path-special-chars',
    method: 'DELETE',
    target:
      '/v1.1/0123456789abcdef0123456789abcdef/clusters/6ec9a0a4-76be-4262-8697-e7af1fac7920/cdm/link/a%27%28b%29%2A%21~%2B%40%3A%24%2C%3B%3D%26%20%E4%B8%AD',
    headers: {
      'User-Agent': 'huaweicloud-usdk-python/3.0',
      'Content-Type': 'application/json',
      'X-Sdk-Date': '20240102T030405Z',
      'X-Project-Id': '0123456789abcdef0123456789abcdef',
      Host: '127.0.0.1:8080',
    },
    body: '',
    authorization:
      'SDK-HMAC-SHA256 Access=AKEXAMPLE0123456789, SignedHeaders=content-type;host;user-agent;x-project-id;x-sdk-date, Signature=99002122e3706c11954d225e315c99b40564ccd3ae691d34fc5e10995f4b8631',
  },
  {
    id: 'node-path-chinese',
    method: 'DELETE',
    target:
      '/v1.1/0123456789abcdef0123456789abcdef/clusters/6ec9a0a4-76be-4262-8697-e7af1fac7920/cdm/link/%E9%93%BE%E6%8E%A5',
    headers: {
      'X-Project-Id': '0123456789abcdef0123456789abcdef',
      'X-Sdk-Date': '20240102T030405Z',
      'content-type': 'application/json',
      host: '127.0.0.1:8080',
    },
    body: '',
    authorization:
      'SDK-HMAC-SHA256 Access=AKEXAMPLE0123456789, SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature=5c567be64382020159d98927f4dd22c8a16bad7dd9c66ef6d5a5d45c50879ea2',
  },
  {
    id: 'java-path-special-chars',
    method: 'DELETE',
    target:
      '/v1.1/0123456789abcdef0123456789abcdef/clusters/6ec9a0a4-76be-4262-8697-e7af1fac7920/cdm/link/my%20link+(a)@b',
    headers: {
      'User-Agent': 'huaweicloud-usdk-java/3.0; example',
      Host: '127.0.0.1:8080',
      'X-Sdk-Date': '20240102T030405Z',
      'X-Project-Id': '0123456789abcdef0123456789abcdef',
    },
    body: '',
    authorization:
      'SDK-HMAC-SHA256 Access=AKEXAMPLE0123456789, SignedHeaders=host;user-agent;x-project-id;x-sdk-date, Signature=01f5acbdeb97039be12d85cf5b217c4e73f438219a15d1c64084d3f8939c0e9b',
  },
];
const [accessKey, secretKey] = ['AKEXAMPLE0123456789', 'SKEXAMPLE0123456789abcdefABCDEF0123456789'];

describe('authorizationOf', () => {
  it.each(vectors)('signs as the SDK does: $id', ({ method, target, headers, body, authorization }) => {
    const url = new URL(target, 'http://127.0.0.1:8080');
    const present = headers as Readonly<Record<string, string>>;
    expect(authorizationOf({ method, url, headers: present, body }, accessKey, secretKey)).toBe(
      authorization,
    );
  });

  it('changes with every part that is signed', () => {
    const base = {
      method: 'POST',
      url: new URL('http://h/a?b=1'),
      headers: { 'x-sdk-date': 'd', host: 'h' },
      body: '{}',
    };
    const signed = [
      base,
      { ...base, method: 'PUT' },
      { ...base, url: new URL('http://h/b?b=1') },
      { ...base, url: new URL('http://h/a?b=2') },
      { ...base, headers: { 'x-sdk-date': 'e', host: 'h' } },
      { ...base, headers: { 'x-sdk-date': 'd', host: 'i' } },
      { ...base, body: '{ }' },
    ].map((parts) => authorizationOf(parts, accessKey, secretKey));
    signed.push(authorizationOf(base, accessKey, `${secretKey}x`));
    expect(new Set(signed).size).toBe(8);
  });
});

it('signingDate has no fractions', () => {
  expect(signingDate(new Date('2024-01-02T03:04:05.678Z'))).toBe('20240102T030405Z');
});

describe('SignedClient', () => {
  let close: () => void = () => undefined;
  afterEach(() => close());

  /** Answers each request with the next of `answers`, and keeps what came. */
  async function serve(answers: readonly { status: number; body: unknown; retryAfter?: string }[]) {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const answer = answers[seen.length];
      seen.push({ request, body });
      if (answer?.retryAfter) response.setHeader('retry-after', answer.retryAfter);
      response.statusCode = answer?.status ?? 500;
      response.end(answer?.body === undefined ? '' : JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    close = () => server.close();
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { seen, access: { endpoint, accessKey, secretKey, region: 'cn-north-4' } };
  }
  const project = { status: 200, body: { projects: [{ id: 'p1' }] } };

  it('sends what it signed', async () => {
    const { seen, access } = await serve([
      project,
      { status: 202, body: { id: 'c1' } },
      { status: 200, body: undefined },
    ]);
    const client = await SignedClient.connect(access);
    expect(client.projectId).toBe('p1');
    expect(await client.call('POST', '/v1.1/p1/clusters?x=a%20b', { name: '迁移' })).toEqual({ id: 'c1' });
    expect(await client.call('DELETE', '/v1.1/p1/clusters/c1')).toEqual({});
    expect(seen[0]?.request.url).toBe('/v3/projects?name=cn-north-4');
    for (const { request, body } of seen) {
      const [, names = ''] = /SignedHeaders=([^,]+)/.exec(request.headers.authorization ?? '') ?? [];
      const headers = Object.fromEntries(
        names.split(';').map((name) => [name, String(request.headers[name])]),
      );
      const url = new URL(request.url ?? '', access.endpoint);
      expect(request.headers.authorization).toBe(
        authorizationOf({ method: request.method ?? '', url, headers, body }, accessKey, secretKey),
      );
    }
    expect(seen[1]?.request.headers['x-project-id']).toBe('p1');
  });

  it('throws the code and the words of a refusal', async () => {
    const { access } = await serve([
      project,
      { status: 400, body: { errCode: 'Cdm.0100', externalMessage: 'Job [x] does not exist.' } },
    ]);
    const client = await SignedClient.connect(access);
    await expect(client.call('GET', '/job/x')).rejects.toMatchObject({
      status: 400,
      code: 'Cdm.0100',
      message: 'GET /job/x: 400 Cdm.0100 Job [x] does not exist.',
    });
  });

  it('waits when it is told to', async () => {
    const { access, seen } = await serve([
      project,
      { status: 429, body: {}, retryAfter: '0' },
      { status: 200, body: { ok: 1 } },
    ]);
    const client = await SignedClient.connect(access);
    expect(await client.call('GET', '/x')).toEqual({ ok: 1 });
    expect(seen).toHaveLength(3);
  });

  it('says so when there is no such project', async () => {
    const { access } = await serve([{ status: 200, body: { projects: [] } }]);
    await expect(SignedClient.connect(access)).rejects.toThrow('no project for region cn-north-4');
  });
});
