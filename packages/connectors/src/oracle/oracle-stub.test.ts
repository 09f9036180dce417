import { createServer, type Server } from 'node:net';
import type { Connection, Host, Sink, TargetPlan } from '@sluice/core/connector/contract';
import { copyTable } from '@sluice/core/contract-suite/copy-table';
import { testHost } from '@sluice/core/contract-suite/fixture';
import type { RowBatch, Value } from '@sluice/core/data/batch';
import { zeroCounts } from '@sluice/core/data/slice';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openOracle } from './connection.ts';
import type { StubTable } from './stub/database-suite.ts';
import { StubServer } from './stub/server-suite.ts';

/** Whatever is stopped must end within this time, in milliseconds. */
const stopMs = 2_000;
const rows = 1_000;

let server: StubServer;
const open: Connection[] = [];
let serial = 0;

beforeAll(async () => {
  server = await StubServer.open();
  const parted = server.database.makeTable({
    name: 'PARTED',
    columns: [
      { name: 'ID', type: 'NUMBER', precision: 10, isNotNull: true },
      { name: 'KIND', type: 'VARCHAR2', length: 10 },
      { name: 'MADE', type: 'DATE' },
      { name: 'RATE', type: 'BINARY_DOUBLE' },
      { name: 'CODE', type: 'RAW', length: 4 },
      { name: 'SEEN', type: 'TIMESTAMP_TZ' },
    ],
    primaryKey: ['ID'],
    blocks: 4_096,
    partitions: ['P1', 'P2'],
    partitionOf: (cells) => (Number(cells[0]) <= rows / 2 ? 'P1' : 'P2'),
  });
  server.database.fill(
    parted,
    Array.from({ length: rows }, (_, at) => [
      String(at + 1),
      at % 10 === 0 ? null : `k${at % 37}`,
      `20${String(10 + (at % 20)).padStart(2, '0')}-01-01 00:00:00.000000000`,
      at / 7 - 50,
      Buffer.from([at >> 8, at & 0xff]),
      `2024-01-${String(1 + (at % 28)).padStart(2, '0')} 00:00:00.000000000`,
    ]),
  );
});

afterAll(() => server.close());
afterEach(async () => {
  server.controls.before = () => undefined;
  server.database.denied.length = 0;
  for (const connection of open.splice(0)) await connection.close();
});

async function opened(link: OptionValues = server.link(), host: Host = testHost().host): Promise<Connection> {
  const connection = await openOracle(link, host);
  open.push(connection);
  return connection;
}

const from = (table: string, more: OptionValues = {}) => ({
  'fromJobConfig.schemaName': 'SUITE',
  'fromJobConfig.tableName': table,
  ...more,
});
const into = (table: string, more: OptionValues = {}) => ({
  'toJobConfig.schemaName': 'SUITE',
  'toJobConfig.tableName': table,
  ...more,
});

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => 'done',
    (error: unknown) => (error instanceof SluiceError ? error.code : error),
  );
}

/** Ids of all slices of a source, slice by slice. */
async function idsOf(options: OptionValues, hint = 4): Promise<readonly number[][]> {
  const source = (await opened()).source(options);
  const shape = await source.describe();
  const slices = await source.split(shape, hint);
  const all: number[][] = [];
  for (const slice of slices) {
    const ids: number[] = [];
    const projection = { form: 'rows', columns: [{ name: 'ID', cast: null }] } as const;
    for await (const batch of source.read(slice, projection, null))
      if (batch.form === 'rows') ids.push(...batch.rows.map((row) => Number(row[0])));
    all.push(ids);
  }
  return all;
}

const everyId = Array.from({ length: rows }, (_, at) => at + 1);
const sorted = (slices: readonly number[][]) => slices.flat().sort((a, b) => a - b);

