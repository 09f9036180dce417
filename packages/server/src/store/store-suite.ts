import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterRecord, JobRecord, RunRecord } from './model.ts';
import type { OpenedStore } from './open-store.ts';
import {
  createSampleCluster,
  newId,
  sampleCluster,
  sampleCounts,
  sampleJob,
  sampleLink,
  samplePlan,
  sampleRun,
  sampleTime,
} from './sample-records.ts';
import { Conflict, Gone } from './store.ts';

const leaseMs = 10_000;
const now = sampleTime + 1_000;

/** What every store must keep, whatever it stores in: run by `store.test.ts` and `store.live.test.ts` alike. */
export function storeSuite(title: string, open: () => Promise<OpenedStore>): void {
  describe(title, () => {
    let store: OpenedStore;
    let cluster: ClusterRecord;

    beforeAll(async () => {
      store = await open();
      cluster = await createSampleCluster(store);
    });

    afterAll(async () => {
      await store?.close();
    });

    async function createJob(): Promise<JobRecord> {
      return await store.jobs.create(sampleJob(cluster.id, `job-${newId()}`));
    }

    async function createRun(job?: JobRecord): Promise<RunRecord> {
      return await store.runs.create(sampleRun(job ?? (await createJob()), cluster.projectId));
    }

    /** Claims until the given run comes; others are ended, so that each test begins with an empty queue. */
    async function claimRun(runId: string, owner = 'a', at = now): Promise<RunRecord> {
      for (;;) {
        const run = await store.runs.claim(owner, at, leaseMs);
        if (run === null) throw new Error(`run ${runId} was not claimable`);
        if (run.id === runId) return run;
        await store.runs.change({ runId: run.id, fence: run.fence }, { state: 'stopped' }, at);
      }
    }

    describe('identity', () => {
      it('gives back domains, projects and users as stored, the oldest first', async () => {
        const domain = { id: newId(), name: `域-${newId()}` };
        await store.identity.createDomain(domain);
        expect(await store.identity.findDomain({ id: domain.id })).toEqual(domain);
        expect(await store.identity.findDomain({ name: domain.name })).toEqual(domain);
        expect(await store.identity.findDomain({ name: domain.name.toUpperCase() })).toBeNull();
        expect((await store.identity.listDomains()).at(-1)).toEqual(domain);

        const projects = ['zz', 'aa', 'mm'].map((name) => ({
          id: newId(),
          name,
          domainId: domain.id,
          description: 'd',
          isEnabled: name !== 'aa',
        }));
        for (const project of projects) await store.identity.createProject(project);
        expect(await store.identity.listProjects(domain.id)).toEqual(projects);
        expect(await store.identity.findProject({ name: 'aa', domainId: domain.id })).toEqual(projects[1]);
        expect(await store.identity.findProject({ name: 'aa', domainId: newId() })).toBeNull();

        const user = {
          id: newId(),
          name: 'u',
          domainId: domain.id,
          passwordHash: '$argon2id$…',
          isEnabled: true,
        };
        await store.identity.createUser(user);
        expect(await store.identity.findUser({ id: user.id })).toEqual(user);
        expect(await store.identity.findUser({ name: 'u', domainId: domain.id })).toEqual(user);
        expect(await store.identity.listUsers(domain.id)).toEqual([user]);
        await expect(store.identity.createUser({ ...user, id: newId() })).rejects.toThrow(Conflict);
        await expect(
          store.identity.createProject({ ...user, name: 'zz', id: newId(), description: '' }),
        ).rejects.toThrow(Conflict);
        await expect(store.identity.createDomain({ id: newId(), name: domain.name })).rejects.toThrow(
          Conflict,
        );
      });

      it('keeps permanent keys and removes what has expired', async () => {
        const domain = { id: newId(), name: newId() };
        const user = { id: newId(), name: 'u', domainId: domain.id, passwordHash: '', isEnabled: true };
        await store.identity.createDomain(domain);
        await store.identity.createUser(user);
        const key = (ak: string, expiresAt: number | null) => ({
          ak,
          userId: user.id,
          sealedSecret: 'v1:k1:x',
          isEnabled: true,
          expiresAt,
          securityTokenHash: expiresAt === null ? null : 'h',
          createdAt: sampleTime,
        });
        const token = (hash: string, expiresAt: number) => ({
          hash,
          userId: user.id,
          methods: ['password'],
          projectId: null,
          domainId: domain.id,
          issuedAt: sampleTime,
          expiresAt,
        });
        const permanent = key(newId(), null);
        const over = key(newId(), now - 1);
        const valid = key(newId(), now);
        const overToken = token(newId(), now - 1);
        const validToken = token(newId(), now);
        for (const each of [permanent, over, valid]) await store.identity.createAccessKey(each);
        for (const each of [overToken, validToken]) await store.identity.createToken(each);
        await expect(store.identity.createAccessKey(permanent)).rejects.toThrow(Conflict);

        expect(await store.identity.deleteExpired(now)).toBe(2);
        expect(await store.identity.findAccessKey(permanent.ak)).toEqual(permanent);
        expect(await store.identity.findAccessKey(valid.ak)).toEqual(valid);
        expect(await store.identity.findAccessKey(over.ak)).toBeNull();
        expect(await store.identity.findToken(validToken.hash)).toEqual(validToken);
        expect(await store.identity.findToken(overToken.hash)).toBeNull();
      });
    });

    describe('clusters', () => {
      it('keeps settings to the character, and projects apart', async () => {
        expect(await store.clusters.find(cluster.projectId, cluster.id)).toEqual(cluster);
        expect(await store.clusters.find(newId(), cluster.id)).toBeNull();
        expect(await store.clusters.list(newId())).toEqual([]);
        expect(await store.clusters.list(cluster.projectId)).toEqual([cluster]);
        expect(await store.clusters.listAll()).toContainEqual(cluster);
      });

      it('changes what may change', async () => {
        const other = sampleCluster(cluster.projectId);
        await store.clusters.create(other);
        const changed = { ...other, name: 'n', status: '900', settings: {}, updatedAt: now };
        await store.clusters.update(changed);
        expect(await store.clusters.find(other.projectId, other.id)).toEqual(changed);
        await expect(store.clusters.update({ ...other, id: newId() })).rejects.toThrow(Gone);
        await expect(store.clusters.create(other)).rejects.toThrow(Conflict);
        await store.clusters.delete(other.id);
      });

      it('takes links and jobs with it and leaves runs', async () => {
        const doomed = sampleCluster(cluster.projectId);
        await store.clusters.create(doomed);
        await store.links.create(sampleLink(doomed.id, 'l'));
        const job = await store.jobs.create(sampleJob(doomed.id, 'j'));
        const run = await store.runs.create(sampleRun(job, cluster.projectId));
        expect(await store.clusters.delete(doomed.id)).toBe(true);
        expect(await store.clusters.delete(doomed.id)).toBe(false);
        expect(await store.links.list(doomed.id)).toEqual([]);
        expect(await store.jobs.find(doomed.id, 'j')).toBeNull();
        expect(await store.runs.latest(doomed.id, 'j')).toEqual(run);
        await expect(store.runs.create(sampleRun(job, cluster.projectId))).rejects.toThrow(Gone);
      });
    });

    describe('links and jobs', () => {
      it('numbers links without gaps, also after a conflict', async () => {
        const name = `link-${newId()}`;
        const first = await store.links.create(sampleLink(cluster.id, name));
        expect(first).toEqual({ ...sampleLink(cluster.id, name), id: first.id });
        await expect(store.links.create(sampleLink(cluster.id, name))).rejects.toThrow(Conflict);
        const second = await store.links.create(sampleLink(cluster.id, `${name}-2`));
        expect(second.id).toBe(first.id + 1);
        expect(await store.links.find(cluster.id, name)).toEqual(first);
        expect(await store.links.delete(cluster.id, name)).toBe(true);
        expect(await store.links.delete(cluster.id, name)).toBe(false);
        expect(await store.links.find(cluster.id, name)).toBeNull();
      });

      it('sorts names by code point', async () => {
        const other = sampleCluster(cluster.projectId);
        await store.clusters.create(other);
        for (const name of ['b', 'B', '_a', 'é', 'a', '1', 'a-1', 'a_1']) {
          await store.links.create(sampleLink(other.id, name));
        }
        const names = (await store.links.list(other.id)).map((link) => link.name);
        expect(names).toEqual(['1', 'B', '_a', 'a', 'a-1', 'a_1', 'b', 'é']);
        await store.clusters.delete(other.id);
      });

      it('carries a rename into the jobs that use the link, and into no others', async () => {
        const [one, other] = [sampleCluster(cluster.projectId), sampleCluster(cluster.projectId)];
        for (const each of [one, other]) {
          await store.clusters.create(each);
          await store.jobs.create(sampleJob(each.id, 'uses'));
          await store.jobs.create({ ...sampleJob(each.id, 'both'), toLink: 'source' });
          await store.jobs.create({ ...sampleJob(each.id, 'none'), fromLink: 'x' });
        }
        const link = await store.links.create(sampleLink(one.id, 'source'));
        await store.links.create(sampleLink(one.id, 'taken'));
        expect(await store.links.usedBy(one.id, 'source')).toEqual(['both', 'uses']);
        await expect(store.links.update({ ...link, name: 'taken' })).rejects.toThrow(Conflict);
        expect(await store.links.usedBy(one.id, 'source')).toEqual(['both', 'uses']);

        const changed = {
          ...link,
          name: 'renamed',
          sealedSecrets: null,
          isEnabled: false,
          updatedBy: 'x',
          updatedAt: now,
        };
        await store.links.update(changed);
        expect(await store.links.find(one.id, 'renamed')).toEqual(changed);
        expect(await store.links.usedBy(one.id, 'source')).toEqual([]);
        expect(await store.links.usedBy(one.id, 'renamed')).toEqual(['both', 'uses']);
        expect((await store.jobs.find(one.id, 'both'))?.toLink).toBe('renamed');
        expect(await store.links.usedBy(other.id, 'source')).toEqual(['both', 'uses']);
        await expect(store.links.update({ ...link, id: 2_000_000_000 })).rejects.toThrow(Gone);
      });

      it('lists jobs by type, literal substring and page', async () => {
        const other = sampleCluster(cluster.projectId);
        await store.clusters.create(other);
        for (const name of ['a%b', 'a_b', 'axb', 'AXB', 'c\\d'])
          await store.jobs.create(sampleJob(other.id, name));
        await store.jobs.create({ ...sampleJob(other.id, 'batch-axb'), type: 'BATCH_JOB' });
        const page = { type: 'NORMAL_JOB', filter: '', pageNo: 1, pageSize: 10 } as const;
        const names = async (filter: Parameters<typeof store.jobs.list>[1]) => {
          const { jobs, total } = await store.jobs.list(other.id, filter);
          return [total, ...jobs.map((job) => job.name)];
        };
        expect(await names(page)).toEqual([5, 'AXB', 'a%b', 'a_b', 'axb', 'c\\d']);
        expect(await names({ ...page, filter: '%' })).toEqual([1, 'a%b']);
        expect(await names({ ...page, filter: '_' })).toEqual([1, 'a_b']);
        expect(await names({ ...page, filter: 'xb' })).toEqual([1, 'axb']);
        expect(await names({ ...page, filter: '\\' })).toEqual([1, 'c\\d']);
        expect(await names({ ...page, pageSize: 2, pageNo: 2 })).toEqual([5, 'a_b', 'axb']);
        expect(await names({ ...page, pageSize: 2, pageNo: 9 })).toEqual([5]);
        expect(await names({ ...page, type: 'BATCH_JOB' })).toEqual([1, 'batch-axb']);
      });

      it('changes and removes jobs', async () => {
        const job = await createJob();
        const taken = await createJob();
        const changed = { ...job, name: `${job.name}-2`, fromOptions: {}, updatedBy: 'x', updatedAt: now };
        await store.jobs.update(changed);
        expect(await store.jobs.find(cluster.id, job.name)).toBeNull();
        expect(await store.jobs.find(cluster.id, changed.name)).toEqual(changed);
        await expect(store.jobs.update({ ...changed, name: taken.name })).rejects.toThrow(Conflict);
        await expect(store.jobs.update({ ...changed, id: 2_000_000_000 })).rejects.toThrow(Gone);
        expect(await store.jobs.delete(cluster.id, changed.name)).toBe(true);
        expect(await store.jobs.delete(cluster.id, changed.name)).toBe(false);
      });

      it('lets one of 50 creates of a name win', async () => {
        const name = `raced-${newId()}`;
        const outcomes = await Promise.allSettled(
          Array.from({ length: 50 }, () => store.jobs.create(sampleJob(cluster.id, name))),
        );
        expect(outcomes.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
        for (const each of outcomes)
          if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(Conflict);
        expect(
          (await store.jobs.list(cluster.id, { type: 'NORMAL_JOB', filter: name, pageNo: 1, pageSize: 99 }))
            .total,
        ).toBe(1);
      });
    });

    describe('runs', () => {
      it('lets one of 50 starts of a job win, and numbers without gaps', async () => {
        const job = await createJob();
        const before = (await createRun()).submissionId;
        const outcomes = await Promise.allSettled(
          Array.from({ length: 50 }, () => store.runs.create(sampleRun(job, cluster.projectId))),
        );
        const won = outcomes.filter((each) => each.status === 'fulfilled');
        expect(won).toHaveLength(1);
        for (const each of outcomes)
          if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(Conflict);
        expect(won[0]?.value.submissionId).toBe(before + 1);
        expect((await createRun()).submissionId).toBe(before + 2);
      });

      it('gives each of 50 jobs started at once its own number', async () => {
        const jobs: JobRecord[] = [];
        for (let i = 0; i < 50; i += 1) jobs.push(await createJob());
        const runs = await Promise.all(jobs.map((job) => createRun(job)));
        expect(new Set(runs.map((run) => run.submissionId)).size).toBe(50);
      });

      it('allows the next run once the first has ended', async () => {
        const job = await createJob();
        const first = await createRun(job);
        const claimed = await claimRun(first.id);
        await store.runs.change(
          { runId: first.id, fence: claimed.fence },
          { state: 'succeeded', endedAt: now },
          now,
        );
        const second = await createRun(job);
        expect(second.submissionId).toBeGreaterThan(first.submissionId);
        expect(await store.runs.latest(cluster.id, job.name)).toEqual(second);
        const { runs, total } = await store.runs.history(cluster.id, job.name, 1, 0);
        expect([total, runs.map((run) => run.id)]).toEqual([2, [second.id]]);
        expect((await store.runs.history(cluster.id, job.name, 9, 1)).runs.map((run) => run.id)).toEqual([
          first.id,
        ]);
        const latest = await store.runs.latestOfMany(cluster.id, [
          job.name,
          'absent',
          (await createJob()).name,
        ]);
        expect([...latest]).toEqual([[job.name, second]]);
        expect((await store.runs.latestOfMany(cluster.id, [])).size).toBe(0);
      });

      it('gives a run to one of many claims, and again when the lease is over, with a higher fence', async () => {
        await drain();
        const run = await createRun();
        await claimRun(run.id, 'first');
        const late = now + leaseMs;
        expect(await store.runs.claim('first', late, leaseMs)).toBeNull();
        expect(await store.runs.claim('second', late, leaseMs)).toBeNull();
        const claims = await Promise.all(
          Array.from({ length: 20 }, (_, i) => store.runs.claim(`o${i}`, late + 1, leaseMs)),
        );
        const won = claims.filter((each) => each !== null);
        expect(won).toHaveLength(1);
        expect(won[0]).toMatchObject({ id: run.id, fence: 2, leaseUntil: late + 1 + leaseMs });
      });

      it('gives a run that another engine holds to nobody', async () => {
        await drain();
        const run = await createRun();
        const { fence } = await claimRun(run.id);
        const claim = { runId: run.id, fence };
        await store.runs.change(claim, { state: 'unknown' }, now);
        const late = now + 10 * leaseMs;
        expect(await store.runs.claim('b', late, leaseMs)).toBeNull();
        await store.runs.releaseLeases('a');
        expect(await store.runs.claim('b', late, leaseMs)).toBeNull();
        expect(await store.runs.find(run.id)).toMatchObject({ state: 'unknown', fence });
        // It still is the job's run: another one may not start beside it.
        await expect(createRun({ ...run.job, id: run.jobId })).rejects.toThrow(Conflict);
        await store.runs.change(claim, { state: 'stopped' }, now);
      });

      it('drops the leases of one owner, so that its runs are claimable at once', async () => {
        await drain();
        const mine = await createRun();
        await claimRun(mine.id, 'mine');
        const other = await createRun();
        await claimRun(other.id, 'other');
        expect(await store.runs.releaseLeases('mine')).toBe(1);
        expect(await store.runs.releaseLeases('mine')).toBe(0);
        expect(await store.runs.claim('mine', now, leaseMs)).toMatchObject({ id: mine.id, fence: 2 });
        expect(await store.runs.claim('mine', now, leaseMs)).toBeNull();
      });

      it('hands out as many runs as there are to as many claims, the oldest first', async () => {
        await drain();
        const ids: string[] = [];
        for (let i = 0; i < 20; i += 1) {
          const run = sampleRun(await createJob(), cluster.projectId);
          ids.push((await store.runs.create({ ...run, createdAt: sampleTime + i })).id);
        }
        expect((await store.runs.active(cluster.id)).map((run) => run.id)).toEqual(ids);
        expect((await store.runs.claim('a', now, leaseMs))?.id).toBe(ids[0]);
        const claims = await Promise.all(
          Array.from({ length: 19 }, () => store.runs.claim('a', now, leaseMs)),
        );
        expect(new Set(claims.map((run) => run?.id))).toEqual(new Set(ids.slice(1)));
        expect(await store.runs.claim('a', now, leaseMs)).toBeNull();
      });

      it('refuses everything to a claim that was overtaken', async () => {
        const run = await createRun();
        const old = await claimRun(run.id, 'old');
        const stale = { runId: run.id, fence: old.fence };
        expect(await store.runs.storePlan(stale, samplePlan(2), now)).toBe(true);
        const later = now + leaseMs + 1;
        const fresh = await claimRun(run.id, 'new', later);
        const before = await store.runs.find(run.id);

        expect(await store.runs.heartbeat(stale, later, leaseMs)).toBe(false);
        expect(await store.runs.change(stale, { state: 'succeeded' }, later)).toBeNull();
        expect(await store.runs.storePlan(stale, samplePlan(1), later)).toBe(false);
        const checkpoint = { sequence: 1, position: null, counts: sampleCounts(5), isComplete: false };
        expect(await store.runs.checkpoint(stale, 0, checkpoint, later)).toBeNull();
        expect(await store.runs.find(run.id)).toEqual(before);
        expect(await store.runs.slices(run.id)).toHaveLength(2);

        const held = { runId: run.id, fence: fresh.fence };
        expect(await store.runs.heartbeat(held, later, leaseMs)).toBe(true);
        expect((await store.runs.change(held, { state: 'running', startedAt: later }, later))?.state).toBe(
          'running',
        );
      });

      it('never changes a run that has ended, not even for its last claim', async () => {
        const run = await createRun();
        const { fence } = await claimRun(run.id);
        const claim = { runId: run.id, fence };
        await store.runs.storePlan(claim, samplePlan(1), now);
        const failure = {
          code: 'Cdm.0001',
          summary: { en: 's', zh: '摘' },
          details: { en: 'd', zh: '详' },
        };
        const ended = await store.runs.change(
          claim,
          { state: 'failed', endedAt: now, failure, isPrepared: true },
          now,
        );
        expect(ended).toMatchObject({
          state: 'failed',
          endedAt: now,
          failure,
          isPrepared: true,
          leaseOwner: null,
          leaseUntil: 0,
        });
        expect(await store.runs.change(claim, { state: 'succeeded' }, now + 1)).toBeNull();
        expect(await store.runs.heartbeat(claim, now + 1, leaseMs)).toBe(false);
        expect(await store.runs.storePlan(claim, samplePlan(3), now + 1)).toBe(false);
        const checkpoint = { sequence: 1, position: null, counts: sampleCounts(5), isComplete: true };
        expect(await store.runs.checkpoint(claim, 0, checkpoint, now + 1)).toBeNull();
        expect(await store.runs.requestStop(cluster.id, run.jobName, 'u', now + 1)).toBeNull();
        expect(await store.runs.find(run.id)).toEqual(ended);
      });

      it('sums checkpoints of slices that commit at once, and ignores late ones', async () => {
        const run = await createRun();
        const { fence } = await claimRun(run.id);
        const claim = { runId: run.id, fence };
        const plan = samplePlan(1_200);
        await store.runs.storePlan(claim, plan, now);
        expect((await store.runs.find(run.id))?.plan).toEqual(plan);
        const at = (sequence: number, rows: number) => ({
          sequence,
          position: { after: rows },
          counts: sampleCounts(rows),
          isComplete: rows === 20,
        });
        await Promise.all(
          Array.from({ length: 30 }, (_, no) => store.runs.checkpoint(claim, no, at(1, 10), now)),
        );
        const totals = await store.runs.checkpoint(claim, 0, at(2, 20), now);
        expect(totals).toEqual({
          rowsRead: 310,
          rowsWritten: 280,
          rowsSkipped: 30,
          bytesRead: 31_000,
          bytesWritten: 27_900,
        });
        expect(await store.runs.checkpoint(claim, 0, at(1, 10), now)).toEqual(totals);
        expect(await store.runs.checkpoint(claim, 0, at(2, 20), now)).toEqual(totals);
        expect((await store.runs.find(run.id))?.counts).toEqual(totals);
        const slices = await store.runs.slices(run.id);
        expect(slices).toHaveLength(1_200);
        expect(slices[0]).toEqual({ runId: run.id, no: 0, slice: plan.slices[0], checkpoint: at(2, 20) });
        expect(slices[1_199]?.checkpoint).toBeNull();
        await expect(store.runs.checkpoint(claim, 1_200, at(1, 1), now)).rejects.toThrow('no slice 1200');
        await expect(store.runs.storePlan(claim, samplePlan(1), now)).rejects.toThrow('has checkpoints');
        expect(await store.runs.slices(run.id)).toHaveLength(1_200);
      });

      it('replaces a plan that nothing was done under', async () => {
        const run = await createRun();
        const { fence } = await claimRun(run.id);
        await store.runs.storePlan({ runId: run.id, fence }, samplePlan(3), now);
        await store.runs.storePlan({ runId: run.id, fence }, samplePlan(2), now);
        expect((await store.runs.slices(run.id)).map((slice) => slice.no)).toEqual([0, 1]);
      });

      it('remembers who asked first for a stop', async () => {
        const run = await createRun();
        expect((await store.runs.requestStop(cluster.id, run.jobName, 'one', now))?.stopRequestedBy).toBe(
          'one',
        );
        const again = await store.runs.requestStop(cluster.id, run.jobName, 'two', now + 1);
        expect(again).toMatchObject({ id: run.id, stopRequestedBy: 'one', state: 'queued' });
        expect(await store.runs.requestStop(cluster.id, 'absent', 'one', now)).toBeNull();
      });

      it('keeps numbers beyond 32 bits', async () => {
        const run = await createRun();
        const { fence } = await claimRun(run.id);
        const counts = { ...sampleCounts(10), bytesRead: 2 ** 53 - 1, rowsRead: 5_000_000_000 };
        const changed = await store.runs.change({ runId: run.id, fence }, { counts }, now);
        expect(changed?.counts).toEqual(counts);
      });

      async function drain(): Promise<void> {
        for (let run = await store.runs.claim('d', now * 2, 0); run !== null; ) {
          await store.runs.change({ runId: run.id, fence: run.fence }, { state: 'stopped' }, now);
          run = await store.runs.claim('d', now * 2, 0);
        }
      }
    });

    describe('transactions', () => {
      it('keep all or nothing', async () => {
        const [kept, lost] = [`kept-${newId()}`, `lost-${newId()}`];
        await store.transaction(async (inner) => {
          await inner.links.create(sampleLink(cluster.id, kept));
          await inner.jobs.create(sampleJob(cluster.id, kept));
          expect(await inner.links.find(cluster.id, kept)).not.toBeNull();
        });
        expect(await store.jobs.find(cluster.id, kept)).not.toBeNull();
        await expect(
          store.transaction(async (inner) => {
            await inner.links.create(sampleLink(cluster.id, lost));
            await inner.jobs.create(sampleJob(cluster.id, lost));
            throw new Error('changed my mind');
          }),
        ).rejects.toThrow('changed my mind');
        expect(await store.links.find(cluster.id, lost)).toBeNull();
        expect(await store.jobs.find(cluster.id, lost)).toBeNull();
      });

      it('do not mix with what others do meanwhile', async () => {
        const [inside, outside] = [`inside-${newId()}`, `outside-${newId()}`];
        const began = Promise.withResolvers<void>();
        const transaction = store.transaction(async (inner) => {
          await inner.links.create(sampleLink(cluster.id, inside));
          began.resolve();
          await new Promise((resolve) => setTimeout(resolve, 50));
          throw new Error('rolled back');
        });
        await began.promise;
        const other = store.jobs.create(sampleJob(cluster.id, outside));
        await expect(transaction).rejects.toThrow('rolled back');
        await other;
        expect(await store.jobs.find(cluster.id, outside)).not.toBeNull();
        expect(await store.links.find(cluster.id, inside)).toBeNull();
      });

      it('refuse the outer store instead of waiting for themselves', async () => {
        await expect(store.transaction(() => store.clusters.listAll())).rejects.toThrow('handed to it');
        await expect(store.transaction(() => store.identity.deleteExpired(0))).rejects.toThrow(
          'handed to it',
        );
        await expect(store.transaction(() => store.transaction(async () => 1))).rejects.toThrow(
          'handed to it',
        );
        expect(await store.clusters.find(cluster.projectId, cluster.id)).not.toBeNull();
      });
    });

    describe('maintenance', () => {
      it('keeps facts, the first of two that race', async () => {
        const name = newId();
        expect(await store.maintenance.readFact(name)).toBeNull();
        expect(await store.maintenance.writeFactOnce(name, '1')).toBe('1');
        expect(await store.maintenance.writeFactOnce(name, '2')).toBe('1');
        await store.maintenance.writeFact(name, '3');
        expect(await store.maintenance.readFact(name)).toBe('3');
      });

      it('finds what another key sealed, and replaces it unless it changed', async () => {
        const link = await store.links.create({
          ...sampleLink(cluster.id, newId()),
          sealedSecrets: 'v1:old:abc',
        });
        await store.links.create({ ...sampleLink(cluster.id, newId()), sealedSecrets: null });
        const values = await store.maintenance.sealedWithout('v1:k1:', 10);
        expect(values).toEqual([
          { owner: { kind: 'link', id: link.id, clusterId: cluster.id }, sealed: 'v1:old:abc' },
        ]);
        const changes = values.map((value) => ({ value, sealed: 'v1:k1:new' }));
        expect(await store.maintenance.replaceSealed(changes)).toBe(1);
        expect(await store.maintenance.replaceSealed(changes)).toBe(0);
        expect((await store.links.find(cluster.id, link.name))?.sealedSecrets).toBe('v1:k1:new');
        expect(await store.maintenance.sealedWithout('v1:k1:', 10)).toEqual([]);
        expect((await store.maintenance.sealedWithout('v1:k2:', 2)).length).toBe(2);
      });

      it('forgets old runs with their slices, but not the last of a job that is there', async () => {
        const job = await createJob();
        const ended: RunRecord[] = [];
        for (let i = 0; i < 3; i += 1) {
          const run = await createRun(job);
          const claim = { runId: run.id, fence: (await claimRun(run.id)).fence };
          await store.runs.storePlan(claim, samplePlan(2), now);
          await store.runs.change(claim, { state: 'succeeded', endedAt: 1_000 + i }, now);
          ended.push(run);
        }
        expect(await store.maintenance.deleteRunsEndedBefore(1_000, 100)).toBe(0);
        expect(await store.maintenance.deleteRunsEndedBefore(2_000, 1)).toBe(1);
        expect(await store.maintenance.deleteRunsEndedBefore(2_000, 100)).toBe(1);
        expect((await store.runs.history(cluster.id, job.name, 9, 0)).runs.map((run) => run.id)).toEqual([
          ended[2]?.id,
        ]);
        expect(await store.runs.slices(ended[0]?.id ?? '')).toEqual([]);
        await store.jobs.delete(cluster.id, job.name);
        expect(await store.maintenance.deleteRunsEndedBefore(2_000, 100)).toBe(1);
        expect(await store.runs.latest(cluster.id, job.name)).toBeNull();
      });
    });
  });
}
