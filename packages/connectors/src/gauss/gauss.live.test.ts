import type { Connection } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import {
  freshName,
  printedNumbersRow,
  type SuiteFixture,
  testHost,
} from '@sluice/core/contract-suite/fixture';
import { registerLinkSuite } from '@sluice/core/contract-suite/link-suite';
import { numbersOffer } from '@sluice/core/contract-suite/numbers-batch';
import { registerSinkSuite } from '@sluice/core/contract-suite/sink-suite';
import { registerSourceSuite } from '@sluice/core/contract-suite/source-suite';
import { registerWritingSuite } from '@sluice/core/contract-suite/writing-suite';
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openPostgres } from '../postgres/connection.ts';
import { type LiveDatabase, makeLiveDatabase, SCHEMA } from '../postgres/live-database.ts';
import { GaussStub, type StubSettings } from './gauss-stub.ts';

const url = process.env.SLUICE_TEST_POSTGRES ?? '';
if (url === '') console.warn('Tests on the GaussDB stub skipped: SLUICE_TEST_POSTGRES is not set');

/** A link to PostgreSQL finds GaussDB behind it: it speaks the older protocol, in which the server proves itself. */
const asPostgres: OptionValues = { 'linkConfig.databaseType': 'POSTGRESQL' };

describe.skipIf(url === '')('a GaussDB stub (its log-ins, then PostgreSQL held to the SQL of 9.2)', () => {
  let made: LiveDatabase | null = null;
  let standing: GaussStub | null = null;
  const stubs: GaussStub[] = [];
  const open: Connection[] = [];
  let runs = 0;
  const database = () => {
    if (made === null) throw new Error('no database');
    return made;
  };
  beforeAll(async () => {
    made = await makeLiveDatabase(url);
    standing = await GaussStub.start({ behind: made.link });
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
    for (const stub of stubs.splice(0)) await stub.stop();
  });
  afterAll(async () => {
    await standing?.stop();
    await made?.drop();
  });

  function fixtureOf(changes: OptionValues): () => SuiteFixture {
    return () => ({
      ...database(),
      open: (host, more = {}) => openPostgres({ ...standing?.link(), ...changes, ...more }, host),
    });
  }

  async function openStub(
    settings: Partial<StubSettings>,
    changes: OptionValues = {},
  ): Promise<{ readonly stub: GaussStub; readonly connection: Connection }> {
    const stub = await GaussStub.start({ behind: database().link, ...settings });
    stubs.push(stub);
    const connection = await openPostgres(stub.link(changes), testHost().host);
    open.push(connection);
    return { stub, connection };
  }

  describe('logs in', () => {
    it.each([2048, 10_000, 50_000])(
      'by SHA256 with %i iterations, told by the server',
      async (iterations) => {
        const { stub, connection } = await openStub({ iterations });
        await connection.check();
        expect(stub.versions[0]).toBe(51);
      },
    );

    it.each([2048, 10_000, 50_000])(
      'by SHA256 with %i iterations, found by its signature',
      async (iterations) => {
        const { stub, connection } = await openStub({ iterations }, asPostgres);
        await connection.check();
        expect(stub.versions[0]).toBe(0);
      },
    );

    it('by MD5_SHA256, as new and as old servers store it', async () => {
      const { stub, connection } = await openStub({ method: 'md5-sha256' });
      await connection.check();
      expect(stub.answers).toHaveLength(stub.versions.length);
      const old = await openStub({ method: 'md5-sha256', iterations: 2048, isTold: false });
      await old.connection.check();
      expect(old.stub.answers).toHaveLength(2);
    });

    it('with a wrong password never, and once more only where the form is not known', async () => {
      const wrong = { 'linkConfig.password': 'another' };
      for (const [method, changes, answers] of [
        ['sha256', wrong, 1],
        ['sha256', { ...wrong, ...asPostgres }, 0],
        ['md5-sha256', wrong, 2],
      ] as const) {
        const { stub, connection } = await openStub({ method }, changes);
        await expect(connection.check()).rejects.toMatchObject({ code: 'Cdm.0950', retry: false });
        expect(stub.answers, method).toHaveLength(answers);
      }
    });
  });

  describe('gets no answer', () => {
    const refused = (cause: string) => ({
      code: 'Cdm.0950',
      retry: false,
      facts: { cause: expect.stringContaining(cause) },
    });

    it.each([
      ['cleartext', 'in clear'],
      ['md5', 'MD5 form'],
      ['sm3', 'SM3'],
    ] as const)('to %s without TLS', async (method, cause) => {
      const { stub, connection } = await openStub({ method });
      await expect(connection.check()).rejects.toMatchObject(refused(cause));
      expect(stub.answers).toEqual([]);
    });

    it.each(['cleartext', 'md5'] as const)('to %s unless the link names it', async (method) => {
      const named = { 'linkConfig.jdbcProperties': { require_auth: 'sha256,md5,password' } };
      const { connection } = await openStub({ method }, named);
      await connection.check();
    });

    it('when it asks for so few iterations that its answer could be undone', async () => {
      const { stub, connection } = await openStub({ toldIterations: 1 });
      await expect(connection.check()).rejects.toMatchObject(refused('1 iterations'));
      expect(stub.answers).toEqual([]);
    });

    it('when it does not prove itself where it could', async () => {
      const { stub, connection } = await openStub({ liesAboutItself: true }, asPostgres);
      await expect(connection.check()).rejects.toMatchObject(refused('did not prove'));
      expect(stub.answers).toEqual([]);
    });
  });

  registerLinkSuite('GaussDB stub as DWS', fixtureOf({}));
  registerSourceSuite('GaussDB stub as DWS', fixtureOf({}));
  registerSinkSuite('GaussDB stub behind a link to PostgreSQL', fixtureOf(asPostgres));
  registerWritingSuite('GaussDB stub behind a link to PostgreSQL', fixtureOf(asPostgres), 'rows');

  describe('as DWS', () => {
    async function copied(from: string, into: string, more: OptionValues, hint = 1) {
      const { stub, connection } = await openStub({});
      const source = connection.source(database().sourceOptions(from));
      const sink = connection.sink(database().sinkOptions(into, more));
      runs += 1;
      const result = await copyTable(source, sink, {
        runKey: (0xda0000000000 + runs).toString(16),
        forms: ['rows'],
        sliceCountHint: hint,
      });
      return { stub, result };
    }

    it('creates tables as DWS keeps them, spread by the key of the source, and fills them', async () => {
      const [from, into] = [freshName('numbers'), freshName('made')];
      await database().makeNumbers(from, 500);
      const { stub, result } = await copied(
        from,
        into,
        {
          'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST',
          'toJobConfig.orientation': 'COLUMN',
          'toJobConfig.isCompress': 'true',
          'toJobConfig.compressionLevel': 'HIGH',
          'toJobConfig.extendCharLength': 'true',
          'toJobConfig.useNullable': 'true',
        },
        4,
      );
      expect(result.sliceCount).toBe(4);
      expect(stub.created).toEqual([
        `CREATE TABLE "${SCHEMA}"."${into}" (\n  "id" bigint NOT NULL,\n  "label" character varying(400) NOT NULL,\n  "amount" integer\n)\n` +
          'WITH (orientation = column, compression = high)\nDISTRIBUTE BY HASH ("id")',
      ]);
      expect(await database().readBack(into)).toEqual(
        Array.from({ length: 500 }, (_, i) => printedNumbersRow(i + 1)),
      );
      expect(await database().primaryKey(into)).toEqual([]);
    });

    it('keeps every value of every type of PostgreSQL in a table that it creates', async () => {
      const [from, into] = [freshName('types'), freshName('made')];
      await database().makeTypes(from, true);
      // Timestamps end earlier than dates do.
      await database().write(from, 'UPDATE {table} SET c_date = NULL WHERE id = 3');
      await copied(from, into, { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' });
      const rows = await database().readBack(into);
      expect(rows).toHaveLength(5);
      const expected = await database().readBack(from);
      // Dates become timestamps, in which midnight is printed.
      const dated = (row: readonly (string | null)[]) =>
        row.map((text) => text?.replace(/ 00:00:00( BC)?$|\/128$/, '$1') ?? null);
      expect(rows.map(dated)).toEqual(expected.map(dated));
    });

    it('updates and inserts by the key of the table', async () => {
      const [from, into] = [freshName('from'), freshName('into')];
      await database().makeNumbers(from, 20);
      await database().makeNumbers(into, 10);
      await database().write(into, 'UPDATE {table} SET amount = -1');
      await copied(from, into, { 'toJobConfig.importMode': 'UPSERT' }, 3);
      expect(await database().readBack(into)).toEqual(
        Array.from({ length: 20 }, (_, i) => printedNumbersRow(i + 1)),
      );
    });

    it('moves staged rows, and finds by the move that they clash', async () => {
      const [from, into] = [freshName('from'), freshName('into')];
      await database().makeNumbers(from, 20);
      await database().makeNumbers(into, 0);
      const staged = { 'toJobConfig.useStageTable': 'true' };
      await copied(from, into, staged);
      expect(await database().readBack(into)).toHaveLength(20);
      await expect(copied(from, into, staged)).rejects.toMatchObject({ code: 'Cdm.0928' });
      await copied(from, into, { ...staged, 'toJobConfig.importMode': 'UPSERT' });
      expect(await database().readBack(into)).toHaveLength(20);
    });

    it('says at planning that a created table has no key to update by', async () => {
      const { connection } = await openStub({});
      const sink = connection.sink(
        database().sinkOptions(freshName('made'), {
          'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST',
          'toJobConfig.importMode': 'UPSERT',
        }),
      );
      await expect(sink.agree(numbersOffer('rows'), null)).rejects.toMatchObject({ code: 'Cdm.0014' });
    });

    it('reads no table by partitions, and none at one moment', async () => {
      const from = freshName('numbers');
      await database().makeNumbers(from, 3);
      const { connection } = await openStub({});
      const source = connection.source(
        database().sourceOptions(from, { 'fromJobConfig.usePartition': 'true' }),
      );
      const shape = await source.describe();
      await expect(source.split(shape, 2)).rejects.toMatchObject({ code: 'Cdm.0236' });
      expect(await source.snapshots?.take()).toEqual({ refusal: expect.stringContaining('GaussDB') });
    });
  });
});
