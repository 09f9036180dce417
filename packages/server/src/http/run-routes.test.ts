import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LinkPlace, RunRecord } from '../store/model.ts';
import { samplePlan } from '../store/sample-records.ts';
import { projectA, projectB, type SampleApp, sampleApp } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

let sample: SampleApp;
let clusterId: string;
beforeEach(async () => {
  sample = await sampleApp();
  clusterId = await sample.makeCluster(projectA);
  const cdm = `/v1.1/${projectA}/clusters/${clusterId}/cdm`;
  for (const name of ['source', 'target']) await send('POST', `${cdm}/link`, linkBody(name));
  await send('POST', `${cdm}/job`, jobBody('j'));
  await send('PUT', `${cdm}/job/j/start`);
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

function send(method: 'GET' | 'POST' | 'PUT', url: string, payload?: object, token = `alice@${projectA}`) {
  return sample.app.inject({
    method,
    url,
    headers: { 'x-auth-token': token, 'x-language': 'en-us' },
    ...(payload === undefined ? {} : { payload }),
  });
}

interface Caller {
  readonly job?: string;
  readonly project?: string;
  readonly token?: string;
}

function resume(run: string, { job = 'j', project = projectA, token = `alice@${project}` }: Caller = {}) {
  const url = `/api/v1/projects/${project}/clusters/${clusterId}/jobs/${job}/runs/${run}/resume`;
  return send('POST', url, undefined, token);
}

async function outcome(...args: Parameters<typeof resume>): Promise<[number, string, string]> {
  const answer = await resume(...args);
  const { errCode, externalMessage } = answer.json();
  return [answer.statusCode, errCode ?? '', externalMessage ?? ''];
}

async function latest(): Promise<RunRecord> {
  const run = await sample.store.runs.latest(clusterId, 'j');
  if (run === null) throw new Error('no run');
  return run;
}

/** The run fails with what a resume needs. */
async function fail(): Promise<RunRecord> {
  const { id } = await latest();
  const run = await sample.runs.move(id, { state: 'failed', plan: samplePlan(1), isPrepared: true });
  const place = async (name: string): Promise<LinkPlace> => {
    const link = await sample.store.links.find(clusterId, name);
    if (link === null) throw new Error(`no link ${name}`);
    return { id: link.id, options: link.options };
  };
  await sample.store.traces.put({
    runId: run.id,
    clusterId,
    jobId: run.jobId,
    fromLink: await place(run.job.fromLink),
    toLink: await place(run.job.toLink),
    state: 'kept',
    dueAt: Date.now() + 60_000,
    attempts: 0,
  });
  return run;
}

describe('resume', () => {
  test('answers the new run, by id and by number, and the status operation tells of it', async () => {
    const first = await fail();
    const answer = await resume(first.id);
    const second = await latest();
    expect(answer.statusCode).toBe(202);
    expect(answer.json().run).toMatchObject({
      id: second.id,
      submission_id: first.submissionId + 1,
      job_name: 'j',
      state: 'queued',
      cdm_status: 'BOOTING',
      resumes_run_id: first.id,
    });
    const status = await send('GET', `/v1.1/${projectA}/clusters/${clusterId}/cdm/job/j/status`);
    expect(status.json().submissions[0]).toMatchObject({ status: 'BOOTING', 'submission-id': 2 });
    expect(await outcome(first.id)).toEqual([400, 'Cdm.0052', 'The job j is running.']);
    await fail();
    expect((await resume(String(second.submissionId))).statusCode).toBe(202);
    expect(await outcome(first.id)).toEqual([400, 'Cdm.0052', 'The job j is running.']);
  });

  test('says why it refuses, in the language of the call', async () => {
    const run = await fail();
    expect(await outcome('7')).toEqual([
      404,
      'Cdm.0056',
      'The job j could not be submitted. The job has no such run.',
    ]);
    expect((await outcome(run.id, { job: 'absent' })).slice(0, 2)).toEqual([400, 'Cdm.0054']);
    await sample.store.traces.doom({ jobId: run.jobId });
    const url = `/api/v1/projects/${projectA}/clusters/${clusterId}/jobs/j/runs/1/resume`;
    const headers = { 'x-auth-token': `alice@${projectA}`, 'x-language': 'zh-cn' };
    const answer = await sample.app.inject({ method: 'POST', url, headers });
    expect(answer.json().externalMessage).toMatch(/续传期限已过/);
  });

  test('is for those who may act in the project, and for its own clusters', async () => {
    const run = await fail();
    expect((await resume(run.id, { token: '' })).statusCode).toBe(401);
    expect((await resume(run.id, { project: projectA, token: `bob@${projectB}` })).statusCode).toBe(403);
    expect((await outcome(run.id, { project: projectB })).slice(0, 2)).toEqual([404, 'Cdm.0001']);
    expect((await latest()).id).toBe(run.id);
  });
});
