import { SluiceError } from '@sluice/core/errors/sluice-error';
import { arrivalColumnName, stageTableName } from '../jdbc/stage-name.ts';
import type { TableName } from './catalog.ts';
import { quoteName, quoteTable } from './quote.ts';
import type { PgSession } from './session.ts';
import { readUniqueKeys, type UniqueKey, writtenKeys } from './unique-keys.ts';

/** Longest name that PostgreSQL keeps, in bytes; it cuts longer ones in silence. */
export const NAME_BYTES_MAX = 63;

/** The staging table of a run, beside its destination. */
export function stageTable(table: TableName, runKey: string): TableName {
  const sizeOf = (text: string) => Buffer.byteLength(text, 'utf8');
  return { schema: table.schema, table: stageTableName(table.table, runKey, NAME_BYTES_MAX, sizeOf) };
}

/**
 * Makes the staging table: the columns that are written, with their types, collations, NOT NULL and the rules of the destination
 * about them, so that a row which breaks one is told by itself and not in the move. Where a row that clashes
 * is refused it has the destination's keys too, so that rows of the run that clash with each other are found at once; where
 * it is not, a column that numbers the rows. Logged like any table: what a checkpoint tells of must outlive the server.
 * @throws Cdm.0927 when there is a table of that name which holds rows: they are none of the run's.
 */
export async function createStageTable(
  session: PgSession,
  table: TableName,
  stage: TableName,
  columnNames: readonly string[],
  hasKeys: boolean,
): Promise<void> {
  const quoted = quoteTable(stage);
  const { rows } = await session.execute('SELECT to_regclass($1)', [quoted]);
  if ((rows[0]?.[0] ?? null) !== null) {
    const held = await session.query(`SELECT 1 FROM ${quoted} LIMIT 1`);
    if (held.rows.length > 0) throw new SluiceError('Cdm.0927', { table: `${stage.schema}.${stage.table}` });
    await session.query(`DROP TABLE ${quoted}`);
  }
  const design = await readStageDesign(session, table, columnNames, hasKeys);
  for (const sql of stageStatements(table, stage, columnNames, design)) await session.query(sql);
}

/** What a staging table takes over from its destination. */
export interface StageDesign {
  /** Columns that take no null. */
  readonly notNull: readonly string[];
  /** Rules that rows must keep, as the server words them. */
  readonly checks: readonly string[];
  /** Keys all of whose columns are written; null: rows are numbered instead. */
  readonly keys: readonly UniqueKey[] | null;
}

export async function readStageDesign(
  session: PgSession,
  table: TableName,
  columnNames: readonly string[],
  hasKeys: boolean,
): Promise<StageDesign> {
  return {
    notNull: await notNullColumns(session, table),
    checks: await checksOf(session, table, columnNames),
    keys: hasKeys ? writtenKeys(await readUniqueKeys(session, table), columnNames) : null,
  };
}

/** The statements that make the staging table. Pure. */
export function stageStatements(
  table: TableName,
  stage: TableName,
  columnNames: readonly string[],
  { notNull, checks, keys }: StageDesign,
): readonly string[] {
  const quoted = quoteTable(stage);
  const changes = notNull
    .filter((name) => columnNames.includes(name))
    .map((name) => `ALTER COLUMN ${quoteName(name)} SET NOT NULL`);
  for (const check of checks) changes.push(`ADD ${check}`);
  for (const { columns, nullsAreEqual } of keys ?? []) {
    const names = columns.map(({ name }) => quoteName(name)).join(', ');
    changes.push(`ADD UNIQUE${nullsAreEqual ? ' NULLS NOT DISTINCT' : ''} (${names})`);
  }
  if (keys === null) changes.push(`ADD COLUMN ${arrivalColumn(columnNames)}`);
  return [
    `CREATE TABLE ${quoted} AS SELECT ${columnNames.map(quoteName).join(', ')} FROM ${quoteTable(table)} WITH NO DATA`,
    ...(changes.length > 0 ? [`ALTER TABLE ${quoted} ${changes.join(', ')}`] : []),
  ];
}

/** DDL of the column that numbers rows as they come. */
export function arrivalColumn(columnNames: readonly string[]): string {
  return `${quoteName(arrivalColumnName(columnNames))} bigint GENERATED ALWAYS AS IDENTITY`;
}

async function notNullColumns(session: PgSession, { schema, table }: TableName): Promise<readonly string[]> {
  const { rows } = await session.execute(
    `SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
      ORDER BY a.attnum`,
    [schema, table],
  );
  return rows.map(([name]) => name ?? '');
}

const TRIGGER_ROW = 1;
const TRIGGER_BEFORE = 2;
const TRIGGER_INSERT = 4;

/**
 * Rules on columns that are written, as definitions. None where a trigger sees a row first: it may make it one that keeps
 * them.
 */
async function checksOf(
  session: PgSession,
  { schema, table }: TableName,
  columnNames: readonly string[],
): Promise<readonly string[]> {
  const early = TRIGGER_ROW | TRIGGER_BEFORE | TRIGGER_INSERT;
  const { rows } = await session.execute(
    `SELECT pg_get_constraintdef(k.oid), a.attname
       FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN LATERAL unnest(k.conkey) AS of(attnum) ON true
       LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = of.attnum
      WHERE n.nspname = $1 AND c.relname = $2 AND k.contype = 'c' AND of.attnum IS NOT NULL
        AND NOT EXISTS (SELECT FROM pg_trigger t
                         WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgtype & ${early} = ${early})
      ORDER BY k.conname`,
    [schema, table],
  );
  const isWritten = new Map<string, boolean>();
  for (const [definition, column] of rows) {
    const text = definition ?? '';
    isWritten.set(text, (isWritten.get(text) ?? true) && columnNames.includes(column ?? ''));
  }
  return [...isWritten].filter(([, all]) => all).map(([definition]) => definition);
}
