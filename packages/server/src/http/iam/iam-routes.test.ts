import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signRequest } from '../../identity/test-sign-request.ts';
import { createTestApp, type TestApp } from './test-iam-app.ts';

let test: TestApp;

beforeEach(async () => {
  test = await createTestApp();
});
afterEach(() => test.app.close());

const passwordBody = (scope?: object, password = test.account.password) => ({
  auth: {
    identity: {
      methods: ['password'],
      password: { user: { name: 'admin', password, domain: { name: 'admin' } } },
    },
    ...(scope === undefined ? {} : { scope }),
  },
});
const projectScope = { project: { name: 'cn-north-4' } };

const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  test.app.inject({ method: 'POST', url, payload, headers });
const get = (url: string, headers: Record<string, string> = {}) =>
  test.app.inject({ method: 'GET', url, headers });
const getWithToken = (url: string, token: string) => get(url, { 'x-auth-token': token });

async function newToken(scope: object | undefined = projectScope): Promise<string> {
  const response = await post('/v3/auth/tokens', passwordBody(scope));
  return String(response.headers['x-subject-token']);
}

function getSigned(target: string, body = '', headers: Record<string, string> = {}) {
  const { ak, sk } = test.account;
  const request = signRequest(ak, sk, test.clock.now, { method: 'GET', target, body, headers });
  return test.app.inject({
    method: 'GET',
    url: target,
    headers: request.headers,
    ...(body ? { payload: body } : {}),
  });
}

describe('POST /v3/auth/tokens', () => {
  it('answers exactly what Keystone clients parse', async () => {
    const { account } = test;
    const response = await post('/v3/auth/tokens', passwordBody(projectScope), { host: '127.0.0.1:8080' });
    expect(response.statusCode).toBe(201);
    expect(response.headers['content-type']).toBe('application/json');
    expect(response.headers['x-iam-trace-id']).toMatch(/^token_cn-north-4_./);
    expect(response.headers['x-subject-token']).toMatch(/^[\x21-\x7e]+$/);
    expect(response.body).not.toContain(String(response.headers['x-subject-token']));
    const domain = { id: account.domainId, name: 'admin' };
    const endpoint = (type: string, url: string) => ({
      id: `catalog-${type}`,
      name: type,
      type,
      endpoints: [
        { id: `endpoint-${type}`, interface: 'public', region: 'cn-north-4', region_id: 'cn-north-4', url },
      ],
    });
    expect(response.json()).toEqual({
      token: {
        methods: ['password'],
        issued_at: '2026-01-02T03:04:05.000000Z',
        expires_at: '2026-01-03T03:04:05.000000Z',
        user: { id: account.userId, name: 'admin', password_expires_at: '', domain },
        project: { id: account.projectId, name: 'cn-north-4', domain },
        roles: [{ id: '0', name: 'te_admin' }],
        catalog: [
          endpoint('cdm', `http://127.0.0.1:8080/v1.1/${account.projectId}`),
          endpoint('volumev2', `http://127.0.0.1:8080/v2/${account.projectId}`),
          endpoint('iam', 'http://127.0.0.1:8080/v3'),
        ],
      },
    });
  });

  it('scopes to the domain without a scope, and leaves the catalog out on request', async () => {
    const body = (await post('/v3/auth/tokens?nocatalog=true', passwordBody())).json();
    expect(body.token).toMatchObject({ domain: { name: 'admin' }, catalog: [] });
    expect(body.token).not.toHaveProperty('project');
    const kept = (await post('/v3/auth/tokens?nocatalog=false', passwordBody())).json();
    expect(kept.token.catalog).toHaveLength(1);
  });

  for (const url of ['/v3/auth/tokens/', '//v3/auth/tokens', '//v3//auth/tokens//']) {
    it(`is found at ${url}`, async () => expect((await post(url, passwordBody())).statusCode).toBe(201));
  }

  for (const type of ['application/json;charset=UTF-8', 'application/x-www-form-urlencoded', 'text/plain']) {
    it(`takes JSON sent as ${type}`, async () => {
      const payload = JSON.stringify(passwordBody());
      const headers = { 'content-type': type };
      const response = await test.app.inject({ method: 'POST', url: '/v3/auth/tokens', payload, headers });
      expect(response.statusCode).toBe(201);
    });
  }

  it('answers errors in the Keystone form', async () => {
    const wrong = await post('/v3/auth/tokens', passwordBody(undefined, 'wrong'));
    expect(wrong.statusCode).toBe(401);
    expect(wrong.json()).toEqual({
      error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' },
    });
    for (const payload of ['', 'no json', '[]', '{"auth":{"identity":{"methods":["password","totp"]}}}']) {
      const response = await test.app.inject({ method: 'POST', url: '/v3/auth/tokens', payload });
      expect(response.json(), payload).toMatchObject({ error: { code: 400, title: 'Bad Request' } });
    }
    const foreign = await post('/v3/auth/tokens', passwordBody({ project: { name: 'theirs' } }));
    expect(foreign.json()).toMatchObject({ error: { code: 403, title: 'Forbidden' } });
    const huge = await post('/v3/auth/tokens', { auth: 'x'.repeat(40_000) });
    expect(huge.json().error.message).toContain('larger than 32768 bytes');
  });

  it('takes hw_ak_sk on loopback only', async () => {
    const { ak, sk } = test.account;
    const identity = { methods: ['hw_ak_sk'], hw_ak_sk: { access: { key: ak }, secret: { key: sk } } };
    const from = (remoteAddress: string) =>
      test.app.inject({
        method: 'POST',
        url: '/v3/auth/tokens',
        payload: { auth: { identity } },
        remoteAddress,
      });
    expect((await from('127.0.0.1')).statusCode).toBe(201);
    expect((await from('::1')).statusCode).toBe(201);
    expect((await from('192.0.2.7')).json().error).toMatchObject({
      code: 400,
      message: expect.stringContaining('TLS'),
    });
  });

  it('rescopes a token given in the header', async () => {
    const token = await newToken(undefined);
    const auth = { identity: { methods: ['token'] }, scope: projectScope };
    const response = await post('/v3/auth/tokens', { auth }, { 'x-auth-token': token });
    expect(response.statusCode).toBe(201);
    expect(response.json().token.project.name).toBe('cn-north-4');
  });
});

