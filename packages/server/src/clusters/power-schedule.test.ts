import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ZoneClock } from '../scheduler/zone-clock.ts';
import { type OpenedStore, openStore } from '../store/open-store.ts';
import { createSampleCluster, sampleJob, sampleRun } from '../store/sample-records.ts';
import { atOnce } from './cluster-actions.ts';
import { ClusterService } from './cluster-service.ts';
import { PowerSchedule } from './power-schedule.ts';
import type { PowerSettings } from './power-settings.ts';

const minute = 60_000;
const hour = 60 * minute;
const zone = new ZoneClock('Asia/Shanghai');
/** An instant by the clock of the zone. */
const at = (text: string) => zone.instantOf(Date.parse(`${text}Z`));

let dataFolder: string;
let store: OpenedStore;
let projectId: string;
let clock: number;
let waits: Set<{ readonly dueAt: number; readonly work: () => Promise<void> | void }>;
let clusters: ClusterService;
let power: PowerSchedule;

beforeEach(async () => {
  dataFolder = mkdtempSync(join(tmpdir(), 'sluice-power-'));
  store = await openStore({ dataFolder });
  ({ projectId } = await createSampleCluster(store));
  for (const { id } of await store.clusters.listAll()) await store.clusters.delete(id);
  clock = at('2026-03-10T12:00:00');
  boot();
});
afterEach(async () => {
  await power.close();
  await clusters.close();
  await store.close();
  rmSync(dataFolder, { recursive: true });
});

/** A server on the store; one before is gone without a word. */
function boot(): void {
  waits = new Set();
  const mine = waits;
  const timers = {
    now: () => clock,
    after(ms: number, work: () => Promise<void> | void) {
      const wait = { dueAt: clock + ms, work };
      mine.add(wait);
      return () => void mine.delete(wait);
    },
  };
  clusters = new ClusterService({
    store,
    runs: {
      hold: async () => undefined,
      release: () => undefined,
      async stop(clusterId, jobName, user) {
        const run = await store.runs.requestStop(clusterId, jobName, user, clock);
        const claim = await store.runs.claim('o', clock, 1);
        await store.runs.change(
          { runId: run?.id ?? '', fence: claim?.fence ?? 0 },
          { state: 'stopped', endedAt: clock },
          clock,
        );
      },
    },
    traces: { removeNow: async () => undefined },
    pools: { open: async () => undefined, close: async () => undefined, instances: () => [] },
    timers,
    newId: randomUUID,
    log: () => undefined,
  });
  power = new PowerSchedule({ store, actions: clusters.actions, zone, timers, log: () => undefined });
}

/** One look now, and whatever it led to. */
async function look(): Promise<void> {
  await power.look();
  for (let round = 0; round < 20; round += 1) {
    const due = [...waits].filter(({ dueAt }) => dueAt <= clock + 600);
    if (due.length === 0) return;
    for (const wait of due) {
      waits.delete(wait);
      await wait.work();
    }
  }
}

async function passTo(instant: number, stepMs = hour): Promise<void> {
  while (clock < instant) {
    clock = Math.min(instant, clock + stepMs);
    await look();
  }
}

async function made(settings: Partial<PowerSettings>): Promise<string> {
  const { id } = await clusters.create(
    projectId,
    {
      name: 'c',
      flavorId: 'fb8fe666-6734-4b11-bc6c-43d11db3c745',
      settings: {},
      power: {
        isAutoOff: false,
        isScheduleBootOff: false,
        scheduleBootTime: '',
        scheduleOffTime: '',
        ...settings,
      },
    },
    'u',
  );
  clock += 1_000;
  await look();
  expect(await statusOf(id)).toBe('200');
  return id;
}

const statusOf = async (id: string) => (await store.clusters.findById(id))?.status;

