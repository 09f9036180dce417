import { afterAll, describe, expect, it } from 'vitest';
import type { Connection, Projection, Sink, SourceOffer, TargetPlan } from '../connector/contract.ts';
import type { Batch, Value, WireForm } from '../data/batch.ts';
import type { Slice, SliceCounts } from '../data/slice.ts';
import { Fenced } from '../errors/sluice-error.ts';
import type { OptionValues } from '../options/option.ts';
import {
  freshName,
  numbersLabel,
  type PrintedRow,
  printedNumbersRow,
  type SuiteFixture,
  testHost,
} from './fixture.ts';
import { batchOfRows, numbersColumns, numbersOffer, numbersRow } from './numbers-batch.ts';

const ABORT_MS_MAX = 5_000;
/** A killed session rolls back first; whoever waits for a lock instead waits for minutes. */
const TAKE_OVER_MS_MAX = 8_000;

/**
 * What any sink of tables must do.
 * @param form the form in which the rows come; the sink must agree to it.
 */
export function registerSinkSuite(name: string, fixture: () => SuiteFixture, form: WireForm = 'rows'): void {
  describe(`${name}: sink of ${form}`, () => {
    const offered = numbersOffer(form);
    /** What the sink last agreed to: the same for every numbers table. */
    let projection: Projection = { form: 'rows', columns: [] };
    const open = new Set<Connection>();
    const tables = new Set<string>();
    afterAll(async () => {
      for (const connection of open) await connection.close();
      for (const table of tables) await fixture().dropTable(table);
    });

    async function sinkOf(table: string, more: OptionValues = {}, host = testHost()): Promise<Sink> {
      const connection = await fixture().open(host.host);
      open.add(connection);
      tables.add(table);
      return connection.sink(fixture().sinkOptions(table, more));
    }

    /** A table made by the database's own SQL, without rows, and a prepared run towards it. */
    async function ready(more: OptionValues = {}): Promise<{ table: string; sink: Sink; plan: TargetPlan }> {
      const table = freshName('into');
      await fixture().makeNumbers(table, 0);
      const sink = await sinkOf(table, more);
      const plan = await planOf(sink);
      await sink.prepare(plan);
      return { table, sink, plan };
    }

    async function planOf(sink: Sink): Promise<TargetPlan> {
      const agreed = await sink.agree(offered, null);
      expect(agreed.projection.form).toBe(form);
      expect(agreed.projection.columns.length).toBe(numbersColumns.length);
      projection = agreed.projection;
      return {
        runKey: runKey(),
        sourceColumns: numbersColumns,
        sourcePrimaryKey: ['id'],
        columnNames: agreed.columnNames,
        form: agreed.projection.form,
      };
    }

    async function writeSlice(
      sink: Sink,
      plan: TargetPlan,
      into: Slice,
      ids: readonly number[],
    ): Promise<void> {
      const writer = await sink.openWriter(plan, into);
      try {
        await writer.write(batchOf(ids));
        await writer.commit(countsOf(ids.length), null, true);
      } finally {
        await writer.close();
      }
    }

    function batchOf(ids: readonly number[]): Batch {
      return batchOfRows(ids.map(numbersRow), projection);
    }

    it('creates the table, with its primary key, and fills it', async () => {
      const table = freshName('made');
      const sink = await sinkOf(table, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' });
      const plan = await planOf(sink);
      expect(await fixture().tableExists(table)).toBe(false);
      await sink.prepare(plan);
      await writeSlice(sink, plan, slice(0), [1, 2, 3]);
      await sink.finish(plan, 'publish');
      expect(await fixture().readBack(table)).toEqual([1, 2, 3].map(printedNumbersRow));
      expect(await fixture().primaryKey(table)).toEqual(['id']);
    });

    it('uses a table that exists when told to create a missing one', async () => {
      const table = freshName('kept');
      await fixture().makeNumbers(table, 2);
      const sink = await sinkOf(table, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' });
      const plan = await planOf(sink);
      await sink.prepare(plan);
      await writeSlice(sink, plan, slice(0), [3]);
      await sink.finish(plan, 'publish');
      expect((await fixture().readBack(table)).length).toBe(3);
    });

    it('drops and creates', async () => {
      const table = freshName('anew');
      await fixture().makeTypes(table, true);
      const sink = await sinkOf(table, { 'toJobConfig.tablePreparation': 'DROP_AND_CREATE' });
      const plan = await planOf(sink);
      await sink.prepare(plan);
      await writeSlice(sink, plan, slice(0), [7]);
      await sink.finish(plan, 'publish');
      expect(await fixture().readBack(table)).toEqual([printedNumbersRow(7)]);
    });

    it('creates under a name that needs quoting', async () => {
      const table = `${freshName('Odd')} "q" \`b\` '; DROP`;
      const sink = await sinkOf(table, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' });
      const plan = await planOf(sink);
      await sink.prepare(plan);
      await writeSlice(sink, plan, slice(0), [1]);
      await sink.finish(plan, 'publish');
      expect(await fixture().readBack(table)).toEqual([printedNumbersRow(1)]);
    });

    it('says Cdm.0900 when the table is missing and none is to be made', async () => {
      const sink = await sinkOf(freshName('absent'));
      await expect(sink.agree(offered, null)).rejects.toMatchObject({ code: 'Cdm.0900' });
    });

    it('says Cdm.0931 when the columns do not pair up', async () => {
      const table = freshName('pair');
      await fixture().makeNumbers(table, 0);
      const sink = await sinkOf(table);
      await expect(sink.agree(offered, ['id', 'label'])).rejects.toMatchObject({ code: 'Cdm.0931' });
      await expect(sink.agree(offered, ['id', 'label', 'nosuch'])).rejects.toMatchObject({
        code: 'Cdm.0931',
      });
    });

    it('pairs columns by position, whatever their names', async () => {
      const table = freshName('swap');
      await fixture().makeNumbers(table, 0);
      const sink = await sinkOf(table);
      const offer: SourceOffer = {
        ...offered,
        columns: numbersColumns.map((c) => ({ ...c, name: `from_${c.name}` })),
      };
      const agreed = await sink.agree(offer, ['id', 'label', 'amount']);
      projection = agreed.projection;
      expect(agreed.columnNames).toEqual(['id', 'label', 'amount']);
      const plan: TargetPlan = {
        runKey: runKey(),
        sourceColumns: offer.columns,
        sourcePrimaryKey: ['from_id'],
        columnNames: agreed.columnNames,
        form: agreed.projection.form,
      };
      await sink.prepare(plan);
      await writeSlice(sink, plan, slice(0), [5]);
      await sink.finish(plan, 'publish');
      expect(await fixture().readBack(table)).toEqual([printedNumbersRow(5)]);
    });

    it('clears the whole table when told to', async () => {
      const table = freshName('clear');
      await fixture().makeNumbers(table, 9);
      const sink = await sinkOf(table, { 'toJobConfig.beforeImportType': 'shouldClearTable' });
      const plan = await planOf(sink);
      expect((await fixture().readBack(table)).length).toBe(9);
      await sink.prepare(plan);
      expect((await fixture().readBack(table)).length).toBe(0);
      await sink.finish(plan, 'discard');
    });

    it('clears the rows of a condition, and refuses a hostile one', async () => {
      const table = freshName('part');
      await fixture().makeNumbers(table, 9);
      const sink = await sinkOf(table, {
        'toJobConfig.beforeImportType': 'whereClause',
        'toJobConfig.whereClause': 'id > 4 OR id = 1',
      });
      const plan = await planOf(sink);
      await sink.prepare(plan);
      expect((await fixture().readBack(table)).map((row) => row[0])).toEqual(['2', '3', '4']);
      await sink.finish(plan, 'discard');
      for (const where of fixture().hostileConditions) {
        const attempt = (async () => {
          const hostile = await sinkOf(table, {
            'toJobConfig.beforeImportType': 'whereClause',
            'toJobConfig.whereClause': where,
          });
          await hostile.prepare(await planOf(hostile));
        })();
        await expect(attempt, where).rejects.toBeDefined();
        expect((await fixture().readBack(table)).length, where).toBe(3);
      }
    });

    it('prepares again before it was acknowledged', async () => {
      for (const preparation of ['CREATE_WHEN_NOT_EXIST', 'DROP_AND_CREATE']) {
        const table = freshName('twice');
        const sink = await sinkOf(table, { 'toJobConfig.tablePreparation': preparation });
        const plan = await planOf(sink);
        await sink.prepare(plan);
        await sink.prepare(plan);
        await writeSlice(sink, plan, slice(0), [1]);
        await sink.finish(plan, 'publish');
        expect((await fixture().readBack(table)).length).toBe(1);
      }
    });

    it('is not made ready once more when it holds rows of the run', async () => {
      const options = { 'toJobConfig.beforeImportType': 'shouldClearTable' };
      const table = freshName('late');
      await fixture().makeNumbers(table, 0);
      const sink = await sinkOf(table, options);
      const plan = await planOf(sink);
      await sink.prepare(plan);
      const writer = await sink.openWriter(plan, slice(0));
      await writer.write(batchOf([1]));
      await writer.commit(countsOf(1), null, true);
      await writer.close();
      const late = await sinkOf(table, options);
      await expect(late.prepare(plan, true)).rejects.toBeInstanceOf(Fenced);
      expect((await fixture().readBack(table)).length).toBe(1);
      // By the late one: it has ended what the first one left of its preparation.
      await late.finish(plan, 'discard');
    });

    it('shows rows only after their commit', async () => {
      const { table, sink, plan } = await ready();
      const writer = await sink.openWriter(plan, slice(0));
      expect(writer.resumed).toBeNull();
      await writer.write(batchOf([1, 2]));
      expect(await fixture().readBack(table)).toEqual([]);
      const checkpoint = await writer.commit(countsOf(2), { at: 2 }, false);
      expect(checkpoint).toEqual({
        sequence: 1,
        position: { at: 2 },
        counts: countsOf(2),
        isComplete: false,
      });
      expect((await fixture().readBack(table)).length).toBe(2);
      await writer.write(batchOf([3]));
      expect((await fixture().readBack(table)).length).toBe(2);
      expect((await writer.commit(countsOf(3), null, true)).sequence).toBe(2);
      expect(writer.bytesWritten()).toBeGreaterThan(0);
      await writer.close();
      await sink.finish(plan, 'publish');
      expect(await fixture().readBack(table)).toEqual([1, 2, 3].map(printedNumbersRow));
    });

    it('leaves nothing of a writer that is closed without commit', async () => {
      const { table, sink, plan } = await ready();
      const writer = await sink.openWriter(plan, slice(0));
      await writer.write(batchOf([1, 2, 3]));
      await writer.close();
      await writer.close();
      expect(await fixture().readBack(table)).toEqual([]);
      expect((await sink.checkpoints(plan)).size).toBe(0);
      await sink.finish(plan, 'discard');
    });

    it('commits a slice without rows', async () => {
      const { sink, plan } = await ready();
      const writer = await sink.openWriter(plan, slice(3));
      await writer.commit(countsOf(0), null, true);
      await writer.close();
      expect((await sink.checkpoints(plan)).get(3)?.isComplete).toBe(true);
      await sink.finish(plan, 'publish');
    });

    it('resumes from what is durable, in another connection', async () => {
      const { table, sink, plan } = await ready();
      const first = await sink.openWriter(plan, slice(0));
      await first.write(batchOf([1, 2]));
      await first.commit(countsOf(2), { key: ['a', 2], until: 'x' }, false);
      await first.write(batchOf([3]));
      await first.close();
      const again = await sinkOf(table);
      const second = await again.openWriter(plan, slice(0));
      expect(second.resumed).toEqual({
        sequence: 1,
        position: { key: ['a', 2], until: 'x' },
        counts: countsOf(2),
        isComplete: false,
      });
      await second.write(batchOf([3, 4]));
      await second.commit(countsOf(4), null, true);
      await second.close();
      expect(await again.checkpoints(plan)).toEqual(
        new Map([[0, { sequence: 2, position: null, counts: countsOf(4), isComplete: true }]]),
      );
      await sink.finish(plan, 'publish');
      expect(await fixture().readBack(table)).toEqual([1, 2, 3, 4].map(printedNumbersRow));
    });

    it('fences a writer whose slice was taken over, at the first commit', async () => {
      const { table, sink, plan } = await ready();
      const old = await sink.openWriter(plan, slice(0));
      const young = await (await sinkOf(table)).openWriter(plan, slice(0));
      await young.write(batchOf([1, 2]));
      await young.commit(countsOf(2), null, false);
      await expect(
        (async () => {
          await old.write(batchOf([1, 2]));
          await old.commit(countsOf(2), null, false);
        })(),
      ).rejects.toBeInstanceOf(Fenced);
      await old.close();
      await young.write(batchOf([3]));
      await young.commit(countsOf(3), null, true);
      await young.close();
      await sink.finish(plan, 'publish');
      expect(await fixture().readBack(table)).toEqual([1, 2, 3].map(printedNumbersRow));
    });

    it('fences a writer whose slice was taken over, at a later commit', async () => {
      const { table, sink, plan } = await ready();
      const old = await sink.openWriter(plan, slice(0));
      await old.write(batchOf([1]));
      await old.commit(countsOf(1), null, false);
      const young = await (await sinkOf(table)).openWriter(plan, slice(0));
      await young.write(batchOf([2]));
      await young.commit(countsOf(2), null, true);
      await young.close();
      await old.write(batchOf([9]));
      await expect(old.commit(countsOf(2), null, false)).rejects.toBeInstanceOf(Fenced);
      await old.close();
      expect(await fixture().readBack(table)).toEqual([1, 2].map(printedNumbersRow));
      await sink.finish(plan, 'publish');
    });

    it('fences a writer that comes after the run was finished', async () => {
      const { table, sink, plan } = await ready();
      const late = await sink.openWriter(plan, slice(0));
      await late.write(batchOf([1]));
      const finishing = sink.finish(plan, 'discard');
      const outcome = await Promise.race([finishing.then(() => 'finished'), pause(300).then(() => 'waits')]);
      // A database may let the writer's open transaction end first; what must not be is a row of a finished run.
      if (outcome === 'finished') {
        await expect(late.commit(countsOf(1), null, true)).rejects.toBeInstanceOf(Fenced);
        await late.close();
        expect(await fixture().readBack(table)).toEqual([]);
      } else {
        await late.close();
        await finishing;
        expect(await fixture().readBack(table)).toEqual([]);
      }
    });

    it('ends a former attempt of repeated work, so that nobody waits for its locks', async () => {
      const { table, sink, plan } = await ready();
      const former = await sink.openWriter(plan, slice(0));
      const ids = (from: number) => Array.from({ length: 500 }, (_, i) => from + i);
      // Enough to be on the server: rows that are not committed, and hold their keys.
      for (let from = 1; from <= 30_000; from += 500) await former.write(batchOf(ids(from)));
      await pause(300);
      const writer = await (await sinkOf(table)).openWriter(plan, slice(0), true);
      expect(writer.resumed).toBeNull();
      const begunAt = performance.now();
      await writer.write(batchOf([1, 2, 3]));
      await writer.commit(countsOf(3), null, true);
      expect(performance.now() - begunAt).toBeLessThan(TAKE_OVER_MS_MAX);
      await writer.close();
      await expect(former.commit(countsOf(30_000), null, true)).rejects.toBeDefined();
      await former.close();
      await sink.finish(plan, 'publish');
      expect(await fixture().readBack(table)).toEqual([1, 2, 3].map(printedNumbersRow));
    });

    it('writes two slices at once', async () => {
      const { table, sink, plan } = await ready();
      const [a, b] = await Promise.all([sink.openWriter(plan, slice(0)), sink.openWriter(plan, slice(1))]);
      await Promise.all([a.write(batchOf([1, 3])), b.write(batchOf([2, 4]))]);
      await Promise.all([a.commit(countsOf(2), null, true), b.commit(countsOf(2), null, true)]);
      await Promise.all([a.close(), b.close()]);
      expect([...(await sink.checkpoints(plan)).keys()].sort()).toEqual([0, 1]);
      await sink.finish(plan, 'publish');
      expect((await fixture().readBack(table)).length).toBe(4);
    });

    it('finishes again and again, and leaves no table of its own', async () => {
      for (const outcome of ['publish', 'discard'] as const) {
        const { table, sink, plan } = await ready();
        await writeSlice(sink, plan, slice(0), [1]);
        const own = `${fixture().checkpointTablePrefix}${plan.runKey}`;
        expect(await fixture().tableExists(own)).toBe(true);
        await sink.finish(plan, outcome);
        await sink.finish(plan, outcome);
        await (await sinkOf(table)).finish(plan, outcome);
        expect(await fixture().tablesLike(own)).toEqual([]);
        await expect(sink.checkpoints(plan)).rejects.toBeInstanceOf(Fenced);
        expect((await fixture().readBack(table)).length).toBe(1);
      }
    });

    it('finishes a run that was never prepared, and holds no checkpoints of it', async () => {
      const { sink, plan } = await ready();
      const never = { ...plan, runKey: runKey() };
      await expect(sink.checkpoints(never)).rejects.toBeInstanceOf(Fenced);
      await sink.finish(never, 'discard');
      expect((await sink.checkpoints(plan)).size).toBe(0);
      await sink.finish(plan, 'discard');
    });

    it('says Cdm.0234, not to be retried, for a row that the table refuses, and keeps nothing of it', async () => {
      for (const bad of [
        [null, numbersLabel(1), 1],
        [1, null, 1],
        // Bytes of a 32-bit integer cannot say so.
        ...(form === 'rows' ? [[2, numbersLabel(2), 3_000_000_000]] : []),
      ] satisfies Value[][]) {
        const { table, sink, plan } = await ready();
        const writer = await sink.openWriter(plan, slice(0));
        const attempt = (async () => {
          await writer.write(batchOfRows([numbersRow(50), bad], projection));
          await writer.commit(countsOf(2), null, true);
        })();
        await expect(attempt, JSON.stringify(bad)).rejects.toMatchObject({ code: 'Cdm.0234', retry: false });
        await writer.close();
        expect(await fixture().readBack(table)).toEqual([]);
        await sink.finish(plan, 'discard');
      }
    });

    it('says Cdm.0026 for a second row with the same key, and keeps what was committed before', async () => {
      const { table, sink, plan } = await ready();
      const writer = await sink.openWriter(plan, slice(0));
      await writer.write(batchOf([1]));
      await writer.commit(countsOf(1), null, false);
      const attempt = (async () => {
        await writer.write(batchOf([2, 1]));
        await writer.commit(countsOf(3), null, true);
      })();
      await expect(attempt).rejects.toMatchObject({ code: 'Cdm.0026', retry: false });
      await writer.close();
      expect(await fixture().readBack(table)).toEqual([printedNumbersRow(1)]);
      await sink.finish(plan, 'discard');
    });

    it('stops within a second when it is aborted', async () => {
      const table = freshName('halt');
      await fixture().makeNumbers(table, 0);
      const host = testHost();
      const sink = await sinkOf(table, {}, host);
      const plan = await planOf(sink);
      await sink.prepare(plan);
      const writer = await sink.openWriter(plan, slice(0));
      await writer.write(batchOf([1, 2, 3]));
      const abortedAt = performance.now();
      host.abort();
      await expect(
        (async () => {
          await writer.write(batchOf([4]));
          await writer.commit(countsOf(4), null, true);
        })(),
      ).rejects.toBeDefined();
      await writer.close();
      expect(performance.now() - abortedAt).toBeLessThan(ABORT_MS_MAX);
      expect(await fixture().readBack(table)).toEqual([]);
      await (await sinkOf(table)).finish(plan, 'discard');
    });

    it('says Cdm.0234, to be retried, when the server ends its session', async () => {
      const { table, sink, plan } = await ready();
      const writer = await sink.openWriter(plan, slice(0));
      await writer.write(batchOf([1, 2, 3]));
      await fixture().cutSessions();
      const attempt = (async () => {
        await writer.write(batchOf([4]));
        await writer.commit(countsOf(4), null, true);
      })();
      await expect(attempt).rejects.toMatchObject({ code: 'Cdm.0234', retry: true });
      await writer.close();
      expect(await fixture().readBack(table)).toEqual([]);
      const again = await sinkOf(table);
      await writeSlice(again, plan, slice(0), [1, 2]);
      await again.finish(plan, 'publish');
      expect((await fixture().readBack(table)).length).toBe(2);
    });

    it('takes many batches', async () => {
      const { table, sink, plan } = await ready();
      const writer = await sink.openWriter(plan, slice(0));
      const expected: PrintedRow[] = [];
      for (let start = 1; start <= 20_000; start += 500) {
        const ids = Array.from({ length: 500 }, (_, i) => start + i);
        for (const id of ids) expected.push(printedNumbersRow(id));
        await writer.write(batchOf(ids));
      }
      await writer.commit(countsOf(20_000), null, true);
      await writer.close();
      await sink.finish(plan, 'publish');
      expect(await fixture().readBack(table)).toEqual(expected);
    });
  });
}

function slice(no: number): Slice {
  return { no, cut: null, label: `slice ${no}`, rowsEstimate: null };
}

function countsOf(rows: number): SliceCounts {
  return { rowsRead: rows, rowsWritten: rows, rowsSkipped: 0, bytesRead: rows * 60, bytesWritten: rows * 61 };
}

let runs = 0;

/** Twelve hex digits that no other run of this process uses. */
function runKey(): string {
  runs += 1;
  return (process.pid * 0x10000 + runs).toString(16).padStart(12, '0').slice(-12);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
