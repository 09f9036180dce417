import { afterAll, describe, expect, it } from 'vitest';
import type { Connection, Projection, Sink, TargetPlan } from '../connector/contract.ts';
import type { Value, WireForm } from '../data/batch.ts';
import type { Slice, SliceCounts } from '../data/slice.ts';
import type { OptionValues } from '../options/option.ts';
import { freshName, numbersLabel, type PrintedRow, type SuiteFixture, testHost } from './fixture.ts';
import { batchOfRows, numbersColumns, numbersOffer } from './numbers-batch.ts';

const update = { 'toJobConfig.onConflict': 'UPDATE' };
const replace = { 'toJobConfig.onConflict': 'REPLACE' };
const staged = { 'toJobConfig.useStageTable': 'true' };

/** Clashes, statements of the user's and staging tables: what any sink of tables must do with them. */
export function registerWritingSuite(name: string, fixture: () => SuiteFixture, form: WireForm): void {
  describe(`${name}: ways of writing ${form}`, () => {
    const open = new Set<Connection>();
    const tables = new Set<string>();
    afterAll(async () => {
      for (const connection of open) await connection.close();
      for (const table of tables) await fixture().dropTable(table);
    });

    interface Ready {
      readonly table: string;
      readonly sink: Sink;
      readonly plan: TargetPlan;
      readonly projection: Projection;
    }

    async function sinkOf(table: string, more: OptionValues): Promise<Sink> {
      const connection = await fixture().open(testHost().host);
      open.add(connection);
      tables.add(table);
      return connection.sink(fixture().sinkOptions(table, more));
    }

    /** A numbers table with so many rows, a column `extra` outside the mapping, and a run towards it, not prepared yet. */
    async function planned(more: OptionValues, rowCount = 3): Promise<Ready> {
      const table = freshName('write');
      await fixture().makeNumbers(table, rowCount);
      await fixture().write(table, 'ALTER TABLE {table} ADD COLUMN extra integer DEFAULT 7');
      await fixture().write(table, 'UPDATE {table} SET extra = 1');
      const sink = await sinkOf(table, more);
      const agreed = await sink.agree(numbersOffer(form), null);
      const { columnNames, projection } = agreed;
      const plan = {
        runKey: runKey(),
        sourceColumns: numbersColumns,
        sourcePrimaryKey: ['id'],
        columnNames,
        form: projection.form,
      };
      return { table, sink, plan, projection };
    }

    async function ready(more: OptionValues, rowCount = 3): Promise<Ready> {
      const run = await planned(more, rowCount);
      await run.sink.prepare(run.plan);
      return run;
    }

    /** Writes these rows as one slice, with a commit behind each list. */
    async function write(
      { sink, plan, projection }: Ready,
      segments: readonly (readonly (readonly Value[])[])[],
      sliceNo = 0,
    ): Promise<void> {
      const writer = await sink.openWriter(plan, slice(sliceNo));
      let rows = 0;
      try {
        for (const [at, segment] of segments.entries()) {
          await writer.write(batchOfRows(segment, projection));
          rows += segment.length;
          await writer.commit(countsOf(rows), { at }, at === segments.length - 1);
        }
      } finally {
        await writer.close();
      }
    }

    /** `id label amount extra`, labels shortened. */
    async function read(table: string): Promise<string[]> {
      const rows = await fixture().readBack(table, ['id', 'label', 'amount', 'extra']);
      return rows.map(brief);
    }

    const stagesOf = async (table: string) =>
      (await fixture().tablesLike(table)).filter((found) => found.endsWith('_cdm_stage'));

    const before = ['1 row1 10 1', '2 row2 20 1', '3 row3 - 1'];

    describe('a row that clashes', () => {
      const segments = [
        [
          [2, 'first', 1],
          [4, 'four', 40],
          [2, 'second', 2],
        ],
        [
          [4, 'four again', 41],
          [5, 'five', null],
        ],
      ] as const;

      it('is updated outside of the key, the last one last', async () => {
        const run = await ready(update);
        await write(run, segments);
        await run.sink.finish(run.plan, 'publish');
        expect(await read(run.table)).toEqual([
          '1 row1 10 1',
          '2 second 2 1',
          '3 row3 - 1',
          '4 four again 41 7',
          '5 five - 7',
        ]);
      });

      it('is updated when the import mode says UPSERT', async () => {
        const run = await ready({
          'toJobConfig.importMode': 'UPSERT',
          'toJobConfig.onConflict': 'EXCEPTION',
        });
        await write(run, [[[1, 'one', 1]]]);
        await run.sink.finish(run.plan, 'publish');
        expect((await read(run.table))[0]).toBe('1 one 1 1');
      });

      it('is replaced whole, defaults included', async () => {
        const run = await ready(replace);
        await write(run, segments);
        await run.sink.finish(run.plan, 'publish');
        expect(await read(run.table)).toEqual([
          '1 row1 10 1',
          '2 second 2 7',
          '3 row3 - 1',
          '4 four again 41 7',
          '5 five - 7',
        ]);
      });

      it('replaces whatever it clashes with, in any unique key', async () => {
        const run = await planned(replace);
        await fixture().write(run.table, 'CREATE UNIQUE INDEX by_amount ON {table} (amount)');
        await run.sink.prepare(run.plan);
        await write(run, [
          [
            // Takes the place of 1 by its amount; then gives way to the third by its key, and so does the second.
            [10, 'a', 10],
            [11, 'b', 500],
            [10, 'c', 500],
            [12, 'd', null],
            [13, 'e', null],
          ],
        ]);
        await run.sink.finish(run.plan, 'publish');
        expect(await read(run.table)).toEqual([
          '2 row2 20 1',
          '3 row3 - 1',
          '10 c 500 7',
          '12 d - 7',
          '13 e - 7',
        ]);
      });

      it('is refused otherwise, and nothing of the commit stays', async () => {
        const run = await ready({});
        await expect(write(run, [[[9, 'nine', 9]], [[1, 'one', 1]]])).rejects.toMatchObject({
          code: 'Cdm.0026',
        });
        expect(await read(run.table)).toEqual([...before, '9 nine 9 7']);
        await run.sink.finish(run.plan, 'discard');
      });

      it('is written the same by slices at once', async () => {
        const run = await ready(update);
        const rows = (label: string) => Array.from({ length: 400 }, (_, i) => [i + 1, label, i] as const);
        await Promise.all([
          write(run, [rows('left').filter(([id]) => id % 2 === 0)], 0),
          write(run, [rows('right').filter(([id]) => id % 2 === 1)], 1),
        ]);
        await run.sink.finish(run.plan, 'publish');
        const found = await read(run.table);
        expect(found.length).toBe(400);
        expect(
          found.every(
            (row) => row.split(' ')[1] === (Number(row.split(' ')[0]) % 2 === 0 ? 'left' : 'right'),
          ),
        ).toBe(true);
      });
    });

    describe('a staging table', () => {
      const rows = [
        [4, 'four', 40],
        [5, 'five', null],
      ] as const;

      it('holds the rows until the end, and is gone then', async () => {
        const run = await ready(staged);
        expect(await stagesOf(run.table)).toEqual([`${run.table}_${run.plan.runKey}_cdm_stage`]);
        await write(run, [[rows[0]], [rows[1]]]);
        expect(await read(run.table)).toEqual(before);
        await run.sink.finish(run.plan, 'publish');
        expect(await read(run.table)).toEqual([...before, '4 four 40 7', '5 five - 7']);
        expect(await stagesOf(run.table)).toEqual([]);
        expect(await fixture().tablesLike(`${fixture().checkpointTablePrefix}${run.plan.runKey}`)).toEqual(
          [],
        );
        // Its answer may have been lost.
        await run.sink.finish(run.plan, 'publish');
        expect((await read(run.table)).length).toBe(5);
      });

      it('is dropped when the run is given up, and the destination is as before', async () => {
        const run = await ready(staged);
        await write(run, [rows]);
        await run.sink.finish(run.plan, 'discard');
        expect(await read(run.table)).toEqual(before);
        expect(await fixture().tablesLike(run.table)).toEqual([run.table]);
        await run.sink.finish(run.plan, 'discard');
      });

      it('brings back nothing that was cleared', async () => {
        const run = await ready({ ...staged, 'toJobConfig.beforeImportType': 'shouldClearTable' });
        expect(await read(run.table)).toEqual([]);
        await write(run, [rows]);
        await run.sink.finish(run.plan, 'discard');
        expect(await read(run.table)).toEqual([]);
      });

      it.each([
        ['UPDATE', '2 c 3 1'],
        ['REPLACE', '2 c 3 7'],
      ])('is moved by the rules of %s, in the order of arrival', async (onConflict, second) => {
        const run = await ready({ ...staged, 'toJobConfig.onConflict': onConflict });
        await write(run, [
          [
            [2, 'a', 1],
            [4, 'four', 40],
            [2, 'b', 2],
          ],
          [[2, 'c', 3]],
        ]);
        expect(await read(run.table)).toEqual(before);
        await run.sink.finish(run.plan, 'publish');
        expect(await read(run.table)).toEqual([before[0], second, before[2], '4 four 40 7']);
        expect(await stagesOf(run.table)).toEqual([]);
      });

      it('says that the move failed when a row clashes, and moves none', async () => {
        const run = await ready(staged);
        await write(run, [[rows[0], [3, 'three', 3], rows[1]]]);
        await expect(run.sink.finish(run.plan, 'publish')).rejects.toMatchObject({
          code: 'Cdm.0928',
          facts: { cause: expect.stringContaining('3') },
        });
        expect(await read(run.table)).toEqual(before);
        // What is in the way is removed, and the same rows are moved.
        await fixture().write(run.table, 'DELETE FROM {table} WHERE id = 3');
        await run.sink.finish(run.plan, 'publish');
        expect((await read(run.table)).map((row) => row.split(' ')[0])).toEqual(['1', '2', '3', '4', '5']);
        expect(await stagesOf(run.table)).toEqual([]);
      });

      it('refuses rows of the run that clash with each other at once, like a table with that key', async () => {
        const run = await ready(staged);
        await expect(write(run, [[rows[0], [4, 'again', 1]]])).rejects.toMatchObject({ code: 'Cdm.0026' });
        await run.sink.finish(run.plan, 'discard');
      });

      it('takes NOT NULL along', async () => {
        const run = await ready(staged);
        await expect(write(run, [[[4, null, 1]]])).rejects.toMatchObject({ code: 'Cdm.0234' });
        await run.sink.finish(run.plan, 'discard');
      });

      it('must be empty', async () => {
        const run = await planned(staged);
        const stage = `${run.table}_${run.plan.runKey}_cdm_stage`;
        await fixture().makeNumbers(stage, 1);
        tables.add(stage);
        await expect(run.sink.prepare(run.plan)).rejects.toMatchObject({ code: 'Cdm.0927' });
        expect((await fixture().readBack(stage)).length).toBe(1);
      });

      it('is not moved when somebody changed it', async () => {
        const run = await ready(staged);
        await write(run, [rows]);
        await fixture().write(
          `${run.table}_${run.plan.runKey}_cdm_stage`,
          'DELETE FROM {table} WHERE id = 5',
        );
        await expect(run.sink.finish(run.plan, 'publish')).rejects.toMatchObject({ code: 'Cdm.0928' });
        expect(await read(run.table)).toEqual(before);
        await run.sink.finish(run.plan, 'discard');
      });

      it('has a name of its own under a destination of the longest name', async () => {
        const table = freshName('x'.repeat(45));
        await fixture().makeNumbers(table, 1);
        const sink = await sinkOf(table, staged);
        const { columnNames, projection } = await sink.agree(numbersOffer(form), null);
        const plan = {
          runKey: runKey(),
          sourceColumns: numbersColumns,
          sourcePrimaryKey: ['id'],
          columnNames,
          form: projection.form,
        };
        await sink.prepare(plan);
        const [stage] = await stagesOf('x'.repeat(20));
        expect(stage).toMatch(new RegExp(`^x+_?\\w*_${plan.runKey}_cdm_stage$`));
        await write({ table, sink, plan, projection }, [rows]);
        await sink.finish(plan, 'publish');
        expect((await fixture().readBack(table)).length).toBe(3);
        expect(await stagesOf('x'.repeat(20))).toEqual([]);
      });

      it('is made again when the preparation is repeated', async () => {
        const run = await ready({ ...staged, ...update });
        await run.sink.prepare(run.plan, true);
        await write(run, [rows]);
        await run.sink.finish(run.plan, 'publish');
        expect((await read(run.table)).length).toBe(5);
        expect(await stagesOf(run.table)).toEqual([]);
      });
    });

    describe('statements of the user', () => {
      async function logTable(): Promise<string> {
        const log = freshName('said');
        await fixture().write(log, 'CREATE TABLE {table} (at integer, what varchar(40))');
        tables.add(log);
        return log;
      }
      const said = async (log: string) => (await fixture().readBack(log)).map((row) => row.join(' '));
      const saying = (log: string, what: string, table: string) =>
        `INSERT INTO ${log} SELECT count(*), '${what}' FROM ${table}`;

      /** A run whose statements tell how many rows the table has by then. */
      async function talking(more: OptionValues, post = 'after'): Promise<Ready & { log: string }> {
        const table = freshName('talk');
        const log = await logTable();
        await fixture().makeNumbers(table, 3);
        await fixture().write(table, 'ALTER TABLE {table} ADD COLUMN extra integer DEFAULT 7');
        const sink = await sinkOf(table, {
          'toJobConfig.preSql': saying(log, 'before', table),
          'toJobConfig.postSql': post === 'after' ? saying(log, 'after', table) : post,
          ...more,
        });
        const { columnNames, projection } = await sink.agree(numbersOffer(form), null);
        const plan = {
          runKey: runKey(),
          sourceColumns: numbersColumns,
          sourcePrimaryKey: ['id'],
          columnNames,
          form: projection.form,
        };
        return { table, sink, plan, projection, log };
      }

      it.each([
        ['straight', {}],
        ['staged', staged],
      ])('run before the clearing and after the last row, once: %s', async (_, more) => {
        const run = await talking({ 'toJobConfig.beforeImportType': 'shouldClearTable', ...more });
        await run.sink.prepare(run.plan);
        // Its answer may have been lost.
        await run.sink.prepare(run.plan, true);
        expect(await said(run.log)).toEqual(['3 before']);
        await write(run, [[[1, 'one', 1]], [[2, 'two', 2]]]);
        await run.sink.finish(run.plan, 'publish');
        await run.sink.finish(run.plan, 'publish');
        expect((await said(run.log)).toSorted()).toEqual(['2 after', '3 before']);
        expect((await read(run.table)).length).toBe(2);
        expect(await fixture().tablesLike(`${fixture().checkpointTablePrefix}${run.plan.runKey}`)).toEqual(
          [],
        );
      });

      it('must be one each', async () => {
        const log = await logTable();
        const table = freshName('two');
        await fixture().makeNumbers(table, 1);
        for (const option of ['toJobConfig.preSql', 'toJobConfig.postSql']) {
          for (const sql of [
            `DELETE FROM ${table}; DELETE FROM ${log}`,
            `DELETE FROM ${table} WHERE id = 1 /* ; */; DROP TABLE ${log}; --`,
            'no statement at all',
          ]) {
            const sink = await sinkOf(table, { [option]: sql });
            await expect(sink.agree(numbersOffer(form), null), sql).rejects.toMatchObject({
              code: 'Cdm.0902',
              facts: { cause: expect.stringContaining(option) },
            });
          }
        }
        expect((await fixture().readBack(table)).length).toBe(1);
      });

      it('end the run before it clears anything when the first one fails', async () => {
        const run = await talking({
          'toJobConfig.beforeImportType': 'shouldClearTable',
          'toJobConfig.preSql': 'INSERT INTO no_such_table VALUES (1)',
        });
        await expect(run.sink.prepare(run.plan)).rejects.toMatchObject({
          code: 'Cdm.0902',
          facts: { cause: expect.stringMatching(/toJobConfig\.preSql.*no_such_table/) },
        });
        expect((await read(run.table)).length).toBe(3);
        await run.sink.finish(run.plan, 'discard');
        expect(await fixture().tablesLike(`${fixture().checkpointTablePrefix}${run.plan.runKey}`)).toEqual(
          [],
        );
      });

      it.each([
        ['straight', {}],
        ['staged', staged],
      ])(
        'leave the rows where they are when the last one fails, and are run again alone: %s',
        async (_, more) => {
          const absent = freshName('later');
          const run = await talking(more, `INSERT INTO ${absent} VALUES (1, 'late')`);
          await run.sink.prepare(run.plan);
          await write(run, [[[4, 'four', 4]]]);
          await expect(run.sink.finish(run.plan, 'publish')).rejects.toMatchObject({
            code: 'Cdm.0902',
            facts: { cause: expect.stringContaining('toJobConfig.postSql') },
          });
          expect((await read(run.table)).length).toBe(4);
          await fixture().write(absent, 'CREATE TABLE {table} (at integer, what varchar(40))');
          tables.add(absent);
          await run.sink.finish(run.plan, 'publish');
          await run.sink.finish(run.plan, 'publish');
          expect(await said(absent)).toEqual(['1 late']);
          expect((await read(run.table)).length).toBe(4);
          expect(await fixture().tablesLike(`${fixture().checkpointTablePrefix}${run.plan.runKey}`)).toEqual(
            [],
          );
        },
      );

      it('may be definitions', async () => {
        const made = freshName('made');
        tables.add(made);
        const run = await talking({ 'toJobConfig.preSql': `CREATE TABLE ${made} (a integer)` });
        await run.sink.prepare(run.plan);
        expect(await fixture().tableExists(made)).toBe(true);
        await run.sink.finish(run.plan, 'publish');
      });

      it('may return rows', async () => {
        const run = await talking({ 'toJobConfig.preSql': 'SELECT 1' }, 'SELECT 2');
        await run.sink.prepare(run.plan);
        await run.sink.finish(run.plan, 'publish');
        expect(await fixture().tablesLike(`${fixture().checkpointTablePrefix}${run.plan.runKey}`)).toEqual(
          [],
        );
      });
    });
  });
}

function brief(row: PrintedRow): string {
  const [id, label, amount, extra] = row;
  const short = label === numbersLabel(Number(id)) ? `row${id}` : label;
  return [id, short, amount ?? '-', extra ?? '-'].join(' ');
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
  return ((process.pid + 0x100000) * 0x10000 + runs).toString(16).padStart(12, '0').slice(-12);
}
