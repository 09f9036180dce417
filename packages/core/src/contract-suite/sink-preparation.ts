import { expect, it } from 'vitest';
import type { SourceOffer, TargetPlan } from '../connector/contract.ts';
import { Fenced } from '../errors/sluice-error.ts';
import { freshName, printedNumbersRow } from './fixture.ts';
import { numbersColumns } from './numbers-batch.ts';
import { countsOf, runKey, type SinkRig, slice } from './sink-rig.ts';

/** How a sink makes its destination ready, and what it makes of the columns. */
export function registerSinkPreparation(rig: SinkRig): void {
  it('creates the table, with its primary key, and fills it', async () => {
    const table = freshName('made');
    const sink = await rig.sinkOf(table, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' });
    const plan = await rig.planOf(sink);
    expect(await rig.fixture().tableExists(table)).toBe(false);
    await sink.prepare(plan);
    await rig.writeSlice(sink, plan, slice(0), [1, 2, 3]);
    await sink.finish(plan, 'publish');
    expect(await rig.fixture().readBack(table)).toEqual([1, 2, 3].map(printedNumbersRow));
    expect(await rig.fixture().primaryKey(table)).toEqual(['id']);
  });

  it('uses a table that exists when told to create a missing one', async () => {
    const table = freshName('kept');
    await rig.fixture().makeNumbers(table, 2);
    const sink = await rig.sinkOf(table, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' });
    const plan = await rig.planOf(sink);
    await sink.prepare(plan);
    await rig.writeSlice(sink, plan, slice(0), [3]);
    await sink.finish(plan, 'publish');
    expect((await rig.fixture().readBack(table)).length).toBe(3);
  });

  it('drops and creates', async () => {
    const table = freshName('anew');
    await rig.fixture().makeTypes(table, true);
    const sink = await rig.sinkOf(table, { 'toJobConfig.tablePreparation': 'DROP_AND_CREATE' });
    const plan = await rig.planOf(sink);
    await sink.prepare(plan);
    await rig.writeSlice(sink, plan, slice(0), [7]);
    await sink.finish(plan, 'publish');
    expect(await rig.fixture().readBack(table)).toEqual([printedNumbersRow(7)]);
  });

  it('creates under a name that needs quoting', async () => {
    const table = `${freshName('Odd')} "q" \`b\` '; DROP`;
    const sink = await rig.sinkOf(table, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' });
    const plan = await rig.planOf(sink);
    await sink.prepare(plan);
    await rig.writeSlice(sink, plan, slice(0), [1]);
    await sink.finish(plan, 'publish');
    expect(await rig.fixture().readBack(table)).toEqual([printedNumbersRow(1)]);
  });

  it('says Cdm.0900 when the table is missing and none is to be made', async () => {
    const sink = await rig.sinkOf(freshName('absent'));
    await expect(sink.agree(rig.offered, null)).rejects.toMatchObject({ code: 'Cdm.0900' });
  });

  it('says Cdm.0931 when the columns do not pair up', async () => {
    const table = freshName('pair');
    await rig.fixture().makeNumbers(table, 0);
    const sink = await rig.sinkOf(table);
    await expect(sink.agree(rig.offered, ['id', 'label'])).rejects.toMatchObject({ code: 'Cdm.0931' });
    await expect(sink.agree(rig.offered, ['id', 'label', 'nosuch'])).rejects.toMatchObject({
      code: 'Cdm.0931',
    });
  });

  it('pairs columns by position, whatever their names', async () => {
    const table = freshName('swap');
    await rig.fixture().makeNumbers(table, 0);
    const sink = await rig.sinkOf(table);
    const offer: SourceOffer = {
      ...rig.offered,
      columns: numbersColumns.map((c) => ({ ...c, name: `from_${c.name}` })),
    };
    const agreed = await sink.agree(offer, ['id', 'label', 'amount']);
    rig.projection = agreed.projection;
    expect(agreed.columnNames).toEqual(['id', 'label', 'amount']);
    const plan: TargetPlan = {
      runKey: runKey(),
      sourceColumns: offer.columns,
      sourcePrimaryKey: ['from_id'],
      columnNames: agreed.columnNames,
      form: agreed.projection.form,
    };
    await sink.prepare(plan);
    await rig.writeSlice(sink, plan, slice(0), [5]);
    await sink.finish(plan, 'publish');
    expect(await rig.fixture().readBack(table)).toEqual([printedNumbersRow(5)]);
  });

  it('clears the whole table when told to', async () => {
    const table = freshName('clear');
    await rig.fixture().makeNumbers(table, 9);
    const sink = await rig.sinkOf(table, { 'toJobConfig.beforeImportType': 'shouldClearTable' });
    const plan = await rig.planOf(sink);
    expect((await rig.fixture().readBack(table)).length).toBe(9);
    await sink.prepare(plan);
    expect((await rig.fixture().readBack(table)).length).toBe(0);
    await sink.finish(plan, 'discard');
  });

  it('clears the rows of a condition, and refuses a hostile one', async () => {
    const table = freshName('part');
    await rig.fixture().makeNumbers(table, 9);
    const sink = await rig.sinkOf(table, {
      'toJobConfig.beforeImportType': 'whereClause',
      'toJobConfig.whereClause': 'id > 4 OR id = 1',
    });
    const plan = await rig.planOf(sink);
    await sink.prepare(plan);
    expect((await rig.fixture().readBack(table)).map((row) => row[0])).toEqual(['2', '3', '4']);
    await sink.finish(plan, 'discard');
    for (const where of rig.fixture().hostileConditions) {
      const attempt = (async () => {
        const hostile = await rig.sinkOf(table, {
          'toJobConfig.beforeImportType': 'whereClause',
          'toJobConfig.whereClause': where,
        });
        await hostile.prepare(await rig.planOf(hostile));
      })();
      await expect(attempt, where).rejects.toBeDefined();
      expect((await rig.fixture().readBack(table)).length, where).toBe(3);
    }
  });

  it('prepares again before it was acknowledged', async () => {
    for (const preparation of ['CREATE_WHEN_NOT_EXIST', 'DROP_AND_CREATE']) {
      const table = freshName('twice');
      const sink = await rig.sinkOf(table, { 'toJobConfig.tablePreparation': preparation });
      const plan = await rig.planOf(sink);
      await sink.prepare(plan);
      await sink.prepare(plan);
      await rig.writeSlice(sink, plan, slice(0), [1]);
      await sink.finish(plan, 'publish');
      expect((await rig.fixture().readBack(table)).length).toBe(1);
    }
  });

  it('is not made ready once more when it holds rows of the run', async () => {
    const options = { 'toJobConfig.beforeImportType': 'shouldClearTable' };
    const table = freshName('late');
    await rig.fixture().makeNumbers(table, 0);
    const sink = await rig.sinkOf(table, options);
    const plan = await rig.planOf(sink);
    await sink.prepare(plan);
    const writer = await sink.openWriter(plan, slice(0));
    await writer.write(rig.batchOf([1]));
    await writer.commit(countsOf(1), null, true);
    await writer.close();
    const late = await rig.sinkOf(table, options);
    await expect(late.prepare(plan, true)).rejects.toBeInstanceOf(Fenced);
    expect((await rig.fixture().readBack(table)).length).toBe(1);
    // By the late one: it has ended what the first one left of its preparation.
    await late.finish(plan, 'discard');
  });
}
