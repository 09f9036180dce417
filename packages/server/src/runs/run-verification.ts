import type { Text } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import type { ComparisonPlan } from '@sluice/engine/compare/comparison-work';
import type { RunPlan, RunWork } from '@sluice/engine/work';
import type { RunRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { VerificationChange, VerificationRecord } from '../store/verification-record.ts';
import { ComparisonTasks } from './comparison-tasks.ts';
import { newVerification } from './new-verification.ts';
import type { SliceLane } from './run-snapshot.ts';
import { totalsOf, type VerificationTotals } from './verification-totals.ts';
import { readVerifyOptions, verifyOption } from './verify-options.ts';
import type { TaskPool } from './worker-pool.ts';

export interface RunVerificationTools {
  readonly store: Store;
  readonly pool: TaskPool;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Whether a run may succeed only when both ends were found to be the same. */
export function isVerified(run: RunRecord): boolean {
  return readVerifyOptions(run.job.driverOptions).isOn;
}

/**
 * The verification that a job asks for: a step of its run, in a record of its own, which goes with the run's record and not
 * with a lease. After a crash it goes on behind the last stored chunk.
 */
export class RunVerification {
  readonly #tools: RunVerificationTools;
  readonly #run: RunRecord;
  readonly #tasks: ComparisonTasks;
  #record: VerificationRecord | null = null;

  constructor(run: RunRecord, work: RunWork, runPlan: RunPlan, tools: RunVerificationTools) {
    this.#run = run;
    this.#tools = tools;
    const { pool, signal, log } = tools;
    this.#tasks = new ComparisonTasks({ work, runPlan, pool, signal, log });
  }

  /** Finds out what can be compared before the rows are moved for nothing; as `plan`. */
  async planAhead(): Promise<void> {
    // The table is what it will be only when the staged rows are moved into it.
    const staged = this.#run.job.toOptions['toJobConfig.useStageTable'];
    if (
      String(staged ?? 'false')
        .trim()
        .toLowerCase() !== 'true'
    )
      await this.plan();
  }

  /**
   * Finds out what can be compared.
   * @throws Cdm.0014 when the job asks for more than can be.
   */
  async plan(): Promise<ComparisonPlan> {
    const { now } = this.#tools;
    this.#record ??= await this.#taken();
    const record = this.#record;
    if (record.plan !== null) return record.plan;
    const planned = await this.#tasks.plan();
    if ('notComparable' in planned) throw await this.#refuse(planned.notComparable);
    const { plan } = planned;
    const { without } = readVerifyOptions(this.#run.job.driverOptions);
    const unnamed = plan.leftOut.find(({ column }) => !without.includes(column));
    if (unnamed !== undefined) {
      await this.#change({ plan });
      throw await this.#refuse({
        en: `Column ${unnamed.column}: ${unnamed.reason.en} Name it in sluiceConfig.verifyWithout to leave it out.`,
        zh: `字段 ${unnamed.column}：${unnamed.reason.zh}如需排除，请在 sluiceConfig.verifyWithout 中列出。`,
      });
    }
    await this.#change({ plan, state: 'running', startedAt: record.startedAt ?? now() });
    return plan;
  }

  /**
   * Compares what the run wrote with what it read.
   * @param lanes places that hold the moment of the source which the run read; null: there are none.
   * @throws Cdm.0232 when the two are not the same.
   */
  async compare(lanes: readonly SliceLane[] | null): Promise<void> {
    const { store, now, log } = this.#tools;
    const plan = await this.plan();
    const record = this.#record;
    if (record === null) throw new Error('a plan without its record');
    const chunks = await store.verifications.chunks(record.id);
    const isAtSnapshot = lanes?.some(({ snapshot }) => snapshot !== null) === true;
    // After a crash some chunks saw another moment than the rest.
    await this.#change({ isAtSnapshot: isAtSnapshot && chunks.length === 0 });
    await this.#tasks.go({
      plan,
      done: chunks,
      repair: null,
      lanes: isAtSnapshot ? lanes : null,
      store: async ({ no }, outcome) => {
        const claim = { id: record.id, fence: record.fence };
        const chunk = { phase: 'comparing', no, outcome } as const;
        if (!(await store.verifications.storeChunk(claim, chunk))) throw new Fenced('the verification');
      },
      snapshotLost: async (why) => {
        log('run.snapshot-lost', { run: this.#run.id, why: why.message });
        await this.#change({ isAtSnapshot: false });
      },
    });
    const totals = totalsOf(await store.verifications.chunks(record.id), 'comparing');
    const isSetAside = this.#isSetAside(totals);
    const state = totals.isEqual ? 'equal' : 'different';
    if (isSetAside) await this.#change({ plan: { ...plan, notes: [...plan.notes, setAside] } });
    await this.#change({ state, endedAt: now() });
    const { id, jobName } = this.#run;
    log('run.verified', { run: id, job: jobName, state, ...countsOf(totals) });
    if (!totals.isEqual && !isSetAside) throw different(totals, plan);
  }

  /** The rows that are missing are no more than those that the run set aside and told of. */
  #isSetAside({ isEqual, isExact, changed, missing, extra }: VerificationTotals): boolean {
    const { rowsSkipped } = this.#run.counts;
    return !isEqual && isExact && changed === 0 && extra === 0 && missing > 0 && missing <= rowsSkipped;
  }

  /** The run's record from before a crash, or a new one. */
  async #taken(): Promise<VerificationRecord> {
    const { store, now } = this.#tools;
    const { verifications } = store;
    const active = await verifications.active(this.#run.id);
    const found = active === null ? null : await verifications.take(active.id);
    if (found !== null) return found;
    const wish = { kind: 'run', removesExtra: false, phase: 'comparing' } as const;
    const record = newVerification(this.#run, this.#run.createdBy, now(), wish);
    await verifications.create(record);
    return record;
  }

  async #refuse(why: Text): Promise<SluiceError> {
    await this.#change({ state: 'not_comparable', notComparable: why, endedAt: this.#tools.now() });
    return new SluiceError('Cdm.0014', { name: verifyOption, ...explained(why) });
  }

  async #change(change: VerificationChange): Promise<void> {
    const record = this.#record;
    if (record === null) throw new Error('a change without a record');
    const { id, fence } = record;
    const changed = await this.#tools.store.verifications.change({ id, fence }, change);
    if (changed === null) throw new Fenced('the verification');
    this.#record = changed;
  }
}

