import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { haveCurl } from './curl.ts';
import { type ExampleId, statusExamples } from './job-status-examples.ts';
import { type JobStatusObservations, observeJobStatuses } from './job-status-observation.ts';
import { jobStatusPage } from './job-status-page.ts';
import { brokenRules, onlySubmission, runStatuses } from './job-status-rules.ts';
import { OrdersDatabase } from './orders-database.ts';

const postgresUrl = process.env.SLUICE_TEST_POSTGRES;
if (postgresUrl === undefined)
  console.warn('Skipped: job status pages; SLUICE_TEST_POSTGRES names no PostgreSQL server');

const root = new URL('../../', import.meta.url);
const observationMs = 180_000;

describe.skipIf(postgresUrl === undefined)('the status operation in every state', () => {
  let seen: JobStatusObservations;

  beforeAll(async () => {
    const withCurl = await haveCurl((line) => console.warn(line));
    if (!withCurl)
      console.warn('THE STATUS OPERATION WAS ASKED WITH FETCH, NOT WITH CURL: there is no curl here');
    seen = await observeJobStatuses(postgresUrl ?? '', withCurl);
  }, observationMs);

  it('was seen in all seven', () => {
    const statuses = seen.observations.map(({ id }) => statusExamples[id].status);
    expect(new Set(statuses)).toEqual(new Set(runStatuses));
    expect(seen.observations.map(({ id }) => id)).toEqual(Object.keys(statusExamples));
  });

  it.each(Object.keys(statusExamples) as ExampleId[])('keeps the published rules: %s', (id) => {
    const answer = seen.observations.find((observation) => observation.id === id)?.answer;
    expect(answer?.httpStatus).toBe(200);
    expect(answer?.contentType).toMatch(/^application\/json/);
    expect(brokenRules(answer?.body, statusExamples[id].status)).toEqual([]);
  });

  it('gives error texts in the language that was asked for', () => {
    expect(brokenRules(seen.failedInChinese.body, 'FAILED')).toEqual([]);
    expect(onlySubmission(seen.failedInChinese.body)?.['error-summary']).toMatch(
      /^Cdm\.0900 : .*\p{Script=Han}/u,
    );
  });

  it('answers 400 and Cdm.0100 for a job that is not there', () => {
    expect(seen.missingJob).toMatchObject({ httpStatus: 400, body: { errCode: 'Cdm.0100' } });
  });

  it('says SUCCEEDED of rows that arrived', () => {
    expect(seen.equalRows).toBe(OrdersDatabase.rowCount);
  });

  it('leaves a run of unknown state as it is', () => {
    expect(seen.unknownRun.after).toEqual(seen.unknownRun.before);
    expect(seen.unknownRun.before).toMatchObject({ state: 'unknown' });
  });

  it.each(['en', 'zh'] as const)(
    'is what the committed page shows (%s): if not, npm run docs',
    (language) => {
      const page = jobStatusPage(seen, language);
      const file = fileURLToPath(new URL(page.path, root));
      expect(
        existsSync(file) ? readFileSync(file, 'utf8') : '',
        `${page.path} is stale: run \`npm run docs\``,
      ).toBe(page.text);
    },
  );
});
