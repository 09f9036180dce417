import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  fingerprint,
  fingerprintOf,
  hasServers,
  type Side,
} from './test-sides-suite.ts';

const rows = 400;
const manySlices = 200;
/** The promise: to plan one slice more costs no more than this, in milliseconds. */
const planMsPerSliceMax = 50;

describe.skipIf(!hasServers)('what slices cost', () => {
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
  ] as const)(
    `from $from: one slice and ${manySlices}`,
    async ({ from, to }) => {
      const measured: { slices: number; planMs: number; runMs: number }[] = [];
      // The first is a warm-up.
      for (const extractors of [1, 1, manySlices]) {
        const toTable = `target_${from}_${measured.length}`;
        await createTarget(sides[to], toTable);
        const fromOptions = { 'fromJobConfig.partitionColumn': 'id' };
        const run = await rig.run({ from: sides[from], to: sides[to], toTable, extractors, fromOptions });
        expect(run.failure).toBeNull();
        expect(await fingerprint(sides[to], toTable)).toBe(fingerprintOf(rows));
        const planned = rig.events.find(
          ({ event, fields }) => event === 'run.planned' && fields.run === run.id,
        );
        expect(planned?.fields.slices).toBe(extractors);
        measured.push({
          slices: extractors,
          planMs: Number(planned?.fields.ms),
          runMs: Number(run.endedAt) - Number(run.startedAt),
        });
      }
      const [, one, many] = measured;
      if (one === undefined || many === undefined) throw new Error('not measured');
      const perSlice = (key: 'planMs' | 'runMs') => (many[key] - one[key]) / (manySlices - 1);
      console.info(
        `from ${from}: plan of 1 slice ${one.planMs} ms, of ${manySlices} ${many.planMs} ms: ` +
          `${perSlice('planMs').toFixed(2)} ms a slice; moving a slice of 2 rows ${perSlice('runMs').toFixed(1)} ms`,
      );
      expect(perSlice('planMs')).toBeLessThan(planMsPerSliceMax);
    },
    90_000,
  );
});
