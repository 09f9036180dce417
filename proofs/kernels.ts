import mysql from 'mysql2/promise';
import pg from 'pg';
import { type OpenEngine, openEngine } from '../packages/connectors/src/mysql/transcode/open-engine.ts';
import { startMariadb } from '../tools/servers/mariadb.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import { proveTable, type RoundCounts, type RoundTools } from './kernels/schema-round.ts';
import { seededRandom } from './kill/seeded-random.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'MariaDB to PostgreSQL: random rows of random types are the same through the compiled kernel, its TypeScript twin and both databases’ own printing';

const ROWS_PER_TABLE = 500;
const DATABASE = 'kernels';

/**
 * Moves `count` rows in tables of random columns, then plants a bug, one bit in a batch, and demands that both comparisons
 * see it.
 */
export async function run(options: ProofOptions): Promise<ProofResult> {
  const count = options.count ?? 20_000;
  const seed = options.seed ?? Date.now() % 1_000_000;
  const { log } = options;
  const cleanups: (() => Promise<unknown>)[] = [];
  try {
    const mariadbServer = await startMariadb({ say: log });
    cleanups.unshift(() => mariadbServer.stop());
    const postgresServer = await startPostgres();
    cleanups.unshift(() => postgresServer.stop());
    const tools = await connect(mariadbServer.url, postgresServer.url, cleanups, seededRandom(seed), log);

    const engine = openEngine([]).name;
    log(`seed ${seed}: ${count} rows, ${ROWS_PER_TABLE} in a table, through ${engine}`);
    const total: RoundCounts = { rows: 0, values: 0, engineDifferences: 0, databaseDifferences: 0 };
    let tables = 0;
    for (; total.rows < count; tables++) {
      const rows = Math.min(ROWS_PER_TABLE, count - total.rows);
      const counts = await proveTable(tables, rows, openEngine, tools);
      total.rows += counts.rows;
      total.values += counts.values;
      total.engineDifferences += counts.engineDifferences;
      total.databaseDifferences += counts.databaseDifferences;
      if ((tables + 1) % 50 === 0) log(`${total.rows} rows, ${total.values} values`);
    }
    log('planted bug: one bit of the last value of each batch is turned');
    const planted = await proveTable(tables, ROWS_PER_TABLE, plantedEngine, tools);
    const isPlantSeen = planted.engineDifferences === 1 && planted.databaseDifferences > 0;
    return {
      ok:
        total.engineDifferences === 0 &&
        total.databaseDifferences === 0 &&
        isPlantSeen &&
        engine === 'WebAssembly',
      figures: { seed, engine, tables, ...total, plantedBugSeen: isPlantSeen },
    };
  } finally {
    for (const cleanup of cleanups)
      await cleanup().catch((error: Error) => log(`clean-up: ${error.message}`));
  }
}

async function connect(
  mariadbUrl: string,
  postgresUrl: string,
  cleanups: (() => Promise<unknown>)[],
  random: () => number,
  log: (line: string) => void,
): Promise<RoundTools> {
  const from = new URL(mariadbUrl);
  const client = await mysql.createConnection({
    host: from.hostname,
    port: Number(from.port),
    user: decodeURIComponent(from.username),
    password: decodeURIComponent(from.password),
    charset: 'UTF8MB4_GENERAL_CI',
  });
  cleanups.unshift(() => client.end());
  await client.query(`CREATE DATABASE ${DATABASE} CHARACTER SET utf8mb4`);
  await client.query(`USE ${DATABASE}`);
  await client.query("SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES'");

  const to = new URL(postgresUrl);
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${DATABASE}`);
  await admin.end();
  to.pathname = `/${DATABASE}`;
  const postgres = new pg.Client({ connectionString: to.href });
  await postgres.connect();
  cleanups.unshift(() => postgres.end());
  const linkTo = (url: URL, type: string) => ({
    'linkConfig.databaseType': type,
    'linkConfig.host': url.hostname,
    'linkConfig.port': url.port,
    'linkConfig.database': DATABASE,
    'linkConfig.username': decodeURIComponent(url.username),
    'linkConfig.password': decodeURIComponent(url.password),
  });
  return {
    mysql: client,
    postgres,
    mysqlLink: linkTo(from, 'MYSQL'),
    postgresLink: linkTo(to, 'POSTGRESQL'),
    database: DATABASE,
    random,
    log,
  };
}

/** The real engine, and then a bug: the last bit of the last column, which is a number and never null. */
const plantedEngine: OpenEngine = (kernels) => {
  const engine = openEngine(kernels);
  return {
    name: engine.name,
    input: engine.input,
    output: engine.output,
    result: engine.result,
    run(from, to, at, rowsMax) {
      const why = engine.run(from, to, at, rowsMax);
      const last = engine.result.written - 1;
      if (engine.result.rows > 0) engine.output[last] = (engine.output[last] ?? 0) ^ 1;
      return why;
    },
  };
};
