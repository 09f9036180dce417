import { setTimeout as sleep } from 'node:timers/promises';
import { type DirtySide, leftovers } from '../dirty/dirty-table.ts';
import type { JobWorld, ShownRun } from './job-world.ts';
import { contents, lines, makeOrders, makeOrdersTarget } from './orders.ts';

// `kill -9` of the server in the middle of what is more than a copy. Each case starts it again, and demands exact accounting, one
// end, nothing doubled, and nothing left behind.

type Kind = DirtySide['kind'];
/** Milliseconds from the moment looked for to the kill. */
export type Delay = () => number;

const tolerant = { 'throttlingConfig.recordDirtyData': 'true' };
const verify = { 'sluiceConfig.verify': 'true' };

interface Pair {
  readonly from: Kind;
  readonly to: Kind;
  readonly rows: number;
  readonly delay: Delay;
}

/** A tolerant, verified run, perhaps staged or throttled. */
export async function tolerantRun(
  world: JobWorld,
  { from, to, rows, delay }: Pair,
  more: { readonly isStaged?: boolean; readonly isThrottled?: boolean } = {},
): Promise<number> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = `${from} to ${to}, killed in a tolerant run ${JSON.stringify(more)}`;
  const bad = await badOrders(source, a, rows);
  await makeOrdersTarget(target, b);
  const job = world.name('killed');
  await world.createJob(job, {
    from: source,
    to: target,
    fromTable: a,
    toTable: b,
    fromOptions: { 'fromJobConfig.partitionColumn': 'id' },
    toOptions: more.isStaged === true ? { 'toJobConfig.useStageTable': 'true' } : {},
    driver: {
      ...verify,
      ...tolerant,
      'throttlingConfig.numExtractors': '3',
      ...(more.isThrottled === true && {
        'throttlingConfig.throttling': 'true',
        'throttlingConfig.byteRate': '1000',
        'throttlingConfig.recordRate': String(rows),
      }),
    },
  });
  await world.start(job);
  const landed = await killIn(world, job, ['running', 'finishing'], delay);
  const run = await world.ended(job);
  world.expect(`${what}: end`, [run.state, run.failure], ['succeeded', null]);
  const { rows_read, rows_written, rows_skipped } = run.durable;
  world.expect(
    `${what}: counters`,
    [rows_read, rows_written, rows_skipped],
    [rows, rows - bad.length, bad.length],
  );
  const open = (await world.rejects(run)).map(({ values }) => Number(values[0]));
  world.expect(
    `${what}: rejects`,
    open.sort((x, y) => x - y),
    bad,
  );
  const wanted = (await lines(source, a)).filter((_, at) => !bad.includes(at + 1));
  world.expect(`${what}: rows`, await lines(target, b), wanted);
  world.expect(`${what}: runs`, (await world.runs(job)).length, 1);
  await nothingLeft(world, target, what);
  return landed;
}

/** Mended rows on their way to the destination. */
export async function replay(world: JobWorld, { from, to, rows, delay }: Pair): Promise<number> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = `${from} to ${to}, killed in a replay`;
  const bad = await badOrders(source, a, rows);
  await makeOrdersTarget(target, b);
  const job = world.name('replayed');
  const run = await world.run(job, { from: source, to: target, fromTable: a, toTable: b, driver: tolerant });
  world.expect(`${what}: run`, [run.state, run.durable.rows_skipped], ['succeeded', bad.length]);
  const rejects = await world.rejects(run);
  const half = rejects.slice(0, rejects.length >> 1);
  for (const reject of half) {
    const id = Number(reject.values[0]);
    await world.mend(run, reject, [id, `c${id}`, 'mended', '1.00']);
  }
  const asked = world.beginReplay(run).then(
    () => undefined,
    () => undefined,
  );
  await sleep(delay());
  await world.killNow();
  await asked;
  const begun = await world.replays(run);
  const id = begun[0]?.id;
  if (id === undefined) {
    // The call died before it was stored: it is made anew, as a client would.
    const { id: anew } = await world.beginReplay(run);
    await world.replay(run, String(anew));
  } else {
    const done = await world.replay(run, String(id));
    world.expect(`${what}: replay`, [done.state, done.rows_written], ['done', half.length]);
  }
  world.expect(`${what}: replays`, (await world.replays(run)).length, 1);
  world.expect(`${what}: mended rows`, await contents(target, b, `name = 'mended'`), half.length);
  world.expect(`${what}: rows`, await contents(target, b, 'true'), rows - bad.length + half.length);
  const states = (await world.rejects(run)).map(({ state }) => state);
  const count = (wanted: string) => states.filter((state) => state === wanted).length;
  world.expect(
    `${what}: rejects`,
    [count('written'), count('open')],
    [half.length, bad.length - half.length],
  );
  await nothingLeft(world, target, what);
  return id === undefined ? 0 : 1;
}

