import type { PortableRow } from '@sluice/core/data/portable-row';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import type { DestinationWork, RejectPart, RunPlan } from '@sluice/engine/work';
import type { ServiceFacts } from '../planner/job-variables.ts';
import { resolveReplay } from '../planner/resolve-work.ts';
import { rejectContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { RunRecord } from '../store/model.ts';
import { type RejectRecord, type ReplayRecord, rejectId } from '../store/reject-record.ts';
import type { Store } from '../store/store.ts';
import type { TaskPools } from './cluster-pools.ts';
import { failureOf } from './failure.ts';
import { runLimits } from './limits.ts';
import { removeTraces, silentListener, within } from './run-traces.ts';
import type { TaskPool } from './worker-pool.ts';
import { WorkerDied, WorkerStartFailed } from './worker-process.ts';

export interface ReplayTools {
  readonly store: Store;
  readonly pools: TaskPools;
  readonly secrets: SecretBox;
  readonly service: ServiceFacts;
  readonly now: () => number;
  /** No other server has the store: what was under way when this one starts is nobody's. */
  readonly isAlone: boolean;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** A replay with all that its steps need. */
interface ReplayJob {
  readonly replay: ReplayRecord;
  readonly run: RunRecord;
  readonly work: DestinationWork;
  readonly plan: RunPlan;
  readonly pool: TaskPool;
}

/**
 * Carries out replays, of each project one at a time. The list is in the store, so a restart forgets none:
 *
 *     pending ─▶ rows and a checkpoint of the replay's own in one commit ─▶ settled, what came of each row is stored
 *             ─▶ the checkpoint is removed ─▶ done
 *
 * Whoever comes after a crash asks the destination first whether the commit was made, so no row is written twice. A replay
 * whose outcome cannot be found out stays pending, and its rows with it, until the destination answers.
 */
export class ReplayDesk {
  readonly #tools: ReplayTools;
  readonly #closer = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  #isPoked = false;
  /** Those under way, by project. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(tools: ReplayTools) {
    this.#tools = tools;
  }

  /** Goes on with what was under way before a restart, and looks for more from then on. */
  async open(): Promise<void> {
    const { store, now, isAlone } = this.#tools;
    if (isAlone) await store.replays.makeAllDue(now());
    this.poke();
  }

  /** Looks for replays that are due now. Safe at any time. */
  poke(): void {
    this.#isPoked = true;
    if (this.#closer.signal.aborted || this.#looking !== null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#looking = this.#look().finally(() => {
      this.#looking = null;
      if (this.#closer.signal.aborted) return;
      if (this.#isPoked) this.poke();
      else this.#timer = setTimeout(() => this.poke(), runLimits.replayPauseMs).unref();
    });
  }

  /** Breaks off the replays that are under way: they are begun again later, here or elsewhere. */
  async close(): Promise<void> {
    this.#closer.abort(new Error('this server is shutting down'));
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#looking;
    await Promise.all(this.#underWay.values());
  }

  async #look(): Promise<void> {
    const { store, now, log } = this.#tools;
    this.#isPoked = false;
    try {
      while (!this.#closer.signal.aborted && this.#underWay.size < runLimits.replaysMax) {
        const at = now();
        const busy = [...this.#underWay.keys()];
        const replay = await store.replays.takeDue(at, at + runLimits.replayLeaseMs, busy);
        if (replay === null) return;
        // One whose run is gone is nobody's: it ends at once.
        const projectId = (await store.runs.find(replay.runId))?.projectId ?? replay.id;
        const carried = this.#carryOut(replay)
          .catch((error: unknown) => log('replay.look-failed', { error }))
          .finally(() => {
            this.#underWay.delete(projectId);
            this.poke();
          });
        this.#underWay.set(projectId, carried);
      }
    } catch (error) {
      // The store is out of reach for the moment: the next look is not far.
      log('replay.look-failed', { error });
    }
  }

  async #carryOut(replay: ReplayRecord): Promise<void> {
    const { store, now, log } = this.#tools;
    const beat = setInterval(() => {
      store.replays.putOff(replay.id, now() + runLimits.replayLeaseMs).catch((error: unknown) => {
        log('replay.heartbeat-failed', { replay: replay.id, error });
      });
    }, runLimits.replayBeatMs);
    try {
      const job = await this.#prepared(replay);
      if (replay.state === 'pending') {
        const attempt = await this.#write(job);
        await store.replays.settle(replay.id, attempt, now());
      }
      await this.#sweep(job);
      await store.replays.close(replay.id);
      log('replay.done', { replay: replay.id, run: replay.runId });
    } catch (error) {
      await this.#failed(replay, error);
    } finally {
      clearInterval(beat);
    }
  }

  async #prepared(replay: ReplayRecord): Promise<ReplayJob> {
    const { store, secrets, service, pools } = this.#tools;
    const run = await store.runs.find(replay.runId);
    if (run === null || run.plan === null) throw new SluiceError('Cdm.0001', { name: replay.runId });
    const work = await resolveReplay(run, run.plan, replay.id, store, secrets, service);
    const target = { ...run.plan.target, runKey: work.runKey, isTolerant: true as const };
    const plan = { ...run.plan, target, slices: [] };
    // What was begun comes to its end, though its cluster was stopped meanwhile.
    return { replay, run, work, plan, pool: pools.apart(run.clusterId) };
  }

  /** @returns the attempt that made the commit. */
  async #write({ replay, work, plan, pool }: ReplayJob): Promise<string> {
    const { store, log } = this.#tools;
    const rejects = await store.replays.rowsOf(replay.id);
    const rows = rejects.map((reject) => this.#opened(reject));
    const isUnmade = ({ stage, editedAt }: RejectRecord) =>
      plan.shape !== undefined && stage === 'read' && editedAt === null;
    const unmade = rejects.flatMap((reject, at) => (isUnmade(reject) ? [at] : []));
    const listener = {
      ...silentListener(replay.runId, log),
      rejects: async (_sliceNo: number, part: RejectPart) => {
        const refused = part.rejects.flatMap(({ code, facts }, i) => {
          const key = rejects[part.places?.[i] ?? -1];
          return key === undefined ? [] : [{ key, code, facts }];
        });
        const isOurs = await store.replays.refused(replay.id, part.attempt, refused);
        return isOurs ? { isFull: false, excess: null } : null;
      },
    };
    const isRepeated = replay.attempts > 1;
    return await within(
      runLimits.replayMs,
      (signal) => pool.run({ kind: 'replay', work, plan, rows, unmade, isRepeated }, listener, signal),
      this.#closer.signal,
    );
  }

  #opened(reject: RejectRecord): PortableRow {
    return JSON.parse(this.#tools.secrets.open(reject.sealedRow, rejectContext(rejectId(reject))));
  }

  async #sweep({ work, plan, pool }: Pick<ReplayJob, 'work' | 'plan' | 'pool'>): Promise<void> {
    const { log } = this.#tools;
    await removeTraces(work, plan, runLimits.traceRemovalMs, { pool, log }, this.#closer.signal);
  }

  /** Puts the replay off where its error may pass; gives it up where nothing of it is, or will be, at the destination. */
  async #failed(replay: ReplayRecord, error: unknown): Promise<void> {
    const { store, now, log } = this.#tools;
    if (this.#closer.signal.aborted) {
      await store.replays.putOff(replay.id, now());
      return;
    }
    log('replay.failed', { replay: replay.id, run: replay.runId, attempts: replay.attempts, error });
    const failure = failureOf(error);
    if (replay.state === 'pending' && isFinal(error) && (await this.#isAbandoned(replay))) {
      await store.replays.fail(replay.id, failure, now());
      return;
    }
    const pauseMs = runLimits.replayFirstPauseMs * 2 ** Math.min(replay.attempts - 1, 30);
    await store.replays.putOff(replay.id, now() + Math.min(pauseMs, runLimits.replayLongestPauseMs), failure);
  }

  /** True: no commit of the replay is at the destination, and none can come any more. */
  async #isAbandoned(replay: ReplayRecord): Promise<boolean> {
    const { log } = this.#tools;
    try {
      const job = await this.#prepared(replay);
      const { work, plan, pool } = job;
      const task = { kind: 'checkpoints', work, plan } as const;
      const held = await within(
        runLimits.traceRemovalMs,
        (signal) => pool.run(task, silentListener(replay.runId, log), signal),
        this.#closer.signal,
      ).catch((error: unknown) => {
        if (error instanceof Fenced) return [];
        throw error;
      });
      if (held.length > 0) return false;
      await this.#sweep(job);
      return true;
    } catch (error) {
      // A link that is gone leads nowhere: whatever a worker of ours wrote was told before, or rolled back with it.
      if (replay.attempts === 1 && isUnreachable(error)) return true;
      log('replay.not-abandoned', { replay: replay.id, error });
      return false;
    }
  }
}

/** The same would come of another try. */
function isFinal(error: unknown): boolean {
  if (error instanceof WorkerDied || error instanceof WorkerStartFailed) return false;
  return error instanceof SluiceError && !error.retry;
}

/** Nothing was sent to the destination at all. */
function isUnreachable(error: unknown): boolean {
  return error instanceof SluiceError && (error.code === 'Cdm.0101' || error.code === 'Cdm.0060');
}
