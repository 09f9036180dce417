import type { Text } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { isActiveState, type RunRecord } from '../store/model.ts';
import { Conflict } from '../store/store.ts';
import {
  isActiveVerification,
  type VerificationChunk,
  type VerificationRecord,
} from '../store/verification-record.ts';
import { runLimits } from './limits.ts';
import { newVerification } from './new-verification.ts';
import { newestRunLike } from './newest-run.ts';
import type { DriverTools } from './run-driver.ts';
import { endRunVerification } from './run-verification.ts';
import { VerificationDriver } from './verification-driver.ts';

export interface VerificationDeskTools extends DriverTools {
  /** Whose leases are ours. */
  readonly owner: string;
}

/** What the rest of the server may ask of verifications. */
export interface VerificationService {
  /** Resolves when it is stored. @throws Cdm.0056 when the run is active, or has one under way, with the reason. */
  start(run: RunRecord, user: string): Promise<VerificationRecord>;
  /**
   * Has what differs set right, then compares again.
   * @param found the verification that found it.
   * @throws Cdm.0056 when there is nothing to repair, or the job has been started since, with the reason.
   */
  repair(
    run: RunRecord,
    found: VerificationRecord,
    removesExtra: boolean,
    user: string,
  ): Promise<VerificationRecord>;
  /** Resolves when it has ended, or after 5 s. @returns its record. @throws Cdm.0056 when it has ended before. */
  stop(run: RunRecord, id: string, user: string): Promise<VerificationRecord>;
  /** Newest first, as many as are shown. */
  list(run: RunRecord): Promise<readonly VerificationRecord[]>;
  /** @throws Cdm.0001 when the run has no such verification. */
  find(run: RunRecord, id: string): Promise<VerificationRecord>;
  chunks(id: string): Promise<readonly VerificationChunk[]>;
}

/** Takes calls about verifications, and drives those that this server has claimed. */
export class VerificationDesk implements VerificationService {
  readonly #tools: VerificationDeskTools;
  readonly #drivers = new Map<string, VerificationDriver>();
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  #wasPoked = false;
  #isClosed = false;

  constructor(tools: VerificationDeskTools) {
    this.#tools = tools;
  }

  /** Goes on with what was under way before a restart, and looks for more from then on. */
  async open(): Promise<void> {
    await this.#tools.store.verifications.releaseLeases(this.#tools.owner);
    this.#poke();
  }

  async start(run: RunRecord, user: string): Promise<VerificationRecord> {
    if (isActiveState(run.state)) throw refused(run, texts.active);
    return await this.#create(run, user, { kind: 'check', removesExtra: false, phase: 'comparing' });
  }

