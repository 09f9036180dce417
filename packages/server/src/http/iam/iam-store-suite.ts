import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureFirstAccount } from '../../identity/first-start.ts';
import { testSecretBox } from '../../identity/test-secret-box.ts';
import { signRequest } from '../../identity/test-sign-request.ts';
import type { Store } from '../../store/store.ts';
import { createTestApp, type TestApp } from './test-iam-app.ts';

/** The identity calls over a real store; `open` gives an empty one. */
export function iamStoreSuite(name: string, open: () => Promise<Store>): void {
  describe(`identity over ${name}`, () => {
    let store: Store;
    let test: TestApp;

    beforeEach(async () => {
      store = await open();
      test = await createTestApp({ store });
    });
    afterEach(async () => {
      await test.app.close();
      await store.close();
    });

    async function newToken(): Promise<string> {
      const user = { name: 'admin', password: test.account.password, domain: { name: 'admin' } };
      const identity = { methods: ['password'], password: { user } };
      const payload = { auth: { identity, scope: { project: { name: 'cn-north-4' } } } };
      const response = await test.app.inject({ method: 'POST', url: '/v3/auth/tokens', payload });
      expect(response.statusCode).toBe(201);
      return String(response.headers['x-subject-token']);
    }

    function getSigned(target: string) {
      const { ak, sk } = test.account;
      const { headers } = signRequest(ak, sk, test.clock.now, { method: 'GET', target });
      return test.app.inject({ method: 'GET', url: target, headers });
    }

    it('creates the first account once', async () => {
      expect(await ensureFirstAccount(store, testSecretBox)).toBeNull();
      expect(await store.identity.listDomains()).toHaveLength(1);
      expect(await store.identity.listProjects(test.account.domainId)).toHaveLength(1);
    });

    it('signs on, and takes token and signature on a CDM path', async () => {
      const token = await newToken();
      const url = `/v1.1/${test.account.projectId}/clusters`;
      const byToken = await test.app.inject({ method: 'GET', url, headers: { 'x-auth-token': token } });
      expect(byToken.json()).toMatchObject({ via: 'token' });
      expect((await getSigned(url)).json()).toMatchObject({ via: 'ak-sk' });
      test.clock.now += 24 * 60 * 60 * 1000;
      const late = await test.app.inject({ method: 'GET', url, headers: { 'x-auth-token': token } });
      expect(late.statusCode).toBe(401);
      expect(await store.identity.deleteExpired(test.clock.now + 1)).toBe(1);
    });

    it('creates projects, and refuses a name that is taken', async () => {
      const headers = { 'x-auth-token': await newToken() };
      const create = () =>
        test.app.inject({
          method: 'POST',
          url: '/v3/projects',
          headers,
          payload: { project: { name: 'eu-1' } },
        });
      const answers = await Promise.all([create(), create()]);
      expect(answers.map((answer) => answer.statusCode).toSorted()).toEqual([201, 409]);
      expect((await getSigned('/v3/projects?name=eu-1')).json().projects).toHaveLength(1);
      expect((await getSigned('/v3/projects')).json().projects[0].name).toBe('cn-north-4');
    });

    it('gives temporary keys that work', async () => {
      const token = { id: await newToken() };
      const url = '/v3.0/OS-CREDENTIAL/securitytokens';
      const payload = { auth: { identity: { methods: ['token'], token } } };
      const { credential } = (await test.app.inject({ method: 'POST', url, payload })).json();
      const target = '/v3/auth/domains';
      const { headers } = signRequest(credential.access, credential.secret, test.clock.now, {
        method: 'GET',
        target,
        headers: { 'x-security-token': credential.securitytoken },
      });
      const response = await test.app.inject({ method: 'GET', url: target, headers });
      expect(response.json().domains).toMatchObject([{ name: 'admin' }]);
    });

    it('answers odd texts with 4xx, never with a failure of the store', async () => {
      const odd = 'a\u0000b';
      const user = { name: odd, password: odd, domain: { name: '\ud800' } };
      const payload = { auth: { identity: { methods: ['password'], password: { user } } } };
      const signOn = await test.app.inject({ method: 'POST', url: '/v3/auth/tokens', payload });
      expect(signOn.statusCode).toBe(400);
      expect((await getSigned('/v1.1/a%00b/clusters')).statusCode).toBeLessThan(500);
    });
  });
}
