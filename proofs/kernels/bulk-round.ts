import type { Host } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import type { RowDataPacket } from 'mysql2/promise';
import { readSqlLink, readSqlSink } from '../../packages/connectors/src/jdbc/sql-options.ts';
import { BulkPacket } from '../../packages/connectors/src/mysql/bulk/bulk-packet.ts';
import {
  type OpenEncoder,
  openTypeScriptEncoder,
} from '../../packages/connectors/src/mysql/bulk/open-encoder.ts';
import { MysqlSink } from '../../packages/connectors/src/mysql/sink.ts';
import { openPostgres } from '../../packages/connectors/src/postgres/connection.ts';
import { below, type Comparison, isSame, type Random, type RandomColumn } from './random-columns.ts';
import { ownSessions, type RoundTools } from './round-tools.ts';

/** A shadow packet takes whatever the real one takes. */
const SHADOW_BYTES_TARGET = 1024 * 1024;
const SHADOW_BYTES_MAX = 1024 * 1024 * 1024;
/** Differences that are printed in full. */
const REPORTED_MAX = 5;

export interface BulkCounts {
  values: number;
  /** Tables whose rows differ between the encoder and its twin. */
  encoderDifferences: number;
  /** Values that the databases print differently. */
  databaseDifferences: number;
}

/** Where a column of PostgreSQL goes, and what prints it there and here. */
interface BackColumn {
  readonly type: string;
  readonly mysqlText: (name: string) => string;
  readonly postgresText: (name: string) => string;
  readonly comparison: Comparison;
}

const plainText = (name: string) => `CAST(${name} AS CHAR CHARACTER SET utf8mb4)`;
const hexText = (name: string) => `HEX(CONVERT(${name} USING utf8mb4))`;
const pgText = (name: string) => `${name}::text`;
const pgHex = (name: string) => `upper(encode(convert_to(${name}::text, 'UTF8'), 'hex'))`;
const truth = (name: string) => `IF(${name} IS NULL, NULL, IF(${name} <> 0, 'true', 'false'))`;

function backColumn({ mysqlType, postgresType }: RandomColumn, random: Random): BackColumn {
  const of = (...types: readonly string[]) => types[below(random, types.length)] as string;
  const back = (
    type: string,
    mysqlText = plainText,
    postgresText = pgText,
    comparison: Comparison = 'text',
  ): BackColumn => ({ type, mysqlText, postgresText, comparison });
  const size = /\(([\d,]+)\)/.exec(mysqlType)?.[1] ?? '';
  switch (postgresType.replace(/\([^)]*\)/, '')) {
    case 'boolean': {
      const type = of('TINYINT(1)', 'BIT(1)', 'DECIMAL(3,0)', 'VARCHAR(5)');
      return back(type, type.startsWith('VARCHAR') ? plainText : truth);
    }
    case 'smallint':
      return back(of('SMALLINT', 'INT', 'DECIMAL(7,0)', 'VARCHAR(10)'));
    case 'integer':
      return back(of('INT', 'BIGINT', 'DECIMAL(12,0)', 'TEXT'));
    case 'bigint':
      return back(of('BIGINT', 'BIGINT', 'DECIMAL(20,0)', 'CHAR(25)'));
    case 'numeric': {
      return back(of(mysqlType.startsWith('DECIMAL') ? `DECIMAL(${size})` : 'DECIMAL(25,0)', 'VARCHAR(90)'));
    }
    case 'real': {
      const type = of('FLOAT', 'DOUBLE');
      const widened = (name: string) => `${name}::double precision::text`;
      return back(
        type,
        (name) => plainText(`CAST(${name} AS DOUBLE)`),
        type === 'FLOAT' ? widened : pgText,
        'number',
      );
    }
    case 'double precision':
      return back('DOUBLE', plainText, pgText, 'number');
    case 'bytea':
      return back(
        'LONGBLOB',
        (name) => `HEX(${name})`,
        (name) => `upper(encode(${name}, 'hex'))`,
      );
    case 'date': {
      const type = of('DATE', 'DATETIME(6)');
      return type === 'DATE'
        ? back(type)
        : back(type, plainText, (name) => `${name}::timestamp::text`, 'fraction');
    }
    case 'timestamp without time zone':
    case 'timestamp with time zone': {
      const inUtc = (name: string) => `(${name} AT TIME ZONE 'UTC')::text`;
      return back('DATETIME(6)', plainText, postgresType.includes('with time') ? inUtc : pgText, 'fraction');
    }
    case 'time without time zone':
      return back('TIME(6)', plainText, pgText, 'fraction');
    case 'uuid':
      return back(of('UUID', 'CHAR(36)'));
    case 'bit':
    case 'bit varying':
      return back(`BIT(${size})`, (name) => `LPAD(BIN(${name} + 0), ${size}, '0')`);
    case 'character':
      // PostgreSQL's own cast cuts the blanks that the column keeps.
      return back('LONGTEXT', (name) => `HEX(CONVERT(TRIM(TRAILING ' ' FROM ${name}) USING utf8mb4))`, pgHex);
    default:
      return back(of('LONGTEXT', 'LONGTEXT', 'LONGTEXT CHARACTER SET utf16'), hexText, pgHex);
  }
}

const host: Host = { signal: new AbortController().signal, log: () => undefined };

