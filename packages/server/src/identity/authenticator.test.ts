import { renderError } from '@sluice/core/errors/render-error';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { accessKeyContext } from '../secrets/sealed-values.ts';
import { type CachingAuthenticator, createAuthenticator } from './authenticator.ts';
import type { RawRequest } from './caller.ts';
import { ensureFirstAccount, type FirstAccount } from './first-start.ts';
import { InMemoryIdentityRepository, inMemoryIdentityStore } from './in-memory-identity-repository.ts';
import { createTemporaryKey } from './temporary-key.ts';
import { testSecretBox as box } from './test-secret-box.ts';
import { signRequest } from './test-sign-request.ts';
import { signingVectors, vectorRequest } from './test-vectors/signing-vectors.ts';
import { createTokenService, tokenLifeMs } from './token-service.ts';
import { parseSdkDate } from './verify-signature.ts';

let identity: InMemoryIdentityRepository;
let account: FirstAccount;
let authenticator: CachingAuthenticator;
let now: number;

beforeEach(async () => {
  now = Date.UTC(2026, 0, 2, 3, 4, 5);
  identity = new InMemoryIdentityRepository();
  const created = await ensureFirstAccount(inMemoryIdentityStore(identity), box, undefined, () => now);
  if (created === null) throw new Error('No account');
  account = created;
  authenticator = createAuthenticator({ identity, box, now: () => now });
});

const target = '/v1.1/p0/clusters?b=2&a=1';
const signed = (ak = account.ak, sk = account.sk, headers: Record<string, string> = {}) =>
  signRequest(ak, sk, now, { method: 'GET', target, headers });
const withToken = (token: string): RawRequest => ({
  method: 'GET',
  target,
  headers: { 'x-auth-token': token },
  body: Buffer.alloc(0),
});

async function newToken(scope: object = { kind: 'project', id: account.projectId }): Promise<string> {
  const tokens = createTokenService({ identity, box, now: () => now });
  const proof = { method: 'hw_ak_sk', ak: account.ak, sk: account.sk } as const;
  return (await tokens.issue({ proof, scope: scope as { kind: 'default' } }, null)).token;
}

/** @returns the text of the APIGW.0301 with which the request was refused. */
async function refusal(request: RawRequest): Promise<string> {
  try {
    await authenticator.authenticate(request);
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'APIGW.0301') return renderError(error, 'en').message;
    throw error;
  }
  throw new Error('The request was accepted');
}

/** The request with one thing about it changed. */
function changedRequest(request: RawRequest, part: string, name: string, at: number): RawRequest {
  const { [name]: value = '', ...others } = request.headers;
  const place = at % Math.max(1, value.length);
  const other = `${value.slice(0, place)}${value[place] === '0' ? '1' : '0'}${value.slice(place + 1)}`;
  switch (part) {
    case 'value':
      return { ...request, headers: { ...others, [name]: other } };
    case 'remove':
      return { ...request, headers: others };
    case 'add':
      return { ...request, headers: { ...request.headers, 'x-added': 'yes' } };
    case 'target':
      return { ...request, target: `${request.target}&c=3` };
    case 'method':
      return { ...request, method: 'DELETE' };
    case 'body':
      return { ...request, body: Buffer.from('{}') };
    default:
      return request;
  }
}

const prefix = 'Incorrect IAM authentication information: ';

