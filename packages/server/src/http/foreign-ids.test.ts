import { randomUUID } from 'node:crypto';
import { operations } from '@sluice/contract/operations';
import { ownOperations } from '@sluice/contract/own-operations';
import { toPortableRow } from '@sluice/core/data/portable-row';
import { rejectLimits } from '@sluice/engine/limits';
import { markPosition } from '@sluice/engine/marked-position';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rejectContext } from '../secrets/sealed-values.ts';
import { rejectId } from '../store/reject-record.ts';
import { newId, sampleJob, samplePlan, sampleRun } from '../store/sample-records.ts';
import { projectA, projectB, type SampleApp, sampleApp, sampleBox } from './sample-app.ts';

// Ids of what belongs to somebody else, asked for under what is one's own: the project, the cluster and the job of every
// path here are the caller's, and only the last id is not.

let sample: SampleApp;
beforeEach(async () => {
  sample = await sampleApp();
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

const attempt = 'a0b1c2d3e4f5';

/** A job with an ended run, a row that it set aside, a replay of another one, and a verification. */
async function makeWork(projectId: string, clusterId: string, jobName: string) {
  const { store } = sample;
  const now = Date.now();
  const job = await store.jobs.create(sampleJob(clusterId, jobName));
  const run = await store.runs.create(sampleRun(job, projectId));
  const claimed = await store.runs.claim('sample', now, 60_000);
  if (claimed?.id !== run.id) throw new Error('another run is queued');
  const claim = { runId: run.id, fence: claimed.fence };
  await store.runs.storePlan(claim, samplePlan(2), now);
  const rejects = [0, 1].map((no) => {
    const id = rejectId({ sliceNo: 1, sequence: 1, attempt, no });
    const row = JSON.stringify(toPortableRow([no], rejectLimits.caps));
    const reason = { stage: 'write', code: 'Cdm.0234', facts: { cause: 'x' } } as const;
    return { ...reason, sealedRow: sampleBox.seal(row, rejectContext(id)) };
  });
  const limits = { rowsMax: 9, charsMax: 99_999 };
  await store.rejects.put(claim, { sliceNo: 1, sequence: 1, attempt, firstNo: 0, rejects }, limits, now);
  const counts = { rowsRead: 2, rowsWritten: 0, rowsSkipped: 2, bytesRead: 1, bytesWritten: 1 };
  const checkpoint = { sequence: 1, position: markPosition(null, attempt), counts, isComplete: true };
  await store.runs.checkpoint(claim, 1, checkpoint, now);
  await store.runs.change(claim, { state: 'succeeded', endedAt: now }, now);
  const replay = { id: newId(), runId: run.id, createdBy: 'x', createdAt: now };
  const chosen = [{ sliceNo: 1, sequence: 1, attempt, no: 1 }];
  if ((await store.replays.begin(replay, chosen, limits, now)) === null) throw new Error('no replay');
  const verification = {
    id: newId(),
    runId: run.id,
    projectId,
    clusterId,
    kind: 'run' as const,
    removesExtra: false,
    state: 'queued' as const,
    phase: 'comparing' as const,
    plan: null,
    notComparable: null,
    isAtSnapshot: false,
    failure: null,
    createdBy: 'x',
    createdAt: now,
    startedAt: null,
    endedAt: null,
    stopRequestedBy: null,
    leaseOwner: null,
    leaseUntil: 0,
    fence: 0,
  };
  await store.verifications.create(verification);
  return {
    project_id: projectId,
    cluster_id: clusterId,
    job_name: jobName,
    run_id: run.id,
    reject_id: rejectId({ sliceNo: 1, sequence: 1, attempt, no: 0 }),
    replay_id: replay.id,
    verification_id: verification.id,
  };
}

type Ids = Awaited<ReturnType<typeof makeWork>>;
const lastIds = ['run_id', 'replay_id', 'verification_id'] as const;
const asked = [...operations, ...ownOperations].filter(({ path }) => path.includes('{run_id}'));

async function ask(operation: (typeof asked)[number], ids: Ids) {
  const url = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: keyof Ids) =>
    encodeURIComponent(ids[name] ?? 'x'),
  );
  const answer = await sample.app.inject({
    method: operation.method,
    url,
    headers: { 'x-auth-token': `alice@${ids.project_id}` },
    ...(operation.request === null ? {} : { payload: { values: [7] } }),
    payloadAsStream: true,
  });
  const { statusCode } = answer;
  if (String(answer.headers['content-type']).startsWith('text/event-stream')) {
    answer.raw.res.destroy();
    return { statusCode, text: '' };
  }
  let text = '';
  for await (const chunk of answer.stream()) text += String(chunk);
  return { statusCode, text };
}

describe('an id of something else under what is one’s own', () => {
  test('is answered like one that does not exist, by every operation that takes a run', async () => {
    const [mine, theirs] = [await sample.makeCluster(projectA), await sample.makeCluster(projectB)];
    const own = await makeWork(projectA, mine, 'j');
    // Another project's, another cluster's of the project, and another job's of the cluster.
    const foreign = [
      await makeWork(projectB, theirs, 'j'),
      await makeWork(projectA, await sample.makeCluster(projectA), 'j'),
      await makeWork(projectA, mine, 'k'),
    ];
    let compared = 0;
    for (const operation of asked) {
      for (const name of lastIds.filter((each) => operation.path.includes(`{${each}}`))) {
        const said = async (id: string) => {
          const { statusCode, text } = await ask(operation, { ...own, [name]: id });
          return `${statusCode} ${text.replaceAll(id, '…').replaceAll(/"request_id":"\w+"/g, '')}`;
        };
        const absent = await said(randomUUID());
        expect(absent, operation.operationId).toMatch(/^404 .*Cdm\.00(?:01|56)/);
        for (const other of foreign) {
          expect(await said(other[name]), `${operation.operationId} ${name}`).toBe(absent);
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(60);
    // Rows that were set aside have ids that are unique in their run only: the run's own is what is found.
    const row = await ask(
      ownOperations.find(({ operationId }) => operationId === 'ListRejects') as never,
      own,
    );
    expect(row.text).toContain(own.reject_id);
  });

  test('what is one’s own is found by each of these ids', async () => {
    const own = await makeWork(projectA, await sample.makeCluster(projectA), 'j');
    const reading = asked.filter(({ method }) => method === 'GET');
    for (const operation of reading) {
      const { statusCode, text } = await ask(operation, own);
      expect(statusCode, `${operation.operationId}: ${text}`).toBe(200);
    }
    expect(reading.length).toBeGreaterThan(6);
  });
});
