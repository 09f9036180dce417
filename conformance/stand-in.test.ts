import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { judgeObservations, readObservations } from './observations.ts';
import { buildScenario } from './program-inputs.ts';
import { startRelay } from './relay.ts';
import { type CheckLine, judge, readCheckLines } from './report.ts';
import { type Fault, startStandIn } from './stand-in.ts';

const OPTIONS = {
  accessKey: 'AKEXAMPLE0123456789',
  secretKey: 'SKEXAMPLE0123456789abcdefABCDEF0123456789',
  projectId: '0123456789abcdef0123456789abcdef',
  region: 'cn-north-4',
  rows: 5_000,
  secret: 'Mig#2024',
};

/** Runs the Node.js program against the stand-in; its siblings make the same checks but need their own toolchains. */
async function walk(fault: Fault): Promise<CheckLine[]> {
  await using cleanUp = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-stand-in-'));
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
  const standIn = cleanUp.adopt(await startStandIn({ ...OPTIONS, fault }), (started) => started.stop());
  const relay = cleanUp.adopt(await startRelay(standIn.endpoint, false), (started) => started.stop());
  const observing = cleanUp.adopt(await startRelay(standIn.endpoint, false), (started) => started.stop());
  const tampering = cleanUp.adopt(await startRelay(standIn.endpoint, true), (started) => started.stop());
  const database = {
    host: '127.0.0.1',
    port: 1,
    database: 'd',
    schema: 'd',
    user: 'u',
    password: OPTIONS.secret,
  };
  const scenario = path.join(folder, 'scenario.json');
  const source = { ...database, type: 'MYSQL' as const };
  const target = { ...database, type: 'POSTGRESQL' as const };
  const content = buildScenario({ sdk: 'node', source, target, closedPort: 9, rows: OPTIONS.rows });
  await writeFile(scenario, JSON.stringify(content));
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'node', 'program.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      SLUICE_ENDPOINT: standIn.endpoint,
      SLUICE_RELAY: relay.endpoint,
      SLUICE_OBSERVING_RELAY: observing.endpoint,
      SLUICE_TAMPERING_RELAY: tampering.endpoint,
      SLUICE_AK: OPTIONS.accessKey,
      SLUICE_SK: OPTIONS.secretKey,
      SLUICE_PROJECT_ID: OPTIONS.projectId,
      SLUICE_REGION: OPTIONS.region,
      SLUICE_SCENARIO: scenario,
      SLUICE_WAIT_S: '5',
    },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await once(child, 'close');
  return [
    ...judge('node', readCheckLines(output, 'node'), relay.requestIds),
    ...judgeObservations('node', readObservations(output, 'node'), observing.exchanges, content),
  ];
}

function failedChecks(lines: readonly CheckLine[]): string[] {
  return lines.filter((line) => !line.ok).map((line) => `${line.operation}: ${line.check}`);
}

test.concurrent('the program passes against a server that answers as published', async () => {
  const lines = await walk('none');
  expect(lines.filter((line) => !line.ok)).toEqual([]);
  const states = lines.find((line) => line.check === 'states seen')?.detail.split(', ');
  expect(states).toEqual([
    'NEVER_EXECUTED',
    'BOOTING',
    'RUNNING',
    'SUCCEEDED',
    'FAILED',
    'FAILURE_ON_SUBMIT',
  ]);
});

/** Each planted fault, and the checks that must turn red for it, and no others. */
const PLANTED: readonly (readonly [Fault, readonly string[]])[] = [
  [
    'counters-missing',
    [
      'ShowJobStatus: counters equal the rows moved',
      'ShowSubmissions: newest first, with counters',
      'ShowJobStatus: answer: succeeded',
      'ShowSubmissions: answer: succeeded',
    ],
  ],
  [
    'date-as-text',
    [
      'ShowJobStatus: dates are milliseconds',
      ...['failed', 'failed to be submitted', 'never run', 'running', 'stopped', 'succeeded'].map(
        (name) => `ShowJobStatus: answer: ${name}`,
      ),
      'ShowSubmissions: answer: succeeded',
      'StartJob: answer: regression: without a body',
      'StartJob: answer: with variables',
      'CreateAndStartRandomClusterJob: answer: one of two',
    ],
  ],
  ['secret-shown', ['ShowLink: as sent, without the secret']],
  [
    'progress-zero-on-failure',
    [
      'ShowJobStatus: FAILED with progress -1',
      'ShowJobStatus: FAILED by a stop',
      'ShowJobStatus: answer: failed',
      'ShowJobStatus: answer: stopped',
    ],
  ],
  [
    'pages-ignored',
    ['first page', 'last page', 'behind the last page'].map((name) => `ShowJobs: answer: ${name}`),
  ],
  [
    'job-stays-new',
    ['regression: NEW has gone when the start call returns', 'one, succeeded', 'one, failed'].map(
      (name) => `ShowJobs: answer: ${name}`,
    ),
  ],
];

test.concurrent.each(PLANTED)('planted fault: %s', async (fault, expected) => {
  expect(failedChecks(await walk(fault)).sort()).toEqual([...expected].sort());
});

test.concurrent('planted fault: a server that takes any signature', async () => {
  const failed = failedChecks(await walk('signature-ignored'));
  expect(failed).toContain('Credentials: wrong secret key refused');
  expect(failed).toContain('Credentials: changed body refused');
  expect(failed).toContain('Credentials: changed query refused');
});

test.concurrent('planted fault: no X-Request-Id', async () => {
  const failed = failedChecks(await walk('request-id-missing'));
  expect(failed).toContain('ShowJobStatus: unknown job refused');
  expect(failed).toContain('ShowClusterDetail: unknown cluster is 404');
});
