import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConnectorRegistry } from '@sluice/core/connector/registry';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runLimits } from '../runs/limits.ts';
import { eventually, type JobWish, RunRig } from '../scheduler/test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  fingerprint,
  fingerprintOf,
  hasServers,
  type Side,
} from '../scheduler/test-sides-suite.ts';
import { ZoneClock } from '../scheduler/zone-clock.ts';
import type { JobRecord, RunRecord } from '../store/model.ts';
import { storeFileName } from '../store/open-store.ts';
import { JobService } from './job-service.ts';

const kinds = ['postgres', 'mysql'] as const;
const pairs = kinds.flatMap((from) => kinds.map((to) => [from, to] as const));
/** Enough for four slices. */
const rows = 180_000;
const sliceCount = 4;

describe.skipIf(!hasServers)('resume', () => {
  let rig: RunRig;
  let jobs: JobService;
  let sides: Readonly<Record<Side['kind'], Side>>;
  let tables = 0;
  /** What the service takes for now, against the clock. */
  let aheadMs = 0;
  /** Slices that were handed to a worker. */
  let sliceTasks = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createNumbers(side, 'source', rows);
    await use(await RunRig.open());
  });

  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  beforeEach(() => {
    aheadMs = 0;
  });

  async function use(opened: RunRig): Promise<void> {
    rig = opened;
    const now = () => Date.now() + aheadMs;
    const zone = new ZoneClock('UTC');
    jobs = new JobService({
      store: rig.store,
      registry: new ConnectorRegistry([]),
      runs: rig.desk,
      zone,
      now,
    });
    countSlices();
  }

  function countSlices(): void {
    sliceTasks = 0;
    rig.pool.before = (kind) => {
      if (kind === 'slice') sliceTasks++;
    };
  }

  /** A server that dies and starts again on its store. */
  async function restart(): Promise<void> {
    const { cluster, dataFolder } = rig;
    await rig.close(true);
    await use(await RunRig.open({ dataFolder: dataFolder ?? '' }, cluster));
  }

  async function wishTo(from: Side['kind'], to: Side['kind']): Promise<JobWish & { toTable: string }> {
    const toTable = `target_${++tables}`;
    await createTarget(sides[to], toTable);
    return { from: sides[from], to: sides[to], toTable, extractors: sliceCount };
  }

  /**
   * Ends the run after `commits` slices: the task of the next one fails, or somebody stops the run then.
   * @returns the ended run; from then on slices are counted.
   */
  async function endAfter(run: RunRecord | null, job: JobRecord, commits: number, way: 'fail' | 'stop') {
    let started = run;
    let seen = 0;
    let begunAt: number | null = null;
    rig.pool.before = async (kind) => {
      if (kind === 'plan')
        begunAt = (await rig.store.runs.latest(job.clusterId, job.name))?.startedAt ?? null;
      if (kind !== 'slice' || ++seen <= commits) return;
      await eventually('the slices before are committed', async () => {
        if (started === null) return false;
        const records = await rig.store.runs.slices(started.id);
        return records.filter(({ checkpoint }) => checkpoint?.isComplete).length >= commits;
      });
      if (way === 'fail') throw new SluiceError('Cdm.0232', { cause: 'planned by the test' });
      await rig.stop(started as RunRecord);
    };
    started ??= await rig.start(job);
    const ended = await rig.ended(started);
    expect(ended.state).toBe(way === 'fail' ? 'failed' : 'stopped');
    expect(ended.startedAt).toBe(begunAt);
    expect(ended.counts.rowsWritten).toBeGreaterThan(0);
    expect(ended.counts.rowsWritten).toBeLessThan(rows);
    countSlices();
    return ended;
  }

  async function failedRun(wish: JobWish, way: 'fail' | 'stop' = 'fail') {
    const job = await rig.job(wish);
    return { job, run: await endAfter(null, job, 2, way) };
  }

  const resume = (job: JobRecord, run: RunRecord, called = run.id) =>
    jobs.resume(run.projectId, job.clusterId, job.name, called, 'ada');

  async function expectRefused(attempt: Promise<unknown>, code: string, words: RegExp): Promise<void> {
    const error = await attempt.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SluiceError);
    const { code: given, facts } = error as SluiceError;
    expect([given, facts.explanationEn ?? '']).toEqual([code, expect.stringMatching(words)]);
    if (code === 'Cdm.0056') expect(facts.explanationZh).toMatch(/[\u4e00-\u9fff]/);
  }

  /** Checkpoint tables of the run that are at the destination. */
  async function leftOf(run: RunRecord, side: Side): Promise<number> {
    const name = `_sluice_run_${run.plan?.target.runKey}`;
    const tables = `information_schema.tables WHERE table_name = '${name}'`;
    return (await side.sql(`SELECT table_name FROM ${tables}`)).length;
  }

  /** The whole table arrived once, and nothing else is left there. */
  async function expectWhole(run: RunRecord, wish: JobWish): Promise<RunRecord> {
    const ended = await rig.ended(run);
    expect({ state: ended.state, failure: ended.failure?.summary.en }).toEqual({ state: 'succeeded' });
    expect(ended.counts).toMatchObject({ rowsRead: rows, rowsWritten: rows });
    expect(await fingerprint(wish.to, wish.toTable)).toBe(fingerprintOf(rows));
    expect(await leftOf(run, wish.to)).toBe(0);
    return ended;
  }

  test.each(pairs)(
    '%s to %s: only the open slices run again, and the counters cover the whole table',
    async (from, to) => {
      // Either end of a run by turns, so that every destination sees both.
      const way = from === to ? 'fail' : 'stop';
      const wish = await wishTo(from, to);
      const { job, run } = await failedRun(wish, way);
      const before = await rig.store.runs.slices(run.id);
      expect(before).toHaveLength(sliceCount);
      const open = before.filter(({ checkpoint }) => !checkpoint?.isComplete).length;
      expect(open).toBeGreaterThan(0);
      expect(open).toBeLessThan(sliceCount);

      const resumed = await resume(job, run);
      expect(resumed).toMatchObject({ state: 'queued', resumesRunId: run.id, counts: run.counts });
      expect(resumed.submissionId).toBeGreaterThan(run.submissionId);
      const ended = await expectWhole(resumed, wish);
      expect(sliceTasks).toBe(open);
      expect(ended.startedAt).toBeGreaterThanOrEqual(ended.createdAt);
      // The run that failed stays as it ended, and both are in the history.
      expect(await rig.find(run)).toEqual(run);
      const history = await jobs.history(job.clusterId, job.name, 10, 0);
      expect(history.runs.map(({ id }) => id)).toEqual([resumed.id, run.id]);
      await expectRefused(resume(job, resumed), 'Cdm.0056', /has succeeded/);
    },
  );

  test('a resumed run that fails or is stopped can be resumed in its turn, under its number too', async () => {
    const wish = await wishTo('postgres', 'mysql');
    const { job, run } = await failedRun(wish);
    rig.pool.before = async (kind) => {
      if (kind === 'slice') throw new SluiceError('Cdm.0232', { cause: 'planned by the test' });
    };
    const second = await rig.ended(await resume(job, run));
    expect(second).toMatchObject({ state: 'failed', counts: run.counts });
    // Queued while no driver takes it, and stopped there.
    await rig.queue.close();
    const third = await resume(job, second, String(second.submissionId));
    const stopping = rig.stop(third);
    await restart();
    await stopping.catch(() => undefined);
    expect(await rig.ended(third)).toMatchObject({ state: 'stopped', counts: run.counts });
    await expectRefused(resume(job, second), 'Cdm.0056', /only its newest run/);
    await expectWhole(await resume(job, third), wish);
  });

  test('of many calls at once one wins', async () => {
    const wish = await wishTo('mysql', 'postgres');
    const { job, run } = await failedRun(wish);
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => resume(job, run)));
    const won = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(won).toHaveLength(1);
    for (const each of outcomes) {
      if (each.status === 'fulfilled') continue;
      expect(['Cdm.0052', 'Cdm.0056']).toContain((each.reason as SluiceError).code);
    }
    await expectWhole(won[0] as RunRecord, wish);
  });

  test('a server that dies before, while and after the run goes on loses nothing', async () => {
    const wish = await wishTo('postgres', 'postgres');
    const { job, run } = await failedRun(wish);
    await restart();
    await rig.queue.close();
    const resumed = await resume(job, run);
    await restart();
    await rig.until(resumed, (seen) => seen.counts.rowsWritten > run.counts.rowsWritten);
    await restart();
    await expectWhole(resumed, wish);
  });

  test('a commit that never reached the ledger is found at the destination', async () => {
    const wish = await wishTo('mysql', 'mysql');
    const { job, run } = await failedRun(wish);
    const done = (await rig.store.runs.slices(run.id)).find(({ checkpoint }) => checkpoint?.isComplete);
    // As if the server had died between a commit and its report.
    const { cluster, dataFolder } = rig;
    await rig.close(true);
    const file = new DatabaseSync(join(dataFolder ?? '', storeFileName));
    const counts = ['rows_read', 'rows_written', 'bytes_read', 'bytes_written'].map((name) => `${name} = 0`);
    const forget = `UPDATE slices SET checkpoint = NULL, sequence = 0, ${counts} WHERE run_id = ? AND no = ?`;
    expect(file.prepare(forget).run(run.id, done?.no ?? -1).changes).toBe(1);
    file.close();
    await use(await RunRig.open({ dataFolder: dataFolder ?? '' }, cluster));
    await expectWhole(await resume(job, run), wish);
  });

  test('a fresh start removes what the failed run left, and then nothing can be resumed', async () => {
    const toOptions = { 'toJobConfig.shouldClearTable': 'true' };
    const wish = { ...(await wishTo('postgres', 'mysql')), toOptions };
    const { job, run } = await failedRun(wish);
    expect(await leftOf(run, wish.to)).toBe(1);
    let leftAtPrepare = -1;
    rig.pool.before = async (kind) => {
      if (kind !== 'prepare') return;
      leftAtPrepare = await leftOf(run, wish.to);
    };
    const fresh = await rig.start(job);
    await expectRefused(resume(job, run), 'Cdm.0052', /^$/);
    await expectWhole(fresh, wish);
    expect(leftAtPrepare).toBe(0);
    expect(await rig.store.traces.find(run.id)).toBeNull();
    await expectRefused(resume(job, run), 'Cdm.0056', /only its newest run/);
  });

  describe('is refused', () => {
    let wish: JobWish & { toTable: string };
    let job: JobRecord;
    let run: RunRecord;

    beforeEach(async () => {
      wish = await wishTo('mysql', 'postgres');
      ({ job, run } = await failedRun(wish));
    });

    const checkpoints = () => `_sluice_run_${run.plan?.target.runKey}`;

    test('for a run or a job that is not there', async () => {
      const other = await failedRun(await wishTo('mysql', 'postgres'));
      for (const id of ['nothing', '0', '999999999999999', other.run.id, String(other.run.submissionId)]) {
        const refused = resume(job, run, id);
        await expectRefused(refused, 'Cdm.0056', /no such run/);
        await expect(refused).rejects.toMatchObject({ status: 404 });
      }
      await expectRefused(resume({ ...job, name: 'absent' }, run), 'Cdm.0054', /^$/);
    });

    test('when the time is over', async () => {
      aheadMs = runLimits.resumeWindowMs + 1;
      await expectRefused(resume(job, run), 'Cdm.0056', /time for it is over/);
    });

    test('when the job, or a link of it, leads elsewhere', async () => {
      const changes: ((record: JobRecord) => JobRecord)[] = [
        (record) => ({
          ...record,
          fromOptions: { ...record.fromOptions, 'fromJobConfig.whereClause': 'id > 5' },
        }),
        (record) => ({ ...record, toOptions: { ...record.toOptions, 'toJobConfig.tableName': 'target_1' } }),
        (record) => ({ ...record, toConnector: 'other' }),
        (record) => ({ ...record, fromLink: record.toLink }),
      ];
      for (const change of changes) {
        await rig.store.jobs.update(change(job));
        await expectRefused(resume(job, run), 'Cdm.0056', /another place/);
      }
      await rig.store.jobs.update(job);
      const link = await rig.store.links.find(job.clusterId, job.fromLink);
      if (link === null) throw new Error('no link');
      const moved = { ...link.options, 'linkConfig.host': 'elsewhere' };
      await rig.store.links.update({ ...link, options: moved });
      await expectRefused(resume(job, run), 'Cdm.0056', /another place/);
      await rig.store.links.update({ ...link, isEnabled: false });
      await expectRefused(resume(job, run), 'Cdm.0060', /^$/);
      await rig.store.links.update(link);
      // What does not say where, such as the number of extractors, may change.
      await rig.store.jobs.update({ ...job, driverOptions: { 'throttlingConfig.numExtractors': '1' } });
      await expectWhole(await resume(job, run), wish);
    });

    test('when the checkpoint table is gone', async () => {
      await wish.to.sql(`DROP TABLE ${checkpoints()}`);
      await expectRefused(resume(job, run), 'Cdm.0056', /is gone/);
      expect((await jobs.find(job.clusterId, job.name)).run?.id).toBe(run.id);
    });

    test('when the checkpoint table does not hold what was committed', async () => {
      const saved = (await wish.to.sql(`SELECT * FROM ${checkpoints()} ORDER BY slice_no`))[0];
      await wish.to.sql(`DELETE FROM ${checkpoints()} WHERE slice_no = ${saved?.slice_no}`);
      await expectRefused(resume(job, run), 'Cdm.0056', /does not hold/);
      await wish.to.sql(`INSERT INTO ${checkpoints()} VALUES (999, 1, null, 0, 0, 0, 0, 0, true)`);
      await expectRefused(resume(job, run), 'Cdm.0056', /does not hold/);
    });

    test('when the destination cannot be asked, and nothing is lost by that', async () => {
      const link = await rig.store.links.find(job.clusterId, job.toLink);
      if (link === null) throw new Error('no link');
      await rig.store.links.update({
        ...link,
        options: { ...link.options, 'linkConfig.username': 'nobody' },
      });
      await expectRefused(resume(job, run), 'Cdm.0950', /^$/);
      await rig.store.links.update(link);
      await expectWhole(await resume(job, run), wish);
    });
  });

  test('is refused for a run that never got a plan', async () => {
    const wish = await wishTo('postgres', 'mysql');
    const job = await rig.job({ ...wish, fromTable: 'absent' });
    const run = await rig.ended(await rig.start(job));
    await expectRefused(resume(job, run), 'Cdm.0056', /nothing to resume/);
  });

  test('is refused for a run that committed nothing, and that run leaves nothing', async () => {
    const wish = await wishTo('postgres', 'mysql');
    rig.pool.before = (kind) => {
      if (kind === 'slice') throw new SluiceError('Cdm.0232', { cause: 'planned by the test' });
    };
    const job = await rig.job(wish);
    const run = await rig.ended(await rig.start(job));
    expect(run).toMatchObject({ state: 'failed', isPrepared: true });
    expect(await leftOf(run, wish.to)).toBe(0);
    await expectRefused(resume(job, run), 'Cdm.0056', /nothing that could be carried on/);
  });
});
