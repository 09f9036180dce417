import type { Host, Projection, Snapshot, Source } from '@sluice/core/connector/contract';
import type { Batch, Position, RowBatch } from '@sluice/core/data/batch';
import type { Reject } from '@sluice/core/data/reject';
import type { Slice } from '@sluice/core/data/slice';
import type { Value } from '@sluice/core/data/value';
import { explained } from '@sluice/core/errors/explained';
import type { Evaluate } from '@sluice/core/expressions/compile-expression';
import { Evaluation, type RunScope } from '@sluice/core/expressions/evaluation';
import { ExpressionRunError, MapNeeded } from '@sluice/core/expressions/expression-error';
import { compileTemplate } from '@sluice/core/expressions/field-template';
import type { ElValue } from '@sluice/core/expressions/values';
import { compileConverters } from '@sluice/core/field-converters/compile-converters';
import { type Cast, castTo } from './cast-value.ts';
import { fetchMap } from './fetch-map.ts';
import { ReadRow } from './row-fields.ts';
import type { ShapedColumn, ShapePlan } from './shape-plan.ts';

/** Scopes by source of the run's connections: one for all slices that a worker reads on them. */
const scopes = new WeakMap<Source, RunScope>();

/**
 * A source whose rows come with the shape that the plan gives them. A row that cannot be made is one of the batch's rejects: its
 * values are those of the destination's columns, with the field as it was read where its value could not be made.
 * @param connected the same source without decoration: mapping files and maps of expressions are kept as long as it.
 */
export function shapedSource(source: Source, shape: ShapePlan, connected: Source, host: Host): Source {
  let scope = scopes.get(connected);
  if (scope === undefined) {
    scope = {
      zone: shape.zone,
      nowMs: shape.nowMs,
      newUuid: () => globalThis.crypto.randomUUID(),
      files: new Map(),
      cache: new Map(),
    };
    scopes.set(connected, scope);
  }
  const runScope = scope;
  return {
    ...(source.snapshots === undefined ? {} : { snapshots: source.snapshots }),
    describe: () => source.describe(),
    offer: (table, columns) => source.offer(table, columns),
    split: (table, sliceCountHint) => source.split(table, sliceCountHint),
    async *read(
      slice: Slice,
      projection: Projection,
      after: Position | null,
      snapshot?: Snapshot | null,
    ): AsyncIterable<Batch> {
      const shaper = new RowShaper(shape, runScope);
      for await (const batch of source.read(slice, projection, after, snapshot)) {
        if (batch.form !== 'rows') throw new Error(`rows can be shaped, and not ${batch.form}`);
        yield await shaper.shape(batch, host);
      }
    },
  };
}

/** One column: where its value comes from, and how it is made. */
interface ColumnProgram {
  readonly name: string;
  /** Index of the field in the row that was read; -1: there is none. */
  readonly from: number;
  /** null: the field as it was read. */
  readonly make: { readonly evaluate: Evaluate; readonly cast: Cast } | null;
}

/** Compiled once per slice, used for each of its batches. */
class RowShaper {
  readonly #columns: readonly ColumnProgram[];
  readonly #row: ReadRow;
  readonly #evaluation: Evaluation;

  constructor(shape: ShapePlan, scope: RunScope) {
    this.#columns = shape.columns.map((column) => programOf(column, shape.zone));
    this.#row = new ReadRow(shape.read, shape.zone);
    this.#evaluation = new Evaluation(scope, this.#row, null);
  }

  async shape(batch: RowBatch, host: Host): Promise<RowBatch> {
    const rows: (readonly Value[])[] = [];
    const rejects: Reject[] = (batch.rejects ?? []).map((reject) => this.#unshaped(reject));
    for (let at = 0; at < batch.rows.length; at++) {
      const values = batch.rows[at] as readonly Value[];
      try {
        this.#shapeRow(values, rows, rejects);
      } catch (error) {
        if (!(error instanceof MapNeeded)) throw error;
        // The row is made again when the file is there; files are fetched once, so this comes to an end.
        await fetchMap(error.url, this.#evaluation.scope.files, host);
        at -= 1;
      }
    }
    const { rowCount, byteCount, position } = batch;
    return {
      form: 'rows',
      rowCount,
      byteCount,
      position,
      rows,
      ...(rejects.length === 0 ? {} : { rejects }),
    };
  }

  /** A row that the source itself could not read: its fields as they were read, in the destination's places. */
  #unshaped(reject: Reject): Reject {
    const values = this.#columns.map(({ from }) => (from < 0 ? null : (reject.values[from] ?? null)));
    return { ...reject, values };
  }

  #shapeRow(values: readonly Value[], rows: (readonly Value[])[], rejects: Reject[]): void {
    const columns = this.#columns;
    const made: Value[] = new Array(columns.length);
    let failed: { readonly column: ColumnProgram; readonly error: ExpressionRunError } | null = null;
    this.#row.turnTo(values);
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at] as ColumnProgram;
      if (column.make === null) {
        made[at] = values[column.from] ?? null;
        continue;
      }
      try {
        const field: ElValue = column.from < 0 ? null : this.#row.at(column.from);
        this.#evaluation.begin(this.#row, field);
        made[at] = column.make.cast(column.make.evaluate(this.#evaluation));
      } catch (error) {
        if (!(error instanceof ExpressionRunError)) throw error;
        failed ??= { column, error };
        made[at] = column.from < 0 ? null : (values[column.from] ?? null);
      }
    }
    if (failed === null) rows.push(made);
    else rejects.push(rejectOf(made, failed.column.name, failed.error));
  }
}

function programOf(column: ShapedColumn, zone: string): ColumnProgram {
  if (column.kind === 'field') return { name: '', from: column.from, make: null };
  const cast = castTo(column.as, zone);
  const { name } = column;
  if (column.kind === 'converted') {
    return { name, from: column.from, make: { evaluate: compileConverters(column.steps), cast } };
  }
  const template = compileTemplate(column.value);
  if (template.kind === 'constant') {
    const { text } = template;
    return { name, from: -1, make: { evaluate: () => text, cast } };
  }
  return { name, from: -1, make: { evaluate: template.evaluate, cast } };
}

function rejectOf(values: readonly Value[], name: string, { text }: ExpressionRunError): Reject {
  return {
    values,
    code: 'Cdm.0064',
    facts: explained({
      en: `Field ${name}: ${text.en}.`,
      zh: `字段 ${name}：${text.zh}。`,
    }),
  };
}