/**
 * Moves a table of PostgreSQL into a new one of MariaDB by bulk commands. Whatever the encoder appends to a packet is compared
 * with what its twin makes of the same bytes; then both databases print every value.
 * @param columns what the table has between its columns `id` and `mark`.
 * @param kernelsSeen gets the operation of every column.
 */
export async function proveBulk(
  table: string,
  columns: readonly RandomColumn[],
  openEncoder: OpenEncoder,
  kernelsSeen: Set<number>,
  tools: RoundTools,
): Promise<BulkCounts> {
  const { mysql, random, log } = tools;
  const backs = columns.map((column) => backColumn(column, random));
  const back = `${table}_back`;
  const counts: BulkCounts = { values: 0, encoderDifferences: 0, databaseDifferences: 0 };
  await mysql.query(
    `CREATE TABLE ${back} (id INT PRIMARY KEY, ${backs.map(({ type }, i) => `c${i} ${type} NULL`).join(', ')}, mark INT)`,
  );
  let isEqual = true;
  const compared: OpenEncoder = (kernels) => {
    for (const kernel of kernels) kernelsSeen.add(kernel.operation);
    return comparedEncoder(openEncoder, kernels, () => {
      isEqual = false;
    });
  };
  const source = await openPostgres(tools.postgresLink, host);
  const link = readSqlLink(tools.mysqlLink);
  try {
    const { plan } = await copyTable(
      source.source({ 'fromJobConfig.schemaName': 'public', 'fromJobConfig.tableName': table }),
      new MysqlSink(
        { link, host, sessions: ownSessions(link, host), openEncoder: compared },
        readSqlSink({ 'toJobConfig.schemaName': tools.database, 'toJobConfig.tableName': back }),
      ),
      { runKey: 'b0b1c2d3e4f5' },
    );
    if (plan.form !== 'pgcopy-binary') throw new Error('not every column has a kernel');
    counts.databaseDifferences = await compare(table, back, backs, counts, tools);
  } catch (error) {
    counts.databaseDifferences += 1;
    const facts = (error as { facts?: { cause?: unknown; type?: unknown } }).facts;
    const types = columns.map(({ postgresType }, i) => `${postgresType} into ${backs[i]?.type}`).join('; ');
    log(`table ${back} (${types}): ${(error as Error).message} ${String(facts?.cause ?? facts?.type ?? '')}`);
  } finally {
    await source.close();
  }
  if (!isEqual) {
    counts.encoderDifferences = 1;
    log(`table ${back}: the encoder and its twin make different rows`);
  }
  await mysql.query(`DROP TABLE ${back}`);
  return counts;
}

/** The encoder under proof, whose every step is repeated by the twin on a packet in the same state. */
function comparedEncoder(
  open: OpenEncoder,
  kernels: Parameters<OpenEncoder>[0],
  onDifference: () => void,
): ReturnType<OpenEncoder> {
  const encoder = open(kernels);
  const twin = openTypeScriptEncoder(kernels);
  const shadow = new BulkPacket(0, kernels, SHADOW_BYTES_TARGET, SHADOW_BYTES_MAX);
  return {
    name: encoder.name,
    packetMemory: () => encoder.packetMemory(),
    encode(bytes, start, packet, gap) {
      const from = packet.size;
      shadow.reset();
      shadow.reserve(from);
      shadow.size = from;
      shadow.rowCount = packet.rowCount;
      shadow.bytesTarget = packet.bytesTarget;
      const end = encoder.encode(bytes, start, packet, gap);
      const twinEnd = twin.encode(bytes, start, shadow, gap);
      const isSameState =
        end === twinEnd && packet.size === shadow.size && packet.rowCount === shadow.rowCount;
      if (!isSameState || packet.bytes.compare(shadow.bytes, from, shadow.size, from, packet.size) !== 0)
        onDifference();
      return end;
    },
  };
}

/** Has both databases print every value, and compares. @returns how many differ. */
async function compare(
  table: string,
  back: string,
  backs: readonly BackColumn[],
  counts: BulkCounts,
  { mysql, postgres, log }: RoundTools,
): Promise<number> {
  const [there] = await mysql.query<RowDataPacket[][]>({
    sql: `SELECT ${['id', ...backs.map((column, i) => column.mysqlText(`c${i}`)), 'mark'].join(', ')} FROM ${back} ORDER BY ${back}.id`,
    rowsAsArray: true,
    typeCast: (field) => field.string(),
  });
  const { rows: here } = await postgres.query<(string | null)[]>({
    text: `SELECT ${['id::text', ...backs.map((column, i) => column.postgresText(`c${i}`)), 'mark::text'].join(', ')} FROM ${table} ORDER BY ${table}.id`,
    rowMode: 'array',
  });
  counts.values = here.length * backs.length;
  if (there.length !== here.length) {
    log(`${back}: ${here.length} rows became ${there.length}`);
    return Math.abs(there.length - here.length);
  }
  let differences = 0;
  for (const [r, row] of here.entries()) {
    for (let c = 0; c < backs.length + 2; c++) {
      const column = backs[c - 1];
      const [from, to] = [row[c] ?? null, (there[r] as unknown as (string | null)[])[c] ?? null];
      if (isSame(column?.comparison ?? 'text', to, from)) continue;
      differences += 1;
      if (differences <= REPORTED_MAX) log(`${back} row ${r}: ${from} became ${column?.type} ${to}`);
    }
  }
  return differences;
}
