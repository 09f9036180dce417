import { markPosition } from '@sluice/engine/marked-position';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunRecord } from './model.ts';
import type { OpenedStore } from './open-store.ts';
import { type RejectRecord, rejectId } from './reject-record.ts';
import { newId, sampleCounts, samplePlan, sampleRun } from './sample-records.ts';
import type { Claim } from './store.ts';
import { now, type StoreFixture } from './store-fixture.ts';

const [mine, theirs] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'];
const wide = { rowsMax: 1_000, charsMax: 1_000_000 };
const failure = {
  code: 'Cdm.0900',
  summary: { en: 'gone', zh: '不存在' },
  details: { en: 'gone', zh: '不存在' },
};

/** The part of the store's suite that is about rows that were set aside, and their replays. */
export function rejectSuite(fixtureOf: () => StoreFixture): void {
  describe('rows that were set aside', () => {
    let fixture: StoreFixture;
    let store: OpenedStore;

    beforeAll(() => {
      fixture = fixtureOf();
      ({ store } = fixture);
    });

    async function claimedRun(): Promise<{ run: RunRecord; claim: Claim }> {
      await fixture.drain();
      const run = await fixture.createRun();
      const claim = { runId: run.id, fence: (await fixture.claimRun(run.id)).fence };
      await store.runs.storePlan(claim, samplePlan(3), now);
      return { run, claim };
    }

    function put(claim: Claim, sequence: number, attempt: string, texts: readonly string[], more = {}) {
      const rejects = texts.map((sealedRow) => ({
        stage: 'write' as const,
        code: 'Cdm.0234' as const,
        facts: { cause: sealedRow },
        sealedRow,
      }));
      const given = { sliceNo: 1, sequence, attempt, firstNo: 0, rejects, ...more };
      return store.rejects.put(claim, given, wide, now);
    }

    function commit(claim: Claim, sequence: number, attempt: string, isComplete = false) {
      const position = markPosition(null, attempt);
      return store.runs.checkpoint(
        claim,
        1,
        { sequence, position, counts: sampleCounts(9), isComplete },
        now,
      );
    }

    async function shown(runId: string): Promise<readonly string[]> {
      const { rejects, total } = await store.rejects.list(runId, { sliceNo: null, state: null }, 100, 0);
      expect(rejects).toHaveLength(total);
      return rejects.map(({ sealedRow, state }) => (state === 'open' ? sealedRow : `${sealedRow} ${state}`));
    }

    async function endedRun(
      texts: readonly string[],
    ): Promise<{ run: RunRecord; rows: readonly RejectRecord[] }> {
      const { run, claim } = await claimedRun();
      await put(claim, 1, mine, texts);
      await commit(claim, 1, mine, true);
      await store.runs.change(claim, { state: 'succeeded' }, now);
      const { rejects } = await store.rejects.list(run.id, { sliceNo: 1, state: 'open' }, 100, 0);
      return { run, rows: rejects };
    }

    async function begin(run: RunRecord, rows: readonly RejectRecord[] | null, limits = wide) {
      const replay = { id: newId(), runId: run.id, createdBy: 'ada', createdAt: now };
      const begun = await store.replays.begin(replay, rows, limits, now);
      if (begun === null) throw new Error('nothing to replay');
      return begun;
    }

    it('shows rows once their commit is known, and of two attempts at it those of the one that made it', async () => {
      const { run, claim } = await claimedRun();
      expect(await put(claim, 1, mine, ['a', 'b'])).toBe('kept');
      expect(await put(claim, 1, theirs, ['a', 'b', 'c'])).toBe('kept');
      expect(await shown(run.id)).toEqual([]);
      await commit(claim, 1, theirs);
      expect(await shown(run.id)).toEqual(['a', 'b', 'c']);
      await put(claim, 2, mine, ['d']);
      expect(await shown(run.id)).toEqual(['a', 'b', 'c']);
      // Told once more after a crash: it is the same commit.
      await commit(claim, 2, mine);
      await commit(claim, 2, mine);
      expect(await shown(run.id)).toEqual(['a', 'b', 'c', 'd']);
    });

    it('shows of an ended run what its last attempt met in vain, as that', async () => {
      const { run, claim } = await claimedRun();
      await put(claim, 1, mine, ['a']);
      await commit(claim, 1, mine);
      const late = { sliceNo: 1, sequence: 2, firstNo: 0 };
      const reject = { stage: 'write', code: 'Cdm.0234', facts: {} } as const;
      await store.rejects.put(
        claim,
        { ...late, attempt: mine, rejects: [{ ...reject, sealedRow: 'x' }] },
        wide,
        now + 1,
      );
      await store.rejects.put(
        claim,
        { ...late, attempt: theirs, rejects: [{ ...reject, sealedRow: 'y' }] },
        wide,
        now + 2,
      );
      await store.runs.change(claim, { state: 'failed' }, now);
      expect(await shown(run.id)).toEqual(['a', 'y rolled_back']);
      const { rejects } = await store.rejects.list(run.id, { sliceNo: null, state: 'rolled_back' }, 9, 0);
      const [row] = rejects;
      if (row === undefined) throw new Error('no row');
      expect(await store.rejects.edit(run.id, row, 'z', 'ada', now)).toBe(false);
      const replay = { id: newId(), runId: run.id, createdBy: 'ada', createdAt: now };
      expect(await store.replays.begin(replay, [row], wide, now)).toBeNull();
    });

    it('takes nothing from a driver that lost its claim', async () => {
      const { claim } = await claimedRun();
      expect(await put({ ...claim, fence: claim.fence + 1 }, 1, mine, ['a'])).toBeNull();
    });

    it('keeps no more than the limits say, by rows and by size', async () => {
      const { run, claim } = await claimedRun();
      const rejects = ['aaaa', 'bbbb', 'cccc'].map((sealedRow) => ({
        stage: 'read' as const,
        code: 'Cdm.0233' as const,
        facts: {},
        sealedRow,
      }));
      const given = { sliceNo: 1, sequence: 1, attempt: mine, firstNo: 0, rejects };
      expect(await store.rejects.put(claim, given, { rowsMax: 2, charsMax: 100 }, now)).toBe('full');
      expect(
        await store.rejects.put(claim, { ...given, firstNo: 3 }, { rowsMax: 9, charsMax: 11 }, now),
      ).toBe('full');
      await commit(claim, 1, mine);
      expect(await shown(run.id)).toEqual(['aaaa', 'bbbb']);
    });

    it('a run that carries on another has its rows', async () => {
      const job = await fixture.createJob();
      await fixture.drain();
      const first = await fixture.createRun(job);
      const claim = { runId: first.id, fence: (await fixture.claimRun(first.id)).fence };
      await store.runs.storePlan(claim, samplePlan(3), now);
      await put(claim, 1, mine, ['a']);
      await commit(claim, 1, mine);
      await put(claim, 2, mine, ['late']);
      await store.runs.change(claim, { state: 'failed', isPrepared: true }, now);
      const place = { fromLink: null, toLink: null, state: 'kept', dueAt: now + 9_999, attempts: 0 } as const;
      await store.traces.put({ runId: first.id, clusterId: job.clusterId, jobId: job.id, ...place });
      const next = {
        ...sampleRun(job, fixture.cluster.projectId),
        plan: samplePlan(3),
        resumesRunId: first.id,
      };
      const second = await store.runs.createResumed(next, now);
      expect(await shown(first.id)).toEqual([]);
      expect(await shown(second.id)).toEqual(['a']);
      // The destination turns out to hold the commit whose report was lost.
      const again = { runId: second.id, fence: (await fixture.claimRun(second.id)).fence };
      await commit(again, 2, mine);
      expect(await shown(second.id)).toEqual(['a', 'late']);
    });

    it('a replay writes each row once or sets it aside again, by the attempt that made the commit', async () => {
      const { run, rows } = await endedRun(['a', 'b', 'c', 'd']);
      const replay = await begin(run, rows.slice(0, 3));
      expect(replay).toMatchObject({ state: 'pending', rowsChosen: 3 });
      expect(await shown(run.id)).toEqual(['a replaying', 'b replaying', 'c replaying', 'd']);
      const there = await store.replays.rowsOf(replay.id);
      expect(there.map(({ sealedRow }) => sealedRow)).toEqual(['a', 'b', 'c']);
      const reason = { code: 'Cdm.0026', facts: { cause: 'again' } } as const;
      const [a, b] = there as [RejectRecord, RejectRecord];
      expect(await store.replays.refused(replay.id, mine, [{ key: a, ...reason }])).toBe(true);
      // Another attempt, of which nothing comes.
      expect(
        await store.replays.refused(
          replay.id,
          theirs,
          [a, b].map((key) => ({ key, ...reason })),
        ),
      ).toBe(true);
      await store.replays.settle(replay.id, mine, now);
      await store.replays.settle(replay.id, theirs, now);
      expect(await shown(run.id)).toEqual(['a', 'b written', 'c written', 'd']);
      expect(await store.rejects.find(run.id, a)).toMatchObject(reason);
      expect(await store.replays.find(run.id, replay.id)).toMatchObject({
        state: 'settled',
        rowsWritten: 2,
        rowsRefused: 1,
      });
      expect(await store.replays.refused(replay.id, mine, [])).toBe(false);
      expect(await store.replays.takeDue(now, now + 5, ['another', run.projectId])).toBeNull();
      expect((await store.replays.takeDue(now, now + 5, ['another']))?.id).toBe(replay.id);
      expect(await store.replays.takeDue(now, now + 5)).toBeNull();
      // Whoever has the store alone waits for nobody's lease.
      await store.replays.makeAllDue(now);
      expect((await store.replays.takeDue(now, now + 5))?.id).toBe(replay.id);
      await store.replays.close(replay.id);
      expect(await store.replays.takeDue(now + 9, now + 20)).toBeNull();
    });

    it('of two replays at once each row goes with one', async () => {
      const { run } = await endedRun(['a', 'b', 'c']);
      const make = () => ({ id: newId(), runId: run.id, createdBy: 'ada', createdAt: now });
      const begun = await Promise.all(
        [make(), make()].map((each) => store.replays.begin(each, null, wide, now)),
      );
      expect(begun.reduce((sum, replay) => sum + (replay?.rowsChosen ?? 0), 0)).toBe(3);
      for (const replay of begun) if (replay !== null) await store.replays.fail(replay.id, failure, now);
    });

    it('a replay that is given up leaves its rows open; one takes no more than its limits', async () => {
      const { run } = await endedRun(['a', 'bbbbbbbb', 'c']);
      const replay = await begin(run, null, { rowsMax: 2, charsMax: 100 });
      expect(replay.rowsChosen).toBe(2);
      expect(await store.rejects.remove(run.id, null)).toBe(1);
      await store.replays.putOff(replay.id, now + 5, failure);
      expect(await store.replays.find(run.id, replay.id)).toMatchObject({ state: 'pending', failure });
      await store.replays.fail(replay.id, failure, now);
      expect(await shown(run.id)).toEqual(['a', 'bbbbbbbb']);
      expect((await begin(run, null, { rowsMax: 9, charsMax: 3 })).rowsChosen).toBe(1);
      expect((await store.replays.list(run.id, 9)).map(({ state }) => state).sort()).toEqual([
        'failed',
        'pending',
      ]);
    });

    it('new keys seal them anew, and they go with their run', async () => {
      const { run, rows } = await endedRun(['old:a']);
      const [row] = rows as [RejectRecord];
      const sealed = await store.maintenance.sealedWithout('new:', 10_000);
      const found = sealed.find(({ owner }) => owner.kind === 'reject' && owner.runId === run.id);
      expect(found?.owner).toEqual({ kind: 'reject', runId: run.id, id: rejectId(row) });
      if (found === undefined) throw new Error('not found');
      expect(await store.maintenance.replaceSealed([{ value: found, sealed: 'new:a' }])).toBe(1);
      expect(await shown(run.id)).toEqual(['new:a']);
      await store.jobs.delete(run.clusterId, run.jobName);
      while ((await store.maintenance.deleteRunsEndedBefore(now * 2, 100)) > 0);
      expect(await store.runs.find(run.id)).toBeNull();
      expect(await shown(run.id)).toEqual([]);
    });
  });
}
