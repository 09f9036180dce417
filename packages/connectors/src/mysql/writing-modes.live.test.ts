import type { Connection } from '@sluice/core/connector/contract';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { batchOfRows, numbersColumns, numbersOffer } from '@sluice/core/contract-suite/numbers-batch';
import { registerWritingSuite } from '@sluice/core/contract-suite/writing-suite';
import type { WireForm } from '@sluice/core/data/batch';
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMysqlFixture, describeOnEach, type MysqlFixture } from './mysql-fixture.ts';

describeOnEach('ways of writing to MySQL', (server) => {
  let fixture: MysqlFixture;
  const lend = (): MysqlFixture => fixture;
  const open: Connection[] = [];
  beforeAll(async () => {
    fixture = await createMysqlFixture(server);
  });
  afterAll(async () => {
    for (const connection of open) await connection.close();
    await fixture.drop();
  });

  registerWritingSuite('mysql', lend, 'rows');
  // As bulk commands into MariaDB, as lines of LOAD DATA into MySQL.
  registerWritingSuite('mysql', lend, 'pgcopy-binary');

  async function agreed(table: string, more: OptionValues, form: WireForm = 'rows') {
    const connection = await fixture.open(testHost().host);
    open.push(connection);
    const sink = connection.sink(fixture.sinkOptions(table, more));
    return { sink, ...(await sink.agree(numbersOffer(form), null)) };
  }

  it('says at planning that an engine without transactions has no staged mode', async () => {
    const table = freshName('isam');
    await fixture.sql(
      `CREATE TABLE ${table} (id BIGINT PRIMARY KEY, label VARCHAR(100), amount INT) ENGINE=MyISAM`,
    );
    await expect(agreed(table, { 'toJobConfig.useStageTable': 'true' })).rejects.toMatchObject({
      code: 'Cdm.0014',
      facts: { name: 'toJobConfig.useStageTable', explanationEn: expect.stringContaining('MyISAM') },
    });
  });

  it('says at planning that without a key no row clashes', async () => {
    const table = freshName('keyless');
    await fixture.sql(`CREATE TABLE ${table} (id BIGINT, label VARCHAR(100), amount INT) ENGINE=InnoDB`);
    const { warnings } = await agreed(table, { 'toJobConfig.onConflict': 'UPDATE' });
    expect(warnings.join()).toContain('no primary or unique key');
  });

  it('goes in bulk wherever the server can treat the clash itself', async () => {
    const table = freshName('way');
    await fixture.makeNumbers(table, 0);
    const formOf = async (onConflict: string, more: OptionValues = {}) => {
      const { projection, reason } = await agreed(
        table,
        { 'toJobConfig.onConflict': onConflict, ...more },
        'pgcopy-binary',
      );
      return { form: projection.form, reason };
    };
    expect((await formOf('REPLACE')).form).toBe('pgcopy-binary');
    const updating = await formOf('UPDATE');
    if (server.product === 'MariaDB') expect(updating.form).toBe('pgcopy-binary');
    else expect(updating).toEqual({ form: 'rows', reason: expect.stringContaining('not update it') });
    // The staging table takes plain rows.
    expect((await formOf('UPDATE', { 'toJobConfig.useStageTable': 'true' })).form).toBe('pgcopy-binary');
  });

  it('counts rows, not what the server counts of them', async () => {
    const table = freshName('counts');
    await fixture.makeNumbers(table, 100);
    for (const onConflict of ['REPLACE', 'UPDATE']) {
      const { sink, columnNames, projection } = await agreed(
        table,
        { 'toJobConfig.onConflict': onConflict },
        'pgcopy-binary',
      );
      const plan = {
        runKey: onConflict === 'UPDATE' ? 'c0a7e5000001' : 'c0a7e5000002',
        sourceColumns: numbersColumns,
        sourcePrimaryKey: ['id'],
        columnNames,
        form: projection.form,
      };
      await sink.prepare(plan);
      const writer = await sink.openWriter(plan, { no: 0, cut: null, label: '', rowsEstimate: null });
      // Half of them as they are, half changed.
      const rows = Array.from({ length: 100 }, (_, i) => [i + 1, `label ${i % 2}`, i % 2] as const);
      for (let round = 0; round < 2; round++) {
        await writer.write(batchOfRows(rows, projection));
        const all = 100 * (round + 1);
        const counts = { rowsRead: all, rowsWritten: all, rowsSkipped: 0, bytesRead: 1, bytesWritten: 1 };
        await writer.commit(counts, { round }, round === 1);
      }
      await writer.close();
      expect((await sink.checkpoints(plan)).get(0)?.counts.rowsWritten).toBe(200);
      await sink.finish(plan, 'publish');
      expect((await fixture.readBack(table)).length).toBe(100);
    }
  });

  it('leaves a key alone that equals the new one without being the same', async () => {
    const table = freshName('equal');
    await fixture.sql(
      `CREATE TABLE ${table} (id BIGINT, label VARCHAR(100) COLLATE utf8mb4_general_ci PRIMARY KEY, amount INT) ENGINE=InnoDB`,
      `INSERT INTO ${table} VALUES (1, 'Alpha', 1)`,
    );
    for (const more of [{}, { 'toJobConfig.useStageTable': 'true' }]) {
      const { sink, columnNames, projection } = await agreed(table, {
        'toJobConfig.onConflict': 'UPDATE',
        ...more,
      });
      const plan = {
        runKey: 'c0a7e5000003',
        sourceColumns: numbersColumns,
        sourcePrimaryKey: ['label'],
        columnNames,
        form: projection.form,
      };
      await sink.prepare(plan);
      const writer = await sink.openWriter(plan, { no: 0, cut: null, label: '', rowsEstimate: null });
      await writer.write(batchOfRows([[2, 'ALPHA', 20]], projection));
      const counts = { rowsRead: 1, rowsWritten: 1, rowsSkipped: 0, bytesRead: 1, bytesWritten: 1 };
      await writer.commit(counts, null, true);
      await writer.close();
      await sink.finish(plan, 'publish');
      expect(await fixture.query(`SELECT id, label, amount FROM ${fixture.database}.${table}`)).toEqual([
        ['2', 'Alpha', '20'],
      ]);
    }
  });

  it('stages columns of every kind', async () => {
    const table = freshName('kinds');
    await fixture.makeTypes(table, true);
    const copy = `${table}_to`;
    await fixture.makeTypes(copy, false);
    const connection = await fixture.open(testHost().host);
    open.push(connection);
    const source = connection.source(fixture.sourceOptions(table));
    const { copyTable } = await import('@sluice/core/contract-suite/copy-table');
    const sink = connection.sink(
      fixture.sinkOptions(copy, { 'toJobConfig.useStageTable': 'true', 'toJobConfig.onConflict': 'REPLACE' }),
    );
    await copyTable(source, sink, { runKey: 'c0a7e5000004' });
    expect(await fixture.readBack(copy)).toEqual(await fixture.readBack(table));
    expect(await fixture.tablesLike(copy)).toEqual([copy]);
  });
});
