import { fromPortableRow, type PortableRow } from '@sluice/core/data/portable-row';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rejectContext } from '../secrets/sealed-values.ts';
import type { RunRecord } from '../store/model.ts';
import { rejectId } from '../store/reject-record.ts';
import { RunRig, rigSecretBox } from './test-rig-suite.ts';
import { createMysqlSide, createPostgresSide, hasServers, type Side } from './test-sides-suite.ts';

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
  });

  afterAll(async () => {
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
    const { rejects, total } = await rig.store.rejects.list(run.id, { sliceNo: null, state: null }, 1_000, 0);
    expect(rejects).toHaveLength(total);
    return rejects.map((reject) => {
      const row = JSON.parse(
        rigSecretBox.open(reject.sealedRow, rejectContext(rejectId(reject))),
      ) as PortableRow;
      return {
        id: Number(fromPortableRow(row)[0]),
        code: reject.code,
        cause: String(reject.facts.cause),
        state: reject.state,
      };
    });
  }

  const pairs = (['postgres', 'mysql'] as const).flatMap((from) =>
    (['postgres', 'mysql'] as const).map((to) => ({ from, to })),
  );

  test.each(pairs)('$from to $to: the bad ones only, each with its reason', async ({ from, to }) => {
    const [source, destination] = [sides[from], sides[to]];
    const toTable = await target(destination);
    const driver = { 'throttlingConfig.recordDirtyData': 'true' };
    const run = await rig.run({ from: source, to: destination, fromTable: 'dirty', toTable, driver });
    expect(run.failure).toBeNull();
    expect(run).toMatchObject({
      state: 'succeeded',
      counts: { rowsRead: rows, rowsWritten: rows - badIds.length, rowsSkipped: badIds.length },
      plan: { projection: { form: 'rows' }, reason: expect.stringContaining('set aside') },
    });
    const rejects = await rejectsOf(run);
    expect(rejects.map(({ id }) => id).sort((a, b) => a - b)).toEqual(badIds);
    const reasons = rejects.map(({ code, cause }) => `${code} ${cause}`).join('\n');
    expect(reasons).toMatch(/too long/i);
    expect(reasons).toMatch(/null/i);
    expect(reasons).toMatch(/date/i);
    expect(reasons).toMatch(/out of range/i);
    expect(reasons).toMatch(/Cdm\.0026 .*(duplicate|exists)/i);
    expect(reasons).toMatch(/constraint/i);
    const [sum] = await destination.sql(
      `SELECT count(*) AS n, count(DISTINCT id) AS d, sum(id) AS s FROM ${toTable} WHERE id > 0`,
    );
    const good = Array.from({ length: rows }, (_, i) => i + 1).filter((id) => !badIds.includes(id));
    expect([sum?.n, sum?.d, sum?.s].map(Number)).toEqual([
      good.length,
      good.length,
      good.reduce((a, b) => a + b, 0),
    ]);
  });
});
