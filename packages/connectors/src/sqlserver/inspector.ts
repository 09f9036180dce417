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
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { previewValue, RowBudget } from '../jdbc/preview-rows.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { isStageName } from '../jdbc/stage-name.ts';
import { type CatalogColumn, requireTable } from './catalog.ts';
import { CHECKPOINT_TABLE_PREFIX } from './checkpoint-table.ts';
import { PREVIEW_LOCK_WAIT_MS } from './limits.ts';
import { quoteName, quoteTable } from './names.ts';
import { selectExpression } from './read-columns.ts';
import { openSession, type Parameters, type Row, type Session } from './session.ts';
import { unreadableReason } from './types.ts';

/** Schemas of the server itself, and of its fixed roles. */
const SERVER_SCHEMAS = "('sys', 'INFORMATION_SCHEMA', 'guest')";
/** `db_owner` and its kin have numbers from here on. */
const ROLE_SCHEMAS_FROM = 16_384;

/** Looks at a database by its catalogue, and at tables in transactions that are rolled back. */
export class SqlServerInspector implements Inspector {
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
    const { database } = this.#link;
    const session = await openSession(this.#link, 'read', this.#host, passed);
    try {
      passed('login');
      await session.rows(
        'SELECT COUNT(*) AS [tables] FROM sys.objects AS o WHERE 1 = 0',
        {},
        'metadata',
        database,
      );
      passed('read');
      if (!isDestination) return;
      await requireCreating(session, schema, database);
      passed('create');
    } finally {
      session.destroy();
    }
  }

  async schemas({ filter, offset, limit }: ListPage): Promise<NameList<string>> {
    const from = `FROM sys.schemas AS s
 WHERE s.name NOT IN ${SERVER_SCHEMAS} AND s.schema_id < ${ROLE_SCHEMAS_FROM} AND (@filter = N'' OR CHARINDEX(@filter, s.name) > 0)`;
    return await this.#with(async (session) => {
      const page = { filter, offset: String(offset), limit: String(limit) };
      const rows = await this.#list(session, `SELECT s.name ${from} ORDER BY s.name ${pageWords}`, page);
      const [count] = await this.#list(session, `SELECT COUNT(*) AS [total] ${from}`, { filter });
      return { entries: rows.map(([name]) => String(name)), total: Number(count?.[0] ?? 0) };
    });
  }

  async tables(schema: string, { filter, offset, limit }: ListPage): Promise<NameList<TableEntry>> {
    const from = `FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id
 WHERE s.name = @schema AND o.type IN ('U', 'V') AND (@filter = N'' OR CHARINDEX(@filter, o.name) > 0)`;
    const rowCount =
      '(SELECT SUM(p.rows) FROM sys.partitions AS p WHERE p.object_id = o.object_id AND p.index_id IN (0, 1))';
    return await this.#with(async (session) => {
      const named = { schema, filter };
      const rows = await this.#list(
        session,
        `SELECT o.name, RTRIM(o.type) AS [type], ${rowCount} AS [row_count], o.is_ms_shipped ${from} ORDER BY o.name ${pageWords}`,
        { ...named, offset: String(offset), limit: String(limit) },
      );
      const [count] = await this.#list(session, `SELECT COUNT(*) AS [total] ${from}`, named);
      const [place] = await this.#list(
        session,
        "SELECT CASE WHEN N'a' = N'A' THEN 1 ELSE 0 END AS [ignores_case]",
        {},
      );
      const entries = rows.map(([name, type, estimate, isOfServer]): TableEntry => {
        const isOurs = String(name).startsWith(CHECKPOINT_TABLE_PREFIX) || isStageName(String(name));
        const kind = isOurs || Number(isOfServer) === 1 ? 'other' : type === 'V' ? 'view' : 'table';
        const rowsEstimate =
          type === 'V' || estimate === null || estimate === undefined ? null : Number(estimate);
        return { name: String(name), kind, rowsEstimate };
      });
      const ignoresCase = Number(place?.[0]) === 1 ? { ignoresCase: true as const } : {};
      return { entries, total: Number(count?.[0] ?? 0), ...ignoresCase };
    });
  }

  async describe({ schema, table }: TableRef): Promise<TableShape> {
    return await this.#with(async (session) => (await requireTable(session, schema, table)).shape);
  }

  async preview({ schema, table }: TableRef, limits: PreviewLimits): Promise<Preview> {
    return await this.#with(async (session) => {
      const { shape, native } = await requireTable(session, schema, table);
      const target = `${schema}.${table}`;
      await session.run(`SET LOCK_TIMEOUT ${PREVIEW_LOCK_WAIT_MS}`, {}, 'metadata', target);
      await session.begin('READ COMMITTED', 'read', target);
      const values = shape.columns.map((column, at) => shownAs(column, native[at], limits.valueCharsMax, at));
      const sql = `SELECT TOP (${limits.rowsMax + 1}) ${values.join(', ')} FROM ${quoteTable(schema, table)}`;
      const budget = new RowBudget(limits);
      for (const row of await session.rows(sql, {}, 'read', target, limits.timeLimitMs)) {
        const taken = shape.columns.map((column, at) => {
          const cell = row[at] ?? null;
          // Binary values come as bytes, one more than is shown.
          const text = cell instanceof Uint8Array ? Buffer.from(cell).toString('base64') : cell;
          return previewValue(column.type, text === null ? null : String(text), limits);
        });
        if (!budget.take(taken)) break;
      }
      budget.end();
      return budget.preview(shape.columns);
    });
  }

  async #with<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await openSession(this.#link, 'read', this.#host);
    try {
      return await work(session);
    } finally {
      await session.rollback();
      session.destroy();
    }
  }

  #list(session: Session, sql: string, parameters: Parameters): Promise<readonly Row[]> {
    return session.rows(sql, parameters, 'metadata', this.#link.database);
  }
}