/** The run has ended before its verification has: neither goes on. */
export async function endRunVerification(
  store: Pick<Store, 'verifications'>,
  runId: string,
  change: VerificationChange,
): Promise<void> {
  const active = await store.verifications.active(runId);
  if (active?.kind !== 'run') return;
  const taken = await store.verifications.take(active.id);
  if (taken !== null) await store.verifications.change({ id: taken.id, fence: taken.fence }, change);
}

function countsOf({ sourceRows, destinationRows, changed, missing, extra }: VerificationTotals) {
  return { sourceRows, destinationRows, changed, missing, extra };
}

function different(totals: VerificationTotals, plan: ComparisonPlan): SluiceError {
  const { sourceRows, destinationRows, changed, missing, extra, isExact } = totals;
  const rows = {
    en: `${sourceRows} rows at the source, ${destinationRows} at the destination`,
    zh: `源端 ${sourceRows} 条，目的端 ${destinationRows} 条`,
  };
  if (plan.source.key.length === 0) {
    return new SluiceError('Cdm.0232', {
      ...explained({
        en: `The verification found that the two tables are not the same: ${rows.en}.`,
        zh: `校验发现两端数据不一致：${rows.zh}。`,
      }),
    });
  }
  const atLeast = isExact ? { en: '', zh: '' } : { en: 'at least ', zh: '至少 ' };
  return new SluiceError('Cdm.0232', {
    ...explained({
      en: `The verification found ${atLeast.en}${changed} keys changed, ${missing} missing and ${extra} extra at the destination: ${rows.en}.`,
      zh: `校验发现目的端${atLeast.zh}有 ${changed} 个主键内容不同、${missing} 个缺失、${extra} 个多余：${rows.zh}。`,
    }),
  });
}

const setAside: Text = {
  en: 'The missing rows are no more than those that the run set aside as dirty data.',
  zh: '缺失的记录数不超过本次运行作为脏数据搁置的记录数。',
};
