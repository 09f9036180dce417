import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunRecord } from '../store/model.ts';
import { samplePlan } from '../store/sample-records.ts';
import type { VerificationRecord } from '../store/verification-record.ts';
import { projectA, projectB, type SampleApp, sampleApp } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

let sample: SampleApp;
let clusterId: string;
let run: RunRecord;

beforeEach(async () => {
  sample = await sampleApp();
  clusterId = await sample.makeCluster(projectA);
  const cdm = `/v1.1/${projectA}/clusters/${clusterId}/cdm`;
  for (const name of ['source', 'target']) await send('POST', `${cdm}/link`, linkBody(name));
  await send('POST', `${cdm}/job`, jobBody('j'));
  await send('PUT', `${cdm}/job/j/start`);
  const started = await sample.store.runs.latest(clusterId, 'j');
  if (started === null) throw new Error('no run');
  run = started;
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

function send(
  method: 'GET' | 'POST' | 'PUT',
  url: string,
  payload?: object,
  token = `alice@${projectA}`,
  language = 'en-us',
) {
  return sample.app.inject({
    method,
    url,
    headers: { 'x-auth-token': token, 'x-language': language },
    ...(payload === undefined ? {} : { payload }),
  });
}

function pathOf(rest = '', project = projectA): string {
  return `/api/v1/projects/${project}/clusters/${clusterId}/jobs/j/runs/${run.id}/verifications${rest}`;
}

/** The run has ended with a plan. */
async function endRun(): Promise<void> {
  run = await sample.runs.move(run.id, { state: 'succeeded', plan: samplePlan(1), isPrepared: true });
}

/** A verification as its driver leaves it. */
async function found(more: Partial<VerificationRecord> = {}): Promise<VerificationRecord> {
  const { body } = await send('POST', pathOf());
  const { id } = JSON.parse(body);
  for (;;) {
    const record = await sample.store.verifications.find(id);
    if (record === null) throw new Error('no verification');
    // There are no workers here: it fails, and is told anew as the test wants it.
    if (record.state !== 'failed') {
      await new Promise((resolve) => setTimeout(resolve, 5));
      continue;
    }
    const told = { ...record, id: `told-${id}`, failure: null, ...more, state: 'queued' as const };
    await sample.store.verifications.create({ ...told, kind: 'run', leaseOwner: null, fence: 0 });
    const column = { name: 'id', form: { kind: 'number' } } as const;
    const side = { columns: [column], key: [column] };
    const plan = {
      source: side,
      destination: side,
      leftOut: [{ column: 'j', reason: { en: 'no', zh: '否' } }],
      ignoresForeignRows: false,
      chunks: [{ no: 0, region: { range: null, prefixes: null }, label: 't' }],
      notes: [],
    };
    const claim = { id: told.id, fence: 0 };
    await sample.store.verifications.change(claim, { plan, startedAt: 5 });
    const outcome = {
      sourceRows: 3,
      destinationRows: 2,
      isEqual: false,
      changed: 0,
      missing: 1,
      extra: 0,
      foreign: 0,
      isExact: true,
      differences: [{ kind: 'missing', key: ['7'] }],
      rowsWritten: 0,
      rowsRemoved: 0,
    } as const;
    await sample.store.verifications.storeChunk(claim, { phase: 'comparing', no: 0, outcome });
    const ended = await sample.store.verifications.change(claim, { state: 'different', endedAt: 9 });
    if (ended === null) throw new Error('it was not changed');
    return ended;
  }
}

describe('verifications', () => {
  test('wait for the end of the run, and are stored with an event of their own', async () => {
    const early = await send('POST', pathOf());
    expect([early.statusCode, early.json().errCode]).toEqual([400, 'Cdm.0056']);
    await endRun();
    const answer = await send('POST', pathOf());
    expect(answer.statusCode).toBe(202);
    const { id, tables, ...rest } = answer.json();
    expect(rest).toMatchObject({ run_id: run.id, kind: 'check', created_by: 'alice', percent: 0 });
    expect(tables).toMatchObject([{ state: 'pending', changed: 0, differences: [] }]);
    expect((await send('GET', pathOf(`/${id}`))).json()).toMatchObject({ id });
    const filter = { domainId: 'd', projectId: projectA, from: null, to: null, userName: null };
    const { events } = await sample.store.audit.list(
      { ...filter, event: 'startVerification', resource: null, result: null },
      10,
      0,
    );
    expect(events.map(({ result, operation }) => `${operation} ${result}`).sort()).toEqual([
      'StartVerification failure',
      'StartVerification success',
    ]);
  });

  test('show what they found, in the language of the caller', async () => {
    await endRun();
    const { id } = await found();
    const shown = (await send('GET', pathOf(`/${id}`), undefined, undefined, 'zh-cn')).json();
    expect(shown).toMatchObject({ state: 'different', percent: 100, started_at: 5, ended_at: 9 });
    const [table] = shown.tables;
    expect(table).toMatchObject({
      state: 'different',
      key_columns: ['id'],
      left_out_columns: [{ column: 'j', reason: '否' }],
      chunks: 1,
      chunks_done: 1,
      source_rows: 3,
      destination_rows: 2,
      missing: 1,
      differences: [{ kind: 'missing', key: ['7'] }],
    });
    expect(table.notes.join()).toContain('源端按当前状态比较');
    const { verifications } = (await send('GET', pathOf())).json();
    expect(verifications.map((each: { state: string }) => each.state).sort()).toEqual([
      'different',
      'failed',
    ]);
    expect(verifications[0]).not.toHaveProperty('tables');
  });

  test('are repaired only when they found something, and by those who may', async () => {
    await endRun();
    const { id } = await found();
    const reader = `bob=read_only@${projectA}`;
    for (const url of [pathOf(), pathOf(`/${id}/repair`), pathOf(`/${id}/stop`)])
      expect((await send('POST', url, undefined, reader)).statusCode).toBe(403);
    expect((await send('GET', pathOf(`/${id}`), undefined, reader)).statusCode).toBe(200);
    const bad = await send('POST', pathOf(`/${id}/repair`), { remove_extra: 'perhaps' });
    expect([bad.statusCode, bad.json().errCode]).toEqual([400, 'Cdm.0014']);
    const answer = await send('POST', pathOf(`/${id}/repair`), { remove_extra: true });
    expect([answer.statusCode, answer.json().kind]).toEqual([202, 'repair']);
    expect(answer.json()).toMatchObject({ removes_extra: true, phase: 'repairing' });
    const again = await send('POST', pathOf(`/${answer.json().id}/repair`));
    expect([again.statusCode, again.json().errCode]).toEqual([400, 'Cdm.0056']);
  });

  test('are those of their run, and of their project', async () => {
    await endRun();
    const { id } = await found();
    expect((await send('GET', pathOf('/nobody'))).statusCode).toBe(404);
    const stranger = `eve@${projectB}`;
    expect((await send('GET', pathOf(`/${id}`, projectB), undefined, stranger)).statusCode).toBe(404);
    expect((await send('POST', pathOf('', projectB), undefined, stranger)).statusCode).toBe(404);
    const stop = await send('POST', pathOf(`/${id}/stop`));
    expect([stop.statusCode, stop.json().errCode]).toEqual([400, 'Cdm.0056']);
  });
});
