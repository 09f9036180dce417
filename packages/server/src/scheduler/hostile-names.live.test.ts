import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunRig } from './test-rig-suite.ts';
import { createMysqlSide, createPostgresSide, hasServers, type Side } from './test-sides-suite.ts';

// Names that end every quote, begin every comment, and look like parameters: tables and columns may have them, and whoever
// makes a job chooses them.

const rows = 3_000;
const kinds = ['postgres', 'mysql'] as const;
const pairs = kinds.flatMap((from) => kinds.map((to) => ({ from, to })));

const hostile = `a'b"c\`d;--\n/*\\ $1 ? :x #{y}`;
const [key, note] = [`${hostile} k`, `${hostile} n`];

const quoted = (side: Side, name: string) =>
  side.kind === 'postgres' ? `"${name.replaceAll('"', '""')}"` : `\`${name.replaceAll('`', '``')}\``;

describe.skipIf(!hasServers)('names that mean harm', () => {
  let rig: RunRig;
  let sides: Readonly<Record<Side['kind'], Side>>;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) {
      const q = (name: string) => quoted(side, name);
      await side.sql(`CREATE TABLE ${q(hostile)} (${q(key)} integer PRIMARY KEY, ${q(note)} varchar(40))`);
      const all = Array.from({ length: rows }, (_, i) => `(${i + 1}, ' n${i + 1} ')`);
      await side.sql(`INSERT INTO ${q(hostile)} VALUES ${all.join(', ')}`);
      // What a part of the name could be taken for.
      for (const name of ['a', 'b', 'c', 'd']) await side.sql(`CREATE TABLE ${name} (x integer)`);
    }
    rig = await RunRig.open();
  });

  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  test.each(pairs)(
    '$from to $to: tables are made, staged, cut, filtered, mended and compared by them',
    async ({ from, to }) => {
      const [source, destination] = [sides[from], sides[to]];
      const toTable = `${from}:${hostile}`;
      const q = (name: string) => quoted(destination, name);
      const read = {
        'fromJobConfig.columnList': `${key}&${note}`,
        'fromJobConfig.partitionColumn': key,
        'fromJobConfig.whereClause': `${quoted(source, key)} > 0 -- ${hostile.replaceAll('\n', ' ')}`,
      };
      const wish = {
        from: source,
        to: destination,
        fromTable: hostile,
        toTable,
        fromOptions: read,
        extractors: 2,
      };
      const made = {
        'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST',
        'toJobConfig.columnList': `${key}&${note}`,
      };
      const first = await rig.run({ ...wish, toOptions: made, driver: { 'sluiceConfig.verify': 'true' } });
      expect(first.failure).toBeNull();
      expect(first).toMatchObject({ state: 'succeeded', counts: { rowsWritten: rows } });
      const again = await rig.run({
        ...wish,
        toOptions: { ...made, 'toJobConfig.useStageTable': 'true', 'toJobConfig.onConflict': 'UPDATE' },
        driver: { 'transformConfig.trans': [{ field: note, converter: 'TRIM' }] as never },
      });
      expect(again.failure).toBeNull();
      const [found] = await destination.sql(
        `SELECT count(*) AS n, sum(${q(key)}) AS s, sum(length(${q(note)})) AS l FROM ${q(toTable)}`,
      );
      const chars = Array.from({ length: rows }, (_, i) => `n${i + 1}`.length).reduce((a, b) => a + b, 0);
      expect([found?.n, found?.s, found?.l].map(Number)).toEqual([rows, (rows * (rows + 1)) / 2, chars]);
      for (const name of ['a', 'b', 'c', 'd']) {
        const [bystander] = await destination.sql(`SELECT count(*) AS n FROM ${name}`);
        expect(Number(bystander?.n)).toBe(0);
      }
      const where = destination.kind === 'postgres' ? 'public' : destination.schema;
      const left = await destination.sql(
        `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = '${where}'
        AND (table_name LIKE '%sluice%' OR table_name LIKE '%cdm_stage')`,
      );
      expect(left).toEqual([]);
    },
  );

  test.each(kinds)(
    '%s: a name that is too long is refused and never cut to that of another table',
    async (to) => {
      const destination = sides[to];
      const short = 'x'.repeat(to === 'postgres' ? 63 : 64);
      await destination.sql(`CREATE TABLE ${quoted(destination, short)} (id integer)`);
      await destination.sql(`INSERT INTO ${quoted(destination, short)} VALUES (7)`);
      for (const preparation of ['DROP_AND_CREATE', 'CREATE_WHEN_NOT_EXIST', 'DO_NOTHING']) {
        const run = await rig.run({
          from: sides.postgres,
          to: destination,
          fromTable: hostile,
          toTable: `${short}y`,
          toOptions: { 'toJobConfig.tablePreparation': preparation, 'toJobConfig.shouldClearTable': 'true' },
        });
        expect(run.state, preparation).toBe('failed');
      }
      const [kept] = await destination.sql(`SELECT count(*) AS n FROM ${quoted(destination, short)}`);
      expect(Number(kept?.n)).toBe(1);
    },
  );
});
