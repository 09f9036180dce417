import { expect, it } from 'vitest';
import type { Value } from '../data/batch.ts';
import { freshName, numbersLabel, printedNumbersRow, testHost } from './fixture.ts';
import { batchOfRows, numbersRow } from './numbers-batch.ts';
import { countsOf, type SinkRig, slice } from './sink-rig.ts';

const ABORT_MS_MAX = 1_000;

/** How a sink says what went wrong, and how fast it stops. */
export function registerSinkFailures(rig: SinkRig): void {
  it('says Cdm.0234, not to be retried, for a row that the table refuses, and keeps nothing of it', async () => {
    for (const bad of [
      [null, numbersLabel(1), 1],
      [1, null, 1],
      // Bytes of a 32-bit integer cannot say so.
      ...(rig.form === 'rows' ? [[2, numbersLabel(2), 3_000_000_000]] : []),
    ] satisfies Value[][]) {
      const { table, sink, plan } = await rig.ready();
      const writer = await sink.openWriter(plan, slice(0));
      const attempt = (async () => {
        await writer.write(batchOfRows([numbersRow(50), bad], rig.projection));
        await writer.commit(countsOf(2), null, true);
      })();
      await expect(attempt, JSON.stringify(bad)).rejects.toMatchObject({ code: 'Cdm.0234', retry: false });
      await writer.close();
      expect(await rig.fixture().readBack(table)).toEqual([]);
      await sink.finish(plan, 'discard');
    }
  });

  it('says Cdm.0026 for a second row with the same key, and keeps what was committed before', async () => {
    const { table, sink, plan } = await rig.ready();
    const writer = await sink.openWriter(plan, slice(0));
    await writer.write(rig.batchOf([1]));
    await writer.commit(countsOf(1), null, false);
    const attempt = (async () => {
      await writer.write(rig.batchOf([2, 1]));
      await writer.commit(countsOf(3), null, true);
    })();
    await expect(attempt).rejects.toMatchObject({ code: 'Cdm.0026', retry: false });
    await writer.close();
    expect(await rig.fixture().readBack(table)).toEqual([printedNumbersRow(1)]);
    await sink.finish(plan, 'discard');
  });

  it('stops within a second when it is aborted', async () => {
    const table = freshName('halt');
    await rig.fixture().makeNumbers(table, 0);
    const host = testHost();
    const sink = await rig.sinkOf(table, {}, host);
    const plan = await rig.planOf(sink);
    await sink.prepare(plan);
    const writer = await sink.openWriter(plan, slice(0));
    await writer.write(rig.batchOf([1, 2, 3]));
    const abortedAt = performance.now();
    host.abort();
    await expect(
      (async () => {
        await writer.write(rig.batchOf([4]));
        await writer.commit(countsOf(4), null, true);
      })(),
    ).rejects.toBeDefined();
    await writer.close();
    expect(performance.now() - abortedAt).toBeLessThan(ABORT_MS_MAX);
    expect(await rig.fixture().readBack(table)).toEqual([]);
    await (await rig.sinkOf(table)).finish(plan, 'discard');
  });

  it('says Cdm.0234, to be retried, when the server ends its session', async () => {
    const { table, sink, plan } = await rig.ready();
    const writer = await sink.openWriter(plan, slice(0));
    await writer.write(rig.batchOf([1, 2, 3]));
    await rig.fixture().cutSessions();
    const attempt = (async () => {
      await writer.write(rig.batchOf([4]));
      await writer.commit(countsOf(4), null, true);
    })();
    await expect(attempt).rejects.toMatchObject({ code: 'Cdm.0234', retry: true });
    await writer.close();
    expect(await rig.fixture().readBack(table)).toEqual([]);
    const again = await rig.sinkOf(table);
    await rig.writeSlice(again, plan, slice(0), [1, 2]);
    await again.finish(plan, 'publish');
    expect((await rig.fixture().readBack(table)).length).toBe(2);
  });
}
