import type { Connection, Source } from '@sluice/core/connector/contract';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import type { Value } from '@sluice/core/data/batch';
import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSqlServerFixture, type SqlServerFixture } from './sqlserver-fixture.ts';
import { HALF_OF_A_PAIR } from './tds-stub/tokens.ts';

describe('reading SQL Server, on a stub', () => {
  let fixture: SqlServerFixture;
  const open: Connection[] = [];
  beforeAll(async () => {
    fixture = await createSqlServerFixture();
  });
  afterAll(async () => {
    for (const connection of open) await connection.close();
    await fixture.close();
  });

  async function connect(changes: OptionValues = {}, host = testHost()): Promise<Connection> {
    const connection = await fixture.open(host.host, changes);
    open.push(connection);
    return connection;
  }

  async function sourceOf(table: string, more: OptionValues = {}): Promise<Source> {
    return (await connect()).source(fixture.sourceOptions(table, more));
  }

  async function rowsOf(source: Source, lanes = 1): Promise<readonly (readonly Value[])[]> {
    const shape = await source.describe();
    const { columns } = source.offer(shape, shape.columns);
    const rows: (readonly Value[])[] = [];
    for (const slice of await source.split(shape, lanes)) {
      const projection = {
        form: 'rows' as const,
        columns: columns.map(({ name }) => ({ name, cast: null })),
      };
      for await (const batch of source.read(slice, projection, null))
        if (batch.form === 'rows') rows.push(...batch.rows);
    }
    return rows;
  }

  it('gives every value as the neutral forms have it', async () => {
    const table = freshName('types');
    await fixture.makeTypes(table, true);
    const source = await sourceOf(table, { 'fromJobConfig.whereClause': 'id < 7' });
    const shape = await source.describe();
    const rows = await rowsOf(source);
    const value = (id: number, name: string): Value | undefined =>
      rows.find((row) => Number(row[0]) === id)?.[shape.columns.findIndex((column) => column.name === name)];
    expect(value(1, 'big')).toBe(-(2n ** 63n));
    expect(value(3, 'big')).toBe(9007199254740993n);
    expect(value(2, 'price')).toBe('9999999999999999999999999999.9999999999');
    expect(value(2, 'coins')).toBe('922337203685477.5807');
    expect(value(3, 'single')).toBe(0.1);
    expect(value(2, 'tiny')).toBe(255);
    expect(value(2, 'flag')).toBe(true);
    expect(value(2, 'moment')).toBe('9999-12-31 23:59:59.9999999');
    expect(value(3, 'instant')).toBe('2024-02-29 12:00:00.1234567+00');
    expect(value(3, 'guid')).toBe('6f9619ff-8b86-d011-b42d-00c04fc964ff');
    expect(value(2, 'page')).toBe('Ümläut ß');
    expect(value(2, 'doc')).toBe('<a b="1">中</a>');
    expect(Buffer.from(value(2, 'four') as Uint8Array).toString('hex')).toBe('deadbeef');
  });

  it('describes types, keys and what the server fills', async () => {
    const table = freshName('shape');
    await fixture.stub.sql(
      `CREATE TABLE [dbo].[${table}] ([b] int NOT NULL, [a] nvarchar(20) NOT NULL, [v] rowversion, [m] money, [x] sql_variant, [g] geography, PRIMARY KEY ([a], [b]))`,
    );
    const shape = await (await sourceOf(table)).describe();
    expect(shape.primaryKey).toEqual(['a', 'b']);
    expect(shape.columns.map(({ native, type, isGenerated }) => [native, type.kind, isGenerated])).toEqual([
      ['int', 'integer', false],
      ['nvarchar(20)', 'text', false],
      ['rowversion', 'binary', true],
      ['money', 'decimal', false],
      ['sql_variant', 'other', false],
      ['geography', 'other', false],
    ]);
    const source = await sourceOf(table);
    const described = await source.describe();
    expect(() => source.offer(described, described.columns)).toThrow(/Cdm.0921/);
  });

  it('refuses half of a character, or sets its row aside', async () => {
    const table = freshName('half');
    await fixture.makeNumbers(table, 2);
    fixture.fill(table, [[3n, `half ${HALF_OF_A_PAIR} of one ${'x'.repeat(20)}`, 1n]]);
    await expect(rowsOf(await sourceOf(table))).rejects.toMatchObject({ code: 'Cdm.0233', retry: false });
    const source = await sourceOf(table);
    const [slice] = await source.split(await source.describe(), 1);
    if (slice === undefined) throw new Error('no slice');
    const columns = ['id', 'label'].map((name) => ({ name, cast: null }));
    for await (const batch of source.read(slice, { form: 'rows', columns, isTolerant: true }, null)) {
      if (batch.form !== 'rows') throw new Error('no rows');
      expect([batch.rows.length, batch.rejects?.map(({ values }) => values[0])]).toEqual([2, [3]]);
    }
  });

  it('reads the result of a query, and refuses what is none', async () => {
    const table = freshName('query');
    await fixture.makeNumbers(table, 5);
    const sql = (query: string) => ({ 'fromJobConfig.useSql': 'true', 'fromJobConfig.sql': query });
    const rows = await rowsOf(
      await sourceOf('', sql(`SELECT id AS [key], label FROM ${table} WHERE id > 3;`)),
    );
    expect(rows.map(([key]) => key)).toEqual([4, 5]);
    for (const query of [
      `SELECT id FROM ${table} DELETE FROM ${table}`,
      `SELECT id FROM ${table}) AS a; DROP TABLE ${table}; --`,
      `SELECT id INTO other FROM ${table}`,
      `DELETE FROM ${table}`,
      'SELECT @@nothing AS x, @x AS y',
    ])
      await expect((await sourceOf('', sql(query))).describe(), query).rejects.toMatchObject({
        code: 'Cdm.0902',
      });
    await expect((await sourceOf('', sql(`SELECT id, id FROM ${table}`))).describe()).rejects.toMatchObject({
      code: 'Cdm.0926',
    });
    expect((await fixture.readBack(table)).length).toBe(5);
  });

  it('reads a window of a watermark, and knows its end', async () => {
    const table = freshName('mark');
    await fixture.makeNumbers(table, 20);
    const source = await sourceOf(table, { 'fromJobConfig.whereClause': 'id <> 12' });
    const marks = source.watermarks;
    const known = await marks?.describe('id');
    expect(known).toMatchObject({ isUnique: true, column: { name: 'id' } });
    const base = { column: 'id', native: 'bigint', type: known?.column.type ?? { kind: 'other' as const } };
    const from = { value: '10', isIncluded: false };
    expect(await marks?.highest({ ...base, from, to: null })).toBe('20');
    const window = { ...base, from, to: { value: '15', isIncluded: true } };
    const rows = await rowsOf(marks?.within(window) as Source);
    expect(rows.map(([id]) => Number(id)).sort((a, b) => a - b)).toEqual([11, 13, 14, 15]);
    expect(await rowsOf(marks?.within({ ...base, from, to: null }) as Source)).toEqual([]);
  });

  it('shows the statements of slices, and reads none', async () => {
    const table = freshName('plan');
    await fixture.makeNumbers(table, 100);
    const source = await sourceOf(table, { 'fromJobConfig.partitionColumn': 'id' });
    const slices = await source.split(await source.describe(), 2);
    const columns = [{ name: 'id', cast: null }];
    const shown = await source.preview?.(slices, { form: 'rows', columns });
    expect(shown?.slices.map(({ sql }) => sql)).toEqual([
      `SELECT [id] AS [c0] FROM [dbo].[${table}] WHERE [id] < CAST(@k0 AS bigint) ORDER BY [id]\n-- @k0 = N'51'`,
      `SELECT [id] AS [c0] FROM [dbo].[${table}] WHERE [id] >= CAST(@k0 AS bigint) ORDER BY [id]\n-- @k0 = N'51'`,
    ]);
  });

  it('says why slices have moments of their own where SNAPSHOT is not allowed', async () => {
    const without = await createSqlServerFixture(false);
    try {
      await without.makeNumbers('plain', 10);
      const host = testHost();
      const connection = await without.open(host.host);
      const source = connection.source(without.sourceOptions('plain'));
      expect(await source.snapshots?.take()).toMatchObject({
        refusal: expect.stringContaining('ALLOW_SNAPSHOT_ISOLATION'),
      });
      expect((await rowsOf(source)).length).toBe(10);
      expect(host.lines.join('\n')).toContain('does not allow SNAPSHOT isolation');
      await connection.close();
    } finally {
      await without.close();
    }
  });

  it('connects only to addresses that the host gives', async () => {
    const { host } = testHost();
    const refused = new Error('not allowed');
    const connection = await fixture.open({
      ...host,
      resolve: async () => {
        throw refused;
      },
    });
    await expect(connection.check()).rejects.toMatchObject({ code: 'Cdm.0901' });
    const asked: string[] = [];
    const named = await fixture.open(
      {
        ...host,
        resolve: async (name) => {
          asked.push(name);
          return [{ address: '127.0.0.1', family: 4 }];
        },
      },
      { 'linkConfig.host': 'db.example.invalid' },
    );
    await named.check();
    expect(asked).toEqual(['db.example.invalid']);
    await Promise.all([connection.close(), named.close()]);
  });

  it('lists schemas and tables, and shows the first rows', async () => {
    const table = freshName('shown');
    await fixture.makeNumbers(table, 30);
    const { inspector } = await connect();
    const page = { filter: 'SHOWN', offset: 0, limit: 10 };
    expect((await inspector?.schemas({ ...page, filter: '' }))?.entries).toEqual(['dbo']);
    expect(await inspector?.tables('dbo', page)).toMatchObject({
      total: 1,
      entries: [{ name: table, kind: 'table', rowsEstimate: 30 }],
    });
    const limits = { rowsMax: 5, bytesMax: 100_000, valueCharsMax: 10, timeLimitMs: 5_000 };
    const preview = await inspector?.preview({ schema: 'dbo', table }, limits);
    expect(preview?.rows.length).toBe(5);
    expect(preview?.isWhole).toBe(false);
    expect(preview?.rows[0]?.[1]).toBe('row 000000');
    expect(preview?.cut[0]).toEqual([0, 1]);
  });
});
