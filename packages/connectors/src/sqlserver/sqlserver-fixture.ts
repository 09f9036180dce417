import type { Host } from '@sluice/core/connector/contract';
import {
  numbersAmount,
  numbersLabel,
  type PrintedRow,
  type SuiteFixture,
} from '@sluice/core/contract-suite/fixture';
import type { OptionValues } from '@sluice/core/options/option';
import { CHECKPOINT_TABLE_PREFIX } from './checkpoint-table.ts';
import { openSqlServer } from './connection.ts';
import { quoteTable } from './names.ts';
import { columnsOf, countRows } from './tds-stub/catalog.ts';
import { quoteKey } from './tds-stub/dialect.ts';
import { TdsStub } from './tds-stub/tds-stub.ts';
import type { StubValue } from './tds-stub/tokens.ts';

/** A port of loopback that is kept free by convention (discard). */
const deadPort = '9';
const schema = 'dbo';
const password = 'Stub-pass-1';

export interface SqlServerFixture extends SuiteFixture {
  readonly stub: TdsStub;
  readonly link: OptionValues;
  /** Rows as they are in the stub, put there past the connector: values as the server prints them. */
  fill(table: string, rows: readonly (readonly StubValue[])[]): void;
  close(): Promise<void>;
}

/** Columns of the types table: name and DDL. The first is the key. */
export const typeColumns: readonly (readonly [string, string])[] = [
  ['id', 'bigint NOT NULL PRIMARY KEY'],
  ['flag', 'bit'],
  ['tiny', 'tinyint'],
  ['small', 'smallint'],
  ['plain', 'int'],
  ['big', 'bigint'],
  ['price', 'decimal(38,10)'],
  ['whole', 'numeric(20,0)'],
  ['short', 'decimal(9,2)'],
  ['coins', 'money'],
  ['cents', 'smallmoney'],
  ['single', 'real'],
  ['twice', 'float'],
  ['day', 'date'],
  ['clock', 'time(7)'],
  ['clock0', 'time(0)'],
  ['moment', 'datetime2(7)'],
  ['moment3', 'datetime2(3)'],
  ['old', 'datetime'],
  ['older', 'smalldatetime'],
  ['instant', 'datetimeoffset(7)'],
  ['fixed', 'nchar(10)'],
  ['words', 'nvarchar(200)'],
  ['long', 'nvarchar(max)'],
  ['page', 'varchar(40)'],
  ['pages', 'varchar(max)'],
  ['bytes', 'varbinary(300)'],
  ['blob', 'varbinary(max)'],
  ['four', 'binary(4)'],
  ['guid', 'uniqueidentifier'],
  ['doc', 'xml'],
];

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

