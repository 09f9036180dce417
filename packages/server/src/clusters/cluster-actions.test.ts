import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleCluster } from '../store/sample-records.ts';
import { type ActionWish, atOnce } from './cluster-actions.ts';
import { isUsable, type PowerActionName } from './cluster-states.ts';
import { ClusterWorld } from './test-cluster-world.ts';

// Everything here runs on a stand-in for the store; the HTTP tests do the same things over the real one.

function world(status = '200'): ClusterWorld {
  const flavorId = 'fb8fe666-6734-4b11-bc6c-43d11db3c745';
  return new ClusterWorld({ ...sampleCluster('p'), id: 'c', flavorId, status, settings: {} });
}

describe('every action in every state', () => {
  const legal: Readonly<Record<PowerActionName, readonly string[]>> = {
    start: ['900', '300'],
    stop: ['200'],
    restart: ['200', '300'],
  };
  const states = ['100', '200', '300', '303', '500', '800', '900', '910', '920'];
  for (const name of ['start', 'stop', 'restart'] as const) {
    test.each(states)(`${name} in %s (stand-in for the store)`, async (status) => {
      const one = world(status);
      const answer = await one.request(atOnce(name));
      if (legal[name].includes(status)) {
        expect(answer).toMatch(/^task/);
        expect(one.cluster?.status).toBe({ start: '920', stop: '910', restart: '500' }[name]);
      } else {
        expect(answer).toBe('CDM.5090');
        expect(one.cluster?.status).toBe(status);
      }
    });
  }

  test.each(states)('delete in %s (stand-in for the store)', async (status) => {
    const one = world(status);
    one.running.add('j');
    const task = await one.delete();
    expect(await one.delete()).toBe(task);
    expect(await one.request(atOnce('stop'))).toBe('CDM.5090');
    await one.pass(1_000);
    expect([one.cluster, one.stopped, one.isPoolOpen]).toEqual([null, ['j'], false]);
  });
});

test('workers that do not start: 300, from where a restart leads back', async () => {
  const one = world('900');
  one.isPoolBroken = true;
  await one.request(atOnce('start'));
  await one.pass(1_000);
  expect(one.cluster).toMatchObject({ status: '300', settings: { failure: 'Cdm.0000' } });
  expect(one.startRun('j', isUsable)).toBe(false);
  one.isPoolBroken = false;
  await one.request(atOnce('restart'));
  await one.pass(1_000);
  expect(one.cluster).toMatchObject({ status: '200', settings: {} });
});

/** What the cluster should be, told in a few lines that share nothing with the program. */
interface Model {
  status: string;
  isDeleted: boolean;
  /** Runs are waited for until then; null: nothing is waited for. */
  waitUntil: number | null;
  waitsForRuns: boolean;
}

type Step =
  | { readonly kind: 'ask'; readonly wish: ActionWish }
  | { readonly kind: 'run' | 'end'; readonly job: string }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'break'; readonly isBroken: boolean }
  | { readonly kind: 'crash'; readonly calls: number }
  | { readonly kind: 'delete' };

const jobs = fc.constantFrom('a', 'b', 'c');
const wishes: fc.Arbitrary<ActionWish> = fc.record({
  name: fc.constantFrom('start', 'stop', 'restart'),
  patience: fc.constantFrom('none', 'wait', 'drain'),
  delaySeconds: fc.constantFrom(null, 0, 5, 60),
});
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: wishes.map((wish): Step => ({ kind: 'ask', wish })) },
  { weight: 4, arbitrary: jobs.map((job): Step => ({ kind: 'run', job })) },
  { weight: 3, arbitrary: jobs.map((job): Step => ({ kind: 'end', job })) },
  { weight: 4, arbitrary: fc.constantFrom(1_000, 4_000, 30_000).map((ms): Step => ({ kind: 'pass', ms })) },
  { weight: 1, arbitrary: fc.boolean().map((isBroken): Step => ({ kind: 'break', isBroken })) },
  { weight: 3, arbitrary: fc.nat(8).map((calls): Step => ({ kind: 'crash', calls })) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'delete' }) },
);

