import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BatchTable, JobRecord, RunRecord } from '../store/model.ts';
import { sampleCounts, sampleRun } from '../store/sample-records.ts';
import { projectA, projectB, type SampleApp, sampleApp } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

let sample: SampleApp;
let clusterId: string;
beforeEach(async () => {
  sample = await sampleApp();
  clusterId = await sample.makeCluster(projectA);
  for (const name of ['source', 'target']) await call('POST', '/link', linkBody(name));
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

const cdm = () => `/v1.1/${projectA}/clusters/${clusterId}/cdm`;
const own = () => `/api/v1/projects/${projectA}/clusters/${clusterId}/jobs`;

function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object, project = projectA) {
  const headers = { 'x-auth-token': `alice@${project}`, 'x-language': 'en-us' };
  return sample.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
}

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, payload?: object) {
  const answer = await ask(method, cdm() + path, payload);
  return [answer.statusCode, answer.json().errCode ?? ''] as const;
}

const wholeBody = (
  name: string,
  from: object = {},
  to: object = {},
  driver: Readonly<Record<string, unknown>> = {},
) =>
  jobBody(name, {
    frame: { job_type: 'BATCH_JOB' },
    from: { 'fromJobConfig.schemaName': 'shop', 'fromJobConfig.tableName': undefined, ...from },
    to: { 'toJobConfig.schemaName': 'public', 'toJobConfig.tableName': undefined, ...to },
    driver,
  });

describe('an entire-database job', () => {
  test('is stored, listed under its type alone, and started', async () => {
    expect(await call('POST', '/job', wholeBody('whole'))).toEqual([200, '']);
    expect((await ask('GET', `${cdm()}/job/all`)).json().total).toBe(0);
    expect((await ask('GET', `${cdm()}/job/all?jobType=BATCH_JOB&filter=who`)).json()).toMatchObject({
      total: 1,
      jobs: [{ name: 'whole', job_type: 'BATCH_JOB', status: 'NEW' }],
    });
    const started = (await ask('PUT', `${cdm()}/job/whole/start`)).json();
    expect(started.submissions[0]).toMatchObject({ 'job-name': 'whole', status: 'BOOTING', progress: 1 });
    expect(await call('PUT', '/job/whole/start')).toEqual([400, 'Cdm.0052']);
    expect(await call('DELETE', '/job/whole')).toEqual([400, 'Cdm.0052']);
  });

  test('says what it wants of the settings of its ends', async () => {
    const refused = async (...body: Parameters<typeof wholeBody>) => call('POST', '/job', wholeBody(...body));
    expect(await refused('w', { 'fromJobConfig.schemaName': '' })).toEqual([400, 'Cdm.0913']);
    expect(await refused('w', {}, { 'toJobConfig.schemaName': ' ' })).toEqual([400, 'Cdm.0238']);
    expect(await refused('w', { 'fromJobConfig.tableName': 't' })).toEqual([400, 'Cdm.0014']);
    expect(await refused('w', {}, { 'toJobConfig.tableName': 't' })).toEqual([400, 'Cdm.0014']);
    expect(await refused('w', {}, {}, { 'schedulerConfig.isSchedulerJob': 'true' })).toEqual([
      400,
      'Cdm.0065',
    ]);
    // Its settings are those of each of its tables.
    expect(await refused('w', {}, { 'toJobConfig.schemaName': 'read-only' })).toEqual([400, 'Cdm.0014']);
    const itself = wholeBody('x', {}, { 'toJobConfig.schemaName': 'shop' });
    expect(await call('POST', '/job', { jobs: [{ ...itself.jobs[0], 'to-link-name': 'source' }] })).toEqual([
      400,
      'Cdm.0014',
    ]);
  });
});

