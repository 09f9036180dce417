import type { Host } from '@sluice/core/connector/contract';
import type {
  CheckPurpose,
  CheckStage,
  Inspector,
  ListPage,
  NameList,
  Preview,
  PreviewLimits,
  TableEntry,
  TableRef,
} from '@sluice/core/connector/inspection';
import type { TableShape } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { previewValue, RowBudget, rowsPerFetch } from '../jdbc/preview-rows.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { isStageName } from '../jdbc/stage-name.ts';
import { type CatalogTable, requireTable } from './catalog.ts';
import { CHECKPOINT_TABLE_PREFIX } from './checkpoint-table.ts';
import type { BindValue, DriverRow } from './driver.ts';
import { quoteName, quoteTable } from './names.ts';
import { expressionOf, moment, plainNumber } from './select-list.ts';
import { openSession, type Session } from './session.ts';
import { familyOf } from './types.ts';

/** Rights to make a table: the first in the user's own schema only. */
const creationRights = ['CREATE TABLE', 'CREATE ANY TABLE'] as const;

/** Looks at an Oracle server by the views that every user may read. */
export class OracleInspector implements Inspector {
  readonly #link: SqlLink;
  readonly #host: Host;

  constructor(link: SqlLink, host: Host) {
    this.#link = link;
    this.#host = host;
  }

  stages({ isDestination }: CheckPurpose): readonly CheckStage[] {
    const tls: readonly CheckStage[] = this.#link.tls === null ? [] : ['tls'];
    return ['name', 'tcp', ...tls, 'login', 'read', ...(isDestination ? (['create'] as const) : [])];
  }

  async walk({ isDestination, schema }: CheckPurpose, passed: (stage: CheckStage) => void): Promise<void> {
    const session = await openSession(this.#link, null, this.#host, passed);
    try {
      passed('login');
      await session.rows(
        'SELECT COUNT(*) FROM ALL_TAB_COLUMNS WHERE 1 = 0',
        [],
        'metadata',
        this.#link.database,
      );
      passed('read');
      if (!isDestination) return;
      await this.#proveCreation(session, schema);
      passed('create');
    } finally {
      await session.close();
    }
  }

  /** By the user's rights: Oracle would make a table in order to say whether it could be made. */
  async #proveCreation(session: Session, schema: string | null): Promise<void> {
    const rows = await session.rows(
      `SELECT PRIVILEGE, USER FROM SESSION_PRIVS WHERE PRIVILEGE IN ('CREATE TABLE', 'CREATE ANY TABLE')`,
      [],
      'metadata',
      this.#link.database,
    );
    const held = new Set(rows.map(([privilege]) => String(privilege)));
    const own = rows[0]?.[1] ?? null;
    const isOwn = schema === null || own === null || schema.toUpperCase() === String(own).toUpperCase();
    const [inOwn, anywhere] = creationRights;
    if (held.has(anywhere) || (isOwn && held.has(inOwn))) return;
    throw new SluiceError('Cdm.0063', {
      table: schema ?? this.#link.user,
      cause: `the user has not the right ${isOwn ? inOwn : anywhere}`,
    });
  }

