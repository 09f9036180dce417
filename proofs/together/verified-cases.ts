import type { DirtySide } from '../dirty/dirty-table.ts';
import type { JobWorld, ShownRun, ShownVerification } from './job-world.ts';
import { contents, lines, makeOrders, makeOrdersTarget } from './orders.ts';

// Verification beside everything else that changes what is at a destination.

type Kind = DirtySide['kind'];

export const verify = { 'sluiceConfig.verify': 'true' };
const tolerant = { 'throttlingConfig.recordDirtyData': 'true' };
const staged = { 'toJobConfig.useStageTable': 'true' };

async function own(world: JobWorld, run: ShownRun): Promise<ShownVerification | undefined> {
  return (await world.verifications(run)).find(({ kind }) => kind === 'run');
}

/** Rows that the destination refuses, in a run that is verified; then a loss, a check, and a repair. */
export async function refusedRows(world: JobWorld, from: Kind, to: Kind): Promise<void> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = `${from} to ${to}, refused rows and verification`;
  const rows = 120;
  // Too long, no number of the rule, and a code that another row has already.
  const bad = { long: 17, rule: 40, code: 77 };
  await makeOrders(source, a, rows);
  await source.sql(`UPDATE ${a} SET name = 'far too long a name' WHERE id = ${bad.long}`);
  await source.sql(`UPDATE ${a} SET amount = -5 WHERE id = ${bad.rule}`);
  await makeOrdersTarget(target, b);
  await target.sql(`INSERT INTO ${b} (id, code, name, amount) VALUES (9001, 'c77', 'other', 1)`);
  const job = world.name('refused');
  const run = await world.run(job, {
    from: source,
    to: target,
    fromTable: a,
    toTable: b,
    driver: { ...verify, ...tolerant },
  });
  world.expect(`${what}: end`, [run.state, run.failure], ['succeeded', null]);
  const { rows_read, rows_written, rows_skipped } = run.durable;
  world.expect(`${what}: counters`, [rows_read, rows_written, rows_skipped], [rows, rows - 3, 3]);
  const seen = await own(world, run);
  world.expect(`${what}: state`, seen?.state, 'different');
  world.expectMatch(`${what}: note`, seen?.tables[0]?.notes.join(' '), /3 keys that differ are all of rows/);
  // A row is lost that the run counted as written.
  await target.sql(`DELETE FROM ${b} WHERE id = 50`);
  const check = await world.verify(run);
  world.expect(`${what}: check`, [check.state, check.tables[0]?.missing], ['different', 4]);
  world.expectMatch(
    `${what}: check's note`,
    check.tables[0]?.notes.join(' '),
    /^.*\b1 of the keys that differ/,
  );
  const before = await contents(target, b, 'id > 9000');
  const repaired = await world.repair(run, check);
  world.expect(`${what}: repair`, [repaired.state, repaired.failure], ['different', null]);
  world.expect(`${what}: repaired rows`, repaired.tables[0]?.rows_written, 1);
  world.expectMatch(`${what}: repair's note`, repaired.tables[0]?.notes.join(' '), /refused 3 rows/);
  world.expect(`${what}: rows of others`, await contents(target, b, 'id > 9000'), before);
  const wanted = (await lines(source, a)).filter((_, at) => !Object.values(bad).includes(at + 1));
  world.expect(`${what}: rows`, await lines(target, b, 'id < 9000'), wanted);
  // Mended and replayed they are there, and what was mended differs from the source for good.
  const rejects = await world.rejects(run);
  world.expect(
    `${what}: rejects`,
    rejects.map(({ values }) => Number(values[0])).sort((x, y) => x - y),
    Object.values(bad),
  );
  for (const reject of rejects) {
    const id = Number(reject.values[0]);
    await world.mend(run, reject, [id, `m${id}`, 'mended', '1.00']);
  }
  const { id } = await world.beginReplay(run);
  const replay = await world.replay(run, String(id));
  world.expect(`${what}: replay`, [replay.state, replay.rows_written], ['done', 3]);
  const after = await world.verify(run);
  world.expect(`${what}: after the replay`, [after.tables[0]?.missing, after.tables[0]?.changed], [0, 3]);
}

