// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs refer to macros.
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunRig } from './test-rig-suite.ts';
import { createMysqlSide, createPostgresSide, hasServers, type Side } from './test-sides-suite.ts';

const kinds = ['postgres', 'mysql'] as const;
const pairs = kinds.flatMap((from) => kinds.map((to) => ({ from, to })));

/** Rows that a table of people holds. */
const people = `(1, '12345678910', '  Ada ', 'a\nb', 20, 10.50, '2018-01-05 15:15:05.120'),
  (2, '12345', 'grace', NULL, NULL, 0.05, '2021-07-01 00:00:00'),
  (3, NULL, '', 'aba', -3, -1.00, NULL)`;
const personColumns = 'id, phone, name, note, age, price, made';

async function createPeople(side: Side): Promise<void> {
  const moment = side.kind === 'postgres' ? 'timestamp(3)' : 'datetime(3)';
  const instant = side.kind === 'postgres' ? 'timestamptz(3)' : 'timestamp(3) NULL';
  await side.sql(
    `CREATE TABLE people (id integer PRIMARY KEY, phone varchar(20), name varchar(40), note text, age integer,
       price decimal(10,2), made ${moment}, seen ${instant})`,
  );
  await side.sql(`INSERT INTO people (${personColumns}) VALUES ${people}`);
  const set =
    side.kind === 'postgres'
      ? `UPDATE people SET seen = '2023-11-30 02:40:46.588+00' WHERE id = 1`
      : `SET time_zone = '+00:00'; UPDATE people SET seen = '2023-11-30 02:40:46.588' WHERE id = 1`;
  await side.sql(set);
}

