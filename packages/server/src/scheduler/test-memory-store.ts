import {
  type ClusterRecord,
  isActiveState,
  type JobRecord,
  type RunRecord,
  type TimerRecord,
} from '../store/model.ts';
import { Conflict, type Store } from '../store/store.ts';
import type { TimerStore } from './test-timer-world.ts';

interface State {
  readonly timers: Map<number, TimerRecord>;
  readonly runs: Map<string, RunRecord>;
}

/**
 * Stands in for a store where timers are concerned: fast enough for hundreds of simulations. Transactions follow each other
 * and are undone when they fail, unless `isAtomic` is false, which is a planted bug.
 */
export function memoryStore(cluster: ClusterRecord, jobs: readonly JobRecord[], isAtomic = true): TimerStore {
  let state: State = { timers: new Map(), runs: new Map() };
  let submissions = 0;
  let last: Promise<unknown> = Promise.resolve();

  const of = (clusterId: string, name: string) =>
    [...state.runs.values()]
      .filter((run) => run.clusterId === clusterId && run.jobName === name)
      .sort((a, b) => b.submissionId - a.submissionId);
  const tx = {
    timers: {
      find: async (jobId: number) => state.timers.get(jobId) ?? null,
      put: async (timer: TimerRecord) => void state.timers.set(timer.jobId, timer),
      remove: async (jobId: number) => state.timers.delete(jobId),
      lockDue: async (now: number) =>
        [...state.timers.values()]
          .flatMap(({ dueAt, ...timer }) => (dueAt !== null && dueAt <= now ? [{ ...timer, dueAt }] : []))
          .sort((a, b) => a.dueAt - b.dueAt || a.jobId - b.jobId)[0] ?? null,
    },
    jobs: {
      findById: async (id: number) => jobs.find((job) => job.id === id) ?? null,
      timedIds: async () => jobs.map(({ id }) => id).filter((id) => state.timers.has(id)),
    },
    clusters: { findById: async () => cluster },
    traces: { doom: async () => undefined },
    identity: { findProject: async () => null },
    audit: { record: async () => undefined },
    runs: {
      latest: async (clusterId: string, name: string) => of(clusterId, name)[0] ?? null,
      history: async (clusterId: string, name: string) => ({ runs: of(clusterId, name), total: 0 }),
      create: async (run: Omit<RunRecord, 'submissionId'>) => {
        if (of(run.clusterId, run.jobName).some((each) => isActiveState(each.state)))
          throw new Conflict(`an active run of job ${run.jobName}`);
        submissions += 1;
        const created = { ...run, submissionId: submissions };
        state.runs.set(run.id, created);
        return created;
      },
      change: async (claim: { runId: string }, change: Partial<RunRecord>) => {
        const run = state.runs.get(claim.runId);
        if (run !== undefined) state.runs.set(run.id, { ...run, ...change });
        return null;
      },
    },
  } as unknown as Omit<Store, 'transaction' | 'close'>;

  return {
    jobs: tx.jobs,
    async transaction(work) {
      const mine = last
        .catch(() => undefined)
        .then(async () => {
          const before = { timers: new Map(state.timers), runs: new Map(state.runs) };
          try {
            return await work(tx);
          } catch (error) {
            if (isAtomic) state = before;
            throw error;
          }
        });
      last = mine;
      return await mine;
    },
  };
}
