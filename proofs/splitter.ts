import type { Connection, Host } from '@sluice/core/connector/contract';
import type { Slice } from '@sluice/core/data/slice';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { openMysql } from '../packages/connectors/src/mysql/connection.ts';
import { openPostgres } from '../packages/connectors/src/postgres/connection.ts';
import { startMariadb } from '../tools/servers/mariadb.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import { seededRandom } from './kill/seeded-random.ts';
import type { ProofOptions, ProofResult } from './proof.ts';
import { compareRows, largestToMean, type ReadTable, readSlices } from './splitter/judge.ts';
import { type LargeTable, largeTables } from './splitter/large-tables.ts';
import { type RandomTable, randomTable, type System } from './splitter/random-tables.ts';

export const promise =
  'slices of random tables of PostgreSQL and MariaDB hold every row exactly once, by the databases’ own clients, and the largest slice of a skewed, indexed table at most twice the mean';

const DATABASE = 'splitter';
/** The largest slice, as a multiple of the mean. */
const LARGEST_TO_MEAN_MAX = 2;
/** Rows for each slice, at least, so that a share is one. */
const ROWS_PER_SLICE_MIN = 10;
/** Rows of a large table by default, with the short form of the proof. */
const LARGE_ROWS = 300_000;
/** Planning a slice of a large table takes less than so many milliseconds, by the median of the tables. */
const PLANNING_MS_PER_SLICE = 50;

/** A database, reached by its own client and by the connector. */
interface Side {
  readonly system: System;
  run(sql: string): Promise<void>;
  /** The numbers of the rows that a condition selects. */
  numbers(table: string, condition: string): Promise<readonly number[]>;
  readonly connection: Connection;
  readonly schema: string;
}

interface Tally {
  tables: number;
  slices: number;
  rows: number;
  doubled: number;
  missing: number;
  extra: number;
  tooManySlices: number;
  judgedForSkew: number;
  tooLarge: number;
  largestToMean: number;
}

/** Tables that are drawn until one can be cut wrong. */
const PLANTED_TRIES_MAX = 2_000;

/** Cuts `count` random small tables and a few large ones; then plants a bug and demands that it is seen. */
export async function run(options: ProofOptions): Promise<ProofResult> {
  const count = options.count ?? 5_000;
  const seed = options.seed ?? Date.now() % 1_000_000;
  const { log } = options;
  const cleanups: (() => Promise<unknown>)[] = [];
  try {
    const mariadb = await startMariadb({ say: log });
    cleanups.unshift(() => mariadb.stop());
    const postgres = await startPostgres();
    cleanups.unshift(() => postgres.stop());
    const sides = [await openPg(postgres.url, cleanups), await openMaria(mariadb.url, cleanups)] as const;
    log(`seed ${seed}: ${count} tables`);
    const tally: Tally = {
      tables: 0,
      slices: 0,
      rows: 0,
      doubled: 0,
      missing: 0,
      extra: 0,
      tooManySlices: 0,
      judgedForSkew: 0,
      tooLarge: 0,
      largestToMean: 0,
    };
    // Both systems at once, each with chances of its own, so that a seed means the same tables whatever they take.
    const halves = sides.map(async (side, at) => {
      const ownRandom = seededRandom(seed + at);
      for (let i = at; i < count; i += sides.length) {
        await proveTable(side, randomTable(side.system, `t${i % 40}`, ownRandom), i, tally, log);
        if ((i + 1) % 500 === 0) log(`table ${i + 1}: ${tally.slices} slices, ${tally.rows} rows`);
      }
    });
    await Promise.all(halves);
    const large: LargeResult[] = [];
    for (const side of sides) {
      for (const table of largeTables(side.system, options.bytes ?? LARGE_ROWS)) {
        const result = await proveLarge(side, table, tally);
        log(
          `${side.system}, ${table.what}: ${result.slices} slices, largest ${result.largestToMean?.toFixed(2)} of the mean, ${result.planningMsPerSlice.toFixed(1)} ms a slice`,
        );
        large.push(result);
      }
    }
    const plantedBugSeen = await plantedBugIsSeen(sides[0], seededRandom(seed));
    const planning = large.map(({ planningMsPerSlice }) => planningMsPerSlice).sort((a, b) => a - b);
    const planningMedian = planning[Math.floor(planning.length / 2)] ?? 0;
    const { doubled, missing, extra, tooManySlices, tooLarge } = tally;
    const isBalanced = large.every((one) => (one.largestToMean ?? 99) <= LARGEST_TO_MEAN_MAX);
    return {
      ok:
        doubled + missing + extra + tooManySlices + tooLarge === 0 &&
        isBalanced &&
        planningMedian < PLANNING_MS_PER_SLICE &&
        plantedBugSeen,
      figures: {
        seed,
        ...tally,
        largestToMean: Number(tally.largestToMean.toFixed(2)),
        largeTables: large.length,
        largeLargestToMean: Number(Math.max(...large.map((one) => one.largestToMean ?? 99)).toFixed(2)),
        planningMsPerSliceMedian: Number(planningMedian.toFixed(1)),
        planningMsPerSliceMax: Number((planning.at(-1) ?? 0).toFixed(1)),
        plantedBugSeen,
      },
    };
  } finally {
    for (const cleanup of cleanups)
      await cleanup().catch((error: Error) => log(`clean-up: ${error.message}`));
  }
}

