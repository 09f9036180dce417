import { auditEventsOf } from '@sluice/contract/audit-events';
import { examples } from '@sluice/contract/examples';
import { operations } from '@sluice/contract/operations';
import { ownOperations } from '@sluice/contract/own-operations';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEvent } from '../store/audit-event.ts';
import { tallyLimits } from './refusal-tally.ts';
import { type Answer, type SampleAccount, type SampleKey, sampleAccount } from './sample-account.ts';
import { jobBody, linkBody } from './sample-documents.ts';

let at: SampleAccount;
let root: SampleKey;
let home = '';
let cdm = '';
beforeEach(async () => {
  at = await sampleAccount();
  root = at.account;
  home = at.account.projectId;
  cdm = `/v1.1/${home}/clusters/${await at.sample.makeCluster(home)}/cdm`;
});
afterEach(async () => {
  const { violations } = at.sample;
  await at.sample.close();
  expect(violations).toEqual([]);
});

async function must(asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
  return answer;
}

/** Oldest first. */
async function trail(): Promise<readonly AuditEvent[]> {
  const { domainId } = at.account;
  const filter = {
    domainId,
    projectId: null,
    from: null,
    to: null,
    userName: null,
    event: null,
    resource: null,
  };
  const { events } = await at.sample.store.audit.list({ ...filter, result: null }, 1_000, 0);
  return events.toReversed();
}

const tell = ({ event, resourceType, resourceName, result, errorCode }: AuditEvent) =>
  [event, resourceType, resourceName, result, errorCode]
    .filter((text) => text !== null && text !== '')
    .join(' ');

describe('what is done', () => {
  test('leaves the published events, with what they are about and how they ended', async () => {
    await at.send(root, 'POST', `/v1.1/${home}/clusters`, examples.CreateCluster?.request as object);
    for (const name of ['source', 'target']) await must(at.send(root, 'POST', `${cdm}/link`, linkBody(name)));
    await must(at.send(root, 'POST', `${cdm}/link?validate=true`, linkBody('checked')));
    await must(at.send(root, 'PUT', `${cdm}/link/source`, linkBody('source')));
    await must(at.send(root, 'POST', `${cdm}/job`, jobBody('j')));
    await must(at.send(root, 'PUT', `${cdm}/job/j`, jobBody('j2')));
    await must(at.send(root, 'PUT', `${cdm}/job/j2/start`));
    await must(at.send(root, 'PUT', `${cdm}/job/j2/stop`));
    await must(at.send(root, 'DELETE', `${cdm}/job/j2`));
    await must(at.send(root, 'DELETE', `${cdm}/link/target`));
    at.sample.runs.finding = new SluiceError('Cdm.0901', { cause: 'refused' });
    await at.send(root, 'POST', `${cdm}/link`, linkBody('bad'));
    await at.send(root, 'DELETE', `${cdm}/job/absent`);
    await must(at.send(root, 'DELETE', cdm.replace(/\/cdm$/, '')));
    const told = (await trail()).map(tell).filter((line) => !line.startsWith('createCluster'));
    expect(told).toEqual([
      'createLink link source success',
      'createLink link target success',
      'verifyLink link success',
      'modifyLink link source success',
      'createJob job j success',
      'modifyJob job j2 success',
      'startJob job j2 success',
      'stopJob job j2 success',
      'deleteJob job j2 success',
      'deleteLink link target success',
      'createLink link failure Cdm.0901',
      'deleteJob job absent failure Cdm.0100',
      'deleteCluster cluster c success',
    ]);
    const [first] = await trail();
    expect(first).toMatchObject({
      userName: 'admin',
      userId: at.account.userId,
      projectId: home,
      source: '127.0.0.1',
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
      at: expect.any(Number),
    });
  });

  test('of every operation: one that changes something leaves its event, one that reads leaves none', async () => {
    const everyOperation = [...operations, ...ownOperations];
    for (const operation of everyOperation) {
      const names = auditEventsOf(operation);
      const isRead = operation.access === 'read' || operation.method === 'GET';
      // Nothing is changed by an export, but it is on record.
      const isTold = !isRead || operation.operationId === 'ExportObjects';
      expect(names.length > 0, operation.operationId).toBe(isTold);
      const before = new Set((await trail()).map(({ id }) => id));
      const values: Record<string, string> = {
        project_id: home,
        cluster_id: cdm.split('/')[4] ?? '',
        operation_id: 'CreateLink',
        user_id: at.account.userId,
        role_scope: home,
      };
      const target = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'nothing');
      const sample = examples[operation.operationId]?.request ?? {};
      const body = operation.variant === null ? sample : { [operation.variant.bodyMember]: {} };
      const answer = await at.send(
        root,
        operation.method,
        target,
        operation.request === null ? undefined : body,
      );
      // An operation that this version does not serve yet has done nothing.
      if (answer.body.errCode === 'APIGW.0101') continue;
      const added = (await trail()).filter(({ id }) => !before.has(id));
      expect([...new Set(added.map(({ event }) => event))], operation.operationId).toEqual(names);
      for (const event of added) expect(event.operation).toBe(operation.operationId);
    }
  });

  test('holds no secret: not of links, not of users, not of keys', async () => {
    await must(
      at.send(root, 'POST', `${cdm}/link`, linkBody('source', { 'linkConfig.password': 'hunter-2-link' })),
    );
    const { user, password } = (await must(at.send(root, 'POST', '/api/v1/users', { name: 'ann' }))).body;
    await must(at.send(root, 'PUT', `/api/v1/users/${user.id}/password`, { password: 'hunter-2-user' }));
    const { sk } = (await must(at.send(root, 'POST', `/api/v1/users/${user.id}/access-keys`))).body;
    const written = JSON.stringify(await trail());
    expect((await trail()).map(tell)).toEqual([
      'createLink link source success',
      'createUser user ann success',
      'setUserPassword user ann success',
      'createAccessKey access_key success',
    ]);
    for (const secret of ['hunter-2', password, sk, 'argon2']) expect(written).not.toContain(secret);
  });
});

