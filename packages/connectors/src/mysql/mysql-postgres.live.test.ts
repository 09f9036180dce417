import type { Connection } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import type { WireForm } from '@sluice/core/data/batch';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LiveDatabase, makeLiveDatabase, SCHEMA } from '../postgres/live-database.ts';
import { createMysqlFixture, describeOnEach, type LiveServer, type MysqlFixture } from './mysql-fixture.ts';

const postgresUrl = process.env.SLUICE_TEST_POSTGRES;
if (postgresUrl === undefined) console.warn('SLUICE_TEST_POSTGRES is not set: the value matrix is skipped');

/** A type of one database, values of it, and what the other database must print. Written by hand: no converter is asked. */
interface Line {
  readonly type: string;
  /** The created column's type, in the other catalog's words. */
  readonly becomes: string;
  /** SQL literal at the source, text at the destination. */
  readonly values: readonly (readonly [string, string | null])[];
  /** Where MySQL proper differs from MariaDB. */
  readonly onMysql?: Partial<Pick<Line, 'becomes' | 'values'>>;
}

const toPostgres: readonly Line[] = [
  {
    type: 'TINYINT(1)',
    becomes: 'boolean',
    values: [
      ['0', 'false'],
      ['1', 'true'],
      ['NULL', null],
    ],
  },
  {
    type: 'BIT(1)',
    becomes: 'boolean',
    values: [
      ["b'0'", 'false'],
      ["b'1'", 'true'],
    ],
  },
  {
    type: 'TINYINT',
    becomes: 'smallint',
    values: [
      ['-128', '-128'],
      ['127', '127'],
    ],
  },
  { type: 'TINYINT UNSIGNED', becomes: 'smallint', values: [['255', '255']] },
  { type: 'SMALLINT', becomes: 'smallint', values: [['-32768', '-32768']] },
  { type: 'INT', becomes: 'integer', values: [['-2147483648', '-2147483648']] },
  { type: 'INT(5) ZEROFILL', becomes: 'bigint', values: [['7', '7']] },
  { type: 'DECIMAL(9,2) ZEROFILL', becomes: 'numeric(9,2)', values: [['1.5', '1.50']] },
  { type: 'SMALLINT UNSIGNED', becomes: 'integer', values: [['65535', '65535']] },
  { type: 'MEDIUMINT', becomes: 'integer', values: [['-8388608', '-8388608']] },
  { type: 'INT UNSIGNED', becomes: 'bigint', values: [['4294967295', '4294967295']] },
  {
    type: 'BIGINT',
    becomes: 'bigint',
    values: [
      ['-9223372036854775808', '-9223372036854775808'],
      ['9007199254740993', '9007199254740993'],
    ],
  },
  {
    type: 'BIGINT UNSIGNED',
    becomes: 'numeric(20,0)',
    values: [['18446744073709551615', '18446744073709551615']],
  },
  {
    type: 'DECIMAL(30,10)',
    becomes: 'numeric(30,10)',
    values: [
      ['-0.0000000001', '-0.0000000001'],
      ['99999999999999999999.5', '99999999999999999999.5000000000'],
    ],
  },
  {
    type: 'FLOAT',
    becomes: 'real',
    values: [
      ['0.1', '0.1'],
      ['-3.4e38', '-3.4e+38'],
    ],
  },
  {
    type: 'DOUBLE',
    becomes: 'double precision',
    values: [
      ['0.1', '0.1'],
      ['1.7976931348623157e308', '1.7976931348623157e+308'],
      ['5e-324', '5e-324'],
    ],
  },
  {
    type: 'BIT(9)',
    becomes: 'bit(9)',
    values: [
      ["b'101'", '000000101'],
      ["b'111111111'", '111111111'],
    ],
  },
  {
    type: 'YEAR',
    becomes: 'smallint',
    values: [
      ['1901', '1901'],
      ['2155', '2155'],
    ],
  },
  {
    type: 'DATE',
    becomes: 'date',
    values: [
      ["'0001-01-01'", '0001-01-01'],
      ["'9999-12-31'", '9999-12-31'],
    ],
  },
  {
    type: 'TIME',
    becomes: 'time(0) without time zone',
    values: [
      ["'23:59:59'", '23:59:59'],
      ["'24:00:00'", '24:00:00'],
    ],
  },
  {
    type: 'DATETIME(6)',
    becomes: 'timestamp(6) without time zone',
    values: [["'2024-02-29 23:59:59.000001'", '2024-02-29 23:59:59.000001']],
  },
  {
    type: 'TIMESTAMP(3) NULL',
    becomes: 'timestamp(3) with time zone',
    values: [["'2038-01-19 03:14:07.999'", '2038-01-19 03:14:07.999+00']],
  },
  {
    type: 'CHAR(4)',
    becomes: 'character(4)',
    values: [
      ["'ab'", 'ab  '],
      ["'中文'", '中文  '],
    ],
  },
  {
    type: 'VARCHAR(60)',
    becomes: 'character varying(60)',
    values: [
      ["''", ''],
      ["' a\\\\b\\t\\n\\r\\'\"😀\\\\N '", ' a\\b\t\n\r\'"😀\\N '],
    ],
  },
  {
    type: 'VARCHAR(20) CHARACTER SET latin1',
    becomes: 'character varying(20)',
    values: [["'Ümläut€'", 'Ümläut€']],
  },
  { type: 'LONGTEXT', becomes: 'text', values: [["'long 中'", 'long 中']] },
  { type: "ENUM('it''s','b')", becomes: 'character varying(4)', values: [["'it''s'", "it's"]] },
  {
    type: "SET('x','y')",
    becomes: 'character varying(3)',
    values: [
      ["'x,y'", 'x,y'],
      ["''", ''],
    ],
  },
  {
    type: 'VARBINARY(20)',
    becomes: 'bytea',
    values: [
      ["X'00FF5C0A27'", '\\x00ff5c0a27'],
      ["X''", '\\x'],
    ],
  },
  { type: 'LONGBLOB', becomes: 'bytea', values: [["X'DEADBEEF'", '\\xdeadbeef']] },
  {
    type: 'JSON',
    becomes: 'jsonb',
    values: [
      [
        `'{"b":[1,2.50,12345678901234567890],"a":"é\\\\n"}'`,
        '{"a": "é\\n", "b": [1, 2.50, 12345678901234567890]}',
      ],
    ],
    // A type of its own there, by a name that PostgreSQL has too; it keeps numbers, not their digits.
    onMysql: {
      becomes: 'json',
      values: [
        [
          `'{"b":[1,2.50,12345678901234567890],"a":"é\\\\n"}'`,
          '{"a": "é\\n", "b": [1, 2.5, 12345678901234567890]}',
        ],
      ],
    },
  },
  { type: 'POINT', becomes: 'text', values: [['POINT(1.5, -2)', 'POINT(1.5 -2)']] },
];

