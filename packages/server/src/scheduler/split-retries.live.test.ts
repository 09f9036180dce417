import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  expectNoTraces,
  fingerprint,
  fingerprintOf,
  hasServers,
  type Side,
} from './test-sides-suite.ts';

const rows = 3_000;

/** A job of which slices fail at a destination that refuses a number of statements, and then none. */
describe.skipIf(!hasServers)('slices that are moved again because the job says so', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  let rig: RunRig;
  let tables = 0;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createNumbers(side, 'source', rows);
    rig = await RunRig.open();
  });
  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  /** A sequence goes on counting when the statement that asked it is rolled back. */
  async function refusingTable(refusals: number): Promise<string> {
    const table = `target_${++tables}`;
    await createTarget(sides.postgres, table);
    await sides.postgres.sql(
      `CREATE SEQUENCE ${table}_tries;
       CREATE FUNCTION ${table}_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
           IF nextval('public.${table}_tries') <= ${refusals} THEN RAISE EXCEPTION 'not yet'; END IF;
           RETURN NULL;
         END $$;
       CREATE TRIGGER refuses BEFORE INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION ${table}_refuses()`,
    );
    return table;
  }

  async function move(from: Side['kind'], refusals: number, retries: string) {
    const toTable = await refusingTable(refusals);
    const fromOptions = { 'fromJobConfig.partitionColumn': 'id' };
    const driver = { 'throttlingConfig.splitRetryTime': retries };
    const { postgres: to } = sides;
    const run = await rig.run({ from: sides[from], to, toTable, extractors: 1, fromOptions, driver });
    return { run, toTable };
  }

  test.each(['postgres', 'mysql'] as const)('as often as asked, %s', async (from) => {
    const { run, toTable } = await move(from, 2, '2');
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    expect(run.counts).toMatchObject({ rowsRead: rows, rowsWritten: rows, rowsSkipped: 0 });
    expect(await fingerprint(sides.postgres, toTable)).toBe(fingerprintOf(rows));
    await expectNoTraces(sides.postgres);
  });

  test('and not once more', async () => {
    const { run } = await move('postgres', 2, '1');
    expect([run.state, run.failure?.code]).toEqual(['failed', 'Cdm.0234']);
    expect(run.failure?.details.en).toContain('not yet');
    expect((await move('postgres', 1, '0')).run.state).toBe('failed');
  });

  test('and not where rows of a failed attempt stay', async () => {
    const toTable = `target_${++tables}`;
    await sides.mysql.sql(
      `CREATE TABLE ${toTable} (id integer, name varchar(40), amount decimal(12,2)) ENGINE=MyISAM;
       CREATE TRIGGER ${toTable}_refuses BEFORE INSERT ON ${toTable} FOR EACH ROW
         BEGIN IF NEW.id = ${rows - 5} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'never'; END IF; END`,
    );
    const run = await rig.run({
      from: sides.postgres,
      to: sides.mysql,
      toTable,
      driver: { 'throttlingConfig.splitRetryTime': '3' },
    });
    expect([run.state, run.failure?.code]).toEqual(['failed', 'Cdm.0902']);
    const [held] = await sides.mysql.sql(`SELECT count(*) AS n, count(DISTINCT id) AS d FROM ${toTable}`);
    expect(Number(held?.n)).toBeGreaterThan(0);
    expect(held?.n).toBe(held?.d);
  });
});
