import { expect, it } from 'vitest';
import { groupOption, type JobRecord, type RunState, type VariableScope } from './model.ts';
import { newId, samplePlan, sampleRun, sampleTime } from './sample-records.ts';
import type { HistoryFilter } from './store.ts';
import type { StoreFixture } from './store-fixture.ts';

/** Groups of jobs, variables, and the history of a cluster: what every store must keep. */
export function workspaceSuite(fixture: () => StoreFixture): void {
  async function jobIn(group: string | null): Promise<JobRecord> {
    const { store } = fixture();
    const job = await fixture().createJob();
    if (group === null) return job;
    const changed = { ...job, driverOptions: { ...job.driverOptions, [groupOption]: group } };
    await store.jobs.update(changed);
    return changed;
  }

  it('keeps a group that a job names, with its size, also when the job goes', async () => {
    const { store, cluster } = fixture();
    const name = `夜 ${newId()}`;
    const [one, other] = [await jobIn(name), await jobIn(name)];
    await jobIn(null);
    const sizeOf = async (group: string) =>
      (await store.groups.list(cluster.id)).find((each) => each.name === group)?.jobs;
    expect(await sizeOf(name)).toBe(2);
    const filter = { type: null, filter: '', group: name, pageNo: 1, pageSize: 10 };
    const listed = await store.jobs.list(cluster.id, filter);
    expect(listed.total).toBe(2);
    expect(listed.jobs.map((job) => job.id).sort()).toEqual([one.id, other.id].sort());
    await store.jobs.delete(cluster.id, one.name);
    await store.jobs.delete(cluster.id, other.name);
    expect(await sizeOf(name)).toBe(0);
    expect(await store.groups.find(cluster.id, name)).toMatchObject({ name, clusterId: cluster.id });
    const again = { clusterId: cluster.id, name, createdBy: 'x', createdAt: 1 };
    expect(await store.groups.create(again)).toBe(false);
    expect(await store.groups.delete(cluster.id, name)).toBe(true);
    expect(await store.groups.delete(cluster.id, name)).toBe(false);
    expect(await store.groups.create(again)).toBe(true);
  });

  it('keeps variables by scope, and they go with their cluster', async () => {
    const { store, cluster } = fixture();
    const own = { ...cluster, id: newId() };
    await store.clusters.create(own);
    const scopes: readonly VariableScope[] = [
      { kind: 'cluster', id: own.id },
      { kind: 'project', id: own.projectId },
    ];
    for (const scope of scopes) {
      const variable = {
        scope,
        name: 'région',
        value: scope.kind,
        sealedValue: null,
        updatedBy: 'u',
        updatedAt: 1,
      };
      await store.variables.put(variable);
      expect(await store.variables.find(scope, 'région')).toEqual(variable);
      const secret = { ...variable, value: null, sealedValue: 'v1:k:x', updatedAt: 2 };
      await store.variables.put(secret);
      expect(await store.variables.list(scope)).toEqual([secret]);
    }
    await store.clusters.delete(own.id);
    const [gone, stays] = scopes;
    if (gone === undefined || stays === undefined) throw new Error('two scopes');
    expect(await store.variables.list(gone)).toEqual([]);
    expect(await store.variables.delete(stays, 'région')).toBe(true);
    expect(await store.variables.delete(stays, 'région')).toBe(false);
  });

  it('finds runs of a cluster by state, job and time, newest first and page by page', async () => {
    const { store, cluster } = fixture();
    const own = { ...cluster, id: newId() };
    await store.clusters.create(own);
    const jobOf = await fixture().createJob();
    const job = (name: string): JobRecord => ({
      ...jobOf,
      id: Number.parseInt(newId().slice(0, 6), 16),
      clusterId: own.id,
      name,
    });
    const states: readonly RunState[] = [
      'succeeded',
      'failed',
      'stopped',
      'succeeded',
      'failed',
      'succeeded',
    ];
    for (const [at, state] of states.entries()) {
      const run = sampleRun(job(at % 2 === 0 ? 'even' : 'odd'), own.projectId);
      const createdAt = sampleTime + at;
      await store.runs.create({ ...run, state, createdAt, endedAt: createdAt, plan: samplePlan(1) });
    }
    const numbersOf = async (filter: Partial<HistoryFilter>) => {
      const all = { jobName: null, states: [], from: null, until: null, before: null, limit: 10 };
      const runs = await store.history.search(own.id, { ...all, ...filter });
      expect(runs.every((run) => run.plan === null)).toBe(true);
      return runs.map((run) => run.submissionId);
    };
    expect(await numbersOf({})).toEqual([6, 5, 4, 3, 2, 1]);
    expect(await numbersOf({ limit: 2 })).toEqual([6, 5]);
    expect(await numbersOf({ before: 5, limit: 2 })).toEqual([4, 3]);
    expect(await numbersOf({ states: ['failed', 'stopped'] })).toEqual([5, 3, 2]);
    expect(await numbersOf({ jobName: 'odd', states: ['succeeded'] })).toEqual([6, 4]);
    expect(await numbersOf({ from: sampleTime + 1, until: sampleTime + 4 })).toEqual([4, 3, 2]);
    expect(
      await store.history.search(newId(), {
        jobName: null,
        states: [],
        from: null,
        until: null,
        before: null,
        limit: 9,
      }),
    ).toEqual([]);
    await store.clusters.delete(own.id);
  });
}
