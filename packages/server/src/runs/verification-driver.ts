import type { Text } from '@sluice/core/data/text';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { ComparisonPlan } from '@sluice/engine/compare/comparison-work';
import { type ResolvedWork, resolveWork } from '../planner/resolve-work.ts';
import type {
  VerificationChange,
  VerificationChunk,
  VerificationClaim,
  VerificationRecord,
} from '../store/verification-record.ts';
import { ComparisonTasks } from './comparison-tasks.ts';
import { judgeSetAside } from './differences-set-aside.ts';
import { failureOf } from './failure.ts';
import { runLimits } from './limits.ts';
import { maskedFields } from './masked-fields.ts';
import type { DriverTools } from './run-driver.ts';
import { LetGo, ShutDown, StopAsked, stored, Unworkable, unworkable } from './run-endings.ts';
import { totalsOf, type VerificationTotals } from './verification-totals.ts';

/**
 * Drives one claimed verification from where its record stands to its end. Every chunk is stored before it counts, so that a
 * driver in another process goes on behind the last stored one; a chunk that was begun is gone through again, which changes
 * nothing that was not wrong.
 */
export class VerificationDriver {
  readonly id: string;
  readonly projectId: string;
  /** Resolves when the driver is done with it, whatever came of it. Never rejects. */
  readonly ended: Promise<void>;
  readonly #tools: DriverTools;
  readonly #claim: VerificationClaim;
  readonly #stopper = new AbortController();
  #secretTexts: readonly string[] = [];

  constructor(record: VerificationRecord, tools: DriverTools) {
    this.id = record.id;
    this.projectId = record.projectId;
    this.#claim = { id: record.id, fence: record.fence };
    this.#tools = tools;
    this.ended = this.#drive(record);
  }

  /** Ends it as stopped. Safe to repeat. */
  stop(user: string): void {
    this.#stopper.abort(new StopAsked(user));
  }

  /** Leaves it as its record says, for a later driver. */
  letGo(): void {
    this.#stopper.abort(new ShutDown('this server is shutting down'));
  }

  async #drive(record: VerificationRecord): Promise<void> {
    const { log, pools } = this.#tools;
    const heartbeat = setInterval(() => void this.#beat(), runLimits.heartbeatMs);
    const { id, runId, kind } = record;
    log('verification.taken', { run: runId, verification: id, kind });
    try {
      if (record.stopRequestedBy !== null) this.stop(record.stopRequestedBy);
      const ended = await this.#work(record);
      await this.#end(ended);
      log('verification.ended', { run: runId, verification: id, state: ended.state });
    } catch (error) {
      await this.#settle(record, error);
    } finally {
      clearInterval(heartbeat);
      pools.of(record.clusterId).forget(runId);
    }
  }

