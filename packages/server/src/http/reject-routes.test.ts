import { toPortableRow } from '@sluice/core/data/portable-row';
import type { RejectStage } from '@sluice/core/data/reject';
import { rejectLimits } from '@sluice/engine/limits';
import { markPosition } from '@sluice/engine/marked-position';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rejectContext } from '../secrets/sealed-values.ts';
import type { RunRecord } from '../store/model.ts';
import { rejectId } from '../store/reject-record.ts';
import { samplePlan } from '../store/sample-records.ts';
import { projectA, projectB, type SampleApp, sampleApp, sampleBox } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

const attempt = 'a0b1c2d3e4f5';
const other = 'ffffffffffff';
const limits = { rowsMax: 4, charsMax: 1_000_000 };

let sample: SampleApp;
let base: string;
let run: RunRecord;

beforeEach(async () => {
  sample = await sampleApp();
  const clusterId = await sample.makeCluster(projectA);
  const cdm = `/v1.1/${projectA}/clusters/${clusterId}/cdm`;
  for (const name of ['source', 'target']) await send('POST', `${cdm}/link`, undefined, linkBody(name));
  await send('POST', `${cdm}/job`, undefined, jobBody('j'));
  await send('PUT', `${cdm}/job/j/start`);
  const queued = await sample.store.runs.latest(clusterId, 'j');
  if (queued === null) throw new Error('no run');
  const plan = samplePlan(2);
  const column = { native: 'integer', isNullable: true, isGenerated: false };
  const columns = [
    { ...column, name: 'id', type: { kind: 'integer', bits: 64, unsigned: false } },
    { ...column, name: 'photo', type: { kind: 'binary', length: null } },
  ] as const;
  const target = { ...plan.target, sourceColumns: columns, columnNames: ['id', 'picture'] };
  const projection = {
    form: 'rows' as const,
    columns: columns.map(({ name }) => ({ name, cast: null })),
  };
  const claimed = await sample.store.runs.claim('sample', Date.now(), 60_000);
  const claim = { runId: queued.id, fence: claimed?.fence ?? 0 };
  await sample.store.runs.storePlan(claim, { ...plan, target, projection }, Date.now());
  await put(claim, 0, 1, attempt, [[9_007_199_254_740_993n, new Uint8Array([1, 2])]], 'write');
  await put(claim, 0, 1, other, [[666, null]], 'write');
  await put(
    claim,
    1,
    1,
    attempt,
    [
      ['0000-00-00', null],
      [2, new Uint8Array(100_000)],
    ],
    'read',
  );
  const counts = { rowsRead: 9, rowsWritten: 6, rowsSkipped: 3, bytesRead: 1, bytesWritten: 1 };
  for (const sliceNo of [0, 1])
    await sample.store.runs.checkpoint(
      claim,
      sliceNo,
      { sequence: 1, position: markPosition(null, attempt), counts, isComplete: true },
      Date.now(),
    );
  run = (await sample.store.runs.change(claim, { state: 'succeeded' }, Date.now())) as RunRecord;
  base = `/api/v1/projects/${projectA}/clusters/${clusterId}/jobs/j/runs/${run.id}`;
});

afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

async function put(
  claim: { readonly runId: string; readonly fence: number },
  sliceNo: number,
  sequence: number,
  by: string,
  rows: readonly (readonly (string | number | bigint | Uint8Array | null)[])[],
  stage: RejectStage,
): Promise<string | null> {
  const rejects = rows.map((values, no) => {
    const id = rejectId({ sliceNo, sequence, attempt: by, no });
    const row = JSON.stringify(toPortableRow(values, rejectLimits.caps));
    return {
      stage,
      code: 'Cdm.0234' as const,
      facts: { cause: 'too long' },
      sealedRow: sampleBox.seal(row, rejectContext(id)),
    };
  });
  const given = { sliceNo, sequence, attempt: by, firstNo: 0, rejects };
  return await sample.store.rejects.put(claim, given, limits, Date.now());
}

function send(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  token = `alice@${projectA}`,
  payload?: object,
  language = 'en-us',
) {
  return sample.app.inject({
    method,
    url,
    headers: { 'x-auth-token': token, 'x-language': language },
    ...(payload === undefined ? {} : { payload }),
  });
}

