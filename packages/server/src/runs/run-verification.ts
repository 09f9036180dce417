import type { SliceCounts } from '@sluice/core/data/slice';
import type { Text } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import type { ComparisonPlan, LeftOutColumn } from '@sluice/engine/compare/comparison-work';
import { unmadeColumns } from '@sluice/engine/compare/unmade-columns';
import type { RunPlan, RunWork } from '@sluice/engine/work';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { RunRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { VerificationChange, VerificationRecord } from '../store/verification-record.ts';
import { ComparisonTasks } from './comparison-tasks.ts';
import { judgeSetAside } from './differences-set-aside.ts';
import { newVerification } from './new-verification.ts';
import { stored } from './run-endings.ts';
import type { SliceLane } from './run-snapshot.ts';
import { totalsOf, type VerificationTotals } from './verification-totals.ts';
import { readVerifyOptions, verifyOption, verifyWithoutOption } from './verify-options.ts';
import type { TaskPool } from './worker-pool.ts';

export interface RunVerificationTools {
  readonly store: Store;
  readonly secrets: SecretBox;
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
  readonly #runPlan: RunPlan;
  readonly #tasks: ComparisonTasks;
  #record: VerificationRecord | null = null;

  constructor(run: RunRecord, work: RunWork, runPlan: RunPlan, tools: RunVerificationTools) {
    this.#run = run;
    this.#runPlan = runPlan;
    this.#tools = tools;
    const { pool, signal, log } = tools;
    this.#tasks = new ComparisonTasks({ work, runPlan, pool, signal, log });
  }

  /**
   * What the plan of the run says by itself, before its destination is touched.
   * @throws Cdm.0014 when the job asks for more than can be.
   */
  async requirePlain(): Promise<void> {
    const { leftOut } = unmadeColumns(this.#runPlan);
    const unnamed = this.#unnamed(leftOut);
    if (unnamed === undefined) return;
    this.#record ??= await this.#taken();
    throw await this.#refuse(unnamedText(unnamed));
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
    const unnamed = this.#unnamed(plan.leftOut);
    if (unnamed !== undefined) {
      await this.#change({ plan });
      throw await this.#refuse(unnamedText(unnamed));
    }
    await this.#change({ plan, state: 'running', startedAt: record.startedAt ?? now() });
    return plan;
  }

  /**
   * Compares what the run wrote with what it read.
   * @param lanes places that hold the moment of the source which the run read; null: there are none.
   * @param counts of the run, all its slices done.
   * @throws Cdm.0232 when the two are not the same but for rows that the run set aside, or nobody can tell.
   */
  async compare(lanes: readonly SliceLane[] | null, counts: SliceCounts): Promise<void> {
    const { store, now, log } = this.#tools;
    const plan = await this.plan();
    const record = this.#record;
    if (record === null) throw new Error('a plan without its record');
    const chunks = await stored(() => store.verifications.chunks(record.id));
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
        if (!(await stored(() => store.verifications.storeChunk(claim, chunk))))
          throw new Fenced('the verification');
      },
      snapshotLost: async (why) => {
        log('run.snapshot-lost', { run: this.#run.id, why: why.message });
        await this.#change({ isAtSnapshot: false });
      },
    });
    const found = await stored(() => store.verifications.chunks(record.id));
    const totals = totalsOf(found, 'comparing');
    const { target } = this.#runPlan;
    const compared = { run: { id: this.#run.id, counts }, target, plan, chunks: found, totals };
    const { kind, note } = await stored(() => judgeSetAside(compared, this.#tools));
    const { id, jobName } = this.#run;
    if (kind === 'untold' && note !== null) {
      await this.#change({ state: 'not_comparable', notComparable: note, endedAt: now() });
      log('run.verified', { run: id, job: jobName, state: 'not_comparable', ...countsOf(totals) });
      throw new SluiceError('Cdm.0232', { ...explained(note) });
    }
    const state = totals.isEqual ? 'equal' : 'different';
    if (note !== null) await this.#change({ plan: { ...plan, notes: [...plan.notes, note] } });
    await this.#change({ state, endedAt: now() });
    log('run.verified', { run: id, job: jobName, state, setAside: kind, ...countsOf(totals) });
    if (!totals.isEqual && kind !== 'accounted')
      throw different(totals, plan, note, this.#record?.isAtSnapshot === true);
  }

  #unnamed(leftOut: readonly LeftOutColumn[]): LeftOutColumn | undefined {
    const { without } = readVerifyOptions(this.#run.job.driverOptions);
    return leftOut.find(({ column }) => !without.includes(column));
  }

  /** The run's record from before a crash, or a new one. */
  async #taken(): Promise<VerificationRecord> {
    const { store, now } = this.#tools;
    const { verifications } = store;
    const active = await stored(() => verifications.active(this.#run.id));
    const found = active === null ? null : await stored(() => verifications.take(active.id));
    if (found !== null) return found;
    const wish = { kind: 'run', removesExtra: false, phase: 'comparing' } as const;
    const record = newVerification(this.#run, this.#run.createdBy, now(), wish);
    await stored(() => verifications.create(record));
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
    const { verifications } = this.#tools.store;
    const changed = await stored(() => verifications.change({ id, fence }, change));
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

function unnamedText({ column, reason }: LeftOutColumn): Text {
  return {
    en: `Column ${column}: ${reason.en} Name it in ${verifyWithoutOption} to leave it out.`,
    zh: `字段 ${column}：${reason.zh}如需排除，请在 ${verifyWithoutOption} 中列出。`,
  };
}

function countsOf({ sourceRows, destinationRows, changed, missing, extra }: VerificationTotals) {
  return { sourceRows, destinationRows, changed, missing, extra };
}

/** @param note what is to be said of rows that the run set aside. */
function different(
  totals: VerificationTotals,
  plan: ComparisonPlan,
  note: Text | null,
  isAtSnapshot: boolean,
): SluiceError {
  const { sourceRows, destinationRows, changed, missing, extra, isExact } = totals;
  const rows = {
    en: `${sourceRows} rows at the source, ${destinationRows} at the destination`,
    zh: `源端 ${sourceRows} 条，目的端 ${destinationRows} 条`,
  };
  const more = [note, isAtSnapshot ? null : sourceAsItIs].filter((each) => each !== null);
  const told = (text: Text): SluiceError =>
    new SluiceError('Cdm.0232', {
      ...explained({
        en: [text, ...more].map(({ en }) => en).join(' '),
        zh: [text, ...more].map(({ zh }) => zh).join(''),
      }),
    });
  if (plan.source.key.length === 0) {
    return told({
      en: `The verification found that the two tables are not the same: ${rows.en}.`,
      zh: `校验发现两端数据不一致：${rows.zh}。`,
    });
  }
  const atLeast = isExact ? { en: '', zh: '' } : { en: 'at least ', zh: '至少 ' };
  return told({
    en: `The verification found ${atLeast.en}${changed} keys changed, ${missing} missing and ${extra} extra at the destination: ${rows.en}.`,
    zh: `校验发现目的端${atLeast.zh}有 ${changed} 个主键内容不同、${missing} 个缺失、${extra} 个多余：${rows.zh}。`,
  });
}

const sourceAsItIs: Text = {
  en: 'The moment that the run read was lost, so the source was seen as it is now: what was changed there since counts as a difference.',
  zh: '运行读取时的快照已失效，源端按当前状态比较：此后源端的改动会计为差异。',
};
