import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { advanceBatch } from '../runs/batch-run.ts';
import { endRun } from '../runs/end-run.ts';
import { runLimits } from '../runs/limits.ts';
import type { ClusterLoad } from '../runs/run-desk.ts';
import type { RunRecord } from '../store/model.ts';
import { type OpenedStore, openStore } from '../store/open-store.ts';
import { newId, sampleCluster, sampleJob, sampleRun } from '../store/sample-records.ts';
import { RunQueue } from './run-queue.ts';

const { drivenRunsMax, drivenRunsKeptForOthers } = runLimits;

/** Takes runs without driving them; a run ends when the test says so. */
class StandInDesk {
  readonly store: OpenedStore;
  readonly taken: RunRecord[] = [];
  driven: RunRecord[] = [];

  constructor(store: OpenedStore) {
    this.store = store;
  }

  roomMax: number = drivenRunsMax;

  get room(): number {
    return this.roomMax - this.driven.length;
  }

  get load(): readonly ClusterLoad[] {
    const ids = [...new Set(this.driven.map((run) => run.clusterId))];
    return ids.map((clusterId) => {
      const runs = this.driven.filter((run) => run.clusterId === clusterId);
      return { clusterId, projectId: runs[0]?.projectId ?? '', runs: runs.length };
    });
  }

  take(run: RunRecord): void {
    this.taken.push(run);
    this.driven.push(run);
  }

  async end(run: RunRecord | undefined): Promise<void> {
    if (run === undefined) throw new Error('no such run is driven');
    this.driven = this.driven.filter((other) => other !== run);
    await endRun(this.store, { runId: run.id, fence: run.fence }, 'succeeded', null, Date.now(), null);
  }

  of(clusterId: string): number {
    return this.driven.filter((run) => run.clusterId === clusterId).length;
  }
}