const toMysql: readonly Line[] = [
  {
    type: 'boolean',
    becomes: 'tinyint(1)',
    values: [
      ['true', '1'],
      ['false', '0'],
      ['NULL', null],
    ],
  },
  { type: 'smallint', becomes: 'smallint(6)', values: [['-32768', '-32768']] },
  { type: 'integer', becomes: 'int(11)', values: [['2147483647', '2147483647']] },
  {
    type: 'bigint',
    becomes: 'bigint(20)',
    values: [
      ['-9223372036854775808', '-9223372036854775808'],
      ['9007199254740993', '9007199254740993'],
    ],
  },
  {
    type: 'numeric(40,20)',
    becomes: 'decimal(40,20)',
    values: [
      ['-0.00000000000000000001', '-0.00000000000000000001'],
      ['12345678901234567890.5', '12345678901234567890.50000000000000000000'],
    ],
  },
  { type: 'numeric', becomes: 'decimal(65,30)', values: [['12.3400', '12.340000000000000000000000000000']] },
  {
    type: 'real',
    becomes: 'float',
    values: [
      ['0.1', '0.1'],
      ['-1.5', '-1.5'],
    ],
  },
  {
    type: 'double precision',
    becomes: 'double',
    values: [
      ['0.1', '0.1'],
      ['1.7976931348623157e308', '1.7976931348623157e308'],
      // MariaDB has one zero.
      ["'-0'", '0'],
    ],
    onMysql: { values: [["'-0'", '-0']] },
  },
  {
    type: 'text',
    becomes: 'longtext',
    values: [
      ["''", ''],
      ["E' a\\\\b\\t\\n\\r''\"😀\\\\N\\x1a '", ' a\\b\t\n\r\'"😀\\N\u001a '],
    ],
  },
  { type: 'varchar(40)', becomes: 'varchar(40)', values: [["repeat('中', 40)", '中'.repeat(40)]] },
  { type: 'varchar(20000)', becomes: 'longtext', values: [["'x'", 'x']] },
  { type: 'char(5)', becomes: 'char(5)', values: [["'ab'", 'ab']] },
  {
    type: 'bytea',
    becomes: 'longblob',
    values: [
      ["'\\x00ff5c0a27'", '00FF5C0A27'],
      ["''", ''],
    ],
  },
  {
    type: 'date',
    becomes: 'date',
    values: [
      ["'0001-01-01'", '0001-01-01'],
      ["'9999-12-31'", '9999-12-31'],
    ],
  },
  {
    type: 'time(3)',
    becomes: 'time(3)',
    values: [
      ["'23:59:59.999'", '23:59:59.999'],
      ["'24:00:00'", '24:00:00.000'],
    ],
  },
  { type: 'timetz', becomes: 'varchar(32)', values: [["'10:00:00.5+05:30'", '10:00:00.5+05:30']] },
  {
    type: 'timestamp',
    becomes: 'datetime(6)',
    values: [["'2024-02-29 23:59:59.000001'", '2024-02-29 23:59:59.000001']],
  },
  {
    type: 'timestamptz',
    becomes: 'datetime(6)',
    values: [["'2024-07-01 00:00:00.1+02'", '2024-06-30 22:00:00.100000']],
  },
  {
    type: 'uuid',
    becomes: 'char(36)',
    values: [["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']],
  },
  {
    type: 'jsonb',
    becomes: 'longtext',
    values: [
      [
        `'{"b":[1,2.50,12345678901234567890],"a":"é\\n"}'`,
        '{"a": "é\\n", "b": [1, 2.50, 12345678901234567890]}',
      ],
    ],
    onMysql: {
      becomes: 'json',
      values: [
        [
          `'{"b":[1,2.50,12345678901234567890],"a":"é\\n"}'`,
          '{"a": "é\\n", "b": [1, 2.5, 12345678901234567890]}',
        ],
      ],
    },
  },
  { type: 'bit(9)', becomes: 'bit(9)', values: [["B'000000101'", '5']] },
  { type: 'bit varying(9)', becomes: 'varchar(9)', values: [["B'00101'", '00101']] },
  {
    type: 'interval',
    becomes: 'longtext',
    values: [["'1 year 2 days 03:04:05.6'", '1 year 2 days 03:04:05.6']],
  },
  { type: 'integer[]', becomes: 'longtext', values: [["'{1,NULL,3}'", '{1,NULL,3}']] },
];

/** MariaDB takes all of these as bulk commands too, and MySQL as lines of LOAD DATA. */
function inBothForms<T extends object>(lines: readonly T[]): (T & { readonly form: WireForm })[] {
  return lines.flatMap((line) => [
    { ...line, form: 'pgcopy-binary' as const },
    { ...line, form: 'rows' as const },
  ]);
}

function linesOf({ product }: LiveServer, lines: readonly Line[]): readonly Line[] {
  return product === 'MariaDB' ? lines : lines.map((line) => ({ ...line, ...line.onMysql }));
}

/** MySQL no longer says how wide an integer is shown. */
function withoutWidth({ product }: LiveServer, type: string): string {
  return product === 'MariaDB' ? type : type.replace(/^(smallint|int|bigint)\(\d+\)/, '$1');
}

let runs = 0;
function runKey(): string {
  runs += 1;
  return `a1b2c3${runs.toString(16).padStart(6, '0')}`;
}

describeOnEach('values between MySQL and PostgreSQL', (server) => {
  describe.skipIf(postgresUrl === undefined)('either way', () => {
    let mysql: MysqlFixture;
    let postgres: LiveDatabase;
    const open: Connection[] = [];
    const created = { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' };

    beforeAll(async () => {
      mysql = await createMysqlFixture(server);
      postgres = await makeLiveDatabase(postgresUrl ?? '');
    });
    // Each keeps a session or two until it is closed.
    afterEach(async () => {
      for (const connection of open.splice(0)) await connection.close();
    });
    afterAll(async () => {
      await mysql.drop();
      await postgres.drop();
    });

    async function both(): Promise<{ my: Connection; pg: Connection }> {
      const my = await mysql.open(testHost().host);
      const pg = await postgres.open(testHost().host);
      open.push(my, pg);
      return { my, pg };
    }

    /** Every value goes both ways: as bytes, and as neutral values. */
    const bothForms = (['pgcopy-binary', 'rows'] as const).flatMap((form) =>
      linesOf(server, toPostgres).map((line) => ({ ...line, form })),
    );

    it.each(bothForms)('MySQL $type becomes PostgreSQL $becomes: $form', async (line) => {
      const { type, becomes, values, form } = line;
      const table = freshName('m');
      await mysql.sql(
        `CREATE TABLE ${table} (id INT PRIMARY KEY, v ${type})`,
        ...values.map(([literal], i) => `INSERT INTO ${table} VALUES (${i}, ${literal})`),
      );
      const { my, pg } = await both();
      const { plan } = await copyTable(
        my.source(mysql.sourceOptions(table)),
        pg.sink(postgres.sinkOptions(table, created)),
        { runKey: runKey(), forms: [form, 'rows'] },
      );
      expect(plan.form).toBe(form);
      const { rows } = await postgres.query(
        `SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '"${SCHEMA}"."${table}"'::regclass AND attname = 'v'`,
      );
      expect(rows).toEqual([[becomes]]);
      // The blanks of character(n) are not part of its text.
      const print = becomes.startsWith('character(') ? `rpad(v::text, 4)` : 'v::text';
      const printed = await postgres.query(`SELECT ${print} FROM "${SCHEMA}"."${table}" ORDER BY id`);
      expect(printed.rows.map((row) => row[0])).toEqual(values.map(([, text]) => text));
    });

    it('says in the agreement how the rows travel, and why not as bytes', async () => {
      const table = freshName('m');
      await mysql.sql(`CREATE TABLE ${table} (id INT PRIMARY KEY, n DECIMAL(9,2), t TIME)`);
      const { my, pg } = await both();
      const agreed = async (types: string) => {
        await postgres.query(`DROP TABLE IF EXISTS "${SCHEMA}"."${table}"`);
        await postgres.query(`CREATE TABLE "${SCHEMA}"."${table}" (${types})`);
        const source = my.source(mysql.sourceOptions(table));
        const shape = await source.describe();
        const sink = pg.sink(postgres.sinkOptions(table));
        return await sink.agree(source.offer(shape, shape.columns), null);
      };
      expect(await agreed('id bigint, n text, t time')).toMatchObject({
        projection: {
          form: 'pgcopy-binary',
          columns: [
            { name: 'id', cast: null, wireType: 'bigint' },
            { name: 'n', cast: 'char', wireType: 'text' },
            { name: 't', cast: null, wireType: 'time without time zone' },
          ],
        },
        reason:
          'WebAssembly turns rows of the binary protocol into COPY BINARY; the source casts 1 of 3 columns',
      });
      expect(await agreed('id bigint, n text, t interval')).toMatchObject({
        projection: { form: 'rows' },
        reason: expect.stringContaining('column "t", time into interval'),
      });
    });

    it('sends labels to an enumeration', async () => {
      const table = freshName('m');
      await mysql.sql(
        `CREATE TABLE ${table} (id INT PRIMARY KEY, mood ENUM('sad','ok'))`,
        `INSERT INTO ${table} VALUES (1, 'ok'), (2, NULL)`,
      );
      await postgres.query(`CREATE TYPE "${SCHEMA}"."${table}_mood" AS ENUM ('ok', 'sad')`);
      await postgres.query(
        `CREATE TABLE "${SCHEMA}"."${table}" (id integer, mood "${SCHEMA}"."${table}_mood")`,
      );
      const { my, pg } = await both();
      const { plan } = await copyTable(
        my.source(mysql.sourceOptions(table)),
        pg.sink(postgres.sinkOptions(table)),
        { runKey: runKey() },
      );
      expect(plan.form).toBe('pgcopy-binary');
      const { rows } = await postgres.query(`SELECT mood::text FROM "${SCHEMA}"."${table}" ORDER BY id`);
      expect(rows).toEqual([['ok'], [null]]);
    });

    it.each(inBothForms(linesOf(server, toMysql)))(
      'PostgreSQL $type becomes MySQL $becomes, $form',
      async (line) => {
        const { type, becomes, values, form } = line;
        const table = freshName('p');
        await postgres.query(`CREATE TABLE "${SCHEMA}"."${table}" (id integer PRIMARY KEY, v ${type})`);
        for (const [i, [literal]] of values.entries()) {
          await postgres.query(`INSERT INTO "${SCHEMA}"."${table}" VALUES (${i}, ${literal})`);
        }
        const { my, pg } = await both();
        const { plan } = await copyTable(
          pg.source(postgres.sourceOptions(table)),
          my.sink(mysql.sinkOptions(table, created)),
          { runKey: runKey(), forms: [form] },
        );
        // The numbers of JSON are looked at where the server keeps doubles.
        expect(plan.form).toBe(becomes === 'json' ? 'rows' : form);
        const [column] = await mysql.query(
          `SELECT COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '${mysql.database}' AND TABLE_NAME = '${table}' AND COLUMN_NAME = 'v'`,
        );
        expect(column).toEqual([withoutWidth(server, becomes)]);
        const print = becomes === 'longblob' ? 'HEX(v)' : becomes.startsWith('bit') ? 'v + 0' : 'v';
        const printed = await mysql.query(`SELECT ${print} FROM ${mysql.database}.${table} ORDER BY id`);
        expect(printed.map((row) => row[0])).toEqual(values.map(([, text]) => text));
        expect(await mysql.primaryKey(table)).toEqual(['id']);
      },
    );

    const formless = [
      ['numeric', "'NaN'"],
      ['double precision', "'Infinity'"],
      ['date', "'infinity'"],
      ['date', "'0044-03-15 BC'"],
      ['timestamp', "'12024-01-01 00:00:00'"],
      ['numeric', "repeat('9', 36)::numeric"],
      ['numeric(40,35)', "'0.00000000000000000000000000000000001'"],
    ].map(([type, literal]) => ({ type, literal }));
    it.each(inBothForms(formless))('PostgreSQL $type $literal has no place in MySQL, $form', async (line) => {
      const { type, literal, form } = line;
      const table = freshName('p');
      await postgres.query(`CREATE TABLE "${SCHEMA}"."${table}" (id integer PRIMARY KEY, odd_value ${type})`);
      await postgres.query(`INSERT INTO "${SCHEMA}"."${table}" VALUES (1, ${literal})`);
      const { my, pg } = await both();
      const attempt = copyTable(
        pg.source(postgres.sourceOptions(table)),
        my.sink(mysql.sinkOptions(table, created)),
        { runKey: runKey(), forms: [form] },
      );
      await expect(attempt).rejects.toMatchObject({
        code: 'Cdm.0234',
        retry: false,
        facts: { cause: expect.stringContaining('odd_value') },
      });
      expect(await mysql.readBack(table)).toEqual([]);
    });
  });
});