async function proveTable(
  side: Side,
  table: RandomTable,
  no: number,
  tally: Tally,
  log: (line: string) => void,
): Promise<void> {
  await side.run(table.statements.join(';\n'));
  const name = `t${no % 40}`;
  const expected = await side.numbers(name, table.selected);
  let read: ReadTable;
  try {
    read = await readSlices(sourceOf(side, name, table.jobOptions), table.extractors);
  } catch (error) {
    const told = (error as { facts?: unknown }).facts ?? (error as Error).message;
    throw new Error(`table ${no}: ${describe(table)}: ${JSON.stringify(told)}`, { cause: error });
  }
  const found = compareRows(read, expected);
  const ratio = largestToMean(read);
  const ranges = read.slices.filter(({ label }) => !label.endsWith('is null')).length;
  // A table that no condition thins out has rows for all of its slices.
  const isTooMany = ranges > Math.max(1, Math.min(table.extractors, table.rowCount));
  const isJudged =
    table.isIndexed &&
    table.hasPrimaryKey &&
    ratio !== null &&
    expected.length >= ranges * ROWS_PER_SLICE_MIN;
  const isTooLarge = isJudged && ratio > LARGEST_TO_MEAN_MAX + 1e-9;
  tally.tables++;
  tally.slices += read.slices.length;
  tally.rows += expected.length;
  tally.doubled += found.doubled;
  tally.missing += found.missing;
  tally.extra += found.extra;
  if (isTooMany) tally.tooManySlices++;
  if (isJudged) {
    tally.judgedForSkew++;
    tally.largestToMean = Math.max(tally.largestToMean, ratio);
  }
  if (isTooLarge) tally.tooLarge++;
  if (found.doubled + found.missing + found.extra > 0 || isTooMany || isTooLarge) {
    const sizes = read.perSlice.map(({ length }) => length);
    log(`table ${no}: ${describe(table)}: ${JSON.stringify({ ...found, sizes, expected: expected.length })}`);
    log(`  ${read.slices.map(({ label }) => label).join(' | ')}`);
  }
}

function describe(table: RandomTable): string {
  const { system, type, shape, rowCount, hasPrimaryKey, isIndexed, extractors, jobOptions } = table;
  return JSON.stringify({
    system,
    type,
    shape,
    rowCount,
    hasPrimaryKey,
    isIndexed,
    extractors,
    ...jobOptions,
  });
}

interface LargeResult {
  readonly slices: number;
  readonly largestToMean: number | null;
  readonly planningMsPerSlice: number;
}

async function proveLarge(side: Side, table: LargeTable, tally: Tally): Promise<LargeResult> {
  for (const sql of table.statements) await side.run(sql);
  const expected = await side.numbers('large', table.selected);
  const read = await readSlices(sourceOf(side, 'large', table.jobOptions), table.extractors);
  const found = compareRows(read, expected);
  tally.doubled += found.doubled;
  tally.missing += found.missing;
  tally.extra += found.extra;
  tally.rows += expected.length;
  tally.slices += read.slices.length;
  return {
    slices: read.slices.length,
    largestToMean: largestToMean(read),
    planningMsPerSlice: read.planningMs / read.slices.length,
  };
}

