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
import type { Column, TableShape } from '@sluice/core/data/column';
import { previewValue, RowBudget } from '../jdbc/preview-rows.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { isStageName } from '../jdbc/stage-name.ts';
import { requireTable } from './catalog.ts';
import { CHECKPOINT_TABLE_PREFIX } from './checkpoint-table.ts';
import { mysqlError } from './errors.ts';
import { quoteName, quoteTable, quoteText } from './names.ts';
import { openSession, type Row, type Session } from './session.ts';
import { isSpatial } from './types.ts';

/** Databases of the server itself. */
const SERVER_SCHEMAS = "('information_schema', 'mysql', 'performance_schema', 'sys')";
/** Longest wait for somebody's lock on a table that is looked at, in seconds. */
const LOCK_TIMEOUT_S = 3;
/** Never made: the server is asked whether it could be. */
const PROBE_TABLE = 'sluice_rights_probe';

/** Looks at a MySQL or MariaDB server by its catalog, and at tables in transactions that cannot write. */
export class MysqlInspector implements Inspector {
  readonly #link: SqlLink;
  readonly #host: Host;
  readonly #tinyIntIsBoolean: boolean;

  constructor(link: SqlLink, host: Host, tinyIntIsBoolean: boolean) {
    this.#link = link;
    this.#host = host;
    this.#tinyIntIsBoolean = tinyIntIsBoolean;
  }

  stages({ isDestination }: CheckPurpose): readonly CheckStage[] {
    const tls: readonly CheckStage[] = this.#link.tls === null ? [] : ['tls'];
    return ['name', 'tcp', ...tls, 'login', 'read', ...(isDestination ? (['create'] as const) : [])];
  }

  async walk({ isDestination, schema }: CheckPurpose, passed: (stage: CheckStage) => void): Promise<void> {
    const { database } = this.#link;
    const session = await openSession(this.#link, 'read', database, this.#host, passed);
    try {
      passed('login');
      await session.rows('SELECT COUNT(*) FROM information_schema.TABLES WHERE 1 = 0', 'metadata', database);
      passed('read');
    } finally {
      await session.close();
    }
    if (!isDestination) return;
    await this.#with('write', async (writing) => {
      // The server looks at the rights when it prepares the statement; nothing runs it.
      const table = quoteTable(schema ?? database, PROBE_TABLE);
      await writing.parse(`CREATE TABLE ${table} (id INT)`, 'create', schema ?? database);
    });
    passed('create');
  }

  async schemas(page: ListPage): Promise<NameList<string>> {
    const from = `FROM information_schema.SCHEMATA
      WHERE SCHEMA_NAME NOT IN ${SERVER_SCHEMAS} AND INSTR(SCHEMA_NAME, ${quoteText(page.filter)}) > 0`;
    return await this.#with('read', async (session) => {
      const rows = await this.#page(session, `SELECT SCHEMA_NAME ${from} ORDER BY SCHEMA_NAME`, page);
      return { entries: rows.map(([name]) => String(name)), total: await this.#count(session, from) };
    });
  }

  async tables(schema: string, page: ListPage): Promise<NameList<TableEntry>> {
    const from = `FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = ${quoteText(schema)} AND INSTR(TABLE_NAME, ${quoteText(page.filter)}) > 0`;
    return await this.#with('read', async (session) => {
      const facts = 'TABLE_NAME, TABLE_TYPE, TABLE_ROWS';
      const rows = await this.#page(session, `SELECT ${facts} ${from} ORDER BY TABLE_NAME`, page);
      const [place] = await session.rows(
        `SELECT ${quoteText(schema)} IN ${SERVER_SCHEMAS}, @@lower_case_table_names`,
        'metadata',
        schema,
      );
      const [isOfServer, folding] = (place ?? []).map(Number);
      const entries = rows.map(([name, type, estimate]) => ({
        name: String(name),
        kind: isOfServer === 1 ? 'other' : kindOf(String(name), String(type)),
        rowsEstimate: estimate === null || estimate === undefined ? null : Number(estimate),
      })) satisfies TableEntry[];
      const total = await this.#count(session, from);
      return { entries, total, ...(folding === 0 ? {} : { ignoresCase: true }) };
    });
  }

  async describe({ schema, table }: TableRef): Promise<TableShape> {
    return await this.#with('read', async (session) => {
      return (await requireTable(session, schema, table, this.#tinyIntIsBoolean)).shape;
    });
  }

  async preview({ schema, table }: TableRef, limits: PreviewLimits): Promise<Preview> {
    return await this.#with('read', async (session) => {
      const { shape, native } = await requireTable(session, schema, table, this.#tinyIntIsBoolean);
      await session.run(`SET SESSION ${timeLimits(session, limits)}`, 'metadata', table);
      const values = shape.columns.map((column, at) => {
        return shownAs(column, native[at]?.dataType ?? '', limits.valueCharsMax);
      });
      const sql = `SELECT ${values.join(', ')} FROM ${quoteTable(schema, table)} LIMIT ${limits.rowsMax + 1}`;
      const budget = new RowBudget(limits);
      await readRows(session, sql, `${schema}.${table}`, (row) => {
        const taken = shape.columns.map((column, at) => {
          const cell = row[at] ?? null;
          return previewValue(column.type, cell === null ? null : String(cell), limits);
        });
        return budget.take(taken);
      });
      budget.end();
      return budget.preview(shape.columns);
    });
  }

  async #with<T>(role: 'read' | 'write', work: (session: Session) => Promise<T>): Promise<T> {
    const session = await openSession(this.#link, role, this.#link.database, this.#host);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  #page(session: Session, sql: string, { limit, offset }: ListPage): Promise<readonly Row[]> {
    return session.rows(`${sql} LIMIT ${limit} OFFSET ${offset}`, 'metadata', this.#link.database);
  }

  async #count(session: Session, from: string): Promise<number> {
    const [row] = await session.rows(`SELECT COUNT(*) ${from}`, 'metadata', this.#link.database);
    return Number(row?.[0] ?? 0);
  }
}

