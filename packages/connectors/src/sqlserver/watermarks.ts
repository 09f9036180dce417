import type { Source, Watermarks } from '@sluice/core/connector/contract';
import type { ReadWindow, WatermarkColumn } from '@sluice/core/data/read-window';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import { lowerCondition, narrowed, windowCondition } from '../jdbc/window-condition.ts';
import { requireTable } from './catalog.ts';
import { provenCondition } from './condition.ts';
import { quoteName, quoteTable } from './names.ts';
import { requireColumn } from './read-select.ts';
import type { Session } from './session.ts';
import type { Sessions } from './session-pool.ts';

export interface WatermarkTools {
  readonly sessions: Sessions;
  readonly options: SqlSourceOptions;
  /** Makes the same source with another condition, which is proved. */
  readonly narrow: (where: string) => Source;
}

/** There is no FALSE in T-SQL. */
const nothing = '1 = 0';

/** Columns that grow. */
export class SqlServerWatermarks implements Watermarks {
  readonly #tools: WatermarkTools;

  constructor(tools: WatermarkTools) {
    this.#tools = tools;
  }

  async describe(name: string): Promise<WatermarkColumn> {
    const { options } = this.#tools;
    return await this.#reading(async (session) => {
      const table = await requireTable(session, options.schema, options.table);
      const { shape } = table;
      const column = requireColumn(table, name);
      // By itself: a condition that is one expression cannot reach what is put behind it.
      if (options.where !== null)
        await provenCondition(session, options.schema, options.table, options.where);
      const [row] = await session.rows(
        "SELECT CONVERT(nvarchar(40), DATEDIFF_BIG(millisecond, '1970-01-01', SYSUTCDATETIME())) AS [now]",
        {},
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
        `SELECT ${printedMaximum(window, column)} AS [highest] FROM ${quoteTable(schema, table)}${chosen}`,
        {},
        'read',
        this.#tableText,
      );
      const highest = row?.[0] ?? null;
      if (highest === null) return null;
      return String(highest).replace(/ \+00:00$/, '+00');
    });
  }

  within(window: ReadWindow): Source {
    const ours =
      window.to === null ? nothing : windowCondition(window, quoteName(window.column), literalOf(window));
    return this.#tools.narrow(narrowed(this.#tools.options.where, ours));
  }

  get #tableText(): string {
    return `${this.#tools.options.schema}.${this.#tools.options.table}`;
  }

  async #reading<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#tools.sessions.open('read');
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }
}

function printedMaximum({ type }: ReadWindow, column: string): string {
  const highest = `MAX(${column})`;
  if (type.kind === 'timestamp' && type.zoned)
    return `CONVERT(nvarchar(40), SWITCHOFFSET(${highest}, '+00:00'), 121)`;
  return type.kind === 'timestamp' || type.kind === 'date'
    ? `CONVERT(nvarchar(40), ${highest}, 121)`
    : `CONVERT(nvarchar(60), ${highest})`;
}

/** Bounds come from the store and from users: what is not of the column's form is refused. */
function literalOf({ type, native }: ReadWindow): (value: string) => string {
  return (value) => {
    switch (type.kind) {
      case 'integer':
      case 'decimal':
        if (/^-?\d{1,38}(?:\.\d{1,38})?$/.test(value)) return value;
        break;
      case 'date':
      case 'timestamp':
        if (/^\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,7})?)?(?:\+00)?$/.test(value))
          return `CONVERT(${native}, '${value.replace(/\+00$/, ' +00:00')}', 121)`;
        break;
      default:
        break;
    }
    throw new SluiceError('Cdm.0233', { cause: `the bound ${value.slice(0, 64)} is no value of ${native}` });
  };
}