/** A row that the destination swallows is no row that was set aside. */
export async function swallowedRow(world: JobWorld): Promise<void> {
  const { postgres, mysql } = world.sides;
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = 'a swallowed row beside a refused one';
  await makeOrders(mysql, a, 60);
  await mysql.sql(`UPDATE ${a} SET amount = -5 WHERE id = 9`);
  await makeOrdersTarget(postgres, b);
  await postgres.sql(`CREATE FUNCTION ${b}_f() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.id = 30 THEN RETURN NULL; END IF; RETURN NEW; END $$`);
  await postgres.sql(`CREATE TRIGGER t BEFORE INSERT ON ${b} FOR EACH ROW EXECUTE FUNCTION ${b}_f()`);
  const run = await world.run(world.name('swallowed'), {
    from: mysql,
    to: postgres,
    fromTable: a,
    toTable: b,
    driver: { ...verify, ...tolerant },
  });
  world.expect(`${what}: end`, [run.state, run.failure?.code], ['failed', 'Cdm.0232']);
  world.expectMatch(`${what}: why`, run.failure?.summary, /2 missing.*1 of the keys that differ/);
}

/** Without a key nobody can say which rows are missing. */
export async function refusedWithoutKey(world: JobWorld): Promise<void> {
  const { postgres, mysql } = world.sides;
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = 'refused rows without a key';
  await makeOrders(postgres, a, 40, { hasKey: false });
  await postgres.sql(`UPDATE ${a} SET amount = -5 WHERE id = 9`);
  await makeOrdersTarget(mysql, b, { hasKey: false });
  const run = await world.run(world.name('keyless'), {
    from: postgres,
    to: mysql,
    fromTable: a,
    toTable: b,
    toOptions: { 'toJobConfig.beforeImportType': 'shouldClearTable' },
    driver: { ...verify, ...tolerant },
  });
  world.expect(`${what}: end`, [run.state, run.failure?.code], ['failed', 'Cdm.0232']);
  world.expectMatch(
    `${what}: why`,
    run.failure?.summary,
    /1 rows aside.*no.*primary key|neither table has a primary key/,
  );
  const seen = await own(world, run);
  world.expect(`${what}: state`, seen?.state, 'not_comparable');
}

/** Windows of an incremental job: only its rows are looked at. */
export async function windows(world: JobWorld, from: Kind, to: Kind): Promise<void> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = `${from} to ${to}, verified windows`;
  await makeOrders(source, a, 200);
  await makeOrdersTarget(target, b);
  const job = world.name('window');
  const first = await world.run(job, {
    from: source,
    to: target,
    fromTable: a,
    toTable: b,
    driver: { ...verify, 'sluiceConfig.watermarkColumn': 'id' },
  });
  world.expect(`${what}: first`, [first.state, first.failure], ['succeeded', null]);
  await makeOrders(source, a, 300, { first: 201 });
  // An earlier row that changed is none of the next window's.
  await target.sql(`UPDATE ${b} SET name = 'moved' WHERE id = 50`);
  const second = await world.again(job);
  world.expect(`${what}: second`, [second.state, second.failure], ['succeeded', null]);
  const seen = await own(world, second);
  const table = seen?.tables[0];
  world.expect(`${what}: counts`, [seen?.state, table?.source_rows, table?.foreign], ['equal', 100, 200]);
  await target.sql(`UPDATE ${b} SET name = 'wrong' WHERE id = 250`);
  const check = await world.verify(second);
  world.expect(`${what}: planted`, check.tables[0]?.differences, [{ kind: 'changed', key: ['250'] }]);
  const repaired = await world.repair(second, check);
  world.expect(`${what}: repaired`, [repaired.state, repaired.failure], ['equal', null]);
  world.expect(`${what}: outside`, await contents(target, b, `name = 'moved'`), 1);
}