describe('RunQueue with a stand-in for the desk', () => {
  let dataFolder: string;
  let store: OpenedStore;
  let desk: StandInDesk;
  let queue: RunQueue;
  /** No entry: many. */
  let runsMax: Map<string, number>;
  let looks: number;

  beforeEach(async () => {
    dataFolder = mkdtempSync(join(tmpdir(), 'sluice-queue-'));
    store = await openStore({ dataFolder });
    desk = new StandInDesk(store);
    runsMax = new Map();
    looks = 0;
    queue = new RunQueue({
      store: {
        runs: {
          claimable(now, limit) {
            looks += 1;
            return store.runs.claimable(now, limit);
          },
          claim: (...about) => store.runs.claim(...about),
          releaseLeases: (owner) => store.runs.releaseLeases(owner),
        },
      },
      desk,
      runsMax: async (clusterId) => runsMax.get(clusterId) ?? 1_000,
      owner: 'o',
      leaseMs: 60_000,
      now: Date.now,
      log: (event, fields) => {
        throw new Error(`${event} ${String(fields.error)}`);
      },
    });
  });
  afterEach(async () => {
    await queue.close();
    await store.close();
    rmSync(dataFolder, { recursive: true });
  });

  let count = 0;
  /** @returns the new cluster's id. */
  async function cluster(projectId: string): Promise<string> {
    const domainId = newId();
    await store.identity.createDomain({ id: domainId, name: domainId });
    if ((await store.identity.findProject({ id: projectId })) === null) {
      const project = { id: projectId, name: projectId, domainId, description: '', isEnabled: true };
      await store.identity.createProject(project);
    }
    const record = sampleCluster(projectId);
    await store.clusters.create(record);
    return record.id;
  }

  async function start(clusterId: string, projectId: string, runs: number): Promise<void> {
    await store.transaction(async (tx) => {
      for (let i = 0; i < runs; i++) {
        const job = await tx.jobs.create(sampleJob(clusterId, `job-${++count}`));
        await tx.runs.create(sampleRun(job, projectId));
      }
    });
  }

  /** Has the queue look once, to its end. */
  async function look(): Promise<void> {
    const before = looks;
    queue.poke();
    await expect.poll(() => looks).toBeGreaterThan(before);
    // The next look begins when the one before is over.
    const seen = looks;
    queue.poke();
    await expect.poll(() => looks).toBeGreaterThan(seen);
  }

  test('a lone run is claimed at the next look, though 1,000 runs of another project were queued before', {
    timeout: 30_000,
  }, async () => {
    const crowded = [await cluster('crowd'), await cluster('crowd'), await cluster('crowd')];
    for (const clusterId of crowded) await start(clusterId, 'crowd', 334);
    await look();
    expect(desk.driven).toHaveLength(drivenRunsMax - drivenRunsKeptForOthers);
    // The crowd's clusters have the same, as near as can be.
    const shares = crowded.map((clusterId) => desk.of(clusterId));
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);

    const lone = await cluster('lone');
    await start(lone, 'lone', 1);
    await look();
    expect(desk.of(lone)).toBe(1);

    // Without places kept for others: one end of a run is enough, and from then on both get the same.
    await start(lone, 'lone', 300);
    for (let i = 0; i < 40; i++) {
      await desk.end(desk.driven.find((run) => run.projectId === 'crowd'));
      await look();
    }
    const ofLone = desk.of(lone);
    expect(ofLone).toBeGreaterThanOrEqual((drivenRunsMax - drivenRunsKeptForOthers) / 2 - 1);
    expect(ofLone).toBeLessThanOrEqual((drivenRunsMax - drivenRunsKeptForOthers) / 2 + 1);
  });

  test('a cluster drives no more runs than it may, and a stopped one none; both go on when they may', async () => {
    const [full, stopped] = [await cluster('a'), await cluster('b')];
    runsMax.set(full, 2);
    runsMax.set(stopped, 0);
    await start(full, 'a', 5);
    await start(stopped, 'b', 2);
    await look();
    expect([desk.of(full), desk.of(stopped)]).toEqual([2, 0]);
    await desk.end(desk.driven[0]);
    await look();
    expect([desk.of(full), desk.of(stopped)]).toEqual([2, 0]);
    expect(desk.taken).toHaveLength(3);
    runsMax.set(stopped, 9);
    await look();
    expect(desk.of(stopped)).toBe(2);
    expect((await store.runs.active(full)).filter((run) => run.leaseOwner === null)).toHaveLength(2);
  });

  test('a run that is to be stopped is taken, also of a cluster that takes no work', async () => {
    const stopped = await cluster('a');
    runsMax.set(stopped, 0);
    await start(stopped, 'a', 3);
    const doomed = (await store.runs.active(stopped))[1];
    if (doomed === undefined) throw new Error('no run');
    await store.runs.requestStop(stopped, doomed.jobName, 'ada', Date.now());
    await look();
    expect(desk.taken.map((run) => run.id)).toEqual([doomed.id]);
  });

  /** An entire-database job under way: the first of its tables wait in the queue. */
  async function startTables(clusterId: string, projectId: string, tables: number): Promise<string> {
    const atOnce = tables >> 1;
    const summary = { tables, atOnce, done: 0, failed: 0, weight: tables, weightDone: 0 };
    return await store.transaction(async (tx) => {
      const sample = sampleJob(clusterId, `whole-${++count}`);
      const job = await tx.jobs.create({ ...sample, type: 'BATCH_JOB' });
      const batch = { ...summary, fromLink: null, toLink: null };
      const run = await tx.runs.create({ ...sampleRun(job, projectId), state: 'running', batch });
      const rows = Array.from({ length: tables }, (_, no) => ({
        no,
        name: `table_${no}`,
        rowsEstimate: null,
        weight: 1,
        refusal: null,
        carriesRunId: null,
      }));
      await tx.batches.storeTables(run.id, rows);
      await advanceBatch(tx, run.id, Date.now());
      return run.id;
    });
  }

  test('entire databases of two projects move as many tables each, whoever came first', {
    timeout: 30_000,
  }, async () => {
    const held = 8;
    desk.roomMax = held + drivenRunsKeptForOthers;
    const [first, second] = [await cluster('first'), await cluster('second')];
    const crowd = await startTables(first, 'first', 60);
    await look();
    expect(desk.of(first)).toBe(held);
    const late = await startTables(second, 'second', 20);
    const endOldest = async () => {
      await desk.end(desk.driven[0]);
      await look();
    };
    for (let ends = 0; ends < held; ends++) await endOldest();
    expect(Math.abs(desk.of(first) - desk.of(second))).toBeLessThanOrEqual(1);
    const doneOf = async (id: string) => (await store.batches.standing(id)).done;
    const before = [await doneOf(crowd), await doneOf(late)] as const;
    for (let ends = 0; ends < 24; ends++) await endOldest();
    const [ofCrowd, ofLate] = [(await doneOf(crowd)) - before[0], (await doneOf(late)) - before[1]];
    // Those of one project may end one after the other.
    expect(Math.abs(ofCrowd - ofLate)).toBeLessThanOrEqual(held / 2);
    // With its tables all begun the other one has the room for itself.
    for (let ends = 0; ends < 60 && desk.driven.length > 0; ends++) await endOldest();
    expect((await store.runs.find(late))?.state).toBe('succeeded');
    expect((await store.runs.find(crowd))?.state).toBe('succeeded');
  });
});