describe('the way to a server (stub)', () => {
  test.each([
    ['a wrong password', { 'linkConfig.password': 'wrong' }, 'Cdm.0950'],
    ['a user that is not there', { 'linkConfig.username': 'NOBODY' }, 'Cdm.0950'],
    ['no such service', { 'linkConfig.database': 'elsewhere' }, 'Cdm.0901'],
    ['no such SID', { 'linkConfig.databaseconfig': 'SID', 'linkConfig.sidname': 'elsewhere' }, 'Cdm.0901'],
    ['a SID', { 'linkConfig.databaseconfig': 'SID', 'linkConfig.sidname': 'orcl' }, 'done'],
  ] as const)('%s: %s', async (_, changes, wanted) => {
    expect(await codeOf((await opened(server.link(changes))).check())).toBe(wanted);
  });

  test('a listener that sends on is followed where links may lead, and nowhere else', async () => {
    const place = (host: string) => `(ADDRESS=(PROTOCOL=tcp)(HOST=${host})(PORT=${server.port}))`;
    const allowed: Host = {
      ...testHost().host,
      resolve: async (host) => {
        if (host !== '127.0.0.1') throw new SluiceError('Cdm.0941', { host });
        return [{ address: host, family: 4 }];
      },
    };
    const near = await StubServer.open({ redirect: place('127.0.0.1') });
    const far = await StubServer.open({ redirect: place('127.0.0.2') });
    try {
      expect(await codeOf((await opened(near.link(), allowed)).check())).toBe('done');
      const before = server.connects.length;
      expect(await codeOf((await opened(far.link(), allowed)).check())).toBe('Cdm.0941');
      expect(server.connects.length).toBe(before);
    } finally {
      await near.close();
      await far.close();
    }
  });

  test('a server that says nothing is waited for no longer than the link says', async () => {
    const silent: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const link = server.link({
      'linkConfig.port': String(port),
      'linkConfig.jdbcProperties': { connectTimeout: '300' } as never,
    });
    const begun = performance.now();
    expect(await codeOf((await opened(link)).check())).toBe('Cdm.0901');
    expect(performance.now() - begun).toBeLessThan(stopMs);
    silent.close();
  });

  test.each(['a statement', 'a fetch'])(
    'whoever is stopped in %s ends soon, and its session with it',
    async (where) => {
      const { host, abort } = testHost();
      const source = (await opened(server.link(), host)).source(from('PARTED'));
      const slices = await source.split(await source.describe(), 1);
      const before = server.socketCount;
      let isReached = false;
      server.controls.before = (sql) => {
        const isRead = sql.startsWith('SELECT "ID"');
        isReached ||= isRead;
        return isRead && where === 'a statement' ? new Promise<void>(() => undefined) : undefined;
      };
      const reading = (async () => {
        const projection = { form: 'rows', columns: [{ name: 'ID', cast: null }] } as const;
        for await (const _ of source.read(slices[0] as never, projection, null))
          await new Promise((resolve) => setTimeout(resolve, 50));
      })();
      while (!isReached) await new Promise((resolve) => setTimeout(resolve, 5));
      const begun = performance.now();
      abort();
      await codeOf(reading);
      expect(performance.now() - begun).toBeLessThan(stopMs);
      expect(server.socketCount).toBeLessThanOrEqual(before);
    },
  );
});