const pageWords = 'OFFSET CAST(@offset AS int) ROWS FETCH NEXT CAST(@limit AS int) ROWS ONLY';

/** Both rights are needed: to create tables at all, and to have them in the schema. */
async function requireCreating(session: Session, schema: string | null, database: string): Promise<void> {
  const [row] = await session.rows(
    `SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE') AS [may_create],
       CASE WHEN @schema = N'' OR SCHEMA_ID(@schema) IS NULL THEN 1 ELSE HAS_PERMS_BY_NAME(QUOTENAME(@schema), 'SCHEMA', 'ALTER') END AS [may_alter]`,
    { schema: schema ?? '' },
    'metadata',
    database,
  );
  if (Number(row?.[0]) === 1 && Number(row?.[1]) === 1) return;
  const cause =
    Number(row?.[0]) === 1
      ? `the account has no ALTER right on the schema ${schema}`
      : `the account has no CREATE TABLE right in the database ${database}`;
  throw new SluiceError('Cdm.0063', { table: schema ?? database, cause });
}

/** A column as text, one character longer than what is shown; binary values as bytes, one more likewise. */
function shownAs(column: Column, native: CatalogColumn | undefined, charsMax: number, at: number): string {
  const name = `[p${at}]`;
  if (native === undefined || unreadableReason(column.native) !== null)
    return `CAST(NULL AS nvarchar(1)) AS ${name}`;
  if (column.type.kind === 'binary')
    return `SUBSTRING(CAST(${quoteName(column.name)} AS varbinary(max)), 1, ${charsMax + 1}) AS ${name}`;
  const value = selectExpression(column, native);
  const text =
    column.type.kind === 'float'
      ? `CONVERT(nvarchar(40), ${value}, 3)`
      : `LEFT(CAST(${value} AS nvarchar(max)), ${charsMax + 1})`;
  return `${text} AS ${name}`;
}