  async repair(
    run: RunRecord,
    found: VerificationRecord,
    removesExtra: boolean,
    user: string,
  ): Promise<VerificationRecord> {
    if (isActiveState(run.state)) throw refused(run, texts.active);
    if (found.state !== 'different') throw refused(run, texts.nothing);
    if ((found.plan?.source.key.length ?? 0) === 0) throw refused(run, texts.noKey);
    if (run.plan?.shape !== undefined) throw refused(run, texts.shaped);
    const newest = await newestRunLike(this.#tools.store, run);
    if (newest !== null && newest.id !== run.id) throw refused(run, texts.superseded);
    return await this.#create(run, user, { kind: 'repair', removesExtra, phase: 'repairing' });
  }

  async stop(run: RunRecord, id: string, user: string): Promise<VerificationRecord> {
    const { store, now } = this.#tools;
    const found = await this.find(run, id);
    const asked = found.kind === 'run' ? null : await store.verifications.requestStop(id, user, now());
    if (asked === null) throw refused(run, found.kind === 'run' ? texts.ofRun : texts.ended);
    this.#drivers.get(id)?.stop(user);
    const deadline = now() + runLimits.stopWaitMs;
    for (;;) {
      const seen = await this.find(run, id);
      if (!isActiveVerification(seen.state) || now() >= deadline) return seen;
      const driver = this.#drivers.get(id);
      // One that went on under a server that is gone is claimed and ended by its next driver at once.
      if (driver === undefined) this.#poke();
      await Promise.race([
        driver?.ended ?? new Promise(() => undefined),
        new Promise((resolve) => setTimeout(resolve, 50)),
      ]);
    }
  }

  async list(run: RunRecord): Promise<readonly VerificationRecord[]> {
    return await this.#tools.store.verifications.list(run.id, runLimits.verificationsListedMax);
  }

  async find(run: RunRecord, id: string): Promise<VerificationRecord> {
    const found = await this.#tools.store.verifications.find(id);
    if (found?.runId === run.id) return found;
    throw new SluiceError('Cdm.0001', { name: id }, { status: 404 });
  }

  chunks(id: string): Promise<readonly VerificationChunk[]> {
    return this.#tools.store.verifications.chunks(id);
  }

  /** Lets go of all without ending them: the next start of a server goes on with them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const driver of this.#drivers.values()) driver.letGo();
    await this.#looking;
    await Promise.all([...this.#drivers.values()].map(({ ended }) => ended));
  }

  async #create(
    run: RunRecord,
    user: string,
    wish: Pick<VerificationRecord, 'kind' | 'removesExtra' | 'phase'>,
  ): Promise<VerificationRecord> {
    const record = newVerification(run, user, this.#tools.now(), wish);
    try {
      // A server that ended its run and died at once may have left it open.
      const { store, now } = this.#tools;
      await endRunVerification(store, run.id, { state: 'stopped', endedAt: now() });
      await store.verifications.create(record);
    } catch (error) {
      if (error instanceof Conflict) throw refused(run, texts.underWay);
      throw error;
    }
    this.#poke();
    return record;
  }

  /** Looks for work now. Safe at any time. */
  #poke(): void {
    if (this.#isClosed) return;
    if (this.#looking !== null) {
      this.#wasPoked = true;
      return;
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#looking = this.#look().finally(() => {
      this.#looking = null;
      const isPoked = this.#wasPoked;
      this.#wasPoked = false;
      if (isPoked) this.#poke();
      else if (!this.#isClosed)
        this.#timer = setTimeout(() => this.#poke(), runLimits.verificationPauseMs).unref();
    });
  }

  async #look(): Promise<void> {
    const { store, owner, now, leaseMs, log } = this.#tools;
    try {
      while (!this.#isClosed && this.#drivers.size < runLimits.verificationsMax) {
        const record = await store.verifications.claim(owner, now(), leaseMs, this.#projectsAtLimit());
        if (record === null) return;
        this.#take(record);
      }
    } catch (error) {
      // The store is out of reach for the moment; the next look is not far.
      log('verification.look-failed', { error });
    }
  }

  /** Projects that have as many in hand as they may. */
  #projectsAtLimit(): readonly string[] {
    const counts = new Map<string, number>();
    for (const { projectId } of this.#drivers.values()) {
      counts.set(projectId, (counts.get(projectId) ?? 0) + 1);
    }
    const max = runLimits.verificationsPerProjectMax;
    return [...counts].flatMap(([projectId, count]) => (count >= max ? [projectId] : []));
  }

  #take(record: VerificationRecord): void {
    const driver = new VerificationDriver(record, this.#tools);
    this.#drivers.set(record.id, driver);
    if (this.#isClosed) driver.letGo();
    void driver.ended.then(() => {
      if (this.#drivers.get(record.id) === driver) this.#drivers.delete(record.id);
      this.#poke();
    });
  }
}

function refused(run: RunRecord, why: Text): SluiceError {
  return new SluiceError('Cdm.0056', { job: run.jobName, ...explained(why) }, { status: 400 });
}

const texts = {
  active: { en: 'The run has not ended yet.', zh: '该运行尚未结束。' },
  underWay: {
    en: 'A verification or a repair of the run is under way.',
    zh: '该运行的校验或修复正在进行。',
  },
  ended: { en: 'The verification has ended.', zh: '该校验已结束。' },
  ofRun: {
    en: 'The verification is a part of its run: stop the job.',
    zh: '该校验是运行的一部分：请停止作业。',
  },
  nothing: { en: 'The verification found no difference.', zh: '该校验未发现差异。' },
  noKey: {
    en: 'Without a primary key that both tables share nobody can tell which rows to write anew: start the job.',
    zh: '两端没有共同的主键，无法确定需要重写的记录：请重新启动作业。',
  },
  shaped: {
    en: 'The job converts or adds fields: a row that is copied once more would lack what is made on the way. Start the job.',
    zh: '作业会转换或新增字段，直接重写的记录将缺少这些处理：请重新启动作业。',
  },
  superseded: {
    en: 'The job has been started again since this run: only its newest run can be repaired.',
    zh: '该运行之后作业又启动过：只能修复最近一次运行。',
  },
} as const satisfies Readonly<Record<string, Text>>;
