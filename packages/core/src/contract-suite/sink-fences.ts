import { expect, it } from 'vitest';
import { Fenced } from '../errors/sluice-error.ts';
import { printedNumbersRow } from './fixture.ts';
import { countsOf, pause, type SinkRig, slice } from './sink-rig.ts';

/** A killed session rolls back first; whoever waits for a lock instead waits for minutes. */
const TAKE_OVER_MS_MAX = 8_000;

/** Writers of one slice that do not know of each other. */
export function registerSinkFences(rig: SinkRig): void {
  it('fences a writer whose slice was taken over, at the first commit', async () => {
    const { table, sink, plan } = await rig.ready();
    const old = await sink.openWriter(plan, slice(0));
    const young = await (await rig.sinkOf(table)).openWriter(plan, slice(0));
    await young.write(rig.batchOf([1, 2]));
    await young.commit(countsOf(2), null, false);
    await expect(
      (async () => {
        await old.write(rig.batchOf([1, 2]));
        await old.commit(countsOf(2), null, false);
      })(),
    ).rejects.toBeInstanceOf(Fenced);
    await old.close();
    await young.write(rig.batchOf([3]));
    await young.commit(countsOf(3), null, true);
    await young.close();
    await sink.finish(plan, 'publish');
    expect(await rig.fixture().readBack(table)).toEqual([1, 2, 3].map(printedNumbersRow));
  });

  it('fences a writer whose slice was taken over, at a later commit', async () => {
    const { table, sink, plan } = await rig.ready();
    const old = await sink.openWriter(plan, slice(0));
    await old.write(rig.batchOf([1]));
    await old.commit(countsOf(1), null, false);
    const young = await (await rig.sinkOf(table)).openWriter(plan, slice(0));
    await young.write(rig.batchOf([2]));
    await young.commit(countsOf(2), null, true);
    await young.close();
    await old.write(rig.batchOf([9]));
    await expect(old.commit(countsOf(2), null, false)).rejects.toBeInstanceOf(Fenced);
    await old.close();
    expect(await rig.fixture().readBack(table)).toEqual([1, 2].map(printedNumbersRow));
    await sink.finish(plan, 'publish');
  });

  it('fences a writer that comes after the run was finished', async () => {
    const { table, sink, plan } = await rig.ready();
    const late = await sink.openWriter(plan, slice(0));
    await late.write(rig.batchOf([1]));
    const finishing = sink.finish(plan, 'discard');
    const outcome = await Promise.race([finishing.then(() => 'finished'), pause(300).then(() => 'waits')]);
    // A database may let the writer's open transaction end first; what must not be is a row of a finished run.
    if (outcome === 'finished') {
      await expect(late.commit(countsOf(1), null, true)).rejects.toBeInstanceOf(Fenced);
      await late.close();
      expect(await rig.fixture().readBack(table)).toEqual([]);
    } else {
      await late.close();
      await finishing;
      expect(await rig.fixture().readBack(table)).toEqual([]);
    }
  });

  it('ends a former attempt of repeated work, so that nobody waits for its locks', async () => {
    const { table, sink, plan } = await rig.ready();
    const former = await sink.openWriter(plan, slice(0));
    const ids = (from: number) => Array.from({ length: 500 }, (_, i) => from + i);
    // Enough to be on the server: rows that are not committed, and hold their keys.
    for (let from = 1; from <= 30_000; from += 500) await former.write(rig.batchOf(ids(from)));
    await pause(300);
    const writer = await (await rig.sinkOf(table)).openWriter(plan, slice(0), true);
    expect(writer.resumed).toBeNull();
    const begunAt = performance.now();
    await writer.write(rig.batchOf([1, 2, 3]));
    await writer.commit(countsOf(3), null, true);
    expect(performance.now() - begunAt).toBeLessThan(TAKE_OVER_MS_MAX);
    await writer.close();
    await expect(former.commit(countsOf(30_000), null, true)).rejects.toBeDefined();
    await former.close();
    await sink.finish(plan, 'publish');
    expect(await rig.fixture().readBack(table)).toEqual([1, 2, 3].map(printedNumbersRow));
  });
}
