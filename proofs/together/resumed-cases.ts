// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs name macros.
import type { DirtySide } from '../dirty/dirty-table.ts';
import type { JobWorld } from './job-world.ts';
import { contents, lines, makeOrders, makeOrdersTarget } from './orders.ts';

// Runs that are carried on, and what their jobs do besides.

type Kind = DirtySide['kind'];

const sliced = { 'throttlingConfig.numExtractors': '3' };
const byId = { 'fromJobConfig.partitionColumn': 'id' };

/** What is made on the way has the clock of the first attempt, in all rows. */
export async function madeOnTheWay(world: JobWorld, from: Kind, to: Kind): Promise<void> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = `${from} to ${to}, resumed with made fields`;
  await makeOrders(source, a, 240);
  await makeOrdersTarget(target, b);
  await target.sql(`INSERT INTO ${b} (id, code) VALUES (230, 'in the way')`);
  const job = world.name('made');
  const wish = {
    from: source,
    to: target,
    fromTable: a,
    toTable: b,
    fromOptions: {
      ...byId,
      'fromJobConfig.columnList': 'id&code&name&amount&at',
      'fromJobConfig.sampleValueColumn': 'at:#{DateUtil.now()} ${timestamp()}',
    },
    toOptions: { 'toJobConfig.columnList': 'id&code&name&amount&note' },
    driver: { ...sliced, 'transformConfig.trans': [{ field: 'name', converter: 'REVERSE' }] },
  };
  const failed = await world.run(job, wish);
  world.expect(`${what}: first`, [failed.state, failed.failure?.code], ['failed', 'Cdm.0026']);
  world.expect(`${what}: some are there`, failed.durable.rows_written > 0, true);
  await target.sql(`DELETE FROM ${b} WHERE id = 230`);
  // The program of a run is what it was planned with.
  await world.changeJob(job, { ...wish, driver: sliced });
  world.expectMatch(
    `${what}: another program`,
    await world.refusalOf(world.resume(failed)),
    /Cdm\.0056.*transformConfig\.trans/,
  );
  await world.changeJob(job, wish);
  const resumed = await world.resume(failed);
  world.expect(`${what}: end`, [resumed.state, resumed.failure], ['succeeded', null]);
  const { rows_read, rows_written } = resumed.durable;
  world.expect(`${what}: counters`, [rows_read, rows_written], [240, 240]);
  const [row] = await target.sql(
    `SELECT count(DISTINCT note) AS n, count(*) AS r, min(note) AS note FROM ${b}`,
  );
  world.expect(`${what}: one clock`, [Number(row?.n), Number(row?.r)], [1, 240]);
  const made = Number(/ (\d{13})$/.exec(String(row?.note))?.[1]);
  world.expect(
    `${what}: of the first`,
    made <= (failed.ended_at ?? 0) && made >= (failed.started_at ?? 0) - 5_000,
    true,
  );
  world.expect(`${what}: converted`, await contents(target, b, `name LIKE '%n' AND name NOT LIKE 'n%'`), 240);
}

/** Rows that were set aside are neither forgotten nor told twice. */
export async function tolerantRun(world: JobWorld, from: Kind, to: Kind): Promise<void> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = `${from} to ${to}, resumed beyond its limit of bad rows`;
  const bad = [3, 8, 95, 120, 170, 171, 172, 239];
  await makeOrders(source, a, 240);
  await source.sql(`UPDATE ${a} SET amount = -1 WHERE id IN (${bad.join(', ')})`);
  await makeOrdersTarget(target, b);
  const job = world.name('tolerant');
  const wish = {
    from: source,
    to: target,
    fromTable: a,
    toTable: b,
    fromOptions: byId,
    driver: {
      ...sliced,
      'throttlingConfig.recordDirtyData': 'true',
      'throttlingConfig.maxErrorRecords': '3',
      'sluiceConfig.verify': 'true',
    },
  };
  const failed = await world.run(job, wish);
  world.expect(`${what}: first`, [failed.state, failed.failure?.code], ['failed', 'Cdm.0936']);
  const strict = { ...wish.driver, 'throttlingConfig.recordDirtyData': 'false' };
  await world.changeJob(job, { ...wish, driver: strict });
  world.expectMatch(
    `${what}: not tolerant any more`,
    await world.refusalOf(world.resume(failed)),
    /Cdm\.0056.*recordDirtyData/,
  );
  await world.changeJob(job, {
    ...wish,
    driver: { ...wish.driver, 'throttlingConfig.maxErrorRecords': '5' },
  });
  const resumed = await world.resume(failed);
  world.expect(`${what}: end`, [resumed.state, resumed.failure], ['succeeded', null]);
  const { rows_read, rows_written, rows_skipped } = resumed.durable;
  world.expect(`${what}: counters`, [rows_read, rows_written, rows_skipped], [240, 232, 8]);
  const rejects = await world.rejects(resumed);
  const open = rejects.filter(({ state }) => state === 'open').map(({ values }) => Number(values[0]));
  world.expect(
    `${what}: rejects`,
    open.sort((x, y) => x - y),
    bad,
  );
  world.expect(`${what}: listed`, rejects.length, bad.length);
  const wanted = (await lines(source, a)).filter((_, at) => !bad.includes(at + 1));
  world.expect(`${what}: rows`, await lines(target, b), wanted);
  const [seen] = await world.verifications(resumed);
  world.expectMatch(
    `${what}: verified`,
    seen?.tables[0]?.notes.join(' '),
    /8 keys that differ are all of rows/,
  );
}

/** A window stays as it was fixed at first, and its rows are the ones that are verified. */
export async function windowedRun(world: JobWorld, from: Kind, to: Kind): Promise<void> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = `${from} to ${to}, resumed window`;
  await makeOrders(source, a, 150);
  await makeOrdersTarget(target, b);
  await target.sql(`INSERT INTO ${b} (id, code) VALUES (140, 'in the way')`);
  const job = world.name('window');
  const wish = {
    from: source,
    to: target,
    fromTable: a,
    toTable: b,
    fromOptions: byId,
    driver: { ...sliced, 'sluiceConfig.watermarkColumn': 'id', 'sluiceConfig.verify': 'true' },
  };
  const failed = await world.run(job, wish);
  world.expect(`${what}: first`, [failed.state, failed.failure?.code], ['failed', 'Cdm.0026']);
  await target.sql(`DELETE FROM ${b} WHERE id = 140`);
  await makeOrders(source, a, 170, { first: 151 });
  await world.changeJob(job, {
    ...wish,
    driver: { ...wish.driver, 'sluiceConfig.watermarkUpper': 'BELOW_MAX' },
  });
  world.expectMatch(
    `${what}: another bound`,
    await world.refusalOf(world.resume(failed)),
    /Cdm\.0056.*watermarkUpper/,
  );
  await world.changeJob(job, wish);
  const resumed = await world.resume(failed);
  world.expect(`${what}: end`, [resumed.state, resumed.failure], ['succeeded', null]);
  world.expect(`${what}: bound`, [resumed.durable.rows_read, (await lines(target, b)).length], [150, 150]);
  const [seen] = await world.verifications(resumed);
  world.expect(`${what}: verified`, [seen?.state, seen?.tables[0]?.source_rows], ['equal', 150]);
  const next = await world.again(job);
  world.expect(`${what}: next`, [next.state, next.durable.rows_read], ['succeeded', 20]);
}
