import { randomBytes } from 'node:crypto';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DatabaseAddress } from './program-inputs.ts';
import { tableNames } from './program-inputs.ts';
import {
  countSourceRows,
  differenceInCopy,
  makeDatabase,
  makeSourceTable,
  makeTargetTables,
  type ServerAccess,
  SOURCE_ROWS,
} from './tables.ts';

const postgresUrl = process.env.SLUICE_TEST_POSTGRES;
const mysqlUrl = process.env.SLUICE_TEST_MYSQL;
const isSkipped = postgresUrl === undefined || mysqlUrl === undefined;
if (isSkipped) console.warn('skipped: SLUICE_TEST_POSTGRES and SLUICE_TEST_MYSQL are not both set');

const SDK = 'trial';
const NAME = `conformance_${randomBytes(6).toString('hex')}`;

function access(kind: ServerAccess['kind'], text: string): ServerAccess {
  const url = new URL(text);
  const { hostname: host, port, username: user, password } = url;
  return { kind, url: text, host, port: Number(port), user, password };
}

describe.skipIf(isSkipped)('the oracle of the copy', () => {
  let source: DatabaseAddress;
  let target: DatabaseAddress;
  let client: Client;

  beforeAll(async () => {
    source = await makeDatabase(access('mariadb', mysqlUrl ?? ''), NAME);
    target = await makeDatabase(access('postgres', postgresUrl ?? ''), NAME);
    await makeSourceTable(source, SDK);
    await makeTargetTables(target, SDK);
    const { host, port, database, user, password } = target;
    client = new Client({ host, port, database, user, password });
    await client.connect();
  });

  afterAll(async () => {
    await client.end();
    const admin = new Client({ connectionString: postgresUrl });
    await admin.connect();
    await admin.query(`DROP DATABASE ${NAME} WITH (FORCE)`);
    await admin.end();
    const mysql = await createConnection(mysqlUrl ?? '');
    await mysql.query(`DROP DATABASE ${NAME}`);
    await mysql.end();
  });

  test('a true copy passes, though made by neither Sluice nor the code that filled the source', async () => {
    expect(await differenceInCopy(target, SDK)).toBe(`0 rows instead of ${SOURCE_ROWS}`);
    expect(await countSourceRows(source, SDK)).toBe(SOURCE_ROWS);
    const mysql = await createConnection(mysqlUrl ?? '');
    const [rows] = await mysql.query<RowDataPacket[]>(`SELECT JSON_ARRAYAGG(JSON_ARRAY(id, name,
      CAST(amount AS CHAR), DATE_FORMAT(created_at, '%Y-%m-%dT%H:%i:%s'))) AS content
      FROM ${NAME}.${tableNames(SDK).source}`);
    await mysql.end();
    const content: unknown = rows[0]?.content;
    const insert = `INSERT INTO ${tableNames(SDK).copied}
      SELECT (r->>0)::int, r->>1, (r->>2)::numeric, (r->>3)::timestamp FROM jsonb_array_elements($1::jsonb) AS r`;
    await client.query(insert, [typeof content === 'string' ? content : JSON.stringify(content)]);
    expect(await differenceInCopy(target, SDK)).toBeNull();
  });

  test.each([
    ['name', `name = 'o''neil'`],
    ['amount', 'amount = amount + 0.01'],
    ['created_at', `created_at = created_at + interval '1 second'`],
    ['a value that became null', 'amount = NULL'],
  ])('a change of one row is found: %s', async (_, change) => {
    const { copied } = tableNames(SDK);
    await client.query(`CREATE TABLE kept AS SELECT * FROM ${copied} WHERE id = 4711`);
    await client.query(`UPDATE ${copied} SET ${change} WHERE id = 4711`);
    expect(await differenceInCopy(target, SDK)).toMatch(/^row 4711 is /);
    await client.query(`DELETE FROM ${copied} WHERE id = 4711`);
    await client.query(`INSERT INTO ${copied} SELECT * FROM kept`);
    await client.query('DROP TABLE kept');
    expect(await differenceInCopy(target, SDK)).toBeNull();
  });

  test('the table for the run that is to be stopped takes its time per row', async () => {
    const started = performance.now();
    await client.query(
      `INSERT INTO ${tableNames(SDK).slow} SELECT n, 'x', 1, now() FROM generate_series(1, 25) AS n`,
    );
    expect(performance.now() - started).toBeGreaterThan(450);
  });
});
