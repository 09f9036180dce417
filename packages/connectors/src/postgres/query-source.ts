import type { Projection, Snapshot, Source, SourceOffer } from '@sluice/core/connector/contract';
import type { SourcePreview } from '@sluice/core/connector/run-preview';
import type { Batch, Position } from '@sluice/core/data/batch';
import type { Column, TableShape } from '@sluice/core/data/column';
import type { Slice } from '@sluice/core/data/slice';
import { bracketed } from '../jdbc/predicate-proof.ts';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import { BatchQueue } from './batch-queue.ts';
import { type CopiedSelect, copyOut, ROWS_BATCH_ROWS_MAX, selectList } from './copy-out.ts';
import { type DescribedQuery, describeQuery, QUERY_NAME, queryShape } from './described-query.ts';
import { translateError } from './errors.ts';
import { binaryCast, heldOddValues } from './pairing.ts';
import type { PgSession } from './session.ts';
import type { PgSessions } from './sessions.ts';
import { previewSelects, withinLook } from './source-preview.ts';

/**
 * Reads the result of a user's query, as one slice: one statement, which sees one moment. The query is proved again in the
 * transaction that reads it. Every transaction is READ ONLY and rolled back, so that settings which a function in it may
 * change end with it.
 */
export class PgQuerySource implements Source {
  readonly #sessions: PgSessions;
  readonly #options: SqlSourceOptions;
  readonly #query: string;
  readonly #batchRowsMax: number;

  constructor(sessions: PgSessions, options: SqlSourceOptions, query: string, batchRowsMax: number | null) {
    this.#sessions = sessions;
    this.#options = options;
    this.#query = query;
    this.#batchRowsMax = Math.min(batchRowsMax ?? ROWS_BATCH_ROWS_MAX, ROWS_BATCH_ROWS_MAX);
  }

  async describe(): Promise<TableShape> {
    return this.#sessions.withControl(async (session) => {
      try {
        await session.query('BEGIN READ ONLY');
        return queryShape(await this.#described(session), this.#options.columns);
      } catch (error) {
        throw translateError(error, 'metadata', QUERY_NAME);
      } finally {
        if (session.lost() === null) await session.query('ROLLBACK');
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

  async split(shape: TableShape): Promise<readonly Slice[]> {
    const label = 'the result of the SQL statement';
    return [{ no: 0, cut: { kind: 'query' }, label, rowsEstimate: shape.rowsEstimate }];
  }

  async *read(
    _slice: Slice,
    projection: Projection,
    after: Position | null,
    _snapshot: Snapshot | null = null,
  ): AsyncIterable<Batch> {
    if (after !== null) throw new Error('a result cannot be entered behind a position');
    const session = await this.#sessions.openData();
    const queue = new BatchQueue<Batch>(session, (batch) => {
      if (batch.form === 'pgcopy-binary') session.giveBack(batch.bytes);
    });
    try {
      try {
        await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        const statement = this.#statement(await this.#described(session), projection);
        copyOut(session, statement, projection, queue, this.#batchRowsMax);
        yield* queue.drain();
        await session.query('ROLLBACK');
      } catch (error) {
        throw translateError(error, 'extract', QUERY_NAME);
      }
    } finally {
      this.#sessions.release(session);
    }
  }

  async preview(slices: readonly Slice[], projection: Projection): Promise<SourcePreview> {
    return this.#sessions.withControl(async (session) => {
      try {
        return await withinLook(session, async () => {
          const described = await this.#described(session);
          const { sql } = this.#statement(described, projection);
          const reads = slices.map(({ rowsEstimate }) => ({ select: sql, rowsEstimate }));
          // To begin it, as the proof did, takes all the rights that it needs.
          return { rights: [], slices: await previewSelects(session, reads, projection.form, null, []) };
        });
      } catch (error) {
        throw translateError(error, 'metadata', QUERY_NAME);
      }
    });
  }

  /** The SELECT inside the COPY, with the casts that the sink asked for. */
  #statement({ table, columns }: DescribedQuery, projection: Projection): CopiedSelect {
    const { list, types } = selectList(columns, projection, 'the result of the SQL statement');
    const { where } = this.#options;
    const filter = where === null ? '' : ` WHERE ${bracketed(where)}`;
    return { sql: `SELECT ${list} FROM ${table}${filter}`, types };
  }

  #described(session: PgSession): Promise<DescribedQuery> {
    return describeQuery(session, this.#query, this.#options.where);
  }
}
