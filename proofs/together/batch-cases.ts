import type { DirtySide } from '../dirty/dirty-table.ts';
import type { JobWorld, ShownRun } from './job-world.ts';
import { contents, lines, makeOrders, makeOrdersTarget } from './orders.ts';

// An entire database whose tables are tolerant, verified, staged and throttled at once.

type Kind = DirtySide['kind'];

const trans = [{ field: 'name', converter: 'TRIM' }];

/** Tables of which some hold bad rows and one cannot be written; a retry moves that one alone. */
export async function wholeDatabase(world: JobWorld, from: Kind, to: Kind, rows: number): Promise<void> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const stem = world.name('t');
  const what = `${from} to ${to}, entire database with all of it`;
  const names = ['a', 'b', 'c', 'd'].map((letter) => `${stem}_${letter}`);
  const [first = '', second = '', third = '', last = ''] = names;
  for (const name of names) {
    await makeOrders(source, name, rows);
    await makeOrdersTarget(target, name);
  }
  await source.sql(`UPDATE ${first} SET amount = -1 WHERE id IN (2, 9)`);
  await source.sql(`UPDATE ${third} SET amount = -1 WHERE id = 4`);
  await target.sql(`ALTER TABLE ${last} ADD COLUMN must integer NOT NULL`);
  const job = world.name('whole');
  const options = { 'fromJobConfig.tableList': names.join('&') };
  const wish = {
    type: 'BATCH_JOB' as const,
    from: source,
    to: target,
    fromOptions: options,
    toOptions: { 'toJobConfig.useStageTable': 'true' },
    driver: {
      'throttlingConfig.concurrentSubJobs': '2',
      'throttlingConfig.recordDirtyData': 'true',
      'throttlingConfig.maxErrorRecords': '3',
      'throttlingConfig.throttling': 'true',
      'throttlingConfig.byteRate': '50',
      'sluiceConfig.verify': 'true',
    },
  };
  for (const more of [
    { driver: { ...wish.driver, 'transformConfig.trans': trans } },
    { fromOptions: { ...options, 'fromJobConfig.sampleValueColumn': 'x:1' } },
  ]) {
    const refusal = await world.refusalOf(world.createJob(job, { ...wish, ...more }));
    world.expectMatch(`${what}: fields`, refusal, /Cdm\.0014.*one table/);
  }
  const run = await world.run(job, wish);
  world.expect(`${what}: end`, [run.state, run.failure?.code], ['failed', 'Cdm.0931']);
  world.expect(`${what}: counters`, countersOf(run), [3 * rows, 3 * rows - 3, 3]);
  const tables = await world.tables(run);
  const states = tables.map(({ table, state }) => [table, state]);
  const wanted = names.map((name) => [name, name === last ? 'failed' : 'succeeded']);
  world.expect(`${what}: states`, states, wanted);
  await eachChild(world, run, what, { [first]: 2, [second]: 0, [third]: 1 });
  world.expect(`${what}: status`, await world.status(`${job}_${first}`), 'SUCCEEDED');
  // Mended rows of a table go to that table.
  const child = await childOf(world, run, first);
  const [reject] = await world.rejects(child);
  if (reject !== undefined) await world.mend(child, reject, [2, 'c2', 'mended', '1.00']);
  const { id } = await world.beginReplay(child);
  const replay = await world.replay(child, String(id));
  world.expect(`${what}: replay`, [replay.rows_written, replay.rows_refused], [1, 1]);
  await target.sql(`ALTER TABLE ${last} DROP COLUMN must`);
  await target.sql(`DELETE FROM ${second} WHERE id = 7`);
  const retried = await world.retryTables(run);
  world.expect(`${what}: retry`, [retried.state, retried.failure], ['succeeded', null]);
  world.expect(`${what}: retried counters`, countersOf(retried), [4 * rows, 4 * rows - 3, 3]);
  world.expect(`${what}: not moved again`, await contents(target, second, 'true'), rows - 1);
  world.expect(`${what}: the failed one`, await lines(target, last), await lines(source, last));
  const verification = (await world.verifications(await childOf(world, retried, last)))[0];
  world.expect(`${what}: verified`, [verification?.kind, verification?.state], ['run', 'equal']);
  world.expect(`${what}: rejects stay`, (await world.rejects(child)).length, 2);
}

function countersOf({ durable }: ShownRun): readonly number[] {
  return [durable.rows_read, durable.rows_written, durable.rows_skipped];
}

/** The run of one table. */
async function childOf(world: JobWorld, run: ShownRun, table: string): Promise<ShownRun> {
  const found = (await world.tables(run)).find((each) => each.table === table);
  return { ...run, id: String(found?.run_id), job_name: String(found?.job_name) };
}

async function eachChild(
  world: JobWorld,
  run: ShownRun,
  what: string,
  bad: Readonly<Record<string, number>>,
): Promise<void> {
  for (const [table, skipped] of Object.entries(bad)) {
    const child = await childOf(world, run, table);
    const rejects = await world.rejects(child);
    world.expect(`${what}: rejects of ${table}`, rejects.length, skipped);
    const [seen] = await world.verifications(child);
    world.expect(`${what}: ${table} verified`, seen?.state, skipped === 0 ? 'equal' : 'different');
    if (skipped === 0) continue;
    world.expectMatch(`${what}: note of ${table}`, seen?.tables[0]?.notes.join(' '), /are all of rows/);
  }
}

/** The rate is the job's: three tables at once are no faster than one after the other. */
export async function sharedRate(world: JobWorld, rows: number): Promise<void> {
  const { postgres, mysql } = world.sides;
  const stem = world.name('t');
  const names = ['a', 'b', 'c'].map((letter) => `${stem}_${letter}`);
  for (const name of names) await makeOrders(postgres, name, rows);
  const run = await world.run(world.name('rate'), {
    type: 'BATCH_JOB',
    from: postgres,
    to: mysql,
    fromOptions: { 'fromJobConfig.tableList': names.join('&') },
    toOptions: { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' },
    driver: {
      'throttlingConfig.concurrentSubJobs': '3',
      'throttlingConfig.throttling': 'true',
      'throttlingConfig.byteRate': '1000',
      'throttlingConfig.recordRate': String(rows / 8),
    },
  });
  world.expect('a shared rate: end', [run.state, run.failure], ['succeeded', null]);
  const tookMs = (run.ended_at ?? 0) - (run.started_at ?? 0);
  // Eight seconds for each table but the first, whose own is owed by who comes next; by themselves they would wait for half a
  // second each.
  world.expect(`a shared rate: ${tookMs} ms`, tookMs >= 14_000, true);
}
