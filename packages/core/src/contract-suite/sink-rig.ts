import { expect } from 'vitest';
import type { Connection, Projection, Sink, SourceOffer, TargetPlan } from '../connector/contract.ts';
import type { Batch, WireForm } from '../data/batch.ts';
import type { Slice, SliceCounts } from '../data/slice.ts';
import type { OptionValues } from '../options/option.ts';
import { freshName, type SuiteFixture, testHost } from './fixture.ts';
import { batchOfRows, numbersColumns, numbersOffer, numbersRow } from './numbers-batch.ts';

/** Sinks towards numbers tables, and what was opened and made for them. */
export class SinkRig {
  readonly fixture: () => SuiteFixture;
  readonly form: WireForm;
  readonly offered: SourceOffer;
  /** What a sink last agreed to: the same for every numbers table. */
  projection: Projection = { form: 'rows', columns: [] };
  readonly #open = new Set<Connection>();
  readonly #tables = new Set<string>();

  constructor(fixture: () => SuiteFixture, form: WireForm) {
    this.fixture = fixture;
    this.form = form;
    this.offered = numbersOffer(form);
  }

  async close(): Promise<void> {
    for (const connection of this.#open) await connection.close();
    for (const table of this.#tables) await this.fixture().dropTable(table);
  }

  async sinkOf(table: string, more: OptionValues = {}, host = testHost()): Promise<Sink> {
    const connection = await this.fixture().open(host.host);
    this.#open.add(connection);
    this.#tables.add(table);
    return connection.sink(this.fixture().sinkOptions(table, more));
  }

  /** A table made by the database's own SQL, without rows, and a prepared run towards it. */
  async ready(more: OptionValues = {}): Promise<{ table: string; sink: Sink; plan: TargetPlan }> {
    const table = freshName('into');
    await this.fixture().makeNumbers(table, 0);
    const sink = await this.sinkOf(table, more);
    const plan = await this.planOf(sink);
    await sink.prepare(plan);
    return { table, sink, plan };
  }

  async planOf(sink: Sink): Promise<TargetPlan> {
    const agreed = await sink.agree(this.offered, null);
    expect(agreed.projection.form).toBe(this.form);
    expect(agreed.projection.columns.length).toBe(numbersColumns.length);
    this.projection = agreed.projection;
    return {
      runKey: runKey(),
      sourceColumns: numbersColumns,
      sourcePrimaryKey: ['id'],
      columnNames: agreed.columnNames,
      form: agreed.projection.form,
    };
  }

  async writeSlice(sink: Sink, plan: TargetPlan, into: Slice, ids: readonly number[]): Promise<void> {
    const writer = await sink.openWriter(plan, into);
    try {
      await writer.write(this.batchOf(ids));
      await writer.commit(countsOf(ids.length), null, true);
    } finally {
      await writer.close();
    }
  }

  batchOf(ids: readonly number[]): Batch {
    return batchOfRows(ids.map(numbersRow), this.projection);
  }
}

export function slice(no: number): Slice {
  return { no, cut: null, label: `slice ${no}`, rowsEstimate: null };
}

export function countsOf(rows: number): SliceCounts {
  return { rowsRead: rows, rowsWritten: rows, rowsSkipped: 0, bytesRead: rows * 60, bytesWritten: rows * 61 };
}

let runs = 0;

/** Twelve hex digits that no other run of this process uses. */
export function runKey(): string {
  runs += 1;
  return (process.pid * 0x10000 + runs).toString(16).padStart(12, '0').slice(-12);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