describe('cutting a table (stub)', () => {
  test.each(['ID', 'KIND', 'MADE', 'RATE', 'CODE', 'SEEN'])('by %s: every row once', async (column) => {
    const slices = await idsOf(from('PARTED', { 'fromJobConfig.partitionColumn': column }));
    expect(slices.length).toBeGreaterThanOrEqual(4);
    expect(sorted(slices)).toEqual(everyId);
    const [most = 0] = slices.map((ids) => ids.length).sort((a, b) => b - a);
    expect(most).toBeLessThanOrEqual((2 * rows) / 4);
  });

  test('nulls are left out where the job says so', async () => {
    const options = {
      'fromJobConfig.partitionColumn': 'KIND',
      'fromJobConfig.allowNullValueInPartitionColumn': 'false',
    };
    const wanted = everyId.filter((id) => (id - 1) % 10 !== 0);
    expect(sorted(await idsOf(from('PARTED', options)))).toEqual(wanted);
    expect(sorted(await idsOf(from('PARTED', options), 1))).toEqual(wanted);
  });

  test('by row addresses, by partitions, with a condition', async () => {
    const byAddress = await idsOf(from('parted'));
    expect(byAddress.length).toBe(4);
    expect(sorted(byAddress)).toEqual(everyId);
    const options = { 'fromJobConfig.usePartition': 'true', 'fromJobConfig.partitionList': 'p2' };
    expect(sorted(await idsOf(from('PARTED', options)))).toEqual(everyId.slice(rows / 2));
    const filter = { 'fromJobConfig.whereClause': "ID <= 10 -- the first\n OR (KIND = 'k36' AND ID > 990)" };
    const wanted = everyId.filter((id) => id <= 10 || (id > 990 && (id - 1) % 37 === 36));
    expect(sorted(await idsOf(from('PARTED', filter)))).toEqual(wanted);
    expect(await codeOf(idsOf(from('PARTED', { ...options, 'fromJobConfig.partitionList': 'P9' })))).toBe(
      'Cdm.0236',
    );
  });

  test.each([
    '1 = 1) OR (1 = 1',
    '1 = 1 ORDER BY ID',
    "KIND = 'open",
    'ID = :1',
    '1 = 1; DROP TABLE X',
    'NO_SUCH = 1',
  ])('a condition that is none is refused: %s', async (where) => {
    expect(await codeOf(idsOf(from('PARTED', { 'fromJobConfig.whereClause': where })))).toBe('Cdm.0902');
  });

  test('one moment for all slices, or the reason why there is none', async () => {
    const source = (await opened()).source(from('PARTED'));
    const taken = await source.snapshots?.take();
    expect(taken).toMatchObject({
      snapshot: { isJoined: false, token: { scn: String(server.database.scn) } },
    });
    server.database.denied.push(/AS OF SCN/);
    expect(await source.snapshots?.take()).toMatchObject({ refusal: expect.stringContaining('FLASHBACK') });
  });

  test('a watermark: its highest value, and the rows of a window', async () => {
    const source = (await opened()).source(from('PARTED'));
    const { column, isUnique } = (await source.watermarks?.describe('ID')) ?? {};
    expect([column?.name, isUnique]).toEqual(['ID', true]);
    if (column === undefined) throw new Error('no column');
    const window = {
      column: 'ID',
      native: column.native,
      type: column.type,
      from: { value: '900', isIncluded: false },
      to: null,
    };
    const highest = await source.watermarks?.highest(window);
    expect(highest).toBe(String(rows));
    const within = source.watermarks?.within({ ...window, to: { value: '905', isIncluded: true } });
    const slices = (await within?.split(await within.describe(), 1)) ?? [];
    const ids: number[] = [];
    const projection = { form: 'rows', columns: [{ name: 'ID', cast: null }] } as const;
    for await (const batch of within?.read(slices[0] as never, projection, null) ?? [])
      if (batch.form === 'rows') ids.push(...batch.rows.map((row) => Number(row[0])));
    expect(ids).toEqual([901, 902, 903, 904, 905]);
  });

  test('the result of a query, with a condition over it', async () => {
    const options = {
      'fromJobConfig.useSql': 'true',
      'fromJobConfig.sql': 'SELECT ID, KIND FROM SUITE.PARTED WHERE ID > 990 -- the last ones\n;',
      'fromJobConfig.whereClause': 'ID <= 995',
    };
    expect(await idsOf(options)).toEqual([[991, 992, 993, 994, 995]]);
  });

  test.each([
    ['SELECT ID FROM SUITE.PARTED) "x", (SELECT ID FROM SUITE.PARTED', 'Cdm.0902'],
    ['SELECT ID FROM SUITE.PARTED WHERE ID = :1', 'Cdm.0902'],
    ['DELETE FROM SUITE.PARTED', 'Cdm.0902'],
    ['TRUNCATE TABLE SUITE.PARTED', 'Cdm.0902'],
    ['SELECT ID FROM SUITE.PARTED; DROP TABLE X', 'Cdm.0902'],
    ['SELECT ID, KIND, ID FROM SUITE.PARTED', 'Cdm.0926'],
  ])('a query that is none is refused: %s', async (sql, code) => {
    server.database.statements.length = 0;
    expect(await codeOf(idsOf({ 'fromJobConfig.useSql': 'true', 'fromJobConfig.sql': sql }))).toBe(code);
    expect(server.database.statements.filter((each) => !each.startsWith('ALTER SESSION'))).toEqual([]);
  });

  test('a link shows its schemas, tables and first rows', async () => {
    const { inspector } = await opened();
    const page = { filter: '', offset: 0, limit: 100 };
    expect((await inspector?.schemas(page))?.entries).toContain('SUITE');
    expect((await inspector?.tables('SUITE', page))?.entries.map(({ name }) => name)).toContain('PARTED');
    const preview = await inspector?.preview(
      { schema: 'SUITE', table: 'PARTED' },
      { rowsMax: 3, bytesMax: 100_000, valueCharsMax: 50, timeLimitMs: 5_000 },
    );
    expect(preview?.rows.length).toBe(3);
  });
});