  async #work(record: VerificationRecord): Promise<VerificationChange> {
    const { store, secrets, service, pools, now, log } = this.#tools;
    await this.#change({ state: 'running', startedAt: record.startedAt ?? now() });
    await this.#expectWorthwhile(record);
    const run = await stored(() => store.runs.find(record.runId));
    if (run === null || run.plan === null) {
      const why = run === null || run.batch === null ? nothingCopied : ofTables;
      return { state: 'not_comparable', notComparable: why };
    }
    const work: ResolvedWork = await resolveWork(run, store, secrets, service).catch((error: unknown) => {
      throw unworkable(error);
    });
    this.#secretTexts = work.secretTexts;
    const tasks = new ComparisonTasks({
      work,
      runPlan: { ...run.plan, slices: [] },
      pool: pools.of(record.clusterId),
      signal: this.#stopper.signal,
      log: (event, fields) => log(event, maskedFields(fields, this.#secretTexts)),
    });
    let { plan } = record;
    if (plan === null) {
      const planned = await tasks.plan();
      if ('notComparable' in planned)
        return { state: 'not_comparable', notComparable: planned.notComparable };
      plan = planned.plan;
      await this.#change({ plan });
    }
    if (record.kind === 'repair' && record.phase === 'repairing') {
      if (plan.source.key.length === 0) return { state: 'not_comparable', notComparable: noKey };
      await this.#go(tasks, plan, 'repairing', { removesExtra: record.removesExtra });
      await this.#change({ phase: 'comparing' });
    }
    await this.#go(tasks, plan, 'comparing', null);
    const chunks = await this.#chunks();
    const totals = totalsOf(chunks, 'comparing');
    const compared = { run, target: run.plan.target, plan, chunks, totals };
    const { note } = await stored(() => judgeSetAside(compared, this.#tools));
    const notes = [...refusalNotes(totalsOf(chunks, 'repairing')), ...(note === null ? [] : [note])];
    return {
      state: totals.isEqual ? 'equal' : 'different',
      ...(notes.length > 0 && { plan: { ...plan, notes: [...plan.notes, ...notes] } }),
    };
  }

  /** Claims that led to a chunk are none of a verification that brings down its servers; each of the others is suspicious. */
  async #expectWorthwhile({ fence }: VerificationRecord): Promise<void> {
    if (fence - (await this.#chunks()).length <= runLimits.fruitlessClaimsMax) return;
    const cause = `the verification was taken up ${fence - 1} times and came to no end`;
    throw new SluiceError('Cdm.0036', { cause });
  }

  #chunks(): Promise<readonly VerificationChunk[]> {
    return stored(() => this.#tools.store.verifications.chunks(this.id));
  }

  async #go(
    tasks: ComparisonTasks,
    plan: ComparisonPlan,
    phase: VerificationRecord['phase'],
    repair: { readonly removesExtra: boolean } | null,
  ): Promise<void> {
    const { store } = this.#tools;
    const done = (await this.#chunks()).filter((chunk) => chunk.phase === phase);
    await tasks.go({
      plan,
      done,
      repair,
      lanes: null,
      store: async ({ no }, outcome) => {
        const chunk = { phase, no, outcome };
        if (!(await stored(() => store.verifications.storeChunk(this.#claim, chunk))))
          throw new LetGo('the lease was lost');
      },
      snapshotLost: async () => undefined,
    });
  }

  async #settle(record: VerificationRecord, thrown: unknown): Promise<void> {
    const { log, store, now } = this.#tools;
    const reason: unknown = this.#stopper.signal.aborted ? this.#stopper.signal.reason : thrown;
    const { id, runId } = record;
    try {
      if (reason instanceof LetGo) {
        log('verification.let-go', {
          run: runId,
          verification: id,
          why: reason.message,
          cause: reason.cause,
        });
        // The lease ends with this server, so that another need not wait for it.
        if (reason instanceof ShutDown) await store.verifications.heartbeat(this.#claim, now(), 0);
      } else if (reason instanceof StopAsked) {
        await this.#end({ state: 'stopped' });
        log('verification.ended', { run: runId, verification: id, state: 'stopped' });
      } else {
        const told = reason instanceof Unworkable ? reason.failure : failureOf(reason);
        const failure = maskedFields(told, this.#secretTexts);
        log('verification.failed', {
          run: runId,
          verification: id,
          error: maskedFields(reason, this.#secretTexts),
        });
        await this.#end({ state: 'failed', failure });
      }
    } catch (error) {
      // Our own store is out of reach, or another has it: the lease runs out and it is taken up again.
      log('verification.unsettled', { run: runId, verification: id, error });
    }
  }

  async #beat(): Promise<void> {
    const { store, now, leaseMs, log } = this.#tools;
    try {
      const record = await store.verifications.heartbeat(this.#claim, now(), leaseMs);
      if (record === null) this.#stopper.abort(new LetGo('the lease was lost'));
      else if (record.stopRequestedBy !== null) this.stop(record.stopRequestedBy);
    } catch (error) {
      log('verification.heartbeat-failed', { verification: this.id, error });
    }
  }

  async #change(change: VerificationChange): Promise<void> {
    this.#stopper.signal.throwIfAborted();
    const { verifications } = this.#tools.store;
    if ((await stored(() => verifications.change(this.#claim, change))) === null)
      throw new LetGo('the lease was lost');
  }

  async #end(change: VerificationChange): Promise<void> {
    const { store, now } = this.#tools;
    await stored(() => store.verifications.change(this.#claim, { ...change, endedAt: now() }));
  }
}

/** What is to be said of rows that a repair could not write. */
function refusalNotes({ rowsRefused, refusal }: VerificationTotals): readonly Text[] {
  if (rowsRefused === 0 || refusal === null) return [];
  const { summary } = failureOf(new SluiceError(refusal.code, refusal.facts));
  return [
    {
      en: `The destination refused ${rowsRefused} rows that the repair was to write, and they are as they were. The first: ${summary.en}`,
      zh: `目的端拒绝了修复要写入的 ${rowsRefused} 条记录，这些记录保持原样。第一条的原因：${summary.zh}`,
    },
  ];
}

const nothingCopied: Text = {
  en: 'The run ended before it was planned: it copied nothing.',
  zh: '该运行在规划完成之前已结束，未复制任何数据。',
};

const ofTables: Text = {
  en: 'Each table of an entire database is a run of its own: verify those.',
  zh: '整库迁移的每张表各为一次运行：请分别校验。',
};

const noKey: Text = {
  en: 'Without a primary key that both tables share nobody can tell which rows to write anew: start the job.',
  zh: '两端没有共同的主键，无法确定需要重写的记录：请重新启动作业。',
};
