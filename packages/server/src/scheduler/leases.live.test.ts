import { setTimeout as sleep } from 'node:timers/promises';
import type { RunPlan } from '@sluice/engine/work';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runKeyOf } from '../planner/resolve-work.ts';
import { isActiveState, type RunRecord } from '../store/model.ts';
import { createTestDatabase, type TestDatabase } from '../store/test-database.ts';
import { eventually, type JobWish, RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  expectNoTraces,
  fingerprint,
  fingerprintOf,
  type Holder,
  hasServers,
  lockTable,
  postgresUrl,
  type Side,
} from './test-sides-suite.ts';

const rows = 300;

describe.skipIf(!hasServers)('leases', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  const rigs: RunRig[] = [];
  let tables = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createNumbers(side, 'source', rows);
  });

  afterAll(async () => {
    for (const rig of rigs) await rig.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  async function open(...settings: Parameters<typeof RunRig.open>): Promise<RunRig> {
    const rig = await RunRig.open(...settings);
    rigs.push(rig);
    return rig;
  }

  async function wishTo(to: Side['kind'], more: Partial<JobWish> = {}): Promise<JobWish> {
    const toTable = `target_${++tables}`;
    await createTarget(sides[to], toTable);
    return { from: sides.postgres, to: sides[to], toTable, ...more };
  }

  /** A run in two slices of which the destination lets none in until the holder is released. */
  async function startHeld(
    rig: RunRig,
    wish: JobWish,
    side: Side,
    table: string,
  ): Promise<{ run: RunRecord; holder: Holder }> {
    const holder = await side.holder();
    rig.pool.before = async (task) => {
      if (task !== 'slice') return;
      rig.pool.before = () => undefined;
      await lockTable(holder, side, table);
    };
    const run = await rig.start(await rig.job(wish));
    await eventually('a slice waits for the lock', async () => (await side.waiting()) > 0);
    return { run: await rig.find(run), holder };
  }

  function expectSucceeded(run: RunRecord): void {
    expect(run).toMatchObject({
      state: 'succeeded',
      failure: null,
      counts: { rowsRead: rows, rowsWritten: rows, rowsSkipped: 0 },
    });
  }

  test('a server that closes leaves its run as it is; the next one on the store goes on at once and succeeds', async () => {
    const first = await open();
    const wish = await wishTo('mysql', {
      extractors: 2,
      fromOptions: { 'fromJobConfig.partitionColumn': 'id' },
    });
    const { run, holder } = await startHeld(first, wish, sides.mysql, wish.toTable);
    const pids = first.pool.pids();
    const closedAt = performance.now();
    await first.close(true);
    expect(performance.now() - closedAt).toBeLessThan(5_000);
    await holder.release();

    // The same folder, the same cluster: what was planned is not planned again.
    const second = await open({ dataFolder: first.dataFolder ?? '' }, first.cluster);
    const ended = await second.ended(run);
    expectSucceeded(ended);
    const { consistency: before, ...planned } = run.plan as RunPlan;
    const { consistency, ...plan } = ended.plan as RunPlan;
    expect(plan).toEqual(planned);
    // What was read later is of a later moment, and the run says so.
    expect(before?.kind).toBe('one snapshot');
    expect(consistency?.kind).toBe('renewed after a crash');
    expect(ended.startedAt).toBe(run.startedAt);
    expect(ended.fence).toBeGreaterThan(run.fence);
    expect(second.events.some(({ event }) => event === 'run.planned')).toBe(false);
    expect(await fingerprint(sides.mysql, wish.toTable)).toBe(fingerprintOf(rows));
    await expectNoTraces(sides.mysql);
    await eventually('the workers of the first server are gone', async () => !pids.some(isProcess));
  });

  test('what was durable before a restart shows at once, and progress goes on from there', async () => {
    const first = await open({ sliceWorkersMax: 1 });
    const wish = await wishTo('postgres', {
      fromTable: 'source',
      extractors: 4,
      fromOptions: { 'fromJobConfig.partitionColumn': 'id' },
    });
    // The slice that holds this key waits for the holder; the others get through.
    const holder = await sides.postgres.holder();
    await holder.sql(`BEGIN; INSERT INTO ${wish.toTable} VALUES (${rows}, 'mine', 0)`);
    const run = await first.start(await first.job(wish));
    const held = await first.until(run, (seen) => seen.counts.rowsWritten >= rows / 4);
    await first.close(true);
    const before = held.counts.rowsWritten;
    const second = await open({ dataFolder: first.dataFolder ?? '' }, first.cluster);
    const seen = await second.find(run);
    const known = await second.desk.slices(seen);
    expect(known.reduce((sum, { counts }) => sum + counts.rowsWritten, 0)).toBeGreaterThanOrEqual(before);
    expect(second.desk.progress(seen)).toBeGreaterThan(1);
    await holder.release();
    expectSucceeded(await second.ended(run));
    expect(await fingerprint(sides.postgres, wish.toTable)).toBe(fingerprintOf(rows));
  });

  test('a stop that was asked for while no server ran: the next one ends the run and cleans up', async () => {
    const first = await open();
    const wish = await wishTo('mysql');
    const { run, holder } = await startHeld(first, wish, sides.mysql, wish.toTable);
    const asked = first.store.runs.requestStop(run.clusterId, run.jobName, 'grace', Date.now());
    await Promise.all([asked, first.close(true)]);
    await holder.release();
    const second = await open({ dataFolder: first.dataFolder ?? '' }, first.cluster);
    const ended = await second.ended(run);
    expect(ended).toMatchObject({ state: 'stopped', failure: { summary: { en: 'stopped by grace' } } });
    await expectNoTraces(sides.mysql);
  });

  test('a failure that was stored before a crash ends the run as that failure, not as another', async () => {
    const first = await open();
    const wish = await wishTo('mysql');
    const { run, holder } = await startHeld(first, wish, sides.mysql, wish.toTable);
    // As after a crash between the clean-up at the destination and the end of the record.
    const failure = {
      code: 'Cdm.0234',
      summary: { en: 'Cdm.0234 : the cause', zh: 'Cdm.0234 : 原因' },
      details: { en: 'the cause', zh: '原因' },
    };
    await first.store.runs.change({ runId: run.id, fence: run.fence }, { failure }, Date.now());
    await first.close(true);
    await holder.release();
    await sides.mysql.sql(`DROP TABLE _sluice_run_${runKeyOf(run.id)}`);
    const second = await open({ dataFolder: first.dataFolder ?? '' }, first.cluster);
    expect(await second.ended(run)).toMatchObject({ state: 'failed', failure });
    expect(await fingerprint(sides.mysql, wish.toTable)).toBe(fingerprintOf(0));
  });

  test('a lost lease: the old driver falls silent, the new one succeeds, every row is there once', async () => {
    const rig = await open();
    const wish = await wishTo('postgres', {
      extractors: 2,
      fromOptions: { 'fromJobConfig.partitionColumn': 'id' },
    });
    const { run, holder } = await startHeld(rig, wish, sides.postgres, wish.toTable);
    // Another server claims the run, as it would after this one slept through its lease.
    const later = Date.now() + 60_000;
    const claimed = await rig.store.runs.claim('another', later, 15_000);
    expect(claimed).toMatchObject({ id: run.id, fence: run.fence + 1 });
    await holder.release();
    await eventually('the old driver lets go', async () =>
      rig.events.some(({ event, fields }) => event === 'run.let-go' && fields.run === run.id),
    );
    const left = await rig.find(run);
    expect(isActiveState(left.state)).toBe(true);
    await sleep(200);
    expect(await rig.find(run)).toEqual(left);
    // Its checkpoints were refused; the run's own table still stands for the one who goes on.
    expect(left).toMatchObject({ leaseOwner: 'another', fence: run.fence + 1 });

    // That other server, in this process: the claim is handed to the desk as its queue would.
    if (claimed === null) throw new Error('not claimed');
    rig.desk.take(claimed);
    expectSucceeded(await rig.ended(run));
    expect(await fingerprint(sides.postgres, wish.toTable)).toBe(fingerprintOf(rows));
    await expectNoTraces(sides.postgres);
    const ends = rig.events.filter(({ event, fields }) => event === 'run.ended' && fields.run === run.id);
    expect(ends).toHaveLength(1);
  });

  test('a lost lease and then a failure: the old driver does not clean up under the new one', async () => {
    const rig = await open();
    const wish = await wishTo('mysql');
    const { run, holder } = await startHeld(rig, wish, sides.mysql, wish.toTable);
    await rig.store.runs.claim('another', Date.now() + 60_000, 15_000);
    // The slice fails before any heartbeat: its table changes shape under it.
    await holder.sql(`ALTER TABLE ${wish.toTable} MODIFY name varchar(3)`);
    await holder.release();
    await eventually('the old driver is done', async () =>
      rig.events.some(({ event }) => event === 'run.let-go' || event === 'run.unsettled'),
    );
    expect(await rig.find(run)).toMatchObject({ leaseOwner: 'another', failure: null, state: 'running' });
    const table = `_sluice_run_${runKeyOf(run.id)}`;
    expect(
      await sides.mysql.sql(
        `SELECT count(*) AS n FROM information_schema.tables WHERE table_schema = '${sides.mysql.schema}' AND table_name = '${table}'`,
      ),
    ).toEqual([{ n: 1 }]);
    await sides.mysql.sql(`DROP TABLE ${table}`);
  });

  test('our own store fails for a moment: that is no failure of the run, which goes on when its lease is over', async () => {
    let ahead = 0;
    const rig = await open({ now: () => Date.now() + ahead });
    const { runs, verifications } = rig.store;
    const checkpoint = runs.checkpoint.bind(runs);
    const storeChunk = verifications.storeChunk.bind(verifications);
    const faults = { checkpoint: 0, chunk: 0 };
    runs.checkpoint = async (...facts) => {
      if (++faults.checkpoint === 1) throw new Error('disk full');
      return await checkpoint(...facts);
    };
    verifications.storeChunk = async (...facts) => {
      if (++faults.chunk === 1) throw new Error('disk full');
      return await storeChunk(...facts);
    };
    const wish = await wishTo('mysql', { driver: { 'sluiceConfig.verify': 'true' } });
    const run = await rig.start(await rig.job(wish));
    const letGo = () => rig.events.filter(({ event }) => event === 'run.let-go').length;
    for (const times of [1, 2]) {
      await eventually(`the run is let go for time ${times}`, async () => letGo() === times);
      ahead += 20_000;
    }
    const ended = await rig.ended(run);
    expectSucceeded(ended);
    expect(ended.fence).toBe(3);
    // The rows were committed before the store failed: the second driver took them as they were.
    expect(faults.checkpoint).toBe(2);
    expect(faults.chunk).toBeGreaterThan(1);
    expect(await fingerprint(sides.mysql, wish.toTable)).toBe(fingerprintOf(rows));
    expect(letGo()).toBe(2);
    await expectNoTraces(sides.mysql);
  });

  test('a run that brings down every server is given up in the end', async () => {
    const rig = await open();
    await rig.queue.close();
    const wish = await wishTo('mysql');
    const run = await rig.start(await rig.job(wish));
    let claimed: RunRecord | null = null;
    for (let at = Date.now(), i = 0; i < 32; i++, at += 60_000) {
      claimed = await rig.store.runs.claim('crashing', at, 15_000);
    }
    if (claimed === null) throw new Error('not claimed');
    rig.desk.take(claimed);
    const ended = await rig.ended(run);
    expect(ended).toMatchObject({ state: 'failed', failure: { code: 'Cdm.0036' } });
    expect(ended.failure?.summary.en).toMatch(/taken up 31 times/);
  });

  describe('two servers on one PostgreSQL store', () => {
    let store: TestDatabase;
    let pair: readonly [RunRig, RunRig];

    beforeAll(async () => {
      store = await createTestDatabase(postgresUrl ?? '');
      const first = await open({ storeUrl: store.url, owner: 'one', leaseMs: 6_000 });
      pair = [first, await open({ storeUrl: store.url, owner: 'two', leaseMs: 6_000 }, first.cluster)];
    });

    afterAll(async () => {
      for (const rig of pair ?? []) await rig.close();
      await store?.drop();
    });

    test('share 20 runs, and each is driven once', async () => {
      const [one, two] = pair;
      const wishes: JobWish[] = [];
      for (let i = 0; i < 20; i++) wishes.push(await wishTo(i % 2 === 0 ? 'postgres' : 'mysql'));
      const jobs = [];
      for (const wish of wishes) jobs.push(await one.job(wish));
      const runs = await Promise.all(jobs.map((job, i) => (i % 2 === 0 ? one : two).start(job)));
      for (const run of runs) {
        const ended = await one.ended(run);
        expectSucceeded(ended);
        expect(ended.fence).toBe(1);
      }
      const endsOf = (rig: RunRig) =>
        rig.events.filter(({ event }) => event === 'run.ended').map(({ fields }) => fields.run);
      expect([...endsOf(one), ...endsOf(two)].sort()).toEqual(runs.map(({ id }) => id).sort());
      for (const wish of wishes) expect(await fingerprint(wish.to, wish.toTable)).toBe(fingerprintOf(rows));
      await expectNoTraces(sides.postgres);
      await expectNoTraces(sides.mysql);
    });

    test('a stop through the one reaches a run of the other', async () => {
      const [one, two] = pair;
      await two.queue.close();
      const wish = await wishTo('mysql');
      const { run, holder } = await startHeld(one, wish, sides.mysql, wish.toTable);
      const askedAt = performance.now();
      await two.stop(run);
      expect(performance.now() - askedAt).toBeLessThan(5_000);
      expect(await one.find(run)).toMatchObject({ state: 'stopped' });
      await holder.release();
    });

    test('one that closes hands its run over without waiting for the lease', async () => {
      const first = await open({ storeUrl: store.url, owner: 'three', leaseMs: 600_000 }, pair[0].cluster);
      await pair[0].queue.close();
      const wish = await wishTo('mysql');
      const { run, holder } = await startHeld(first, wish, sides.mysql, wish.toTable);
      await first.close();
      await holder.release();
      const next = await open({ storeUrl: store.url, owner: 'four' }, pair[0].cluster);
      // Its lease would last for ten minutes.
      expectSucceeded(await next.ended(run));
      expect(await fingerprint(sides.mysql, wish.toTable)).toBe(fingerprintOf(rows));
      await next.close();
    });
  });
});

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
