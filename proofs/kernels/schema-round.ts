import type { Host, TargetPlan } from '@sluice/core/connector/contract';
import type { Batch } from '@sluice/core/data/batch';
import type { OptionValues } from '@sluice/core/options/option';
import type { Connection as MysqlClient, RowDataPacket } from 'mysql2/promise';
import type pg from 'pg';
import { readSqlLink, readSqlSource } from '../../packages/connectors/src/jdbc/sql-options.ts';
import { openSession } from '../../packages/connectors/src/mysql/session.ts';
import type { Sessions } from '../../packages/connectors/src/mysql/session-pool.ts';
import { MysqlSource } from '../../packages/connectors/src/mysql/source.ts';
import {
  type OpenEngine,
  openTypeScriptEngine,
} from '../../packages/connectors/src/mysql/transcode/open-engine.ts';
import { openPostgres } from '../../packages/connectors/src/postgres/connection.ts';
import { below, isSame, type Random, type RandomColumn, randomColumn } from './random-columns.ts';

export interface RoundTools {
  readonly mysql: MysqlClient;
  readonly postgres: pg.Client;
  /** Link options of the two ends. */
  readonly mysqlLink: OptionValues;
  readonly postgresLink: OptionValues;
  readonly database: string;
  readonly random: Random;
  readonly log: (line: string) => void;
}

export interface RoundCounts {
  rows: number;
  values: number;
  /** Tables whose bytes differ between the engine and its twin. */
  engineDifferences: number;
  /** Values that the databases print differently. */
  databaseDifferences: number;
}

const COLUMNS_MAX = 22;
const ROWS_PER_STATEMENT = 100;
/** Differences that are printed in full. */
const REPORTED_MAX = 5;

/**
 * One table of random columns and rows: read through the engine and through its twin, whose bytes are compared; written to
 * PostgreSQL from the engine's bytes; then printed by both databases, value by value.
 * @param openEngine the engine under proof.
 */
export async function proveTable(
  no: number,
  rowCount: number,
  openEngine: OpenEngine,
  tools: RoundTools,
): Promise<RoundCounts> {
  const { mysql, postgres, random, log } = tools;
  const table = `k${no}`;
  const columns = Array.from({ length: 1 + below(random, COLUMNS_MAX) }, () => randomColumn(random));
  const names = columns.map((_, i) => `c${i}`);
  await mysql.query(
    `CREATE TABLE ${table} (id INT PRIMARY KEY, ${columns.map((column, i) => `c${i} ${column.mysqlType}`).join(', ')}, mark INT NOT NULL)`,
  );
  await postgres.query(
    `CREATE TABLE ${table} (id integer PRIMARY KEY, ${columns.map((column, i) => `c${i} ${column.postgresType}`).join(', ')}, mark integer)`,
  );
  const nullShare = random() < 0.3 ? 0 : random() / 3;
  for (let id = 0; id < rowCount; id += ROWS_PER_STATEMENT) {
    const rows = Array.from({ length: Math.min(ROWS_PER_STATEMENT, rowCount - id) }, (_, i) => {
      const values = columns.map((column) => (random() < nullShare ? 'NULL' : column.literal()));
      return `(${[id + i, ...values, id + i].join(',')})`;
    });
    await mysql.query(`INSERT INTO ${table} VALUES ${rows.join(',')}`);
  }
  const counts: RoundCounts = {
    rows: rowCount,
    values: rowCount * columns.length,
    engineDifferences: 0,
    databaseDifferences: 0,
  };
  try {
    const plan = await agree(table, openEngine, tools);
    const [ours, twins] = [
      await readBytes(table, plan, openEngine, tools),
      await readBytes(table, plan, openTypeScriptEngine, tools),
    ];
    if (!ours.equals(twins)) {
      counts.engineDifferences += 1;
      log(`table ${no}: the engine and its twin make different bytes`);
    }
    await write(table, plan, openEngine, tools);
    counts.databaseDifferences = await compareTexts(table, columns, names, tools);
  } catch (error) {
    counts.databaseDifferences += 1;
    const types = columns.map((column) => `${column.mysqlType} into ${column.postgresType}`).join('; ');
    log(`table ${no} (${types}): ${describe(error)}`);
  }
  await mysql.query(`DROP TABLE ${table}`);
  await postgres.query(`DROP TABLE ${table}`);
  return counts;
}

function describe(error: unknown): string {
  const facts = (error as { facts?: { cause?: unknown } }).facts;
  return `${(error as Error).message} ${String(facts?.cause ?? '')}`;
}

const host: Host = { signal: new AbortController().signal, log: () => undefined };

