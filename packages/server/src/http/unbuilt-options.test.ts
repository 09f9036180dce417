import { bundle } from '@sluice/connectors/bundle';
import { ConnectorRegistry } from '@sluice/core/connector/registry';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectA, type SampleApp, sampleApp } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

// Settings that only systems act on which are not here: one that asks for something is refused by its name when it is saved, and
// never kept in silence; what consoles send along, a default or nothing, is taken.

let sample: SampleApp;
let url: string;
beforeEach(async () => {
  sample = await sampleApp({ registry: new ConnectorRegistry(bundle) });
  url = `/v1.1/${projectA}/clusters/${await sample.makeCluster(projectA)}/cdm`;
  for (const name of ['source', 'target'])
    expect(await send('/link', link(name))).toMatchObject({ status: 200 });
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

async function send(path: string, payload: object) {
  const headers = { 'x-auth-token': `u@${projectA}` };
  const answer = await sample.app.inject({ method: 'POST', url: `${url}${path}`, headers, payload });
  return { status: answer.statusCode, body: answer.json() };
}

const link = (name: string, more = {}) => linkBody(name, { 'linkConfig.database': 'd', ...more });
const schemas = {
  from: { 'fromJobConfig.schemaName': 's' },
  to: { 'toJobConfig.schemaName': 't' },
};
const job = (to: object, driver = {}, from = {}) =>
  jobBody('j', { from: { ...schemas.from, ...from }, to: { ...schemas.to, ...to }, driver });

test.each([
  ['toJobConfig.dorisInsertMode', 'JDBC'],
  ['toJobConfig.properties', { max_filter_ratio: '0.5' }],
  ['toJobConfig.failRetryTimes', '5'],
  ['toJobConfig.onCluster', 'true'],
])('%s of a job', async (name, value) => {
  const { status, body } = await send('/job', job({ [name]: value }));
  expect([status, body.errCode]).toEqual([400, 'Cdm.0014']);
  expect(body.message).toContain(name);
});

test.each([
  ['throttlingConfig.submitToCluster', 'true'],
  ['smnConfig.isNeedNotification', 'true'],
  ['jarConfig.extraJars', ['a.jar']],
])('%s of a job as a whole', async (name, value) => {
  const { status, body } = await send('/job', job({}, { [name]: value }));
  expect([status, body.errCode]).toEqual([400, 'Cdm.0014']);
  expect(body.message).toContain(name);
});

test('createBackendLinks of a link', async () => {
  const { status, body } = await send('/link', link('shards', { 'linkConfig.createBackendLinks': 'true' }));
  expect([status, body.errCode]).toEqual([400, 'Cdm.0014']);
  expect(body.message).toContain('linkConfig.createBackendLinks');
});

test('what they are where nobody asks for anything is taken', async () => {
  const quiet = {
    'toJobConfig.dorisInsertMode': 'STREAM_LOAD',
    'toJobConfig.properties': {},
    'toJobConfig.failRetryTimes': '3',
    'toJobConfig.onCluster': 'false',
  };
  const { status, body } = await send('/job', job(quiet, { 'smnConfig.isNeedNotification': 'false' }));
  expect(status, JSON.stringify(body)).toBe(200);
  const answer = await send('/link', link('shards', { 'linkConfig.createBackendLinks': 'false' }));
  expect(answer.status).toBe(200);
});