  async schemas(page: ListPage): Promise<NameList<string>> {
    const from = `FROM ALL_USERS WHERE ORACLE_MAINTAINED = 'N' AND (:1 IS NULL OR INSTR(USERNAME, :2) > 0)`;
    return await this.#with(async (session) => {
      const rows = await this.#page(
        session,
        `SELECT USERNAME ${from} ORDER BY USERNAME`,
        filterOf(page),
        page,
      );
      return {
        entries: rows.map(([name]) => String(name)),
        total: await this.#count(session, from, filterOf(page)),
      };
    });
  }

  async tables(schema: string, page: ListPage): Promise<NameList<TableEntry>> {
    const from = `FROM (SELECT TABLE_NAME N, 'T' K, NUM_ROWS R FROM ALL_TABLES WHERE OWNER = :1 AND NESTED = 'NO' AND SECONDARY = 'N'
  UNION ALL SELECT VIEW_NAME N, 'V' K, NULL R FROM ALL_VIEWS WHERE OWNER = :2) WHERE (:3 IS NULL OR INSTR(N, :4) > 0)`;
    return await this.#with(async (session) => {
      const binds = [schema, schema, ...filterOf(page)];
      const rows = await this.#page(session, `SELECT N, K, R ${from} ORDER BY N`, binds, page);
      const entries = rows.map(
        ([name, kind, estimate]): TableEntry => ({
          name: String(name),
          kind: kindOf(String(name), String(kind)),
          rowsEstimate: estimate === null || estimate === undefined ? null : Number(estimate),
        }),
      );
      return { entries, total: await this.#count(session, from, binds) };
    });
  }

  async describe({ schema, table }: TableRef): Promise<TableShape> {
    return await this.#with(async (session) => (await requireTable(session, schema, table)).shape);
  }

  async preview({ schema, table }: TableRef, limits: PreviewLimits): Promise<Preview> {
    return await this.#with(async (session) => {
      const found = await requireTable(session, schema, table);
      const { shape } = found;
      const list = shape.columns.map((_, at) => shownAs(found, at, limits.valueCharsMax));
      const budget = new RowBudget(limits);
      const from = quoteTable(shape.schema, shape.table);
      const sql = `SELECT ${list.join(', ')} FROM ${from} WHERE ROWNUM <= ${limits.rowsMax + 1}`;
      const perFetch = rowsPerFetch(shape.columns.length, limits);
      const timer = setTimeout(() => session.destroy(), limits.timeLimitMs);
      try {
        const cursor = await session.open(sql, [], perFetch, `${shape.schema}.${shape.table}`);
        let isMore = true;
        while (isMore) {
          const rows = await cursor.next(perFetch);
          isMore = rows.length > 0 && rows.every((row) => budget.take(shown(found, row, limits)));
        }
      } finally {
        clearTimeout(timer);
      }
      budget.end();
      return budget.preview(shape.columns);
    });
  }

  async #with<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await openSession(this.#link, null, this.#host);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  #page(
    session: Session,
    sql: string,
    binds: readonly BindValue[],
    { limit, offset }: ListPage,
  ): Promise<readonly DriverRow[]> {
    const paged = `${sql} OFFSET ${offset} ROWS FETCH NEXT ${limit} ROWS ONLY`;
    return session.rows(paged, binds, 'metadata', this.#link.database);
  }

  async #count(session: Session, from: string, binds: readonly BindValue[]): Promise<number> {
    const [row] = await session.rows(`SELECT COUNT(*) ${from}`, binds, 'metadata', this.#link.database);
    return Number(row?.[0] ?? 0);
  }
}

/** Twice: Oracle's drivers bind by place. An empty text is null, which means all. */
function filterOf({ filter }: ListPage): readonly BindValue[] {
  return [filter === '' ? null : filter, filter === '' ? null : filter];
}

/** A column as text, one character or byte longer than what is shown; what has no text form here as what it is. */
function shownAs(table: CatalogTable, at: number, charsMax: number): string {
  const column = table.shape.columns[at];
  const native = table.native[at];
  if (column === undefined || native === undefined) throw new RangeError(`no column ${at}`);
  const family = familyOf(native);
  const quoted = quoteName(column.name);
  switch (family) {
    case 'raw':
      return quoted;
    case 'blob':
      return `DBMS_LOB.SUBSTR(${quoted}, ${Math.min(charsMax + 1, 2000)}, 1)`;
    case 'clob':
    case 'nclob':
      return `DBMS_LOB.SUBSTR(${quoted}, ${Math.min(charsMax + 1, 1000)}, 1)`;
    case 'unknown':
    case 'long':
    case 'longRaw':
    case 'xml':
    case 'json':
      return `'(${column.native.replaceAll("'", "''")})'`;
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
      return `SUBSTR(${quoted}, 1, ${charsMax + 1})`;
    default:
      return expressionOf(family, quoted, native) ?? `'?'`;
  }
}

function shown(table: CatalogTable, row: DriverRow, limits: PreviewLimits) {
  return table.shape.columns.map(({ type }, at) => {
    const value = row[at] ?? null;
    if (value === null) return previewValue(type, null, limits);
    if (value instanceof Uint8Array) return previewValue(type, Buffer.from(value).toString('base64'), limits);
    const text = String(value);
    if (type.kind === 'timestamp') return previewValue(type, moment(text, type.zoned ? '+00' : ''), limits);
    const isNumber = type.kind === 'integer' || type.kind === 'decimal';
    if (type.kind === 'binary') return previewValue({ kind: 'other' }, text, limits);
    return previewValue(type, isNumber ? plainNumber(text) : text, limits);
  });
}

function kindOf(name: string, kind: string): TableEntry['kind'] {
  if (name.startsWith(CHECKPOINT_TABLE_PREFIX) || isStageName(name)) return 'other';
  return kind === 'V' ? 'view' : 'table';
}
