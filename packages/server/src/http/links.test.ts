import { SluiceError } from '@sluice/core/errors/sluice-error';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectA, projectB, type SampleApp, sampleApp, sampleBox } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

type Method = Parameters<SampleApp['send']>[0];

let sample: SampleApp;
let clusterId: string;
beforeEach(async () => {
  sample = await sampleApp();
  clusterId = await sample.makeCluster(projectA);
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

const send = (method: Method, path: string, payload?: object, project = projectA) =>
  sample.send(method, `/v1.1/${project}/clusters/${clusterId}/cdm${path}`, payload, `alice@${project}`);

async function outcome(...args: Parameters<typeof send>): Promise<[number, string]> {
  const answer = await send(...args);
  return [answer.statusCode, answer.json().errCode ?? ''];
}

describe('create', () => {
  test('tests the link with its secret, stores it, and answers name and findings', async () => {
    const answer = await send('POST', '/link', linkBody('l1'));
    expect([answer.statusCode, answer.json()]).toEqual([200, { name: 'l1', 'validation-result': [{}] }]);
    expect(sample.runs.checked).toEqual([
      {
        connector: 'generic-jdbc-connector',
        options: {
          'linkConfig.databaseType': 'POSTGRESQL',
          'linkConfig.host': '127.0.0.1',
          'linkConfig.port': '5432',
          'linkConfig.username': 'cdm',
          'linkConfig.password': 'Mig#2024%',
        },
      },
    ]);
  });

  test('the secret rests sealed, bound to the cluster, and never leaves', async () => {
    await send('POST', '/link', linkBody('l1'));
    const stored = await sample.store.links.find(clusterId, 'l1');
    expect(JSON.stringify(stored)).not.toContain('Mig#2024');
    expect(JSON.parse(sampleBox.open(stored?.sealedSecrets ?? '', `link:${clusterId}`))).toEqual({
      'linkConfig.password': 'Mig#2024%',
    });
    for (const path of ['/link/l1', '/link/all', '/link']) {
      const answer = await send('GET', path);
      expect(answer.body).not.toContain('Mig#2024');
      const [link] = answer.json().links;
      expect(link['link-config-values'].configs[0].inputs).toContainEqual({ name: 'linkConfig.password' });
    }
  });

  test('validate=true tests and stores nothing; any other text stores', async () => {
    expect((await send('POST', '/link?validate=true', linkBody('l1'))).json()).toEqual({
      name: 'l1',
      'validation-result': [{}],
    });
    expect(sample.runs.checked).toHaveLength(1);
    expect(await outcome('GET', '/link/l1')).toEqual([404, 'Cdm.0101']);
    expect(await outcome('POST', '/link?validate=false', linkBody('l1'))).toEqual([200, '']);
    expect(await outcome('GET', '/link/l1')).toEqual([200, '']);
  });

  test.each(['/link', '/link?validate=true'])(
    '%s: a link that fails its test is 500 with both forms of the finding, and is not stored',
    async (path) => {
      sample.runs.finding = new SluiceError('Cdm.0901', { cause: 'connection refused' });
      const answer = await send('POST', path, linkBody('l1'));
      expect(answer.statusCode).toBe(500);
      const body = answer.json();
      expect(body.errCode).toBe('Cdm.0901');
      expect(body.message).toContain('connection refused');
      expect(body['validation-result']).toEqual([
        { linkConfig: [{ message: body.message, status: 'ERROR' }] },
      ]);
      expect(await outcome('GET', '/link/l1')).toEqual([404, 'Cdm.0101']);
    },
  );

  test('too many tests at once are no finding about the link: 429, and nothing is stored', async () => {
    sample.runs.finding = new SluiceError('APIGW.0308', { limit: 64, seconds: 1 });
    const answer = await send('POST', '/link', linkBody('l1'));
    expect([answer.statusCode, answer.json().errCode]).toEqual([429, 'APIGW.0308']);
    expect(answer.headers['retry-after']).toBe('1');
    expect(await sample.store.links.list(clusterId)).toEqual([]);
  });

  test('a finding that is no error of ours is 500 without its words', async () => {
    sample.runs.checkLink = () => Promise.reject(new Error('stack and all'));
    const answer = await send('POST', '/link', linkBody('l1'));
    expect([answer.statusCode, answer.json().errCode]).toEqual([500, 'Cdm.0036']);
    expect(answer.body).not.toContain('stack and all');
  });

  test('an address that may not be named is not tried', async () => {
    const answer = await send('POST', '/link', linkBody('l1', { 'linkConfig.host': '169.254.169.254' }));
    expect([answer.statusCode, answer.json().errCode]).toEqual([500, 'Cdm.0941']);
    expect(answer.json().message).toContain('169.254.169.254');
    expect(sample.runs.checked).toEqual([]);
  });

  test.each([
    ['taken', linkBody('taken'), 'Cdm.0315'],
    ['all', linkBody('all'), 'Cdm.0327'],
    ['-x', linkBody('-x'), 'Cdm.0327'],
    ['.x', linkBody('.x'), 'Cdm.0327'],
    ['a/b', linkBody('a/b'), 'Cdm.0327'],
    ['too long', linkBody('x'.repeat(241)), 'Cdm.0327'],
    ['no name', linkBody(''), 'Cdm.0238'],
    ['no such connector', linkBody('l', {}, 'nope'), 'Cdm.0102'],
    ['unknown option', linkBody('l', { 'linkConfig.nope': '1' }), 'Cdm.0089'],
    ['missing option', linkBody('l', { 'linkConfig.host': undefined }), 'Cdm.0238'],
    ['blank option', linkBody('l', { 'linkConfig.host': ' ' }), 'Cdm.0238'],
    ['missing secret', linkBody('l', { 'linkConfig.password': undefined }), 'Cdm.0238'],
    ['masked secret', linkBody('l', { 'linkConfig.password': 'Add password here.' }), 'Cdm.0238'],
    ['bad number', linkBody('l', { 'linkConfig.port': 'x' }), 'Cdm.0010'],
    ['bad range', linkBody('l', { 'linkConfig.port': '0' }), 'Cdm.0024'],
    ['bad type', linkBody('l', { 'linkConfig.host': { a: 1 } }), 'Cdm.0004'],
    ['refused option', linkBody('l', { 'linkConfig.dataSourceList': 'x' }), 'Cdm.0014'],
    ['two at once', { links: [linkBody('l').links[0], linkBody('m').links[0]] }, 'Cdm.0018'],
    ['no values', { links: [{ name: 'l', 'connector-name': 'generic-jdbc-connector' }] }, 'Cdm.0238'],
    [
      'values of another shape',
      { links: [{ name: 'l', 'connector-name': 'generic-jdbc-connector', 'link-config-values': 'x' }] },
      'Cdm.0018',
    ],
    ['enabled of another type', { links: [{ ...linkBody('l').links[0], enabled: 7 }] }, 'Cdm.0004'],
  ])('%s', async (_what, body, code) => {
    await send('POST', '/link', linkBody('taken'));
    sample.runs.checked.length = 0;
    expect(await outcome('POST', '/link', body)).toEqual([400, code]);
    expect(sample.runs.checked).toEqual([]);
  });

  test('a name of 240 characters of every kind is taken', async () => {
    const name = `_A9.-${'x'.repeat(235)}`;
    expect(await outcome('POST', '/link', linkBody(name))).toEqual([200, '']);
    expect(await outcome('GET', `/link/${name}`)).toEqual([200, '']);
  });

  test('two creations of one name at once: one wins', async () => {
    const both = await Promise.all([
      outcome('POST', '/link', linkBody('l')),
      outcome('POST', '/link', linkBody('l')),
    ]);
    expect(both.sort()).toEqual([
      [200, ''],
      [400, 'Cdm.0315'],
    ]);
  });
});

describe('read', () => {
  test('one link: members, types, order of inputs', async () => {
    const more = { 'linkConfig.usingNative': false, 'linkConfig.jdbcProperties': { socketTimeout: 300 } };
    await send('POST', '/link', linkBody('l1', more));
    const answer = await send('GET', '/link/l1');
    const [link] = answer.json().links;
    expect(answer.json().links).toHaveLength(1);
    expect(link).toMatchObject({
      name: 'l1',
      'connector-name': 'generic-jdbc-connector',
      enabled: true,
      'creation-user': 'alice',
      'update-user': 'alice',
    });
    expect(link['creation-date']).toBeGreaterThan(1.7e12);
    expect(link['link-config-values'].configs).toEqual([
      {
        name: 'linkConfig',
        inputs: [
          { name: 'linkConfig.databaseType', value: 'POSTGRESQL' },
          { name: 'linkConfig.host', value: '127.0.0.1' },
          { name: 'linkConfig.port', value: '5432' },
          { name: 'linkConfig.username', value: 'cdm' },
          { name: 'linkConfig.usingNative', value: 'false' },
          { name: 'linkConfig.jdbcProperties', value: { socketTimeout: '300' } },
          { name: 'linkConfig.password' },
        ],
      },
    ]);
  });

  test('all: every link by name and the two mapping texts', async () => {
    await send('POST', '/link', linkBody('b'));
    await send('POST', '/link', linkBody('a'));
    const body = (await send('GET', '/link/all')).json();
    expect(body.links.map(({ name }: { name: string }) => name)).toEqual(['a', 'b']);
    expect([body['fromTo-unMapping'], body['batchFromTo-mapping']]).toEqual(['', '']);
    expect((await send('GET', '/link')).json()).toEqual(body);
  });

  test('a bare % is raw by default, and escaped where the switch is on', async () => {
    await send('POST', '/link', linkBody('l1', { 'linkConfig.username': '100%' }));
    const userIn = (body: string) => body.match(/"linkConfig.username","value":"([^"]*)"/)?.[1];
    expect(userIn((await send('GET', '/link/l1')).body)).toBe('100%');

    const other = await sampleApp({ isPercentEncoded: true });
    const id = await other.makeCluster(projectA);
    const request = {
      headers: { 'x-auth-token': `u@${projectA}` },
      url: `/v1.1/${projectA}/clusters/${id}/cdm/link`,
    };
    await other.app.inject({
      ...request,
      method: 'POST',
      payload: linkBody('l1', { 'linkConfig.username': '100%' }),
    });
    const answer = await other.app.inject({ ...request, url: `${request.url}/l1` });
    expect(userIn(answer.body)).toBe('100%25');
    await other.close();
  });
});

describe('update', () => {
  beforeEach(async () => {
    await send('POST', '/link', linkBody('l1'));
    sample.runs.checked.length = 0;
  });

  const secretOf = () => sample.runs.checked.at(-1)?.options['linkConfig.password'];

  test.each([undefined, null, '', 'Add password here', 'Add password here.'])(
    'a secret sent as %j keeps what is stored',
    async (value) => {
      const body = linkBody('l1', { 'linkConfig.password': value, 'linkConfig.username': 'other' });
      const answer = await send('PUT', '/link/l1', body);
      expect([answer.statusCode, answer.json()]).toEqual([200, { 'validation-result': [{}] }]);
      expect(secretOf()).toBe('Mig#2024%');
      const stored = await sample.store.links.find(clusterId, 'l1');
      expect(sampleBox.open(stored?.sealedSecrets ?? '', `link:${clusterId}`)).toContain('Mig#2024%');
      expect(stored?.options['linkConfig.username']).toBe('other');
    },
  );

  test('a link that leads elsewhere needs its secret again: a stored one never goes to another host', async () => {
    const moved = { 'linkConfig.host': '127.0.0.9', 'linkConfig.password': undefined };
    const checksBefore = sample.runs.checked.length;
    expect(await outcome('PUT', '/link/l1', linkBody('l1', moved))).toEqual([400, 'Cdm.0238']);
    expect(sample.runs.checked).toHaveLength(checksBefore);
    expect((await sample.store.links.find(clusterId, 'l1'))?.options['linkConfig.host']).toBe('127.0.0.1');
    const given = { 'linkConfig.host': '127.0.0.9', 'linkConfig.password': 'again' };
    expect((await send('PUT', '/link/l1', linkBody('l1', given))).statusCode).toBe(200);
    expect(secretOf()).toBe('again');
  });

  test('a new secret replaces the old one', async () => {
    await send('PUT', '/link/l1', linkBody('l1', { 'linkConfig.password': 'other' }));
    await send('PUT', '/link/l1', linkBody('l1', { 'linkConfig.password': undefined }));
    expect(secretOf()).toBe('other');
  });

  test('an option that is left out is gone', async () => {
    await send('PUT', '/link/l1', linkBody('l1', { 'linkConfig.usingNative': 'true' }));
    await send('PUT', '/link/l1', linkBody('l1'));
    const stored = await sample.store.links.find(clusterId, 'l1');
    expect(stored?.options).not.toHaveProperty(['linkConfig.usingNative']);
  });

  test('the name in the body renames, and jobs follow', async () => {
    await send('POST', '/link', linkBody('source'));
    await send('POST', '/link', linkBody('target'));
    await send('POST', '/job', jobBody('j'));
    expect(await outcome('PUT', '/link/source', linkBody('renamed'))).toEqual([200, '']);
    expect(await outcome('GET', '/link/source')).toEqual([404, 'Cdm.0101']);
    expect((await send('GET', '/job/j')).json().jobs[0]['from-link-name']).toBe('renamed');
  });

  test('both wraps of an old client are taken', async () => {
    const { links } = linkBody('l1');
    expect(await outcome('PUT', '/link/l1', { links: { links } })).toEqual([200, '']);
    expect(await outcome('PUT', '/link/l1', { links: links[0] })).toEqual([200, '']);
  });

  test('validate=true tests and changes nothing', async () => {
    const body = linkBody('l1', { 'linkConfig.host': '127.0.0.9' });
    expect(await outcome('PUT', '/link/l1?validate=true', body)).toEqual([200, '']);
    expect(sample.runs.checked).toHaveLength(1);
    expect((await sample.store.links.find(clusterId, 'l1'))?.options['linkConfig.host']).toBe('127.0.0.1');
  });

  test('a failed test changes nothing', async () => {
    sample.runs.finding = new SluiceError('Cdm.0950');
    expect(await outcome('PUT', '/link/l1', linkBody('l1', { 'linkConfig.host': '127.0.0.9' }))).toEqual([
      500,
      'Cdm.0950',
    ]);
    expect((await sample.store.links.find(clusterId, 'l1'))?.options['linkConfig.host']).toBe('127.0.0.1');
  });

  test.each([
    ['/link/none', linkBody('none'), 404, 'Cdm.0101'],
    ['/link/l1', linkBody('taken'), 400, 'Cdm.0315'],
    ['/link/l1', linkBody('a/b'), 400, 'Cdm.0327'],
    ['/link/l1', linkBody('l1', {}, 'source-only-connector'), 400, 'Cdm.0317'],
    ['/link/l1', linkBody('l1', { 'linkConfig.nope': '1' }), 400, 'Cdm.0089'],
  ])('%s %#', async (path, body, status, code) => {
    await send('POST', '/link', linkBody('taken'));
    expect(await outcome('PUT', path, body)).toEqual([status, code]);
  });
});

describe('delete', () => {
  test('an unused link goes, and the answer is an empty object', async () => {
    await send('POST', '/link', linkBody('l1'));
    const answer = await send('DELETE', '/link/l1');
    expect([answer.statusCode, answer.json()]).toEqual([200, {}]);
    expect(await outcome('DELETE', '/link/l1')).toEqual([404, 'Cdm.0101']);
  });

  test('a link that a job uses stays', async () => {
    await send('POST', '/link', linkBody('source'));
    await send('POST', '/link', linkBody('target'));
    await send('POST', '/job', jobBody('j'));
    expect(await outcome('DELETE', '/link/target')).toEqual([400, 'Cdm.0321']);
    expect(await outcome('DELETE', '/job/j')).toEqual([200, '']);
    expect(await outcome('DELETE', '/link/target')).toEqual([200, '']);
  });
});

describe('borders', () => {
  test("another project's cluster and a missing one give the same answer", async () => {
    await send('POST', '/link', linkBody('l1'));
    for (const [method, path, body] of [
      ['GET', '/link/l1', undefined],
      ['GET', '/link/all', undefined],
      ['POST', '/link', linkBody('x')],
      ['PUT', '/link/l1', linkBody('l1')],
      ['DELETE', '/link/l1', undefined],
    ] as const) {
      const foreign = await send(method, path, body, projectB);
      const own = clusterId;
      clusterId = 'no-such-cluster';
      const missing = await send(method, path, body, projectB);
      clusterId = own;
      expect(foreign.statusCode).toBe(404);
      expect({ ...foreign.json(), request_id: '' }).toEqual({ ...missing.json(), request_id: '' });
    }
    expect(await outcome('GET', '/link/l1')).toEqual([200, '']);
  });

  test('links of two clusters of one project do not meet', async () => {
    await send('POST', '/link', linkBody('l1'));
    clusterId = await sample.makeCluster(projectA);
    expect(await outcome('GET', '/link/l1')).toEqual([404, 'Cdm.0101']);
    expect(await outcome('POST', '/link', linkBody('l1'))).toEqual([200, '']);
  });

  test('a cluster that is not in the normal state takes no links', async () => {
    const cluster = await sample.store.clusters.find(projectA, clusterId);
    if (cluster === null) throw new Error('no cluster');
    await sample.store.clusters.update({ ...cluster, status: '100' });
    expect(await outcome('GET', '/link/all')).toEqual([400, 'Cdm.0201']);
  });
});
