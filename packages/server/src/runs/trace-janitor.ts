import type { ServiceFacts } from '../planner/job-variables.ts';
import { resolveTraces } from '../planner/resolve-work.ts';
import { isSamePlace } from '../planner/self-copy.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { TraceRecord } from '../store/model.ts';
import type { Store, TraceScope } from '../store/store.ts';
import type { TaskPools } from './cluster-pools.ts';
import { runLimits } from './limits.ts';
import { removeTraces } from './run-traces.ts';

export interface JanitorTools {
  readonly store: Store;
  readonly pools: TaskPools;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly secrets: SecretBox;
  readonly now: () => number;
  readonly service: ServiceFacts;
}

/** Who deletes something has its traces removed first, while there still is a way to them. */
export interface TraceRemover {
  /**
   * From here on the runs in the scope cannot be resumed, and what they left at their destinations is removed: as much as
   * can be in the time, in milliseconds, and the rest later. Never throws but for the store.
   */
  removeNow(scope: TraceScope, withinMs: number, signal?: AbortSignal): Promise<void>;
}

type Outcome = 'removed' | 'failed' | 'abandoned';

/**
 * Removes checkpoint tables that nobody will need again: of runs whose time for a resume is over, of jobs that are gone, of
 * runs whose destination could not be reached at their end. The list is in the store, so a restart forgets none; each try
 * puts the next one off, and after the last one the table is given up and named in the log.
 */
export class TraceJanitor implements TraceRemover {
  readonly #tools: JanitorTools;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  readonly #closer = new AbortController();

  constructor(tools: JanitorTools) {
    this.#tools = tools;
  }

  open(): void {
    this.poke();
  }

  /** Looks for traces that are due now. Safe at any time. */
  poke(): void {
    if (this.#closer.signal.aborted || this.#looking !== null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#looking = this.#look().finally(() => {
      this.#looking = null;
      if (this.#closer.signal.aborted) return;
      this.#timer = setTimeout(() => this.poke(), runLimits.tracePauseMs).unref();
    });
  }

  /** Breaks off the removal that is under way: it is begun again after its pause. */
  async close(): Promise<void> {
    this.#closer.abort(new Error('this server is shutting down'));
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#looking;
  }

  async removeNow(scope: TraceScope, withinMs: number, signal?: AbortSignal): Promise<void> {
    const { store } = this.#tools;
    await store.traces.doom(scope);
    const until = performance.now() + withinMs;
    for (const trace of await store.traces.list(scope, runLimits.tracesPerLookMax)) {
      const leftMs = until - performance.now();
      if (leftMs <= 0 || signal?.aborted) break;
      await this.#remove(trace, Math.min(leftMs, runLimits.traceRemovalMs), signal ?? this.#closer.signal);
    }
  }

  async #look(): Promise<void> {
    const { store, now, log } = this.#tools;
    const retry = {
      firstPauseMs: runLimits.traceFirstPauseMs,
      longestPauseMs: runLimits.traceLongestPauseMs,
    };
    try {
      for (let taken = 0; taken < runLimits.tracesPerLookMax; taken++) {
        if (this.#closer.signal.aborted) return;
        const trace = await store.traces.takeDue(now(), retry);
        if (trace === null) return;
        const outcome = await this.#remove(trace, runLimits.traceRemovalMs, this.#closer.signal);
        if (outcome === 'failed' && trace.attempts >= runLimits.traceAttemptsMax) {
          await this.#abandon(trace, `${trace.attempts} removals failed`);
        }
      }
    } catch (error) {
      // The store is out of reach for the moment: the next look is not far.
      log('trace.look-failed', { error });
    }
  }

  async #remove(trace: TraceRecord, withinMs: number, signal: AbortSignal): Promise<Outcome> {
    const { store, secrets, log, service } = this.#tools;
    const run = await store.runs.find(trace.runId);
    const plan = run?.plan ?? null;
    if (run === null || plan === null) {
      await store.traces.remove(trace.runId);
      return 'removed';
    }
    const link = trace.toLink === null ? null : await store.links.findById(trace.toLink.id);
    if (link === null || trace.toLink === null) return await this.#abandon(trace, 'its link is gone');
    // The link's secrets were given for where it leads now, and for nowhere else.
    if (!isSamePlace(link.options, trace.toLink.options)) {
      return await this.#abandon(trace, 'its link leads elsewhere now');
    }
    try {
      if (!link.isEnabled) throw new Error(`link ${link.name} is disabled`);
      const work = await resolveTraces(run, plan, link, store, secrets, service);
      // A cluster that was stopped leaves its tables no longer than any other.
      const pool = this.#tools.pools.apart(run.clusterId);
      await removeTraces(work, { ...plan, slices: [] }, withinMs, { pool, log }, signal);
    } catch (error) {
      log('trace.not-removed', { run: run.id, job: run.jobName, attempts: trace.attempts, error });
      return 'failed';
    }
    await store.traces.remove(run.id);
    log('trace.removed', { run: run.id, job: run.jobName });
    return 'removed';
  }

  async #abandon(trace: TraceRecord, why: string): Promise<Outcome> {
    const { store, log } = this.#tools;
    const run = await store.runs.find(trace.runId);
    await store.traces.remove(trace.runId);
    // The run key is the end of the table's name, for whoever wants to drop it by hand.
    log('trace.abandoned', { run: trace.runId, job: run?.jobName, key: run?.plan?.target.runKey, why });
    return 'abandoned';
  }
}
