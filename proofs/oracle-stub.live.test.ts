import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StubTable } from '../packages/connectors/src/oracle/stub/database-suite.ts';
import { StubServer } from '../packages/connectors/src/oracle/stub/server-suite.ts';
import { SignedClient } from '../tools/demo/signed-client.ts';
import { configValues } from '../tools/docs/token-client.ts';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';
import { linkDocument } from './fuzz/fuzz-documents.ts';

const postgresUrl = process.env.SLUICE_TEST_POSTGRES ?? '';
if (postgresUrl === '') console.warn('Skipped: SLUICE_TEST_POSTGRES names no PostgreSQL server');

const rows = 3_000;
/** Whatever is under way must come to its end within this time, in milliseconds. */
const settleMs = 40_000;

type Settings = Readonly<Record<string, string>>;

/** A real server with real workers, PostgreSQL, and a stub of an Oracle server: see `connectors/src/oracle/stub`. */
describe.skipIf(postgresUrl === '')(
  'jobs with Oracle through the API (stub of the wire protocol)',
  {
    timeout: 120_000,
  },
  () => {
    const name = `ora_${process.pid}_${randomBytes(3).toString('hex')}`;
    const folder = mkdtempSync(join(tmpdir(), 'sluice-oracle-'));
    let stub: StubServer;
    let server: SluiceProcess;
    let client: SignedClient;
    let cdm = '';
    let database: pg.Client;
    let serial = 0;

    beforeAll(async () => {
      const admin = new pg.Client({ connectionString: postgresUrl });
      await admin.connect();
      await admin.query(`CREATE DATABASE ${name}`);
      await admin.end();
      const url = new URL(postgresUrl);
      url.pathname = `/${name}`;
      database = new pg.Client({ connectionString: url.href });
      await database.connect();
      await database.query(
        `CREATE TABLE source (id bigint PRIMARY KEY, label varchar(60), amount numeric(12,2), made timestamp(6), seen timestamptz, note text, bytes bytea);
       INSERT INTO source SELECT n, CASE WHEN n % 5 = 0 THEN NULL ELSE 'row ' || n || ' é 中 😀' END, n * 1.25 - 1000,
         timestamp '2024-02-29 23:59:59.123456' + n * interval '1 hour', timestamptz '2024-01-01 00:00:00+02' + n * interval '1 day',
         repeat('long ', n % 7), decode(lpad(to_hex(n), 8, '0'), 'hex') FROM generate_series(1, ${rows}) AS n`,
      );
      stub = await StubServer.open();
      server = await SluiceProcess.start({ dataFolder: folder });
      client = await SignedClient.connect(server);
      cdm = await createdCluster();
      const { hostname: host, port, username, password } = url;
      const settings = { databaseType: 'POSTGRESQL', host, port, database: name, username, password };
      await client.call('POST', `${cdm}/link`, linkDocument('pg', settings));
      await client.call('POST', `${cdm}/link`, linkDocument('ora', oracleSettings()));
    }, 120_000);

    afterAll(async () => {
      await server?.kill();
      await stub?.close();
      await database?.end();
      const admin = new pg.Client({ connectionString: postgresUrl });
      await admin.connect();
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
      rmSync(folder, { recursive: true, force: true });
    });

    function oracleSettings(more: Settings = {}): Settings {
      return {
        databaseType: 'ORACLE',
        host: '127.0.0.1',
        port: String(stub.port),
        database: 'orclpdb',
        username: 'SUITE',
        password: 'secret',
        ...more,
      };
    }

    async function createdCluster(): Promise<string> {
      const instance = {
        type: 'cdm',
        flavorRef: 'fb8fe666-6734-4b11-bc6c-43d11db3c745',
        availability_zone: 'az1',
        nics: [{ securityGroupId: 'sg', 'net-id': 'net' }],
      };
      const path = `/v1.1/${client.projectId}/clusters`;
      const { id } = await client.call('POST', path, {
        cluster: { name: 'oracle', vpcId: 'vpc', instances: [instance] },
      });
      for (const end = Date.now() + settleMs; ; await sleep(50)) {
        const { status } = await client.call('GET', `${path}/${id}`);
        if (status === '200') return `${path}/${id}/cdm`;
        if (Date.now() > end) throw new Error(`the cluster is ${status}`);
      }
    }

    interface JobEnds {
      readonly from: Settings & { readonly link: string };
      readonly to: Settings & { readonly link: string };
      readonly extractors?: number;
    }

    /** Makes a job, runs it and waits for its end. */
    async function run({ from, to, extractors = 1 }: JobEnds): Promise<Readonly<Record<string, unknown>>> {
      const job = `job${++serial}`;
      const { link: fromLink, ...fromValues } = from;
      const { link: toLink, ...toValues } = to;
      await client.call('POST', `${cdm}/job`, {
        jobs: [
          {
            name: job,
            job_type: 'NORMAL_JOB',
            'from-connector-name': 'generic-jdbc-connector',
            'from-link-name': fromLink,
            'to-connector-name': 'generic-jdbc-connector',
            'to-link-name': toLink,
            'from-config-values': configValues([{ name: 'fromJobConfig', values: fromValues }]),
            'to-config-values': configValues([{ name: 'toJobConfig', values: toValues }]),
            'driver-config-values': configValues([
              { name: 'throttlingConfig', values: { numExtractors: String(extractors) } },
            ]),
          },
        ],
      });
      await client.call('PUT', `${cdm}/job/${job}/start`);
      for (const end = Date.now() + settleMs; ; await sleep(50)) {
        const { submissions } = await client.call('GET', `${cdm}/job/${job}/status`);
        const [last = {}] = submissions as Readonly<Record<string, unknown>>[];
        if (last.status === 'SUCCEEDED' || last.status === 'FAILED') return last;
        if (Date.now() > end) throw new Error(`${job} is ${last.status}`);
      }
    }

    /** A destination in the stub for the source table, under Oracle's own folding of its names. */
    function target(more: { readonly primaryKey?: readonly string[] } = {}): StubTable {
      return stub.database.makeTable({
        name: `TARGET${serial + 1}`,
        columns: [
          { name: 'ID', type: 'NUMBER', precision: 18, isNotNull: true },
          { name: 'LABEL', type: 'VARCHAR2', length: 60, countsCharacters: true },
          { name: 'AMOUNT', type: 'NUMBER', precision: 12, scale: 2 },
          { name: 'MADE', type: 'TIMESTAMP' },
          { name: 'SEEN', type: 'TIMESTAMP_TZ' },
          { name: 'NOTE', type: 'CLOB' },
          { name: 'BYTES', type: 'RAW', length: 16 },
        ],
        primaryKey: more.primaryKey ?? ['ID'],
      });
    }

    const cellsOf = (table: StubTable) =>
      stub.database
        .visible(table, null, null)
        .map(({ cells }) => cells)
        .sort((a, b) => Number(a[0]) - Number(b[0]));

    /** The source as Oracle should hold it, by PostgreSQL's own printing; an empty text is null there. */
    async function expectedCells(): Promise<unknown[][]> {
      const { rows: found } = await database.query({
        text: `SELECT id::text, label, CASE WHEN amount = 0 THEN '0' ELSE amount::text END, to_char(made, 'YYYY-MM-DD HH24:MI:SS.US') || '000',
        to_char(seen AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '000', nullif(note, ''), bytes FROM source ORDER BY source.id`,
        rowMode: 'array',
      });
      return found;
    }

    /** The first row that is another one than it should be; null: none is. */
    async function difference(table: StubTable): Promise<unknown> {
      const [held, wanted] = [cellsOf(table), await expectedCells()];
      const text = (row: unknown) => JSON.stringify(row) ?? 'no row';
      const at = Array.from({ length: Math.max(held.length, wanted.length) }, (_, i) => i).find(
        (i) => text(held[i]) !== text(wanted[i]),
      );
      return at === undefined
        ? null
        : { rows: [held.length, wanted.length], held: held[at], wanted: wanted[at] };
    }

    const noTraces = () => [...stub.database.tables.keys()].filter((each) => /sluice|cdm_stage/.test(each));

    test('PostgreSQL into Oracle: every value, once', async () => {
      const table = target();
      const ended = await run({
        from: { link: 'pg', schemaName: 'public', tableName: 'source' },
        to: { link: 'ora', schemaName: 'SUITE', tableName: table.name, tablePreparation: 'DO_NOTHING' },
      });
      expect(ended).toMatchObject({ status: 'SUCCEEDED' });
      expect(await difference(table)).toBe(null);
      expect(noTraces()).toEqual([]);
    });

    test('Oracle into PostgreSQL, by the addresses of its rows, all slices at one moment', async () => {
      const table = stub.database.makeTable({
        name: 'NUMBERS',
        columns: [
          { name: 'ID', type: 'NUMBER', precision: 18, isNotNull: true },
          { name: 'WIDE', type: 'NUMBER' },
          { name: 'NAME', type: 'NVARCHAR2', length: 40 },
          { name: 'AT_DAY', type: 'DATE' },
          { name: 'AT', type: 'TIMESTAMP_TZ' },
          { name: 'RATE', type: 'BINARY_DOUBLE' },
          { name: 'DOC', type: 'CLOB' },
        ],
        primaryKey: ['ID'],
        blocks: 8_192,
      });
      stub.database.fill(
        table,
        Array.from({ length: rows }, (_, at) => [
          String(at + 1),
          at % 2 === 0 ? '12345678901234567890.0123456789' : '-.5',
          at % 3 === 0 ? null : `名 ${at}`,
          '2024-05-06 07:08:09.000000000',
          '1999-12-31 23:59:59.123456000',
          at / 3,
          at % 10 === 0 ? 'd'.repeat(5_000) : null,
        ]),
      );
      stub.database.statements.length = 0;
      // What is written while the run is under way belongs to a later moment.
      let isWritten = false;
      stub.controls.before = (sql) => {
        if (isWritten || !sql.includes('AS OF SCN') || sql.includes('ROWNUM')) return;
        isWritten = true;
        stub.database.fill(table, [['999999', '1', 'late', null, null, 1, null]]);
      };
      const ended = await run({
        from: { link: 'ora', schemaName: 'SUITE', tableName: 'NUMBERS' },
        to: {
          link: 'pg',
          schemaName: 'public',
          tableName: 'numbers',
          tablePreparation: 'CREATE_WHEN_NOT_EXIST',
        },
        extractors: 4,
      });
      stub.controls.before = () => undefined;
      expect(ended).toMatchObject({ status: 'SUCCEEDED' });
      expect(isWritten).toBe(true);
      const slices = stub.database.statements.filter((sql) => /CHARTOROWID/.test(sql));
      expect(slices.length).toBeGreaterThanOrEqual(4);
      expect(new Set(slices.map((sql) => /AS OF SCN (\d+)/.exec(sql)?.[1])).size).toBe(1);
      const { rows: sums } = await database.query(
        `SELECT count(*)::int AS n, count(DISTINCT "ID")::int AS d, sum("ID")::text AS s,
         count(*) FILTER (WHERE "WIDE" = 12345678901234567890.0123456789)::int AS wide, count(*) FILTER (WHERE "WIDE" = -0.5)::int AS half,
         count("NAME")::int AS names, min("AT_DAY")::text AS day, min("AT" AT TIME ZONE 'UTC')::text AS at,
         sum("RATE") AS rate, count(*) FILTER (WHERE length("DOC") = 5000)::int AS docs FROM numbers`,
      );
      expect(sums[0]).toEqual({
        n: rows,
        d: rows,
        s: String((rows * (rows + 1)) / 2),
        wide: rows / 2,
        half: rows / 2,
        names: rows - rows / 3,
        day: '2024-05-06 07:08:09',
        at: '1999-12-31 23:59:59.123456',
        rate: expect.closeTo((rows * (rows - 1)) / 6, 3),
        docs: rows / 10,
      });
    });

    test.each(['before', 'after'] as const)(
      'a connection cut %s the commit: every row once',
      async (when) => {
        const table = target();
        stub.controls.before = (sql) => {
          // Armed by the first row, so that it is the commit of rows that is cut.
          if (sql.startsWith(`INSERT INTO "SUITE"."${table.name}"`)) {
            stub.controls.before = () => undefined;
            stub.controls.cutNextCommit = when;
          }
        };
        const ended = await run({
          from: { link: 'pg', schemaName: 'public', tableName: 'source' },
          to: { link: 'ora', schemaName: 'suite', tableName: table.name.toLowerCase() },
        });
        expect(ended).toMatchObject({ status: 'SUCCEEDED' });
        expect(stub.controls.cutNextCommit).toBe(null);
        expect(await difference(table)).toBe(null);
        expect(noTraces()).toEqual([]);
      },
    );

    test('clearing, statements before and after, and the staging table', async () => {
      const table = target();
      const log = stub.database.makeTable({
        name: 'LOAD_LOG',
        columns: [{ name: 'WHAT', type: 'VARCHAR2', length: 20 }],
      });
      stub.database.fill(table, [['1', 'old', null, null, null, null, null]]);
      let seenBeforeMove = -1;
      stub.controls.before = (sql) => {
        if (/INSERT INTO .* SELECT /.test(sql)) seenBeforeMove = cellsOf(table).length;
      };
      const ended = await run({
        from: { link: 'pg', schemaName: 'public', tableName: 'source' },
        to: {
          link: 'ora',
          schemaName: 'SUITE',
          tableName: table.name,
          beforeImportType: 'shouldClearTable',
          useStageTable: 'true',
          preSql: 'INSERT INTO "SUITE".LOAD_LOG (WHAT) VALUES (\'begin\');',
          postSql: 'INSERT INTO "SUITE".LOAD_LOG (WHAT) VALUES (\'end\')',
        },
      });
      stub.controls.before = () => undefined;
      expect(ended).toMatchObject({ status: 'SUCCEEDED' });
      expect(seenBeforeMove).toBe(0);
      expect(await difference(table)).toBe(null);
      expect(cellsOf(log)).toEqual([['begin'], ['end']]);
      expect(noTraces()).toEqual([]);
    });

    test('what is not offered is refused, with its reason', async () => {
      const table = target();
      const from = { link: 'pg', schemaName: 'public', tableName: 'source' };
      const to = { link: 'ora', schemaName: 'SUITE', tableName: table.name };
      expect(await run({ from, to: { ...to, tablePreparation: 'CREATE_WHEN_NOT_EXIST' } })).toMatchObject({
        status: 'FAILED',
        'error-summary': expect.stringContaining('Cdm.0014'),
      });
      expect(await run({ from, to: { ...to, onConflict: 'REPLACE' } })).toMatchObject({ status: 'FAILED' });
      const old = linkDocument('old', oracleSettings({ version: 'LOW_VERSION' }));
      await expect(client.call('POST', `${cdm}/link`, old)).rejects.toMatchObject({ code: 'Cdm.0024' });
      const nameless = linkDocument('nameless', oracleSettings({ databaseconfig: 'SID' }));
      await expect(client.call('POST', `${cdm}/link`, nameless)).rejects.toMatchObject({ code: 'Cdm.0238' });
    });
  },
);
