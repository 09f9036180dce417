import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditSuite } from './audit-suite.ts';
import { batchSuite } from './batch-suite.ts';
import { claimSuite } from './claim-suite.ts';
import type { ClusterRecord, RunRecord } from './model.ts';
import type { OpenedStore } from './open-store.ts';
import { rejectSuite } from './reject-suite.ts';
import { runSuite } from './run-suite.ts';
import {
  createSampleCluster,
  newId,
  sampleCluster,
  sampleJob,
  sampleLink,
  samplePlan,
  sampleRun,
  sampleTime,
} from './sample-records.ts';
import { Conflict, Gone } from './store.ts';
import { now, StoreFixture } from './store-fixture.ts';
import { timerSuite } from './timer-suite.ts';
import { traceSuite } from './trace-suite.ts';
import { verificationSuite } from './verification-suite.ts';
import { watermarkSuite } from './watermark-suite.ts';
import { workspaceSuite } from './workspace-suite.ts';

/** What every store must keep, whatever it stores in: run by `store.test.ts` and `store.live.test.ts` alike. */
export function storeSuite(title: string, open: () => Promise<OpenedStore>): void {
  describe(title, () => {
    let fixture: StoreFixture;
    let store: OpenedStore;
    let cluster: ClusterRecord;

    beforeAll(async () => {
      store = await open();
      cluster = await createSampleCluster(store);
      fixture = new StoreFixture(store, cluster);
    });

    afterAll(async () => {
      await store?.close();
    });

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

      it('is read for a change by one at a time, with what the one before has stored', async () => {
        const other = sampleCluster(cluster.projectId);
        await store.clusters.create(other);
        const rename = (suffix: string) =>
          store.transaction(async (tx) => {
            const read = await tx.clusters.lock(other.id);
            if (read === null) throw new Error('no cluster');
            await tx.clusters.update({ ...read, name: `${read.name}${suffix}` });
          });
        await store.clusters.update({ ...other, name: '' });
        await Promise.all([...'abcdef'].map(rename));
        const name = (await store.clusters.findById(other.id))?.name ?? '';
        expect([...name].sort().join('')).toBe('abcdef');
        expect(await store.transaction((tx) => tx.clusters.lock(newId()))).toBeNull();
        await store.clusters.delete(other.id);
      });

      it('knows the submission that was handed out last', async () => {
        const other = sampleCluster(cluster.projectId);
        await store.clusters.create(other);
        expect(await store.clusters.lastSubmission(other.id)).toBe(0);
        const job = await store.jobs.create(sampleJob(other.id, 'j'));
        await store.runs.create(sampleRun(job, cluster.projectId));
        expect(await store.clusters.lastSubmission(other.id)).toBe(1);
        expect(await store.clusters.lastSubmission(newId())).toBe(0);
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
        const job = await fixture.createJob();
        const taken = await fixture.createJob();
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

    runSuite(() => fixture);
    claimSuite(() => fixture);
    traceSuite(() => fixture);
    batchSuite(() => fixture);
    timerSuite(() => fixture);
    watermarkSuite(() => fixture);
    auditSuite(() => fixture);
    workspaceSuite(() => fixture);
    verificationSuite(() => fixture);

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
        const job = await fixture.createJob();
        const ended: RunRecord[] = [];
        for (let i = 0; i < 3; i += 1) {
          const run = await fixture.createRun(job);
          const claim = { runId: run.id, fence: (await fixture.claimRun(run.id)).fence };
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

    // Behind those who count what is sealed in the store.
    rejectSuite(() => fixture);
  });
}
