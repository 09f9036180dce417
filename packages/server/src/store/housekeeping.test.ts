import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Housekeeping } from './housekeeping.ts';
import type { OpenedStore } from './open-store.ts';

// The store is a stand-in: what it removes is tested in store-suite.ts; here it is about when.

/** A store of which so many runs are due, and which removes them without ever letting go, as an embedded one does. */
function storeWith(due: number): { readonly store: OpenedStore; readonly steps: number[] } {
  const steps: number[] = [];
  let left = due;
  const store = {
    identity: { deleteExpired: async () => 0 },
    maintenance: {
      async deleteRunsEndedBefore(_before: number, limit: number) {
        const removed = Math.min(left, limit);
        left -= removed;
        steps.push(removed);
        return removed;
      },
      deleteAuditEventsBefore: async () => 0,
    },
  };
  return { store: store as unknown as OpenedStore, steps };
}

const tools = { historyDays: 1, auditDays: 7, cleanLogs: async () => 0, now: Date.now };

it('lets others in between two steps, and removes all that is due', async () => {
  const { store, steps } = storeWith(220);
  const logged: unknown[] = [];
  const done = new Promise<void>((resolve) => {
    const housekeeping = new Housekeeping({
      ...tools,
      store,
      log: (_event, fields) => {
        logged.push(fields);
        void housekeeping.close().then(resolve);
      },
    });
    housekeeping.open();
  });
  let turns = 0;
  const others = setInterval(() => {
    turns += 1;
  }, 1);
  await done;
  clearInterval(others);
  expect(logged).toEqual([{ credentials: 0, runs: 220, events: 0, logs: 0 }]);
  expect(Math.max(...steps)).toBeLessThanOrEqual(50);
  expect(turns).toBeGreaterThanOrEqual(steps.length - 1);
});

it('ends within a step when it is closed', async () => {
  const { store, steps } = storeWith(1_000_000);
  const housekeeping = new Housekeeping({ ...tools, store, log: () => undefined });
  housekeeping.open();
  await expect.poll(() => steps.length).toBeGreaterThan(0);
  await housekeeping.close();
  const before = steps.length;
  await sleep(50);
  expect(steps.length).toBe(before);
});
