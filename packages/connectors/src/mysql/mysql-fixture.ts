import { randomBytes } from 'node:crypto';
import type { Host } from '@sluice/core/connector/contract';
import {
  numbersAmount,
  numbersLabel,
  type PrintedRow,
  type SuiteFixture,
} from '@sluice/core/contract-suite/fixture';
import type { OptionValues } from '@sluice/core/options/option';
import mysql from 'mysql2/promise';
import { CHECKPOINT_TABLE_PREFIX } from './checkpoint-table.ts';
import { openMysql } from './connection.ts';

/** The server for live tests; absent: they are skipped. */
export const mysqlUrl = process.env.SLUICE_TEST_MYSQL;
if (mysqlUrl === undefined) console.warn('SLUICE_TEST_MYSQL is not set: live tests of MySQL are skipped');

/** A port of loopback that is kept free by convention (discard). */
const deadPort = '9';

export interface MysqlFixture extends SuiteFixture {
  readonly database: string;
  /** Runs statements beside the connector, in the fixture's database. */
  sql(...statements: readonly string[]): Promise<void>;
  /** Rows of a query, every value as the server prints it. */
  query(sql: string): Promise<readonly PrintedRow[]>;
  drop(): Promise<void>;
}

function quoted(name: string): string {
  return mysql.escapeId(name, true);
}

/** Columns of the types table: name and DDL. The first is the key. */
const typeColumns: readonly (readonly [string, string])[] = [
  ['id', 'BIGINT UNSIGNED NOT NULL PRIMARY KEY'],
  ['flag', 'TINYINT(1)'],
  ['tiny', 'TINYINT'],
  ['utiny', 'TINYINT UNSIGNED'],
  ['small', 'SMALLINT'],
  ['usmall', 'SMALLINT UNSIGNED'],
  ['medium', 'MEDIUMINT'],
  ['umedium', 'MEDIUMINT UNSIGNED'],
  ['plain', 'INT'],
  ['uplain', 'INT UNSIGNED'],
  ['big', 'BIGINT'],
  ['ubig', 'BIGINT UNSIGNED'],
  ['money', 'DECIMAL(65,30)'],
  ['whole', 'DECIMAL(20,0)'],
  ['single', 'FLOAT'],
  ['twice', 'DOUBLE'],
  ['bit1', 'BIT(1)'],
  ['bit8', 'BIT(8)'],
  ['bit64', 'BIT(64)'],
  ['years', 'YEAR'],
  ['day', 'DATE'],
  ['clock', 'TIME'],
  ['clock6', 'TIME(6)'],
  ['moment', 'DATETIME'],
  ['moment3', 'DATETIME(3)'],
  ['moment6', 'DATETIME(6)'],
  ['stamp', 'TIMESTAMP(6) NULL'],
  ['fixed', 'CHAR(10)'],
  ['latin', 'VARCHAR(40) CHARACTER SET latin1'],
  ['words', 'VARCHAR(200)'],
  ['tinytext_', 'TINYTEXT'],
  ['text_', 'TEXT'],
  ['longtext_', 'LONGTEXT'],
  ['pick', "ENUM('small','it''s','große')"],
  ['picks', "SET('a','b','c')"],
  ['bin', 'BINARY(4)'],
  ['varbin', 'VARBINARY(300)'],
  ['blob_', 'BLOB'],
  ['longblob_', 'LONGBLOB'],
  ['doc', 'JSON'],
  ['shape', 'POINT'],
];

const typeRows: readonly string[] = [
  `(1, 1, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0,
    -99999999999999999999999999999999999.999999999999999999999999999999, -99999999999999999999, -3.4e38, -1.7976931348623157e308,
    b'0', b'00000000', b'0', 1901, '0001-01-01', '-838:59:59', '-838:59:59.000000', '0001-01-01 00:00:00', '0001-01-01 00:00:00.001',
    '0001-01-01 00:00:00.000001', '1970-01-01 00:00:01', '', '', '', '', '', '', 'small', '', X'00000000', X'', X'', X'', '{}', POINT(0, 0))`,
  `(2, 0, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615,
    99999999999999999999999999999999999.999999999999999999999999999999, 99999999999999999999, 3.4e38, 1.7976931348623157e308,
    b'1', b'11111111', b'1111111111111111111111111111111111111111111111111111111111111111', 2155, '9999-12-31', '838:59:59',
    '838:59:58.999999', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999999',
    'blank', 'Ümläut', 'emoji 😀 中文 \\'quoted\\' "double" \\\\ back ? :name', 'tab\\tnl\\ncr\\rnul\\0sub\\Z', 'x', REPEAT('long 中 ', 100000),
    'it\\'s', 'a,c', X'DEADBEEF', X'00FF5C27220A0D1A', X'5C5C', REPEAT(X'00015C27', 200000), '{"a": [1, 2.50, 12345678901234567890, "é😀\\\\n"]}', POINT(1.5, -2.25))`,
  `(18446744073709551615, NULL, 0, 1, 1, 1, 1, 1, 1, 1, 9007199254740993, 9007199254740993, 0.000000000000000000000000000001, 0, 0.1, 0.1,
    NULL, b'00000101', b'10', NULL, '2024-02-29', '24:00:00', '00:00:00.1', '2024-02-29 12:00:00', '2024-02-29 12:00:00.12',
    '2024-02-29 12:00:00.1', '2024-03-10 02:30:00', '  lead', 'x', ' trail  ', NULL, NULL, NULL, 'große', 'a,b,c', X'00', X'', X'FF', NULL, 'null', NULL)`,
  `(7, ${typeColumns
    .slice(1)
    .map(() => 'NULL')
    .join(', ')})`,
];

