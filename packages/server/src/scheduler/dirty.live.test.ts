// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs refer to variables.
import { fromPortableRow } from '@sluice/core/data/portable-row';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Quarantine } from '../runs/quarantine.ts';
import { ReplayDesk } from '../runs/replay-desk.ts';
import type { RunRecord } from '../store/model.ts';
import { eventually, RunRig, rigSecretBox } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createPostgresSide,
  expectNoTraces,
  hasServers,
  lockTable,
  type Side,
} from './test-sides-suite.ts';

const rows = 1_000;
/** Every such row is bad, each kind in turn. */
const badEvery = 97;
const kinds = ['too long', 'null', 'no date', 'out of range', 'key taken', 'check'] as const;
const badIds = Array.from({ length: Math.floor(rows / badEvery) }, (_, i) => (i + 1) * badEvery);

function valuesOf(id: number): string {
  const kind = badIds.includes(id) ? kinds[(id / badEvery - 1) % kinds.length] : null;
  const name = kind === 'too long' ? "'much too long'" : kind === 'null' ? 'NULL' : `'n${id % 1000}'`;
  const day = kind === 'no date' ? "'2024-02-30'" : "'2024-02-29'";
  const small = kind === 'out of range' ? 70_000 : kind === 'check' ? -5 : id % 100;
  const key = kind === 'key taken' ? 1_000_000 : id;
  return `(${id}, ${name}, ${day}, ${small}, ${key})`;
}