/** What the audit trail says of the project, oldest first. */
async function told(): Promise<readonly string[]> {
  const anything = { from: null, to: null, userName: null, event: null, resource: null, result: null };
  const { events } = await store.audit.list({ domainId: '', projectId, ...anything }, 100, 0);
  return events
    .toReversed()
    .map(({ event, resourceName, userName }) => `${event} ${resourceName} ${userName}`);
}

async function startedRun(id: string, name = 'j') {
  const job = (await store.jobs.find(id, name)) ?? (await store.jobs.create(sampleJob(id, name)));
  return await store.runs.create({ ...sampleRun(job, projectId), createdAt: clock });
}

async function endRun(runId: string): Promise<void> {
  const claim = await store.runs.claim('o', clock, 1);
  await store.runs.change({ runId, fence: claim?.fence ?? 0 }, { state: 'succeeded', endedAt: clock }, clock);
}

describe('daily times', () => {
  const times = { isScheduleBootOff: true, scheduleBootTime: '08:00:00', scheduleOffTime: '20:30:00' };

  test('off and on at their times by the clock of the zone, day after day', async () => {
    const id = await made(times);
    for (const day of ['10', '11', '12']) {
      await passTo(at(`2026-03-${day}T20:29:59`));
      expect(await statusOf(id)).toBe('200');
      await passTo(at(`2026-03-${day}T20:30:00`));
      expect(await statusOf(id)).toBe('900');
      const next = `2026-03-${Number(day) + 1}`;
      await passTo(at(`${next}T07:59:59`));
      expect(await statusOf(id)).toBe('900');
      await passTo(at(`${next}T08:00:00`));
      expect(await statusOf(id)).toBe('200');
    }
    expect(await told()).toEqual([
      ...['stopCluster c system', 'startCluster c system'],
      ...['stopCluster c system', 'startCluster c system'],
      ...['stopCluster c system', 'startCluster c system'],
    ]);
  });

  test('what a user did in between stays until the next time', async () => {
    const id = await made(times);
    await clusters.actions.request(projectId, id, atOnce('stop'), 'u');
    await passTo(at('2026-03-10T20:31:00'));
    expect(await statusOf(id)).toBe('900');
    await clusters.actions.request(projectId, id, atOnce('start'), 'u');
    await passTo(at('2026-03-11T20:29:00'));
    expect(await statusOf(id)).toBe('200');
  });

  test('off does not wait for runs', async () => {
    const id = await made(times);
    const run = await startedRun(id);
    await passTo(at('2026-03-10T20:30:00'));
    expect(await statusOf(id)).toBe('900');
    expect(await store.runs.find(run.id)).toMatchObject({ state: 'stopped', stopRequestedBy: 'system' });
  });

  test.each([
    ['2026-03-10T23:00:00', '900'],
    ['2026-03-11T09:00:00', '200'],
    ['2026-03-14T23:00:00', '900'],
  ])(
    'a server that was down until %s keeps the newest of the times that it missed',
    async (until, status) => {
      const id = await made(times);
      await power.close();
      await clusters.close();
      clock = at(until);
      boot();
      await look();
      expect(await statusOf(id)).toBe(status);
    },
  );

  test('a change counts from its moment: a time that has passed today is for tomorrow', async () => {
    const id = await made({});
    await clusters.modify(projectId, id, {
      power: { isScheduleBootOff: true, scheduleOffTime: '11:00:00' },
      settings: {},
    });
    await passTo(at('2026-03-11T10:59:00'));
    expect(await statusOf(id)).toBe('200');
    // Another change leaves what the schedule counts from.
    await clusters.modify(projectId, id, { power: {}, settings: { autoRemind: true } });
    await passTo(at('2026-03-11T11:00:00'));
    expect(await statusOf(id)).toBe('900');
    // Without a time for it nothing switches it on.
    await passTo(at('2026-03-12T11:30:00'));
    expect(await statusOf(id)).toBe('900');
  });

  test('a time that comes while something is under way is kept when that is over', async () => {
    const id = await made({ isScheduleBootOff: true, scheduleOffTime: '20:30:00' });
    await startedRun(id);
    const wish = { name: 'restart', patience: 'drain', delaySeconds: 9 * 3_600 } as const;
    await clusters.actions.request(projectId, id, wish, 'u');
    await passTo(at('2026-03-10T20:40:00'));
    expect(await statusOf(id)).toBe('500');
    await passTo(at('2026-03-10T21:30:00'), 10 * minute);
    expect(await statusOf(id)).toBe('900');
  });

  test('two servers that look at once switch once', async () => {
    const id = await made(times);
    const other = new PowerSchedule({
      store,
      actions: clusters.actions,
      zone,
      timers: { now: () => clock, after: () => () => undefined },
      log: () => undefined,
    });
    clock = at('2026-03-10T20:30:00');
    await Promise.all([power.look(), other.look()]);
    expect(await statusOf(id)).toBe('910');
    await look();
    expect(await statusOf(id)).toBe('900');
    await other.close();
  });
});

