import type { InjectOptions } from 'fastify';
import { createAuthenticator } from '../identity/authenticator.ts';
import { ensureFirstAccount, type FirstAccount } from '../identity/first-start.ts';
import { testSecretBox as box } from '../identity/test-secret-box.ts';
import { signRequest } from '../identity/test-sign-request.ts';
import { createTokenService } from '../identity/token-service.ts';
import { registerIamRoutes } from './iam/iam-routes.ts';
import { type SampleApp, type SampleSettings, sampleApp } from './sample-app.ts';

/** An access key with which a test signs. */
export interface SampleKey {
  readonly ak: string;
  readonly sk: string;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a body as it came; tests look at what they expect in it.
  readonly body: any;
}

/** The sample application with real identity behind it, for tests of who may do what. */
export interface SampleAccount {
  readonly sample: SampleApp;
  readonly account: FirstAccount;
  /** Sends a signed request. */
  send(key: SampleKey, method: string, target: string, body?: object): Promise<Answer>;
  /** Headers of a signed request without a body. */
  signed(key: SampleKey, method: string, target: string, language: string): Readonly<Record<string, string>>;
  /** A new user with an access key and roles by scope. */
  makeUser(
    name: string,
    roles: Readonly<Record<string, string>>,
  ): Promise<SampleKey & { readonly id: string }>;
}

export async function sampleAccount(settings: SampleSettings = {}): Promise<SampleAccount> {
  let account: FirstAccount | null = null;
  const sample = await sampleApp({
    ...settings,
    async identity({ identity, transaction }, trail) {
      const now = () => Date.now();
      account = await ensureFirstAccount({ identity, transaction }, box, undefined, now);
      const authenticator = createAuthenticator({ identity, box, now });
      return {
        authenticator,
        box,
        onChanged: () => authenticator.forgetAll(),
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
            trail,
          }),
      };
    },
  });
  if (account === null) throw new Error('the store is not empty');
  const first: FirstAccount = account;

  async function send(key: SampleKey, method: string, target: string, body?: object): Promise<Answer> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const { headers } = signRequest(key.ak, key.sk, Date.now(), { method, target, body: text });
    const answer = await sample.app.inject({
      method: method as NonNullable<InjectOptions['method']>,
      url: target,
      headers,
      ...(text === '' ? {} : { payload: text }),
    });
    return { status: answer.statusCode, body: answer.json() };
  }

  return {
    sample,
    account: first,
    send,
    signed: (key, method, target, language) =>
      signRequest(key.ak, key.sk, Date.now(), { method, target, headers: { 'x-language': language } })
        .headers,
    async makeUser(name, roles) {
      const { user } = (await send(first, 'POST', '/api/v1/users', { name })).body;
      for (const [scope, role] of Object.entries(roles)) {
        const answer = await send(first, 'PUT', `/api/v1/users/${user.id}/roles/${scope}`, { role });
        if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      }
      const key = (await send(first, 'POST', `/api/v1/users/${user.id}/access-keys`)).body;
      return { id: user.id, ak: key.access_key.ak, sk: key.sk };
    },
  };
}