/** @returns what went otherwise than the model says; null: nothing. */
async function play(history: readonly Step[], isGuarded = true): Promise<string | null> {
  const one = world();
  one.isGuarded = isGuarded;
  const model: Model = { status: '200', isDeleted: false, waitUntil: null, waitsForRuns: false };
  let isBroken = false;
  await one.restartServer();
  for (const [at, step] of history.entries()) {
    let mustStop = 0;
    switch (step.kind) {
      case 'ask': {
        const { name, patience, delaySeconds } = step.wish;
        const from = { start: ['900', '300'], stop: ['200'], restart: ['200', '300'] }[name];
        const isLegal = !model.isDeleted && from.includes(model.status);
        const during = { start: '920', stop: '910', restart: '500' }[name];
        const answer = await one.request(step.wish);
        // Without an answer it may have been accepted, and then it counts.
        const isAccepted = answer === null ? isLegal && one.cluster?.status === during : isLegal;
        const expected = model.isDeleted ? /^(Cdm.0001|CDM.5090)$/ : isLegal ? /^task/ : /^CDM.5090$/;
        if (answer !== null && !expected.test(answer)) return `${at}: ${name} was answered with ${answer}`;
        if (isAccepted) {
          model.status = during;
          const until = delaySeconds === null ? Number.POSITIVE_INFINITY : one.clock + delaySeconds * 1_000;
          model.waitUntil = patience === 'none' || name === 'start' ? null : until;
          model.waitsForRuns = patience === 'drain';
        }
        break;
      }
      case 'run':
        one.startRun(step.job, isUsable);
        break;
      case 'end':
        one.running.delete(step.job);
        break;
      case 'break':
        isBroken = step.isBroken;
        one.isPoolBroken = isBroken;
        break;
      case 'crash':
        one.crashAfter(step.calls);
        break;
      case 'delete': {
        const answer = await one.delete();
        const hasMark = one.cluster === null || one.cluster.settings.deletion !== undefined;
        if (answer !== null ? /^task/.test(answer) : hasMark) model.isDeleted = true;
        break;
      }
    }
    const running = one.running.size;
    const stoppedBefore = one.stopped.length;
    // A cluster whose pool cannot be opened at a start of the server is tried again every few seconds.
    await one.pass(step.kind === 'pass' ? step.ms : 1_000);

    const isWaiting =
      model.waitUntil !== null && one.clock < model.waitUntil && !(model.waitsForRuns && running === 0);
    if (!model.isDeleted && !isWaiting) {
      if (model.status === '910') [model.status, mustStop] = ['900', running];
      else if (model.status === '500' || model.status === '920') model.status = isBroken ? '300' : '200';
      model.waitUntil = null;
    }
    const status = one.cluster?.status ?? 'gone';
    if (model.isDeleted ? status !== 'gone' : status !== model.status) {
      return `${at}: ${JSON.stringify(step)} led to ${status} in place of ${model.isDeleted ? 'gone' : model.status}`;
    }
    if (model.isDeleted || status === '900') {
      if (one.running.size > 0 || one.isPoolOpen) return `${at}: runs or workers are left in ${status}`;
    } else if (one.stopped.length - stoppedBefore !== mustStop)
      return `${at}: runs were stopped in ${status}`;
    if (status === '200' && !one.isPoolOpen && !isBroken) {
      await one.pass(6_000);
      if (!one.isPoolOpen) return `${at}: a running cluster has no pool`;
    }
  }
  return null;
}

test('any history of actions, runs, waits and crashes goes as a small model says (stand-in for the store)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 25 }), async (history) => {
      expect(await play(history)).toBeNull();
    }),
    { numRuns: 400 },
  );
}, 120_000);

test('the model sees a run that is started without a look at the state (planted bug)', async () => {
  const found = await fc.check(
    fc.asyncProperty(fc.array(steps, { maxLength: 25 }), async (history) => {
      expect(await play(history, false)).toBeNull();
    }),
    // Of one seed: a draw that does not meet the bug says nothing.
    { numRuns: 400, seed: 1 },
  );
  expect(found.failed).toBe(true);
}, 120_000);
