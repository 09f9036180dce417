import type { Source, Watermarks } from '@sluice/core/connector/contract';
import type { ReadWindow, WatermarkColumn } from '@sluice/core/data/read-window';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import { lowerCondition, narrowed, windowCondition } from '../jdbc/window-condition.ts';
import { requireTable } from './catalog.ts';
import { provenCondition } from './condition.ts';
import { quoteName, quoteTable } from './names.ts';
import { type KeyKind, literal } from './ranges.ts';
import type { Session } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { requireColumn } from './split-table.ts';

export interface MysqlWatermarkTools {
  readonly sessions: Sessions;
  readonly options: SqlSourceOptions;
  readonly tinyIntIsBoolean: boolean;
  /** Makes the same source with another condition, which is proved. */
  readonly narrow: (where: string) => Source;
}

/** Columns of MySQL and MariaDB that grow. */
export class MysqlWatermarks implements Watermarks {
  readonly #tools: MysqlWatermarkTools;

  constructor(tools: MysqlWatermarkTools) {
    this.#tools = tools;
  }

  async describe(name: string): Promise<WatermarkColumn> {
    const { options, tinyIntIsBoolean } = this.#tools;
    return await this.#reading(async (session) => {
      const table = await requireTable(session, options.schema, options.table, tinyIntIsBoolean);
      const { shape } = table;
      const column = requireColumn(table, name);
      // By itself: a condition that is one expression cannot reach what is put behind it.
      if (options.where !== null) {
        await provenCondition(session, options.schema, options.table, options.where);
      }
      const [row] = await session.rows(
        'SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)',
        'read',
        this.#tableText,
      );
      const isUnique = shape.primaryKey.length === 1 && shape.primaryKey[0] === column.name;
      return { column, isUnique, now: Number(row?.[0]) };
    });
  }

  async highest(window: ReadWindow): Promise<string | null> {
    const { schema, table, where } = this.#tools.options;
    const column = quoteName(window.column);
    return await this.#reading(async (session) => {
      const conditions = [
        ...(window.from === null ? [] : [lowerCondition(window.from, column, literalOf(window))]),
        ...(where === null ? [] : [await provenCondition(session, schema, table, where)]),
      ];
      const chosen = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
      const [row] = await session.rows(
        `SELECT CAST(MAX(${column}) AS CHAR) FROM ${quoteTable(schema, table)}${chosen}`,
        'read',
        this.#tableText,
      );
      const highest = row?.[0] ?? null;
      return highest === null ? null : String(highest);
    });
  }

  within(window: ReadWindow): Source {
    const ours = windowCondition(window, quoteName(window.column), literalOf(window));
    return this.#tools.narrow(narrowed(this.#tools.options.where, ours));
  }

  get #tableText(): string {
    return `${this.#tools.options.schema}.${this.#tools.options.table}`;
  }

  async #reading<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#tools.sessions.open('read', this.#tools.options.schema);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }
}

/** Sessions of ours are in UTC, where a TIMESTAMP is written without its zone. */
function literalOf({ type }: ReadWindow): (value: string) => string {
  return (value) => literal(type.kind as KeyKind, value.replace(/\+00$/, ''));
}
