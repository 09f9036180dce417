// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs name macros and variables.
import { bundle } from '@sluice/connectors/bundle';
import { ConnectorRegistry } from '@sluice/core/connector/registry';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectA, type SampleApp, sampleApp } from './sample-app.ts';
import { type JobParts, jobBody, linkBody } from './sample-documents.ts';

let sample: SampleApp;
let clusterId: string;
beforeEach(async () => {
  sample = await sampleApp({ registry: new ConnectorRegistry(bundle) });
  clusterId = await sample.makeCluster(projectA);
  for (const name of ['source', 'target'])
    await send('POST', cdm('link'), linkBody(name, { 'linkConfig.database': name }));
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

async function send(method: Method, url: string, payload?: object) {
  const answer = await sample.app.inject({
    method,
    url,
    headers: { 'x-auth-token': `alice@${projectA}`, 'x-language': 'en-us' },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

const cdm = (path: string) => `/v1.1/${projectA}/clusters/${clusterId}/cdm/${path}`;
const watermark = (job: string) => `/api/v1/projects/${projectA}/clusters/${clusterId}/jobs/${job}/watermark`;
const variable = (name: string) => `/api/v1/projects/${projectA}/clusters/${clusterId}/variables/${name}`;

const save = async (parts: JobParts) => await send('POST', cdm('job'), jobBody('j', parts));
const from = { 'fromJobConfig.schemaName': 's' };
const to = { 'toJobConfig.schemaName': 's' };

describe('the watermark of a job', () => {
  test('is shown, set, and forgotten', async () => {
    const column = { 'sluiceConfig.watermarkColumn': 'updated_at' };
    expect((await save({ from, to, driver: column })).status).toBe(200);
    const nothing = { bound: null, run_id: null, updated_by: null, updated_at: null };
    expect(await send('GET', watermark('j'))).toEqual({
      status: 200,
      body: { column: 'updated_at', ...nothing },
    });
    const set = await send('PUT', watermark('j'), { value: '2026-01-01 00:00:00' });
    expect(set.status).toBe(200);
    expect(set.body).toMatchObject({
      column: 'updated_at',
      bound: { value: '2026-01-01 00:00:00', is_included: true },
      run_id: null,
      updated_by: 'alice',
    });
    expect((await send('GET', watermark('j'))).body).toEqual(set.body);
    expect(await send('DELETE', watermark('j'))).toEqual({ status: 200, body: {} });
    expect((await send('GET', watermark('j'))).body).toMatchObject(nothing);
  });

  test('is nothing of a job without one, of none, and of one that runs', async () => {
    await save({ from, to });
    expect((await send('GET', watermark('j'))).body.column).toBe('');
    expect(await send('PUT', watermark('j'), { value: '1' })).toMatchObject({
      status: 400,
      body: { errCode: 'Cdm.0014' },
    });
    expect((await send('GET', watermark('k'))).body.errCode).toBe('Cdm.0100');
    expect((await send('PUT', watermark('j'), { value: '' })).body.errCode).toBe('Cdm.0014');
    await send('PUT', cdm('job/j/start'), {});
    expect((await send('DELETE', watermark('j'))).body.errCode).toBe('Cdm.0052');
  });
});

describe('what is refused when a job is saved', () => {
  test.each<[JobParts, string, string]>([
    [
      { from: { ...from, 'fromJobConfig.whereClause': "ds = '${dateformat(yyyy,-1,DAYS)}'" }, to },
      'Cdm.0014',
      'DAYS',
    ],
    [
      { from, to: { ...to, 'toJobConfig.tableName': 'a_${dateformat(}' } },
      'Cdm.0014',
      'toJobConfig.tableName',
    ],
    [
      { from, to, driver: { 'throttlingConfig.throttling': 'true', 'throttlingConfig.byteRate': '1' } },
      'Cdm.0024',
      'byteRate',
    ],
    [
      { from, to, driver: { 'sluiceConfig.watermarkColumn': 'c', 'sluiceConfig.watermarkOverlap': '5' } },
      'Cdm.0014',
      'onConflict',
    ],
    [{ from, to, driver: { 'schedulerConfig.isSchedulerJob': '${x.y}' } }, 'Cdm.0004', 'isSchedulerJob'],
  ])('%o', async (parts, code, told) => {
    const { status, body } = await save(parts);
    expect([status, body.errCode]).toEqual([400, code]);
    expect(JSON.stringify(body)).toContain(told);
  });

  test('an unthrottled job may carry any rate, and a bad macro is told in Chinese too', async () => {
    expect((await save({ from, to, driver: { 'throttlingConfig.byteRate': '1' } })).status).toBe(200);
    const answer = await sample.app.inject({
      method: 'POST',
      url: cdm('job'),
      headers: { 'x-auth-token': `alice@${projectA}`, 'x-language': 'zh-cn' },
      payload: jobBody('k', { from: { ...from, 'fromJobConfig.whereClause': '${timestamp(1)}' }, to }),
    });
    expect(answer.body).toContain('参数只能为空');
  });
});

describe('variables where a value has a type', () => {
  const driver = {
    'throttlingConfig.numExtractors': '${parallel}',
    'throttlingConfig.throttling': '${slow}',
    'throttlingConfig.byteRate': '${rate}',
  };

  test('are kept as they are written, and looked at when the job is started', async () => {
    expect(
      (await save({ from, to: { ...to, 'toJobConfig.tablePreparation': '${prepare}' }, driver })).status,
    ).toBe(200);
    const start = (variables: Readonly<Record<string, string>>) =>
      send('PUT', cdm('job/j/start'), {
        variables: { parallel: '2', slow: 'true', rate: '5', prepare: 'DO_NOTHING', ...variables },
      });
    expect((await send('PUT', cdm('job/j/start'), {})).body.errCode).toBe('Cdm.0014');
    expect((await start({ parallel: '301' })).body.errCode).toBe('Cdm.0024');
    expect((await start({ slow: 'perhaps' })).body.errCode).toBe('Cdm.0004');
    expect((await start({ rate: '1' })).body.errCode).toBe('Cdm.0024');
    expect((await start({ prepare: 'NOTHING' })).body.errCode).toBe('Cdm.0011');
    expect((await start({ planTime: 'today' })).body.errCode).toBe('Cdm.0014');
    await send('PUT', variable('parallel'), { value: 'many' });
    expect((await start({ planTime: '1508115600000' })).status).toBe(200);
  });
});