describe.skipIf(!hasServers)('rows that cannot be written are set aside', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  let rig: RunRig;
  let desk: ReplayDesk;
  let quarantine: Quarantine;
  const events: { readonly event: string; readonly fields: unknown }[] = [];
  let tables = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) {
      await side.sql(
        `CREATE TABLE dirty (id integer PRIMARY KEY, name varchar(40), day varchar(20), small integer, k integer)`,
      );
      const all = Array.from({ length: rows }, (_, i) => valuesOf(i + 1));
      await side.sql(`INSERT INTO dirty VALUES ${all.join(', ')}`);
    }
    rig = await RunRig.open();
    const { store } = rig;
    const tools = { store, secrets: rigSecretBox, now: Date.now };
    desk = new ReplayDesk({
      ...tools,
      service: { zone: 'Asia/Shanghai', version: '1.8.1' },
      pools: rig.pool,
      log: (event, fields) => void events.push({ event, fields }),
      isAlone: true,
    });
    quarantine = new Quarantine({ ...tools, replays: desk });
  });

  afterAll(async () => {
    await desk?.close();
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  async function target(side: Side): Promise<string> {
    const table = `clean_${++tables}`;
    await side.sql(
      `CREATE TABLE ${table} (id integer NOT NULL, name varchar(5) NOT NULL, day date, small smallint CHECK (small >= 0), k integer PRIMARY KEY)`,
    );
    await side.sql(`INSERT INTO ${table} VALUES (0, 'old', '2024-01-01', 0, 1000000)`);
    return table;
  }

  async function rejectsOf(run: RunRecord) {
    const { rows: found, total } = await quarantine.list(run, { sliceNo: null, state: null }, 10_000, 0);
    expect(found).toHaveLength(total);
    return found.map(({ id, row, code, facts, state }) => {
      const values = fromPortableRow(row);
      return { id, key: Number(values[0]), values, code, cause: String(facts.cause), state };
    });
  }

  /** Ids of the good rows that are at the destination, as the database itself counts them. */
  async function fingerprint(side: Side, table: string): Promise<readonly number[]> {
    const [sum] = await side.sql(
      `SELECT count(*) AS n, count(DISTINCT id) AS d, coalesce(sum(id), 0) AS s FROM ${table} WHERE id > 0`,
    );
    return [sum?.n, sum?.d, sum?.s].map(Number);
  }

  function fingerprintOf(ids: readonly number[]): readonly number[] {
    return [ids.length, ids.length, ids.reduce((a, b) => a + b, 0)];
  }

  const allIds = Array.from({ length: rows }, (_, i) => i + 1);
  const goodIds = allIds.filter((id) => !badIds.includes(id));
  const tolerant = { 'throttlingConfig.recordDirtyData': 'true' };
  const retried = { 'retryJobConfig.retryJobType': 'RETRY_TRIPLE' };

  const pairs = (['postgres', 'mysql'] as const).flatMap((from) =>
    (['postgres', 'mysql'] as const).map((to) => ({ from, to })),
  );

  test.each(pairs)('$from to $to: the bad ones only, each with its reason', async ({ from, to }) => {
    const [source, destination] = [sides[from], sides[to]];
    const toTable = await target(destination);
    const run = await rig.run({
      from: source,
      to: destination,
      fromTable: 'dirty',
      toTable,
      driver: tolerant,
    });
    expect(run.failure).toBeNull();
    expect(run).toMatchObject({
      state: 'succeeded',
      counts: { rowsRead: rows, rowsWritten: rows - badIds.length, rowsSkipped: badIds.length },
      plan: { projection: { form: 'rows' }, reason: expect.stringContaining('set aside') },
    });
    const rejects = await rejectsOf(run);
    expect(rejects.map(({ key }) => key).sort((a, b) => a - b)).toEqual(badIds);
    const reasons = rejects.map(({ code, cause }) => `${code} ${cause}`).join('\n');
    expect(reasons).toMatch(/too long/i);
    expect(reasons).toMatch(/null/i);
    expect(reasons).toMatch(/date/i);
    expect(reasons).toMatch(/out of range/i);
    expect(reasons).toMatch(/Cdm\.0026 .*(duplicate|exists)/i);
    expect(reasons).toMatch(/constraint/i);
    expect(await fingerprint(destination, toTable)).toEqual(fingerprintOf(goodIds));
  });

  test.each(pairs)('$from to $to: without it the first bad row ends the run', async ({ from, to }) => {
    const destination = sides[to];
    const toTable = await target(destination);
    const run = await rig.run({ from: sides[from], to: destination, fromTable: 'dirty', toTable });
    expect(run).toMatchObject({ state: 'failed', counts: { rowsWritten: 0 } });
    expect(await fingerprint(destination, toTable)).toEqual([0, 0, 0]);
  });

  test.each(pairs)(
    '$from to $to: mended rows are replayed once, the others keep a reason',
    async ({ from, to }) => {
      const destination = sides[to];
      const toTable = await target(destination);
      const run = await rig.run({
        from: sides[from],
        to: destination,
        fromTable: 'dirty',
        toTable,
        driver: tolerant,
      });
      const before = await rejectsOf(run);
      const mended = before.slice(0, 4);
      for (const { id, key } of mended)
        await quarantine.edit(run, id, [key, 'new', '2024-02-29', 1, 2_000_000 + key], 'ada');
      const replay = await quarantine.replay(run, null, 'ada');
      expect(replay).toMatchObject({
        state: expect.stringMatching(/settled|done/),
        rowsChosen: before.length,
        rowsWritten: mended.length,
        rowsRefused: before.length - mended.length,
        failure: null,
      });
      const after = await rejectsOf(run);
      expect(after.filter(({ state }) => state === 'written').map(({ id }) => id)).toEqual(
        mended.map(({ id }) => id),
      );
      expect(after.filter(({ state }) => state === 'open')).toEqual(before.slice(4));
      const there = [...goodIds, ...mended.map(({ key }) => key)];
      expect(await fingerprint(destination, toTable)).toEqual(fingerprintOf(there));
      // What is written is not written again, and a row of another replay neither.
      await expect(quarantine.replay(run, [mended[0]?.id ?? ''], 'ada')).rejects.toMatchObject({
        code: 'Cdm.0014',
      });
      expect(await fingerprint(destination, toTable)).toEqual(fingerprintOf(there));
      await eventually('nothing of the replay is left', async () => {
        const [replayed] = await quarantine.replaysOf(run);
        return replayed?.state === 'done';
      });
      await expectNoTraces(destination);
    },
  );

  test('a field that a converter could not make is not written as it was read, unless somebody gives it', async () => {
    const destination = sides.mysql;
    const toTable = await target(destination);
    // A field that the row does not have.
    const trans = [
      { field: 'small', converter: 'EXPRESSION', expression: 'value == 70000 ? row[99] : value' },
    ];
    const run = await rig.run({
      from: sides.postgres,
      to: destination,
      fromTable: 'dirty',
      toTable,
      driver: { ...tolerant, 'transformConfig.trans': trans as never },
    });
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    const before = await rejectsOf(run);
    expect(before.map(({ key }) => key).sort((a, b) => a - b)).toEqual(badIds);
    const unmade = before.filter(({ code }) => code === 'Cdm.0064');
    expect(unmade.length).toBeGreaterThan(1);
    const [given, ...left] = unmade;
    await quarantine.edit(run, given?.id ?? '', [given?.key ?? 0, 'new', '2024-02-29', 1, 3_000_000], 'ada');
    const replay = await quarantine.replay(
      run,
      unmade.map(({ id }) => id),
      'ada',
    );
    expect(replay).toMatchObject({ rowsWritten: 1, rowsRefused: left.length, failure: null });
    const after = (await rejectsOf(run)).filter(({ state }) => state === 'open');
    expect(after.filter(({ code }) => code === 'Cdm.0064').map(({ key }) => key)).toEqual(
      left.map(({ key }) => key),
    );
    expect(await fingerprint(destination, toTable)).toEqual(fingerprintOf([...goodIds, given?.key ?? 0]));
  });

  test.each(pairs)('$from to $to: limits of a slice', async ({ from, to }) => {
    const destination = sides[to];
    for (const [limit, isWithin] of [
      [badIds.length, true],
      [badIds.length - 1, false],
      [0, false],
    ] as const) {
      const toTable = await target(destination);
      const driver = { ...tolerant, 'throttlingConfig.maxErrorRecords': String(limit), ...retried };
      const wish = { from: sides[from], to: destination, fromTable: 'dirty', toTable, driver };
      const run = await rig.run(wish);
      expect(run.state).toBe(isWithin ? 'succeeded' : 'failed');
      if (isWithin) continue;
      expect(run.failure).toMatchObject({
        code: 'Cdm.0936',
        summary: { en: expect.stringContaining(`allows ${limit}`), zh: expect.stringContaining('分片') },
      });
      // What is committed is told as it is, and nobody tries again.
      const { rowsRead, rowsWritten, rowsSkipped } = run.counts;
      expect(rowsRead).toBe(rowsWritten + rowsSkipped);
      expect((await fingerprint(destination, toTable))[0]).toBe(rowsWritten);
      const told = await rejectsOf(run);
      expect(told.length).toBeGreaterThan(limit);
      expect(told.filter(({ state }) => state === 'open')).toHaveLength(rowsSkipped);
      expect((await rig.store.runs.latest(run.clusterId, run.jobName))?.id).toBe(run.id);
    }
  });

  test.each([
    { 'sluiceConfig.maxDirtyRecords': String(badIds.length - 1) },
    { 'sluiceConfig.maxDirtyPercent': '0.9', 'sluiceConfig.dirtyPercentMinRecords': String(rows) },
  ])('limits of the whole run, over its slices: %j', async (limit) => {
    const [source, destination] = [sides.mysql, sides.postgres];
    const wish = { from: source, to: destination, fromTable: 'dirty', extractors: 3 };
    const fromOptions = { 'fromJobConfig.partitionColumn': 'id' };
    const over = await rig.run({
      ...wish,
      fromOptions,
      toTable: await target(destination),
      driver: { ...tolerant, ...limit },
    });
    expect(over).toMatchObject({ state: 'failed', failure: { code: 'Cdm.0936' } });
    const loose = Object.fromEntries(
      Object.entries(limit).map(([name, value]) => [
        name,
        name.endsWith('Percent') ? '1' : String(Number(value) + 1),
      ]),
    );
    const within = await rig.run({
      ...wish,
      fromOptions,
      toTable: await target(destination),
      driver: { ...tolerant, ...loose },
    });
    expect(within).toMatchObject({ state: 'succeeded', counts: { rowsSkipped: badIds.length } });
  });

  test('a limit that a variable of the start gives holds', async () => {
    const job = await rig.job({
      from: sides.mysql,
      to: sides.postgres,
      fromTable: 'dirty',
      toTable: await target(sides.postgres),
      driver: { ...tolerant, 'sluiceConfig.maxDirtyRecords': '${most}' },
    });
    const run = await rig.ended(await rig.start(job, { most: String(badIds.length - 1) }));
    expect(run).toMatchObject({ state: 'failed', failure: { code: 'Cdm.0936' } });
  });

  test.each(pairs)('$from to $to: workers that are killed change nothing', async ({ from, to }) => {
    const destination = sides[to];
    const toTable = await target(destination);
    const job = await rig.job({
      from: sides[from],
      to: destination,
      fromTable: 'dirty',
      toTable,
      driver: tolerant,
    });
    // The writer waits for the lock with rejects told already, or none: both moments occur over the pairs.
    const holder = await destination.holder();
    await lockTable(holder, destination, toTable);
    const started = await rig.start(job);
    await eventually('the writer waits', async () => (await destination.waiting()) > 0);
    rig.killWorkers();
    await holder.release();
    const run = await rig.ended(started);
    expect(run).toMatchObject({
      state: 'succeeded',
      counts: { rowsRead: rows, rowsWritten: goodIds.length, rowsSkipped: badIds.length },
    });
    expect((await rejectsOf(run)).map(({ key }) => key).sort((a, b) => a - b)).toEqual(badIds);
    expect(await fingerprint(destination, toTable)).toEqual(fingerprintOf(goodIds));
  });

  test.each(['postgres', 'mysql'] as const)(
    'to %s: a replay whose worker is killed writes once',
    async (to) => {
      const destination = sides[to];
      const toTable = await target(destination);
      const run = await rig.run({
        from: sides.postgres,
        to: destination,
        fromTable: 'dirty',
        toTable,
        driver: tolerant,
      });
      const [first] = await rejectsOf(run);
      await quarantine.edit(
        run,
        first?.id ?? '',
        [first?.key ?? 0, 'new', '2024-02-29', 1, 3_000_000],
        'ada',
      );
      // The checkpoint of the replay is locked: the rows are written, the commit waits.
      let held: Awaited<ReturnType<Side['holder']>> | null = null;
      rig.pool.before = async (kind) => {
        if (kind !== 'replay') return;
        rig.pool.before = () => undefined;
        held = await destination.holder();
        await lockTable(held, destination, toTable);
      };
      const asked = quarantine.replay(run, [first?.id ?? ''], 'ada');
      await eventually('the replay waits', async () => (await destination.waiting()) > 0);
      rig.killWorkers();
      await (held as Awaited<ReturnType<Side['holder']>> | null)?.release();
      await asked;
      await eventually('the replay is done', async () => {
        desk.poke();
        return (await quarantine.replaysOf(run))[0]?.state === 'done';
      });
      expect((await quarantine.replaysOf(run))[0]).toMatchObject({ rowsWritten: 1, rowsRefused: 0 });
      expect(await fingerprint(destination, toTable)).toEqual(fingerprintOf([...goodIds, first?.key ?? 0]));
      expect((await rejectsOf(run)).filter(({ state }) => state === 'written')).toHaveLength(1);
      const [replay] = await quarantine.replaysOf(run);
      const name = `_sluice_run_${replay?.id.slice(-12)}`;
      const left = await destination.sql(
        `SELECT 1 FROM information_schema.tables WHERE table_name = '${name}'`,
      );
      expect(left).toEqual([]);
    },
  );
});
