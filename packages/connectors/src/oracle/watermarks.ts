import type { Source, Watermarks } from '@sluice/core/connector/contract';
import type { ReadWindow, WatermarkColumn } from '@sluice/core/data/read-window';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { lowerCondition, narrowed, windowCondition } from '../jdbc/window-condition.ts';
import type { CatalogTable } from './catalog.ts';
import { provenTableCondition } from './condition.ts';
import { findName, quoteName, quoteTable } from './names.ts';
import { expressionOf, moment, momentFormatOf, plainNumber } from './select-list.ts';
import type { Session } from './session.ts';
import type { Sessions } from './session-pool.ts';
import { familyOf } from './types.ts';

export interface OracleWatermarkTools {
  readonly sessions: Sessions;
  readonly where: string | null;
  table(session: Session): Promise<CatalogTable>;
  /** Makes the same source with another condition, which is proved. */
  readonly narrow: (where: string) => Source;
}

/** Columns of Oracle that grow. */
export class OracleWatermarks implements Watermarks {
  readonly #tools: OracleWatermarkTools;

  constructor(tools: OracleWatermarkTools) {
    this.#tools = tools;
  }

  async describe(name: string): Promise<WatermarkColumn> {
    return await this.#reading(async (session, table) => {
      const { shape } = table;
      const at = findName(
        shape.columns.map((each) => each.name),
        name,
      );
      const column = shape.columns[at];
      if (column === undefined)
        throw new SluiceError('Cdm.0903', {
          cause: `table ${shape.schema}.${shape.table} has no column ${name}`,
        });
      // By itself: a condition that is one expression cannot reach what is put behind it.
      if (this.#tools.where !== null)
        await provenTableCondition(session, shape.schema, shape.table, this.#tools.where);
      const [row] = await session.rows(
        `SELECT TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), 'YYYY-MM-DD"T"HH24:MI:SS.FF3') FROM DUAL`,
        [],
        'read',
        shape.table,
      );
      const isUnique = shape.primaryKey.length === 1 && shape.primaryKey[0] === column.name;
      return { column, isUnique, now: Date.parse(`${row?.[0]}Z`) };
    });
  }

  async highest(window: ReadWindow): Promise<string | null> {
    const column = quoteName(window.column);
    return await this.#reading(async (session, table) => {
      const { schema, table: name } = table.shape;
      const native = table.native[table.shape.columns.findIndex((each) => each.name === window.column)];
      if (native === undefined) throw new SluiceError('Cdm.0903', { cause: `no column ${window.column}` });
      const conditions = [
        ...(window.from === null ? [] : [lowerCondition(window.from, column, literalOf(window))]),
        ...(this.#tools.where === null
          ? []
          : [await provenTableCondition(session, schema, name, this.#tools.where)]),
      ];
      const chosen = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
      const shown = expressionOf(familyOf(native), `MAX(${column})`, native);
      const [row] = await session.rows(
        `SELECT ${shown} FROM ${quoteTable(schema, name)}${chosen}`,
        [],
        'read',
        `${schema}.${name}`,
      );
      const highest = row?.[0] ?? null;
      if (highest === null) return null;
      const { type } = window;
      return type.kind === 'timestamp'
        ? moment(String(highest), type.zoned ? '+00' : '')
        : plainNumber(String(highest));
    });
  }

  within(window: ReadWindow): Source {
    // Oracle knows no FALSE before 23ai.
    const ours =
      window.to === null ? '1 = 0' : windowCondition(window, quoteName(window.column), literalOf(window));
    return this.#tools.narrow(narrowed(this.#tools.where, ours));
  }

  async #reading<T>(work: (session: Session, table: CatalogTable) => Promise<T>): Promise<T> {
    const first = await this.#tools.sessions.open(null);
    try {
      const table = await this.#tools.table(first);
      if (this.#tools.where === null) return await work(first, table);
      const session = await this.#tools.sessions.open(table.shape.schema);
      try {
        return await work(session, table);
      } finally {
        await session.close();
      }
    } finally {
      await first.close();
    }
  }
}

const numberForm = /^-?\d{1,40}(?:\.\d{1,130})?$/;
const momentForm = /^\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,9})?)?$/;

/** A value of a window as a literal of its column's type; whatever is not of its form is refused, for it comes from outside. */
function literalOf({ type }: ReadWindow): (value: string) => string {
  return (value) => {
    const text = value.replace(/\+00$/, '');
    if (type.kind === 'timestamp' && momentForm.test(text)) {
      const whole = text.includes(' ') ? text : `${text} 00:00:00`;
      const format = momentFormatOf(whole.includes('.') ? 9 : 0);
      const written = `TO_TIMESTAMP('${whole}', '${format}')`;
      return type.zoned ? `FROM_TZ(${written}, '+00:00')` : written;
    }
    if ((type.kind === 'integer' || type.kind === 'decimal') && numberForm.test(text)) return text;
    throw new SluiceError('Cdm.0233', { cause: `the stored ${type.kind} value of a window cannot be read` });
  };
}