/** The server's own limits on one statement, which the two products name and count differently. */
function timeLimits(session: Session, { timeLimitMs }: PreviewLimits): string {
  const statement = session.isMariaDb
    ? `max_statement_time = ${timeLimitMs / 1000}`
    : `max_execution_time = ${timeLimitMs}`;
  return `${statement}, lock_wait_timeout = ${LOCK_TIMEOUT_S}`;
}

/** Reads rows one by one until `take` has enough; then the session ends with the rest unread. */
function readRows(session: Session, sql: string, target: string, take: (row: Row) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = session.native.query({ sql, rowsAsArray: true });
    let isEnough = false;
    const onClose = () => reject(mysqlError(new Error('the session is in closed state'), 'read', target));
    const settle = (end: () => void) => {
      session.socket.removeListener('close', onClose);
      end();
    };
    session.socket.once('close', onClose);
    query.on('error', (error) =>
      settle(() => (isEnough ? resolve() : reject(mysqlError(error, 'read', target)))),
    );
    query.on('result', (row) => {
      if (isEnough || take(row as unknown as Row)) return;
      isEnough = true;
      settle(resolve);
      session.destroy();
    });
    query.on('end', () => settle(resolve));
  });
}

/** A column as text, one character or byte longer than what is shown; binary values in Base64, whose line ends do no harm. */
function shownAs(column: Column, dataType: string, charsMax: number): string {
  const name = quoteName(column.name);
  if (dataType === 'bit') return `BIN(${name})`;
  if (column.type.kind === 'binary') return `TO_BASE64(LEFT(CAST(${name} AS BINARY), ${charsMax + 1}))`;
  const text = isSpatial(dataType) ? `ST_AsText(${name})` : `CAST(${name} AS CHAR)`;
  return `LEFT(${text}, ${charsMax + 1})`;
}

function kindOf(name: string, type: string): TableEntry['kind'] {
  if (name.startsWith(CHECKPOINT_TABLE_PREFIX) || isStageName(name)) return 'other';
  if (type.includes('VIEW')) return 'view';
  return type.endsWith('TABLE') || type.startsWith('SYSTEM VERSIONED') ? 'table' : 'other';
}
