// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs refer to variables.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VerificationDesk } from '../runs/verification-desk.ts';
import { totalsOf } from '../runs/verification-totals.ts';
import type { RunRecord } from '../store/model.ts';
import { isActiveVerification, type VerificationRecord } from '../store/verification-record.ts';
import { eventually, type JobWish, RunRig, rigSecretBox } from './test-rig-suite.ts';
import { createMysqlSide, createPostgresSide, hasServers, lockTable, type Side } from './test-sides-suite.ts';
import { codeOf, createVaried } from './test-varied-suite.ts';

const rows = 1_200;
const verify = { 'sluiceConfig.verify': 'true' };
const anew = { 'toJobConfig.tablePreparation': 'DROP_AND_CREATE' };

const pairs = [
  ['postgres', 'postgres'],
  ['postgres', 'mysql'],
  ['mysql', 'postgres'],
  ['mysql', 'mysql'],
] as const;

describe.skipIf(!hasServers)('verification of runs', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  let rig: RunRig;
  let desk: VerificationDesk;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    rig = await RunRig.open({ sliceWorkersMax: 2 });
    desk = openDesk(rig);
    await desk.open();
  });

  afterAll(async () => {
    await desk?.close();
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  function openDesk({ store, pool, events }: RunRig): VerificationDesk {
    return new VerificationDesk({
      store,
      secrets: rigSecretBox,
      pools: pool,
      now: Date.now,
      service: { zone: 'Asia/Shanghai', version: '1.8.1' },
      leaseMs: 15_000,
      owner: 'embedded',
      log: (event, fields) =>
        void (events as { event: string; fields: typeof fields }[]).push({ event, fields }),
    });
  }

  async function wishOf(
    from: Side['kind'],
    to: Side['kind'],
    key: 'id' | 'text' | 'both' | 'none' = 'id',
    more: Partial<JobWish> = {},
  ): Promise<JobWish & { readonly toTable: string; readonly fromTable: string }> {
    const name = randomBytes(4).toString('hex');
    const [fromTable, toTable] = [`from_${name}`, `to_${name}`];
    await createVaried(sides[from], fromTable, rows, undefined, key);
    return { from: sides[from], to: sides[to], fromTable, toTable, extractors: 2, toOptions: anew, ...more };
  }

  async function ended(record: VerificationRecord): Promise<VerificationRecord> {
    let seen = record;
    await eventually('the verification has ended', async () => {
      seen = (await rig.store.verifications.find(record.id)) ?? record;
      return !isActiveVerification(seen.state);
    });
    return seen;
  }

  async function verified(run: RunRecord) {
    const record = await ended(await desk.start(run, 'ada'));
    return { record, ...totalsOf(await rig.store.verifications.chunks(record.id), 'comparing') };
  }

  test.each(pairs)('%s to %s: what was copied is the same, in all types', async (from, to) => {
    const run = await rig.run(await wishOf(from, to, 'id', { driver: verify }));
    expect(run.failure).toBeNull();
    expect(run.state).toBe('succeeded');
    const [record] = await rig.store.verifications.list(run.id, 10);
    expect(record).toMatchObject({ kind: 'run', state: 'equal', isAtSnapshot: true });
    expect(record?.plan?.leftOut).toEqual([]);
    const after = await verified(run);
    expect(after).toMatchObject({ sourceRows: rows, destinationRows: rows, isEqual: true });
    expect(after.record.state).toBe('equal');
  });

  test.each(pairs)('%s to %s: finds every kind of difference, and sets it right', async (from, to) => {
    const wish = await wishOf(from, to);
    const run = await rig.run(wish);
    const { sql } = sides[to];
    await sql(`UPDATE ${wish.toTable} SET prose = 'other' WHERE id = 17`);
    await sql(`UPDATE ${wish.toTable} SET words = NULL WHERE id = 1 OR id = ${rows}`);
    await sql(`DELETE FROM ${wish.toTable} WHERE id = 500`);
    await sql(`INSERT INTO ${wish.toTable} (id, code, grp) VALUES (-5, 'x', 1), (${rows + 9}, 'y', 1)`);
    const { record, changed, missing, extra, differences } = await verified(run);
    expect(record.state).toBe('different');
    expect({ changed, missing, extra }).toEqual({ changed: 3, missing: 1, extra: 2 });
    expect(new Set(differences.map(({ kind, key }) => `${kind} ${key.join()}`))).toEqual(
      new Set(['changed 1', 'changed 17', `changed ${rows}`, 'missing 500', 'extra -5', `extra ${rows + 9}`]),
    );
    const kept = await ended(await desk.repair(run, record, false, 'ada'));
    expect(kept.failure).toBeNull();
    expect(kept.state).toBe('different');
    const left = totalsOf(await rig.store.verifications.chunks(kept.id), 'comparing');
    expect(left).toMatchObject({ changed: 0, missing: 0, extra: 2 });
    const repaired = await ended(await desk.repair(run, kept, true, 'ada'));
    expect(repaired.failure).toBeNull();
    expect(repaired.state).toBe('equal');
    const [count] = await sql(`SELECT count(*) AS n FROM ${wish.toTable}`);
    expect(Number(count?.n)).toBe(rows);
  });

  test.each(pairs)('%s to %s: with a key of text, or of two columns', async (from, to) => {
    for (const key of ['text', 'both'] as const) {
      const wish = await wishOf(from, to, key);
      const run = await rig.run(wish);
      expect((await verified(run)).record.state).toBe('equal');
      const { sql } = sides[to];
      await sql(`UPDATE ${wish.toTable} SET plain = 77 WHERE id = 21`);
      await sql(`DELETE FROM ${wish.toTable} WHERE id = 22`);
      const { record, differences } = await verified(run);
      const keyOf = (id: number) => (key === 'text' ? codeOf(id) : `${id % 7},${id}`);
      expect(differences.map(({ kind, key: texts }) => `${kind} ${texts.join()}`).sort()).toEqual([
        `changed ${keyOf(21)}`,
        `missing ${keyOf(22)}`,
      ]);
      const repaired = await ended(await desk.repair(run, record, true, 'ada'));
      expect(repaired.state).toBe('equal');
    }
  });

  test.each(pairs)('%s to %s: keys that lie further apart than 64 bits count', async (from, to) => {
    const name = randomBytes(4).toString('hex');
    const [fromTable, toTable] = [`from_${name}`, `to_${name}`];
    const ids = ['-4611686018427387000', '-7', '0', '4611686018427387905', '9223372036854775807'];
    await sides[from].sql(
      `CREATE TABLE ${fromTable} (id bigint NOT NULL PRIMARY KEY, v integer);
       INSERT INTO ${fromTable} VALUES ${ids.map((id, i) => `(${id}, ${i})`).join(', ')}`,
    );
    const run = await rig.run({ from: sides[from], to: sides[to], fromTable, toTable, toOptions: anew });
    const same = await verified(run);
    expect(same.record.failure).toBeNull();
    expect([same.record.state, same.sourceRows]).toEqual(['equal', ids.length]);
    await sides[to].sql(`UPDATE ${toTable} SET v = 77 WHERE id = ${ids[4]}`);
    expect((await verified(run)).differences).toEqual([{ kind: 'changed', key: [ids[4]] }]);
  });

  test.each(pairs)('%s to %s: without a key only that there is a difference', async (from, to) => {
    const wish = await wishOf(from, to, 'none');
    const run = await rig.run(wish);
    expect((await verified(run)).record.state).toBe('equal');
    await sides[to].sql(`UPDATE ${wish.toTable} SET plain = 77 WHERE id = 21`);
    const { record, changed } = await verified(run);
    expect(record.state).toBe('different');
    expect(changed).toBe(0);
    await expect(desk.repair(run, record, true, 'ada')).rejects.toMatchObject({ code: 'Cdm.0056' });
  });

  test('a run that is to be verified fails when the destination is not the same', async () => {
    const wish = await wishOf('postgres', 'postgres', 'id', { driver: verify });
    rig.pool.before = async (kind) => {
      if (kind === 'finish') await sides.postgres.sql(`DELETE FROM ${wish.toTable} WHERE id = 3`);
    };
    const run = await rig.run(wish);
    rig.pool.before = () => undefined;
    expect(run.state).toBe('failed');
    expect(run.failure?.code).toBe('Cdm.0232');
    expect(run.failure?.summary.en).toContain('0 keys changed, 1 missing and 0 extra');
    expect(run.failure?.summary.zh).toContain('1 个缺失');
  });

  test('a run is verified where a variable of the start says so', async () => {
    const driver = { 'sluiceConfig.verify': '${isVerified}' };
    const job = await rig.job(await wishOf('postgres', 'mysql', 'id', { driver }));
    const run = await rig.ended(await rig.start(job, { isVerified: 'true' }));
    expect(run.state).toBe('succeeded');
    expect(await rig.store.verifications.list(run.id, 10)).toMatchObject([{ kind: 'run', state: 'equal' }]);
  });

  test('the source is seen at the moment that the run read', async () => {
    for (const kind of ['postgres', 'mysql'] as const) {
      const wish = await wishOf(kind, 'postgres', 'id', { driver: verify });
      rig.pool.before = async (task) => {
        if (task === 'finish') await sides[kind].sql(`UPDATE ${wish.fromTable} SET plain = 5 WHERE id < 40`);
      };
      const run = await rig.run(wish);
      rig.pool.before = () => undefined;
      expect(run.failure).toBeNull();
      expect(run.state).toBe('succeeded');
      // By now it is another.
      expect((await verified(run)).record.state).toBe('different');
    }
  });

  test('rows that were there before are no difference where the job does not clear', async () => {
    const wish = await wishOf('mysql', 'postgres');
    await rig.run(wish);
    const { sql } = sides.postgres;
    await sql(`DELETE FROM ${wish.toTable} WHERE id <= 100`);
    const fromOptions = { 'fromJobConfig.whereClause': 'id <= 100' };
    const run = await rig.run({ ...wish, fromOptions, toOptions: {} });
    expect(run.state).toBe('succeeded');
    const found = await verified(run);
    expect(found.record.state).toBe('equal');
    expect(found).toMatchObject({ sourceRows: 100, foreign: rows - 100 });
    await sql(`UPDATE ${wish.toTable} SET big = 1 WHERE id = 50`);
    expect((await verified(run)).differences).toEqual([{ kind: 'changed', key: ['50'] }]);
  });

  test.each(pairs)(
    '%s to %s: behind a staging table, and where rows take the place of others',
    async (from, to) => {
      const staged = { ...anew, 'toJobConfig.useStageTable': 'true' };
      const wish = await wishOf(from, to, 'id', { driver: verify, toOptions: staged });
      const first = await rig.run(wish);
      expect(first.failure).toBeNull();
      expect(first.state).toBe('succeeded');
      const { sql } = sides[to];
      await sql(`UPDATE ${wish.toTable} SET plain = 3 WHERE id < 30`);
      await sql(`INSERT INTO ${wish.toTable} (id, code, grp) VALUES (${rows + 9}, 'y', 1)`);
      const merged = { 'toJobConfig.onConflict': 'UPDATE' };
      const second = await rig.run({ ...wish, toOptions: merged });
      expect(second.failure).toBeNull();
      expect(second.state).toBe('succeeded');
      const [record] = await rig.store.verifications.list(second.id, 1);
      expect(record?.state).toBe('equal');
    },
  );

  test('workers that die are replaced', async () => {
    const wish = await wishOf('mysql', 'mysql');
    const run = await rig.run(wish);
    const holder = await sides.mysql.holder();
    try {
      let isHeld = false;
      rig.pool.before = async (kind) => {
        if (kind !== 'compare' || isHeld) return;
        isHeld = true;
        await lockTable(holder, sides.mysql, wish.fromTable);
      };
      const begun = await desk.start(run, 'ada');
      await eventually('it waits for the lock', async () => (await sides.mysql.waiting()) > 0);
      rig.killWorkers();
      await holder.release();
      expect((await ended(begun)).state).toBe('equal');
    } finally {
      rig.pool.before = () => undefined;
      await holder.release();
    }
    expect(rig.events).toContainEqual(expect.objectContaining({ event: 'verification.tried-again' }));
  });

  test('a server that went away is succeeded', async () => {
    const run = await rig.run(await wishOf('mysql', 'mysql'));
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let tasks = 0;
    rig.pool.before = async (kind) => {
      tasks += kind === 'compare' ? 1 : 0;
      if (tasks > 2) await gate;
    };
    const begun = await desk.start(run, 'ada');
    try {
      await eventually(
        'a chunk is stored and the next ones wait',
        async () => tasks > 2 && (await rig.store.verifications.chunks(begun.id)).length > 0,
      );
      const closing = desk.close();
      open();
      await closing;
    } finally {
      open();
      rig.pool.before = () => undefined;
    }
    expect((await rig.store.verifications.find(begun.id))?.state).toBe('running');
    desk = openDesk(rig);
    await desk.open();
    expect((await ended(begun)).state).toBe('equal');
  });

  test('is stopped within five seconds, and a run has one at a time', async () => {
    const wish = await wishOf('postgres', 'mysql');
    const run = await rig.run(wish);
    const holder = await sides.postgres.holder();
    await holder.sql(`BEGIN; LOCK TABLE ${wish.fromTable} IN ACCESS EXCLUSIVE MODE`);
    try {
      const begun = await desk.start(run, 'ada');
      await expect(desk.start(run, 'ada')).rejects.toMatchObject({ code: 'Cdm.0056' });
      await eventually('it waits for the lock', async () => (await sides.postgres.waiting()) > 0);
      const start = performance.now();
      const stopped = await desk.stop(run, begun.id, 'grace');
      expect(performance.now() - start).toBeLessThan(5_000);
      expect(stopped).toMatchObject({ state: 'stopped', stopRequestedBy: 'grace' });
    } finally {
      await holder.release();
    }
    expect((await verified(run)).record.state).toBe('equal');
  });
});
