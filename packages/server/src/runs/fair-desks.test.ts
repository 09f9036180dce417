import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RunRecord } from '../store/model.ts';
import type { ReplayRecord } from '../store/reject-record.ts';
import { newId, sampleJob, sampleRun } from '../store/sample-records.ts';
import type { Store } from '../store/store.ts';
import type { VerificationRecord } from '../store/verification-record.ts';
import { runLimits } from './limits.ts';
import { LinkInspector } from './link-inspector.ts';
import { ProjectShares } from './project-shares.ts';
import { ReplayDesk } from './replay-desk.ts';
import { VerificationDesk } from './verification-desk.ts';

// What one project has begun, and waits for servers that never answer, keeps no other project waiting.

const never = new Promise<never>(() => undefined);
const service = { zone: 'UTC', version: '1' };

function runOf(projectId: string): RunRecord {
  return { ...sampleRun({ ...sampleJob('c', 'j'), id: 1 }, projectId), submissionId: 1, plan: null };
}

test('replays', async () => {
  const runs = new Map(['slow', 'slow', 'other'].map((projectId) => [newId(), runOf(projectId)]));
  const due = [...runs.keys()].map((runId): ReplayRecord => {
    const counts = { rowsChosen: 1, rowsWritten: 0, rowsRefused: 0 };
    const times = { createdAt: 1, endedAt: null, attempts: 1 };
    return { id: newId(), runId, state: 'pending', ...counts, failure: null, createdBy: 'a', ...times };
  });
  const looks: string[] = [];
  const putOff: string[] = [];
  const store = {
    replays: {
      takeDue: async (_now: number, _again: number, passedOver: readonly string[] = []) => {
        const at = due.findIndex(({ runId }) => !passedOver.includes(runs.get(runId)?.projectId ?? ''));
        return at < 0 ? null : (due.splice(at, 1)[0] ?? null);
      },
      putOff: async (id: string) => void putOff.push(id),
    },
    runs: {
      // Whoever carries out one of the slow project asks a second time, and hears nothing.
      find: (id: string) => {
        looks.push(id);
        const run = runs.get(id) ?? null;
        const isSecond = looks.filter((each) => each === id).length > 1;
        return run?.projectId === 'slow' && isSecond ? never : Promise.resolve(run);
      },
    },
  } as unknown as Store;
  const pools = { of: () => never, apart: () => never } as never;
  const desk = new ReplayDesk({
    store,
    pools,
    secrets: {} as never,
    service,
    now: Date.now,
    isAlone: false,
    log: () => undefined,
  });
  const [first, , other] = due.map(({ id, runId }) => ({ id, runId }));
  desk.open();
  // The other project's has been carried out, as far as that goes, while the first hangs and the second waits behind it.
  await expect.poll(() => putOff).toContain(other?.id);
  expect(looks.filter((id) => id === first?.runId)).toHaveLength(2);
  expect(due).toHaveLength(1);
  expect(runLimits.replaysMax).toBeGreaterThan(1);
});

test('verifications', async () => {
  const { verificationsMax, verificationsPerProjectMax } = runLimits;
  const queue = [...Array<string>(verificationsMax + 1).fill('slow'), 'other'].map((projectId) => {
    return {
      id: newId(),
      runId: newId(),
      projectId,
      clusterId: 'c',
      kind: 'check',
      fence: 1,
    } as VerificationRecord;
  });
  const taken: string[] = [];
  const store = {
    verifications: {
      releaseLeases: async () => undefined,
      claim: async (_owner: string, _now: number, _leaseMs: number, passedOver: readonly string[] = []) => {
        const at = queue.findIndex(({ projectId }) => !passedOver.includes(projectId));
        const [found = null] = at < 0 ? [] : queue.splice(at, 1);
        if (found !== null) taken.push(found.projectId);
        return found;
      },
      change: () => never,
      heartbeat: async () => null,
    },
  } as unknown as Store;
  const pools = { of: () => ({ forget: () => undefined }), apart: () => never } as never;
  const tools = { store, pools, secrets: {} as never, service, leaseMs: 60_000, owner: 'o' };
  const desk = new VerificationDesk({ ...tools, now: Date.now, log: () => undefined });
  await desk.open();
  await expect.poll(() => taken).toContain('other');
  expect(taken).toEqual([...Array<string>(verificationsPerProjectMax).fill('slow'), 'other']);
});

test('questions to links', async () => {
  const { inspectionsMax, inspectionsPerProjectMax } = runLimits;
  const pools = { of: () => ({ run: () => never }) } as never;
  const inspector = new LinkInspector({
    pools,
    projectOf: async (clusterId) => clusterId.slice(0, 1),
    log: () => undefined,
  });
  const ask = (clusterId: string) =>
    Promise.race([
      inspector
        .ask(clusterId, 'generic-jdbc-connector', {}, { what: 'schemas', page: {} as never })
        .catch(({ code, facts }) => `${code} ${facts.limit}`),
      sleep(50, 'asked'),
    ]);
  // Over two clusters of one project.
  const mine = await Promise.all(
    Array.from({ length: inspectionsPerProjectMax + 1 }, (_, at) => ask(`a${at % 2}`)),
  );
  expect(mine.filter((answer) => answer === 'asked')).toHaveLength(inspectionsPerProjectMax);
  expect(mine.at(-1)).toBe(`APIGW.0308 ${inspectionsPerProjectMax}`);
  expect(await ask('b0')).toBe('asked');
  // Many projects fill the rest.
  const rest = Array.from({ length: inspectionsMax - inspectionsPerProjectMax - 1 }, (_, at) =>
    ask(String.fromCharCode('c'.charCodeAt(0) + (at % 20))),
  );
  expect(new Set(await Promise.all(rest))).toEqual(new Set(['asked']));
  expect(await ask('z')).toBe(`APIGW.0308 ${inspectionsMax}`);
});

test('places are given back however the work ends, and a refusal takes none', async () => {
  const shares = new ProjectShares(3, 2);
  const ends: (() => void)[] = [];
  const work = () => new Promise<void>((resolve) => ends.push(resolve));
  const begun = [shares.run('a', work), shares.run('a', work)];
  await expect(shares.run('a', work)).rejects.toMatchObject({ code: 'APIGW.0308', facts: { limit: 2 } });
  begun.push(shares.run('b', work));
  await expect(shares.run('c', work)).rejects.toMatchObject({ code: 'APIGW.0308', facts: { limit: 3 } });
  for (const end of ends) end();
  await Promise.all(begun);
  await expect(shares.run('a', () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(
    await Promise.all(['a', 'a', 'c'].map((project) => shares.run(project, async () => project))),
  ).toEqual(['a', 'a', 'c']);
});