/** A destination in the shape of `numbers`, and a run towards it. */
async function prepared(
  more: OptionValues = {},
): Promise<{ table: StubTable; sink: Sink; plan: TargetPlan }> {
  serial += 1;
  const table = server.database.makeTable({
    name: `INTO${serial}`,
    columns: [
      { name: 'ID', type: 'NUMBER', precision: 10, isNotNull: true },
      { name: 'LABEL', type: 'VARCHAR2', length: 10 },
    ],
    primaryKey: ['ID'],
  });
  const sink = (await opened()).sink(into(table.name, more));
  const columns = [
    {
      name: 'id',
      native: 'bigint',
      type: { kind: 'integer', bits: 64, unsigned: false },
      isNullable: false,
      isGenerated: false,
    },
    {
      name: 'label',
      native: 'text',
      type: { kind: 'text', length: null, fixed: false },
      isNullable: true,
      isGenerated: false,
    },
  ] as const;
  const agreed = await sink.agree({ columns, forms: ['rows'] }, null);
  const plan: TargetPlan = {
    runKey: serial.toString(16).padStart(12, '0'),
    sourceColumns: columns,
    sourcePrimaryKey: ['id'],
    columnNames: agreed.columnNames,
    form: 'rows',
  };
  await sink.prepare(plan);
  return { table, sink, plan };
}

function batchOf(values: readonly (readonly Value[])[]): RowBatch {
  return { form: 'rows', rows: values, rowCount: values.length, byteCount: values.length, position: null };
}

const slice = (no: number) => ({ no, cut: null, label: '', rowsEstimate: null });
const counted = (written: number) => ({ ...zeroCounts, rowsRead: written, rowsWritten: written });
const held = (table: StubTable) => server.database.visible(table, null, null).map(({ cells }) => cells);

