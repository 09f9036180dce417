import { SluiceError } from '@sluice/core/errors/sluice-error';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord } from '../store/model.ts';
import { eventually, type JobWish, RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  fingerprint,
  fingerprintOf,
  hasServers,
  lockTable,
  type Side,
} from './test-sides-suite.ts';

/** Enough for four slices. */
const rows = 180_000;
const kinds = ['postgres', 'mysql'] as const;
const pairs = kinds.flatMap((from) => kinds.map((to) => ({ from, to })));
const staged = { 'toJobConfig.useStageTable': 'true' };

describe.skipIf(!hasServers)('runs through a staging table', () => {
  let rig: RunRig;
  let sides: Readonly<Record<Side['kind'], Side>>;
  let tables = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createNumbers(side, 'source', rows);
    rig = await RunRig.open();
  });

  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  async function wishTo(from: Side['kind'], to: Side['kind'], more: Partial<JobWish> = {}) {
    const toTable = `staged_${++tables}`;
    await createTarget(sides[to], toTable);
    // What was there before a run, and must be there after one that fails.
    await sides[to].sql(`INSERT INTO ${toTable} (id, name, amount) VALUES (-1, 'mine', 0)`);
    const toOptions = { ...staged, ...more.toOptions };
    return { from: sides[from], to: sides[to], toTable, extractors: 4, ...more, toOptions };
  }

  /** Tables of ours that are at the destination. */
  async function left(side: Side): Promise<string[]> {
    const where = side.kind === 'postgres' ? 'public' : side.schema;
    const found = await side.sql(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = '${where}'
        AND (table_name LIKE '%sluice%' OR table_name LIKE '%cdm_stage')`,
    );
    return found.map(({ name }) => String(name));
  }

  const rowCount = async (side: Side, table: string) =>
    Number((await side.sql(`SELECT count(*) AS n FROM ${table}`))[0]?.n);

  /** Ends the run when some of its slices are committed. */
  async function broken(wish: JobWish, way: 'stop' | 'fail'): Promise<RunRecord> {
    const job = await rig.job(wish);
    let run = null as RunRecord | null;
    let slices = 0;
    rig.pool.before = async (kind) => {
      if (kind !== 'slice' || ++slices < 3) return;
      await eventually('a slice is committed', async () => {
        if (run === null) return false;
        return (await rig.store.runs.slices(run.id)).some(({ checkpoint }) => checkpoint?.isComplete);
      });
      if (way === 'stop' && run !== null) await rig.stop(run);
      if (way === 'fail') throw new SluiceError('Cdm.0232', { cause: 'planned by the test' });
    };
    run = await rig.start(job);
    const ended = await rig.ended(run);
    rig.pool.before = () => undefined;
    return ended;
  }

  test.each(pairs)('$from to $to: nothing is seen before the move, all of it after', async ({ from, to }) => {
    const wish = await wishTo(from, to);
    const job = await rig.job(wish);
    let seenBeforeMove = -1;
    let percentBeforeMove = -1;
    rig.pool.before = async (kind) => {
      if (kind !== 'finish') return;
      seenBeforeMove = await rowCount(wish.to, wish.toTable);
      percentBeforeMove = rig.desk.progress(await rig.find(run));
      expect((await rig.find(run)).state).toBe('finishing');
    };
    const run = await rig.start(job);
    const ended = await rig.ended(run);
    rig.pool.before = () => undefined;
    expect(ended.failure).toBeNull();
    expect(ended).toMatchObject({ state: 'succeeded', counts: { rowsRead: rows, rowsWritten: rows } });
    expect(seenBeforeMove).toBe(1);
    expect(percentBeforeMove).toBe(99);
    await wish.to.sql(`DELETE FROM ${wish.toTable} WHERE id = -1`);
    expect(await fingerprint(wish.to, wish.toTable)).toBe(fingerprintOf(rows));
    expect(await left(wish.to)).toEqual([]);
  });

  test.each(kinds.flatMap((to) => (['stop', 'fail'] as const).map((way) => ({ to, way }))))(
    'to $to: a $way leaves the destination as it was and nothing of ours',
    async ({ to, way }) => {
      const wish = await wishTo('postgres', to);
      const ended = await broken(wish, way);
      expect(ended.state).toBe(way === 'stop' ? 'stopped' : 'failed');
      expect(ended.counts.rowsWritten).toBeGreaterThan(0);
      expect(await rowCount(wish.to, wish.toTable)).toBe(1);
      expect(await left(wish.to)).toEqual([]);
    },
  );

  test.each(kinds)('to %s: a run that keeps its staging table is resumed', async (to) => {
    const wish = await wishTo('mysql', to, { driver: { 'sluiceConfig.keepStageTable': 'true' } });
    const ended = await broken(wish, 'stop');
    expect(await rowCount(wish.to, wish.toTable)).toBe(1);
    expect((await left(wish.to)).length).toBe(2);
    let slices = 0;
    rig.pool.before = (kind) => {
      if (kind === 'slice') slices++;
    };
    const { projectId, job } = ended;
    const resumed = await rig.desk.resume({ projectId, job, run: ended, user: 'ada' });
    const end = await rig.ended(resumed);
    rig.pool.before = () => undefined;
    expect(end.failure).toBeNull();
    expect(end.state).toBe('succeeded');
    expect(slices).toBeLessThan(ended.plan?.slices.length ?? 0);
    expect(await rowCount(wish.to, wish.toTable)).toBe(rows + 1);
    expect(await left(wish.to)).toEqual([]);
  });

  test.each(kinds)('to %s: a clash in the move fails the run and moves nothing', async (to) => {
    const wish = await wishTo('postgres', to);
    await wish.to.sql(`INSERT INTO ${wish.toTable} (id, name, amount) VALUES (77, 'mine', 0)`);
    const ended = await rig.run(wish);
    expect(ended).toMatchObject({ state: 'failed', failure: { code: 'Cdm.0928' } });
    expect(await rowCount(wish.to, wish.toTable)).toBe(2);
    expect(await left(wish.to)).toEqual([]);
  });

  test.each(kinds)('to %s: a run is stopped while its move waits, and nothing was moved', async (to) => {
    const wish = await wishTo('postgres', to);
    const job = await rig.job(wish);
    const holder = await wish.to.holder();
    rig.pool.before = async (kind) => {
      if (kind === 'finish') await lockTable(holder, wish.to, wish.toTable);
      rig.pool.before = kind === 'finish' ? () => undefined : rig.pool.before;
    };
    try {
      const run = await rig.start(job);
      await eventually('the move waits', async () => (await wish.to.waiting()) > 0);
      // A stop answers after five seconds, whatever came of it by then.
      await rig.stop(run);
      expect((await rig.find(run)).state).toBe('stopped');
      await eventually('its tables are gone', async () => (await left(wish.to)).length === 0);
    } finally {
      await holder.release();
    }
    expect(await rowCount(wish.to, wish.toTable)).toBe(1);
  });

  test.each(kinds)('to %s: statements and modes by a job', async (to) => {
    const log = `said_${to}`;
    await sides[to].sql(`CREATE TABLE ${log} (n integer, what varchar(20))`);
    const wish = await wishTo('postgres', to, { toOptions: { 'toJobConfig.onConflict': 'REPLACE' } });
    await wish.to.sql(`INSERT INTO ${wish.toTable} (id, name, amount) VALUES (77, 'mine', 0)`);
    const say = (what: string) => `INSERT INTO ${log} SELECT count(*), '${what}' FROM ${wish.toTable}`;
    const ended = await rig.run({
      ...wish,
      toOptions: {
        ...wish.toOptions,
        'toJobConfig.preSql': say('before'),
        'toJobConfig.postSql': say('after'),
      },
    });
    expect(ended.failure).toBeNull();
    expect(await sides[to].sql(`SELECT n, what FROM ${log} ORDER BY n`)).toEqual([
      { n: 2, what: 'before' },
      { n: rows + 1, what: 'after' },
    ]);
    await wish.to.sql(`DELETE FROM ${wish.toTable} WHERE id = -1`);
    expect(await fingerprint(wish.to, wish.toTable)).toBe(fingerprintOf(rows));
    expect(await left(wish.to)).toEqual([]);
  });

  test.each(kinds)(
    'to %s: a statement that fails ends the run, the last one with the rows in place',
    async (to) => {
      const first = await wishTo('postgres', to, {
        toOptions: { 'toJobConfig.preSql': 'DROP TABLE no_such' },
      });
      const before = await rig.run(first);
      expect(before).toMatchObject({ state: 'failed', failure: { code: 'Cdm.0902' } });
      expect(await rowCount(first.to, first.toTable)).toBe(1);
      const last = await wishTo('postgres', to, {
        toOptions: { 'toJobConfig.postSql': 'DROP TABLE no_such' },
      });
      const after = await rig.run(last);
      expect(after).toMatchObject({ state: 'failed', failure: { code: 'Cdm.0902' } });
      expect(await rowCount(last.to, last.toTable)).toBe(rows + 1);
      expect(await left(last.to)).toEqual([]);
    },
  );

  test.each(kinds)('to %s: what a staged run left is dropped at the next start of its job', async (to) => {
    const wish = await wishTo('postgres', to, { driver: { 'sluiceConfig.keepStageTable': 'true' } });
    const ended = await broken(wish, 'stop');
    expect((await left(wish.to)).length).toBe(2);
    const again = await rig.ended(await rig.start(ended.job));
    expect(again.state).toBe('succeeded');
    expect(await rowCount(wish.to, wish.toTable)).toBe(rows + 1);
    expect(await left(wish.to)).toEqual([]);
  });
});
