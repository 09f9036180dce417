import type { Source, Watermarks } from '@sluice/core/connector/contract';
import type { NeutralType } from '@sluice/core/data/column';
import type { ReadWindow, WatermarkColumn } from '@sluice/core/data/read-window';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { bracketed } from '../jdbc/predicate-proof.ts';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import { lowerCondition, narrowed, windowCondition } from '../jdbc/window-condition.ts';
import { findRelation, requireColumn, type TableName } from './catalog.ts';
import { proveCondition } from './condition.ts';
import { translateError } from './errors.ts';
import { quoteName, quoteTable, quoteText } from './quote.ts';
import type { PgSession } from './session.ts';
import type { PgSessions } from './sessions.ts';

/** numeric has infinities since then; before, NaN is its only value beyond all numbers. */
const NUMERIC_INFINITY_SINCE = 140_000;

/** Columns of PostgreSQL that grow. */
export class PgWatermarks implements Watermarks {
  readonly #sessions: PgSessions;
  readonly #options: SqlSourceOptions;
  readonly #narrow: (where: string) => Source;

  /** @param narrow makes the same source with another condition, which is proved. */
  constructor(sessions: PgSessions, options: SqlSourceOptions, narrow: (where: string) => Source) {
    this.#sessions = sessions;
    this.#options = options;
    this.#narrow = narrow;
  }

  async describe(name: string): Promise<WatermarkColumn> {
    return await this.#reading(async (session) => {
      const relation = await findRelation(session, this.#table);
      if (relation === null) throw new SluiceError('Cdm.0900', { table: this.#tableText });
      const column = requireColumn(relation, name);
      // By itself: a condition that is one expression cannot reach what is put behind it.
      if (this.#options.where !== null) await proveCondition(session, relation.name, this.#options.where);
      const { rows } = await session.query(
        'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint',
      );
      const isUnique = relation.primaryKey.length === 1 && relation.primaryKey[0] === column.name;
      return { column, isUnique, now: Number(rows[0]?.[0]) };
    });
  }

  async highest(window: ReadWindow): Promise<string | null> {
    const column = quoteName(window.column);
    return await this.#reading(async (session) => {
      const conditions = [finiteCondition(window.type, column, session.serverVersion)];
      if (window.from !== null) conditions.push(lowerCondition(window.from, column, literalOf(window)));
      if (this.#options.where !== null) conditions.push(bracketed(this.#options.where));
      const chosen = conditions.filter((condition) => condition !== null).join(' AND ');
      const { rows } = await session.query(
        `SELECT max(${column})::text FROM ${quoteTable(this.#table)}${chosen === '' ? '' : ` WHERE ${chosen}`}`,
      );
      return rows[0]?.[0] ?? null;
    });
  }

  within(window: ReadWindow): Source {
    const ours = windowCondition(window, quoteName(window.column), literalOf(window));
    return this.#narrow(narrowed(this.#options.where, ours));
  }

  get #table(): TableName {
    return { schema: this.#options.schema, table: this.#options.table };
  }

  get #tableText(): string {
    return `${this.#options.schema}.${this.#options.table}`;
  }

  /** READ ONLY for the sake of the job's condition, which may call anything. */
  async #reading<T>(work: (session: PgSession) => Promise<T>): Promise<T> {
    return await this.#sessions.withControl(async (session) => {
      try {
        await session.query('BEGIN READ ONLY');
        const result = await work(session);
        await session.query('COMMIT');
        return result;
      } catch (error) {
        if (session.lost() === null) await session.query('ROLLBACK');
        throw translateError(error, 'metadata', this.#tableText);
      }
    });
  }
}

function literalOf({ native }: ReadWindow): (value: string) => string {
  return (value) => `${quoteText(value)}::${native}`;
}

/** Leaves out what is beyond all numbers and times, with a comparison that an index can answer. */
function finiteCondition(type: NeutralType, column: string, serverVersion: number): string | null {
  switch (type.kind) {
    case 'date':
    case 'timestamp':
      return `${column} < 'infinity'`;
    case 'decimal':
      return serverVersion >= NUMERIC_INFINITY_SINCE ? `${column} < 'Infinity'` : `${column} < 'NaN'`;
    default:
      return null;
  }
}
