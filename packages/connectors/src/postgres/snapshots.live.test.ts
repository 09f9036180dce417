import type { Connection, Snapshot, Source } from '@sluice/core/connector/contract';
import { freshName, testHost } from '@sluice/core/contract-suite/fixture';
import { SnapshotLost } from '@sluice/core/errors/sluice-error';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LiveDatabase, makeLiveDatabase } from './live-database.ts';

const url = process.env.SLUICE_TEST_POSTGRES ?? '';
if (url === '') console.warn('PostgreSQL snapshot tests skipped: SLUICE_TEST_POSTGRES is not set');

describe.skipIf(url === '')('exported snapshots', () => {
  let database: LiveDatabase;
  const open: Connection[] = [];

  beforeAll(async () => {
    database = await makeLiveDatabase(url);
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });
  afterAll(() => database?.drop());

  async function sourceOf(table: string): Promise<Source> {
    const connection = await database.open(testHost().host);
    open.push(connection);
    return connection.source(database.sourceOptions(table));
  }

  async function read(source: Source, snapshot: Snapshot): Promise<number> {
    const [slice] = await source.split(await source.describe(), 1);
    if (slice === undefined) throw new Error('no slice');
    let rows = 0;
    const projection = { form: 'pgcopy-binary', columns: [{ name: 'id', cast: null }] } as const;
    for await (const batch of source.read(slice, projection, null, snapshot)) rows += batch.rowCount;
    return rows;
  }

  // Whatever puts the rows into other files: blocks are other blocks then, or the rows are gone.
  const rewrites = [
    'VACUUM FULL {table}',
    'TRUNCATE {table}',
    'ALTER TABLE {table} ALTER COLUMN amount TYPE bigint',
    'CLUSTER {table} USING {table}_pkey',
  ];
  it.each(rewrites)('are lost for the table after %s', async (sql) => {
    const table = freshName('rewritten');
    await database.makeNumbers(table, 50);
    const [keeper, lane] = [await sourceOf(table), await sourceOf(table)];
    const answer = await keeper.snapshots?.take();
    if (answer === undefined || !('snapshot' in answer)) throw new Error('no snapshot');
    expect(await read(lane, answer.snapshot)).toBe(50);
    await database.write(table, sql.replace('{table}_pkey', `${table}_pkey`));
    await expect(read(lane, answer.snapshot)).rejects.toBeInstanceOf(SnapshotLost);
  });

  it('are lost when a partition of the table is emptied', async () => {
    const table = freshName('parted');
    await database.write(table, 'CREATE TABLE {table} (id int) PARTITION BY RANGE (id)');
    const part = freshName('part');
    await database.write(
      table,
      `CREATE TABLE public.${part} PARTITION OF {table} FOR VALUES FROM (0) TO (100)`,
    );
    await database.write(table, 'INSERT INTO {table} VALUES (1), (2)');
    const [keeper, lane] = [await sourceOf(table), await sourceOf(table)];
    const answer = await keeper.snapshots?.take();
    if (answer === undefined || !('snapshot' in answer)) throw new Error('no snapshot');
    expect(await read(lane, answer.snapshot)).toBe(2);
    await database.write(part, `TRUNCATE public.${part}`);
    await expect(read(lane, answer.snapshot)).rejects.toBeInstanceOf(SnapshotLost);
  });

  it('hold no lock of the table, neither in the keeper nor between slices', async () => {
    const table = freshName('free');
    await database.makeNumbers(table, 50);
    const [keeper, lane] = [await sourceOf(table), await sourceOf(table)];
    const answer = await keeper.snapshots?.take();
    if (answer === undefined || !('snapshot' in answer)) throw new Error('no snapshot');
    await read(lane, answer.snapshot);
    await database.write(table, 'ALTER TABLE {table} ADD COLUMN later integer');
    // A column more rewrites nothing, so the moment can still be read.
    expect(await read(lane, answer.snapshot)).toBe(50);
  });

  it('refuse a token that is none', async () => {
    const table = freshName('odd');
    await database.makeNumbers(table, 5);
    for (const token of [null, {}, { exported: "1'; DROP TABLE x; --", files: '' }]) {
      const snapshot: Snapshot = { id: 'x', token, isJoined: false };
      await expect(read(await sourceOf(table), snapshot)).rejects.toBeInstanceOf(SnapshotLost);
    }
  });
});
