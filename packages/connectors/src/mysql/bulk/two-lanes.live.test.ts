import type { Connection } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import type { WireForm } from '@sluice/core/data/batch';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LiveDatabase, makeLiveDatabase, SCHEMA } from '../../postgres/live-database.ts';
import { createMysqlFixture, describeOnEach, type MysqlFixture } from '../mysql-fixture.ts';

const postgresUrl = process.env.SLUICE_TEST_POSTGRES;

/** Into an existing table: type at the source, type at the destination, values that it holds, values that it does not. */
const pairs: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['boolean', 'BIT(1)', ['true', 'false'], []],
  ['boolean', 'VARCHAR(5)', ['true', 'false'], []],
  ['boolean', 'DECIMAL(3,1)', ['true', 'false'], []],
  ['smallint', 'TINYINT', ['-128', '127'], ['128', '-129']],
  ['smallint', 'TINYINT UNSIGNED', ['0', '255'], ['-1', '256']],
  ['integer', 'MEDIUMINT UNSIGNED', ['0', '16777215'], ['-1', '16777216']],
  ['integer', 'INT UNSIGNED', ['0', '2147483647'], ['-2147483648']],
  ['integer', 'DECIMAL(5,2)', ['-999', '999'], ['1000']],
  ['integer', 'FLOAT', ['16777216', '-1'], []],
  ['bigint', 'INT', ['-2147483648', '2147483647'], ['2147483648', '-9223372036854775808']],
  ['bigint', 'BIGINT UNSIGNED', ['0', '9223372036854775807'], ['-1']],
  ['bigint', 'DOUBLE', ['9007199254740992', '-1'], ['9007199254740993', '-9223372036854775808']],
  ['bigint', 'VARCHAR(20)', ['-9223372036854775808'], []],
  ['bigint', 'VARCHAR(4)', ['-123'], ['-1234']],
  ['numeric', 'BIGINT UNSIGNED', ['18446744073709551615', '7.000'], ['18446744073709551616', '-1', '1.5']],
  ['numeric', 'TINYINT', ['-128', '0.0'], ['128', '1e30']],
  ['numeric', 'DECIMAL(10,2)', ['-99999999.99', '0', '1.1000', '0.01'], ['100000000', '0.001', "'NaN'"]],
  ['numeric', 'DECIMAL(65,0)', [`${'9'.repeat(65)}`, '-1'], [`1${'0'.repeat(65)}`, `1e100`]],
  ['numeric', 'DECIMAL(30,30)', [`0.${'0'.repeat(29)}1`, '0.5'], [`0.${'0'.repeat(90)}1`, '1']],
  ['numeric', 'DOUBLE', ['0.1', '1e-300'], ["'NaN'", '1e400', '-123456789012345678901234567890.5']],
  ['numeric', 'FLOAT', ['0.1', '3e38'], ['4e38']],
  ['numeric', 'VARCHAR(60)', ['0.10', '-12345678901234567890.00001', "'NaN'"], ['1e70']],
  ['real', 'FLOAT', ['0.1', '-3.4e38', '1e-45'], ["'NaN'", "'-Infinity'"]],
  ['real', 'DOUBLE', ['0.1', '1e-45', '-3.4028235e38'], ["'Infinity'", "'NaN'"]],
  ['real', 'DECIMAL(10,2)', ['0.5', '-12345.25'], ['0.001', "'NaN'"]],
  ['double precision', 'DECIMAL(20,5)', ['0.5', '1e14', '-0.00001'], ['1e-6', '1e16', "'-Infinity'"]],
  ['double precision', 'DOUBLE', ['0.1', '5e-324', '-1.7976931348623157e308'], ["'NaN'", "'Infinity'"]],
  ['double precision', 'FLOAT', ['0.5', '1e10'], ['1e39']],
  ['double precision', 'FLOAT(7,2)', ['0.5'], []],
  ['text', 'VARCHAR(3)', ["'中文😀'", "''"], ["'abcd'", "'abc '"]],
  ['text', 'CHAR(3)', ["'ab'", "' ab'"], ["'abcd'", "'ab '", "'   '"]],
  ['text', 'TINYTEXT', ["repeat('é', 127)"], ["repeat('é', 128)"]],
  ['text', 'VARCHAR(9) CHARACTER SET latin1', ["'Ümläut€'"], ["'中'"]],
  ['text', "ENUM('a','b')", ["'a'", "'b'"], ["'c'"]],
  ['text', "SET('x','y')", ["'x,y'", "''"], ["'z'"]],
  ['text', 'JSON', [`'{"a":1}'`], ["'{'"]],
  ['text', 'UUID', ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"], ["'x'"]],
  ['text', 'INET6', ["'::1'"], ["'x'"]],
  ['text', 'LONGTEXT', ["repeat('中', 400000)", "E'\\n\\t\\\\'", "'''\"'"], []],
  ['character(5)', 'VARCHAR(5)', ["'ab'"], []],
  ['character(5)', 'VARCHAR(3)', [], ["'abcd'", "'ab'"]],
  ['character(5)', 'CHAR(3)', ["'ab'"], ["'abcd'"]],
  ['bytea', 'VARBINARY(3)', ["'\\x00ff5c'", "''"], ["'\\x01020304'"]],
  ['bytea', 'BINARY(3)', ["'\\x00ff00'"], ["'\\x01020304'", "'\\x00ff'"]],
  ['bytea', 'LONGBLOB', ["decode(repeat('00ff27', 100000), 'hex')"], []],
  ['date', 'DATETIME(6)', ["'2024-02-29'", "'0001-01-01'"], ["'infinity'"]],
  ['date', 'TIMESTAMP', ["'2024-02-29'"], ["'1970-01-01'", "'2500-01-01'"]],
  ['date', 'CHAR(10)', ["'2024-02-29'"], ["'10000-01-01'"]],
  ['timestamp', 'DATETIME', ["'2024-02-29 23:59:59'", "'9999-12-31 00:00:00'"], ["'2024-02-29 00:00:00.1'"]],
  ['timestamp', 'DATETIME(3)', ["'1900-02-28 23:59:59.999'"], ["'1900-02-28 23:59:59.9999'"]],
  ['timestamp', 'TIMESTAMP(6)', ["'2038-01-19 03:14:07.999999'"], ["'1969-12-31 23:59:59'"]],
  ['timestamp', 'VARCHAR(40)', ["'0044-03-15 10:00:00 BC'", "'infinity'"], []],
  ['timestamptz', 'TIMESTAMP(6)', ["'2024-03-31 02:30:00.5+02'"], ["'-infinity'"]],
  ['timestamptz', 'DATETIME(6)', ["'0001-01-01 00:00:00+00'"], ["'10000-01-01 00:00:00+00'"]],
  ['timestamptz', 'VARCHAR(40)', ["'2024-03-31 02:30:00.5+02'"], []],
  ['time', 'TIME', ["'00:00:00'", "'24:00:00'"], ["'12:00:00.000001'"]],
  ['time', 'TIME(6)', ["'23:59:59.999999'"], []],
  ['uuid', 'CHAR(36)', ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"], []],
  ['uuid', 'UUID', ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"], []],
  ['uuid', 'VARCHAR(35)', [], ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"]],
  ['jsonb', 'LONGTEXT', [`'{"b":[1,2.50],"a":"é"}'`, "'null'"], []],
  ['json', 'JSON', [`'{"b" : 1, "b":2}'`], []],
  ['bit(12)', 'BIT(12)', ["B'000000000101'", "B'111111111111'"], []],
  ['bit varying(12)', 'BIT(12)', ["B'100000000001'"], ["B'101'"]],
  ['bit(64)', 'BIT(64)', ["B'1'::bit(64)", '~(0::bit(64))'], []],
  ['bit(3)', 'VARCHAR(3)', ["B'010'"], []],
  ['interval', 'VARCHAR(60)', ["'1 year -2 days 03:04:05.6'"], []],
  ['text[]', 'LONGTEXT', [`ARRAY['a,b', NULL, '"']`], []],
  ['int4range', 'VARCHAR(20)', ["'[1,5)'"], []],
];

type Outcome =
  | { readonly rows: unknown }
  | { readonly code: string; readonly retry: boolean; readonly names: boolean };

/** Pairs in which the server may bend a value: each value is looked at on its way (decision 0033). */
const looked = [
  'integer into FLOAT',
  'bigint into DOUBLE',
  'numeric into DOUBLE',
  'numeric into FLOAT',
  'double precision into FLOAT',
  'double precision into FLOAT(7,2)',
  'text into CHAR(3)',
  "text into ENUM('a','b')",
  "text into SET('x','y')",
  'bytea into BINARY(3)',
];
/** The same with MySQL, which keeps JSON in a form of its own. */
const lookedByMysql = ['text into JSON', 'json into JSON'];

/** Types that only MariaDB has. */
const mariadbTypes = new Set(['UUID', 'INET6']);

describeOnEach('the fast lane from PostgreSQL does what INSERT statements do', (server) => {
  const held = pairs.filter(([, into]) => server.product === 'MariaDB' || !mariadbTypes.has(into));
  describe.skipIf(postgresUrl === undefined)('value by value', () => {
    let mysql: MysqlFixture;
    let postgres: LiveDatabase;
    let my: Connection;
    let pg: Connection;
    let runs = 0;
    const asValues: string[] = [];

    beforeAll(async () => {
      mysql = await createMysqlFixture(server);
      postgres = await makeLiveDatabase(postgresUrl ?? '');
      my = await mysql.open(testHost().host);
      pg = await postgres.open(testHost().host);
    });
    afterAll(async () => {
      await my.close();
      await pg.close();
      await mysql.drop();
      await postgres.drop();
    });

    async function fill(type: string, literals: readonly string[]): Promise<string> {
      const table = freshName('lane');
      await postgres.query(`CREATE TABLE "${SCHEMA}"."${table}" (id integer PRIMARY KEY, odd_value ${type})`);
      for (const [i, literal] of literals.entries())
        await postgres.query(`INSERT INTO "${SCHEMA}"."${table}" VALUES (${i}, ${literal})`);
      return table;
    }

    async function move(
      table: string,
      into: string,
      forms: readonly WireForm[],
      onValues: () => void = () => undefined,
    ): Promise<Outcome> {
      const name = freshName('into');
      await mysql.sql(`CREATE TABLE ${name} (id INT PRIMARY KEY, odd_value ${into})`);
      runs += 1;
      try {
        const { plan } = await copyTable(
          pg.source(postgres.sourceOptions(table)),
          my.sink(mysql.sinkOptions(name)),
          { runKey: `b1b2c3${runs.toString(16).padStart(6, '0')}`, forms },
        );
        if (plan.form === 'rows') onValues();
        return { rows: await mysql.readBack(name) };
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error;
        expect(await mysql.readBack(name)).toEqual([]);
        const cause = String(error.facts.cause);
        return { code: error.code, retry: error.retry, names: /odd_value/.test(cause) };
      }
    }

    it.each(held)('%s into %s', async (type, into, good, bad) => {
      if (good.length > 0) {
        const table = await fill(type, [...good, 'NULL']);
        const fast = ['pgcopy-binary', 'rows'] as const;
        const outcome = await move(table, into, fast, () => asValues.push(`${type} into ${into}`));
        expect(outcome).toEqual(await move(table, into, ['rows']));
        expect(outcome).toMatchObject({ rows: { length: good.length + 1 } });
      }
      for (const literal of bad) {
        const table = await fill(type, [literal]);
        const outcome = await move(table, into, ['pgcopy-binary', 'rows']);
        expect(outcome, literal).toEqual(await move(table, into, ['rows']));
        expect(outcome, literal).toEqual({ code: 'Cdm.0234', retry: false, names: true });
      }
    });

    it('went the fast lane wherever there is a kernel', () => {
      const expected = server.product === 'MariaDB' ? looked : [...looked, ...lookedByMysql];
      expect(asValues.toSorted()).toEqual(expected.toSorted());
    });
  });
});