/** A verification that finds planted differences, and the repair of these; the server dies in either. */
export async function verificationAndRepair(
  world: JobWorld,
  { from, to, rows, delay }: Pair,
): Promise<number> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = `${from} to ${to}, killed in a verification and a repair`;
  await makeOrders(source, a, rows);
  await makeOrdersTarget(target, b);
  const run = await world.run(world.name('checked'), { from: source, to: target, fromTable: a, toTable: b });
  world.expect(`${what}: run`, [run.state, run.failure], ['succeeded', null]);
  await target.sql(`UPDATE ${b} SET name = 'wrong' WHERE id % 3 = 0`);
  await target.sql(`DELETE FROM ${b} WHERE id % 50 = 1`);
  let landed = 0;
  const killed = async (id: string): Promise<void> => {
    const isUnderWay = async () => {
      const { state } = await world.verification(run, id);
      return state === 'running' || state === 'equal' || state === 'different';
    };
    await world.killWhen(isUnderWay, delay());
  };
  const verification = await world.beginVerification(run);
  await killed(verification);
  if ((await world.verification(run, verification)).state === 'running') landed += 1;
  const check = await world.verified(run, verification);
  const wrong =
    Math.floor(rows / 3) - [...Array(rows)].filter((_, i) => (i + 1) % 3 === 0 && (i + 1) % 50 === 1).length;
  const lost = [...Array(rows)].filter((_, i) => (i + 1) % 50 === 1).length;
  const { changed, missing } = check.tables[0] ?? {};
  world.expect(`${what}: found`, [check.state, changed, missing], ['different', wrong, lost]);
  const repair = await world.beginRepair(run, check);
  await killed(repair);
  if ((await world.verification(run, repair)).state === 'running') landed += 1;
  const repaired = await world.verified(run, repair);
  world.expect(`${what}: repaired`, [repaired.state, repaired.failure], ['equal', null]);
  world.expect(`${what}: rows`, await lines(target, b), await lines(source, a));
  await nothingLeft(world, target, what);
  return landed;
}

/** An entire database whose tables are tolerant, verified and staged. */
export async function batch(world: JobWorld, { from, to, rows, delay }: Pair): Promise<number> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const stem = world.name('t');
  const what = `${from} to ${to}, killed in an entire database`;
  const names = ['a', 'b', 'c', 'd', 'e'].map((letter) => `${stem}_${letter}`);
  const bad: number[] = [];
  for (const name of names) {
    bad.push((await badOrders(source, name, rows)).length);
    await makeOrdersTarget(target, name);
  }
  const job = world.name('whole');
  await world.createJob(job, {
    type: 'BATCH_JOB',
    from: source,
    to: target,
    fromOptions: { 'fromJobConfig.tableList': names.join('&') },
    toOptions: { 'toJobConfig.useStageTable': 'true' },
    driver: { ...tolerant, ...verify, 'throttlingConfig.concurrentSubJobs': '2' },
  });
  await world.start(job);
  const landed = await killIn(world, job, ['running'], () => 100 + delay());
  const run = await world.ended(job);
  world.expect(`${what}: end`, [run.state, run.failure], ['succeeded', null]);
  const skipped = bad.reduce((sum, each) => sum + each, 0);
  const { rows_read, rows_written, rows_skipped } = run.durable;
  const all = rows * names.length;
  world.expect(`${what}: counters`, [rows_read, rows_written, rows_skipped], [all, all - skipped, skipped]);
  for (const [at, name] of names.entries())
    world.expect(`${what}: rows of ${name}`, await contents(target, name, 'true'), rows - (bad[at] ?? 0));
  const tables = await world.tables(run);
  for (const { job_name, run_id } of tables) {
    const child = { ...run, id: String(run_id), job_name: String(job_name) };
    world.expect(`${what}: rejects of ${job_name}`, (await world.rejects(child)).length, bad[0]);
    world.expect(`${what}: runs of ${job_name}`, await world.status(String(job_name)), 'SUCCEEDED');
  }
  await nothingLeft(world, target, what);
  return landed;
}

/** Every twentieth row is refused. @returns their ids. */
async function badOrders(side: DirtySide, table: string, rows: number): Promise<readonly number[]> {
  await makeOrders(side, table, rows);
  await side.sql(`UPDATE ${table} SET amount = -1 WHERE id % 20 = 7`);
  return Array.from({ length: rows }, (_, i) => i + 1).filter((id) => id % 20 === 7);
}

/** @returns 1 when the run was still under way. */
async function killIn(
  world: JobWorld,
  job: string,
  states: readonly string[],
  delay: Delay,
): Promise<number> {
  let seen: ShownRun | null = null;
  await world.killWhen(async () => {
    seen = await world.newest(job);
    return states.includes(seen.state) || seen.ended_at !== null;
  }, delay());
  return (await world.newest(job)).ended_at === null ? 1 : 0;
}

/** What is removed behind the end has some time for it. */
async function nothingLeft(world: JobWorld, side: DirtySide, what: string): Promise<void> {
  let left = await ours(side);
  for (let looks = 0; looks < 200 && left.length > 0; looks += 1) {
    await sleep(50);
    left = await ours(side);
  }
  world.expect(`${what}: left behind`, left, []);
}

async function ours(side: DirtySide): Promise<readonly string[]> {
  const stages = await side.sql(
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = '${side.kind === 'postgres' ? 'public' : side.database}' AND table_name LIKE '%cdm_stage%'`,
  );
  return [...(await leftovers(side)), ...stages.map(({ name }) => String(name))];
}
