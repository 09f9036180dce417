import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectA, type SampleApp, sampleApp } from './sample-app.ts';

let sample: SampleApp;
beforeEach(async () => {
  sample = await sampleApp();
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

test('lists clusters', async () => {
  const answer = await sample.app.inject({
    url: `/v1.1/${projectA}/clusters`,
    headers: { 'x-auth-token': `u@${projectA}` },
  });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({ clusters: [] });
});
