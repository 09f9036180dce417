import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobRecord, RunRecord } from '../store/model.ts';
import { type JobWish, RunRig } from './test-rig-suite.ts';
import { createMysqlSide, createPostgresSide, hasServers, type Side } from './test-sides-suite.ts';

/** A table of events; `at` is not unique. */
const columns = (side: Side) =>
  side.kind === 'postgres'
    ? 'id integer PRIMARY KEY, at timestamp(6), tz timestamptz, d date, n numeric(20,5), k text'
    : 'id integer PRIMARY KEY, at datetime(6), tz timestamp(6) NULL, d date, n decimal(20,5), k varchar(40)';

describe.skipIf(!hasServers)('incremental jobs', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  let rig: RunRig;
  let tables = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    // One slice after the other, so that of a run that fails it is known what is committed.
    rig = await RunRig.open({ sliceWorkersMax: 1 });
  });
  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  interface Pair {
    readonly job: JobRecord;
    readonly source: string;
    readonly target: string;
  }

  async function pair(
    from: Side,
    to: Side,
    driver: JobWish['driver'],
    more: Partial<JobWish> = {},
  ): Promise<Pair> {
    tables += 1;
    const [source, target] = [`events_${tables}`, `copied_${tables}`];
    await from.sql(`CREATE TABLE ${source} (${columns(from)})`);
    // Without a key: a row that came twice would be there twice.
    await to.sql(`CREATE TABLE ${target} (${columns(to).replace(' PRIMARY KEY', '')})`);
    const job = await rig.job({
      from,
      to,
      fromTable: source,
      toTable: target,
      ...more,
      ...(driver && { driver }),
    });
    return { job, source, target };
  }

  /** Rows by number; every column grows with it, `at` and `d` by tens. */
  async function write(side: Side, table: string, ids: readonly number[]): Promise<void> {
    const rows = ids.map((id) => {
      const moment = `2026-01-01 00:00:${String(Math.floor(id / 10)).padStart(2, '0')}.5`;
      const day = `2026-01-${String(1 + Math.floor(id / 10)).padStart(2, '0')}`;
      const zoned = side.kind === 'postgres' ? `'${moment}+00'` : `'${moment}'`;
      return `(${id}, '${moment}', ${zoned}, '${day}', ${id}.00001, 'key ${String(id).padStart(4, '0')}')`;
    });
    if (side.kind === 'mysql') await side.sql("SET time_zone = '+00:00'");
    await side.sql(`INSERT INTO ${table} VALUES ${rows.join(', ')}`);
  }

  const ids = async (side: Side, table: string) =>
    (await side.sql(`SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => Number(id));
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  async function go({ job }: Pair): Promise<RunRecord> {
    return await rig.ended(await rig.start(job));
  }

  async function succeed(which: Pair): Promise<RunRecord> {
    const run = await go(which);
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    return run;
  }

  test.each([
    ['postgres', 'mysql', 'id'],
    ['postgres', 'mysql', 'n'],
    ['postgres', 'postgres', 'tz'],
    ['postgres', 'mysql', 'k'],
    ['mysql', 'postgres', 'id'],
    ['mysql', 'postgres', 'at'],
    ['mysql', 'mysql', 'tz'],
    ['mysql', 'postgres', 'd'],
    ['mysql', 'postgres', 'k'],
  ] as const)('%s to %s by %s: every row once, rows of one value together', async (from, to, column) => {
    const driver = {
      'sluiceConfig.watermarkColumn': column,
      'sluiceConfig.watermarkUpper': column === 'id' ? 'MAX' : 'BELOW_MAX',
    };
    const made = await pair(sides[from], sides[to], driver);
    expect((await succeed(made)).counts.rowsRead).toBe(0);
    expect(await rig.store.watermarks.find(made.job.id)).toBeNull();
    const hasTies = column === 'at' || column === 'tz' || column === 'd';
    const upTo = (id: number) => (column === 'id' ? id : hasTies ? id - (id % 10) - 1 : id - 1);
    // Of rows 20 to 29 some come after the run that sees the first of them.
    await write(sides[from], made.source, range(1, 24));
    await succeed(made);
    expect(await ids(sides[to], made.target)).toEqual(range(1, upTo(24)));
    await write(sides[from], made.source, range(25, 57));
    await succeed(made);
    expect(await ids(sides[to], made.target)).toEqual(range(1, upTo(57)));
    // Nothing new: the bound stays.
    const before = await rig.store.watermarks.find(made.job.id);
    expect((await succeed(made)).counts.rowsRead).toBe(0);
    expect((await rig.store.watermarks.find(made.job.id))?.bound).toEqual(before?.bound);
  });

  test.each(['postgres', 'mysql'] as const)('LAG leaves what is young to a later run, %s', async (kind) => {
    const side = sides[kind];
    const made = await pair(side, sides.postgres, {
      'sluiceConfig.watermarkColumn': 'tz',
      'sluiceConfig.watermarkUpper': 'LAG',
      'sluiceConfig.watermarkLag': '3600',
    });
    await write(side, made.source, [1, 2]);
    const now = kind === 'postgres' ? 'now()' : 'UTC_TIMESTAMP(6)';
    if (kind === 'mysql') await side.sql("SET time_zone = '+00:00'");
    await side.sql(`INSERT INTO ${made.source} (id, tz) VALUES (3, ${now}), (4, NULL)`);
    const run = await succeed(made);
    expect(await ids(sides.postgres, made.target)).toEqual([1, 2]);
    expect(run.plan?.warnings.join()).toContain('without a value in tz');
    const bound = (await rig.store.watermarks.find(made.job.id))?.bound.value ?? '';
    const ageMs = Date.now() - Date.parse(bound.replace(' ', 'T').replace('+00', 'Z'));
    expect(Math.abs(ageMs - 3_600_000)).toBeLessThan(30_000);
  });

  test.each([
    ['postgres', 'mysql'],
    ['mysql', 'postgres'],
  ] as const)(
    'an overlap reads late rows, and those again that are there already, %s to %s',
    async (from, to) => {
      const driver = {
        'sluiceConfig.watermarkColumn': 'tz',
        'sluiceConfig.watermarkUpper': 'MAX',
        'sluiceConfig.watermarkOverlap': '2',
      };
      const toOptions = { 'toJobConfig.onConflict': 'UPDATE' };
      const made = await pair(sides[from], sides[to], driver, { toOptions });
      await sides[to].sql(`ALTER TABLE ${made.target} ADD PRIMARY KEY (id)`);
      await write(sides[from], made.source, [1, 2, 11, 21, 31]);
      await succeed(made);
      // Late: 3 lies below the overlap of two seconds, 22 in it, and 32 is a tie of the bound.
      await write(sides[from], made.source, [3, 22, 32, 41]);
      const run = await succeed(made);
      expect(await ids(sides[to], made.target)).toEqual([1, 2, 11, 21, 22, 31, 32, 41]);
      expect(run.counts.rowsRead).toBe(5);
    },
  );

  test('MAX is refused where ties could be lost, and a column that does not grow too', async () => {
    for (const [column, why] of [
      ['at', 'primary key'],
      ['nowhere', 'nowhere'],
    ] as const) {
      const made = await pair(sides.postgres, sides.mysql, { 'sluiceConfig.watermarkColumn': column });
      const run = await go(made);
      expect(run.state).toBe('failed');
      expect(run.failure?.details.en).toContain(why);
    }
  });

  test('the initial value, a condition of the job, and slices of their own', async () => {
    const made = await pair(
      sides.postgres,
      sides.mysql,
      {
        'sluiceConfig.watermarkColumn': 'id',
        'sluiceConfig.watermarkInitial': '5',
        'throttlingConfig.numExtractors': '3',
      },
      {
        fromOptions: {
          'fromJobConfig.whereClause': 'id % 2 = 0 OR id > 1000',
          'fromJobConfig.partitionColumn': 'id',
        },
      },
    );
    await write(sides.postgres, made.source, range(1, 40));
    const run = await succeed(made);
    expect(run.plan?.slices.length).toBeGreaterThan(1);
    expect(await ids(sides.mysql, made.target)).toEqual(range(3, 20).map((half) => half * 2));
    expect(run.plan?.window).toMatchObject({
      from: { value: '5', isIncluded: false },
      to: { value: '40', isIncluded: true },
    });
  });

  test('a condition that would reach the window is refused', async () => {
    const made = await pair(
      sides.postgres,
      sides.mysql,
      { 'sluiceConfig.watermarkColumn': 'id', 'sluiceConfig.watermarkInitial': '10' },
      { fromOptions: { 'fromJobConfig.whereClause': 'id > 0) OR (id > 0' } },
    );
    await write(sides.postgres, made.source, range(1, 20));
    const run = await go(made);
    expect([run.state, run.failure?.code]).toEqual(['failed', 'Cdm.0902']);
    expect(await ids(sides.mysql, made.target)).toEqual([]);
  });

  test('a run that fails moves no bound, and a resume keeps the window of the run that it carries on', async () => {
    const to = sides.postgres;
    const made = await pair(
      sides.mysql,
      to,
      { 'sluiceConfig.watermarkColumn': 'id', 'throttlingConfig.numExtractors': '2' },
      { fromOptions: { 'fromJobConfig.partitionColumn': 'id' } },
    );
    await to.sql(`ALTER TABLE ${made.target} ADD CONSTRAINT no_40 CHECK (id <> 40)`);
    await write(sides.mysql, made.source, range(1, 50));
    const failed = await go(made);
    expect(failed.state).toBe('failed');
    expect(failed.counts.rowsWritten).toBeGreaterThan(0);
    expect(await rig.store.watermarks.find(made.job.id)).toBeNull();
    // What comes meanwhile is beyond the window.
    await write(sides.mysql, made.source, range(51, 59));
    await to.sql(`ALTER TABLE ${made.target} DROP CONSTRAINT no_40`);
    const request = { projectId: rig.cluster.projectId, job: made.job, run: failed, user: 'ada' };
    const resumed = await rig.ended(await rig.desk.resume(request));
    expect([resumed.state, resumed.failure]).toEqual(['succeeded', null]);
    expect(resumed.clockAt).toBe(failed.clockAt);
    expect(await ids(to, made.target)).toEqual(range(1, 50));
    const mark = await rig.store.watermarks.find(made.job.id);
    expect([mark?.bound, mark?.runId]).toEqual([{ value: '50', isIncluded: true }, resumed.id]);
    await succeed(made);
    expect(await ids(to, made.target)).toEqual(range(1, 59));
  });

  test('the bound of another column is not taken for this one', async () => {
    const made = await pair(sides.postgres, sides.mysql, { 'sluiceConfig.watermarkColumn': 'id' });
    await write(sides.postgres, made.source, range(1, 5));
    await succeed(made);
    const changed = { ...made.job.driverOptions, 'sluiceConfig.watermarkColumn': 'n' };
    await rig.store.jobs.update({ ...made.job, driverOptions: changed });
    const job = await rig.store.jobs.findById(made.job.id);
    const run = await rig.ended(await rig.start(job as JobRecord));
    expect([run.state, run.failure?.code]).toEqual(['rejected', 'Cdm.0014']);
    expect(run.failure?.summary.en).toContain('id up to 5');
  });
});
