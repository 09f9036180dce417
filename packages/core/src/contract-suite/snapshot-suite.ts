import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection, Projection, Snapshot, Source } from '../connector/contract.ts';
import type { Position, WireForm } from '../data/batch.ts';
import type { Slice } from '../data/slice.ts';
import { SnapshotLost } from '../errors/sluice-error.ts';
import type { OptionValues } from '../options/option.ts';
import { freshName, type SuiteFixture, testHost } from './fixture.ts';
import { MANY_ROWS } from './source-suite.ts';

/** What is written while slices are read: rows change their key and their place, come and go. */
const writes = [
  `UPDATE {table} SET id = id + ${10 * MANY_ROWS} WHERE id <= ${MANY_ROWS / 4}`,
  `UPDATE {table} SET id = -id WHERE id BETWEEN ${MANY_ROWS / 2} AND ${MANY_ROWS}`,
  `DELETE FROM {table} WHERE id BETWEEN ${MANY_ROWS / 3} AND ${MANY_ROWS / 2 - 1}`,
];

/** What a source that shows one moment to several slices must do. */
export function registerSnapshotSuite(name: string, fixture: () => SuiteFixture): void {
  describe(`${name}: one snapshot for several slices`, () => {
    const table = freshName('moment');
    const open: Connection[] = [];

    beforeEach(() => fixture().makeNumbers(table, MANY_ROWS));
    afterEach(async () => {
      for (const connection of open.splice(0)) await connection.close();
      await fixture().dropTable(table);
    });
    async function sourceOf(more: OptionValues = {}): Promise<Source> {
      const connection = await fixture().open(testHost().host);
      open.push(connection);
      return connection.source(fixture().sourceOptions(table, more));
    }

    /** The snapshot, its keeper and two sources that joined it, each on a connection of its own, as in processes of their own. */
    async function take(more: OptionValues = {}): Promise<{ lanes: Source[]; snapshot: Snapshot }> {
      const keeper = await sourceOf(more);
      const lanes = [await sourceOf(more), await sourceOf(more)];
      const answer = await keeper.snapshots?.take();
      if (answer === undefined || !('snapshot' in answer)) throw new Error(JSON.stringify(answer));
      const snapshot = JSON.parse(JSON.stringify(answer.snapshot)) as Snapshot;
      if (snapshot.isJoined) {
        for (const lane of lanes) await lane.snapshots?.ready();
        expect(await keeper.snapshots?.hold()).toBeNull();
        for (const lane of lanes) await lane.snapshots?.join(snapshot);
        await keeper.snapshots?.settle();
      }
      return { lanes, snapshot };
    }

    async function slicesOf(source: Source): Promise<readonly Slice[]> {
      const slices = await source.split(await source.describe(), 6);
      expect(slices.length).toBeGreaterThan(3);
      return slices;
    }

    /** The ids of all slices, read by the lanes in turn; after the first slice `between` is called. */
    async function idsOf(
      lanes: readonly Source[],
      slices: readonly Slice[],
      snapshot: Snapshot | null,
      between: () => Promise<void>,
    ): Promise<number[]> {
      const ids: number[] = [];
      for (const [no, slice] of slices.entries()) {
        const lane = lanes[no % lanes.length] as Source;
        for await (const batch of lane.read(slice, projection('rows'), null, snapshot)) {
          if (batch.form !== 'rows') throw new Error(`a batch in form ${batch.form}`);
          for (const row of batch.rows) ids.push(Number(row[0]));
        }
        if (no === 0) await between();
      }
      return ids.sort((a, b) => a - b);
    }

    const write = async () => {
      for (const sql of writes) await fixture().write(table, sql);
    };
    const everyId = Array.from({ length: MANY_ROWS }, (_, i) => i + 1);

    for (const partition of [{}, { 'fromJobConfig.partitionColumn': 'id' }]) {
      const how = Object.keys(partition).length === 0 ? 'its own cuts' : 'ranges of a column';
      it(`sees every row of that moment once while others write, in ${how}`, async () => {
        const { lanes, snapshot } = await take(partition);
        const slices = await slicesOf(lanes[0] as Source);
        // What is written before the first read counts as later, too.
        await fixture().write(table, `DELETE FROM {table} WHERE id = 7`);
        expect(await idsOf(lanes, slices, snapshot, write)).toEqual(everyId);
      });
    }

    it('is what keeps rows from coming twice or not at all: without it they do', async () => {
      const lanes = [await sourceOf(), await sourceOf()];
      const ids = await idsOf(lanes, await slicesOf(lanes[0] as Source), null, write);
      expect(ids).not.toEqual(everyId);
    });

    it('reads the same in every form', async () => {
      const { lanes, snapshot } = await take();
      const source = lanes[0] as Source;
      const slices = await slicesOf(source);
      const shape = await source.describe();
      await write();
      for (const form of source.offer(shape, shape.columns).forms) {
        let rows = 0;
        for (const slice of slices)
          for await (const batch of source.read(slice, projection(form), null, snapshot))
            rows += batch.rowCount;
        expect(rows, form).toBe(MANY_ROWS);
      }
    });

    it('goes on behind a position within the same moment, where the source gives positions', async () => {
      const { lanes, snapshot } = await take();
      const source = lanes[0] as Source;
      const [slice] = await source.split(await source.describe(), 1);
      if (slice === undefined) throw new Error('no slice');
      let position: Position | null = null;
      let rows = 0;
      for await (const batch of source.read(slice, projection('rows'), null, snapshot)) {
        ({ position } = batch);
        rows = batch.rowCount;
        await write();
        break;
      }
      if (position === null) return;
      // The reader left early, which may have ended its session; the other lane is at the same moment.
      for await (const batch of (lanes[1] as Source).read(slice, projection('rows'), position, snapshot))
        rows += batch.rowCount;
      expect(rows).toBe(MANY_ROWS);
    });

    it('says SnapshotLost when the sessions that hold it were ended', async () => {
      const { lanes, snapshot } = await take();
      const slices = await slicesOf(lanes[0] as Source);
      await fixture().cutSessions();
      await expect(idsOf(lanes, slices, snapshot, write)).rejects.toBeInstanceOf(SnapshotLost);
    });

    it('says SnapshotLost for a snapshot of another process or another time', async () => {
      const { snapshot } = await take();
      for (const connection of open.splice(0)) await connection.close();
      const source = await sourceOf();
      const slices = await slicesOf(source);
      await expect(idsOf([source], slices, snapshot, write)).rejects.toBeInstanceOf(SnapshotLost);
    });

    it('keeps nobody from emptying the table between two slices, and says SnapshotLost then', async () => {
      const { lanes, snapshot } = await take();
      const slices = await slicesOf(lanes[0] as Source);
      const emptied = () => fixture().write(table, 'TRUNCATE TABLE {table}');
      await expect(idsOf(lanes, slices, snapshot, emptied)).rejects.toBeInstanceOf(SnapshotLost);
    });

    it('keeps nobody from writing once all have joined', async () => {
      await take();
      await fixture().write(table, 'DELETE FROM {table} WHERE id = 1');
    });
  });
}

function projection(form: WireForm): Projection {
  return { form, columns: ['id', 'label', 'amount'].map((name) => ({ name, cast: null })) };
}