describe('what is refused', () => {
  test('is written, but a flood of it only counted', async () => {
    const reader = await at.makeUser('reader', { [home]: 'read_only' });
    const from = (await trail()).length;
    for (let i = 0; i < 40; i++) await at.send(reader, 'DELETE', `${cdm}/job/j${i}`);
    const first = (await trail()).slice(from);
    expect(first.map(tell)).toEqual(['accessDenied job j0 failure Cdm.0032']);
    await at.sample.trail.close();
    const both = (await trail()).slice(from);
    expect(both.map(({ repeats }) => repeats)).toEqual([1, 39]);
  });

  test('of many kinds, no more are written than are told apart', async () => {
    const from = (await trail()).length;
    for (let i = 0; i < tallyLimits.kindsMax + 60; i++) {
      const key = { ak: at.account.ak, sk: 'wrong' };
      await at.sample.trail.signInFailed(
        { ak: `AK${i}` },
        { source: `10.0.${i >> 8}.${i & 255}`, requestId: key.ak },
        new SluiceError('APIGW.0301'),
      );
    }
    await at.sample.trail.close();
    const events = (await trail()).slice(from);
    expect(events.length).toBeLessThanOrEqual(tallyLimits.kindsMax + 2);
    expect(events.reduce((sum, { repeats }) => sum + repeats, 0)).toBe(tallyLimits.kindsMax + 60);
  });

  test('a sign-in that failed names the user or key if there is one, never a made-up name', async () => {
    const signOn = async (name: string) => {
      const user = { name, password: 'wrong-one', domain: { name: at.account.domainName } };
      const identity = { methods: ['password'], password: { user } };
      await at.sample.app.inject({ method: 'POST', url: '/v3/auth/tokens', payload: { auth: { identity } } });
    };
    await signOn('admin');
    await signOn('my-password-in-the-wrong-field');
    await at.send({ ak: at.account.ak, sk: 'wrong' }, 'GET', `/v1.1/${home}/clusters`);
    await at.sample.app.inject({ url: `/v1.1/${home}/clusters` });
    const events = await trail();
    expect(events.map(({ event, userName, resourceId }) => [event, userName, resourceId])).toEqual([
      ['signInFailed', 'admin', ''],
      ['signInFailed', '', ''],
      ['signInFailed', '', at.account.ak],
    ]);
    expect(JSON.stringify(events)).not.toContain('my-password');
  });
});

describe('questions to the trail', () => {
  test('filters, pages, both languages; an administrator of a project sees that project', async () => {
    await must(at.send(root, 'POST', `${cdm}/link`, linkBody('source')));
    await must(at.send(root, 'POST', `${cdm}/link`, linkBody('target')));
    await at.send(root, 'DELETE', `${cdm}/job/absent`);
    const boss = await at.makeUser('boss', { [home]: 'administrator' });
    const ofProject = `/api/v1/projects/${home}/audit-events`;
    const all = (await must(at.send(boss, 'GET', ofProject))).body;
    expect(all).toMatchObject({ total: 3, page_no: 1, page_size: 100 });
    expect(all.events.map(({ event }: { event: string }) => event)).toEqual([
      'deleteJob',
      'createLink',
      'createLink',
    ]);
    const count = async (query: string) =>
      (await must(at.send(boss, 'GET', `${ofProject}?${query}`))).body.total;
    const cut = all.events[1].at;
    expect([
      await count('event=createLink'),
      await count('resource=source'),
      await count('result=failure'),
      await count('user=admin'),
      await count('user=boss'),
      await count(`from=${cut}`),
      await count(`to=${all.events[2].at}`),
    ]).toEqual([2, 1, 1, 3, 0, all.events.filter(({ at: a }: { at: number }) => a >= cut).length, 0]);
    const paged = (await must(at.send(boss, 'GET', `${ofProject}?page_no=2&page_size=2`))).body;
    expect(paged.events.map(({ id }: { id: string }) => id)).toEqual([all.events[2].id]);
    expect((await at.send(boss, 'GET', `${ofProject}?from=yesterday`)).body.errCode).toBe('Cdm.0014');
    expect((await at.send(boss, 'GET', '/api/v1/audit-events')).body.errCode).toBe('Cdm.0032');
    const everything = (await must(at.send(root, 'GET', '/api/v1/audit-events?event=createUser'))).body;
    expect(everything.events).toMatchObject([
      { title: 'Create a user, who has no role yet', project_id: null },
    ]);
    const inChinese = await at.sample.app.inject({
      url: `/api/v1/projects/${home}/audit-events?event=createLink&page_size=1`,
      headers: await at.signed(
        boss,
        'GET',
        `/api/v1/projects/${home}/audit-events?event=createLink&page_size=1`,
        'zh-cn',
      ),
    });
    expect(inChinese.json().events).toMatchObject([{ title: '创建连接，或仅校验连接' }]);
  });
});