describe('signatures', () => {
  it('proves the caller', async () => {
    expect(await authenticator.authenticate(signed())).toEqual({
      userId: account.userId,
      userName: 'admin',
      domainId: account.domainId,
      domainName: 'admin',
      projectId: null,
      via: 'ak-sk',
      rights: new Map([['all', 'administrator']]),
    });
  });

  it('accepts every vector end to end, the key from the store, the clock pinned', async () => {
    const { ak, sk } = signingVectors[0] ?? { ak: '', sk: '' };
    const lasting = identity.accessKeys.get(account.ak);
    if (lasting === undefined) throw new Error('No key');
    identity.accessKeys.set(ak, { ...lasting, ak, sealedSecret: box.seal(sk, accessKeyContext(ak)) });
    for (const vector of signingVectors) {
      const request = vectorRequest(vector);
      now = parseSdkDate(request.headers['x-sdk-date'] ?? '') ?? 0;
      expect((await authenticator.authenticate(request)).via, vector.id).toBe('ak-sk');
    }
  });

  it('goes before a token, even when it is wrong', async () => {
    const token = await newToken();
    const right = signed();
    const both = { ...right, headers: { ...right.headers, 'x-auth-token': token } };
    expect((await authenticator.authenticate(both)).via).toBe('ak-sk');
    expect(await refusal({ ...both, target: '/v1.1/other' })).toContain('verify aksk signature fail');
  });

  it('leaves other kinds of Authorization to the token', async () => {
    const request = withToken(await newToken());
    const withBasic = { ...request, headers: { ...request.headers, authorization: 'Basic YTpi' } };
    expect((await authenticator.authenticate(withBasic)).via).toBe('token');
  });

  it('shows the canonical request on a mismatch, secrets masked', async () => {
    const request = signed(account.ak, 'wrong', {
      'x-security-token': 'very-secret',
      'x-auth-token': 'secret-too',
    });
    const text = await refusal(request);
    expect(text).toBe(
      `${prefix}verify aksk signature fail, canonicalRequest:GET|/v1.1/p0/clusters/|a=1&b=2|host:localhost|` +
        'x-auth-token:******|x-sdk-date:20260102T030405Z|x-security-token:******||' +
        'host;x-auth-token;x-sdk-date;x-security-token|' +
        'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('does not repeat a canonical request without end', async () => {
    const text = await refusal(
      signRequest(account.ak, 'wrong', now, { method: 'GET', target: `/${'x'.repeat(9000)}` }),
    );
    expect(text.length).toBeLessThan(1200);
  });

  it('names the cause otherwise, in the published words', async () => {
    expect(await refusal(signed('UNKNOWN'))).toBe(`${prefix}Get secretKey failed`);
    const late = signed();
    now += 15 * 60 * 1000 + 1000;
    expect(await refusal(late)).toBe(`${prefix}calc ak sk signature fail:signature expired`);
    const request = signed();
    const withHash = { ...request.headers, 'x-sdk-content-sha256': '0'.repeat(64) };
    expect(await refusal({ ...request, headers: withHash })).toContain(
      'x-sdk-content-sha256 is not the hash of the body',
    );
    for (const [authorization, sentence] of [
      [
        'SDK-ECDSA-P256-SHA256 Access=A, SignedHeaders=host, Signature=00',
        'SDK-ECDSA-P256-SHA256 is not supported',
      ],
      [
        'AWS4-HMAC-SHA256 Credential=A/b, SignedHeaders=host, Signature=00',
        'AWS4-HMAC-SHA256 is not supported',
      ],
      ['SDK-HMAC-SHA256 Access=A', 'must hold Access'],
      ['SDK-HMAC-SHA256', 'must hold Access'],
      ['V11-HMAC-SHA256 Credential=A/b, SignedHeaders=host, Signature=00', 'must hold Access'],
    ] as const) {
      expect(await refusal({ ...request, headers: { ...request.headers, authorization } })).toContain(
        sentence,
      );
    }
  });

  it('does the same cryptography for an unknown key as for a known one', async () => {
    let opened = 0;
    const counting = {
      ...box,
      open: (sealed: string, context: string) => {
        opened += 1;
        return box.open(sealed, context);
      },
    };
    const uncached = { ttlMs: 0, entriesMax: 1 };
    authenticator = createAuthenticator({ identity, box: counting, now: () => now, cacheLimits: uncached });
    await authenticator.authenticate(signed());
    expect(opened).toBe(1);
    await refusal(signed('UNKNOWN'));
    expect(opened).toBe(2);
  });

  it('refuses disabled keys and users', async () => {
    const key = identity.accessKeys.get(account.ak);
    const user = identity.users.get(account.userId);
    if (key === undefined || user === undefined) throw new Error('No account');
    identity.accessKeys.set(key.ak, { ...key, isEnabled: false });
    expect(await refusal(signed())).toContain('Get secretKey failed');
    identity.accessKeys.set(key.ak, key);
    identity.users.set(user.id, { ...user, isEnabled: false });
    expect(await refusal(signed())).toContain('Get secretKey failed');
  });
});

describe('temporary keys', () => {
  it('need their own security token, signed or not, and end in time', async () => {
    const key = await createTemporaryKey({ identity, box, now: () => now }, account.userId, 900);
    const request = signed(key.ak, key.sk, { 'x-security-token': key.securityToken });
    expect((await authenticator.authenticate(request)).userId).toBe(account.userId);

    const unsigned = signed(key.ak, key.sk);
    const added = { ...unsigned, headers: { ...unsigned.headers, 'x-security-token': key.securityToken } };
    expect((await authenticator.authenticate(added)).via).toBe('ak-sk');

    expect(await refusal(unsigned)).toBe(`${prefix}Get secretKey failed`);
    const other = await createTemporaryKey({ identity, box, now: () => now }, account.userId, 900);
    expect(await refusal(signed(key.ak, key.sk, { 'x-security-token': other.securityToken }))).toContain(
      'Get secretKey',
    );

    // Still remembered by the cache a moment before its end, refused at the end.
    now += 899_999;
    const late = signed(key.ak, key.sk, { 'x-security-token': key.securityToken });
    await authenticator.authenticate(late);
    now += 1;
    expect(await refusal(late)).toBe(`${prefix}Get secretKey failed`);
  });
});

describe('tokens', () => {
  it('prove the caller and the project', async () => {
    expect(await authenticator.authenticate(withToken(await newToken()))).toMatchObject({
      userId: account.userId,
      projectId: account.projectId,
      via: 'token',
      rights: new Map([['all', 'administrator']]),
    });
    expect(
      (await authenticator.authenticate(withToken(await newToken({ kind: 'default' })))).projectId,
    ).toBeNull();
  });

  it('are refused in the published words when missing, unknown, expired', async () => {
    expect(await refusal(withToken(''))).toBe(`${prefix}x-auth-token not found`);
    expect(await refusal(withToken('unknown'))).toBe(`${prefix}decrypt token fail`);
    const token = await newToken();
    now += tokenLifeMs - 1;
    await authenticator.authenticate(withToken(token));
    now += 1;
    expect(await refusal(withToken(token))).toBe(
      `${prefix}token expires, expires_at: 2026-01-03T03:04:05.000Z`,
    );
  });

  it('cost the store one look-up for a thousand polls', async () => {
    const token = await newToken();
    identity.reads = 0;
    for (let i = 0; i < 1000; i += 1) {
      const caller = await authenticator.authenticate(withToken(token));
      await authenticator.requireProject(caller, account.projectId);
    }
    // Token, user, domain, project.
    expect(identity.reads).toBe(4);
  });

  it('are out at once after forgetAll, else ten seconds after the store lost them', async () => {
    for (const [wait, forget] of [
      [10_000, false],
      [0, true],
    ] as const) {
      const token = await newToken();
      await authenticator.authenticate(withToken(token));
      identity.tokens.clear();
      now += wait;
      if (forget) authenticator.forgetAll();
      expect(await refusal(withToken(token))).toContain('decrypt token fail');
    }
  });
});

describe('requireProject', () => {
  beforeEach(async () => {
    await identity.createProject({
      id: 'p2',
      name: 'second',
      domainId: account.domainId,
      description: '',
      isEnabled: true,
    });
    await identity.createProject({
      id: 'p3',
      name: 'off',
      domainId: account.domainId,
      description: '',
      isEnabled: false,
    });
    await identity.createProject({
      id: 'p4',
      name: 'theirs',
      domainId: 'd2',
      description: '',
      isEnabled: true,
    });
  });

  it('lets a key use every enabled project of its account', async () => {
    const caller = await authenticator.authenticate(signed());
    for (const id of [account.projectId, 'p2']) await authenticator.requireProject(caller, id);
    for (const id of ['p3', 'p4', 'unknown', '', 'a\0b', 'p'.repeat(1000)]) {
      await expect(authenticator.requireProject(caller, id)).rejects.toMatchObject({ code: 'APIGW.0310' });
    }
  });

  it('holds a token to its project', async () => {
    const caller = await authenticator.authenticate(withToken(await newToken()));
    await authenticator.requireProject(caller, account.projectId);
    await expect(authenticator.requireProject(caller, 'p2')).rejects.toMatchObject({ code: 'APIGW.0310' });
  });

  it('gives a token with domain scope no project', async () => {
    const caller = await authenticator.authenticate(withToken(await newToken({ kind: 'default' })));
    await expect(authenticator.requireProject(caller, account.projectId)).rejects.toMatchObject({
      code: 'APIGW.0310',
    });
  });

  it('explains an unreplaced project id', async () => {
    const caller = await authenticator.authenticate(signed());
    for (const id of ['{project_id}', '%7Bproject_id%7D', '%7bproject_id%7d']) {
      await expect(authenticator.requireProject(caller, id)).rejects.toMatchObject({
        code: 'APIGW.0201',
        facts: { explanationEn: expect.stringContaining('placeholder project_id') },
      });
    }
  });
});

describe('what is remembered of callers', () => {
  it('tells whom authenticate proved a short while ago, and reads nothing', async () => {
    const byToken = withToken(await newToken());
    for (const request of [byToken, signed()]) {
      expect(authenticator.recall(request)).toBeNull();
      const caller = await authenticator.authenticate(request);
      expect(authenticator.recallsProject(caller, account.projectId)).toBe(false);
      await authenticator.requireProject(caller, account.projectId);
      identity.reads = 0;
      expect(authenticator.recall(request)).toBe(caller);
      expect(authenticator.recallsProject(caller, account.projectId)).toBe(true);
      expect(identity.reads).toBe(0);
      authenticator.forgetAll();
      expect(authenticator.recall(request)).toBeNull();
      expect(authenticator.recallsProject(caller, account.projectId)).toBe(false);
    }
  });

  it('forgets after the time after which authenticate looks again', async () => {
    const request = withToken(await newToken());
    await authenticator.authenticate(request);
    now += 9_999;
    expect(authenticator.recall(request)).not.toBeNull();
    now += 1;
    expect(authenticator.recall(request)).toBeNull();
  });

  it('knows no caller of a request that authenticate refuses', async () => {
    await authenticator.authenticate(signed());
    await authenticator.authenticate(withToken(await newToken()));
    const good = signed();
    for (const headers of [
      {},
      { 'x-auth-token': 'unknown' },
      { ...good.headers, authorization: `${good.headers.authorization}0` },
      { ...good.headers, 'x-sdk-date': '20260102T030406Z' },
      { ...good.headers, authorization: 'V99-HMAC Access=a' },
      { ...good.headers, authorization: 'SDK-HMAC-SHA256 Access=a' },
    ]) {
      expect(authenticator.recall({ ...good, headers })).toBeNull();
      await expect(authenticator.authenticate({ ...good, headers })).rejects.toThrow();
    }
    now += 15 * 60 * 1_000 + 1;
    await authenticator.authenticate(signed());
    expect(authenticator.recall(good)).toBeNull();
  });

  it('is not misled by a request that differs by a byte from one that was proved', async () => {
    const good = signed(account.ak, account.sk, { 'x-project-id': 'p', 'x-language': 'en-us' });
    await authenticator.authenticate(good);
    for (let time = 0; time < 2; time += 1) expect(authenticator.recall(good)).not.toBeNull();
    const change = fc.record({
      part: fc.constantFrom('value', 'remove', 'add', 'target', 'method', 'body', 'nothing'),
      name: fc.constantFrom(...Object.keys(good.headers)),
      at: fc.nat(200),
      minutes: fc.integer({ min: -20, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ part, name, at, minutes }) => {
        const changed = changedRequest(good, part, name, at);
        now += minutes * 60_000;
        const fresh = createAuthenticator({ identity, box, now: () => now });
        const isGenuine = await fresh.authenticate(changed).then(
          () => true,
          () => false,
        );
        // The key was looked up long ago, or is looked up in the future: in both cases memory has nothing to say.
        await authenticator.authenticate(signed()).catch(() => undefined);
        expect(authenticator.recall(changed) !== null).toBe(isGenuine);
        expect(authenticator.recall(changed) !== null).toBe(isGenuine);
        now -= minutes * 60_000;
      }),
      { numRuns: 300 },
    );
  });

  it('knows no caller whose key or token has ended meanwhile', async () => {
    const key = await createTemporaryKey({ identity, box, now: () => now }, account.userId, 900);
    now += 899_999;
    const late = signed(key.ak, key.sk, { 'x-security-token': key.securityToken });
    await authenticator.authenticate(late);
    expect(authenticator.recall(late)).not.toBeNull();
    const bare = signed(key.ak, key.sk);
    expect(authenticator.recall(bare)).toBeNull();
    now += 1;
    expect(authenticator.recall(late)).toBeNull();
  });
});
