import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectA, type SampleApp, sampleApp } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

// Files, groups, history and link tools under user isolation: what others made is not there.

let sample: SampleApp;
let clusterId: string;
beforeEach(async () => {
  sample = await sampleApp({ userIsolation: true });
  clusterId = await sample.makeCluster(projectA);
  for (const user of ['ada', 'bob']) {
    for (const end of ['source', 'target']) await cdm(user, 'link', linkBody(`${user}_${end}`));
    const frame = { 'from-link-name': `${user}_source`, 'to-link-name': `${user}_target` };
    const driver = { 'groupJobConfig.groupName': 'night' };
    await cdm(user, 'job', jobBody(`${user}_job`, { frame, driver }));
  }
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

async function send(user: string, method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) {
  const role = user === 'root' ? 'administrator' : 'operator';
  const answer = await sample.app.inject({
    method,
    url,
    headers: { 'x-auth-token': `${user}=${role}@${projectA}`, 'x-language': 'en-us' },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.json(), text: answer.payload };
}

const cdm = (user: string, path: string, payload: object) =>
  send(user, 'POST', `/v1.1/${projectA}/clusters/${clusterId}/cdm/${path}`, payload);
const own = (path: string) => `/api/v1/projects/${projectA}/clusters/${clusterId}/${path}`;

describe('a user who is kept apart', () => {
  test('exports and lists only what is his own; an administrator all', async () => {
    const { body, text } = await send('bob', 'POST', own('export'));
    expect([body.links.length, body.jobs.length]).toEqual([2, 1]);
    expect(text).not.toContain('ada');
    expect((await send('bob', 'POST', own('export'), { job_names: ['ada_job'] })).status).toBe(400);
    expect((await send('bob', 'GET', own('jobs'))).body).toMatchObject({
      total: 1,
      jobs: [{ name: 'bob_job' }],
    });
    expect((await send('root', 'POST', own('export'))).body.links).toHaveLength(4);
  });

  test('tests and looks behind only his own links', async () => {
    sample.runs.answers.stages = [];
    expect((await send('bob', 'POST', own('links/ada_source/test'))).status).toBe(404);
    expect((await send('bob', 'GET', own('links/ada_source/schemas'))).status).toBe(404);
    const body = { schema: 's', table: 't' };
    expect((await send('bob', 'POST', own('links/ada_source/preview'), body)).status).toBe(404);
    expect((await send('bob', 'POST', own('links/bob_source/test'))).status).toBe(200);
    expect(sample.runs.asked).toHaveLength(1);
    // A draft with the name of somebody else's link gets none of its secrets.
    const draft = linkBody('ada_source', { 'linkConfig.password': undefined });
    expect((await send('bob', 'POST', own('links/test'), draft)).body.errCode).toBe('Cdm.0238');
  });

  test('imports beside names that others have, without overwriting or seeing them', async () => {
    const file = (await send('ada', 'POST', own('export'))).body;
    const filled = JSON.parse(JSON.stringify(file).replaceAll('Add password here', 'a guess'));
    const { body } = await send('bob', 'POST', own('import'), filled);
    expect(body).toMatchObject({ created: 0, skipped: 2, refused: 1 });
    const link = await sample.store.links.find(clusterId, 'ada_source');
    expect(link?.createdBy).toBe('ada');
  });

  test('changes only his own jobs of a group, and starts all of them, as published', async () => {
    expect((await send('bob', 'GET', own('job-groups'))).body.groups).toContainEqual({
      name: 'night',
      is_default: false,
      jobs: 2,
    });
    const move = { job_names: ['ada_job'] };
    expect((await send('bob', 'POST', own('job-groups/DEFAULT/jobs'), move)).body.errCode).toBe('Cdm.0100');
    const { body } = await send('bob', 'POST', own('job-groups/night/start'));
    expect(body.jobs.map((job: { job_name: string }) => job.job_name)).toEqual(['bob_job']);
    expect(await sample.store.runs.latest(clusterId, 'ada_job')).not.toBeNull();
    const runs = (await send('bob', 'GET', own('runs'))).body.runs;
    expect(runs.map((run: { job_name: string }) => run.job_name)).toEqual(['bob_job']);
    expect((await send('root', 'GET', own('runs'))).body.runs).toHaveLength(2);
  });

  test('is told of the runs of his own job that is gone, and of nobody else’s', async () => {
    const url = (path: string) => `/v1.1/${projectA}/clusters/${clusterId}/cdm/${path}`;
    for (const name of ['ada_job', 'bob_job']) {
      await send('root', 'PUT', url(`job/${name}/start`));
      const run = await sample.store.runs.latest(clusterId, name);
      await sample.runs.move(run?.id ?? '', { state: 'succeeded', endedAt: Date.now() });
      expect((await send('root', 'DELETE', url(`job/${name}`))).status).toBe(200);
    }
    const seen = async (user: string, name: string) =>
      (await send(user, 'GET', url(`submissions?jname=${name}`))).status;
    expect([await seen('bob', 'bob_job'), await seen('bob', 'ada_job')]).toEqual([200, 400]);
    expect(await seen('root', 'ada_job')).toBe(200);
  });

  test('deletes with a group only his own jobs; the group stays with the others', async () => {
    expect((await send('bob', 'DELETE', own('job-groups/night'))).body).toEqual({ deleted_jobs: 1 });
    expect(await sample.store.jobs.find(clusterId, 'ada_job')).not.toBeNull();
    expect((await send('ada', 'GET', own('job-groups'))).body.groups).toContainEqual({
      name: 'night',
      is_default: false,
      jobs: 1,
    });
  });
});
