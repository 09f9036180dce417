import { sampleLanguages } from '@sluice/contract/samples/languages';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectA, projectB, type SampleApp, sampleApp } from './sample-app.ts';

let app: SampleApp;
beforeEach(async () => {
  app = await sampleApp();
});
afterEach(async () => {
  const { violations } = app;
  await app.close();
  expect(violations).toEqual([]);
});

const endpoint = 'https://cdm.example.com';

async function build(
  operation: string,
  payload: unknown,
  { project = projectA, token = `alice@${projectA}`, language = 'en-us' } = {},
) {
  const answer = await app.app.inject({
    method: 'POST',
    url: `/api/v1/projects/${project}/samples/${operation}`,
    headers: { 'x-auth-token': token, 'x-language': language },
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

test('a call is written in every language', async () => {
  const parameters = { cluster_id: 'c-1', validate: true };
  const { status, body } = await build('CreateLink', { endpoint, parameters });
  expect(status).toBe(200);
  expect(body.operation_id).toBe('CreateLink');
  const samples: { language: string; source: string; notes: unknown[] }[] = body.samples;
  expect(samples.map(({ language }) => language)).toEqual(sampleLanguages);
  for (const { language, source, notes } of samples) {
    expect(source).toContain('c-1');
    if (language !== 'terraform') expect(source).toContain(projectA);
    expect(notes).toEqual([]);
  }
});

test('one language, with the body that was typed in and notes in the language of the caller', async () => {
  const request = {
    endpoint,
    language: 'python',
    sign_on: 'token',
    body: { variables: { day: 'x' }, own: 1 },
  };
  const { body } = await build('StartJob', request, { language: 'zh-cn' });
  expect(body.samples).toHaveLength(1);
  expect(body.samples[0].file_name).toBe('start_job.py');
  expect(body.samples[0].source).toContain('"day": "x"');
  expect(body.samples[0].notes).toEqual([
    { reason: 'keys-only', at: '', text: '厂商的开发包使用 AK/SK 签名，无法发送令牌。' },
    { reason: 'unknown-member', at: 'own', text: '厂商的开发包没有此成员，已省略。' },
  ]);
});

test('no sample where the vendor has no resource', async () => {
  const { status, body } = await build('ListClusters', { endpoint, language: 'terraform' });
  expect([status, body.samples]).toEqual([200, []]);
});

test.each([
  ['an unknown operation', 'Nope', { endpoint }, 404, 'APIGW.0101'],
  ['our alias of an operation', 'ListLinksUnnamed', { endpoint }, 404, 'APIGW.0101'],
  ['a name that objects have', 'constructor', { endpoint }, 404, 'APIGW.0101'],
  ['no body', 'ListClusters', undefined, 400, 'Cdm.0014'],
  ['a list', 'ListClusters', [], 400, 'Cdm.0014'],
  ['no endpoint', 'ListClusters', {}, 400, 'Cdm.0238'],
  ['an endpoint that is none', 'ListClusters', { endpoint: 'x' }, 400, 'Cdm.0014'],
  ['an unknown language', 'ListClusters', { endpoint, language: 'cobol' }, 400, 'Cdm.0014'],
  ['an unknown sign-on', 'ListClusters', { endpoint, sign_on: 'x' }, 400, 'Cdm.0014'],
  ['parameters that are a list', 'ListClusters', { endpoint, parameters: ['x'] }, 400, 'Cdm.0014'],
  ['a parameter that is an object', 'ShowLink', { endpoint, parameters: { link_name: {} } }, 400, 'Cdm.0004'],
])('%s is refused', async (_what, operation, payload, status, code) => {
  const answer = await build(operation, payload);
  expect([answer.status, answer.body.errCode]).toEqual([status, code]);
});

test('only for a caller of the project', async () => {
  expect((await build('ListClusters', { endpoint }, { project: projectB })).status).toBe(403);
});