/** A database of its own on the live server. */
export async function createMysqlFixture(): Promise<MysqlFixture> {
  const url = new URL(mysqlUrl ?? 'mysql://unset');
  const database = `sluice_my_${randomBytes(5).toString('hex')}`;
  const pool = mysql.createPool({
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    connectionLimit: 2,
    timezone: 'Z',
    charset: 'UTF8MB4_GENERAL_CI',
    rowsAsArray: true,
    typeCast: (field) => {
      const bytes = field.buffer();
      return bytes === null ? null : bytes.toString('utf8');
    },
  });
  // The connector finds its sessions by this user's; tests in parallel must not end each other's.
  const user = database.slice(0, 32);
  const password = randomBytes(12).toString('hex');
  await pool.query(`CREATE DATABASE ${quoted(database)} CHARACTER SET utf8mb4`);
  await pool.query(`CREATE USER ${mysql.escape(user)}@'%' IDENTIFIED BY ${mysql.escape(password)}`);
  await pool.query(`GRANT ALL ON ${quoted(database)}.* TO ${mysql.escape(user)}@'%'`);

  const table = (name: string): string => `${quoted(database)}.${quoted(name)}`;
  const link: OptionValues = {
    'linkConfig.databaseType': 'MYSQL',
    'linkConfig.host': url.hostname,
    'linkConfig.port': url.port,
    'linkConfig.database': database,
    'linkConfig.username': user,
    'linkConfig.password': password,
  };

  async function query(sql: string): Promise<readonly PrintedRow[]> {
    const [rows] = await pool.query(sql);
    return rows as unknown as PrintedRow[];
  }

  async function sql(...statements: readonly string[]): Promise<void> {
    const connection = await pool.getConnection();
    try {
      await connection.query(`USE ${quoted(database)}`);
      await connection.query("SET SESSION time_zone = '+00:00'");
      for (const statement of statements) await connection.query(statement);
    } finally {
      connection.destroy();
    }
  }

  /** What prints each column so that no two values look alike: bytes and bits in hexadecimal, floats exactly. */
  async function printers(name: string, columns: readonly string[] | null): Promise<readonly string[]> {
    const rows = await query(
      `SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${mysql.escape(database)}
       AND TABLE_NAME = ${mysql.escape(name)} ORDER BY ORDINAL_POSITION`,
    );
    return rows
      .filter((row) => columns === null || columns.includes(String(row[0])))
      .map(([column, type]) => {
        const own = quoted(String(column));
        if (/binary|blob/.test(String(type))) return `HEX(${own})`;
        if (type === 'bit') return `HEX(${own} + 0)`;
        if (type === 'float') return `CAST(${own} AS DOUBLE)`;
        if (type === 'point') return `ST_AsText(${own})`;
        return `CAST(${own} AS CHAR CHARACTER SET utf8mb4)`;
      });
  }

  async function tablesLike(prefix: string): Promise<readonly string[]> {
    const rows = await query(
      `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${mysql.escape(database)}`,
    );
    return rows.map((row) => String(row[0])).filter((name) => name.startsWith(prefix));
  }

  return {
    database,
    query,
    sql,
    open: (host: Host, changes: OptionValues = {}) => openMysql({ ...link, ...changes }, host),
    sourceOptions: (name, more = {}) => ({
      'fromJobConfig.schemaName': database,
      'fromJobConfig.tableName': name,
      ...more,
    }),
    sinkOptions: (name, more = {}) => ({
      'toJobConfig.schemaName': database,
      'toJobConfig.tableName': name,
      ...more,
    }),
    async makeNumbers(name, rowCount) {
      await sql(
        `CREATE TABLE ${table(name)} (id BIGINT NOT NULL PRIMARY KEY, label VARCHAR(100) NOT NULL, amount INT) ENGINE=InnoDB`,
      );
      const rowsPerStatement = 5_000;
      for (let start = 1; start <= rowCount; start += rowsPerStatement) {
        const rows: unknown[] = [];
        for (let id = start; id < start + rowsPerStatement && id <= rowCount; id++) {
          rows.push([id, numbersLabel(id), numbersAmount(id)]);
        }
        await pool.query(`INSERT INTO ${table(name)} VALUES ?`, [rows]);
      }
      // Sizes in information_schema follow a load only after some seconds by themselves.
      await pool.query(`ANALYZE TABLE ${table(name)}`);
    },
    async makeTypes(name, isFilled) {
      const columns = typeColumns.map(([column, ddl]) => `${quoted(column)} ${ddl}`);
      await sql(
        `CREATE TABLE ${table(name)} (${columns.join(', ')}) ENGINE=InnoDB`,
        ...(isFilled ? typeRows.map((row) => `INSERT INTO ${table(name)} VALUES ${row}`) : []),
      );
    },
    async readBack(name, columns) {
      const list = await printers(name, columns ?? null);
      const [rows] = await pool.query(`SELECT ${list.join(', ')} FROM ${table(name)}`);
      const printed = rows as unknown as PrintedRow[];
      return [...printed].sort((a, b) => compareKeys(String(a[0]), String(b[0])));
    },
    async write(name, statement) {
      await pool.query(statement.replaceAll('{table}', table(name)));
    },
    async tableExists(name) {
      return (await tablesLike(name)).includes(name);
    },
    tablesLike,
    async dropTable(name) {
      await pool.query(`DROP TABLE IF EXISTS ${table(name)}`);
    },
    async primaryKey(name) {
      const rows = await query(
        `SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ${mysql.escape(database)}
         AND TABLE_NAME = ${mysql.escape(name)} AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX`,
      );
      return rows.map((row) => String(row[0]));
    },
    async cutSessions() {
      const find = `SELECT ID FROM information_schema.PROCESSLIST WHERE USER = ${mysql.escape(user)}`;
      for (const [id] of await query(find)) {
        // A session may end by itself between the look and the kill.
        await pool.query(`KILL ${Number(id)}`).catch((error: { errno?: number }) => {
          if (error.errno !== 1094) throw error;
        });
      }
      while ((await query(find)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    async drop() {
      await pool.query(`DROP DATABASE IF EXISTS ${quoted(database)}`);
      await pool.query(`DROP USER IF EXISTS ${mysql.escape(user)}@'%'`);
      await pool.end();
    },
    wrongLinks: {
      password: { 'linkConfig.password': 'not-the-password' },
      database: { 'linkConfig.database': `${database}_absent`, ...asAdministrator(url) },
      port: { 'linkConfig.port': deadPort },
    },
    honestConditions: [
      'id IN (2, 3)',
      "id > 1 AND id < 4 AND label <> ') OR 1=1 -- '",
      'id = 2 OR /* three */ id = 3 -- the end',
      "id BETWEEN 2 AND 3 # it's the end",
      `label LIKE '%0000000002%' OR \`id\` = 3`,
      "id IN (SELECT 2 UNION SELECT 3) AND label <> 'it''s \\' ;'",
    ],
    hostileConditions: [
      "1=1) INTO OUTFILE '/tmp/sluice_probe' -- ",
      "1=1) INTO OUTFILE '/tmp/sluice_probe' /*",
      '1=1) UNION SELECT 1, 2, 3 FROM (SELECT 1) x WHERE (1=1',
      '1=1); DELETE FROM few; -- ',
      '1=1; DROP TABLE few',
      '1=1 /*',
      "1=1 OR '",
      '1=1 OR `',
      '1=1 -- \n) OR (1=1',
      '1=1 #\n) OR (1=1',
      '1=1 /*! ) OR (1=1 */',
      '1=1 /*!50000 ) INTO @a */ -- ',
      '1=1) ORDER BY (SELECT 1',
      '1=1) FOR UPDATE -- ',
      '1=1} OR {x 1=1',
      'id = ?',
      'id IN (SELECT 1 INTO @a)',
      'nosuch = 1',
      'COUNT(*) > 0',
    ],
    checkpointTablePrefix: CHECKPOINT_TABLE_PREFIX,
  };
}

/** A user without rights on a database hears that he may not enter it, not that there is none. */
function asAdministrator(url: URL): OptionValues {
  return {
    'linkConfig.username': decodeURIComponent(url.username),
    'linkConfig.password': decodeURIComponent(url.password),
  };
}

/** Numbers by value, everything else by text. */
function compareKeys(a: string, b: string): number {
  if (/^\d+$/.test(a) && /^\d+$/.test(b)) return BigInt(a) < BigInt(b) ? -1 : 1;
  return a < b ? -1 : 1;
}
