import { randomUUID } from 'node:crypto';
import { type Role, roleAccess, roles } from '@sluice/contract/access';
import { examples } from '@sluice/contract/examples';
import { operations } from '@sluice/contract/operations';
import { ownOperations } from '@sluice/contract/own-operations';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type SampleAccount, type SampleKey, sampleAccount } from './sample-account.ts';
import { jobBody, linkBody } from './sample-documents.ts';

let at: SampleAccount;
/** The account's administrator. */
let root: SampleKey;
let [home, other] = ['', ''];
beforeEach(async () => {
  at = await sampleAccount();
  root = at.account;
  home = at.account.projectId;
  other = (await at.send(root, 'POST', '/api/v1/projects', { name: 'other' })).body.project.id;
});
afterEach(async () => {
  const { violations } = at.sample;
  await at.sample.close();
  expect(violations).toEqual([]);
});

type AnyOperation = (typeof operations)[number] | (typeof ownOperations)[number];
const everyOperation: readonly AnyOperation[] = [...operations, ...ownOperations];

/** A call of the operation with a body that its schema takes, as far as there is an example. */
function callOf(operation: AnyOperation, values: Readonly<Record<string, string>>) {
  const target = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'x');
  const sample = examples[operation.operationId]?.request ?? {};
  const body = operation.variant === null ? sample : { [operation.variant.bodyMember]: {} };
  const hasBody = operation.request !== null;
  return { method: operation.method, target, body: hasBody ? (body as object) : undefined };
}

async function makeWork(projectId: string): Promise<Record<string, string>> {
  const clusterId = await at.sample.makeCluster(projectId);
  const cdm = `/v1.1/${projectId}/clusters/${clusterId}/cdm`;
  for (const name of ['source', 'target']) await must(at.send(root, 'POST', `${cdm}/link`, linkBody(name)));
  await must(at.send(root, 'POST', `${cdm}/job`, jobBody('j')));
  await must(at.send(root, 'PUT', `${cdm}/job/j/start`));
  const run = await at.sample.store.runs.latest(clusterId, 'j');
  return {
    cluster_id: clusterId,
    link_name: 'source',
    job_name: 'j',
    run_id: run?.id ?? '',
    operation_id: 'CreateLink',
  };
}

async function must(asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
  return answer;
}

const codeOf = ({ status, body }: Answer) => `${status} ${body.errCode ?? ''}`.trim();

describe('roles', () => {
  test('every operation says what it asks for, and every role is held to it', async () => {
    for (const role of roles) {
      const key = await at.makeUser(`in-${role}`, { [home]: role });
      for (const operation of everyOperation) {
        const inProject = operation.path.includes('{project_id}');
        const { method, target, body } = callOf(operation, { project_id: home, cluster_id: randomUUID() });
        const code = codeOf(await at.send(key, method, target, body));
        const mayCall = inProject && roleAccess[role].has(operation.access);
        const where = `${operation.operationId} as ${role}: ${code}`;
        if (mayCall) expect(code, where).not.toMatch(/^40[13]/);
        else expect(code, where).toBe('403 Cdm.0032');
      }
    }
  });

  test('what changes something asks for more than reading', () => {
    const changing = everyOperation.filter(({ method }) => method !== 'GET');
    const byReaders = changing
      .filter(({ access }) => access === 'read')
      .map(({ operationId }) => operationId);
    // They write source text, or a file without secrets, and change nothing.
    expect(byReaders).toEqual(['BuildSamples', 'ExportObjects']);
    const clusters = changing.filter(({ tag }) => tag === 'clusters');
    expect(clusters.every(({ access }) => access === 'administer')).toBe(true);
  });

  test('a role in all projects counts in each, the wider one wins, and one that is taken away is gone at once', async () => {
    const key = await at.makeUser('dora', { all: 'read_only', [other]: 'operator' });
    const start = async (project: string) =>
      codeOf(await at.send(key, 'PUT', `/v1.1/${project}/clusters/${randomUUID()}/cdm/job/j/start`));
    expect([await start(home), await start(other)]).toEqual(['403 Cdm.0032', '404 Cdm.0001']);
    await must(at.send(root, 'DELETE', `/api/v1/users/${key.id}/roles/${other}`));
    expect(await start(other)).toBe('403 Cdm.0032');
    await must(at.send(root, 'DELETE', `/api/v1/users/${key.id}/roles/all`));
    expect([await start(home), await start(other)]).toEqual(['403 APIGW.0310', '403 APIGW.0310']);
  });
});

