import { expect, it } from 'vitest';
import { Fenced } from '../errors/sluice-error.ts';
import { type PrintedRow, printedNumbersRow } from './fixture.ts';
import { countsOf, runKey, type SinkRig, slice } from './sink-rig.ts';

/** What is durable after a commit, and what of a run stays behind. */
export function registerSinkCommits(rig: SinkRig): void {
  it('shows rows only after their commit', async () => {
    const { table, sink, plan } = await rig.ready();
    const writer = await sink.openWriter(plan, slice(0));
    expect(writer.resumed).toBeNull();
    await writer.write(rig.batchOf([1, 2]));
    expect(await rig.fixture().readBack(table)).toEqual([]);
    const checkpoint = await writer.commit(countsOf(2), { at: 2 }, false);
    expect(checkpoint).toEqual({
      sequence: 1,
      position: { at: 2 },
      counts: countsOf(2),
      isComplete: false,
    });
    expect((await rig.fixture().readBack(table)).length).toBe(2);
    await writer.write(rig.batchOf([3]));
    expect((await rig.fixture().readBack(table)).length).toBe(2);
    expect((await writer.commit(countsOf(3), null, true)).sequence).toBe(2);
    expect(writer.bytesWritten()).toBeGreaterThan(0);
    await writer.close();
    await sink.finish(plan, 'publish');
    expect(await rig.fixture().readBack(table)).toEqual([1, 2, 3].map(printedNumbersRow));
  });

  it('leaves nothing of a writer that is closed without commit', async () => {
    const { table, sink, plan } = await rig.ready();
    const writer = await sink.openWriter(plan, slice(0));
    await writer.write(rig.batchOf([1, 2, 3]));
    await writer.close();
    await writer.close();
    expect(await rig.fixture().readBack(table)).toEqual([]);
    expect((await sink.checkpoints(plan)).size).toBe(0);
    await sink.finish(plan, 'discard');
  });

  it('commits a slice without rows', async () => {
    const { sink, plan } = await rig.ready();
    const writer = await sink.openWriter(plan, slice(3));
    await writer.commit(countsOf(0), null, true);
    await writer.close();
    expect((await sink.checkpoints(plan)).get(3)?.isComplete).toBe(true);
    await sink.finish(plan, 'publish');
  });

  it('resumes from what is durable, in another connection', async () => {
    const { table, sink, plan } = await rig.ready();
    const first = await sink.openWriter(plan, slice(0));
    await first.write(rig.batchOf([1, 2]));
    await first.commit(countsOf(2), { key: ['a', 2], until: 'x' }, false);
    await first.write(rig.batchOf([3]));
    await first.close();
    const again = await rig.sinkOf(table);
    const second = await again.openWriter(plan, slice(0));
    expect(second.resumed).toEqual({
      sequence: 1,
      position: { key: ['a', 2], until: 'x' },
      counts: countsOf(2),
      isComplete: false,
    });
    await second.write(rig.batchOf([3, 4]));
    await second.commit(countsOf(4), null, true);
    await second.close();
    expect(await again.checkpoints(plan)).toEqual(
      new Map([[0, { sequence: 2, position: null, counts: countsOf(4), isComplete: true }]]),
    );
    await sink.finish(plan, 'publish');
    expect(await rig.fixture().readBack(table)).toEqual([1, 2, 3, 4].map(printedNumbersRow));
  });

  it('writes two slices at once', async () => {
    const { table, sink, plan } = await rig.ready();
    const [a, b] = await Promise.all([sink.openWriter(plan, slice(0)), sink.openWriter(plan, slice(1))]);
    await Promise.all([a.write(rig.batchOf([1, 3])), b.write(rig.batchOf([2, 4]))]);
    await Promise.all([a.commit(countsOf(2), null, true), b.commit(countsOf(2), null, true)]);
    await Promise.all([a.close(), b.close()]);
    expect([...(await sink.checkpoints(plan)).keys()].sort()).toEqual([0, 1]);
    await sink.finish(plan, 'publish');
    expect((await rig.fixture().readBack(table)).length).toBe(4);
  });

  it('finishes again and again, and leaves no table of its own', async () => {
    for (const outcome of ['publish', 'discard'] as const) {
      const { table, sink, plan } = await rig.ready();
      await rig.writeSlice(sink, plan, slice(0), [1]);
      const own = `${rig.fixture().checkpointTablePrefix}${plan.runKey}`;
      expect(await rig.fixture().tableExists(own)).toBe(true);
      await sink.finish(plan, outcome);
      await sink.finish(plan, outcome);
      await (await rig.sinkOf(table)).finish(plan, outcome);
      expect(await rig.fixture().tablesLike(own)).toEqual([]);
      await expect(sink.checkpoints(plan)).rejects.toBeInstanceOf(Fenced);
      expect((await rig.fixture().readBack(table)).length).toBe(1);
    }
  });

  it('finishes a run that was never prepared, and holds no checkpoints of it', async () => {
    const { sink, plan } = await rig.ready();
    const never = { ...plan, runKey: runKey() };
    await expect(sink.checkpoints(never)).rejects.toBeInstanceOf(Fenced);
    await sink.finish(never, 'discard');
    expect((await sink.checkpoints(plan)).size).toBe(0);
    await sink.finish(plan, 'discard');
  });

  it('takes many batches', async () => {
    const { table, sink, plan } = await rig.ready();
    const writer = await sink.openWriter(plan, slice(0));
    const expected: PrintedRow[] = [];
    for (let start = 1; start <= 20_000; start += 500) {
      const ids = Array.from({ length: 500 }, (_, i) => start + i);
      for (const id of ids) expected.push(printedNumbersRow(id));
      await writer.write(rig.batchOf(ids));
    }
    await writer.commit(countsOf(20_000), null, true);
    await writer.close();
    await sink.finish(plan, 'publish');
    expect(await rig.fixture().readBack(table)).toEqual(expected);
  });
}
