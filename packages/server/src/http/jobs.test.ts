import type { InjectOptions } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunRecord } from '../store/model.ts';
import { projectA, projectB, type SampleApp, sampleApp } from './sample-app.ts';
import { type JobParts, jobBody, linkBody } from './sample-documents.ts';

let sample: SampleApp;
let clusterId: string;
beforeEach(async () => {
  sample = await sampleApp();
  clusterId = await sample.makeCluster(projectA);
  await send('POST', '/link', linkBody('source'));
  await send('POST', '/link', linkBody('target'));
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

function send(
  method: NonNullable<InjectOptions['method']>,
  path: string,
  payload?: object,
  project = projectA,
  language = 'en-us',
) {
  return sample.app.inject({
    method,
    url: `/v1.1/${project}/clusters/${clusterId}/cdm${path}`,
    headers: { 'x-auth-token': `alice@${project}`, 'x-language': language },
    ...(payload === undefined ? {} : { payload }),
  });
}

async function outcome(...args: Parameters<typeof send>): Promise<[number, string]> {
  const answer = await send(...args);
  return [answer.statusCode, answer.json().errCode ?? ''];
}

const create = (name: string, parts?: JobParts) => outcome('POST', '/job', jobBody(name, parts));

async function startedRun(name: string): Promise<RunRecord> {
  expect(await outcome('PUT', `/job/${name}/start`)).toEqual([200, '']);
  const run = await sample.store.runs.latest(clusterId, name);
  if (run === null) throw new Error('no run');
  return run;
}

async function statusOf(name: string) {
  return (await send('GET', `/job/${name}/status`)).json().submissions[0];
}

describe('create', () => {
  test('stores the job and answers its name; nothing starts', async () => {
    const answer = await send('POST', '/job', jobBody('j'));
    expect([answer.statusCode, answer.json()]).toEqual([200, { name: 'j', 'validation-result': [] }]);
    expect(await sample.store.runs.latest(clusterId, 'j')).toBeNull();
  });

  test('sets the timer of a scheduled job, an edit moves it, and an impossible schedule is refused in both languages', async () => {
    const driver = {
      'schedulerConfig.isSchedulerJob': 'true',
      'schedulerConfig.cycleType': 'day',
      'schedulerConfig.cycle': '1',
      'schedulerConfig.startDate': '2500-03-01 01:30:00',
    };
    expect(await create('j', { driver })).toEqual([200, '']);
    const job = await sample.store.jobs.find(clusterId, 'j');
    const dueAt = async () => (await sample.store.timers.find(job?.id ?? 0))?.dueAt;
    expect(await dueAt()).toBe(Date.UTC(2500, 1, 28, 17, 30));
    const edit = (change: Record<string, string>) =>
      send('PUT', '/job/j', jobBody('j', { driver: { ...driver, ...change } }), projectA, 'zh-cn');
    expect((await edit({ 'schedulerConfig.startDate': '2500-03-02 01:30:00' })).statusCode).toBe(200);
    expect(await dueAt()).toBe(Date.UTC(2500, 2, 1, 17, 30));
    const refused = await edit({ 'schedulerConfig.stopDate': '2500-01-01 00:00:00' });
    expect([refused.statusCode, refused.json().errCode]).toEqual([400, 'Cdm.0065']);
    expect(refused.body).toContain('stopDate 早于 startDate');
    expect((await edit({ 'schedulerConfig.cycle': '0' })).statusCode).toBe(400);
    expect(await dueAt()).toBe(Date.UTC(2500, 2, 1, 17, 30));
    expect((await edit({ 'schedulerConfig.isSchedulerJob': 'false' })).statusCode).toBe(200);
    expect(await dueAt()).toBeUndefined();
  });

  test('what is read back is what was sent, as text, with extended fields where they belong', async () => {
    await send(
      'POST',
      '/job',
      jobBody('j', {
        from: { 'fromJobConfig.BatchJob': false },
        driver: { 'throttlingConfig.recordDirtyData': false, 'groupJobConfig.groupName': 'night' },
      }),
    );
    const body = (await send('GET', '/job/j')).json();
    expect(body.total).toBe(0);
    expect(body.jobs).toHaveLength(1);
    expect(body.jobs[0]).toMatchObject({
      name: 'j',
      job_type: 'NORMAL_JOB',
      'from-connector-name': 'generic-jdbc-connector',
      'from-link-name': 'source',
      'to-link-name': 'target',
      'from-config-values': {
        configs: [{ name: 'fromJobConfig', inputs: [{ name: 'fromJobConfig.tableName', value: 'a' }] }],
        'extended-configs': { name: 'fromJobConfig.extendedFields', value: 'eyLCYXRjaEpvYiI6ImZhbHNlIn0=' },
      },
      'driver-config-values': {
        configs: [
          {
            name: 'throttlingConfig',
            inputs: [
              { name: 'throttlingConfig.numExtractors', value: '3' },
              { name: 'throttlingConfig.recordDirtyData', value: 'false' },
            ],
          },
          { name: 'groupJobConfig', inputs: [{ name: 'groupJobConfig.groupName', value: 'night' }] },
        ],
      },
      status: 'NEW',
      group_name: 'night',
      enabled: true,
      'creation-user': 'alice',
    });
    expect(body.jobs[0]).not.toHaveProperty('execute_start_date');
  });

  test('type and connectors may be left out: the links say them', async () => {
    const frame = { job_type: undefined, 'from-connector-name': undefined, 'to-connector-name': '' };
    expect(await create('j', { frame })).toEqual([200, '']);
    expect((await send('GET', '/job/j')).json().jobs[0]).toMatchObject({
      job_type: 'NORMAL_JOB',
      'to-connector-name': 'generic-jdbc-connector',
    });
  });

  test.each<[string, string, JobParts, string]>([
    ['taken', 'taken', {}, 'Cdm.0104'],
    ['reserved name', 'all', {}, 'Cdm.0327'],
    ['bad name', 'a b', {}, 'Cdm.0327'],
    ['long name', 'x'.repeat(241), {}, 'Cdm.0327'],
    ['no source link', 'j', { frame: { 'from-link-name': 'none' } }, 'Cdm.0101'],
    ['no target link', 'j', { frame: { 'to-link-name': 'none' } }, 'Cdm.0101'],
    ['source link not named', 'j', { frame: { 'from-link-name': undefined } }, 'Cdm.0238'],
    ['another connector', 'j', { frame: { 'from-connector-name': 'source-only-connector' } }, 'Cdm.0317'],
    ['unknown connector', 'j', { frame: { 'from-connector-name': 'nope' } }, 'Cdm.0102'],
    ['no sink', 'j', { frame: { 'to-link-name': 'ro', 'to-connector-name': undefined } }, 'Cdm.0061'],
    ['unknown type', 'j', { frame: { job_type: 'NIGHT_JOB' } }, 'Cdm.0055'],
    ['unknown option', 'j', { from: { 'fromJobConfig.nope': 1 } }, 'Cdm.0089'],
    ['unknown driver option', 'j', { driver: { 'throttlingConfig.nope': 1 } }, 'Cdm.0089'],
    ['missing option', 'j', { from: { 'fromJobConfig.tableName': undefined } }, 'Cdm.0238'],
    ['refused option', 'j', { from: { 'fromJobConfig.cdc': true } }, 'Cdm.0014'],
    ['too many extractors', 'j', { driver: { 'throttlingConfig.numExtractors': 301 } }, 'Cdm.0024'],
    ['values of another shape', 'j', { frame: { 'from-config-values': [] } }, 'Cdm.0018'],
  ])('%s', async (_what, name, parts, code) => {
    await send('POST', '/link', linkBody('ro', {}, 'source-only-connector'));
    await create('taken');
    expect(await create(name, parts)).toEqual([400, code]);
  });

  test('a refused option is named, in both languages', async () => {
    const body = jobBody('j', { from: { 'fromJobConfig.cdc': true } });
    expect((await send('POST', '/job', body)).json().message).toMatch(
      /fromJobConfig\.cdc.*this version does not act on/,
    );
    expect((await send('POST', '/job', body, projectA, 'zh-cn')).json().message).toMatch(
      /fromJobConfig\.cdc.*当前版本/,
    );
  });

  test('more than one job is refused, and none is stored', async () => {
    const body = { jobs: [...jobBody('a').jobs, ...jobBody('b').jobs] };
    expect(await outcome('POST', '/job', body)).toEqual([400, 'Cdm.0018']);
    expect((await send('GET', '/job/all')).json()).toMatchObject({ total: 0, jobs: [] });
  });

  test('jobs of a type that nobody describes are kept and listed, and a start says that they are not run', async () => {
    expect(await create('scenario', { frame: { job_type: 'SCENARIO_JOB' } })).toEqual([200, '']);
    expect((await send('GET', '/job/all')).json().total).toBe(0);
    expect((await send('GET', '/job/all?jobType=SCENARIO_JOB')).json().total).toBe(1);
    const answer = await send('PUT', '/job/scenario/start');
    expect([answer.statusCode, answer.json().errCode]).toEqual([400, 'Cdm.0055']);
    expect(answer.json().message).toContain('SCENARIO_JOB');
  });
});

describe('list', () => {
  const names = async (query: string) =>
    (await send('GET', `/job/all${query}`)).json().jobs.map(({ name }: { name: string }) => name);

  test('pages count from 1, sizes stay within their bounds, the total counts all pages', async () => {
    for (let at = 10; at < 33; at++) await create(`job${at}`);
    const first = (await send('GET', '/job/all')).json();
    expect([first.total, first.page_no, first.page_size, first.jobs.length]).toEqual([23, 1, 10, 10]);
    expect(await names('?page_no=3')).toEqual(['job30', 'job31', 'job32']);
    expect(await names('?page_no=4')).toEqual([]);
    expect(await names('?page_size=20&page_no=2')).toEqual(['job30', 'job31', 'job32']);
    for (const [query, size] of [
      ['?page_size=1', 10],
      ['?page_size=1000', 100],
      ['?page_size=x', 10],
      ['?page_no=0', 10],
      ['?page_no=-5&page_size=', 10],
    ] as const) {
      const body = (await send('GET', `/job/all${query}`)).json();
      expect([body.page_no, body.page_size]).toEqual([1, size]);
    }
  });

  test('the filter is a substring, taken literally', async () => {
    for (const name of ['orders_day', 'ordersXday', 'other']) await create(name);
    expect(await names('?filter=orders')).toEqual(['ordersXday', 'orders_day']);
    expect(await names('?filter=s_d')).toEqual(['orders_day']);
    expect(await names('?filter=%25')).toEqual([]);
    expect(await outcome('GET', '/job/all?jobType=nope')).toEqual([400, 'Cdm.0055']);
  });

  test('each job shows the status of its last run', async () => {
    for (const name of ['a', 'b']) await create(name);
    await startedRun('a');
    const { jobs } = (await send('GET', '/job/all')).json();
    expect(jobs.map(({ status }: { status: string }) => status)).toEqual(['BOOTING', 'NEW']);
  });
});

describe('update and delete', () => {
  beforeEach(() => create('j'));

  test('the body takes the place of the job; another name renames it', async () => {
    const answer = await send('PUT', '/job/j', jobBody('k', { to: { 'toJobConfig.tableName': 'c' } }));
    expect([answer.statusCode, answer.json()]).toEqual([200, { 'validation-result': [{}, {}, {}] }]);
    expect(await outcome('GET', '/job/j')).toEqual([400, 'Cdm.0100']);
    const [job] = (await send('GET', '/job/k')).json().jobs;
    expect(job['to-config-values'].configs[0].inputs).toEqual([
      { name: 'toJobConfig.tableName', value: 'c' },
    ]);
  });

  test('both wraps of an old client are taken', async () => {
    const { jobs } = jobBody('j');
    expect(await outcome('PUT', '/job/j', { jobs: { jobs } })).toEqual([200, '']);
  });

  test.each([
    ['/job/none', jobBody('none'), 'Cdm.0100'],
    ['/job/j', jobBody('taken'), 'Cdm.0104'],
    ['/job/j', jobBody('a/b'), 'Cdm.0327'],
    ['/job/j', jobBody('j', { from: { 'fromJobConfig.nope': 1 } }), 'Cdm.0089'],
  ])('%s %#', async (path, body, code) => {
    await create('taken');
    expect(await outcome('PUT', path, body)).toEqual([400, code]);
  });

  test('a job that is deleted, by its run or by hand, leaves its history by name, and no status', async () => {
    const run = await startedRun('j');
    await sample.runs.move(run.id, { state: 'succeeded', endedAt: Date.now() });
    expect(await outcome('DELETE', '/job/j')).toEqual([200, '']);
    expect(await outcome('GET', '/job/j')).toEqual([400, 'Cdm.0100']);
    // Whoever asks for the status has to know that: the published service calls it a missing job.
    expect(await outcome('GET', '/job/j/status')).toEqual([400, 'Cdm.0100']);
    const history = (await send('GET', '/submissions?jname=j')).json();
    const submissions = [{ 'job-name': 'j', status: 'SUCCEEDED', progress: 100 }];
    expect(history).toMatchObject({ total: 1, submissions });
    // A new job of the name is a job that never ran.
    await create('j');
    expect((await send('GET', '/job/j/status')).json().submissions).toMatchObject([
      { status: 'NEVER_EXECUTED', 'submission-id': 0 },
    ]);
  });

  test('a deleted job that never ran is gone: 400 Cdm.0100 for read, status, history and delete', async () => {
    const answer = await send('DELETE', '/job/j');
    expect([answer.statusCode, answer.json()]).toEqual([200, {}]);
    for (const [method, path] of [
      ['DELETE', '/job/j'],
      ['GET', '/job/j'],
      ['GET', '/job/j/status'],
      ['GET', '/submissions?jname=j'],
    ] as const) {
      expect(await outcome(method, path)).toEqual([400, 'Cdm.0100']);
    }
    expect(await outcome('PUT', '/job/j/start')).toEqual([400, 'Cdm.0054']);
    expect(await outcome('PUT', '/job/j/stop')).toEqual([400, 'Cdm.0054']);
  });

  test('while it runs it can be neither changed nor deleted; afterwards it can', async () => {
    const run = await startedRun('j');
    expect(await outcome('PUT', '/job/j', jobBody('j'))).toEqual([400, 'Cdm.0052']);
    expect(await outcome('DELETE', '/job/j')).toEqual([400, 'Cdm.0052']);
    await sample.runs.move(run.id, { state: 'succeeded', endedAt: Date.now() });
    expect(await outcome('PUT', '/job/j', jobBody('j'))).toEqual([200, '']);
    expect(await outcome('DELETE', '/job/j')).toEqual([200, '']);
  });

  test('a job made anew under the name of a deleted one has never run', async () => {
    const run = await startedRun('j');
    await sample.runs.move(run.id, { state: 'succeeded', endedAt: Date.now() });
    await send('DELETE', '/job/j');
    await create('j');
    expect(await statusOf('j')).toMatchObject({ status: 'NEVER_EXECUTED', 'submission-id': 0 });
    expect((await send('GET', '/job/j')).json().jobs[0].status).toBe('NEW');
  });
});

describe('runs', () => {
  beforeEach(() => create('j'));

  test('the status of a job that never ran', async () => {
    expect(await statusOf('j')).toMatchObject({ status: 'NEVER_EXECUTED', progress: 0, 'external-id': '' });
  });

  test('a start answers at once, and the job has left NEW by then', async () => {
    const answer = await send('PUT', '/job/j/start');
    const [started] = answer.json().submissions;
    expect(started).toMatchObject({
      'job-name': 'j',
      status: 'BOOTING',
      'submission-id': 1,
      'creation-user': 'alice',
    });
    for (const member of ['external-id', 'counters', 'error-summary', 'error-details']) {
      expect(started).not.toHaveProperty(member);
    }
    expect((await send('GET', '/job/j')).json().jobs[0].status).toBe('BOOTING');
  });

  test('variables reach the run as text', async () => {
    expect(
      await outcome('PUT', '/job/j/start', { variables: { day: '2018-09-05', n: 7, on: true } }),
    ).toEqual([200, '']);
    expect((await sample.store.runs.latest(clusterId, 'j'))?.variables).toEqual({
      day: '2018-09-05',
      n: '7',
      on: 'true',
    });
  });

  test.each([{ variables: [] }, { variables: 'x' }, { variables: { a: {} } }])(
    '%j are no variables',
    async (body) => {
      expect(await outcome('PUT', '/job/j/start', body)).toEqual([400, 'Cdm.0004']);
      expect(await sample.store.runs.latest(clusterId, 'j')).toBeNull();
    },
  );

  test.each([{}, { variables: null }, { start: {} }, { unknown: 1 }])(
    '%j is a body without variables',
    async (body) => {
      expect(await outcome('PUT', '/job/j/start', body)).toEqual([200, '']);
    },
  );

  test('a running job is not started again, also when both starts come at once', async () => {
    const both = await Promise.all([outcome('PUT', '/job/j/start'), outcome('PUT', '/job/j/start')]);
    expect(both.sort()).toEqual([
      [200, ''],
      [400, 'Cdm.0052'],
    ]);
    expect(await outcome('PUT', '/job/j/start')).toEqual([400, 'Cdm.0052']);
  });

  test('a disabled link is not used', async () => {
    await send('PUT', '/link/target', { links: [{ ...linkBody('target').links[0], enabled: false }] });
    expect(await outcome('PUT', '/job/j/start')).toEqual([400, 'Cdm.0060']);
  });

  test('from start to success: one status after the other, counters at the end only', async () => {
    const run = await startedRun('j');
    await sample.runs.move(run.id, { state: 'planning', startedAt: Date.now() });
    expect(await statusOf('j')).toMatchObject({ status: 'BOOTING', progress: 1 });
    await sample.runs.move(run.id, { state: 'running' });
    sample.runs.percents.set(run.id, 43.5);
    const running = await statusOf('j');
    expect(running).toMatchObject({ status: 'RUNNING', progress: 43.5 });
    expect(running['external-id']).toMatch(/^job_local\d+_0001$/);
    const counts = { rowsRead: 80, rowsWritten: 80, rowsSkipped: 0, bytesRead: 900, bytesWritten: 900 };
    await sample.runs.move(run.id, { state: 'succeeded', endedAt: Date.now(), counts });
    const done = await statusOf('j');
    expect(done).toMatchObject({ status: 'SUCCEEDED', progress: 100, write_rows: 80 });
    expect(done.counters['org.apache.sqoop.submission.counter.SqoopCounters'].ROWS_READ).toBe(80);
    expect((await send('GET', '/job/j')).json().jobs[0]).toMatchObject({
      status: 'SUCCEEDED',
      rows_written: 80,
    });
  });

  test('a failure reads in the language of the caller', async () => {
    const run = await startedRun('j');
    const texts = { en: 'Table [t] does not exist.', zh: '表 [t] 不存在。' };
    const failure = { code: 'Cdm.0900', summary: texts, details: texts };
    await sample.runs.move(run.id, { state: 'failed', endedAt: Date.now(), failure });
    expect(await statusOf('j')).toMatchObject({
      status: 'FAILED',
      progress: -1,
      'error-summary': 'Cdm.0900 : Table [t] does not exist.',
    });
    const chinese = await send('GET', '/job/j/status', undefined, projectA, 'zh-cn');
    expect(chinese.json().submissions[0]['error-summary']).toBe('Cdm.0900 : 表 [t] 不存在。');
  });

  test('a stop ends the run, and names who asked for it', async () => {
    await startedRun('j');
    const answer = await send('PUT', '/job/j/stop', { stop: { stop: {} } });
    expect([answer.statusCode, answer.json()]).toEqual([200, { 'validation-result': [] }]);
    expect(await statusOf('j')).toMatchObject({
      status: 'FAILED',
      progress: -1,
      'error-summary': 'stopped by alice',
    });
    expect(await outcome('PUT', '/job/j/stop')).toEqual([400, 'Cdm.0053']);
  });

  test('the history is newest first, ten to a page', async () => {
    for (let at = 0; at < 12; at++) {
      const run = await startedRun('j');
      await sample.runs.move(run.id, { state: 'succeeded', endedAt: Date.now() });
    }
    const ids = (body: { submissions: Record<string, unknown>[] }) =>
      body.submissions.map((submission) => submission['submission-id']);
    const first = (await send('GET', '/submissions?jname=j')).json();
    expect([first.total, first.page_no, first.page_size]).toEqual([12, 1, 10]);
    expect(ids(first)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    expect(ids((await send('GET', '/submissions?jname=j&page_no=2')).json())).toEqual([2, 1]);
    expect(await outcome('GET', '/submissions')).toEqual([400, 'Cdm.0238']);
  });
});

describe('borders', () => {
  test("another project's cluster and a missing one give the same answer, and nothing happens", async () => {
    await create('j');
    for (const [method, path, body] of [
      ['GET', '/job/j', undefined],
      ['GET', '/job/all', undefined],
      ['POST', '/job', jobBody('x')],
      ['PUT', '/job/j', jobBody('j')],
      ['DELETE', '/job/j', undefined],
      ['PUT', '/job/j/start', undefined],
      ['PUT', '/job/j/stop', undefined],
      ['GET', '/job/j/status', undefined],
      ['GET', '/submissions?jname=j', undefined],
    ] as const) {
      const foreign = await send(method, path, body, projectB);
      const own = clusterId;
      clusterId = 'no-such-cluster';
      const missing = await send(method, path, body, projectB);
      clusterId = own;
      expect(foreign.statusCode).toBe(404);
      expect({ ...foreign.json(), request_id: '' }).toEqual({ ...missing.json(), request_id: '' });
    }
    expect(await statusOf('j')).toMatchObject({ status: 'NEVER_EXECUTED' });
  });
});