describe('writing (stub)', () => {
  test('of two writers of a slice one commits, and the other is told', async () => {
    const { table, sink, plan } = await prepared();
    const [first, second] = [await sink.openWriter(plan, slice(0)), await sink.openWriter(plan, slice(0))];
    await first.write(batchOf([[1, 'a']]));
    await first.commit(counted(1), null, false);
    await second.write(batchOf([[2, 'b']]));
    await expect(second.commit(counted(1), null, false)).rejects.toBeInstanceOf(Fenced);
    await first.write(batchOf([[3, 'c']]));
    expect(await first.commit(counted(2), null, true)).toMatchObject({ sequence: 2 });
    for (const writer of [first, second]) await writer.close();
    expect(held(table)).toEqual([
      ['1', 'a'],
      ['3', 'c'],
    ]);
    expect((await sink.checkpoints(plan)).get(0)).toMatchObject({ sequence: 2, isComplete: true });
    await sink.finish(plan, 'publish');
    await expect(sink.checkpoints(plan)).rejects.toBeInstanceOf(Fenced);
  });

  test('who repeats the work of a session that fell silent ends it first', async () => {
    const { table, sink, plan } = await prepared();
    const silent = await sink.openWriter(plan, slice(0));
    await silent.sift?.(batchOf([[1, 'silent']]));
    const next = await sink.openWriter(plan, slice(0), true);
    await next.write(batchOf([[1, 'next']]));
    await next.commit(counted(1), null, true);
    expect(held(table)).toEqual([['1', 'next']]);
    await expect(silent.commit(counted(1), null, true)).rejects.toThrow();
    for (const writer of [silent, next]) await writer.close();
    await sink.finish(plan, 'publish');
  });

  test('rows that the server refuses are set aside with their reasons, all others are written', async () => {
    const { table, sink, plan } = await prepared();
    server.database.fill(table, [['7', 'old']]);
    const writer = await sink.openWriter({ ...plan, isTolerant: true }, slice(0));
    const values = Array.from({ length: 20 }, (_, at): Value[] => [
      at,
      at === 3 ? 'longer than ten' : at === 5 ? '\ud800' : 'x',
    ]);
    values[9] = [null, 'x'];
    const rejects = (await writer.sift?.(batchOf(values))) ?? [];
    expect(rejects.map(({ values: row, code }) => [row[0], code])).toEqual([
      // Those that are not even sent come first.
      [5, 'Cdm.0234'],
      [3, 'Cdm.0234'],
      [7, 'Cdm.0026'],
      [null, 'Cdm.0234'],
    ]);
    await writer.commit({ ...counted(16), rowsRead: 20, rowsSkipped: 4 }, null, true);
    await writer.close();
    expect(held(table).length).toBe(17);
    await sink.finish(plan, 'publish');
  });

  test('a row that is refused ends an intolerant writer, and nothing of it stays', async () => {
    const { table, sink, plan } = await prepared();
    const writer = await sink.openWriter(plan, slice(0));
    await writer.write(
      batchOf([
        [1, 'x'],
        [2, 'longer than ten'],
      ]),
    );
    expect(await codeOf(writer.commit(counted(2), null, true))).toBe('Cdm.0234');
    await writer.close();
    expect(held(table)).toEqual([]);
    await sink.finish(plan, 'discard');
    expect([...server.database.tables.keys()].filter((name) => name.includes(plan.runKey))).toEqual([]);
  });

  test('every type from Oracle to Oracle: what arrives is what was there', async () => {
    const columns = [
      { name: 'ID', type: 'NUMBER', precision: 10, isNotNull: true },
      { name: 'N', type: 'NUMBER' },
      { name: 'N2', type: 'NUMBER', precision: 5, scale: -2 },
      { name: 'F', type: 'BINARY_FLOAT' },
      { name: 'D', type: 'BINARY_DOUBLE' },
      { name: 'DAY', type: 'DATE' },
      { name: 'TS', type: 'TIMESTAMP' },
      { name: 'TZ', type: 'TIMESTAMP_TZ' },
      { name: 'C', type: 'CHAR', length: 5 },
      { name: 'NC', type: 'NCHAR', length: 5 },
      { name: 'NV', type: 'NVARCHAR2', length: 50 },
      { name: 'DOC', type: 'CLOB' },
      { name: 'NDOC', type: 'NCLOB' },
      { name: 'B', type: 'BLOB' },
      { name: 'R', type: 'RAW', length: 300 },
      { name: 'I', type: 'INTERVAL' },
    ] as const;
    const source = server.database.makeTable({ name: 'TYPES', columns, primaryKey: ['ID'] });
    const target = server.database.makeTable({ name: 'TYPES_TOO', columns, primaryKey: ['ID'] });
    const long = 'é中😀'.repeat(30_000);
    server.database.fill(source, [
      [
        '1',
        '-12345678901234567890123456789012345678',
        '1200',
        0.5,
        -1.5e300,
        '2024-02-29 23:59:59.000000000',
        '1999-12-31 23:59:59.123456789',
        '2024-01-01 00:00:00.000000001',
        'ab   ',
        '中    ',
        '名 😀',
        long,
        long,
        Buffer.alloc(200_000, 7),
        Buffer.alloc(300, 255),
        '+02 03:04:05.000006',
      ],
      [
        '2',
        '.000000000000000000000000000000000001',
        '-99900',
        Number.NaN,
        Number.POSITIVE_INFINITY,
        '-0044-03-15 00:00:00.000000000',
        '0001-01-01 00:00:00.000000000',
        null,
        null,
        null,
        null,
        null,
        'x',
        Buffer.from([0]),
        null,
        '-99 23:59:59.999999',
      ],
      ['3', '0', null, null, 0, null, null, null, null, null, null, null, null, null, null, null],
    ]);
    const connection = await opened();
    await copyTable(connection.source(from('TYPES')), connection.sink(into('TYPES_TOO')), {
      runKey: 'abcdef012345',
    });
    const plain = (cells: readonly unknown[][]) =>
      cells.map((row) => row.map((cell) => (Buffer.isBuffer(cell) ? cell.toString('hex') : cell)));
    const wanted = plain(held(source) as unknown[][]);
    if (wanted[1] !== undefined) wanted[1][1] = `0${wanted[1][1]}`;
    expect(plain(held(target) as unknown[][])).toEqual(wanted);
  });
});