describe('GET /v3/auth/tokens', () => {
  it('shows the subject token and echoes it', async () => {
    const [mine, subject] = [await newToken(undefined), await newToken()];
    const response = await get('/v3/auth/tokens', { 'x-auth-token': mine, 'x-subject-token': subject });
    expect(response.statusCode).toBe(200);
    expect(response.headers['x-subject-token']).toBe(subject);
    expect(response.json().token).toMatchObject({ project: { name: 'cn-north-4' }, methods: ['password'] });
  });

  it('answers 404 for an unknown one, 400 without one, 401 without a caller', async () => {
    const token = await newToken();
    const unknown = await get('/v3/auth/tokens', { 'x-auth-token': token, 'x-subject-token': 'unknown' });
    expect(unknown.json().error).toMatchObject({ code: 404, title: 'Not Found' });
    expect((await getWithToken('/v3/auth/tokens', token)).statusCode).toBe(400);
    expect((await get('/v3/auth/tokens', { 'x-subject-token': token })).json().error).toMatchObject({
      code: 401,
    });
  });

  it('hides the tokens of another account', async () => {
    const { identity } = test.store;
    const token = await newToken();
    await identity.createDomain({ id: 'd2', name: 'other' });
    const admin = await identity.findUser({ id: test.account.userId });
    if (admin === null) throw new Error('No user');
    await identity.createUser({ ...admin, id: 'u2', name: 'other', domainId: 'd2' });
    const user = { id: 'u2', password: test.account.password };
    const auth = { identity: { methods: ['password'], password: { user } } };
    const theirs = String((await post('/v3/auth/tokens', { auth })).headers['x-subject-token']);
    const response = await get('/v3/auth/tokens', { 'x-auth-token': theirs, 'x-subject-token': token });
    expect(response.statusCode).toBe(404);
  });
});

