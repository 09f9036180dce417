import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobRecord, RunRecord } from '../store/model.ts';
import { eventually, type JobWish, RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  expectNoTraces,
  fingerprint,
  fingerprintOf,
  hasServers,
  type Side,
} from './test-sides-suite.ts';

const rows = 400;

describe.skipIf(!hasServers)('runs of several slices, whose source is written to', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  const rigs: RunRig[] = [];
  let tables = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
  });

  afterAll(async () => {
    for (const rig of rigs) await rig.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  async function openRig(sliceWorkersMax: number): Promise<RunRig> {
    const rig = await RunRig.open({ sliceWorkersMax });
    rigs.push(rig);
    return rig;
  }

  async function wishOf(from: Side['kind'], to: Side['kind']): Promise<JobWish & { fromTable: string }> {
    tables += 1;
    const [fromTable, toTable] = [`source_${tables}`, `target_${tables}`];
    await createNumbers(sides[from], fromTable, rows);
    await createTarget(sides[to], toTable);
    const fromOptions = { 'fromJobConfig.partitionColumn': 'id' };
    return { from: sides[from], to: sides[to], fromTable, toTable, extractors: 8, fromOptions };
  }

  /** Calls `act` once, when the slice with this number in the order of starts is about to be handed to a worker. */
  function beforeSlice(rig: RunRig, start: number, act: () => Promise<void>): void {
    let slices = 0;
    rig.pool.before = async (kind) => {
      if (kind !== 'slice') return;
      slices += 1;
      if (slices === start) await act();
    };
  }

  function consistencyOf(run: RunRecord): string | undefined {
    return run.plan?.consistency?.kind;
  }

  /** Sessions of ours at a side; the side's own connection does not count. */
  async function sessionsAt(side: Side): Promise<number> {
    const [row] = await side.sql(
      side.kind === 'postgres'
        ? `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sluice'`
        : `SELECT count(*) AS n FROM information_schema.PROCESSLIST WHERE DB = '${side.schema}' AND ID <> CONNECTION_ID()`,
    );
    return Number(row?.n);
  }

  const cases = (
    [
      ['postgres', 'postgres'],
      ['postgres', 'mysql'],
      ['mysql', 'postgres'],
      ['mysql', 'mysql'],
    ] as const
  ).flatMap(([from, to]) => [1, 2].map((lanes) => ({ from, to, lanes })));

  test.each(cases)('$from to $to, $lanes lanes: rows that change their key come once', async (line) => {
    const { from, to, lanes } = line;
    const rig = await openRig(lanes);
    const wish = await wishOf(from, to);
    let writes = 0;
    beforeSlice(rig, 3, async () => {
      await sides[from].sql(`UPDATE ${wish.fromTable} SET id = id + 10000 WHERE id <= 150`);
      await sides[from].sql(`UPDATE ${wish.fromTable} SET id = -id WHERE id BETWEEN 200 AND 400`);
      await sides[from].sql(`DELETE FROM ${wish.fromTable} WHERE id BETWEEN 151 AND 199`);
      writes += 1;
    });
    const run = await rig.run(wish);
    expect(run.failure).toBeNull();
    expect(writes).toBe(1);
    expect(run).toMatchObject({ state: 'succeeded', counts: { rowsRead: rows, rowsWritten: rows } });
    expect(run.plan?.slices.length).toBe(8);
    expect(consistencyOf(run)).toBe('one snapshot');
    expect(await fingerprint(wish.to, wish.toTable)).toBe(fingerprintOf(rows));
    await expectNoTraces(wish.to);
    // Nothing of the run is kept by the workers, which live on.
    expect(rig.pool.pids().length).toBeGreaterThan(0);
    await eventually('all sessions are closed', async () => (await sessionsAt(wish.from)) === 0, 3_000);
    await eventually('all sessions are closed', async () => (await sessionsAt(wish.to)) === 0, 3_000);
  });

  test.each([
    { from: 'postgres', to: 'mysql' },
    { from: 'mysql', to: 'postgres' },
  ] as const)(
    '$from to $to, all workers killed: a new snapshot, and the run says so',
    async ({ from, to }) => {
      const rig = await openRig(2);
      const wish = await wishOf(from, to);
      beforeSlice(rig, 4, async () => rig.killWorkers());
      const run = await rig.run(wish);
      expect(run).toMatchObject({ state: 'succeeded', failure: null, counts: { rowsWritten: rows } });
      expect(consistencyOf(run)).toBe('renewed after a crash');
      const said = rig.events.filter(({ event }) => event === 'run.consistency').map(({ fields }) => fields);
      expect(said.map((fields) => fields.consistency)).toEqual(['one snapshot', 'renewed after a crash']);
      expect(await fingerprint(wish.to, wish.toTable)).toBe(fingerprintOf(rows));
      await expectNoTraces(wish.to);
    },
  );

  test.each(['postgres', 'mysql'] as const)(
    'a source of %s that is emptied: the rows that were there are reported as a newer snapshot',
    async (from) => {
      const rig = await openRig(1);
      const wish = await wishOf(from, 'postgres');
      beforeSlice(rig, 5, async () => {
        await sides[from].sql(`TRUNCATE TABLE ${wish.fromTable}`);
      });
      const run = await rig.run(wish);
      expect(run).toMatchObject({ state: 'succeeded', failure: null, counts: { rowsWritten: rows / 2 } });
      expect(consistencyOf(run)).toBe('renewed after a crash');
      expect(run.plan?.consistency?.reason).toMatch(/truncated/);
    },
  );

  test('one slice needs no snapshot, and no run with its sessions outlives it', async () => {
    const rig = await openRig(2);
    const wish = await wishOf('postgres', 'postgres');
    const kinds: string[] = [];
    rig.pool.before = (kind) => {
      kinds.push(kind);
    };
    const run = await rig.run({ ...wish, extractors: 1 });
    expect(kinds).toEqual(['plan', 'prepare', 'slice', 'verify', 'finish']);
    expect(consistencyOf(run)).toBe('one snapshot');
    expect(rig.pool.pids()).toHaveLength(1);
  });

  test('a source that cannot give one moment: the run goes on and says why', async () => {
    const rig = await openRig(2);
    const wish = await wishOf('mysql', 'postgres');
    await sides.mysql.sql(`ALTER TABLE ${wish.fromTable} ENGINE=MyISAM`);
    const run = await rig.run(wish);
    expect(run).toMatchObject({ state: 'succeeded', failure: null, counts: { rowsWritten: rows } });
    expect(run.plan?.consistency).toEqual({
      kind: 'per slice',
      reason: expect.stringMatching(/slices may see different moments: the engine MyISAM/),
    });
  });

  test('three runs share the workers and each keeps its own moment', async () => {
    const rig = await openRig(2);
    const wishes = [
      await wishOf('mysql', 'postgres'),
      await wishOf('mysql', 'mysql'),
      await wishOf('postgres', 'mysql'),
    ];
    let slices = 0;
    rig.pool.before = async (kind) => {
      if (kind !== 'slice') return;
      slices += 1;
      if (slices !== 9) return;
      for (const { from, fromTable } of wishes)
        await from.sql(`UPDATE ${fromTable} SET id = id + 10000 WHERE id <= 300`);
    };
    const jobs: JobRecord[] = [];
    for (const wish of wishes) jobs.push(await rig.job(wish));
    const runs = await Promise.all(jobs.map(async (job) => rig.ended(await rig.start(job))));
    for (const [i, run] of runs.entries()) {
      const wish = wishes[i] as JobWish;
      expect(run.failure).toBeNull();
      expect(consistencyOf(run)).toBe('one snapshot');
      expect(run.counts.rowsWritten).toBe(rows);
      const found = await fingerprint(wish.to, wish.toTable);
      // A run that took its snapshot behind the change has moved all of it.
      const [changed] = await wish.from.sql(
        `SELECT count(*) AS n, count(DISTINCT id) AS d, sum(id) AS i, sum(amount) AS a FROM ${wish.fromTable}`,
      );
      const after = [changed?.n, changed?.d, changed?.i, Number(changed?.a)].map(String).join('/');
      expect([fingerprintOf(rows), after]).toContain(found);
    }
  });
});
