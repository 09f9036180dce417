import type { Projection, Snapshot, Source, SourceOffer } from '@sluice/core/connector/contract';
import type { SourcePreview } from '@sluice/core/connector/run-preview';
import type { Batch, Position } from '@sluice/core/data/batch';
import type { Column, TableShape } from '@sluice/core/data/column';
import type { Json } from '@sluice/core/data/json';
import type { Slice } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { comparingRefusal } from '../jdbc/foreign-rows.ts';
import { bracketed } from '../jdbc/predicate-proof.ts';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import { BatchQueue } from './batch-queue.ts';
import { findRelation, type Relation, shapeOf } from './catalog.ts';
import { PgComparer } from './comparer.ts';
import { proveCondition } from './condition.ts';
import { type CopiedSelect, copyOut, ROWS_BATCH_ROWS_MAX, selectList } from './copy-out.ts';
import { type Cut, cutCondition, cutFromJson, cutLabel, fromClause } from './cuts.ts';
import { translateError } from './errors.ts';
import { binaryCast, heldOddValues } from './pairing.ts';
import { readingRights } from './rights.ts';
import type { PgSession } from './session.ts';
import type { PgSessions } from './sessions.ts';
import { PgSnapshots } from './snapshots.ts';
import { previewSelects, withinLook } from './source-preview.ts';
import { splitTable } from './split-table.ts';
import { PgWatermarks } from './watermarks.ts';

/** Reads one table, view or partitioned table by COPY TO STDOUT. */
export class PgSource implements Source {
  readonly snapshots: PgSnapshots;
  readonly watermarks: PgWatermarks;
  readonly comparer: PgComparer;
  readonly #sessions: PgSessions;
  readonly #options: SqlSourceOptions;
  readonly #batchRowsMax: number;
  readonly #log: (line: string) => void;
  readonly #tableText: string;
  /** The table as slices of a snapshot see it, all of them; null before the first of them. */
  #seen: { readonly snapshotId: string; readonly relation: Relation } | null = null;

  constructor(
    sessions: PgSessions,
    options: SqlSourceOptions,
    batchRowsMax: number | null,
    log: (line: string) => void,
  ) {
    this.#sessions = sessions;
    this.#log = log;
    this.#options = options;
    this.#batchRowsMax = Math.min(batchRowsMax ?? ROWS_BATCH_ROWS_MAX, ROWS_BATCH_ROWS_MAX);
    this.#tableText = `${options.schema}.${options.table}`;
    const table = { schema: options.schema, table: options.table };
    this.snapshots = new PgSnapshots(sessions, table);
    this.watermarks = new PgWatermarks(
      sessions,
      options,
      (where) => new PgSource(sessions, { ...options, where }, batchRowsMax, log),
    );
    this.comparer = new PgComparer({
      sessions,
      table,
      where: options.where,
      withoutNullsOf: options.readsNullPartition ? null : options.partitionColumn,
      snapshots: this.snapshots,
      foreignRows: 'others',
      refusal: comparingRefusal(options),
    });
  }

  async describe(): Promise<TableShape> {
    return this.#sessions.withControl(async (session) => {
      try {
        return shapeOf(await this.#relation(session), this.#options.columns);
      } catch (error) {
        throw translateError(error, 'metadata', this.#tableText);
      }
    });
  }

  offer(shape: TableShape, columns: readonly Column[]): SourceOffer {
    return {
      columns,
      primaryKey: shape.primaryKey,
      forms: ['pgcopy-binary', 'rows'],
      sendAs: (_form, column, wireType) => binaryCast(column.native, wireType),
      oddValues: heldOddValues,
    };
  }