/** A slice that begins where the table begins: the rows before it come twice. */
async function plantedBugIsSeen(side: Side, random: () => number): Promise<boolean> {
  for (let tries = 0; tries < PLANTED_TRIES_MAX; tries += 1) {
    const table = randomTable(side.system, 'planted', random);
    if (table.type !== 'integer' || table.shape !== 'even' || !table.isIndexed) continue;
    for (const sql of table.statements) await side.run(sql);
    const source = sourceOf(side, 'planted', { 'fromJobConfig.partitionColumn': 'k ey' });
    let isPlanted = false;
    const bend = (slices: readonly Slice[]) => {
      // Small tables, and those with nothing but nulls, have no slice that begins at a value.
      const at = slices.findIndex(({ cut }) => ((cut as { from?: unknown }).from ?? null) !== null);
      isPlanted = at >= 0;
      return slices.map((slice, i) =>
        i === at ? { ...slice, cut: { ...(slice.cut as object), from: null } } : slice,
      );
    };
    const read = await readSlices(source, 4, bend);
    if (isPlanted) return compareRows(read, await side.numbers('planted', '1 = 1')).doubled > 0;
  }
  return false;
}

function sourceOf({ connection, schema }: Side, table: string, more: Readonly<Record<string, string>>) {
  return connection.source({
    'fromJobConfig.schemaName': schema,
    'fromJobConfig.tableName': table,
    ...more,
  });
}

const host: Host = { signal: new AbortController().signal, log: () => undefined };

function linkTo(url: URL, type: string): Record<string, string> {
  return {
    'linkConfig.databaseType': type,
    'linkConfig.host': url.hostname,
    'linkConfig.port': url.port,
    'linkConfig.database': DATABASE,
    'linkConfig.username': decodeURIComponent(url.username),
    'linkConfig.password': decodeURIComponent(url.password),
  };
}

async function openPg(url: string, cleanups: (() => Promise<unknown>)[]): Promise<Side> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0 ENCODING 'UTF8'`);
  await admin.end();
  const own = new URL(url);
  own.pathname = `/${DATABASE}`;
  const client = new pg.Client({ connectionString: own.href });
  await client.connect();
  cleanups.unshift(() => client.end());
  await client.query("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')");
  await client.query(
    "CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
  );
  const connection = await openPostgres(linkTo(own, 'POSTGRESQL'), host);
  cleanups.unshift(() => connection.close());
  return {
    system: 'PostgreSQL',
    run: async (sql) => void (await client.query(sql)),
    numbers: async (table, condition) => {
      const { rows } = await client.query({
        text: `SELECT seq FROM "${table}" WHERE ${condition}`,
        rowMode: 'array',
      });
      return rows.map(([seq]) => Number(seq));
    },
    connection,
    schema: 'public',
  };
}

async function openMaria(url: string, cleanups: (() => Promise<unknown>)[]): Promise<Side> {
  const own = new URL(url);
  const client = await mysql.createConnection({
    host: own.hostname,
    port: Number(own.port),
    user: decodeURIComponent(own.username),
    password: decodeURIComponent(own.password),
    charset: 'UTF8MB4_GENERAL_CI',
    multipleStatements: true,
  });
  cleanups.unshift(() => client.end());
  await client.query(`CREATE DATABASE ${DATABASE} CHARACTER SET utf8mb4`);
  await client.query(`USE ${DATABASE}`);
  await client.query("SET SESSION time_zone = '+00:00', sql_mode = ''");
  const connection = await openMysql(linkTo(own, 'MYSQL'), host);
  cleanups.unshift(() => connection.close());
  return {
    system: 'MariaDB',
    run: async (sql) => void (await client.query(sql)),
    numbers: async (table, condition) => {
      const [rows] = await client.query({
        sql: `SELECT seq FROM \`${table}\` WHERE ${condition}`,
        rowsAsArray: true,
      });
      return (rows as unknown as (readonly unknown[])[]).map(([seq]) => Number(seq));
    },
    connection,
    schema: DATABASE,
  };
}
