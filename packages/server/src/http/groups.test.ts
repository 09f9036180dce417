// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs refer to variables.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectA, projectB, type SampleApp, sampleApp } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

let sample: SampleApp;
let clusterId: string;
beforeEach(async () => {
  sample = await sampleApp();
  clusterId = await sample.makeCluster(projectA);
  for (const name of ['source', 'target']) await send('POST', cdm('link'), linkBody(name));
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

async function send(
  method: Method,
  url: string,
  payload?: object,
  token = `alice@${projectA}`,
  language = 'en-us',
) {
  const answer = await sample.app.inject({
    method,
    url,
    headers: { 'x-auth-token': token, 'x-language': language },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

const cdm = (path: string) => `/v1.1/${projectA}/clusters/${clusterId}/cdm/${path}`;
const own = (path: string) => `/api/v1/projects/${projectA}/clusters/${clusterId}/${path}`;

async function makeJob(name: string, group?: string): Promise<void> {
  const driver = group === undefined ? {} : { 'groupJobConfig.groupName': group };
  const { status, body } = await send('POST', cdm('job'), jobBody(name, { driver }));
  expect([status, body.errCode]).toEqual([200, undefined]);
}

async function groups(): Promise<Readonly<Record<string, number>>> {
  const { body } = await send('GET', own('job-groups'));
  const entries = (body.groups as { name: string; jobs: number }[]).map(
    ({ name, jobs }) => [name, jobs] as const,
  );
  return Object.fromEntries(entries);
}

async function jobsIn(query: string): Promise<string> {
  const { body } = await send('GET', own(`jobs?${query}`));
  return (body.jobs as { name: string }[]).map(({ name }) => name).join(' ');
}

describe('groups of jobs', () => {
  test('are there with the jobs that name them; every other job is in the default one', async () => {
    expect(await groups()).toEqual({ DEFAULT: 0 });
    await makeJob('a');
    await makeJob('b', '夜间');
    await makeJob('c', '夜间');
    expect(await groups()).toEqual({ DEFAULT: 1, 夜间: 2 });
    expect(await jobsIn(`group=${encodeURIComponent('夜间')}`)).toBe('b c');
    expect(await jobsIn('group=DEFAULT')).toBe('a');
    expect(await jobsIn('')).toBe('a b c');
    expect(await jobsIn('filter=c')).toBe('c');
    expect(await jobsIn('type=BATCH_JOB')).toBe('');
    expect((await send('GET', cdm('job/b'))).body.jobs[0].group_name).toBe('夜间');
  });

  test('are made, renamed with their jobs, and deleted with them', async () => {
    expect((await send('POST', own('job-groups'), { name: 'night' })).body).toEqual({
      name: 'night',
      is_default: false,
      jobs: 0,
    });
    for (const name of ['night', 'DEFAULT', ' x', 'a/b', '']) {
      expect((await send('POST', own('job-groups'), { name })).body.errCode, name).toBe('Cdm.0014');
    }
    await makeJob('a', 'night');
    await makeJob('b');
    const renamed = await send('PUT', own('job-groups/night'), { name: 'late' });
    expect(renamed.body).toEqual({ name: 'late', is_default: false, jobs: 1 });
    expect(await groups()).toEqual({ DEFAULT: 1, late: 1 });
    expect((await sample.store.jobs.find(clusterId, 'a'))?.driverOptions['groupJobConfig.groupName']).toBe(
      'late',
    );
    expect((await send('PUT', own('job-groups/DEFAULT'), { name: 'x' })).status).toBe(400);
    expect((await send('PUT', own('job-groups/absent'), { name: 'x' })).status).toBe(404);
    expect((await send('PUT', own('job-groups/late'), { name: 'DEFAULT' })).status).toBe(400);
    expect((await send('DELETE', own('job-groups/DEFAULT'))).status).toBe(400);
    expect((await send('DELETE', own('job-groups/late'))).body).toEqual({ deleted_jobs: 1 });
    expect(await groups()).toEqual({ DEFAULT: 1 });
    expect(await sample.store.jobs.find(clusterId, 'a')).toBeNull();
  });

  test('are not deleted while one of their jobs runs', async () => {
    await makeJob('a', 'night');
    await makeJob('b', 'night');
    const timed = await sample.store.jobs.find(clusterId, 'a');
    const timer = { jobId: timed?.id ?? 0, timing: 't', dueAt: 1 };
    await sample.store.timers.put(timer);
    await send('PUT', cdm('job/b/start'));
    expect((await send('DELETE', own('job-groups/night'))).body).toMatchObject({ errCode: 'Cdm.0052' });
    expect(await groups()).toMatchObject({ night: 2 });
    // Nothing was deleted: the other one keeps its timer, and loses it with itself.
    expect(await sample.store.timers.find(timer.jobId)).toMatchObject({ timing: 't' });
    const run = await sample.store.runs.latest(clusterId, 'b');
    await sample.runs.move(run?.id ?? '', { state: 'succeeded', endedAt: 9 });
    expect((await send('DELETE', own('job-groups/night'))).body).toEqual({ deleted_jobs: 2 });
    expect(await sample.store.timers.find(timer.jobId)).toBeNull();
  });

  test('take jobs over: all of them or none', async () => {
    for (const name of ['a', 'b', 'c']) await makeJob(name);
    await send('POST', own('job-groups'), { name: 'night' });
    const url = own('job-groups/night/jobs');
    expect((await send('POST', url, { job_names: ['a', 'absent'] })).body.errCode).toBe('Cdm.0100');
    expect(await groups()).toEqual({ DEFAULT: 3, night: 0 });
    expect((await send('POST', url, { job_names: ['a', 'b', 'a'] })).body).toMatchObject({ jobs: 2 });
    expect((await send('POST', own('job-groups/DEFAULT/jobs'), { job_names: ['a'] })).body).toMatchObject({
      jobs: 2,
    });
    expect((await send('POST', own('job-groups/absent/jobs'), { job_names: ['a'] })).status).toBe(404);
    expect((await send('POST', url, { job_names: [] })).body.errCode).toBe('Cdm.0014');
  });

  test('are started and stopped job by job, and say of each what became of it', async () => {
    for (const name of ['a', 'b']) await makeJob(name, 'night');
    await makeJob('other');
    await send('PUT', cdm('job/a/start'));
    const started = await send('POST', own('job-groups/night/start'), { variables: { day: 3 } });
    expect(started.body.done).toBe(1);
    expect(started.body.jobs[0]).toMatchObject({
      job_name: 'a',
      is_done: false,
      finding: { code: 'Cdm.0052' },
    });
    expect(started.body.jobs[1]).toMatchObject({ job_name: 'b', is_done: true, finding: null });
    const run = await sample.store.runs.latest(clusterId, 'b');
    expect(run).toMatchObject({ id: started.body.jobs[1].run_id, variables: { day: '3' } });
    expect(await sample.store.runs.latest(clusterId, 'other')).toBeNull();
    expect((await send('POST', own('job-groups/absent/start'))).status).toBe(404);
    const again = await send('POST', own('job-groups/night/start'), {}, undefined, 'zh-cn');
    expect(again.body.jobs[0].finding.message).toMatch(/\p{Script=Han}/u);
    await send('PUT', cdm('job/a/stop'));
    const stopped = await send('POST', own('job-groups/night/stop'));
    expect(stopped.body).toMatchObject({ done: 1, jobs: [{ job_name: 'b', is_done: true }] });
    expect((await send('POST', own('job-groups/night/stop'))).body).toEqual({ done: 0, jobs: [] });
  });

  test('are for those who may act in the project', async () => {
    await makeJob('a');
    expect((await send('GET', own('job-groups'), undefined, `bob@${projectB}`)).status).toBe(403);
    const foreign = `/api/v1/projects/${projectB}/clusters/${clusterId}/job-groups`;
    expect((await send('GET', foreign, undefined, `bob@${projectB}`)).status).toBe(404);
  });
});

describe('the history of a cluster', () => {
  test('holds the runs of all jobs, by state, job and time, page by page', async () => {
    for (const name of ['a', 'b']) await makeJob(name);
    for (const name of ['a', 'b', 'a', 'b', 'a']) {
      await send('PUT', cdm(`job/${name}/start`));
      const run = await sample.store.runs.latest(clusterId, name);
      await sample.runs.move(run?.id ?? '', { state: name === 'a' ? 'failed' : 'succeeded' });
    }
    await send('DELETE', cdm('job/a'));
    const numbers = async (query: string) => {
      const { body } = await send('GET', own(`runs?${query}`));
      return [(body.runs as { submission_id: number }[]).map((run) => run.submission_id), body.next_before];
    };
    expect(await numbers('')).toEqual([[5, 4, 3, 2, 1], null]);
    expect(await numbers('state=failed')).toEqual([[5, 3, 1], null]);
    expect(await numbers('state=failed,succeeded&job_name=b')).toEqual([[4, 2], null]);
    expect(await numbers('page_size=2')).toEqual([[5, 4], 4]);
    expect(await numbers('page_size=2&before=4')).toEqual([[3, 2], 2]);
    expect(await numbers('page_size=2&before=2')).toEqual([[1], null]);
    const [first] = await sample.store.history.search(clusterId, {
      jobName: null,
      states: [],
      from: null,
      until: null,
      before: 2,
      limit: 1,
    });
    expect(await numbers(`until=${first?.createdAt}`)).toEqual([[], null]);
    expect((await numbers(`from=${first?.createdAt}`))[0]).toContain(1);
    expect((await send('GET', own('runs?state=odd'))).body.errCode).toBe('Cdm.0014');
  });
});

describe('variables', () => {
  const put = (path: string, value: string, isSecret = false) =>
    send('PUT', path, { value, is_secret: isSecret });

  test('are set, listed and deleted by cluster and by project, and show no secret', async () => {
    const project = `/api/v1/projects/${projectA}/variables`;
    expect((await put(own('variables/day'), 'monday')).body).toMatchObject({
      name: 'day',
      scope: 'cluster',
      value: 'monday',
      is_secret: false,
      updated_by: 'alice',
    });
    expect((await put(`${project}/key`, 'quite secret', true)).body).toMatchObject({
      scope: 'project',
      value: null,
      is_secret: true,
    });
    const listed = await send('GET', project);
    expect(JSON.stringify(listed.body)).not.toContain('quite secret');
    expect(listed.body.variables).toHaveLength(1);
    expect((await send('GET', own('variables'))).body.variables).toHaveLength(1);
    expect((await send('DELETE', own('variables/day'))).status).toBe(200);
    expect((await send('DELETE', own('variables/day'))).status).toBe(404);
    for (const name of ['dateformat', '1st', 'a%20b', 'x'.repeat(129)]) {
      expect((await put(own(`variables/${name}`), 'x')).body.errCode, name).toBe('Cdm.0014');
    }
    expect((await put(own('variables/short'), 'abc', true)).body.errCode).toBe('Cdm.0014');
    expect((await put(own('variables/long'), 'x'.repeat(4_097))).body.errCode).toBe('Cdm.0014');
    expect((await send('PUT', own('variables/none'), {})).body.errCode).toBe('Cdm.0014');
    expect((await send('GET', project, undefined, `bob@${projectB}`)).status).toBe(403);
  });

  test('that a job needs are asked for at its start, and kept with its run', async () => {
    const from = { 'fromJobConfig.tableName': 'orders_${day}_${key}' };
    await send('POST', cdm('job'), jobBody('j', { from }));
    const refused = await send('PUT', cdm('job/j/start'));
    expect([refused.status, refused.body.errCode]).toEqual([400, 'Cdm.0014']);
    expect(refused.body.externalMessage).toContain('sets: day, key.');
    await put(own('variables/key'), 'quite secret', true);
    const started = await send('PUT', cdm('job/j/start'), { variables: { day: 'monday' } });
    expect(started.status).toBe(200);
    const run = await sample.store.runs.latest(clusterId, 'j');
    expect(run?.variables).toMatchObject({ day: 'monday', 'key#': expect.stringMatching(/^\d+$/) });
    expect(JSON.stringify(run)).not.toContain('quite secret');
    // What is exported names the variable, not its value.
    expect(JSON.stringify((await send('POST', own('export'))).body)).toContain('orders_${day}_${key}');
  });
});
