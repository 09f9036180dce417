import type { AddressInfo } from 'node:net';
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core';
import { ClientBuilder } from '@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js';
import type { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient.js';
import { Region } from '@huaweicloud/huaweicloud-sdk-core/region/region.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './test-iam-app.ts';

/** The Node SDK's own core over a socket: it looks its project up, signs, and reads the answers. */

let test: TestApp;
let endpoint: string;

beforeAll(async () => {
  // The server stands for a region for which the account has no project yet, beside the one that it has.
  test = await createTestApp({ startAt: Date.now(), region: 'eu-test-1' });
  await test.app.listen({ host: '127.0.0.1', port: 0 });
  endpoint = `http://127.0.0.1:${(test.app.server.address() as AddressInfo).port}`;
});
afterAll(() => test.app.close());

interface Answer {
  readonly via: string;
  readonly project: string;
  readonly body: string;
  readonly httpStatusCode: number;
}

const init = (client?: HcClient) => client as unknown as Record<string, unknown>;

function client(credentials: BasicCredentials, region: string | null): HcClient {
  const builder = new ClientBuilder(init).withCredential(credentials);
  const placed =
    region === null ? builder.withEndpoint(endpoint) : builder.withRegion(new Region(region, endpoint));
  return placed.build() as unknown as HcClient;
}

const credentials = (sk = test.account.sk) =>
  new BasicCredentials().withAk(test.account.ak).withSk(sk).withIamEndpoint(endpoint);

const call = (from: HcClient, method: string, path: string, more: object = {}): Promise<Answer> =>
  from.sendRequest({
    method,
    url: `/v1.1/{project_id}/${path}`,
    contentType: 'application/json',
    queryParams: {},
    pathParams: {},
    headers: {},
    data: {},
    ...more,
  }) as unknown as Promise<Answer>;

describe('the SDK for Node.js', () => {
  it('finds its project by the region and signs a call', async () => {
    const answer = await call(client(credentials(), 'cn-north-4'), 'GET', 'clusters');
    expect(answer).toMatchObject({ via: 'ak-sk', project: test.account.projectId });
  });

  it('creates the project of a region that has none, as it does after an empty look-up', async () => {
    const answer = await call(client(credentials(), 'eu-test-1'), 'GET', 'clusters');
    const created = await test.store.identity.findProject({
      name: 'eu-test-1',
      domainId: test.account.domainId,
    });
    expect(answer.project).toBe(created?.id);
    expect(created).not.toBeNull();
  });

  it('signs bodies, queries and odd names that we verify', async () => {
    const project = credentials().withProjectId(test.account.projectId);
    const data = { links: [{ name: '链接1', config: { a: '<&>' } }] };
    const posted = await call(client(project, null), 'POST', 'clusters/c1/cdm/link', { data });
    expect(JSON.parse(posted.body)).toEqual(data);
    for (const path of [
      'clusters/c1/cdm/link/my link',
      "clusters/c1/cdm/link/a'(b)*!",
      'clusters/c1/cdm/link/链接',
    ]) {
      expect((await call(client(project, null), 'DELETE', path)).via).toBe('ak-sk');
    }
    const queryParams = { filter: 'a b+c/中*~', page_no: 0, empty: '' };
    expect((await call(client(project, null), 'GET', 'clusters', { queryParams })).via).toBe('ak-sk');
  });

  it('is told by code and text when the secret is wrong', async () => {
    const wrong = credentials('wrong').withProjectId(test.account.projectId);
    await expect(call(client(wrong, null), 'GET', 'clusters')).rejects.toMatchObject({
      errorCode: 'APIGW.0301',
      errorMsg: expect.stringContaining('verify aksk signature fail, canonicalRequest:GET|'),
    });
  });

  it('is told what is wrong when it knows neither project nor region', async () => {
    await expect(call(client(credentials(), null), 'GET', 'clusters')).rejects.toMatchObject({
      errorCode: 'APIGW.0201',
      errorMsg: expect.stringContaining('placeholder project_id'),
    });
  });
});