describe('idle for a while', () => {
  test('off after 15 minutes, and no earlier', async () => {
    const id = await made({ isAutoOff: true });
    const begin = clock;
    await passTo(begin + 15 * minute - 10_000, 10_000);
    expect(await statusOf(id)).toBe('200');
    await passTo(begin + 15 * minute + 20_000, 10_000);
    expect(await statusOf(id)).toBe('900');
    // Nothing switches it on again but its user.
    await passTo(begin + 2 * hour);
    expect(await statusOf(id)).toBe('900');
    await clusters.actions.request(projectId, id, atOnce('start'), 'u');
    await look();
    await passTo(clock + 14 * minute, minute);
    expect(await statusOf(id)).toBe('200');
    await passTo(clock + 2 * minute, 10_000);
    expect(await statusOf(id)).toBe('900');
  });

  test('a run counts while it lasts, also one between two looks', async () => {
    const id = await made({ isAutoOff: true });
    const run = await startedRun(id);
    await passTo(clock + 40 * minute, minute);
    expect(await statusOf(id)).toBe('200');
    await endRun(run.id);
    await passTo(clock + 14 * minute, minute);
    const short = await startedRun(id);
    await endRun(short.id);
    await passTo(clock + 14 * minute, minute);
    expect(await statusOf(id)).toBe('200');
    await passTo(clock + 3 * minute, minute);
    expect(await statusOf(id)).toBe('900');
  });

  test('a scheduled job that will be due keeps it on, one that is over does not', async () => {
    const id = await made({ isAutoOff: true });
    const job = await store.jobs.create(sampleJob(id, 'j'));
    await store.timers.put({ jobId: job.id, timing: '{}', dueAt: clock + 100 * hour });
    await passTo(clock + hour, minute);
    expect(await statusOf(id)).toBe('200');
    await store.timers.put({ jobId: job.id, timing: '{}', dueAt: null });
    await passTo(clock + 14 * minute, minute);
    expect(await statusOf(id)).toBe('200');
    await passTo(clock + 3 * minute, minute);
    expect(await statusOf(id)).toBe('900');
  });

  test('the time goes on over a restart of the server', async () => {
    const id = await made({ isAutoOff: true });
    await passTo(clock + 10 * minute, minute);
    await power.close();
    await clusters.close();
    boot();
    await passTo(clock + 6 * minute, minute);
    expect(await statusOf(id)).toBe('900');
  });

  test('without the setting a cluster stays on', async () => {
    const id = await made({});
    await passTo(clock + 5 * hour);
    expect(await statusOf(id)).toBe('200');
  });
});

test('a store that is away is no end: the next look acts', async () => {
  const id = await made({ isScheduleBootOff: true, scheduleOffTime: '20:30:00' });
  clock = at('2026-03-10T20:30:00');
  const { listAll } = store.clusters;
  store.clusters.listAll = () => Promise.reject(new Error('away'));
  await power.look();
  store.clusters.listAll = listAll;
  expect(await statusOf(id)).toBe('200');
  await look();
  expect(await statusOf(id)).toBe('900');
});