describe('projects are apart', () => {
  /** What an answer says, without what the request itself brought. */
  const saidBy = ({ status, body }: Answer, values: Readonly<Record<string, string>>) => {
    const text = JSON.stringify({ ...body, request_id: '' });
    const ids = [values.cluster_id ?? '', values.project_id ?? '', values.run_id ?? ''];
    return `${status} ${ids.reduce((said, id) => (id === '' ? said : said.replaceAll(id, '…')), text)}`;
  };

  test('of every operation: what is in another project is answered like what does not exist', async () => {
    const theirs: Record<string, string> = { ...(await makeWork(other)), project_id: home };
    // A key that reaches one project, and one that reaches both: neither finds a thing of one under the other.
    const alice = await at.makeUser('alice', { [home]: 'administrator' });
    let compared = 0;
    for (const key of [alice, root]) {
      for (const operation of everyOperation) {
        if (!operation.path.includes('{cluster_id}')) continue;
        const nowhere = { ...theirs, cluster_id: randomUUID(), run_id: randomUUID() };
        const ask = async (values: Readonly<Record<string, string>>) => {
          const { method, target, body } = callOf(operation, values);
          return saidBy(await at.send(key, method, target, body), values);
        };
        const [found, absent] = [await ask(theirs), await ask(nowhere)];
        expect(found, operation.operationId).toBe(absent);
        expect(found, operation.operationId).toMatch(/^404 /);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(30);
    // And nothing of it was touched.
    expect(await at.sample.store.jobs.find(theirs.cluster_id ?? '', 'j')).not.toBeNull();
    expect(await at.sample.store.runs.active(theirs.cluster_id ?? '')).toHaveLength(1);
  });

  test('of every operation: a project without a role is answered like one that does not exist', async () => {
    const theirs: Record<string, string> = { ...(await makeWork(other)), project_id: other };
    const alice = await at.makeUser('alice', { [home]: 'administrator' });
    for (const operation of everyOperation) {
      if (!operation.path.includes('{project_id}')) continue;
      const ask = async (values: Readonly<Record<string, string>>) => {
        const { method, target, body } = callOf(operation, values);
        return saidBy(await at.send(alice, method, target, body), values);
      };
      const answer = await ask(theirs);
      expect(answer, operation.operationId).toBe(await ask({ ...theirs, project_id: 'f'.repeat(32) }));
      expect(answer).toMatch(/^403 .*APIGW.0310/);
    }
    const listed = await at.send(alice, 'GET', '/v3/projects');
    expect(listed.body.projects.map(({ id }: { id: string }) => id)).toEqual([home]);
    expect((await at.send(alice, 'GET', '/v3/users')).body.users).toMatchObject([{ name: 'alice' }]);
    expect((await at.send(alice, 'POST', '/v3/projects', { project: { name: 'p' } })).status).toBe(403);
  });
});

describe('accounts', () => {
  test('secrets are shown once, and work', async () => {
    const made = (await must(at.send(root, 'POST', '/api/v1/users', { name: 'erin' }))).body;
    expect(made).toMatchObject({ user: { name: 'erin', is_enabled: true, roles: [] } });
    const user = { name: 'erin', password: made.password, domain: { name: at.account.domainName } };
    const signOn = async (password: string) => {
      const identity = { methods: ['password'], password: { user: { ...user, password } } };
      const answer = await at.sample.app.inject({
        method: 'POST',
        url: '/v3/auth/tokens',
        payload: { auth: { identity } },
      });
      return answer.statusCode;
    };
    expect(await signOn(made.password)).toBe(201);
    const given = (
      await must(at.send(root, 'PUT', `/api/v1/users/${made.user.id}/password`, { password: 'chosen-by-me' }))
    ).body;
    expect(given.password).toBeNull();
    expect([await signOn(made.password), await signOn('chosen-by-me')]).toEqual([401, 201]);
    const key = (await must(at.send(root, 'POST', `/api/v1/users/${made.user.id}/access-keys`))).body;
    const listed = [
      await at.send(root, 'GET', `/api/v1/users/${made.user.id}/access-keys`),
      await at.send(root, 'GET', '/api/v1/users'),
    ];
    expect(listed[0]?.body.access_keys).toMatchObject([{ ak: key.access_key.ak, is_enabled: true }]);
    for (const secret of [key.sk, made.password, 'chosen-by-me', 'argon2']) {
      expect(JSON.stringify(listed)).not.toContain(secret);
    }
  });

  test('a disabled user or key is out at once, tokens of a changed password too', async () => {
    const alice = await at.makeUser('alice', { [home]: 'operator' });
    const list = async () => codeOf(await at.send(alice, 'GET', `/v1.1/${home}/clusters`));
    expect(await list()).toBe('200');
    const user = `/api/v1/users/${alice.id}`;
    await must(at.send(root, 'PUT', `${user}/access-keys/${alice.ak}`, { is_enabled: false }));
    expect(await list()).toBe('401 APIGW.0301');
    await must(at.send(root, 'PUT', `${user}/access-keys/${alice.ak}`, { is_enabled: true }));
    await must(at.send(root, 'PUT', user, { is_enabled: false }));
    expect(await list()).toBe('401 APIGW.0301');
    await must(at.send(root, 'PUT', user, { is_enabled: true }));
    expect(await list()).toBe('200');
  });

  test('the last administrator cannot be removed, whichever way; of two that remove each other one stays', async () => {
    const me = at.account.userId;
    const attempts = [
      ['DELETE', `/api/v1/users/${me}/roles/all`, undefined],
      ['PUT', `/api/v1/users/${me}/roles/all`, { role: 'operator' }],
      ['PUT', `/api/v1/users/${me}`, { is_enabled: false }],
    ] as const;
    for (const [method, target, body] of attempts) {
      expect(codeOf(await at.send(root, method, target, body))).toBe('409 IAM.0005');
    }
    const second = await at.makeUser('second', { all: 'administrator' });
    const both = await Promise.all([
      at.send(root, 'DELETE', `/api/v1/users/${second.id}/roles/all`),
      at.send(second, 'DELETE', `/api/v1/users/${me}/roles/all`),
    ]);
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
    const { domainId } = at.account;
    expect(await at.sample.store.identity.listRoles(domainId)).toHaveLength(1);
  });

  test('what is wrong is said by its code, and another account is not there', async () => {
    const { identity } = at.sample.store;
    await identity.createDomain({ id: 'd2', name: 'd2' });
    const me = await identity.findUser({ id: at.account.userId });
    if (me === null) throw new Error('no user');
    await identity.createUser({ ...me, id: 'u2', name: 'foreign', domainId: 'd2' });
    const codes = await Promise.all(
      (
        [
          ['POST', '/api/v1/users', { name: 'admin' }],
          ['POST', '/api/v1/users', { name: '../x' }],
          ['POST', '/api/v1/users', { name: 'ok', password: 'short' }],
          ['POST', '/api/v1/users', {}],
          ['PUT', `/api/v1/users/${at.account.userId}/roles/${home}`, { role: 'king' }],
          ['PUT', `/api/v1/users/${at.account.userId}/roles/nowhere`, { role: 'operator' }],
          ['PUT', '/api/v1/users/u2', { is_enabled: false }],
          ['PUT', '/api/v1/users/u2/password', {}],
          ['GET', '/api/v1/users/u2/access-keys', undefined],
          ['POST', '/api/v1/projects', { name: 'cn-north-4' }],
          ['PUT', `/api/v1/projects/${'f'.repeat(32)}`, { is_enabled: false }],
        ] as const
      ).map(async ([method, target, body]) => codeOf(await at.send(root, method, target, body))),
    );
    expect(codes).toEqual([
      '409 IAM.0005',
      '400 Cdm.0014',
      '400 Cdm.0014',
      '400 Cdm.0238',
      '400 Cdm.0014',
      '404 IAM.0004',
      '404 IAM.0004',
      '404 IAM.0004',
      '404 IAM.0004',
      '409 IAM.0005',
      '404 IAM.0004',
    ]);
    await must(at.send(root, 'PUT', `/api/v1/projects/${other}`, { is_enabled: false }));
    expect(codeOf(await at.send(root, 'GET', `/v1.1/${other}/clusters`))).toBe('403 APIGW.0310');
  });
});

describe('user isolation', () => {
  async function isolated(userIsolation: boolean): Promise<SampleKey[]> {
    await at.sample.close();
    at = await sampleAccount({ userIsolation });
    root = at.account;
    home = at.account.projectId;
    const names = ['ann', 'ben'];
    return Promise.all(names.map((name) => at.makeUser(name, { [home]: 'operator' satisfies Role })));
  }

  test('on: what others made is not there, for any operation; the administrator sees all', async () => {
    const [ann, ben] = await isolated(true);
    if (ann === undefined || ben === undefined) throw new Error('no users');
    const cluster = await at.sample.makeCluster(home);
    const cdm = `/v1.1/${home}/clusters/${cluster}/cdm`;
    for (const name of ['source', 'target']) await must(at.send(ann, 'POST', `${cdm}/link`, linkBody(name)));
    await must(at.send(ann, 'POST', `${cdm}/job`, jobBody('j')));
    await must(at.send(ann, 'PUT', `${cdm}/job/j/start`));
    const run = await at.sample.store.runs.latest(cluster, 'j');
    at.sample.runs.drivenRun = run;
    const runs = `/api/v1/projects/${home}/clusters/${cluster}/jobs`;

    const asks: readonly (readonly [string, string, object?])[] = [
      ['GET', `${cdm}/link/{source}`],
      ['PUT', `${cdm}/link/{source}`, linkBody('source')],
      ['DELETE', `${cdm}/link/{target}`],
      ['GET', `${cdm}/job/{j}`],
      ['PUT', `${cdm}/job/{j}`, jobBody('j')],
      ['DELETE', `${cdm}/job/{j}`],
      ['PUT', `${cdm}/job/{j}/start`],
      ['PUT', `${cdm}/job/{j}/stop`],
      ['GET', `${cdm}/job/{j}/status`],
      ['GET', `${cdm}/submissions?jname={j}`],
      ['GET', `${runs}/{j}/runs`],
      ['GET', `${runs}/{j}/runs/${run?.id}`],
      ['POST', `${runs}/{j}/runs/${run?.id}/resume`],
    ];
    for (const [method, target, body] of asks) {
      const there = await at.send(ben, method, target.replaceAll(/[{}]/g, ''), body);
      const absent = await at.send(ben, method, target.replaceAll(/\{\w+\}/g, 'absent'), body);
      expect(codeOf(there), `${method} ${target}`).toBe(codeOf(absent));
      expect(there.status, `${method} ${target}`).toBeGreaterThanOrEqual(400);
    }
    expect((await at.send(ben, 'GET', `${cdm}/link/all`)).body.links).toEqual([]);
    expect((await at.send(ben, 'GET', `${cdm}/job/all`)).body).toMatchObject({ total: 0, jobs: [] });
    // Names are one space: another's is taken, and his links cannot be built upon.
    expect(codeOf(await at.send(ben, 'POST', `${cdm}/link`, linkBody('source')))).toBe('400 Cdm.0315');
    expect(codeOf(await at.send(ben, 'POST', `${cdm}/job`, jobBody('mine')))).toBe('400 Cdm.0101');
    for (const key of [ann, root]) {
      expect((await at.send(key, 'GET', `${cdm}/link/all`)).body.links).toHaveLength(2);
      expect((await at.send(key, 'GET', `${cdm}/job/all`)).body.total).toBe(1);
      expect((await at.send(key, 'GET', `${cdm}/job/j/status`)).status).toBe(200);
      expect((await at.send(key, 'GET', `${runs}/j/runs/${run?.id}`)).status).toBe(200);
      expect((await at.send(key, 'GET', `${runs}/j/runs`)).body.total).toBe(1);
    }
  });

  test('off: everybody sees what anybody made', async () => {
    const [ann, ben] = await isolated(false);
    if (ann === undefined || ben === undefined) throw new Error('no users');
    const cdm = `/v1.1/${home}/clusters/${await at.sample.makeCluster(home)}/cdm`;
    await must(at.send(ann, 'POST', `${cdm}/link`, linkBody('source')));
    expect((await at.send(ben, 'GET', `${cdm}/link/source`)).status).toBe(200);
    await must(at.send(ben, 'DELETE', `${cdm}/link/source`));
  });
});