function sourceOf(table: string, openEngine: OpenEngine, { mysqlLink, database }: RoundTools): MysqlSource {
  const link = readSqlLink(mysqlLink);
  // Each with a session of its own: nobody closes what a pool would keep.
  const open: Sessions['open'] = (role, name) => openSession(link, role, name, host);
  return new MysqlSource(
    {
      link,
      host,
      sessions: { open, openOwn: open },
      tinyIntIsBoolean: true,
      zeroDateIsNull: false,
      openEngine,
      background: () => undefined,
    },
    readSqlSource({ 'fromJobConfig.schemaName': database, 'fromJobConfig.tableName': table }),
  );
}

const sinkOptions = (table: string): OptionValues => ({
  'toJobConfig.schemaName': 'public',
  'toJobConfig.tableName': table,
});

type Plan = TargetPlan & { readonly projection: Parameters<MysqlSource['read']>[1] };

async function agree(table: string, openEngine: OpenEngine, tools: RoundTools): Promise<Plan> {
  const source = sourceOf(table, openEngine, tools);
  const shape = await source.describe();
  const connection = await openPostgres(tools.postgresLink, host);
  try {
    const sink = connection.sink(sinkOptions(table));
    const agreement = await sink.agree(source.offer(shape, shape.columns), null);
    if (agreement.projection.form !== 'pgcopy-binary') throw new Error(`no bytes: ${agreement.reason}`);
    return {
      runKey: 'a0b1c2d3e4f5',
      sourceColumns: shape.columns,
      sourcePrimaryKey: shape.primaryKey,
      columnNames: agreement.columnNames,
      form: 'pgcopy-binary',
      projection: agreement.projection,
    };
  } finally {
    await connection.close();
  }
}

async function* readBatches(
  table: string,
  plan: Plan,
  openEngine: OpenEngine,
  tools: RoundTools,
): AsyncGenerator<Batch & { readonly form: 'pgcopy-binary' }> {
  const source = sourceOf(table, openEngine, tools);
  for (const slice of await source.split(await source.describe(), 1)) {
    for await (const batch of source.read(slice, plan.projection, null)) {
      if (batch.form !== 'pgcopy-binary') throw new Error(`a batch in form ${batch.form}`);
      yield batch;
    }
  }
}

async function readBytes(
  table: string,
  plan: Plan,
  openEngine: OpenEngine,
  tools: RoundTools,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const batch of readBatches(table, plan, openEngine, tools)) parts.push(Buffer.from(batch.bytes));
  return Buffer.concat(parts);
}

async function write(table: string, plan: Plan, openEngine: OpenEngine, tools: RoundTools): Promise<void> {
  const connection = await openPostgres(tools.postgresLink, host);
  try {
    const sink = connection.sink(sinkOptions(table));
    await sink.prepare(plan);
    const writer = await sink.openWriter(plan, { no: 0, cut: null, label: '', rowsEstimate: null });
    try {
      let rows = 0;
      for await (const batch of readBatches(table, plan, openEngine, tools)) {
        rows += batch.rowCount;
        await writer.write(batch);
      }
      const counts = { rowsRead: rows, rowsWritten: rows, rowsSkipped: 0, bytesRead: 0, bytesWritten: 0 };
      await writer.commit(counts, null, true);
    } finally {
      await writer.close();
    }
    await sink.finish(plan, 'publish');
  } finally {
    await connection.close();
  }
}

/** Has both databases print every value, and compares. @returns how many differ. */
async function compareTexts(
  table: string,
  columns: readonly RandomColumn[],
  names: readonly string[],
  { mysql, postgres, log }: RoundTools,
): Promise<number> {
  const mysqlList = columns.map((column, i) => column.mysqlText(names[i] ?? ''));
  const postgresList = columns.map((column, i) => column.postgresText(names[i] ?? ''));
  const [mysqlRows] = await mysql.query<RowDataPacket[][]>({
    sql: `SELECT ${['id', ...mysqlList, 'mark'].join(', ')} FROM ${table} ORDER BY ${table}.id`,
    rowsAsArray: true,
    typeCast: (field) => field.string(),
  });
  const { rows: postgresRows } = await postgres.query<(string | null)[]>({
    text: `SELECT ${['id::text', ...postgresList, 'mark::text'].join(', ')} FROM ${table} ORDER BY ${table}.id`,
    rowMode: 'array',
  });
  if (mysqlRows.length !== postgresRows.length) {
    log(`${table}: ${mysqlRows.length} rows became ${postgresRows.length}`);
    return Math.abs(mysqlRows.length - postgresRows.length);
  }
  let differences = 0;
  for (const [r, row] of mysqlRows.entries()) {
    for (let c = 0; c < columns.length + 2; c++) {
      const comparison = columns[c - 1]?.comparison ?? 'text';
      const [from, to] = [(row as unknown as (string | null)[])[c] ?? null, postgresRows[r]?.[c] ?? null];
      if (isSame(comparison, from, to)) continue;
      differences += 1;
      if (differences <= REPORTED_MAX) {
        const column = columns[c - 1];
        log(`${table} row ${r}: ${column?.mysqlType} ${from} became ${column?.postgresType} ${to}`);
      }
    }
  }
  return differences;
}
