import type { OptionValues } from '@sluice/core/options/option';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linkSecretContext } from '../secrets/sealed-values.ts';
import { projectA, projectB, type SampleApp, sampleApp, sampleBox } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

const passphrase = 'a long enough passphrase';
const secret = 'Mig#2024%';

let sample: SampleApp;
let clusterId: string;
beforeEach(async () => {
  sample = await sampleApp();
  clusterId = await sample.makeCluster(projectA);
  for (const name of ['source', 'target']) await cdm('link', linkBody(name));
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

async function post(url: string, payload?: unknown, language = 'en-us', token = `alice@${projectA}`) {
  const answer = await sample.app.inject({
    method: 'POST',
    url,
    headers: { 'x-auth-token': token, 'x-language': language },
    ...(payload === undefined ? {} : { payload: payload as object }),
  });
  return { status: answer.statusCode, body: answer.json(), text: answer.payload };
}

const cdm = (path: string, payload: object, cluster = clusterId) =>
  post(`/v1.1/${projectA}/clusters/${cluster}/cdm/${path}`, payload);

const own = (path: string, payload?: unknown, cluster = clusterId, language = 'en-us') =>
  post(`/api/v1/projects/${projectA}/clusters/${cluster}/${path}`, payload, language);

/** Everything of a cluster but ids, times and who did it. */
async function contentOf(cluster: string) {
  const links = await sample.store.links.list(cluster);
  const { jobs } = await sample.store.jobs.list(cluster, { type: null, filter: '', pageNo: 1, pageSize: 99 });
  return {
    links: links.map((link) => ({
      name: link.name,
      connector: link.connector,
      options: link.options,
      isEnabled: link.isEnabled,
      secrets:
        link.sealedSecrets === null
          ? {}
          : (JSON.parse(sampleBox.open(link.sealedSecrets, linkSecretContext(cluster))) as OptionValues),
    })),
    jobs: jobs.map((job) => ({
      name: job.name,
      type: job.type,
      ends: [job.fromConnector, job.fromLink, job.toConnector, job.toLink],
      options: [job.fromOptions, job.toOptions, job.driverOptions],
    })),
  };
}

describe('an export', () => {
  test('has the published form, with a placeholder for each secret and the secret nowhere', async () => {
    await cdm('job', jobBody('j', { from: { 'fromJobConfig.BatchJob': 'false' } }));
    const { status, body, text } = await own('export');
    expect(status).toBe(200);
    expect(text).not.toContain(secret);
    expect(text).not.toContain('sealed');
    const [source] = body.links;
    expect(source).toMatchObject({
      name: 'source',
      'connector-name': 'generic-jdbc-connector',
      enabled: true,
    });
    const inputs = source['link-config-values'].configs[0].inputs;
    expect(inputs).toContainEqual({ name: 'linkConfig.password', value: 'Add password here' });
    expect(source['link-config-values']).toMatchObject({ 'extended-configs': {}, validators: [] });
    expect(body.jobs[0]['from-config-values']['extended-configs']).toEqual({
      name: 'fromJobConfig.extendedFields',
      value: 'eyLCYXRjaEpvYiI6ImZhbHNlIn0=',
    });
  });

  test('takes all, links, jobs, jobs by name or group with the links that they use', async () => {
    await cdm('link', linkBody('unused'));
    await cdm('job', jobBody('one'));
    await cdm('job', jobBody('two', { driver: { 'groupJobConfig.groupName': 'night' } }));
    const namesOf = async (payload: object) => {
      const { body } = await own('export', payload);
      return [body.links, body.jobs].map((list) => list.map(({ name }: { name: string }) => name).join(' '));
    };
    expect(await namesOf({})).toEqual(['source target unused', 'one two']);
    expect(await namesOf({ kinds: 'links' })).toEqual(['source target unused', '']);
    expect(await namesOf({ kinds: 'jobs' })).toEqual(['', 'one two']);
    expect(await namesOf({ job_names: ['one'] })).toEqual(['source target', 'one']);
    expect(await namesOf({ job_groups: ['night'] })).toEqual(['source target', 'two']);
    expect(await namesOf({ kinds: 'jobs', job_groups: ['night'], job_names: ['one'] })).toEqual([
      '',
      'one two',
    ]);
    expect(await namesOf({ kinds: 'links', link_names: ['unused'] })).toEqual(['unused', '']);
    expect((await own('export', { job_names: ['absent'] })).body).toMatchObject({ errCode: 'Cdm.0100' });
    expect((await own('export', { link_names: ['absent'] })).body).toMatchObject({ errCode: 'Cdm.0101' });
    expect((await own('export', { kinds: 'other' })).body).toMatchObject({ errCode: 'Cdm.0014' });
  });

  test('keeps references to variables as they are written, and an import needs none of them', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: so jobs refer to variables.
    const [table, rate] = ['t_${region}', '${rate}'];
    const driver = { 'throttlingConfig.throttling': 'true', 'throttlingConfig.byteRate': rate };
    expect(
      (await cdm('job', jobBody('j', { from: { 'fromJobConfig.tableName': table }, driver }))).status,
    ).toBe(200);
    const { body } = await own('export', { job_names: ['j'], kinds: 'jobs' });
    const other = await sample.makeCluster(projectA);
    for (const name of ['source', 'target']) await cdm('link', linkBody(name), other);
    const imported = await own('import', { jobs: body.jobs }, other);
    expect(imported.body).toMatchObject({ created: 1, refused: 0 });
    const [before, after] = await Promise.all([contentOf(clusterId), contentOf(other)]);
    expect(after.jobs).toEqual(before.jobs);
    expect(JSON.stringify(after.jobs)).toContain(table);
    expect(JSON.stringify(after.jobs)).toContain(rate);
  });

  test('is refused when no import would take it', async () => {
    for (const name of ['a', 'b', 'c']) {
      await cdm('job', jobBody(name, { from: { 'fromJobConfig.tableName': 'x'.repeat(400_000) } }));
    }
    const refused = await own('export');
    expect([refused.status, refused.body.errCode]).toEqual([400, 'Cdm.0014']);
    expect((await own('export', { job_names: ['a', 'b'] })).status).toBe(200);
  });

  test('under a passphrase shows nothing of its content, and asks for a passphrase of some length', async () => {
    const { status, body, text } = await own('export/sealed', { passphrase });
    expect([status, body.format, body.version]).toEqual([200, 'sluice-transfer', 1]);
    for (const word of [secret, passphrase, 'source', '127.0.0.1']) expect(text).not.toContain(word);
    expect((await own('export/sealed', { passphrase: 'short' })).body).toMatchObject({ errCode: 'Cdm.0014' });
    expect((await own('export/sealed', {})).body).toMatchObject({ errCode: 'Cdm.0014' });
  });

  test('is for those who may act in the project', async () => {
    const url = `/api/v1/projects/${projectA}/clusters/${clusterId}/export/sealed`;
    expect((await post(url, { passphrase }, 'en-us', `bob@${projectB}`)).status).toBe(403);
    // Who can open the file can read the secrets.
    expect((await post(url, { passphrase }, 'en-us', `bob=operator@${projectA}`)).status).toBe(403);
    const plain = `/api/v1/projects/${projectA}/clusters/${clusterId}/export`;
    expect((await post(plain, {}, 'en-us', `bob=read_only@${projectA}`)).status).toBe(200);
    const foreign = `/api/v1/projects/${projectB}/clusters/${clusterId}/export`;
    expect((await post(foreign, {}, 'en-us', `bob@${projectB}`)).status).toBe(404);
  });
});

describe('an import', () => {
  test('needs no retyping of a file under a passphrase', async () => {
    await cdm('job', jobBody('j'));
    const file = (await own('export/sealed', { passphrase })).body;
    const other = await sample.makeCluster(projectA);
    const { status, body } = await own('import', { file, passphrase }, other);
    expect([status, body.created, body.refused]).toEqual([200, 3, 0]);
    expect(await contentOf(other)).toEqual(await contentOf(clusterId));
    expect((await contentOf(other)).links[0]?.secrets).toEqual({ 'linkConfig.password': secret });
    const wrong = await own('import', { file, passphrase: 'another passphrase' }, other);
    expect([wrong.status, wrong.body.errCode]).toEqual([400, 'Cdm.0015']);
    const content = `A${file.content.slice(1)}`;
    const changed = content === file.content ? `B${content.slice(1)}` : content;
    const tampered = await own('import', { file: { ...file, content: changed }, passphrase }, other);
    expect([tampered.status, tampered.body.errCode]).toEqual([400, 'Cdm.0015']);
  });

  test('never overwrites, and says of each entry what became of it, in both languages', async () => {
    await cdm('job', jobBody('j'));
    const before = await contentOf(clusterId);
    const file = (await own('export')).body;
    file.jobs.push({ ...file.jobs[0], name: 'fresh' }, { ...file.jobs[0], name: 'bad name' }, 'no job');
    const { body } = await own('import', file);
    const told = body.items.map((item: { kind: string; name: string; outcome: string; finding: Finding }) =>
      [item.kind, item.name, item.outcome, item.finding?.code ?? ''].join(' '),
    );
    expect(told).toEqual([
      'link source skipped Cdm.0315',
      'link target skipped Cdm.0315',
      'job j skipped Cdm.0104',
      'job fresh created ',
      'job bad name refused Cdm.0327',
      'job  refused Cdm.0018',
    ]);
    expect(body).toMatchObject({ created: 1, skipped: 3, refused: 2, is_dry_run: false });
    const after = await contentOf(clusterId);
    expect(after.links).toEqual(before.links);
    expect(after.jobs.filter(({ name }) => name === 'j')).toEqual(before.jobs);
    const chinese = (await own('import', file, clusterId, 'zh-cn')).body;
    expect(chinese.items[0].finding.message).toMatch(/\p{Script=Han}/u);
  });

  test('refuses links whose secrets nobody has filled in, and jobs without their links', async () => {
    await cdm('job', jobBody('j'));
    const file = (await own('export')).body;
    const other = await sample.makeCluster(projectA);
    const { body } = await own('import', file, other);
    expect(body).toMatchObject({ created: 0, refused: 3 });
    expect(body.items[0].finding).toMatchObject({ code: 'Cdm.0238' });
    expect(body.items[0].finding.message).toContain('linkConfig.password');
    expect(body.items[2].finding).toMatchObject({ code: 'Cdm.0101' });
    const filled = JSON.parse(JSON.stringify(file).replaceAll('Add password here', 'new secret'));
    expect((await own('import', filled, other)).body).toMatchObject({ created: 3 });
    expect((await contentOf(other)).links[1]?.secrets).toEqual({ 'linkConfig.password': 'new secret' });
  });

  test('can be tried: the same answer, and nothing stored', async () => {
    await cdm('job', jobBody('j'));
    const file = (await own('export/sealed', { passphrase })).body;
    const other = await sample.makeCluster(projectA);
    const tried = await own('import', { file, passphrase, dry_run: true }, other);
    expect(tried.body).toMatchObject({ is_dry_run: true, created: 3 });
    expect(await contentOf(other)).toEqual({ links: [], jobs: [] });
    expect((await own('import', { file, passphrase }, other)).body.items).toEqual(tried.body.items);
  });

  test('is one transaction: when the store fails half-way nothing is there', async () => {
    await cdm('job', jobBody('j'));
    const file = (await own('export/sealed', { passphrase })).body;
    const other = await sample.makeCluster(projectA);
    const { transaction } = sample.store;
    Object.assign(sample.store, {
      transaction: (work: (tx: unknown) => Promise<unknown>) =>
        transaction.call(sample.store, (tx) =>
          work({ ...tx, jobs: Object.assign(Object.create(tx.jobs), { create: fails }) }),
        ),
    });
    expect((await own('import', { file, passphrase }, other)).status).toBe(500);
    expect(await contentOf(other)).toEqual({ links: [], jobs: [] });
  });

  test('says what is no file', async () => {
    const codeOf = async (payload: unknown) => (await own('import', payload)).body.errCode;
    expect(await codeOf({})).toBe('Cdm.0016');
    expect(await codeOf([])).toBe('Cdm.0015');
    expect(await codeOf({ links: 'x' })).toBe('Cdm.0015');
    expect(await codeOf({ file: { format: 'other' } })).toBe('Cdm.0015');
    expect(await codeOf({ file: 7 })).toBe('Cdm.0015');
    expect(await codeOf({ jobs: ['x'.repeat(1024 * 1024)] })).toBe('Cdm.0015');
  });
});

interface Finding {
  readonly code: string;
}

function fails(): Promise<never> {
  return Promise.reject(new Error('the disk is full'));
}

describe('round trips', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 }).map((value) => value.toWellFormed());
  const named = text.filter((value) => value.trim() !== '' && !/^\s*add password here\.?\s*$/i.test(value));
  const linkOptions = fc.record(
    {
      'linkConfig.password': named,
      'linkConfig.username': named,
      'linkConfig.port': fc.integer({ min: 1, max: 65_535 }).map(String),
      'linkConfig.jdbcProperties': fc.dictionary(named, text, { maxKeys: 3, noNullPrototype: true }),
      'dialect.identifierEnclose': text,
      'linkConfig.usingNative': fc.boolean().map(String),
    },
    { requiredKeys: ['linkConfig.password', 'linkConfig.username', 'linkConfig.port'] },
  );
  const jobParts = fc.record({
    from: fc.record(
      {
        'fromJobConfig.tableName': named,
        'fromJobConfig.schemaName': text,
        'fromJobConfig.BatchJob': fc.boolean().map(String),
      },
      { requiredKeys: ['fromJobConfig.tableName'] },
    ),
    to: fc.record({ 'toJobConfig.tableName': named.map((name) => `to ${name}`) }),
    driver: fc.record(
      { 'groupJobConfig.groupName': named, 'transformConfig.trans': fc.constant([]) },
      { requiredKeys: [] },
    ),
  });

  test('export and import bring every option and secret to another cluster, in clear and under a passphrase', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(linkOptions, jobParts, fc.boolean(), async (options, parts, isSealed) => {
        const [from, to] = [await sample.makeCluster(projectA), await sample.makeCluster(projectA)];
        round++;
        await cdm('link', linkBody('source', options), from);
        await cdm('link', linkBody('target'), from);
        const made = await cdm('job', jobBody(`j${round}`, parts), from);
        expect(made.status, made.text).toBe(200);
        const before = await contentOf(from);
        const password = String(before.links[0]?.secrets['linkConfig.password']);
        if (isSealed) {
          const file = (await own('export/sealed', { passphrase }, from)).body;
          expect((await own('import', { file, passphrase }, to)).body).toMatchObject({ created: 3 });
        } else {
          const { body: file } = await own('export', {}, from);
          for (const [at, value] of [password, secret].entries()) {
            const { inputs } = file.links[at]['link-config-values'].configs[0];
            const input = inputs.find(({ name }: { name: string }) => name === 'linkConfig.password');
            expect(input.value).toBe('Add password here');
            input.value = value;
          }
          expect((await own('import', file, to)).body).toMatchObject({ created: 3 });
        }
        expect(await contentOf(to)).toEqual(before);
      }),
      { numRuns: 16 },
    );
  }, 120_000);
});