describe('lists', () => {
  it('finds exactly one project for a known region, signed, with the body that Node sends along', async () => {
    const response = await getSigned('/v3/projects?name=cn-north-4', '{}');
    expect(response.statusCode).toBe(200);
    // Terraform compares the whole header.
    expect(response.headers['content-type']).toBe('application/json');
    const { projectId, domainId } = test.account;
    expect(response.json()).toEqual({
      projects: [
        {
          id: projectId,
          name: 'cn-north-4',
          domain_id: domainId,
          parent_id: domainId,
          is_domain: false,
          enabled: true,
          description: '',
          links: { self: `http://localhost/v3/projects/${projectId}` },
        },
      ],
      links: { self: 'http://localhost/v3/projects?name=cn-north-4', next: null, previous: null },
    });
    expect((await getSigned('/v3/projects?name=cn-north')).json().projects).toEqual([]);
  });

  it('lists all projects without a name, the default one first', async () => {
    const { domainId } = test.account;
    await test.store.identity.createProject({
      id: 'p2',
      name: 'cn-north-4_sub',
      domainId,
      description: '',
      isEnabled: false,
    });
    const names = async (target: string) =>
      (await getSigned(target)).json().projects.map((project: { name: string }) => project.name);
    expect(await names('/v3/projects')).toEqual(['cn-north-4', 'cn-north-4_sub']);
    expect(await names('/v3/projects?enabled=true')).toEqual(['cn-north-4']);
    expect(await names('/v3/projects?domain_id=other')).toEqual([]);
    expect(await names('/v3/auth/projects')).toEqual(['cn-north-4']);
  });

  it('lists domains, users, regions', async () => {
    const token = await newToken(undefined);
    const { domainId, userId } = test.account;
    expect((await getWithToken('/v3/auth/domains', token)).json()).toMatchObject({
      domains: [{ id: domainId, name: 'admin', enabled: true, description: '' }],
      links: { next: null, previous: null },
    });
    expect((await getWithToken('/v3/users?name=admin', token)).json().users).toMatchObject([
      { id: userId, name: 'admin', domain_id: domainId, enabled: true },
    ]);
    expect((await getWithToken('/v3/users?name=nobody', token)).json().users).toEqual([]);
    expect((await getWithToken('/v3/users', token)).body).not.toContain('argon2');
    expect((await getWithToken('/v3/regions', token)).json().regions).toMatchObject([
      { id: 'cn-north-4', type: 'public', parent_region_id: null, locales: { 'en-us': 'cn-north-4' } },
    ]);
  });

  it('gives the catalog of the token’s, the named, or the default project', async () => {
    const { projectId, domainId } = test.account;
    await test.store.identity.createProject({
      id: 'p2',
      name: 'second',
      domainId,
      description: '',
      isEnabled: true,
    });
    type Catalog = { catalog: { type: string; endpoints: { url: string }[] }[] };
    const cdm = (body: Catalog) => body.catalog.find((entry) => entry.type === 'cdm')?.endpoints[0]?.url;
    expect(cdm((await getWithToken('/v3/auth/catalog', await newToken())).json())).toMatch(
      `/v1.1/${projectId}`,
    );
    expect(cdm((await getSigned('/v3/auth/catalog')).json())).toMatch(`/v1.1/${projectId}`);
    expect(cdm((await getSigned('/v3/auth/catalog', '', { 'x-project-id': 'p2' })).json())).toMatch(
      '/v1.1/p2',
    );
  });

  for (const url of ['projects', 'auth/projects', 'auth/domains', 'auth/catalog', 'users', 'regions']) {
    it(`asks who calls /v3/${url}: Keystone form for tokens, gateway form for signatures`, async () => {
      for (const response of [await get(`/v3/${url}`), await getWithToken(`/v3/${url}`, 'unknown')]) {
        expect(response.statusCode).toBe(401);
        expect(response.json().error).toMatchObject({ code: 401, title: 'Unauthorized' });
      }
      const request = signRequest(test.account.ak, 'wrong', test.clock.now, {
        method: 'GET',
        target: `/v3/${url}`,
      });
      const refused = await test.app.inject({ method: 'GET', url: `/v3/${url}`, headers: request.headers });
      expect(refused.statusCode).toBe(401);
      expect(refused.json()).toMatchObject({
        error_code: 'APIGW.0301',
        error_msg: expect.stringContaining('verify aksk signature fail, canonicalRequest:GET|'),
      });
    });
  }
});

describe('POST /v3/projects', () => {
  it('creates a project once', async () => {
    const headers = { 'x-auth-token': await newToken(undefined) };
    const payload = { project: { name: 'eu-west-101', domain_id: test.account.domainId, description: 'd' } };
    const response = await post('/v3/projects', payload, headers);
    expect(response.statusCode).toBe(201);
    expect(response.json().project).toMatchObject({ name: 'eu-west-101', description: 'd', enabled: true });
    expect((await getSigned('/v3/projects?name=eu-west-101')).json().projects).toHaveLength(1);
    expect((await post('/v3/projects', payload, headers)).json().error).toMatchObject({
      code: 409,
      title: 'Conflict',
    });
  });

  it('refuses odd names, other accounts, strangers', async () => {
    const headers = { 'x-auth-token': await newToken(undefined) };
    for (const [project, code] of [
      [{ name: 'a/b' }, 400],
      [{ name: '' }, 400],
      [{ name: 'x'.repeat(65) }, 400],
      [{ name: 'ok', description: 7 }, 400],
      [{ name: 'ok', domain_id: 'other' }, 403],
    ] as const) {
      expect((await post('/v3/projects', { project }, headers)).json().error.code).toBe(code);
    }
    expect((await post('/v3/projects', { project: { name: 'ok' } })).json().error.code).toBe(401);
  });
});