  async split(_shape: TableShape, sliceCountHint: number): Promise<readonly Slice[]> {
    return this.#sessions.withControl(async (session) => {
      try {
        // READ ONLY for the sake of the job's condition, which may call anything.
        await session.query('BEGIN READ ONLY');
        const relation = await this.#relation(session);
        if (this.#options.where !== null) await proveCondition(session, relation.name, this.#options.where);
        const tools = { session, options: this.#options, log: this.#log };
        const cuts = await splitTable(tools, relation, sliceCountHint);
        await session.query('COMMIT');
        return cuts.map((cut, no) => ({
          no,
          cut: cut as unknown as Json,
          label: cutLabel(cut),
          rowsEstimate:
            relation.rowsEstimate === null ? null : Math.ceil(relation.rowsEstimate / cuts.length),
        }));
      } catch (error) {
        if (session.lost() === null) await session.query('ROLLBACK');
        throw translateError(error, 'metadata', this.#tableText);
      }
    });
  }

  async preview(slices: readonly Slice[], projection: Projection): Promise<SourcePreview> {
    return this.#sessions.withControl(async (session) => {
      try {
        return await withinLook(session, async () => {
          const relation = await this.#relation(session);
          const { where } = this.#options;
          if (where !== null) await proveCondition(session, relation.name, where);
          const names = projection.columns.map(({ name }) => name);
          const rights = await readingRights(session, relation, names);
          const reads = slices.map((slice) => {
            const { sql } = this.#statement(relation, cutFromJson(slice.cut), projection);
            return { select: sql, rowsEstimate: slice.rowsEstimate };
          });
          return { rights, slices: await previewSelects(session, reads, projection.form, relation, rights) };
        });
      } catch (error) {
        throw translateError(error, 'metadata', this.#tableText);
      }
    });
  }

  async #relation(session: PgSession): Promise<Relation> {
    const relation = await findRelation(session, {
      schema: this.#options.schema,
      table: this.#options.table,
    });
    if (relation === null) throw new SluiceError('Cdm.0900', { table: this.#tableText });
    return relation;
  }

  async *read(
    slice: Slice,
    projection: Projection,
    after: Position | null,
    snapshot: Snapshot | null = null,
  ): AsyncIterable<Batch> {
    // A slice is one statement and has no order: it is read again from its start. No position was ever given out.
    if (after !== null) throw new Error('a slice of PostgreSQL cannot be entered behind a position');
    const cut = cutFromJson(slice.cut);
    const session = await this.#sessions.openData();
    const queue = new BatchQueue<Batch>(session, (batch) => {
      if (batch.form === 'pgcopy-binary') session.giveBack(batch.bytes);
    });
    try {
      try {
        // READ ONLY also holds for whatever the job's condition may call.
        if (snapshot === null) await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        else await this.snapshots.enter(session, snapshot);
        const relation = await this.#relationOf(session, cut, snapshot);
        const statement = this.#statement(relation, cut, projection);
        copyOut(session, statement, projection, queue, this.#batchRowsMax);
        yield* queue.drain();
        if (snapshot === null) await session.query('COMMIT');
        else await this.snapshots.leave(session, snapshot);
      } catch (error) {
        throw translateError(error, 'extract', this.#tableText);
      }
    } finally {
      this.#sessions.release(session);
    }
  }

  /** The table, and the proof of the condition. Under a snapshot once: each of its slices proves that the table is the same. */
  async #relationOf(session: PgSession, cut: Cut, snapshot: Snapshot | null): Promise<Relation> {
    if (snapshot !== null && this.#seen?.snapshotId === snapshot.id) return this.#seen.relation;
    if (this.#options.where !== null) await proveCondition(session, cut.table, this.#options.where);
    const relation = await this.#relation(session);
    this.#seen = snapshot === null ? null : { snapshotId: snapshot.id, relation };
    return relation;
  }

  /** The SELECT inside the COPY, with the casts that the sink asked for. */
  #statement(relation: Relation, cut: Cut, projection: Projection): CopiedSelect {
    const { list, types } = selectList(relation.columns, projection, `table ${this.#tableText}`);
    const conditions = [
      cutCondition(cut),
      this.#options.where === null ? null : bracketed(this.#options.where),
    ].filter((c) => c !== null);
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    return { sql: `SELECT ${list} ${fromClause(cut)}${where}`, types };
  }
}
