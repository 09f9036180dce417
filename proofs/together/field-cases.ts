// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs name macros.
import type { DirtySide } from '../dirty/dirty-table.ts';
import type { JobWorld } from './job-world.ts';
import { contents } from './orders.ts';

// Field mapping, added fields and the six converters, as a console writes them, together with bad rows; and the keys by which
// rows are updated.

type Kind = DirtySide['kind'];

/** All six converters, mapped and added fields; rows of which one cannot be made and one not written. */
export async function converters(world: JobWorld, from: Kind, to: Kind): Promise<void> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = `${from} to ${to}, converters and bad rows`;
  await source.sql(
    `CREATE TABLE ${a} (id integer PRIMARY KEY, phone varchar(20), name varchar(40), note varchar(80), city varchar(40), age varchar(10), skipped varchar(10))`,
  );
  const newline = source.kind === 'postgres' ? "E'one\\ntwo\\r\\nthree'" : "'one\\ntwo\\r\\nthree'";
  await source.sql(`INSERT INTO ${a} VALUES
    (1, '12345678910', '  Ada  ', ${newline}, 'abc', '41', 'x'),
    (2, '123456', 'Grace', 'plain', 'aba', 'none', 'x'),
    (3, NULL, NULL, NULL, NULL, '7', 'x'),
    (4, '99999999999', 'a name that does not fit', 'n', 'c', '8', 'x')`);
  await target.sql(
    `CREATE TABLE ${b} (pk integer PRIMARY KEY, telephone varchar(20), title varchar(10), memo varchar(80), town varchar(40),
       years integer, load_day varchar(20), origin varchar(40), stamp bigint, untouched varchar(10) DEFAULT 'default')`,
  );
  const trans = [
    { field: 'phone', converter: 'Anonymization', reserveStart: 3, reserveEnd: 4, replaceChar: '*' },
    { field: 'name', converter: 'Trim' },
    { field: 'note', converter: 'Remove line break' },
    { field: 'city', converter: 'Reverse string' },
    { field: 'city', converter: 'Replace string', search: 'a', replacement: 'zz' },
    {
      field: 'age',
      converter: 'Expression',
      expression: 'NumberUtils.toInt(value, 0) == 0 ? value / 2 : value + 1',
    },
  ];
  const job = world.name('fields');
  const run = await world.run(job, {
    from: source,
    to: target,
    fromTable: a,
    toTable: b,
    fromOptions: {
      'fromJobConfig.columnList': 'id&phone&name&note&city&age&day&origin&InputTime',
      'fromJobConfig.sampleValueColumn':
        'day:${dateformat(yyyyMMdd)}&origin:erp/#{row[0]} & crm&InputTime:${timestamp()}',
    },
    toOptions: {
      'toJobConfig.columnList': 'pk&telephone&title&memo&town&years&load_day&origin&stamp',
    },
    driver: { 'transformConfig.trans': trans, 'throttlingConfig.recordDirtyData': 'true' },
    variables: { planTime: '1508115600000' },
  });
  world.expect(`${what}: end`, [run.state, run.failure], ['succeeded', null]);
  const { rows_read, rows_written, rows_skipped } = run.durable;
  world.expect(`${what}: counters`, [rows_read, rows_written, rows_skipped], [4, 2, 2]);
  const rows = await target.sql(
    `SELECT concat_ws('|', pk, coalesce(telephone, '~'), coalesce(title, '~'), coalesce(memo, '~'), coalesce(town, '~'), years, load_day, origin, stamp, untouched) AS line
       FROM ${b} ORDER BY pk`,
  );
  world.expect(
    `${what}: rows`,
    rows.map(({ line }) => String(line)),
    [
      '1|123****8910|Ada|onetwothree|cbzz|42|20171016|erp/1 & crm|1508115600000|default',
      '3|~|~|~|~|8|20171016|erp/3 & crm|1508115600000|default',
    ],
  );
  const rejects = await world.rejects(run);
  world.expect(`${what}: rejects`, rejects.map(({ values }) => Number(values[0])).sort(), [2, 4]);
  const reasonOf = (id: number) => rejects.find(({ values }) => Number(values[0]) === id)?.reason.message;
  world.expectMatch(`${what}: what could not be made`, reasonOf(2), /age.*is no number/i);
  world.expectMatch(`${what}: what was not taken`, reasonOf(4), /too long/i);
  // What nobody mended is refused again, what was is written as it stands.
  const [unmade] = rejects.filter(({ values }) => Number(values[0]) === 2);
  if (unmade !== undefined)
    await world.mend(run, unmade, [2, '1**6', 'Grace', 'plain', 'x', 5, '20171016', 'erp/2 & crm', 1]);
  const { id } = await world.beginReplay(run);
  const replay = await world.replay(run, String(id));
  world.expect(`${what}: replay`, [replay.rows_written, replay.rows_refused], [1, 1]);
  world.expect(`${what}: mended`, await contents(target, b, "pk = 2 AND telephone = '1**6'"), 1);
}

/** Tables with several unique keys: which row is updated, and what becomes of one that clashes in another key. */
export async function severalKeys(world: JobWorld, from: Kind, to: Kind): Promise<void> {
  const [source, target] = [world.sides[from], world.sides[to]];
  const [a, b] = [world.name('src'), world.name('dst')];
  const what = `${from} to ${to}, UPDATE and several keys`;
  await source.sql(`CREATE TABLE ${a} (id integer PRIMARY KEY, code varchar(10), v integer)`);
  await source.sql(`INSERT INTO ${a} VALUES (1, 'one', 10), (2, 'two', 20), (3, 'three', 30)`);
  await target.sql(`CREATE TABLE ${b} (id integer PRIMARY KEY, code varchar(10) UNIQUE, v integer)`);
  await target.sql(`INSERT INTO ${b} VALUES (2, 'old', 2), (9, 'three', 9)`);
  const run = await world.run(world.name('keys'), {
    from: source,
    to: target,
    fromTable: a,
    toTable: b,
    toOptions: { 'toJobConfig.onConflict': 'UPDATE' },
    driver: { 'throttlingConfig.recordDirtyData': 'true' },
  });
  world.expect(`${what}: end`, [run.state, run.failure], ['succeeded', null]);
  const rows = await target.sql(`SELECT concat_ws('|', id, code, v) AS line FROM ${b} ORDER BY id`);
  const seen = rows.map(({ line }) => String(line));
  const rejects = await world.rejects(run);
  if (to === 'mysql') {
    // The server changes the row that clashes, in whichever key, and with it the columns outside of that one.
    world.expect(`${what}: rows`, [seen, rejects.length], [['1|one|10', '2|two|20', '3|three|30'], 0]);
    return;
  }
  world.expect(`${what}: rows`, seen, ['1|one|10', '2|two|20', '9|three|9']);
  world.expect(
    `${what}: rejects`,
    rejects.map(({ values }) => Number(values[0])),
    [3],
  );
  world.expectMatch(`${what}: why`, rejects[0]?.reason.message, /code.*three|duplicate key/);
  const { warnings } = (await world.plan(run)) as { warnings: readonly string[] };
  world.expectMatch(`${what}: told in the plan`, warnings.join(' '), /found by \(id\) alone.*\(code\)/);
}
