import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord } from '../store/model.ts';
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
  lockTable,
  type Side,
} from './test-sides-suite.ts';

/** From start to an end, on a busy machine: whoever takes such an error for one that may pass goes on for 30 s. */
const endsWithinMs = 15_000;
const wrongPassword = `pw-${randomBytes(9).toString('hex')}`;
const rightPassword = `pw-${randomBytes(9).toString('hex')}`;
const kinds = ['postgres', 'mysql'] as const;

describe.skipIf(!hasServers)('runs that fail', () => {
  let rig: RunRig;
  let sides: Readonly<Record<Side['kind'], Side>>;
  /** A user who may sign in to both databases and nothing else. */
  const guest = `sluice_guest_${randomBytes(4).toString('hex')}`;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    const database = (side: Side) => String(side.link['linkConfig.database']);
    for (const side of Object.values(sides)) {
      await createNumbers(side, 'source', 100);
      await createTarget(side, 'target');
    }
    await sides.postgres.sql(`CREATE ROLE ${guest} LOGIN PASSWORD '${rightPassword}'`);
    await sides.mysql.sql(
      `CREATE USER ${guest} IDENTIFIED BY '${rightPassword}'; GRANT CREATE TEMPORARY TABLES ON ${database(sides.mysql)}.* TO ${guest}`,
    );
    rig = await RunRig.open();
    for (const kind of kinds) {
      const { link } = sides[kind];
      const with_ = (change: Record<string, string>) => ({ ...link, ...change });
      await rig.link(`wrong_password_${kind}`, with_({ 'linkConfig.password': wrongPassword }));
      if (kind === 'postgres')
        await rig.link('no_database_postgres', with_({ 'linkConfig.database': 'sluice_never_made' }));
      await rig.link(`refused_${kind}`, with_({ 'linkConfig.port': String(await freePort()) }));
      await rig.link(
        `guest_${kind}`,
        with_({ 'linkConfig.username': guest, 'linkConfig.password': rightPassword }),
      );
      await rig.link(`disabled_${kind}`, link, false);
    }
  });

  afterAll(async () => {
    await rig?.close();
    await sides?.mysql.sql(`DROP USER IF EXISTS ${guest}`);
    await sides?.postgres.sql(`DROP OWNED BY ${guest}; DROP ROLE ${guest}`);
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  /** Runs the job and expects its end: the state, the code, words of the cause, in both languages, without secrets. */
  async function expectFailure(
    wish: JobWish,
    code: string,
    words: RegExp,
    state: 'failed' | 'rejected' = 'failed',
  ): Promise<RunRecord> {
    const startedAt = performance.now();
    const run = await rig.run(wish);
    expect(performance.now() - startedAt).toBeLessThan(endsWithinMs);
    expectEnd(run, code, words, state);
    await expectNoTraces(wish.to);
    return run;
  }

  function expectEnd(run: RunRecord, code: string, words: RegExp, state: 'failed' | 'rejected'): void {
    const { failure } = run;
    expect({ state: run.state, code: failure?.code, summary: failure?.summary.en }).toEqual({
      state,
      code,
      summary: expect.stringMatching(words),
    });
    expect(failure?.summary.zh).toMatch(/[\u4e00-\u9fff]/);
    expect(failure?.summary.zh.startsWith(`${code} : `)).toBe(true);
    for (const text of [failure?.summary, failure?.details]) {
      for (const language of ['en', 'zh'] as const) {
        expect(text?.[language]).not.toMatch(/undefined|\[object|\{\w+\}/);
      }
    }
    const everything = JSON.stringify([run, rig.events]);
    expect(everything).not.toContain(wrongPassword);
    expect(everything).not.toContain(rightPassword);
    expect(rig.desk.progress(run)).toBe(-1);
  }

  const wish = (from: Side['kind'], to: Side['kind'], more: Partial<JobWish> = {}): JobWish => ({
    from: sides[from],
    to: sides[to],
    toTable: 'target',
    ...more,
  });
  const otherOf = (kind: Side['kind']) => (kind === 'postgres' ? 'mysql' : 'postgres');

  describe.each(kinds)('a link to %s', (kind) => {
    const other = otherOf(kind);

    test('with a wrong password, at either end', async () => {
      const link = `wrong_password_${kind}`;
      await expectFailure(wish(kind, other, { fromLink: link }), 'Cdm.0950', /password|sign|user/i);
      await expectFailure(wish(other, kind, { toLink: link }), 'Cdm.0950', /password|sign|user/i);
    });

    test('to a database that does not exist', async () => {
      // In MySQL a database is what a job calls the schema, so there it is the job that names one that is not there.
      const way =
        kind === 'postgres'
          ? { fromLink: 'no_database_postgres' }
          : { fromOptions: { 'fromJobConfig.schemaName': 'sluice_never_made' } };
      await expectFailure(wish(kind, other, way), 'Cdm.0901', /sluice_never_made/);
    });

    test('to a port where nobody listens', async () => {
      await expectFailure(
        wish(other, kind, { toLink: `refused_${kind}` }),
        'Cdm.0901',
        /ECONNREFUSED|refused/i,
      );
    });

    test('that is disabled or gone: the run is rejected', async () => {
      await expectFailure(
        wish(kind, other, { fromLink: `disabled_${kind}` }),
        'Cdm.0060',
        new RegExp(`disabled_${kind}`),
        'rejected',
      );
      await expectFailure(wish(other, kind, { toLink: 'never_made' }), 'Cdm.0101', /never_made/, 'rejected');
    });

    test('whose user may not read, write or create', async () => {
      const link = `guest_${kind}`;
      const denied = /denied|permission|exist|right/i;
      const read = await rig.run(wish(kind, other, { fromLink: link }));
      expect(['Cdm.0233', 'Cdm.0902', 'Cdm.0903', 'Cdm.0900']).toContain(read.failure?.code);
      expectEnd(read, read.failure?.code ?? '', denied, 'failed');
      const write = await rig.run(wish(other, kind, { toLink: link }));
      expectEnd(write, write.failure?.code ?? '', denied, 'failed');
      expect(write.failure?.code).not.toBe('Cdm.0000');
      const create = await rig.run(
        wish(other, kind, {
          toLink: link,
          toTable: 'made_by_guest',
          toOptions: { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' },
        }),
      );
      expectEnd(create, 'Cdm.0063', denied, 'failed');
      await expectNoTraces(sides[kind]);
    });
  });

  describe.each(kinds)('tables of %s', (kind) => {
    const other = otherOf(kind);

    test('that are not there', async () => {
      await expectFailure(wish(kind, other, { fromTable: 'no_source' }), 'Cdm.0900', /no_source/);
      await expectFailure(wish(other, kind, { toTable: 'no_target' }), 'Cdm.0900', /no_target/);
    });

    test('without a column that the job names', async () => {
      const from = { 'fromJobConfig.columnList': 'id&nickname' };
      await expectFailure(wish(kind, other, { fromOptions: from }), 'Cdm.0926', /nickname/);
      const cut = { 'fromJobConfig.partitionColumn': 'nickname' };
      await expectFailure(wish(kind, other, { fromOptions: cut }), 'Cdm.0926', /nickname/);
      const to = { 'fromJobConfig.columnList': 'id&name' };
      await expectFailure(
        wish(other, kind, { fromOptions: to, toOptions: { 'toJobConfig.columnList': 'id&nickname' } }),
        'Cdm.0931',
        /has no column "nickname"/,
      );
    });
  });

  /** A value that the source has and the destination cannot hold. The first 1000 rows would fit. */
  const misfits: readonly {
    readonly what: string;
    readonly type: string;
    readonly value: string;
    readonly target: Readonly<Record<Side['kind'], string>>;
    readonly from: readonly Side['kind'][];
    readonly to: readonly Side['kind'][];
    /** What the summary must say. */
    readonly words: RegExp;
  }[] = [
    {
      what: 'a text that is too long',
      type: 'varchar(40)',
      value: `'a text of more than five characters'`,
      target: { postgres: 'varchar(5)', mysql: 'varchar(5)' },
      from: kinds,
      to: kinds,
      words: /too long|longer/i,
    },
    {
      what: 'an integer beyond the range',
      type: 'bigint',
      value: '99999999999',
      target: { postgres: 'integer', mysql: 'integer' },
      from: kinds,
      to: kinds,
      words: /range|does not fit|\bv\b/i,
    },
    {
      what: 'a null where none may be',
      type: 'integer',
      value: 'NULL',
      target: { postgres: 'integer NOT NULL', mysql: 'integer NOT NULL' },
      from: kinds,
      to: kinds,
      words: /null/i,
    },
    {
      what: 'a date before the destination begins',
      type: 'date',
      value: `'4000-01-01 BC'`,
      target: { postgres: 'date', mysql: 'date' },
      from: ['postgres'],
      to: ['mysql'],
      words: /\bv\b/,
    },
    {
      what: 'a NUL byte in a text',
      type: 'varchar(40)',
      value: `concat('a', char(0), 'b')`,
      target: { postgres: 'varchar(40)', mysql: 'varchar(40)' },
      from: ['mysql'],
      to: ['postgres'],
      words: /NUL/,
    },
  ];
  const misfitCases = misfits.flatMap((misfit) =>
    misfit.from.flatMap((from) => misfit.to.map((to) => ({ ...misfit, from, to }))),
  );

  test.each(misfitCases)('$what, $from to $to: nothing of the slice arrives', async (misfit) => {
    const { from, to, type, value, target } = misfit;
    const name = `misfit_${Math.abs(hash(`${misfit.what}${from}${to}`))}`;
    await sides[from].sql(
      `CREATE TABLE ${name}_from (id integer PRIMARY KEY, v ${type}); INSERT INTO ${name}_from VALUES (1, ${value})`,
    );
    await sides[to].sql(`CREATE TABLE ${name}_to (id integer PRIMARY KEY, v ${target[to]})`);
    const startedAt = performance.now();
    const run = await rig.run(wish(from, to, { fromTable: `${name}_from`, toTable: `${name}_to` }));
    expect(performance.now() - startedAt).toBeLessThan(endsWithinMs);
    // What the source casts or turns into the destination's bytes is refused while reading, the rest while loading.
    expect(['Cdm.0233', 'Cdm.0234']).toContain(run.failure?.code);
    expectEnd(run, run.failure?.code ?? '', misfit.words, 'failed');
    expect(await sides[to].sql(`SELECT * FROM ${name}_to`)).toEqual([]);
    await expectNoTraces(sides[to]);
  });

  test.each(kinds)('a key that the destination %s holds already', async (to) => {
    await createTarget(sides[to], 'keyed');
    await sides[to].sql(`INSERT INTO keyed VALUES (50, 'mine', 0)`);
    const run = await rig.run(wish(otherOf(to), to, { toTable: 'keyed' }));
    expect(['Cdm.0234', 'Cdm.0026']).toContain(run.failure?.code);
    expectEnd(run, run.failure?.code ?? '', /duplicate|keyed|50/i, 'failed');
    expect(await sides[to].sql('SELECT id FROM keyed')).toEqual([{ id: 50 }]);
    await expectNoTraces(sides[to]);
  });

  describe('a connection that is cut once in mid-run is no failure: the slice begins again', () => {
    test.each(kinds)('of the source %s', async (kind) => {
      const other = otherOf(kind);
      await createTarget(sides[other], `cut_from_${kind}`);
      const job = wish(kind, other, { toTable: `cut_from_${kind}` });
      const { run, ms } = await cutWhile(job, sides[kind], 'source');
      expect(run).toMatchObject({ state: 'succeeded', failure: null, counts: { rowsWritten: 100 } });
      expect(ms).toBeLessThan(endsWithinMs);
      expect(await fingerprint(sides[other], `cut_from_${kind}`)).toBe(fingerprintOf(100));
      expectTriedAgain(run, /Cdm\.0233 .*(cut|terminat|lost|kill|closed)/i);
      await expectNoTraces(sides[other]);
    });

    test.each(kinds)('of the destination %s', async (kind) => {
      await createTarget(sides[kind], `cut_to_${kind}`);
      const job = wish(otherOf(kind), kind, { toTable: `cut_to_${kind}` });
      const { run, ms } = await cutWhile(job, sides[kind], `cut_to_${kind}`);
      expect(run).toMatchObject({ state: 'succeeded', failure: null, counts: { rowsWritten: 100 } });
      expect(ms).toBeLessThan(endsWithinMs);
      expect(await fingerprint(sides[kind], `cut_to_${kind}`)).toBe(fingerprintOf(100));
      expectTriedAgain(run, /Cdm\.0234 .*(cut|terminat|lost|kill|closed)/i);
      await expectNoTraces(sides[kind]);
    });
  });

  function expectTriedAgain(run: RunRecord, why: RegExp): void {
    const attempts = rig.events.filter(
      ({ event, fields }) => event === 'run.tried-again' && fields.run === run.id,
    );
    expect(attempts.map(({ fields }) => fields.why)).toEqual([expect.stringMatching(why)]);
  }

  /** Holds the run by a lock on `table`, cuts the waiting session, and gives up the lock. */
  async function cutWhile(job: JobWish, side: Side, table: string): Promise<{ run: RunRecord; ms: number }> {
    const holder = await side.holder();
    try {
      const release = holdBefore('slice', () => lockTable(holder, side, table));
      const started = await rig.start(await rig.job(job));
      await eventually('a session waits for the lock', async () => (await side.waiting()) > 0);
      release();
      const cutAt = performance.now();
      await cutWaiting(side);
      await holder.release();
      const run = await rig.ended(started);
      return { run, ms: performance.now() - cutAt };
    } finally {
      await holder.release();
    }
  }

  function holdBefore(kind: string, act: () => Promise<void>): () => void {
    rig.pool.before = async (task) => {
      if (task === kind) await act();
    };
    return () => {
      rig.pool.before = () => undefined;
    };
  }

  test('after all of that the same desk runs a job, and no worker died', async () => {
    await createTarget(sides.postgres, 'at_last');
    const run = await rig.run(wish('mysql', 'postgres', { toTable: 'at_last' }));
    expect(run).toMatchObject({ state: 'succeeded', failure: null });
    expect(await fingerprint(sides.postgres, 'at_last')).toBe(fingerprintOf(100));
    expect(
      rig.events.filter(({ event }) => event === 'run.worker-died' || event === 'run.unexpected'),
    ).toEqual([]);
  });
});

async function cutWaiting(side: Side): Promise<void> {
  const database = String(side.link['linkConfig.database']);
  if (side.kind === 'postgres') {
    await side.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}' AND wait_event_type = 'Lock'`,
    );
    return;
  }
  const rows = await side.sql(
    `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE INFO LIKE '%${database}%' AND ID <> CONNECTION_ID() AND STATE LIKE '%lock%'`,
  );
  for (const { id } of rows) await side.sql(`KILL CONNECTION ${Number(id)}`);
}

/** A port of this machine where nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 1;
}

function hash(text: string): number {
  let value = 0;
  for (const char of text) value = (value * 31 + char.charCodeAt(0)) | 0;
  return value;
}