/** Ends of the ranges, values that a number or a date of JavaScript would bend, and nulls. */
const typeRows: readonly (readonly StubValue[])[] = [
  [
    1n,
    0n,
    0n,
    -32768n,
    -2147483648n,
    -(2n ** 63n),
    '-9999999999999999999999999999.9999999999',
    '-99999999999999999999',
    '-9999999.99',
    '-922337203685477.5808',
    '-214748.3648',
    Math.fround(-3.4e38),
    -1.7976931348623157e308,
    '0001-01-01',
    '00:00:00.0000000',
    '00:00:00',
    '0001-01-01 00:00:00.0000000',
    '0001-01-01 00:00:00.000',
    '1753-01-01 00:00:00.000',
    '1900-01-01 00:00:00',
    '0001-01-01 00:00:00.0000000 +00:00',
    '          ',
    '',
    '',
    '',
    '',
    bytes(''),
    bytes(''),
    bytes('00000000'),
    '00000000-0000-0000-0000-000000000000',
    '<a/>',
  ],
  [
    2n,
    1n,
    255n,
    32767n,
    2147483647n,
    2n ** 63n - 1n,
    '9999999999999999999999999999.9999999999',
    '99999999999999999999',
    '9999999.99',
    '922337203685477.5807',
    '214748.3647',
    Math.fround(3.4e38),
    1.7976931348623157e308,
    '9999-12-31',
    '23:59:59.9999999',
    '23:59:59',
    '9999-12-31 23:59:59.9999999',
    '9999-12-31 23:59:59.999',
    '9999-12-31 23:59:59.997',
    '2079-06-06 23:59:00',
    '9999-12-31 23:59:59.9999999 +00:00',
    'blank     ',
    'emoji 😀 中文 \'quoted\' "double" \\ back ? @p [x]',
    'long 中 '.repeat(20_000),
    'Ümläut ß',
    'é'.repeat(9_000),
    bytes('00ff5c27220a0d1a'),
    Buffer.alloc(100_000, 7),
    bytes('deadbeef'),
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '<a b="1">中</a>',
  ],
  [
    3n,
    null,
    1n,
    1n,
    1n,
    9007199254740993n,
    '0.0000000001',
    '0',
    '0.10',
    '0.0001',
    '0.1000',
    Math.fround(0.1),
    0.1,
    '2024-02-29',
    '12:30:00.1234567',
    '12:30:00',
    '2024-02-29 12:00:00.0000001',
    '2024-02-29 12:00:00.120',
    '2024-02-29 12:00:00.003',
    '2024-02-29 12:34:00',
    '2024-02-29 12:00:00.1234567 +00:00',
    '  lead    ',
    ' trail  ',
    null,
    'x',
    null,
    bytes('5c'),
    null,
    bytes('00000001'),
    '6f9619ff-8b86-d011-b42d-00c04fc964ff',
    null,
  ],
  [7n, ...typeColumns.slice(1).map(() => null)],
];