/** Values that are made on the way are named, and all others are verified. */
export async function madeFields(world: JobWorld, from: Kind, to: Kind): Promise<void> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = `${from} to ${to}, made fields and verification`;
  await makeOrders(source, a, 80);
  await makeOrdersTarget(target, b);
  const wish = {
    from: source,
    to: target,
    fromTable: a,
    toTable: b,
    fromOptions: {
      'fromJobConfig.columnList': 'id&code&name&amount&label',
      'fromJobConfig.sampleValueColumn': 'label:#{row[0] + 1}',
    },
    toOptions: { 'toJobConfig.columnList': 'id&code&name&amount&note' },
    driver: {
      ...verify,
      'transformConfig.trans': [{ field: 'name', converter: 'REVERSE' }],
    },
  };
  const job = world.name('made');
  world.expectMatch(
    `${what}: refused at save`,
    await world.refusalOf(world.createJob(job, wish)),
    /Cdm\.0014.*name.*sluiceConfig\.verifyWithout/,
  );
  const named = { ...wish, driver: { ...wish.driver, 'sluiceConfig.verifyWithout': 'name&label' } };
  const run = await world.run(job, named);
  world.expect(`${what}: end`, [run.state, run.failure], ['succeeded', null]);
  const seen = await own(world, run);
  world.expect(`${what}: state`, seen?.state, 'equal');
  const left = seen?.tables[0]?.left_out_columns.map(({ column }) => column);
  world.expect(`${what}: left out`, left, ['name', 'label']);
  await target.sql(`UPDATE ${b} SET amount = 77 WHERE id = 5`);
  const check = await world.verify(run);
  world.expect(`${what}: planted`, check.tables[0]?.differences, [{ kind: 'changed', key: ['5'] }]);
  const repair = await world.refusalOf(world.repair(run, check));
  world.expectMatch(`${what}: repair`, repair, /Cdm\.0056.*converts or adds/);
}

/** Staged, cleared by a condition, and over rows that are there. */
export async function otherRows(world: JobWorld, from: Kind, to: Kind): Promise<void> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const a = world.name('src');
  await makeOrders(source, a, 90);
  for (const [mode, toOptions] of Object.entries({
    staged,
    'staged update': { ...staged, 'toJobConfig.onConflict': 'UPDATE' },
    'cleared by a condition': {
      'toJobConfig.beforeImportType': 'whereClause',
      'toJobConfig.whereClause': 'id <= 100',
    },
    replace: { 'toJobConfig.onConflict': 'REPLACE' },
    update: { 'toJobConfig.onConflict': 'UPDATE' },
  })) {
    const b = world.name('dst');
    const what = `${from} to ${to}, ${mode} and verification`;
    await makeOrdersTarget(target, b);
    // One of others, and one with a key of the job's own where that may be.
    await target.sql(`INSERT INTO ${b} (id, code, name, amount) VALUES (9001, 'x', 'other', 1)`);
    if (mode !== 'staged')
      await target.sql(`INSERT INTO ${b} (id, code, name, amount) VALUES (12, 'c12', 'older', 2)`);
    const run = await world.run(world.name('mode'), {
      from: source,
      to: target,
      fromTable: a,
      toTable: b,
      toOptions,
      driver: verify,
    });
    world.expect(`${what}: end`, [run.state, run.failure], ['succeeded', null]);
    const seen = await own(world, run);
    const table = seen?.tables[0];
    world.expect(`${what}: seen`, [seen?.state, table?.source_rows, table?.foreign], ['equal', 90, 1]);
    world.expect(`${what}: rows`, await lines(target, b, 'id < 9000'), await lines(source, a));
  }
}

/** In staged mode a row that the stage refuses is set aside, and one that clashes in the move ends the run. */
export async function stagedRefusals(world: JobWorld, from: Kind, to: Kind): Promise<void> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = `${from} to ${to}, staged, refused rows and verification`;
  await makeOrders(source, a, 70);
  await source.sql(`UPDATE ${a} SET name = 'far too long a name' WHERE id IN (5, 6)`);
  await source.sql(`UPDATE ${a} SET amount = -5 WHERE id = 40`);
  await makeOrdersTarget(target, b);
  const job = world.name('stagedly');
  const wish = {
    from: source,
    to: target,
    fromTable: a,
    toTable: b,
    toOptions: staged,
    driver: { ...verify, ...tolerant },
  };
  const run = await world.run(job, wish);
  world.expect(`${what}: end`, [run.state, run.failure], ['succeeded', null]);
  world.expect(`${what}: skipped`, run.durable.rows_skipped, 3);
  const seen = await own(world, run);
  world.expectMatch(`${what}: note`, seen?.tables[0]?.notes.join(' '), /3 keys that differ are all of rows/);
  world.expect(`${what}: rows`, (await lines(target, b)).length, 67);
  await target.sql(`DELETE FROM ${b} WHERE id <> 8`);
  const again = await world.again(job);
  world.expect(`${what}: clash`, again.state, 'failed');
  world.expectMatch(`${what}: why`, again.failure?.summary, /Cdm\.0(928|026)/);
  world.expect(`${what}: as before`, (await lines(target, b)).length, 1);
}
