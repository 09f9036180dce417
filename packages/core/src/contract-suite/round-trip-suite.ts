import { afterAll, describe, expect, it } from 'vitest';
import type { Connection } from '../connector/contract.ts';
import type { WireForm } from '../data/batch.ts';
import { copyTable } from './copy-table.ts';
import { freshName, type SuiteFixture, testHost } from './fixture.ts';

/**
 * Copies a table with every type from a database into itself and lets the database compare: once over each form that the
 * source offers, into a table of the same make and into one that the sink creates.
 */
export function registerRoundTripSuite(
  name: string,
  fixture: () => SuiteFixture,
  forms: readonly WireForm[],
): void {
  describe(`${name}: round trip`, () => {
    const open = new Set<Connection>();
    const tables = new Set<string>();
    afterAll(async () => {
      for (const connection of open) await connection.close();
      for (const table of tables) await fixture().dropTable(table);
    });

    for (const form of forms) {
      for (const preparation of ['DO_NOTHING', 'CREATE_WHEN_NOT_EXIST']) {
        it(`keeps every value of every type: ${form}, ${preparation}`, async () => {
          const from = freshName('types');
          const into = freshName('copy');
          tables.add(from).add(into);
          await fixture().makeTypes(from, true);
          if (preparation === 'DO_NOTHING') await fixture().makeTypes(into, false);
          const connection = await fixture().open(testHost().host);
          open.add(connection);
          const result = await copyTable(
            connection.source(fixture().sourceOptions(from)),
            connection.sink(fixture().sinkOptions(into, { 'toJobConfig.tablePreparation': preparation })),
            { runKey: freshKey(), forms: [form, 'rows'] },
          );
          expect(result.plan.form).toBe(form);
          const expected = await fixture().readBack(from);
          expect(expected.length).toBeGreaterThanOrEqual(3);
          expect(result.counts.rowsWritten).toBe(expected.length);
          expect(await fixture().readBack(into)).toEqual(expected);
        });
      }

      it(`copies many rows over many slices: ${form}`, async () => {
        const from = freshName('bulk');
        const into = freshName('copy');
        tables.add(from).add(into);
        await fixture().makeNumbers(from, 120_000);
        const connection = await fixture().open(testHost().host);
        open.add(connection);
        const result = await copyTable(
          connection.source(fixture().sourceOptions(from)),
          connection.sink(
            fixture().sinkOptions(into, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' }),
          ),
          { runKey: freshKey(), forms: [form, 'rows'], sliceCountHint: 3 },
        );
        expect(result.plan.form).toBe(form);
        expect(result.sliceCount).toBeGreaterThan(1);
        expect(result.counts.rowsRead).toBe(120_000);
        const rows = await fixture().readBack(into);
        expect(rows.length).toBe(120_000);
        const expected = await fixture().readBack(from);
        const wrong = rows.findIndex((row, i) => row.join('\u0000') !== expected[i]?.join('\u0000'));
        expect(wrong, JSON.stringify([rows[wrong], expected[wrong]])).toBe(-1);
      });
    }
  });
}

let keys = 0;

function freshKey(): string {
  keys += 1;
  return `${(process.pid % 0xffffff).toString(16).padStart(6, '0')}f${keys.toString(16).padStart(5, '0')}`;
}