describe.skipIf(!hasServers)('field mapping', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  let rig: RunRig;
  let tables = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createPeople(side);
    rig = await RunRig.open();
  });
  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  interface Wish {
    readonly from: Side['kind'];
    readonly to: Side['kind'];
    /** Of the destination; null: the job creates it. */
    readonly columns: string | null;
    readonly fromOptions?: OptionValues;
    readonly toOptions?: OptionValues;
    readonly trans?: OptionValues[];
  }

  async function move({ from, to, columns, fromOptions = {}, toOptions = {}, trans = [] }: Wish) {
    const toTable = `target_${++tables}`;
    if (columns !== null) await sides[to].sql(`CREATE TABLE ${toTable} (${columns})`);
    const preparation = columns === null ? 'CREATE_WHEN_NOT_EXIST' : 'DO_NOTHING';
    const run = await rig.run({
      from: sides[from],
      to: sides[to],
      fromTable: 'people',
      toTable,
      fromOptions,
      toOptions: { 'toJobConfig.tablePreparation': preparation, ...toOptions },
      driver: { 'transformConfig.trans': trans as never },
    });
    return { run, toTable };
  }

  /** A column of all rows, as text of the database's own. */
  async function column(side: Side, table: string, name: string): Promise<(string | null)[]> {
    const text = side.kind === 'postgres' ? `${name}::text` : `CAST(${name} AS CHAR)`;
    const rows = await side.sql(`SELECT ${text} AS v FROM ${table} ORDER BY id`);
    return rows.map(({ v }) => (v === null ? null : String(v)));
  }

  test.each(pairs)(
    'the six converters, several on one field in their order, $from to $to',
    async ({ from, to }) => {
      const { run, toTable } = await move({
        from,
        to,
        columns:
          'id integer PRIMARY KEY, phone varchar(20), name varchar(40), note text, age integer, price decimal(10,2)',
        fromOptions: { 'fromJobConfig.columnList': 'id&phone&name&note&age&price' },
        toOptions: { 'toJobConfig.columnList': 'id&phone&name&note&age&price' },
        trans: [
          { field: 'phone', converter: 'ANONYMIZATION', reserveStart: 3, reserveEnd: '4', replaceChar: '*' },
          { field: 'name', converter: 'TRIM' },
          { field: 'name', converter: 'REVERSE' },
          {
            field: 'name',
            converter: 'EXPRESSION',
            expression: 'empty value ? "nobody" : StringUtils.upperCase(value)',
          },
          { field: 'note', converter: 'REMOVE_LINE_BREAK' },
          { field: 'NOTE', converter: 'replace string', search: 'a', replacement: 'zz' },
          { field: 'age', converter: 'EXPRESSION', expression: 'empty value ? null : value * 2 + row[0]' },
          { field: 'price', converter: 'EXPRESSION', expression: 'value + 0.50' },
        ],
      });
      expect([run.state, run.failure]).toEqual(['succeeded', null]);
      expect(run.plan?.reason).toContain('rows');
      const side = sides[to];
      expect(await column(side, toTable, 'phone')).toEqual(['123****8910', '*****', null]);
      expect(await column(side, toTable, 'name')).toEqual(['ADA', 'ECARG', 'nobody']);
      expect(await column(side, toTable, 'note')).toEqual(['zzb', null, 'zzbzz']);
      expect(await column(side, toTable, 'age')).toEqual(['41', null, '-3']);
      expect(await column(side, toTable, 'price')).toEqual(['11.00', '0.55', '-0.50']);
    },
  );

  const readBack = async (to: Side['kind'], table: string, columns: readonly string[]) => {
    const quote = to === 'postgres' ? '"' : '`';
    const list = columns.map((name) => `${quote}${name}${quote}`);
    const rows = await sides[to].sql(`SELECT ${list.join(', ')} FROM ${table} ORDER BY 1`);
    return rows.map((row) => columns.map((name) => (row[name] === null ? null : String(row[name]))));
  };

  test.each(pairs)('columns whose names are told in another case, $from to $to', async ({ from, to }) => {
    const quote = to === 'postgres' ? '"' : '`';
    const columns = `${quote}Id${quote} integer PRIMARY KEY, ${quote}PHONE${quote} varchar(20)`;
    const expected = [
      ['1', '12345678910'],
      ['2', '12345'],
      ['3', null],
    ];
    const fromOptions = {
      'fromJobConfig.columnList': 'ID&Phone',
      'fromJobConfig.partitionColumn': 'iD',
      'fromJobConfig.allowNullValueInPartitionColumn': 'false',
    };
    const toOptions = { 'toJobConfig.columnList': 'id&phone' };
    for (const wish of [{ fromOptions, toOptions }, { fromOptions }]) {
      const { run, toTable } = await move({ from, to, columns, ...wish });
      expect([run.state, run.failure]).toEqual(['succeeded', null]);
      expect(await readBack(to, toTable, ['Id', 'PHONE'])).toEqual(expected);
    }
    const upsert = { 'toJobConfig.onConflict': 'UPDATE', 'toJobConfig.useStageTable': 'true', ...toOptions };
    const { run, toTable } = await move({ from, to, columns, fromOptions, toOptions: upsert });
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    expect(await readBack(to, toTable, ['Id', 'PHONE'])).toEqual(expected);
  });

  test('two columns that differ in case alone are told apart by their exact names', async () => {
    await sides.postgres.sql(
      `CREATE TABLE twins (id integer PRIMARY KEY, "Name" text, name text); INSERT INTO twins VALUES (1, 'upper', 'lower')`,
    );
    const twins = async (list: string) => {
      const toTable = `target_${++tables}`;
      return {
        toTable,
        run: await rig.run({
          from: sides.postgres,
          to: sides.postgres,
          fromTable: 'twins',
          toTable,
          fromOptions: { 'fromJobConfig.columnList': list },
          toOptions: { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' },
        }),
      };
    };
    const both = await twins('id&name&Name');
    expect(await readBack('postgres', both.toTable, ['id', 'name', 'Name'])).toEqual([
      ['1', 'lower', 'upper'],
    ]);
    const neither = await twins('id&NAME');
    expect(neither.run.failure).toMatchObject({ code: 'Cdm.0926' });
  });

  test.each(pairs)('a created table gets the comments of its columns, $from to $to', async ({ from, to }) => {
    const comment = `it's the "name" of \\ someone; -- 名称`;
    const fromTable = `said_${to}`;
    const side = sides[from];
    if (from === 'postgres') {
      await side.sql(`CREATE TABLE ${fromTable} (id integer PRIMARY KEY, name varchar(9))`);
      await side.sql(`COMMENT ON COLUMN ${fromTable}.name IS '${comment.replaceAll("'", "''")}'`);
    } else {
      const literal = comment.replaceAll('\\', '\\\\').replaceAll("'", "''");
      await side.sql(
        `CREATE TABLE ${fromTable} (id integer PRIMARY KEY, name varchar(9) COMMENT '${literal}')`,
      );
    }
    const toTable = `target_${++tables}`;
    const run = await rig.run({
      from: side,
      to: sides[to],
      fromTable,
      toTable,
      fromOptions: { 'fromJobConfig.columnList': 'id&name' },
      toOptions: {
        'toJobConfig.columnList': 'id&label',
        'toJobConfig.tablePreparation': 'DROP_AND_CREATE',
      },
    });
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    const [told] = await sides[to].sql(
      to === 'postgres'
        ? `SELECT col_description('${toTable}'::regclass, 1) AS id, col_description('${toTable}'::regclass, 2) AS label`
        : `SELECT max(IF(COLUMN_NAME = 'id', COLUMN_COMMENT, NULL)) AS id, max(IF(COLUMN_NAME = 'label', COLUMN_COMMENT, NULL)) AS label
             FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '${toTable}'`,
    );
    expect([told?.id || null, told?.label]).toEqual([null, comment]);
  });

  test.each(pairs)('added fields and timestamps, $from to $to', async ({ from, to }) => {
    const moment = to === 'postgres' ? 'timestamp(3)' : 'datetime(3)';
    const instant = to === 'postgres' ? 'timestamptz(3)' : 'timestamp(3) NULL';
    const { run, toTable } = await move({
      from,
      to,
      columns: `id integer PRIMARY KEY, made ${moment}, seen ${instant}, month varchar(10), src varchar(20), input_time bigint,
        at ${moment}, at_too ${instant}, day date, label varchar(60), untouched varchar(10) DEFAULT 'default'`,
      fromOptions: {
        'fromJobConfig.columnList': 'id&src&made&seen&month&InputTime&at&at_too&day&label',
        'fromJobConfig.sampleValueColumn':
          'src:erp & crm&month:#{DateUtils.format(DateUtils.parseDate(row[1],"yyyy-MM-dd HH:mm:ss.SSS"),"yyyyMM")}&InputTime:${timestamp()}&at:${timestamp()}&at_too:#{DateUtil.now()}&day:${dateformat(yyyy-MM-dd)}&label:no. #{row[0]} of #{StringUtils.left(row[2],19)}',
      },
      toOptions: {
        'toJobConfig.columnList': 'id&src&made&seen&month&input_time&at&at_too&day&label',
      },
      trans: [{ field: 'seen', converter: 'EXPRESSION', expression: 'empty value ? null : value' }],
    });
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    const side = sides[to];
    expect(await column(side, toTable, 'src')).toEqual(['erp & crm', 'erp & crm', 'erp & crm']);
    expect(await column(side, toTable, 'month')).toEqual(['201801', '202107', null]);
    expect(await column(side, toTable, 'untouched')).toEqual(['default', 'default', 'default']);
    // The service is in Shanghai, the instant was 02:40 in UTC.
    expect(await column(side, toTable, 'label')).toEqual([
      'no. 1 of 2023-11-30 10:40:46',
      'no. 2 of ',
      'no. 3 of ',
    ]);
    const [first] = await side.sql(
      to === 'postgres'
        ? `SELECT extract(epoch FROM seen)::text AS seen, made::text AS made, input_time::text AS it, extract(epoch FROM at_too)::bigint AS at_too,
             (extract(epoch FROM (at AT TIME ZONE 'Asia/Shanghai')) * 1000)::bigint::text AS at, day::text AS day FROM ${toTable} WHERE id = 1`
        : `SELECT UNIX_TIMESTAMP(seen) AS seen, CAST(made AS CHAR) AS made, CAST(input_time AS CHAR) AS it, FLOOR(UNIX_TIMESTAMP(at_too)) AS at_too,
             CAST(ROUND((UNIX_TIMESTAMP(CONVERT_TZ(at, '+08:00', @@session.time_zone))) * 1000) AS CHAR) AS at, CAST(day AS CHAR) AS day FROM ${toTable} WHERE id = 1`,
    );
    expect(Number(first?.seen)).toBe(1701312046.588);
    expect(String(first?.made)).toContain('2018-01-05 15:15:05.12');
    const nowMs = run.plan?.shape?.nowMs ?? 0;
    expect(Math.abs(nowMs - Date.now())).toBeLessThan(60_000);
    expect(first?.it).toBe(String(nowMs));
    expect(first?.at).toBe(String(nowMs));
    expect(Number(first?.at_too)).toBe(Math.floor(nowMs / 1_000));
    const day = new Date(nowMs + 8 * 3_600_000).toISOString().slice(0, 10);
    expect(first?.day).toBe(day);
  });

  test.each(pairs)('a created table has columns for what is made, $from to $to', async ({ from, to }) => {
    const { run, toTable } = await move({
      from,
      to,
      columns: null,
      fromOptions: {
        'fromJobConfig.columnList': 'id&name&age&loaded',
        'fromJobConfig.sampleValueColumn': 'loaded:#{NumberUtils.toLong("7") / 2}',
      },
      trans: [
        { field: 'name', converter: 'EXPRESSION', expression: 'StringUtils.length(value)' },
        { field: 'age', converter: 'EXPRESSION', expression: 'empty value ? "none" : "some"' },
      ],
    });
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    const side = sides[to];
    expect(await column(side, toTable, 'name')).toEqual(['6', '5', '0']);
    expect(await column(side, toTable, 'age')).toEqual(['some', 'none', 'some']);
    expect((await column(side, toTable, 'loaded')).map(Number)).toEqual([3.5, 3.5, 3.5]);
  });

  test('a row that an expression cannot make is named, and none is left out in silence', async () => {
    const { run, toTable } = await move({
      from: 'postgres',
      to: 'mysql',
      columns: 'id integer PRIMARY KEY, name varchar(40)',
      fromOptions: { 'fromJobConfig.columnList': 'id&name' },
      trans: [{ field: 'name', converter: 'EXPRESSION', expression: 'value / 2' }],
    });
    expect([run.state, run.failure?.code]).toEqual(['failed', 'Cdm.0064']);
    expect(run.failure?.details.en).toContain('name');
    expect(run.failure?.details.en).toContain('is no number');
    expect(await column(sides.mysql, toTable, 'id')).toEqual([]);
  });

  test.each([
    {
      why: 'a converter on a column that is not there',
      trans: [{ field: 'nothing', converter: 'TRIM' }],
      code: 'Cdm.0926',
    },
    {
      why: 'an expression that is none',
      trans: [{ field: 'name', converter: 'EXPRESSION', expression: 'value +' }],
      code: 'Cdm.0011',
    },
  ])('ends before a byte moves: $why', async ({ trans, code }) => {
    const { run } = await move({ from: 'postgres', to: 'postgres', columns: 'id integer', trans });
    expect([run.state, run.failure?.code]).toEqual(['failed', code]);
  });
});
