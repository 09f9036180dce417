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
import { findRelation, shapeOf } from './catalog.ts';
import { CHECKPOINT_TABLE_PREFIX } from './checkpoint-table.ts';
import { type Phase, translateError } from './errors.ts';
import { quoteName, quoteTable } from './quote.ts';
import type { PgColumn } from './relation.ts';
import type { PgSession } from './session.ts';
import type { PgSessions } from './sessions.ts';

/** Schemas of users: neither the server's own nor those of sessions. */
const OWN_SCHEMAS = `n.nspname !~ '^pg_(toast|temp|catalog)' AND n.nspname <> 'information_schema'`;
/** Longest wait for somebody's lock on a table that is looked at, in milliseconds. */
const LOCK_TIMEOUT_MS = 3_000;
const TABLE_KINDS: Readonly<Record<string, TableEntry['kind']>> = {
  r: 'table',
  p: 'table',
  f: 'table',
  v: 'view',
  m: 'view',
};

/** Looks at a PostgreSQL server by its catalog, and at tables in transactions that cannot write. */
export class PgInspector implements Inspector {
  readonly #link: SqlLink;
  readonly #sessions: PgSessions;

  constructor(link: SqlLink, sessions: PgSessions) {
    this.#link = link;
    this.#sessions = sessions;
  }

  stages({ isDestination }: CheckPurpose): readonly CheckStage[] {
    const tls: readonly CheckStage[] = this.#link.tls === null ? [] : ['tls'];
    return ['name', 'tcp', ...tls, 'login', 'read', ...(isDestination ? (['create'] as const) : [])];
  }

  async walk(purpose: CheckPurpose, passed: (stage: CheckStage) => void): Promise<void> {
    await this.#ask('sign in', async () => undefined, passed);
    passed('login');
    await this.#ask('metadata', (session) => session.query('SELECT count(*) FROM pg_catalog.pg_class'));
    passed('read');
    if (!purpose.isDestination) return;
    await this.#ask('metadata', (session) => requireCreateRight(session, purpose.schema));
    passed('create');
  }

  async schemas(page: ListPage): Promise<NameList<string>> {
    return await this.#ask('metadata', async (session) => {
      const { rows } = await session.execute(
        `SELECT n.nspname, count(*) OVER () FROM pg_namespace n
          WHERE ${OWN_SCHEMAS} AND strpos(n.nspname, $1) > 0
          ORDER BY n.nspname COLLATE "C" LIMIT $2::bigint OFFSET $3::bigint`,
        pageValues(page),
      );
      const total = await totalOf(rows, page, async () => {
        const counted = await session.execute(
          `SELECT count(*) FROM pg_namespace n WHERE ${OWN_SCHEMAS} AND strpos(n.nspname, $1) > 0`,
          [page.filter],
        );
        return counted.rows;
      });
      return { entries: rows.map(([name]) => name ?? ''), total };
    });
  }

  async tables(schema: string, page: ListPage): Promise<NameList<TableEntry>> {
    const from = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname = $1 AND strpos(c.relname, $2) > 0`;
    return await this.#ask('metadata', async (session) => {
      const { rows } = await session.execute(
        `SELECT c.relname, count(*) OVER (), c.relkind, c.reltuples, ${session.isGauss ? 'false' : 'c.relispartition'}, ${OWN_SCHEMAS} ${from}
          ORDER BY c.relname COLLATE "C" LIMIT $3::bigint OFFSET $4::bigint`,
        [schema, ...pageValues(page)],
      );
      const total = await totalOf(rows, page, async () => {
        return (await session.execute(`SELECT count(*) ${from}`, [schema, page.filter])).rows;
      });
      const entries = rows.map(
        ([name, , kind, estimate, isPartition, isOwn]): TableEntry => ({
          name: name ?? '',
          kind: isOwn === 't' && !isOurs(name ?? '') ? (TABLE_KINDS[kind ?? ''] ?? 'other') : 'other',
          rowsEstimate: estimateOf(estimate, kind),
          ...(isPartition === 't' ? { isPartition: true } : {}),
        }),
      );
      return { entries, total };
    });
  }

  async describe(table: TableRef): Promise<TableShape> {
    return await this.#ask('metadata', async (session) =>
      shapeOf(await requireRelation(session, table), null),
    );
  }

  async preview(table: TableRef, limits: PreviewLimits): Promise<Preview> {
    return await this.#ask('extract', async (session) => {
      // One statement of several: a transaction that was begun is always there to be ended.
      await session.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${limits.timeLimitMs}`);
      try {
        await session.limitLockWaits(LOCK_TIMEOUT_MS);
        return await readFirst(session, table, limits);
      } finally {
        if (session.lost() === null) await session.query('ROLLBACK');
      }
    });
  }

  async #ask<T>(
    phase: Phase,
    work: (session: PgSession) => Promise<T>,
    passed?: (stage: CheckStage) => void,
  ): Promise<T> {
    try {
      return await this.#sessions.withControl(work, passed);
    } catch (error) {
      throw translateError(error, phase);
    }
  }
}

