import { beforeAll, describe, expect, it } from 'vitest';
import type { AuditEvent } from './audit-event.ts';
import type { OpenedStore } from './open-store.ts';
import { newId, sampleLink, sampleTime } from './sample-records.ts';
import type { StoreFixture } from './store-fixture.ts';
import { TrailScope, withTrail } from './trail-scope.ts';

function sampleEvent(more: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id: newId(),
    at: sampleTime,
    domainId: 'd',
    projectId: null,
    clusterId: null,
    userId: 'u',
    userName: 'ann',
    source: '127.0.0.1',
    event: 'createLink',
    operation: 'CreateLink',
    resourceType: 'link',
    resourceId: '',
    resourceName: '',
    result: 'success',
    errorCode: null,
    requestId: newId(),
    repeats: 1,
    ...more,
  };
}

/** The audit trail: what is asked of it, and that an event is written with its change or not at all. */
export function auditSuite(fixtureOf: () => StoreFixture): void {
  describe('the audit trail', () => {
    let store: OpenedStore;
    let clusterId: string;
    beforeAll(() => {
      store = fixtureOf().store;
      clusterId = fixtureOf().cluster.id;
    });

    const anything = { projectId: null, from: null, to: null, userName: null, event: null, resource: null };
    const list = (domainId: string, more: object = {}) =>
      store.audit.list({ domainId, ...anything, result: null, ...more }, 100, 0);
    const newLink = () => sampleLink(clusterId, `link-${newId()}`);

    it('gives back what was written, newest first, hostile texts cut and kept storable', async () => {
      const domainId = newId();
      const odd = `a\0b\ud800${'x'.repeat(500)}`;
      const events = [
        sampleEvent({ domainId, at: 1, resourceName: odd }),
        sampleEvent({ domainId, at: 2, projectId: 'p', result: 'failure', errorCode: 'Cdm.0100' }),
      ];
      for (const event of events) await store.audit.record(event);
      const found = await list(domainId);
      expect(
        found.events.map(({ id }) => id).filter((id) => events.some((event) => event.id === id)),
      ).toEqual(events.map(({ id }) => id).reverse());
      expect(found.events.find(({ id }) => id === events[1]?.id)).toEqual(events[1]);
      const kept = found.events.find(({ id }) => id === events[0]?.id)?.resourceName ?? '';
      expect(kept).toMatch(/^ab\ufffdx+$/);
      expect(kept).toHaveLength(256);
      expect((await list(newId(), { projectId: 'p' })).events.map(({ id }) => id)).toContain(events[1]?.id);
      expect((await list(domainId, { result: 'failure' })).total).toBe(1);
    });

    it('writes an event with its change, told what the change is about', async () => {
      const event = sampleEvent({ domainId: newId() });
      const scope = new TrailScope([event]);
      const link = await withTrail(scope, () => store.links.create(newLink()));
      expect(scope.close()).toEqual([]);
      const found = await list(event.domainId ?? '');
      expect(found.events.find(({ id }) => id === event.id)).toEqual({
        ...event,
        clusterId,
        resourceId: String(link.id),
        resourceName: link.name,
      });
    });

    it('writes neither when one of them cannot be written', async () => {
      const taken = sampleEvent({ domainId: newId() });
      await store.audit.record(taken);
      const link = newLink();
      for (const create of [
        () => store.links.create(link),
        () => store.transaction((tx) => tx.links.create(link)),
      ]) {
        const scope = new TrailScope([taken]);
        await expect(withTrail(scope, create)).rejects.toThrow();
        expect(await store.links.find(clusterId, link.name)).toBeNull();
        // It still is to be written, as the event of a call that failed.
        expect(scope.close()).toHaveLength(1);
      }
      const lost = new TrailScope([sampleEvent({ domainId: newId() })]);
      const failing = () =>
        store.transaction(async (tx) => {
          await tx.links.create(link);
          throw new Error('power cut');
        });
      await expect(withTrail(lost, failing)).rejects.toThrow('power cut');
      const [left] = lost.close();
      expect((await list(left?.domainId ?? '')).events.some(({ id }) => id === left?.id)).toBe(false);
    });

    it('writes one event for one change, the next for the next, and none behind the end of the call', async () => {
      const domainId = newId();
      const events = [
        sampleEvent({ domainId }),
        sampleEvent({ domainId, event: 'createJob', resourceType: 'job' }),
      ];
      const scope = new TrailScope(events);
      let later: Promise<unknown> = Promise.resolve();
      let go: () => void = () => undefined;
      await withTrail(scope, async () => {
        const waiting = new Promise<void>((resolve) => {
          go = resolve;
        });
        later = waiting.then(() => store.links.create(newLink()));
        await store.links.create(newLink());
      });
      expect(scope.close()).toHaveLength(1);
      go();
      await later;
      const ids = events.map(({ id }) => id);
      expect((await list(domainId)).events.filter(({ id }) => ids.includes(id))).toHaveLength(1);
    });

    it('removes what is past its time, in steps', async () => {
      const domainId = newId();
      for (const at of [-30, -20, -10]) await store.audit.record(sampleEvent({ domainId, at }));
      expect(await store.maintenance.deleteAuditEventsBefore(-10, 1)).toBe(1);
      expect(await store.maintenance.deleteAuditEventsBefore(-10, 10)).toBe(1);
      expect(await store.maintenance.deleteAuditEventsBefore(-10, 10)).toBe(0);
      expect((await list(domainId, { to: 0 })).total).toBe(1);
    });
  });
}
