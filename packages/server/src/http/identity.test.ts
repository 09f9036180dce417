import type { AddressInfo } from 'node:net';
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core';
import { ClientBuilder } from '@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js';
import type { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAuthenticator } from '../identity/authenticator.ts';
import { ensureFirstAccount, type FirstAccount } from '../identity/first-start.ts';
import { testSecretBox as box } from '../identity/test-secret-box.ts';
import { createTokenService } from '../identity/token-service.ts';
import { registerIamRoutes } from './iam/iam-routes.ts';
import { type SampleApp, sampleApp } from './sample-app.ts';
import { linkBody } from './sample-documents.ts';

// The application with real identity behind it: what the raw bytes, targets and headers are kept for.

let sample: SampleApp;
let account: FirstAccount;
beforeEach(async () => {
  sample = await sampleApp({
    async identity({ identity, transaction }) {
      const now = () => Date.now();
      const first = await ensureFirstAccount({ identity, transaction }, box, undefined, now);
      if (first === null) throw new Error('the store is not empty');
      account = first;
      const authenticator = createAuthenticator({ identity, box, now });
      return {
        authenticator,
        register: (app) =>
          registerIamRoutes(app, {
            identity,
            box,
            authenticator,
            tokens: createTokenService({ identity, box, now }),
            rawRequest: (request) => request.rawCall,
            publicUrl: null,
            region: 'cn-north-4',
            now,
          }),
      };
    },
  });
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

function signOn(password: string) {
  const user = { name: account.userName, password, domain: { name: account.domainName } };
  return sample.app.inject({
    method: 'POST',
    url: '/v3/auth/tokens',
    headers: { 'content-type': 'application/json;charset=utf8' },
    payload: {
      auth: {
        identity: { methods: ['password'], password: { user } },
        scope: { project: { id: account.projectId } },
      },
    },
  });
}

test('a token from a password opens the project, and no other', async () => {
  const answer = await signOn(account.password);
  expect(answer.statusCode).toBe(201);
  const headers = { 'x-auth-token': String(answer.headers['x-subject-token']) };
  const list = (project: string) => sample.app.inject({ url: `/v1.1/${project}/clusters`, headers });
  expect((await list(account.projectId)).json()).toEqual({ clusters: [] });
  expect((await list('f'.repeat(32))).json().errCode).toBe('APIGW.0310');
  expect((await list('{project_id}')).statusCode).toBe(400);
});

test('a wrong password answers in the form that Keystone clients parse', async () => {
  const answer = await signOn('wrong');
  expect(answer.statusCode).toBe(401);
  expect(answer.json()).toMatchObject({ error: { code: 401, title: 'Unauthorized' } });
});

test('an unknown token is 401 with the published text, once', async () => {
  const answer = await sample.app.inject({
    url: `/v1.1/${account.projectId}/clusters`,
    headers: { 'x-auth-token': 'nonsense' },
  });
  expect(answer.statusCode).toBe(401);
  expect(answer.json()).toMatchObject({ errCode: 'APIGW.0301' });
  expect(answer.json().message.match(/Incorrect IAM authentication information/g)).toHaveLength(1);
});

test("the vendor's signing passes over a socket: bodies on POST and DELETE, queries, escaped names; a wrong key does not", async () => {
  await sample.app.listen({ host: '127.0.0.1', port: 0 });
  const endpoint = `http://127.0.0.1:${(sample.app.server.address() as AddressInfo).port}`;
  const clientOf = (sk: string): HcClient =>
    new ClientBuilder((client?: HcClient) => client as unknown as Record<string, unknown>)
      .withCredential(
        new BasicCredentials()
          .withAk(account.ak)
          .withSk(sk)
          .withProjectId(account.projectId)
          .withIamEndpoint(endpoint),
      )
      .withEndpoint(endpoint)
      .build() as unknown as HcClient;
  const call = (from: HcClient, method: string, path: string, data: object = {}, queryParams: object = {}) =>
    from.sendRequest({
      method,
      url: `/v1.1/{project_id}/${path}`,
      contentType: 'application/json',
      queryParams,
      pathParams: {},
      headers: {},
      data,
    } as unknown as Parameters<HcClient['sendRequest']>[0]) as unknown as Promise<Record<string, unknown>>;

  const client = clientOf(account.sk);
  const clusterId = await sample.makeCluster(account.projectId);
  expect(await call(client, 'POST', `clusters/${clusterId}/cdm/link`, linkBody('l1'))).toMatchObject({
    name: 'l1',
  });
  const found = await call(
    client,
    'GET',
    `clusters/${clusterId}/cdm/job/all`,
    {},
    { filter: 'a b&c', page_no: 1 },
  );
  expect(found).toMatchObject({ total: 0 });
  await expect(call(client, 'GET', `clusters/${clusterId}/cdm/job/a%20b/status`)).rejects.toMatchObject({
    httpStatusCode: 400,
    errorCode: 'Cdm.0100',
  });
  const deleted = await call(client, 'DELETE', `clusters/${clusterId}`, { keep_last_manual_backup: 0 });
  expect(deleted).toMatchObject({ jobId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  await expect(call(clientOf('wrong'), 'GET', 'clusters')).rejects.toMatchObject({
    httpStatusCode: 401,
    errorCode: 'APIGW.0301',
  });
});