async function readFirst(session: PgSession, table: TableRef, limits: PreviewLimits): Promise<Preview> {
  const relation = await requireRelation(session, table);
  const columns = relation.columns;
  const budget = new RowBudget(limits);
  const batch = rowsPerFetch(columns.length, limits);
  const values = columns.map((column) => shownAs(column, limits.valueCharsMax)).join(', ');
  // A column without a name is enough for FETCH to say how many rows there are in a table that has no columns.
  await session.query(
    `DECLARE sluice_preview NO SCROLL CURSOR FOR SELECT ${values === '' ? 'NULL' : values} FROM ${quoteTable(relation.name)}`,
  );
  while (!budget.isFull) {
    const wanted = Math.min(batch, budget.rowsLeft + 1);
    const { rows } = await session.query(`FETCH ${wanted} FROM sluice_preview`);
    for (const row of rows) {
      const taken = columns.map((column, at) => previewValue(column.type, row[at] ?? null, limits));
      if (!budget.take(taken)) break;
    }
    if (rows.length < wanted) {
      budget.end();
      break;
    }
  }
  return budget.preview(columns);
}

/**
 * A column as text, one character longer than what is shown, so that it can be seen whether something is cut off. Binary
 * values in Base64, whose line ends are taken out: a byte more than shown, for the same reason.
 */
function shownAs(column: PgColumn, charsMax: number): string {
  const name = quoteName(column.name);
  if (column.type.kind === 'binary') {
    return `translate(encode(substring(${name} FROM 1 FOR ${charsMax + 1}), 'base64'), E'\\n', '')`;
  }
  return `left(${name}::text, ${charsMax + 1})`;
}

async function requireRelation(session: PgSession, table: TableRef) {
  const relation = await findRelation(session, table);
  if (relation === null) throw new SluiceError('Cdm.0900', { table: `${table.schema}.${table.table}` });
  return relation;
}

/** @throws Cdm.0063 with the reason. */
async function requireCreateRight(session: PgSession, schema: string | null): Promise<void> {
  const refused = (cause: string) => new SluiceError('Cdm.0063', { cause });
  if (schema !== null) {
    const { rows } = await session.execute(
      `SELECT has_schema_privilege(n.oid, 'CREATE') FROM pg_namespace n WHERE n.nspname = $1`,
      [schema],
    );
    const [found] = rows;
    if (found === undefined) throw refused(`there is no schema ${schema}`);
    if (found[0] !== 't') throw refused(`the user lacks the right CREATE on schema ${schema}`);
    return;
  }
  const { rows } = await session.query(
    `SELECT has_database_privilege(current_database(), 'CREATE')
         OR EXISTS (SELECT 1 FROM pg_namespace n WHERE ${OWN_SCHEMAS} AND has_schema_privilege(n.oid, 'CREATE'))`,
  );
  if (rows[0]?.[0] !== 't') throw refused('the user has the right CREATE on no schema of the database');
}

function pageValues({ filter, limit, offset }: ListPage): readonly string[] {
  return [filter, String(limit), String(offset)];
}

/** Each row carries the total; a page behind the last one has no row, and asks for it. */
async function totalOf(
  rows: readonly (readonly (string | null)[])[],
  page: ListPage,
  count: () => Promise<readonly (readonly (string | null)[])[]>,
): Promise<number> {
  if (rows.length > 0) return Number(rows[0]?.[1]);
  return page.offset === 0 ? 0 : Number((await count())[0]?.[0]);
}

/** A table that runs work with, and remove in the end. */
function isOurs(name: string): boolean {
  return name.startsWith(CHECKPOINT_TABLE_PREFIX) || isStageName(name);
}

function estimateOf(tuples: string | null | undefined, kind: string | null | undefined): number | null {
  const estimate = Number(tuples ?? -1);
  return kind === 'v' || estimate < 0 ? null : estimate;
}
