import type { ChunkOutcome, ComparisonPlan } from '@sluice/engine/compare/comparison-work';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunRecord } from './model.ts';
import type { OpenedStore } from './open-store.ts';
import { newId } from './sample-records.ts';
import { Conflict } from './store.ts';
import { leaseMs, now, type StoreFixture } from './store-fixture.ts';
import type { VerificationRecord } from './verification-record.ts';

const plan: ComparisonPlan = {
  source: { columns: [{ name: 'a', form: { kind: 'number' } }], key: [] },
  destination: { columns: [{ name: 'A', form: { kind: 'number' } }], key: [] },
  leftOut: [{ column: 'b', reason: { en: 'x', zh: '无' } }],
  ignoresForeignRows: false,
  chunks: [{ no: 0, region: { range: null, prefixes: null }, label: 't' }],
  notes: [],
};

const outcome: ChunkOutcome = {
  sourceRows: 2,
  destinationRows: 1,
  isEqual: false,
  changed: 0,
  missing: 1,
  extra: 0,
  foreign: 0,
  isExact: true,
  differences: [{ kind: 'missing', key: ['1', null] }],
  rowsWritten: 0,
  rowsRemoved: 0,
};

/** The part of the store's suite that is about verifications of runs. */
export function verificationSuite(fixtureOf: () => StoreFixture): void {
  describe('verifications', () => {
    let store: OpenedStore;
    let fixture: StoreFixture;

    beforeAll(() => {
      fixture = fixtureOf();
      ({ store } = fixture);
    });

    function sample(run: RunRecord, more: Partial<VerificationRecord> = {}): VerificationRecord {
      return {
        id: newId(),
        runId: run.id,
        projectId: run.projectId,
        clusterId: run.clusterId,
        kind: 'check',
        removesExtra: true,
        state: 'queued',
        phase: 'comparing',
        plan: null,
        notComparable: null,
        isAtSnapshot: false,
        failure: null,
        createdBy: 'ada',
        createdAt: now,
        startedAt: null,
        endedAt: null,
        stopRequestedBy: null,
        leaseOwner: null,
        leaseUntil: 0,
        fence: 0,
        ...more,
      };
    }

    async function created(more: Partial<VerificationRecord> = {}): Promise<VerificationRecord> {
      const record = sample(await fixture.createRun(), more);
      await store.verifications.create(record);
      return record;
    }

    /** Claims until this one comes; others are stopped on the way. */
    async function claimed(id: string, at = now): Promise<VerificationRecord> {
      for (;;) {
        const found = await store.verifications.claim('a', at, leaseMs);
        if (found === null) throw new Error(`${id} was not claimable`);
        if (found.id === id) return found;
        await store.verifications.change({ id: found.id, fence: found.fence }, { state: 'stopped' });
      }
    }

    it('passes over the projects that have enough in hand', async () => {
      const record = await created({ createdAt: now - 9_999 });
      const { verifications } = store;
      const passedOver = async (projects: readonly string[]) => {
        const found = await verifications.claim('b', now, leaseMs, projects);
        if (found !== null) await verifications.heartbeat({ id: found.id, fence: found.fence }, now, 0);
        return found?.id ?? null;
      };
      expect(await passedOver([record.projectId])).toBeNull();
      expect(await passedOver(['another', record.projectId])).toBeNull();
      expect(await passedOver(['another'])).toBe(record.id);
      expect(await passedOver([])).toBe(record.id);
      const { fence } = await claimed(record.id);
      await verifications.change({ id: record.id, fence }, { state: 'stopped', endedAt: now });
    });

    it('keeps one active a run, and what it is told, until its end', async () => {
      const record = await created();
      const { verifications } = store;
      expect(await verifications.find(record.id)).toEqual(record);
      expect(await verifications.active(record.runId)).toEqual(record);
      const run = await store.runs.find(record.runId);
      if (run === null) throw new Error('the run is gone');
      await expect(verifications.create(sample(run))).rejects.toThrow(Conflict);
      const claim = { id: record.id, fence: (await claimed(record.id)).fence };
      const failure = { code: 'Cdm.0036', summary: { en: 'a', zh: '甲' }, details: { en: 'b', zh: '乙' } };
      await verifications.change(claim, { state: 'running', plan, startedAt: now, isAtSnapshot: true });
      const notComparable = { en: 'c', zh: '丙' };
      const ended = await verifications.change(claim, {
        state: 'failed',
        phase: 'repairing',
        failure,
        notComparable,
        endedAt: now + 1,
      });
      const times = { startedAt: now, endedAt: now + 1 };
      const lease = { leaseOwner: null, leaseUntil: 0, fence: 1 };
      const told = { state: 'failed', phase: 'repairing', plan, failure, notComparable } as const;
      expect(ended).toEqual({ ...record, ...told, ...times, ...lease, isAtSnapshot: true });
      expect(await verifications.active(record.runId)).toBeNull();
      expect(await verifications.change(claim, { state: 'running' })).toBeNull();
      const second = sample(run, { createdAt: now + 5 });
      await verifications.create(second);
      expect((await verifications.list(run.id, 10)).map(({ id }) => id)).toEqual([second.id, record.id]);
      expect(await verifications.list(run.id, 1)).toHaveLength(1);
    });

    it('lets one have it in hand, and the next when the lease is over', async () => {
      const record = await created();
      const first = await claimed(record.id);
      const { verifications } = store;
      const claim = { id: record.id, fence: first.fence };
      expect(await verifications.heartbeat(claim, now + 1, leaseMs)).toMatchObject({ id: record.id });
      const second = await claimed(record.id, now + 1 + leaseMs);
      expect(second.fence).toBe(first.fence + 1);
      expect(await verifications.heartbeat(claim, now, leaseMs)).toBeNull();
      expect(await verifications.change(claim, { state: 'equal' })).toBeNull();
      const chunk = { phase: 'comparing', no: 0, outcome } as const;
      expect(await verifications.storeChunk(claim, chunk)).toBe(false);
      await verifications.releaseLeases('somebody else');
      expect((await verifications.find(record.id))?.leaseOwner).toBe('a');
      await verifications.releaseLeases('a');
      expect((await verifications.find(record.id))?.leaseUntil).toBe(0);
    });

    it('keeps what the chunks gave, once for each phase, and forgets it with the run', async () => {
      const record = await created({ kind: 'repair' });
      const claim = { id: record.id, fence: (await claimed(record.id)).fence };
      const { verifications } = store;
      const equal = { ...outcome, isEqual: true, missing: 0, differences: [] };
      for (const phase of ['repairing', 'comparing'] as const) {
        expect(await verifications.storeChunk(claim, { phase, no: 1, outcome })).toBe(true);
        expect(await verifications.storeChunk(claim, { phase, no: 0, outcome })).toBe(true);
        expect(await verifications.storeChunk(claim, { phase, no: 0, outcome: equal })).toBe(true);
      }
      expect(await verifications.chunks(record.id)).toEqual([
        { phase: 'comparing', no: 0, outcome: equal },
        { phase: 'comparing', no: 1, outcome },
        { phase: 'repairing', no: 0, outcome: equal },
        { phase: 'repairing', no: 1, outcome },
      ]);
    });

    it('is stopped by its driver, or at once when it has none', async () => {
      const { verifications } = store;
      const waiting = await created();
      expect(await verifications.requestStop(waiting.id, 'grace', now)).toMatchObject({
        state: 'stopped',
        stopRequestedBy: 'grace',
        endedAt: now,
      });
      expect(await verifications.requestStop(waiting.id, 'grace', now)).toBeNull();
      const driven = await created();
      await claimed(driven.id);
      expect(await verifications.requestStop(driven.id, 'grace', now)).toMatchObject({ state: 'queued' });
      expect(await verifications.requestStop(driven.id, 'alan', now)).toMatchObject({
        stopRequestedBy: 'grace',
      });
    });

    it('of a run itself is taken by whoever drives the run, and claimed by nobody', async () => {
      const { verifications } = store;
      const record = await created({ kind: 'run' });
      for (let found = await verifications.claim('b', now * 2, 0); found !== null; ) {
        expect(found.id).not.toBe(record.id);
        await verifications.change({ id: found.id, fence: found.fence }, { state: 'stopped' });
        found = await verifications.claim('b', now * 2, 0);
      }
      expect((await verifications.take(record.id))?.fence).toBe(1);
      expect((await verifications.take(record.id))?.fence).toBe(2);
      await verifications.change({ id: record.id, fence: 2 }, { state: 'equal' });
      expect(await verifications.take(record.id)).toBeNull();
    });
  });
}
