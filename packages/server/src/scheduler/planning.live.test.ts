import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  hasServers,
  type Side,
} from './test-sides-suite.ts';

const rows = 900;
const manySlices = 300;
/** The promise: to plan one slice more costs no more than this, in milliseconds. */
const planMsPerSliceMax = 50;

describe.skipIf(!hasServers)('what planning costs', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  let rig: RunRig;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createNumbers(side, 'source', rows);
    rig = await RunRig.open({ sliceWorkersMax: 2 });
  });

  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  test.each([
    { from: 'postgres', to: 'mysql' },
    { from: 'mysql', to: 'postgres' },
  ] as const)(`from $from: the plan of one slice and of ${manySlices}`, async ({ from, to }) => {
    const toTable = `target_${from}`;
    await createTarget(sides[to], toTable);
    const fromOptions = { 'fromJobConfig.partitionColumn': 'id' };
    const planMs = new Map<number, number>();
    // The first is a warm-up.
    for (const extractors of [1, 1, manySlices]) {
      const wish = { from: sides[from], to: sides[to], toTable, extractors, fromOptions };
      const started = await rig.start(await rig.job(wish));
      const planned = () =>
        rig.events.find(({ event, fields }) => event === 'run.planned' && fields.run === started.id);
      await eventually('the run is planned', async () => planned() !== undefined);
      // What follows is not asked about here.
      await rig.stop(started);
      await rig.ended(started);
      expect(planned()?.fields.slices).toBe(extractors);
      planMs.set(extractors, Number(planned()?.fields.ms));
    }
    const [one, many] = [planMs.get(1) ?? Number.NaN, planMs.get(manySlices) ?? Number.NaN];
    const perSlice = (many - one) / (manySlices - 1);
    console.info(
      `from ${from}: 1 slice planned in ${one} ms, ${manySlices} in ${many} ms: ${perSlice.toFixed(2)} ms a slice`,
    );
    expect(perSlice).toBeLessThan(planMsPerSliceMax);
  });
});