/** A stub of its own, with a database `sales`. */
export async function createSqlServerFixture(allowsSnapshots = true): Promise<SqlServerFixture> {
  const stub = new TdsStub({ name: 'sales', user: 'mover', password, allowsSnapshots });
  const port = await stub.listen();
  const link: OptionValues = {
    'linkConfig.databaseType': 'SQLSERVER',
    'linkConfig.host': '127.0.0.1',
    'linkConfig.port': String(port),
    'linkConfig.database': 'sales',
    'linkConfig.username': 'mover',
    'linkConfig.password': password,
  };
  const key = (table: string): string => `${schema}.${table}`;

  function look<T>(work: (db: ReturnType<typeof stub.database.open>) => T): T {
    const db = stub.database.open();
    try {
      return work(db);
    } finally {
      db.close();
    }
  }

  function fill(table: string, rows: readonly (readonly StubValue[])[]): void {
    look((db) => {
      const columns = columnsOf(db, key(table));
      db.exec('BEGIN IMMEDIATE');
      const places = columns.map(() => '?').join(', ');
      const insert = db.prepare(`INSERT INTO ${quoteKey(key(table))} VALUES (${places})`);
      for (const row of rows) insert.run(...row);
      countRows(db, key(table));
      db.exec('COMMIT');
    });
  }

  const tablesLike = async (prefix: string): Promise<readonly string[]> =>
    look((db) =>
      db
        .prepare('SELECT name FROM "sys.objects"')
        .all()
        .map((row) => String(row.name))
        .filter((name) => name.startsWith(prefix)),
    );

  return {
    stub,
    link,
    fill,
    open: (host: Host, changes: OptionValues = {}) => openSqlServer({ ...link, ...changes }, host),
    sourceOptions: (table, more = {}) => ({
      'fromJobConfig.schemaName': schema,
      'fromJobConfig.tableName': table,
      ...more,
    }),
    sinkOptions: (table, more = {}) => ({
      'toJobConfig.schemaName': schema,
      'toJobConfig.tableName': table,
      ...more,
    }),
    async makeNumbers(table, rowCount) {
      await stub.sql(
        `CREATE TABLE ${quoteTable(schema, table)} ([id] bigint NOT NULL PRIMARY KEY, [label] nvarchar(100) NOT NULL, [amount] int)`,
      );
      fill(
        table,
        Array.from({ length: rowCount }, (_, i) => {
          const amount = numbersAmount(i + 1);
          return [BigInt(i + 1), numbersLabel(i + 1), amount === null ? null : BigInt(amount)];
        }),
      );
    },
    async makeTypes(table, isFilled) {
      const columns = typeColumns.map(([name, ddl]) => `[${name}] ${ddl}`);
      await stub.sql(`CREATE TABLE ${quoteTable(schema, table)} (${columns.join(', ')})`);
      if (isFilled) fill(table, typeRows);
    },
    async readBack(table, columns) {
      return look((db) => {
        const names = columns ?? columnsOf(db, key(table)).map(({ name }) => name);
        const statement = db.prepare(
          `SELECT ${names.map(quoteKey).join(', ')} FROM ${quoteKey(key(table))} ORDER BY 1`,
        );
        statement.setReadBigInts(true);
        return statement.all().map((row) => Object.values(row).map(printedValue)) as PrintedRow[];
      });
    },
    async write(table, sql) {
      await stub.sql(sql.replaceAll('{table}', quoteTable(schema, table)));
    },
    async tableExists(table) {
      return (await tablesLike(table)).includes(table);
    },
    tablesLike,
    async dropTable(table) {
      await stub.sql(`DROP TABLE IF EXISTS ${quoteTable(schema, table)}`);
    },
    async primaryKey(table) {
      return look((db) =>
        db
          .prepare(
            `SELECT c.name FROM "sys.indexes" AS i JOIN "sys.objects" AS o ON o.object_id = i.object_id
             JOIN "sys.index_columns" AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
             JOIN "sys.columns" AS c ON c.object_id = i.object_id AND c.column_id = k.column_id
             WHERE o.name = ? AND i.is_primary_key = 1 ORDER BY k.key_ordinal`,
          )
          .all(table)
          .map((row) => String(row.name)),
      );
    },
    async cutSessions() {
      stub.cutSessions();
      // Until whoever had one has noticed.
      await new Promise((resolve) => setTimeout(resolve, 20));
    },
    close: () => stub.close(),
    wrongLinks: {
      password: { 'linkConfig.password': 'not-the-password' },
      database: { 'linkConfig.database': 'sales_absent' },
      port: { 'linkConfig.port': deadPort },
    },
    honestConditions: [
      'id IN (2, 3)',
      "id > 1 AND id < 4 AND label <> ') OR 1=1 -- '",
      'id = 2 OR /* three /* nested */ */ id = 3 -- the end',
      'id BETWEEN 2 AND 3',
      "label LIKE '%0000000002%' OR [id] = 3",
      "id IN (SELECT 2 UNION SELECT 3) AND label <> N'it''s ;'",
      "CASE WHEN id IN (2, 3) THEN 'then' ELSE 'end' END = 'then'",
    ],
    hostileConditions: [
      '1=1) UNION SELECT 1, 2, 3 FROM (SELECT 1 AS a) x WHERE (1=1',
      '1=1); DELETE FROM few; -- ',
      '1=1; DROP TABLE few',
      '1=1) DELETE FROM few WHERE (1=1',
      '1=1 /*',
      "1=1 OR '",
      '1=1 OR [',
      '1=1 OR "',
      '1=1 -- \n) OR (1=1',
      '1=1) ORDER BY (SELECT 1',
      '1=1 THEN 1 END = 1 OR CASE WHEN 1=1',
      'id = @k0',
      'nosuch = 1',
      'COUNT(*) > 0',
    ],
    checkpointTablePrefix: CHECKPOINT_TABLE_PREFIX,
  };
}

function printedValue(value: unknown): string | null {
  if (value === null) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}