describe('its tables', () => {
  const odd = 'Größe/1 & ?';
  const table = (no: number, name: string): BatchTable => ({
    no,
    name,
    rowsEstimate: null,
    weight: 1,
    refusal: null,
    carriesRunId: null,
  });

  async function started(): Promise<{ readonly job: JobRecord; readonly run: RunRecord }> {
    await call('POST', '/job', wholeBody('whole'));
    await ask('PUT', `${cdm()}/job/whole/start`);
    const run = await sample.store.runs.latest(clusterId, 'whole');
    const job = await sample.store.jobs.find(clusterId, 'whole');
    if (run === null || job === null) throw new Error('no run');
    const links = await sample.store.links.list(clusterId);
    const placeOf = (name: string) => {
      const link = links.find((each) => each.name === name);
      return link === undefined ? null : { id: link.id, options: link.options };
    };
    const batch = { tables: 3, atOnce: 2, done: 1, failed: 1, weight: 3, weightDone: 1 };
    const places = { fromLink: placeOf('source'), toLink: placeOf('target') };
    await sample.runs.move(run.id, { state: 'running', startedAt: 5, batch: { ...batch, ...places } });
    await sample.store.batches.storeTables(run.id, [table(0, 'a'), table(1, odd), table(2, 'z')]);
    return { job, run };
  }

  async function child(
    { job, run }: { job: JobRecord; run: RunRecord },
    no: number,
    name: string,
    more: Partial<RunRecord>,
  ) {
    const made = await sample.store.runs.create({
      ...sampleRun(job, projectA),
      jobName: `whole_${name}`,
      parentRunId: run.id,
      ...more,
    });
    await sample.store.batches.attach(run.id, no, made.id);
    return made;
  }

  const failure = {
    code: 'Cdm.0025',
    summary: { en: 'Cdm.0025 : too long', zh: 'Cdm.0025 : 过长' },
    details: { en: 'too long', zh: '过长' },
  };

  test('are told one by one, by state and page by page, and by the CDM API under their names', async () => {
    const begun = await started();
    const done = await child(begun, 0, 'a', {
      state: 'failed',
      endedAt: 9,
      failure,
      counts: sampleCounts(3),
    });
    const active = await child(begun, 1, odd, {});
    const path = `${own()}/whole/runs/${begun.run.id}/tables`;
    const all = (await ask('GET', path)).json();
    expect(all).toMatchObject({
      total: 3,
      page_size: 100,
      summary: { tables: 3, pending: 1, active: 1, succeeded: 0, failed: 1, durable: { rows_read: 3 } },
    });
    expect(all.tables).toMatchObject([
      {
        table: 'a',
        state: 'failed',
        cdm_status: 'FAILED',
        job_name: 'whole_a',
        run_id: done.id,
        is_taken_over: false,
        durable: { rows_written: 2 },
        failure: { code: 'Cdm.0025', summary: 'Cdm.0025 : too long' },
      },
      { table: odd, state: 'queued', job_name: `whole_${odd}`, run_id: active.id, failure: null },
      { table: 'z', state: 'pending', cdm_status: null, run_id: null, submission_id: null },
    ]);
    const some = (await ask('GET', `${path}?state=failed,pending&page_size=1&page_no=2`)).json();
    expect([some.total, some.tables.map((each: { table: string }) => each.table)]).toEqual([2, ['z']]);
    expect((await ask('GET', `${path}?state=lost`)).json().errCode).toBe('Cdm.0014');
    expect((await ask('GET', path, undefined, projectB)).statusCode).toBe(403);

    for (const spelt of [
      encodeURIComponent(`whole_${odd}`),
      `whole_${odd.replace('?', '%3F').replaceAll(' ', '%20')}`,
    ]) {
      const status = await ask('GET', `${cdm()}/job/${spelt}/status`);
      expect(status.json().submissions[0]).toMatchObject({ 'job-name': `whole_${odd}`, status: 'BOOTING' });
    }
    const status = (await ask('GET', `${cdm()}/job/whole_a/status`)).json().submissions[0];
    expect(status).toMatchObject({ status: 'FAILED', progress: -1, 'error-summary': 'Cdm.0025 : too long' });
    expect((await ask('GET', `${cdm()}/submissions?jname=whole_a`)).json()).toMatchObject({ total: 1 });
    expect((await ask('GET', `${own()}/whole_a/runs`)).json()).toMatchObject({
      total: 1,
      runs: [{ parent_run_id: begun.run.id, tables: null }],
    });
    expect((await ask('GET', `${own()}/whole_a/runs/${done.id}`)).json().id).toBe(done.id);
    expect((await ask('GET', `${own()}/whole/runs/${begun.run.id}`)).json().tables).toEqual({
      total: 3,
      done: 1,
      failed: 1,
    });
    // They are no jobs.
    expect(await call('GET', '/job/whole_a')).toEqual([400, 'Cdm.0100']);
    expect(await call('PUT', '/job/whole_a/start')).toEqual([400, 'Cdm.0054']);
    expect(await call('PUT', '/job/whole_a/stop')).toEqual([400, 'Cdm.0054']);
    expect(await call('DELETE', '/job/whole_a')).toEqual([400, 'Cdm.0100']);
    expect(await call('GET', '/job/whole_nothing/status')).toEqual([400, 'Cdm.0100']);
    expect(await call('DELETE', '/job/whole')).toEqual([400, 'Cdm.0052']);
  });

  test('give way to a job that has the name of one', async () => {
    const begun = await started();
    await child(begun, 0, 'a', {});
    await call('POST', '/job', jobBody('whole_a'));
    const status = (await ask('GET', `${cdm()}/job/whole_a/status`)).json().submissions[0];
    expect(status).toMatchObject({ status: 'NEVER_EXECUTED', 'submission-id': 0 });
    expect((await ask('GET', `${cdm()}/submissions?jname=whole_a`)).json().total).toBe(0);
    expect(await call('DELETE', '/job/whole_a')).toEqual([200, '']);
    expect((await ask('GET', `${cdm()}/job/whole_a/status`)).json().submissions[0].status).toBe('BOOTING');
  });

  test('that were not moved are moved again by a retry and by a resume, and no others', async () => {
    const begun = await started();
    const { run } = begun;
    const good = await child(begun, 0, 'a', { state: 'succeeded', endedAt: 9, counts: sampleCounts(3) });
    const bad = await child(begun, 1, odd, { state: 'failed', endedAt: 9, failure });
    const retry = (id: string, body?: object) => ask('POST', `${own()}/whole/runs/${id}/tables/retry`, body);
    expect((await retry(run.id)).json().errCode).toBe('Cdm.0052');
    await sample.runs.move(run.id, { state: 'failed', endedAt: Date.now(), failure });
    expect((await retry(run.id, { from_start: 'maybe' })).json().errCode).toBe('Cdm.0014');
    expect((await retry('absent')).statusCode).toBe(404);
    expect((await retry(bad.id)).json().message).toContain('one table');
    const answer = await retry(run.id);
    expect([answer.statusCode, answer.json().run.resumes_run_id]).toEqual([202, run.id]);
    const again = await sample.store.runs.latest(clusterId, 'whole');
    expect((await sample.store.batches.openTables(again?.id ?? '', 9)).map(({ name }) => name)).toEqual([
      odd,
      'z',
    ]);
    const shown = (await ask('GET', `${own()}/whole/runs/${again?.id}/tables`)).json().tables;
    expect(shown[0]).toMatchObject({ table: 'a', state: 'succeeded', run_id: good.id, is_taken_over: true });

    expect((await retry(run.id)).json().errCode).toBe('Cdm.0052');
    await sample.runs.move(again?.id ?? '', { state: 'stopped', endedAt: Date.now() });
    expect((await retry(run.id)).json().message).toContain('started again since');
    const resumed = await ask('POST', `${own()}/whole/runs/${again?.submissionId}/resume`);
    expect([resumed.statusCode, resumed.json().run.resumes_run_id]).toEqual([202, again?.id]);
    const third = await sample.store.runs.latest(clusterId, 'whole');
    expect((await sample.store.batches.openTables(third?.id ?? '', 1))[0]?.carriesRunId).toBe(bad.id);
    await sample.runs.move(third?.id ?? '', { state: 'failed', endedAt: Date.now(), failure });
    const body = wholeBody('whole', { 'fromJobConfig.schemaName': 'another' });
    expect(await call('PUT', '/job/whole', body)).toEqual([200, '']);
    expect((await retry(third?.id ?? '')).json().message).toContain('another place');
  });
});
