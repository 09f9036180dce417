import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Projection, Source } from '../connector/contract.ts';
import type { RowBatch, Value, WireForm } from '../data/batch.ts';
import type { Slice } from '../data/slice.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { OptionValues } from '../options/option.ts';
import { freshName, numbersAmount, numbersLabel, type SuiteFixture, testHost } from './fixture.ts';

/** Rows of the big numbers table: more than 8 MB in any database, so that it is cut into several slices. */
export const MANY_ROWS = 120_000;
/** How long a read may go on after its signal was aborted. */
const ABORT_MS_MAX = 5_000;

/** What any source of tables must do. */
export function registerSourceSuite(name: string, fixture: () => SuiteFixture): void {
  describe(`${name}: source`, () => {
    const many = freshName('many');
    const few = freshName('few');
    const none = freshName('none');
    const open = new Set<Connection>();

    beforeAll(async () => {
      await fixture().makeNumbers(many, MANY_ROWS);
      await fixture().makeNumbers(few, 5);
      await fixture().makeNumbers(none, 0);
    });
    afterAll(async () => {
      for (const connection of open) await connection.close();
      for (const table of [many, few, none]) await fixture().dropTable(table);
    });

    async function sourceOf(table: string, more: OptionValues = {}, host = testHost()): Promise<Source> {
      const connection = await fixture().open(host.host);
      open.add(connection);
      return connection.source(fixture().sourceOptions(table, more));
    }

    it('describes the table', async () => {
      const shape = await (await sourceOf(few)).describe();
      expect(shape.table).toBe(few);
      expect(shape.columns.map((c) => c.name)).toEqual(['id', 'label', 'amount']);
      expect(shape.columns.map((c) => c.type.kind)).toEqual(['integer', 'text', 'integer']);
      expect(shape.columns.map((c) => c.isNullable)).toEqual([false, false, true]);
      expect(shape.columns.map((c) => c.isGenerated)).toEqual([false, false, false]);
      expect(shape.primaryKey).toEqual(['id']);
    });

    it('says Cdm.0900 for a table that does not exist', async () => {
      const source = await sourceOf('no_such_table');
      await expect(source.describe()).rejects.toMatchObject({ code: 'Cdm.0900' });
    });

    it('offers rows last, always', async () => {
      const source = await sourceOf(few);
      const shape = await source.describe();
      expect(source.offer(shape, shape.columns).forms.at(-1)).toBe('rows');
    });

    it('reads every row exactly once over all slices', async () => {
      const source = await sourceOf(many);
      const { rows, slices } = await readAll(source, 4);
      expect(slices.length).toBeGreaterThan(1);
      expect(slices.map((s) => s.no)).toEqual(slices.map((_, i) => i));
      expect(JSON.parse(JSON.stringify(slices))).toEqual(slices);
      const ids = rows.map((row) => Number(row[0])).sort((a, b) => a - b);
      expect(ids.length).toBe(MANY_ROWS);
      expect(ids.every((id, i) => id === i + 1)).toBe(true);
      for (const row of rows) {
        const id = Number(row[0]);
        if (row[1] !== numbersLabel(id) || row[2] !== numbersAmount(id))
          expect(row).toEqual([id, numbersLabel(id), numbersAmount(id)]);
      }
    });

    it('counts the same rows in every form it offers', async () => {
      const source = await sourceOf(many);
      const shape = await source.describe();
      for (const form of source.offer(shape, shape.columns).forms) {
        const slices = await source.split(shape, 2);
        let rows = 0;
        for (const slice of slices) {
          for await (const batch of source.read(
            slice,
            projection(
              shape.columns.map((c) => c.name),
              form,
            ),
            null,
          )) {
            expect(batch.form).toBe(form);
            expect(batch.rowCount).toBeGreaterThan(0);
            expect(batch.byteCount).toBeGreaterThan(0);
            rows += batch.rowCount;
          }
        }
        expect(rows).toBe(MANY_ROWS);
      }
    });

    it('reads an empty table as no rows', async () => {
      const { rows, slices } = await readAll(await sourceOf(none), 4);
      expect(slices.length).toBeGreaterThan(0);
      expect(rows).toEqual([]);
    });

    it('reads the listed columns in the listed order', async () => {
      const source = await sourceOf(few, { 'fromJobConfig.columnList': 'amount&id' });
      const shape = await source.describe();
      expect(shape.columns.map((c) => c.name)).toEqual(['amount', 'id']);
      const { rows } = await readAll(source, 1);
      expect([...rows].sort((a, b) => Number(a[1]) - Number(b[1]))).toEqual([
        [10, 1],
        [20, 2],
        [null, 3],
        [40, 4],
        [50, 5],
      ]);
    });

    it('refuses a listed column that does not exist', async () => {
      const source = await sourceOf(few, { 'fromJobConfig.columnList': 'id&nosuch' });
      await expect(source.describe()).rejects.toBeInstanceOf(SluiceError);
    });

    it('reads every row exactly once over ranges of a partition column, nulls included', async () => {
      const source = await sourceOf(many, { 'fromJobConfig.partitionColumn': 'amount' });
      const { rows, slices } = await readAll(source, 3);
      // Without an index on it a large table may be cut by its own order, which leaves no slice for the nulls.
      expect(slices.length).toBeGreaterThanOrEqual(3);
      expect(new Set(rows.map((row) => Number(row[0]))).size).toBe(MANY_ROWS);
      expect(rows.length).toBe(MANY_ROWS);
    });

    it('leaves the nulls of the partition column out only when told to', async () => {
      const source = await sourceOf(many, {
        'fromJobConfig.partitionColumn': 'amount',
        'fromJobConfig.allowNullValueInPartitionColumn': 'false',
      });
      const { rows } = await readAll(source, 3);
      expect(rows.length).toBe(MANY_ROWS - Math.floor(MANY_ROWS / 3));
    });

    it('splits an empty table by a partition column into something that reads as no rows', async () => {
      const { rows } = await readAll(await sourceOf(none, { 'fromJobConfig.partitionColumn': 'id' }), 3);
      expect(rows).toEqual([]);
    });

    it('reads every row exactly once over ranges of a text', async () => {
      const source = await sourceOf(few, { 'fromJobConfig.partitionColumn': 'label' });
      const { rows, slices } = await readAll(source, 3);
      expect(slices.length).toBe(3);
      expect(rows.map((row) => Number(row[0])).sort()).toEqual([1, 2, 3, 4, 5]);
    });

    it('refuses a partition column that does not exist', async () => {
      const source = await sourceOf(few, { 'fromJobConfig.partitionColumn': 'nosuch' });
      const attempt = source.describe().then((shape) => source.split(shape, 2));
      await expect(attempt).rejects.toBeInstanceOf(SluiceError);
    });

    it('reads the rows of an honest condition', async () => {
      for (const where of fixture().honestConditions) {
        const { rows } = await readAll(await sourceOf(few, { 'fromJobConfig.whereClause': where }), 2);
        expect(rows.map((row) => Number(row[0])).sort(), where).toEqual([2, 3]);
      }
    });

    it('keeps a condition with OR within its slices', async () => {
      const { rows } = await readAll(
        await sourceOf(many, { 'fromJobConfig.whereClause': 'id > 10 OR id < 10' }),
        4,
      );
      expect(rows.length).toBe(MANY_ROWS - 1);
    });

    it('refuses a hostile condition before anything is read, and does nothing', async () => {
      expect(fixture().hostileConditions.length).toBeGreaterThan(5);
      for (const where of fixture().hostileConditions) {
        let rowCount = 0;
        const error = await sourceOf(few, { 'fromJobConfig.whereClause': where })
          .then((source) =>
            readAll(source, 2, (rows) => {
              rowCount += rows.length;
            }),
          )
          .then(
            () => null,
            (thrown: unknown) => thrown,
          );
        expect(error, where).toBeInstanceOf(SluiceError);
        expect(rowCount, where).toBe(0);
      }
      expect((await fixture().readBack(few)).length).toBe(5);
    });

    it('goes on behind a position, where it gives positions, in every form', async () => {
      const source = await sourceOf(many);
      const shape = await source.describe();
      const names = shape.columns.map((c) => c.name);
      const [slice] = await source.split(shape, 1);
      if (slice === undefined) throw new Error('no slice');
      for (const form of await formsOf(source)) {
        let whole = 0;
        for await (const batch of source.read(slice, projection(names, form), null)) whole += batch.rowCount;
        let first = 0;
        let position: RowBatch['position'] = null;
        for await (const batch of source.read(slice, projection(names, form), null)) {
          first = batch.rowCount;
          position = batch.position;
          break;
        }
        if (position === null) continue;
        let rest = 0;
        for await (const batch of source.read(slice, projection(names, form), position))
          rest += batch.rowCount;
        expect(first + rest, form).toBe(whole);
      }
      const rows = projection(names, 'rows');
      const seen = new Set<number>();
      let position: RowBatch['position'] = null;
      for await (const batch of source.read(slice, rows, null)) {
        for (const row of rowsOf(batch)) seen.add(Number(row[0]));
        position = batch.position;
        break;
      }
      if (position === null) return;
      let total = seen.size;
      for await (const batch of source.read(slice, rows, position)) {
        for (const row of rowsOf(batch)) seen.add(Number(row[0]));
        total += batch.rowCount;
      }
      // No row was missed and none came twice.
      expect(seen.size).toBe(total);
    });

    it('stops within a second when it is aborted, and does not look finished', async () => {
      for (const form of await formsOf(await sourceOf(many))) {
        const host = testHost();
        const source = await sourceOf(many, {}, host);
        const shape = await source.describe();
        const [slice] = await source.split(shape, 1);
        if (slice === undefined) throw new Error('no slice');
        let abortedAt = 0;
        const reading = (async () => {
          for await (const _ of source.read(
            slice,
            projection(
              shape.columns.map((c) => c.name),
              form,
            ),
            null,
          )) {
            if (abortedAt === 0) {
              abortedAt = performance.now();
              host.abort();
            }
          }
        })();
        await expect(reading).rejects.toBeDefined();
        expect(abortedAt).toBeGreaterThan(0);
        expect(performance.now() - abortedAt).toBeLessThan(ABORT_MS_MAX);
      }
    });

    it('says Cdm.0233, to be retried, when the server ends its session, in every form', async () => {
      for (const form of await formsOf(await sourceOf(many))) {
        const source = await sourceOf(many);
        const shape = await source.describe();
        const [slice] = await source.split(shape, 1);
        if (slice === undefined) throw new Error('no slice');
        const names = shape.columns.map((c) => c.name);
        let isCut = false;
        const reading = (async () => {
          for await (const _ of source.read(slice, projection(names, form), null)) {
            if (!isCut) {
              isCut = true;
              await fixture().cutSessions();
            }
          }
        })();
        await expect(reading, form).rejects.toMatchObject({ code: 'Cdm.0233', retry: true });
      }
    });

    it('survives a reader that leaves early, in every form', async () => {
      const source = await sourceOf(many);
      const shape = await source.describe();
      const [slice] = await source.split(shape, 1);
      if (slice === undefined) throw new Error('no slice');
      for (const form of await formsOf(source)) {
        for await (const _ of source.read(slice, projection(['id'], form), null)) break;
      }
      const { rows } = await readAll(source, 1);
      expect(rows.length).toBe(MANY_ROWS);
    });
  });
}

function projection(names: readonly string[], form: WireForm): Projection {
  return { form, columns: names.map((name) => ({ name, cast: null })) };
}

async function formsOf(source: Source): Promise<readonly WireForm[]> {
  const shape = await source.describe();
  return source.offer(shape, shape.columns).forms;
}

function rowsOf(batch: { form: WireForm } | RowBatch): readonly (readonly Value[])[] {
  if (batch.form !== 'rows') throw new Error(`a batch in form ${batch.form}`);
  return (batch as RowBatch).rows;
}

async function readAll(
  source: Source,
  sliceCountHint: number,
  tap: (rows: readonly (readonly Value[])[]) => void = () => undefined,
): Promise<{ rows: readonly (readonly Value[])[]; slices: readonly Slice[] }> {
  const shape = await source.describe();
  const slices = await source.split(shape, sliceCountHint);
  const rows: (readonly Value[])[] = [];
  for (const slice of slices) {
    const names = shape.columns.map((c) => c.name);
    for await (const batch of source.read(slice, projection(names, 'rows'), null)) {
      const batchRows = rowsOf(batch);
      expect(batchRows.length).toBe(batch.rowCount);
      tap(batchRows);
      for (const row of batchRows) rows.push(row);
    }
  }
  return { rows, slices };
}