describe('versions', () => {
  it('are told to whoever asks', async () => {
    const root = await get('/', { host: 'cdm.example:8443' });
    expect(root.statusCode).toBe(300);
    const version = {
      id: 'v3.6',
      status: 'stable',
      updated: '2016-04-04T00:00:00Z',
      links: [{ rel: 'self', href: 'http://cdm.example:8443/v3/' }],
      'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
    };
    expect(root.json()).toEqual({ versions: { values: [version] } });
    for (const url of ['/v3', '/v3/']) {
      expect((await get(url, { host: 'cdm.example:8443' })).json()).toEqual({ version });
    }
  });

  it('name the configured address, and never a host that is none', async () => {
    const href = (body: string) => JSON.parse(body).version.links[0].href;
    expect(href((await get('/v3', { host: 'evil/"<x>' })).body)).toBe('http://localhost/v3/');
    const other = await createTestApp({ publicUrl: 'https://cdm.example/' });
    expect(href((await other.app.inject({ url: '/v3' })).body)).toBe('https://cdm.example/v3/');
    await other.app.close();
  });
});

describe('POST /v3.0/OS-CREDENTIAL/securitytokens', () => {
  const url = '/v3.0/OS-CREDENTIAL/securitytokens';
  const body = (token: object, more: object = {}) => ({
    auth: { identity: { methods: ['token'], token, ...more } },
  });

  it('gives keys that sign requests until they end', async () => {
    const token = await newToken();
    const response = await post(url, body({ id: token, duration_seconds: 1800 }));
    expect(response.statusCode).toBe(201);
    const { credential } = response.json();
    expect(credential).toEqual({
      access: expect.stringMatching(/^[A-Z0-9]{20}$/),
      secret: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
      securitytoken: expect.stringMatching(/^[\x21-\x7e]{40,}$/),
      expires_at: '2026-01-02T03:34:05.000000Z',
    });
    const headers = { 'x-security-token': credential.securitytoken };
    const target = `/v1.1/${test.account.projectId}/clusters`;
    const call = () => {
      const request = signRequest(credential.access, credential.secret, test.clock.now, {
        method: 'GET',
        target,
        headers,
      });
      return test.app.inject({ method: 'GET', url: target, headers: request.headers });
    };
    expect((await call()).json()).toMatchObject({ via: 'ak-sk' });
    test.clock.now += 1800 * 1000;
    expect((await call()).json()).toMatchObject({ error_code: 'APIGW.0301' });
  });

  it('takes the token from the header, and 900 seconds by default', async () => {
    const response = await post(url, body({}), { 'x-auth-token': await newToken() });
    expect(response.json().credential.expires_at).toBe('2026-01-02T03:19:05.000000Z');
  });

  it('answers errors with its own codes', async () => {
    const id = await newToken();
    const code = async (payload: object, headers = {}) =>
      (await post(url, payload, headers)).json().error_code;
    for (const duration of [899, 86_401, 900.5, '900', null]) {
      expect(await code(body({ id, duration_seconds: duration }))).toBe('IAM.1102');
    }
    // A policy that is not applied would hand out more than was asked for.
    expect(await code(body({ id }, { policy: { Version: '1.1' } }))).toBe('IAM.1102');
    expect(await code({})).toBe('IAM.1103');
    expect(await code({ auth: {} })).toBe('IAM.1103');
    expect(await code(body({}))).toBe('IAM.0001');
    expect(await code(body({ id: 'unknown' }))).toBe('IAM.0067');
    const empty = await test.app.inject({ method: 'POST', url, payload: '' });
    expect(empty.json().error_code).toBe('IAM.1101');
    const agency = { auth: { identity: { methods: ['assume_role'], assume_role: { agency_name: 'a' } } } };
    expect((await post(url, agency)).json().error).toMatchObject({
      code: 400,
      message: expect.stringContaining('assume_role'),
    });
  });
});

describe('a token on a CDM path', () => {
  it('opens its own project only', async () => {
    const token = await newToken();
    expect((await getWithToken(`/v1.1/${test.account.projectId}/clusters`, token)).json()).toMatchObject({
      via: 'token',
    });
    expect((await getWithToken('/v1.1/other/clusters', token)).json().error_code).toBe('APIGW.0310');
  });
});
