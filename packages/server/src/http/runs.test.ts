import { buildOwnOpenApi } from '@sluice/contract/openapi';
import { zeroCounts } from '@sluice/core/data/slice';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SliceProgress } from '../runs/run-progress.ts';
import type { RunRecord } from '../store/model.ts';
import { sampleCounts, samplePlan } from '../store/sample-records.ts';
import { projectA, projectB, type SampleApp, sampleApp } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

let sample: SampleApp;
let clusterId: string;
beforeEach(async () => {
  sample = await sampleApp();
  clusterId = await sample.makeCluster(projectA);
  for (const name of ['source', 'target']) await post('/link', linkBody(name));
  await post('/job', jobBody('j'));
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

const headersOf = (project: string, language = 'en-us') => ({
  'x-auth-token': `alice@${project}`,
  'x-language': language,
});

async function post(path: string, payload: object): Promise<void> {
  const url = `/v1.1/${projectA}/clusters/${clusterId}/cdm${path}`;
  const answer = await sample.app.inject({ method: 'POST', url, headers: headersOf(projectA), payload });
  expect(answer.statusCode).toBe(200);
}

interface Asking {
  readonly project?: string;
  readonly tokenOf?: string;
  readonly cluster?: string;
  readonly language?: string;
}

function get(
  path: string,
  { project = projectA, tokenOf = project, cluster = clusterId, language }: Asking = {},
) {
  const url = `/api/v1/projects/${project}/clusters/${cluster}/jobs/${path}`;
  return sample.app.inject({ method: 'GET', url, headers: headersOf(tokenOf, language) });
}

async function startedRun(job = 'j'): Promise<RunRecord> {
  const url = `/v1.1/${projectA}/clusters/${clusterId}/cdm/job/${job}/start`;
  await sample.app.inject({ method: 'PUT', url, headers: headersOf(projectA) });
  const run = await sample.store.runs.latest(clusterId, job);
  if (run === null) throw new Error('no run');
  return run;
}

const column = (name: string, native: string) => ({
  name,
  native,
  type: { kind: 'integer' as const, bits: 64 as const, unsigned: false },
  isNullable: false,
  isGenerated: false,
});

/** A plan of two slices for three columns. */
function planOf(rowsEstimate: number | null) {
  const plan = samplePlan(2);
  return {
    ...plan,
    way: 'transcode' as const,
    reason: 'kernels make the tuples',
    warnings: ['b loses its zone'],
    target: {
      ...plan.target,
      form: 'pgcopy-binary' as const,
      sourceColumns: [column('a', 'bigint'), column('b', 'year'), column('c', 'int')],
      columnNames: ['x', 'y', 'z'],
    },
    projection: {
      form: 'pgcopy-binary' as const,
      columns: [
        { name: 'a', cast: null, wireType: 'bigint' },
        { name: 'b', cast: 'char', wireType: 'text' },
        { name: 'c', cast: null },
      ],
    },
    slices: plan.slices.map((slice) => ({ ...slice, rowsEstimate })),
  };
}

describe('one run', () => {
  test('is shown before it is planned', async () => {
    const run = await startedRun();
    const answer = await get(`j/runs/${run.id}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      id: run.id,
      submission_id: run.submissionId,
      job_name: 'j',
      state: 'queued',
      cdm_status: 'BOOTING',
      percent: 1,
      created_by: 'alice',
      started_at: null,
      ended_at: null,
      live: null,
      rates: null,
      times: null,
      waits_for: null,
      eta: null,
      plan: null,
      slices: [],
    });
  });

  test('shows what columns may lose as data, and in the words of the caller', async () => {
    const run = await startedRun();
    const loss = { column: 'y', kind: 'scale', from: 'numeric(9,4)', to: 'DECIMAL(9,2)', limit: 2 } as const;
    await sample.runs.move(run.id, { state: 'running', plan: { ...planOf(null), losses: [loss] } });
    const { column: name, kind, from, to } = loss;
    const inWords =
      'column y, numeric(9,4) into DECIMAL(9,2): numbers with more than 2 digits behind the decimal point are refused';
    expect((await get(`j/runs/${run.id}`)).json().plan).toMatchObject({
      warnings: ['b loses its zone', inWords],
      losses: [{ column: name, kind, effect: 'refused', from, to, text: inWords }],
    });
    const chinese = (await get(`j/runs/${run.id}`, { language: 'zh-cn' })).json().plan;
    expect(chinese.losses[0].text).toBe(
      '字段 y（numeric(9,4) 到 DECIMAL(9,2)）：小数位数超过 2 位的数值将被拒绝',
    );
  });

  test('tells which settings of its job do nothing, with its plan', async () => {
    await post('/job', jobBody('vain', { driver: { 'throttlingConfig.channelCapacityMb': '128' } }));
    const run = await startedRun('vain');
    await sample.runs.move(run.id, { state: 'running', plan: planOf(null) });
    const warningsIn = async (language: string) =>
      (await get(`vain/runs/${run.id}`, { language })).json().plan.warnings;
    expect(await warningsIn('en-us')).toEqual([
      'b loses its zone',
      'throttlingConfig.channelCapacityMb is kept but has no effect here.',
    ]);
    expect((await warningsIn('zh-cn'))[1]).toBe(
      'throttlingConfig.channelCapacityMb 已保存，但在此处不起作用。',
    );
  });

  test('shows its plan: the way and why, and how each column travels', async () => {
    const run = await startedRun();
    const plan = {
      ...planOf(null),
      consistency: { kind: 'one snapshot' as const, reason: 'one statement reads all rows' },
    };
    await sample.runs.move(run.id, { state: 'running', plan });
    expect((await get(`j/runs/${run.id}`)).json().plan).toEqual({
      window: null,
      way: 'transcode',
      form: 'pgcopy-binary',
      reason: 'kernels make the tuples',
      warnings: ['b loses its zone'],
      losses: [],
      consistency: { kind: 'one snapshot', reason: 'one statement reads all rows' },
      slice_count: 2,
      columns: [
        { source: 'a', source_type: 'bigint', destination: 'x', sent_as: 'bigint', cast: null },
        { source: 'b', source_type: 'year', destination: 'y', sent_as: 'text', cast: 'char' },
        { source: 'c', source_type: 'int', destination: 'z', sent_as: 'int', cast: null },
      ],
    });
  });

  test('shows each slice as it is now, sums, and a forecast with its basis', async () => {
    const run = await startedRun();
    const plan = planOf(1_000);
    await sample.runs.move(run.id, { state: 'running', plan });
    sample.runs.percents.set(run.id, 60);
    const [first, second] = plan.slices;
    if (first === undefined || second === undefined) throw new Error('two slices');
    const slices: SliceProgress[] = [
      {
        slice: first,
        state: 'complete',
        counts: {
          ...zeroCounts,
          rowsRead: 1_100,
          rowsWritten: 1_100,
          bytesRead: 11_000,
          bytesWritten: 9_000,
        },
        liveCounts: null,
        rates: null,
        workerPid: null,
        attempts: 1,
        times: { sourceMs: 100, destinationMs: 20, commitMs: 5, workMs: 30 },
      },
      {
        slice: second,
        state: 'running',
        counts: { ...zeroCounts, rowsRead: 100, rowsWritten: 100 },
        liveCounts: { ...zeroCounts, rowsRead: 200, rowsWritten: 200 },
        rates: { rowsPerSecond: 99.6, bytesPerSecond: 1_000.4 },
        workerPid: 4711,
        attempts: 2,
        times: { sourceMs: 10, destinationMs: 300, commitMs: 5, workMs: 30 },
      },
    ];
    sample.runs.live.set(run.id, slices);
    const view = (await get(`j/runs/${run.id}`)).json();
    expect(view).toMatchObject({
      state: 'running',
      percent: 60,
      durable: { rows_read: 0 },
      live: { rows_read: 1_300, rows_written: 1_300, bytes_read: 11_000 },
      rates: { rows_per_second: 100, bytes_per_second: 1_000 },
      times: { source_ms: 110, destination_ms: 320, commit_ms: 10, work_ms: 60 },
      waits_for: 'destination',
      eta: { basis: 'rows_estimate', rows_estimate: 2_000, seconds_left: 9 },
    });
    expect(view.slices).toMatchObject([
      { no: 0, label: 'id from 0', state: 'complete', rows_estimate: 1_000, live: null, waits_for: 'source' },
      {
        no: 1,
        state: 'running',
        durable: { rows_read: 100 },
        live: { rows_read: 200 },
        rates: { rows_per_second: 100 },
        worker_pid: 4711,
        attempts: 2,
        waits_for: 'destination',
      },
    ]);
    // Without an estimate of a slice nothing can be foretold.
    const [one, two] = slices;
    if (one === undefined || two === undefined) throw new Error('two slices');
    sample.runs.live.set(run.id, [one, { ...two, slice: { ...second, rowsEstimate: null } }]);
    expect((await get(`j/runs/${run.id}`)).json().eta).toBeNull();
  });

  test('that has ended is shown from the store, with what its slices took', async () => {
    const run = await startedRun();
    const claimed = await sample.store.runs.claim('x', Date.now(), 60_000);
    const claim = { runId: run.id, fence: claimed?.fence ?? -1 };
    await sample.store.runs.storePlan(claim, samplePlan(1), Date.now());
    const times = { sourceMs: 1, destinationMs: 2, commitMs: 3, workMs: 4 };
    const checkpoint = { sequence: 1, position: null, counts: sampleCounts(5), isComplete: true };
    await sample.store.runs.checkpoint(claim, 0, checkpoint, Date.now(), { attempts: 2, times });
    await sample.store.runs.change(claim, { state: 'succeeded' }, Date.now());
    const view = (await get(`j/runs/${run.id}`)).json();
    expect(view).toMatchObject({
      state: 'succeeded',
      percent: 100,
      durable: { rows_read: 5, rows_written: 4, rows_skipped: 1 },
      live: null,
      times: { source_ms: 1, destination_ms: 2, commit_ms: 3, work_ms: 4 },
      waits_for: 'worker',
      plan: { way: null, form: 'rows', consistency: null },
      slices: [{ state: 'complete', attempts: 2, worker_pid: null, durable: { rows_written: 4 } }],
    });
  });

  test('that failed says why, in the language asked for', async () => {
    const run = await startedRun();
    const failure = {
      code: 'Cdm.0023',
      summary: { en: 'it broke', zh: '出错' },
      details: { en: 'mend it', zh: '请修复' },
    };
    await sample.runs.move(run.id, { state: 'failed', failure });
    sample.runs.percents.set(run.id, -1);
    expect((await get(`j/runs/${run.id}`)).json()).toMatchObject({
      percent: -1,
      cdm_status: 'FAILED',
      failure: { code: 'Cdm.0023', summary: 'it broke', details: 'mend it' },
    });
    const zh = (await get(`j/runs/${run.id}`, { language: 'zh-cn' })).json();
    expect(zh.failure).toMatchObject({ summary: '出错', details: '请修复' });
  });
});

test('a driven run is told from memory: status and view, for its project alone', async () => {
  const run = await startedRun();
  // The store says queued: who is answered `running` was answered from memory.
  sample.runs.drivenRun = { ...run, state: 'running' };
  const status = (project: string) =>
    sample.app.inject({
      method: 'GET',
      url: `/v1.1/${project}/clusters/${clusterId}/cdm/job/j/status`,
      headers: headersOf(project),
    });
  expect((await status(projectA)).json().submissions[0].status).toBe('RUNNING');
  expect((await get(`j/runs/${run.id}`)).json().state).toBe('running');
  expect((await status(projectB)).statusCode).toBe(404);
  expect((await get(`j/runs/${run.id}`, { project: projectB })).statusCode).toBe(404);
  sample.runs.drivenRun = null;
  expect((await status(projectA)).json().submissions[0].status).toBe('BOOTING');
});

describe('the runs of a job', () => {
  test('come newest first, in pages', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      const run = await startedRun();
      await sample.runs.move(run.id, { state: 'succeeded' });
      ids.unshift(run.id);
    }
    const idsOf = async (query: string) => {
      const answer = (await get(`j/runs${query}`)).json();
      return [
        answer.runs.map((run: { id: string }) => run.id),
        answer.total,
        answer.page_no,
        answer.page_size,
      ];
    };
    expect(await idsOf('')).toEqual([ids, 3, 1, 10]);
    expect(await idsOf('?page_size=2')).toEqual([ids.slice(0, 2), 3, 1, 2]);
    expect(await idsOf('?page_size=2&page_no=2')).toEqual([ids.slice(2), 3, 2, 2]);
    expect(await idsOf('?page_size=1000')).toEqual([ids, 3, 1, 100]);
  });

  test('stay when the job is gone; a job that never ran has none', async () => {
    expect((await get('j/runs')).json()).toMatchObject({ runs: [], total: 0 });
    const run = await startedRun();
    await sample.runs.move(run.id, { state: 'succeeded' });
    await sample.store.jobs.delete(clusterId, 'j');
    expect((await get('j/runs')).json()).toMatchObject({ total: 1, runs: [{ id: run.id }] });
    expect((await get(`j/runs/${run.id}`)).statusCode).toBe(200);
  });
});

describe('what is not there, or not for this caller', () => {
  const outcomeOf = async (...args: Parameters<typeof get>) => {
    const answer = await get(...args);
    return [answer.statusCode, answer.json().errCode];
  };

  test('another project sees nothing of a run', async () => {
    const run = await startedRun();
    const others = await sample.makeCluster(projectB);
    const asB = { project: projectB };
    expect(await outcomeOf(`j/runs/${run.id}`, asB)).toEqual([404, 'Cdm.0001']);
    expect(await outcomeOf('j/runs', asB)).toEqual([404, 'Cdm.0001']);
    // Nor through a cluster of its own.
    expect(await outcomeOf(`j/runs/${run.id}`, { ...asB, cluster: others })).toEqual([404, 'Cdm.0001']);
    expect(await outcomeOf('j/runs', { ...asB, cluster: others })).toEqual([404, 'Cdm.0100']);
    // Nor with a token of its own for the project.
    const denied = await get(`j/runs/${run.id}`, { tokenOf: projectB });
    expect([denied.statusCode, denied.json().error_code]).toEqual([403, 'APIGW.0310']);
  });

  test('a run under another job, no run, no job, no credentials', async () => {
    const run = await startedRun();
    await post('/job', jobBody('k'));
    expect(await outcomeOf(`k/runs/${run.id}`)).toEqual([404, 'Cdm.0001']);
    expect(await outcomeOf('j/runs/nothing')).toEqual([404, 'Cdm.0001']);
    expect(await outcomeOf('absent/runs')).toEqual([404, 'Cdm.0100']);
    const bare = await sample.app.inject({
      method: 'GET',
      url: `/api/v1/projects/${projectA}/clusters/${clusterId}/jobs/j/runs`,
    });
    expect(bare.statusCode).toBe(401);
    const zh = await get('j/runs/nothing', { language: 'zh-cn' });
    expect(zh.json().externalMessage).toMatch(/nothing.*不存在/);
  });
});

test('the own API describes itself', async () => {
  const answer = await sample.app.inject({
    method: 'GET',
    url: '/api/v1/openapi.json',
    headers: { host: 'h:1' },
  });
  expect(answer.json()).toEqual(
    JSON.parse(JSON.stringify(buildOwnOpenApi({ serverUrl: 'http://h:1', version: '1.2.3' }))),
  );
  const base = '/api/v1/projects/{project_id}/clusters/{cluster_id}/jobs/{job_name}/runs';
  expect(Object.keys(answer.json().paths)).toEqual(expect.arrayContaining([base, `${base}/{run_id}`]));
  const cdm = await sample.app.inject({ method: 'GET', url: '/openapi.json' });
  expect(Object.keys(cdm.json().paths).filter((path) => path.startsWith('/api'))).toEqual([]);
});