describe('the quarantine of a run', () => {
  test('lists what holds: rows of the attempt that made the commit, with a reason in the language of the caller', async () => {
    const answer = (await send('GET', `${base}/rejects`)).json();
    expect(answer).toMatchObject({
      source_columns: ['id', 'photo'],
      destination_columns: ['id', 'picture'],
      total: 3,
      rows_skipped: 6,
      page_no: 1,
    });
    expect(answer.rejects).toMatchObject([
      {
        id: `0.1.${attempt}.0`,
        slice: 0,
        state: 'open',
        stage: 'write',
        reason: { code: 'Cdm.0234', message: expect.stringContaining('too long') },
        values: ['9007199254740993', 'AQI='],
        cut_values: [],
      },
      { slice: 1, stage: 'read', values: ['0000-00-00', null] },
      { slice: 1, cut_values: [1] },
    ]);
    const zh = (
      await send('GET', `${base}/rejects?slice=1&page_size=1&page_no=2`, undefined, undefined, 'zh-cn')
    ).json();
    expect(zh).toMatchObject({ total: 2, rejects: [{ id: `1.1.${attempt}.1` }] });
    expect(zh.rejects[0].reason.message).toMatch(/\p{Script=Han}/u);
    expect((await send('GET', `${base}/rejects?state=written`)).json().total).toBe(0);
    expect((await send('GET', `${base}/rejects?state=lost`)).statusCode).toBe(400);
  });

  test('comes as CSV', async () => {
    const answer = await send('GET', `${base}/rejects.csv?slice=0`);
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.headers['content-disposition']).toBe(
      `attachment; filename="rejects-${run.submissionId}.csv"`,
    );
    const [head, line, end] = answer.body.split('\r\n');
    expect(head).toBe('time,slice,reason,state,id,id,picture');
    expect(line).toMatch(
      /^20\d\d-.*Z,0,Cdm\.0234 : .*too long.*,open,0\.1\.a0b1c2d3e4f5\.0,9007199254740993,AQI=$/,
    );
    expect(end).toBe('');
  });

  test('a row takes other values of the right kind, and says who gave them', async () => {
    const url = `${base}/rejects/1.1.${attempt}.1`;
    const answer = await send('PUT', url, undefined, { values: ['12', 'AAEC'] });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ values: [12, 'AAEC'], cut_values: [], edited_by: 'alice' });
    for (const values of [[1], ['x', null], [1, '*'], [1, 'A'.repeat(70_000)]]) {
      const refused = await send('PUT', url, undefined, { values });
      expect([refused.statusCode, refused.json().errCode]).toEqual([400, 'Cdm.0014']);
    }
    expect(
      (await send('PUT', `${base}/rejects/7.7.${attempt}.7`, undefined, { values: [1, null] })).statusCode,
    ).toBe(404);
    expect((await send('PUT', `${base}/rejects/x`, undefined, { values: [1, null] })).statusCode).toBe(404);
  });

  test('a replay takes open rows, which can be neither changed nor removed meanwhile', async () => {
    const one = `0.1.${attempt}.0`;
    const asked = send('POST', `${base}/replays`, undefined, { reject_ids: [one] });
    await expect.poll(async () => (await send('GET', `${base}/replays`)).json().replays.length).toBe(1);
    sample.passTime(60_000);
    const answer = await asked;
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ state: 'pending', rows_chosen: 1, created_by: 'alice' });
    expect((await send('GET', `${base}/replays/${answer.json().id}`)).json()).toEqual(answer.json());
    expect((await send('GET', `${base}/rejects?state=replaying`)).json().rejects[0].id).toBe(one);
    expect(
      (await send('PUT', `${base}/rejects/${one}`, undefined, { values: [1, null] })).json().errCode,
    ).toBe('Cdm.0014');
    expect((await send('DELETE', `${base}/rejects/${one}`)).json()).toEqual({ deleted: 0 });
    const again = await send('POST', `${base}/replays`, undefined, { reject_ids: [one] });
    expect([again.statusCode, again.json().errCode]).toEqual([400, 'Cdm.0014']);
    expect((await send('DELETE', `${base}/rejects`)).json()).toEqual({ deleted: 2 });
    expect((await send('GET', `${base}/rejects`)).json().total).toBe(1);
  });

  test('who only reads changes nothing, and other projects see nothing', async () => {
    const reader = `rita=read_only@${projectA}`;
    expect((await send('GET', `${base}/rejects`, reader)).statusCode).toBe(200);
    for (const [method, path, payload] of [
      ['PUT', `/rejects/0.1.${attempt}.0`, { values: [1, null] }],
      ['DELETE', `/rejects/0.1.${attempt}.0`, undefined],
      ['DELETE', '/rejects', undefined],
      ['POST', '/replays', {}],
    ] as const)
      expect((await send(method, `${base}${path}`, reader, payload)).statusCode).toBe(403);
    const elsewhere = base.replace(projectA, projectB);
    expect((await send('GET', `${elsewhere}/rejects`, `bob@${projectB}`)).statusCode).toBe(404);
  });

  test('what is changed is in the trail, with the row that it was about', async () => {
    await send('PUT', `${base}/rejects/0.1.${attempt}.0`, undefined, { values: [1, null] });
    await send('DELETE', `${base}/rejects/0.1.${attempt}.0`);
    const anything = { projectId: null, from: null, to: null, userName: null, event: null, result: null };
    const filter = { ...anything, domainId: 'd', resource: `0.1.${attempt}.0` };
    const { events } = await sample.store.audit.list(filter, 50, 0);
    expect(events.map(({ event, result }) => [event, result])).toEqual([
      ['deleteReject', 'success'],
      ['updateReject', 'success'],
    ]);
  });
});
