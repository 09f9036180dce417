import mysql from 'mysql2/promise';
import pg from 'pg';
import { operation } from '../packages/connectors/src/mysql/bulk/kernels.ts';
import { type OpenEncoder, openEncoder } from '../packages/connectors/src/mysql/bulk/open-encoder.ts';
import { type OpenEngine, openEngine } from '../packages/connectors/src/mysql/transcode/open-engine.ts';
import { startMariadb } from '../tools/servers/mariadb.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import type { RoundTools } from './kernels/round-tools.ts';
import { type Engines, proveTable, type RoundCounts } from './kernels/schema-round.ts';
import { seededRandom } from './kill/seeded-random.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'MariaDB to PostgreSQL and back: random rows of random types are the same through the compiled kernels, their TypeScript twins and both databases’ own printing';

const ROWS_PER_TABLE = 500;
const DATABASE = 'kernels';
/** So many tables use every bulk kernel, whatever the seed. */
const TABLES_FOR_ALL_KERNELS = 40;

/**
 * Moves `count` rows in tables of random columns there and back, then plants bugs, one bit in a batch and one in a bulk command,
 * and demands that all comparisons see them.
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
    const bulkKernelsSeen = new Set<number>();
    const engines: Engines = { openEngine, openEncoder, bulkKernelsSeen };
    const total: RoundCounts = {
      rows: 0,
      values: 0,
      engineDifferences: 0,
      databaseDifferences: 0,
      bulkValues: 0,
      bulkEncoderDifferences: 0,
      bulkDatabaseDifferences: 0,
    };
    let tables = 0;
    for (; total.rows < count; tables++) {
      const rows = Math.min(ROWS_PER_TABLE, count - total.rows);
      const counts = await proveTable(tables, rows, engines, tools);
      for (const name of Object.keys(total) as (keyof RoundCounts)[]) total[name] += counts[name];
      if ((tables + 1) % 50 === 0) log(`${total.rows} rows, ${total.values} values`);
    }
    const planted = { ...engines, openEngine: plantedEngine, openEncoder: plantedEncoder };
    log('planted bugs: one bit of the last value of each batch and of each bulk command is turned');
    const seen = await proveTable(tables, ROWS_PER_TABLE, planted, tools);
    const isPlantSeen =
      seen.engineDifferences === 1 &&
      seen.databaseDifferences > 0 &&
      seen.bulkEncoderDifferences === 1 &&
      seen.bulkDatabaseDifferences > 0;
    const { rows: _rows, values: _values, bulkValues: _bulkValues, ...differences } = total;
    const bulkKernels = Object.values(operation);
    const missing = bulkKernels.filter((number) => !bulkKernelsSeen.has(number));
    return {
      ok:
        Object.values(differences).every((difference) => difference === 0) &&
        isPlantSeen &&
        engine === 'WebAssembly' &&
        openEncoder([]).name === engine &&
        (missing.length === 0 || tables < TABLES_FOR_ALL_KERNELS),
      figures: {
        seed,
        engine,
        tables,
        ...total,
        bulkKernels: `${bulkKernels.length - missing.length} of ${bulkKernels.length}`,
        plantedBugSeen: isPlantSeen,
      },
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

/** The real encoder, and then a bug in the last column, as above. */
const plantedEncoder: OpenEncoder = (kernels) => {
  const encoder = openEncoder(kernels);
  return {
    name: encoder.name,
    packetMemory: () => encoder.packetMemory(),
    encode(bytes, start, packet, gap) {
      const end = encoder.encode(bytes, start, packet, gap);
      const last = packet.size - 1;
      packet.bytes[last] = (packet.bytes[last] ?? 0) ^ 1;
      return end;
    },
  };
};
