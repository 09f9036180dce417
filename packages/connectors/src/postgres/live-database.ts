import { randomBytes } from 'node:crypto';
import type { SuiteFixture } from '@sluice/core/contract-suite/fixture';
import type { OptionValues } from '@sluice/core/options/option';
import pg from 'pg';
import { CHECKPOINT_TABLE_PREFIX } from './checkpoint-table.ts';
import { openPostgres } from './connection.ts';
import { quoteName } from './quote.ts';

/** A database of its own for one live test file, on the server of SLUICE_TEST_POSTGRES, and its administrator's session. */
export interface LiveDatabase extends SuiteFixture {
  readonly name: string;
  readonly link: OptionValues;
  query(sql: string, values?: readonly unknown[]): Promise<pg.QueryArrayResult>;
  drop(): Promise<void>;
}

/** The schema of every table of the suites: a name that must be quoted. */
export const SCHEMA = 'Su ite';

/** @param url of a superuser. */
export async function makeLiveDatabase(url: string): Promise<LiveDatabase> {
  const name = `sluice_test_${randomBytes(6).toString('hex')}`;
  const server = new URL(url);
  const first = new pg.Client({ connectionString: url });
  await first.connect();
  await first.query(`CREATE DATABASE ${quoteName(name)} TEMPLATE template0 ENCODING 'UTF8'`);
  await first.end();
  const own = new URL(url);
  own.pathname = `/${name}`;
  const admin = new pg.Client({ connectionString: own.href, application_name: 'sluice test administrator' });
  await admin.connect();
  await admin.query(`CREATE SCHEMA ${quoteName(SCHEMA)}`);
  // The administrator prints like the connector's sessions, so that both sides of a comparison look the same.
  await admin.query("SET TimeZone = 'UTC'; SET bytea_output = 'hex'; SET IntervalStyle = 'postgres'");

  const link: OptionValues = {
    'linkConfig.databaseType': 'POSTGRESQL',
    'linkConfig.host': server.hostname,
    'linkConfig.port': server.port || '5432',
    'linkConfig.database': name,
    'linkConfig.username': decodeURIComponent(server.username),
    'linkConfig.password': decodeURIComponent(server.password),
  };
  const tableOf = (table: string) => `${quoteName(SCHEMA)}.${quoteName(table)}`;
  const query = (sql: string, values: readonly unknown[] = []) =>
    admin.query({ text: sql, values: [...values], rowMode: 'array' });

  return {
    name,
    link,
    query,
    open: (host, changes = {}) => openPostgres({ ...link, ...changes }, host),
    sourceOptions: (table, more = {}) => ({
      'fromJobConfig.schemaName': SCHEMA,
      'fromJobConfig.tableName': table,
      ...more,
    }),
    sinkOptions: (table, more = {}) => ({
      'toJobConfig.schemaName': SCHEMA,
      'toJobConfig.tableName': table,
      ...more,
    }),
    async makeNumbers(table, rowCount) {
      await query(
        `CREATE TABLE ${tableOf(table)} (id bigint PRIMARY KEY, label varchar(100) NOT NULL, amount integer)`,
      );
      await query(
        `INSERT INTO ${tableOf(table)}
         SELECT id, 'row ' || lpad(id::text, 10, '0') || ' é 中 😀 ' || repeat('x', 24), CASE WHEN id % 3 <> 0 THEN id * 10 END
           FROM generate_series(1, $1::int) AS id`,
        [rowCount],
      );
    },
    async makeTypes(table, isFilled) {
      await query(
        `CREATE TABLE ${tableOf(table)} (${typeColumns.map(([column, type]) => `${column} ${type}`).join(', ')})`,
      );
      if (!isFilled) return;
      for (const row of typeRows) {
        const names = Object.keys(row);
        await query(
          `INSERT INTO ${tableOf(table)} (${names.join(', ')}) VALUES (${names.map((column) => row[column]).join(', ')})`,
        );
      }
    },
    async readBack(table, columns) {
      const { rows: described } = await query(
        `SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
        [tableOf(table)],
      );
      const names = columns ?? described.map(([column]) => String(column));
      const printed = names.map((column) => `${quoteName(column)}::text`).join(', ');
      const order = described[0] === undefined ? '' : ` ORDER BY t.${quoteName(String(described[0][0]))}`;
      return (await query(`SELECT ${printed} FROM ${tableOf(table)} AS t${order}`)).rows;
    },
    async write(table, sql) {
      await query(sql.replaceAll('{table}', tableOf(table)));
    },
    async tableExists(table) {
      return (await query('SELECT to_regclass($1) IS NOT NULL', [tableOf(table)])).rows[0]?.[0] === true;
    },
    async tablesLike(prefix) {
      const { rows } = await query('SELECT tablename FROM pg_tables WHERE starts_with(tablename, $1)', [
        prefix,
      ]);
      return rows.map(([table]) => String(table));
    },
    async dropTable(table) {
      await query(`DROP TABLE IF EXISTS ${tableOf(table)} CASCADE`);
    },
    async primaryKey(table) {
      const { rows } = await query(
        `SELECT column_name FROM information_schema.key_column_usage k JOIN information_schema.table_constraints c
            USING (constraint_schema, constraint_name)
          WHERE c.constraint_type = 'PRIMARY KEY' AND k.table_schema = $1 AND k.table_name = $2 ORDER BY ordinal_position`,
        [SCHEMA, table],
      );
      return rows.map(([column]) => String(column));
    },
    async cutSessions() {
      const ours = `FROM pg_stat_activity WHERE datname = $1 AND application_name = 'sluice'`;
      await query(`SELECT pg_terminate_backend(pid) ${ours}`, [name]);
      // The call only sends the signal. A backend that does not go fails the test by its time-out.
      while ((await query(`SELECT 1 ${ours}`, [name])).rows.length > 0) await query('SELECT pg_sleep(0.01)');
    },
    wrongLinks: {
      password: { 'linkConfig.password': 'not-the-password-73' },
      database: { 'linkConfig.database': 'no_such_database_73' },
      port: { 'linkConfig.port': '1' },
    },
    honestConditions: [
      'id BETWEEN 2 AND 3',
      "id = 2 OR label LIKE 'row 0000000003%'",
      'id IN (2, 3) -- the second and the third',
      '/* a comment */ id > 1 AND id < 4',
      "id = ANY (ARRAY[2, 3]) AND label <> 'it''s ) ] ; --'",
      '(id = 2) OR (id = 3)',
      "label <> $tag$ ) ] ' ; $tag$ AND id IN (SELECT 2 UNION SELECT 3)",
    ],
    hostileConditions: [
      "1=1) TO PROGRAM 'touch /tmp/never' --",
      '1=1) TO STDOUT; DROP TABLE pg_class; COPY (SELECT 1 WHERE (1=1',
      '1=1; DROP SCHEMA public CASCADE',
      '1=1); DELETE FROM pg_class WHERE (1=1',
      '1=1) UNION ALL SELECT 1, version(), 2 WHERE (1=1',
      '1=1) OR (1=1',
      '1=1] OR ARRAY[1=1',
      '1=1) OR (ARRAY[1=1])[1] OR (1=1',
      "label = 'open",
      'label = $a$ open',
      'label = $a$ ) $b$',
      '1=1 /* open',
      'id = 1 /* ) /* nested */',
      '"id = 1',
      "label = E'\\'",
      '',
      ')',
      '(',
      '--',
      'SELECT 1',
      'id',
      'nosuch = 1',
      '1=1 LIMIT 1',
      '1=1 ORDER BY 1',
      '$1',
      'id = $1',
      '1=1\0',
      'count(*) > 0',
    ].filter((condition) => condition !== ''),
    checkpointTablePrefix: CHECKPOINT_TABLE_PREFIX,
    async drop() {
      await admin.end();
      const last = new pg.Client({ connectionString: url });
      await last.connect();
      await last.query(`DROP DATABASE ${quoteName(name)} WITH (FORCE)`);
      await last.end();
    },
  };
}

/** One column for every built-in type that is moved, in DDL. */
export const typeColumns: readonly (readonly [string, string])[] = [
  ['id', 'integer PRIMARY KEY'],
  ['c_bool', 'boolean'],
  ['c_int2', 'smallint'],
  ['c_int4', 'integer'],
  ['c_int8', 'bigint'],
  ['c_numeric', 'numeric'],
  ['c_numeric_ps', 'numeric(30,10)'],
  ['c_float4', 'real'],
  ['c_float8', 'double precision'],
  ['c_text', 'text'],
  ['c_varchar', 'varchar(40)'],
  ['c_char', 'char(10)'],
  ['c_bytea', 'bytea'],
  ['c_date', 'date'],
  ['c_time', 'time'],
  ['c_time3', 'time(3)'],
  ['c_timetz', 'timetz'],
  ['c_timestamp', 'timestamp'],
  ['c_timestamp0', 'timestamp(0)'],
  ['c_timestamptz', 'timestamptz'],
  ['c_uuid', 'uuid'],
  ['c_json', 'json'],
  ['c_jsonb', 'jsonb'],
  ['c_bit', 'bit(5)'],
  ['c_varbit', 'bit varying(9)'],
  ['c_interval', 'interval'],
  ['c_money', 'money'],
  ['c_inet', 'inet'],
  ['c_cidr', 'cidr'],
  ['c_macaddr', 'macaddr'],
  ['c_xml', 'xml'],
  ['c_range', 'int4range'],
  ['c_ints', 'integer[]'],
  ['c_texts', 'text[]'],
  ['c_numerics', 'numeric(10,2)[]'],
  ['c_tsvector', 'tsvector'],
  ['"c Odd ""name"""', 'text'],
];

/** Rows as SQL expressions by column: ordinary values, both ends of each range, what is special in COPY, and nulls. */
const typeRows: readonly Readonly<Record<string, string>>[] = [
  {
    id: '1',
    c_bool: 'true',
    c_int2: '1',
    c_int4: '-5',
    c_int8: '123456789012',
    c_numeric: '12.3400',
    c_numeric_ps: '-0.0000000001',
    c_float4: '1.5',
    c_float8: '0.1',
    c_text: `E'tab\\t line\\n return\\r back\\\\ bell\\b form\\f vert\\x0b \\\\N \\\\. quote''" é 中 😀'`,
    c_varchar: `'plain'`,
    c_char: `'ab'`,
    c_bytea: `'\\x00ff5c0a0d09'`,
    c_date: `'2024-02-29'`,
    c_time: `'23:59:59.999999'`,
    c_time3: `'12:34:56.789'`,
    c_timetz: `'10:00:00.5+05:30'`,
    c_timestamp: `'2024-02-29 12:34:56.123456'`,
    c_timestamp0: `'2024-02-29 12:34:56'`,
    c_timestamptz: `'2024-07-01 00:00:00.1+02'`,
    c_uuid: `'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'`,
    c_json: `'{"b": 1,  "a": [1, "x\\ty"], "a": 2}'`,
    c_jsonb: `'{"b": 1, "a": [1, "x\\ty"]}'`,
    c_bit: `B'10101'`,
    c_varbit: `B'101'`,
    c_interval: `'1 year 2 mons -3 days 04:05:06.789'`,
    c_money: `'12345.67'`,
    c_inet: `'192.168.0.1/24'`,
    c_cidr: `'10.0.0.0/8'`,
    c_macaddr: `'08:00:2b:01:02:03'`,
    c_xml: `'<a b="1">t</a>'`,
    c_range: `'[1,10)'`,
    c_ints: `'{1,NULL,3}'`,
    c_texts: `ARRAY['a,b', 'c"d', E'e\\\\f\\n', NULL, '']`,
    c_numerics: `'{1.50,2.25}'`,
    c_tsvector: `'a:1 fat:2A cat:3'`,
    '"c Odd ""name"""': `'odd'`,
  },
  {
    id: '2',
    c_bool: 'false',
    c_int2: '-32768',
    c_int4: '-2147483648',
    c_int8: '-9223372036854775808',
    c_numeric: `'NaN'`,
    c_numeric_ps: '-99999999999999999999.9999999999',
    c_float4: `'-Infinity'`,
    c_float8: `'NaN'`,
    c_text: `''`,
    c_varchar: `repeat('é', 40)`,
    c_char: `''`,
    c_bytea: `''`,
    c_date: `'-infinity'`,
    c_time: `'00:00:00'`,
    c_time3: `'24:00:00'`,
    c_timetz: `'00:00:00-15:59:59'`,
    c_timestamp: `'-infinity'`,
    c_timestamp0: `'0044-03-15 10:00:00 BC'`,
    c_timestamptz: `'infinity'`,
    c_uuid: `'00000000-0000-0000-0000-000000000000'`,
    c_json: `'null'`,
    c_jsonb: `'null'`,
    c_bit: `B'00000'`,
    c_varbit: `B''`,
    c_interval: `'-178000000 years'`,
    c_money: `'-92233720368547758.08'`,
    c_inet: `'::1'`,
    c_range: `'empty'`,
    c_ints: `'{}'`,
    c_texts: `'{}'`,
  },
  {
    id: '3',
    c_int2: '32767',
    c_int4: '2147483647',
    c_int8: '9223372036854775807',
    c_numeric: `'1e-16383'::numeric + repeat('9', 300)::numeric`,
    c_numeric_ps: '99999999999999999999.9999999999',
    c_float4: '3.4028235e38',
    c_float8: '5e-324',
    c_text: `repeat('0123456789', 30000)`,
    c_bytea: `decode(repeat('00ff', 100000), 'hex')`,
    c_date: `'5874897-12-31'`,
    c_timestamp: `'294276-12-31 23:59:59.999999'`,
    c_timestamptz: `'4713-01-01 00:00:00+00 BC'`,
    c_interval: `'178000000 years'`,
  },
  { id: '4' },
  {
    id: '5',
    c_float8: `'-0'`,
    c_text: `'\\N'`,
    c_varchar: `' '`,
    c_char: `'          '`,
    c_int8: '9007199254740993',
  },
];
