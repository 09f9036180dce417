import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runLimits } from './limits.ts';
import { type Lane, type SlotRequest, WorkerSlots } from './worker-slots.ts';

/** A task without a process: it has a slot from `start` until somebody releases it. */
interface SampleTask extends SlotRequest {
  isStarted: boolean;
}

function ask(slots: WorkerSlots, about: Partial<SampleTask> = {}): SampleTask {
  const task: SampleTask = {
    lane: 'slice',
    projectId: 'p',
    clusterId: 'c',
    runId: 'r',
    isReady: () => true,
    isStarted: false,
    start() {
      task.isStarted = true;
    },
    ...about,
  };
  slots.ask(task);
  return task;
}

const machineMax = 3;
const clusters = [
  { projectId: 'p1', clusterId: 'p1-a', max: 1 },
  { projectId: 'p1', clusterId: 'p1-b', max: 3 },
  { projectId: 'p2', clusterId: 'p2-a', max: 2 },
  { projectId: 'p3', clusterId: 'p3-a', max: 100 },
] as const;

describe('WorkerSlots', () => {
  test('under any load no cap is broken, no slot is idle while a task could have it, and every task has its turn', () => {
    const lane = fc.constantFrom<Lane>('slice', 'step', 'prompt', 'inspect', 'preview', 'join');
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('ask' as const),
          lane,
          at: fc.nat(clusters.length - 1),
          run: fc.nat(2),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), at: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), at: fc.nat() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const slots = new WorkerSlots(machineMax);
        for (const { clusterId, max } of clusters) slots.limit(clusterId, max);
        let open: SampleTask[] = [];
        const of = (lane: Lane, some: (task: SampleTask) => boolean) =>
          open.filter((task) => task.isStarted && task.lane === lane && some(task)).length;
        const laneMax = (lane: Lane) =>
          ({
            slice: machineMax,
            join: machineMax,
            step: runLimits.stepWorkersMax,
            prompt: runLimits.promptWorkersMax,
            inspect: runLimits.inspectWorkersMax,
            preview: runLimits.previewWorkersMax,
          })[lane];
        const projectMax = (lane: Lane) =>
          ({
            slice: machineMax,
            join: machineMax,
            step: runLimits.stepWorkersPerProjectMax,
            prompt: runLimits.promptWorkersPerProjectMax,
            inspect: runLimits.inspectWorkersPerProjectMax,
            preview: runLimits.previewWorkersPerProjectMax,
          })[lane];
        const clusterMax = (lane: Lane, clusterId: string) =>
          lane === 'slice' || lane === 'join'
            ? (clusters.find((each) => each.clusterId === clusterId)?.max ?? 0)
            : Number.POSITIVE_INFINITY;
        const roomFor = ({ lane, projectId, clusterId }: SampleTask) =>
          of(lane, () => true) < laneMax(lane) &&
          of(lane, (task) => task.projectId === projectId) < projectMax(lane) &&
          of(lane, (task) => task.clusterId === clusterId) < clusterMax(lane, clusterId);
        const check = () => {
          for (const { lane, projectId, clusterId } of open) {
            expect(of(lane, () => true)).toBeLessThanOrEqual(laneMax(lane));
            expect(of(lane, (task) => task.projectId === projectId)).toBeLessThanOrEqual(projectMax(lane));
            expect(of(lane, (task) => task.clusterId === clusterId)).toBeLessThanOrEqual(
              clusterMax(lane, clusterId),
            );
          }
          expect(open.filter((task) => !task.isStarted && roomFor(task))).toEqual([]);
        };
        const end = (task: SampleTask | undefined) => {
          if (task === undefined) return;
          open = open.filter((other) => other !== task);
          if (task.isStarted) slots.release(task);
          else slots.withdraw(task);
        };
        for (const each of steps) {
          if (each.kind === 'ask') {
            const { projectId, clusterId } = clusters[each.at] ?? clusters[0];
            open.push(
              ask(slots, { lane: each.lane, projectId, clusterId, runId: `${clusterId}/${each.run}` }),
            );
          } else {
            const some = open.filter((task) => task.isStarted === (each.kind === 'release'));
            end(some[each.at % Math.max(1, some.length)]);
          }
          check();
        }
        for (let left = open.length; left > 0; left -= 1) {
          const next = open.find((task) => task.isStarted);
          expect(next).toBeDefined();
          end(next);
          check();
        }
        expect(open).toEqual([]);
        for (const { clusterId } of clusters) {
          expect(slots.numbersOf(clusterId)).toEqual({ slicesBusy: 0, tasksWaiting: 0 });
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a lone task waits for one slot, though 1,000 tasks of another project came first', () => {
    for (const machine of [1, 2, 8]) {
      const slots = new WorkerSlots(machine);
      const crowd = Array.from({ length: 1_000 }, (_, i) =>
        ask(slots, { projectId: 'crowd', clusterId: `crowd-${i % 10}`, runId: `r${i}` }),
      );
      const lone = ask(slots, { projectId: 'lone', clusterId: 'lone', runId: 'lone' });
      let ended = 0;
      while (!lone.isStarted) {
        const next = crowd.find((task) => task.isStarted);
        if (next === undefined) throw new Error('nobody has a slot');
        crowd.splice(crowd.indexOf(next), 1);
        slots.release(next);
        ended += 1;
      }
      expect([machine, ended]).toEqual([machine, 1]);
    }
  });

  test('two projects that want everything get the same, and in one the clusters do', () => {
    const slots = new WorkerSlots(1);
    const asked = [
      ...Array.from({ length: 40 }, () => ask(slots, { projectId: 'a', clusterId: 'a1' })),
      ...Array.from({ length: 40 }, () => ask(slots, { projectId: 'a', clusterId: 'a2' })),
      ...Array.from({ length: 40 }, () => ask(slots, { projectId: 'b', clusterId: 'b1' })),
    ];
    const served: string[] = [];
    for (let i = 0; i < 40; i++) {
      const next = asked.find((task) => task.isStarted);
      if (next === undefined) throw new Error('nobody has a slot');
      asked.splice(asked.indexOf(next), 1);
      served.push(next.clusterId);
      slots.release(next);
    }
    const count = (clusterId: string) => served.filter((each) => each === clusterId).length;
    expect([count('a1'), count('a2'), count('b1')]).toEqual([10, 10, 20]);
  });

  test('of one cluster the run with the fewest workers comes first, of equal ones the oldest', () => {
    const slots = new WorkerSlots(2);
    const many = Array.from({ length: 6 }, () => ask(slots, { runId: 'many' }));
    const few = ask(slots, { runId: 'few' });
    const [first] = many;
    if (first === undefined) throw new Error('none');
    slots.release(first);
    expect(few.isStarted).toBe(true);
    expect(many.map((task) => task.isStarted)).toEqual([true, true, false, false, false, false]);
  });

  test('a task that is not ready yet keeps nobody waiting, and has its turn when it is', () => {
    const slots = new WorkerSlots(1);
    let isReady = false;
    const blocked = ask(slots, { clusterId: 'a', isReady: () => isReady });
    const other = ask(slots, { clusterId: 'a' });
    expect([blocked.isStarted, other.isStarted]).toEqual([false, true]);
    slots.release(other);
    expect(blocked.isStarted).toBe(false);
    isReady = true;
    slots.pump();
    expect(blocked.isStarted).toBe(true);
  });

  test('steps that wait for locks leave room for other projects', () => {
    const slots = new WorkerSlots(1);
    const stuck = Array.from({ length: 20 }, (_, i) => ask(slots, { lane: 'step', clusterId: `c${i}` }));
    expect(stuck.filter((task) => task.isStarted)).toHaveLength(runLimits.stepWorkersPerProjectMax);
    expect(ask(slots, { lane: 'step', projectId: 'other', clusterId: 'other' }).isStarted).toBe(true);
  });

  test('a cluster whose queue is full is refused, another one is not', () => {
    const slots = new WorkerSlots(1);
    for (let i = 0; i < runLimits.waitingTasksPerClusterMax + 1; i++) ask(slots);
    expect(() => ask(slots)).toThrow('Cdm.0056');
    expect(ask(slots, { projectId: 'q', clusterId: 'd' }).isStarted).toBe(false);
  });
});
