import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { InspectAnswers, RunEnd } from '@sluice/engine/work';
import { fillIn, plannedTime } from '../planner/job-variables.ts';
import { resolveWork } from '../planner/resolve-work.ts';
import type { BatchSummary, BatchTable, LinkPlace, RunFailure, RunRecord } from '../store/model.ts';
import type { Claim, RunChange } from '../store/store.ts';
import { advanceBatch, tablesAtOnce } from './batch-run.ts';
import type { Driver } from './driver.ts';
import { type EndState, endRun } from './end-run.ts';
import { failureOf, stoppedBy } from './failure.ts';
import { runLimits } from './limits.ts';
import { listTables } from './list-tables.ts';
import { maskedFields } from './masked-fields.ts';
import { Patience } from './patience.ts';
import type { DriverTools } from './run-driver.ts';
import { LetGo, ShutDown, StopAsked, stored, Unworkable, unworkable } from './run-endings.ts';
import { endedFields, takenFields } from './run-log-fields.ts';
import { silentListener, within } from './run-traces.ts';
import { WorkerDied, WorkerStartFailed } from './worker-process.ts';

/**
 * Leads a run of an entire-database job from the queue to the begin of its first tables:
 *
 *     queued → planning (the source is asked for its tables) → running
 *
 * The tables, the state and the first of their runs are stored in one transaction; with that the driver is done. From there on
 * the ends of the tables lead the run (`advanceBatch`), so it holds no lease, no place among the driven runs and no worker.
 */
export class BatchDriver implements Driver {
  readonly runId: string;
  readonly projectId: string;
  readonly clusterId: string;
  readonly progress = null;
  readonly ended: Promise<void>;
  readonly #tools: DriverTools;
  readonly #claim: Claim;
  readonly #stopper = new AbortController();
  #record: RunRecord;
  #recordAt: number;
  #secretTexts: readonly string[] = [];

  constructor(run: RunRecord, tools: DriverTools) {
    this.runId = run.id;
    this.projectId = run.projectId;
    this.clusterId = run.clusterId;
    this.#tools = tools;
    this.#claim = { runId: run.id, fence: run.fence };
    this.#record = run;
    this.#recordAt = tools.now();
    this.ended = this.#drive(run);
  }

  get lastKnown(): RunRecord {
    return this.#record;
  }

  get record(): RunRecord | null {
    return this.#tools.now() - this.#recordAt > runLimits.recordFreshMs ? null : this.#record;
  }

  hearOf({ stopRequestedBy, updatedBy, updatedAt }: RunRecord): void {
    const at = Math.max(updatedAt, this.#record.updatedAt);
    this.#learn({ ...this.#record, stopRequestedBy, updatedBy, updatedAt: at });
  }

  stop(user: string): void {
    this.#stopper.abort(new StopAsked(user));
  }

  letGo(): void {
    this.#stopper.abort(new ShutDown('this server is shutting down'));
  }

  async #drive(run: RunRecord): Promise<void> {
    const { log } = this.#tools;
    const heartbeat = setInterval(() => void this.#beat(), runLimits.heartbeatMs);
    log('run.taken', takenFields(run));
    try {
      // Its tables are under way, or were: whoever claims such a run has to look what is to be done.
      if (run.state === 'running') return await this.#leadOn(null, run.batch);
      if (run.stopRequestedBy !== null) throw new StopAsked(run.stopRequestedBy);
      if (run.fence > runLimits.fruitlessClaimsMax) {
        const cause = `the run was taken up ${run.fence - 1} times and came to no end`;
        throw new SluiceError('Cdm.0036', { cause });
      }
      const startedAt = run.startedAt ?? this.#tools.now();
      const clockAt = run.clockAt ?? plannedTime(run.variables) ?? startedAt;
      // All tables go by one clock.
      if (run.state === 'queued') await this.#change({ state: 'planning', startedAt, clockAt });
      // A run that carries on another has its tables from there.
      const begun = { ...run, clockAt };
      const tables = run.batch === null ? await this.#listTables(begun) : null;
      const atOnce = await this.#atOnce(begun);
      await this.#leadOn(tables, run.batch === null ? null : { ...run.batch, atOnce }, atOnce);
    } catch (error) {
      await this.#settle(error);
    } finally {
      clearInterval(heartbeat);
    }
  }

  /** Asks the source for its tables, and chooses. */
  async #listTables(run: RunRecord): Promise<readonly BatchTable[]> {
    const { store, secrets, service, log } = this.#tools;
    const work = await resolveWork(run, store, secrets, service).catch((error: unknown) => {
      throw unworkable(error);
    });
    this.#secretTexts = work.secretTexts;
    const begin = performance.now();
    const tables = await listTables(work, (end, schema, limit) => this.#tablesOf(end, schema, limit));
    const refused = tables.filter(({ refusal }) => refusal !== null).length;
    const ms = Math.round(performance.now() - begin);
    log('batch.listed', { run: run.id, tables: tables.length, refused, ms });
    return tables;
  }

  async #tablesOf({ connector, link }: RunEnd, schema: string, limit: number) {
    const { pools, log } = this.#tools;
    const page = { filter: '', offset: 0, limit };
    const task = { kind: 'inspect', connector, link, question: { what: 'tables', schema, page } } as const;
    const listener = silentListener(this.runId, (event, fields) => log(event, this.#masked(fields)));
    const patience = new Patience(runLimits.attemptsPerStepMax, runLimits.passingErrorsPlanMs);
    const { signal } = this.#stopper;
    for (;;) {
      try {
        const asking = (ending: AbortSignal) => pools.of(this.clusterId).run(task, listener, ending);
        return (await within(runLimits.tableListMs, asking, signal)) as InspectAnswers['tables'];
      } catch (thrown) {
        signal.throwIfAborted();
        const error = isTimeout(thrown) ? noAnswer() : thrown;
        const pauseMs = patience.pauseAfter(error);
        if (pauseMs === null) throw error;
        await sleep(pauseMs, undefined, { signal });
      }
    }
  }

  /** How many tables the job moves at once, by its settings as they are carried out. */
  async #atOnce(run: RunRecord): Promise<number> {
    const { store, secrets, service } = this.#tools;
    const filled = await fillIn(run, store, secrets, service).catch((error: unknown) => {
      throw unworkable(error);
    });
    return tablesAtOnce(filled.driverOptions);
  }

  /**
   * Stores what the run is to move, and begins the first of it.
   * @param tables just found out; null: they are stored.
   * @param known what is known of these.
   */
  async #leadOn(
    tables: readonly BatchTable[] | null,
    known: BatchSummary | null,
    atOnce = known?.atOnce ?? runLimits.tablesAtOnceDefault,
  ): Promise<void> {
    const { store, now, log, onParentEnded } = this.#tools;
    const at = now();
    const run = await stored(() =>
      store.transaction(async (tx) => {
        await tx.clusters.lock(this.clusterId);
        const begun = { state: 'running', dropsLease: true } as const;
        const batch = known ?? (await this.#summaryOf(tx, tables ?? [], atOnce));
        if ((await tx.runs.change(this.#claim, { ...begun, batch }, at)) === null) return null;
        if (tables !== null) await tx.batches.storeTables(this.runId, tables);
        return await advanceBatch(tx, this.runId, at);
      }),
    );
    if (run === null) throw new LetGo('the run is another driver’s');
    this.#learn(run);
    if (run.endedAt === null) log('batch.begun', { run: run.id, tables: run.batch?.tables ?? 0 });
    else onParentEnded?.(run);
  }

  async #summaryOf(
    tx: Pick<DriverTools['store'], 'links'>,
    tables: readonly BatchTable[],
    atOnce: number,
  ): Promise<BatchSummary> {
    const { job } = this.#record;
    const placeOf = async (name: string): Promise<LinkPlace | null> => {
      const link = await tx.links.find(job.clusterId, name);
      return link === null ? null : { id: link.id, options: link.options };
    };
    return {
      tables: tables.length,
      atOnce,
      done: 0,
      failed: 0,
      weight: tables.reduce((sum, { weight }) => sum + weight, 0),
      weightDone: 0,
      fromLink: await placeOf(job.fromLink),
      toLink: await placeOf(job.toLink),
    };
  }

  /** Ends the record after a failure or a stop, or leaves it to another driver; never throws. */
  async #settle(thrown: unknown): Promise<void> {
    const { store, now, log } = this.#tools;
    const reason: unknown = this.#stopper.signal.aborted ? this.#stopper.signal.reason : thrown;
    try {
      const verdict = this.#verdict(reason);
      if (verdict === null) {
        const { message: why, cause } = reason as LetGo;
        log('run.let-go', { run: this.runId, why, cause });
        // The lease ends with this server, so that another need not wait for it.
        if (reason instanceof ShutDown) await store.runs.heartbeat(this.#claim, now(), 0);
        return;
      }
      const failure = this.#masked(verdict.failure);
      const ended = await endRun(store, this.#claim, verdict.state, failure, now(), null);
      if (ended === null) return;
      this.#learn(ended);
      log('run.ended', endedFields(ended, failure, null));
    } catch (error) {
      // Our own store is out of reach, or the run is another's. The lease runs out and the run is taken up again.
      log('run.unsettled', { run: this.runId, error });
    }
  }

  /** null: the run is not to be ended. */
  #verdict(reason: unknown): { readonly state: EndState; readonly failure: RunFailure } | null {
    if (reason instanceof LetGo) return null;
    if (reason instanceof StopAsked) return { state: 'stopped', failure: stoppedBy(reason.user) };
    // What cannot be handed to anybody was never begun.
    if (reason instanceof Unworkable) return { state: 'rejected', failure: reason.failure };
    if (reason instanceof WorkerStartFailed) return { state: 'rejected', failure: failureOf(reason) };
    if (!(reason instanceof SluiceError || reason instanceof WorkerDied)) {
      this.#tools.log('run.unexpected', { run: this.runId, error: reason });
    }
    return { state: 'failed', failure: failureOf(reason) };
  }

  async #beat(): Promise<void> {
    const { store, now, leaseMs, log } = this.#tools;
    try {
      if (!(await store.runs.heartbeat(this.#claim, now(), leaseMs))) {
        this.#stopper.abort(new LetGo('the lease was lost'));
        return;
      }
      const run = await store.runs.find(this.runId);
      if (run !== null) this.hearOf(run);
      if (run?.stopRequestedBy != null) this.stop(run.stopRequestedBy);
    } catch (error) {
      log('run.heartbeat-failed', { run: this.runId, error });
    }
  }

  async #change(change: Pick<RunChange, 'state' | 'startedAt' | 'clockAt'>): Promise<void> {
    const { store, now } = this.#tools;
    const changed = await stored(() => store.runs.change(this.#claim, change, now()));
    if (changed === null) throw new LetGo('the lease was lost');
    this.#learn(changed);
  }

  #masked<T>(value: T): T {
    return maskedFields(value, this.#secretTexts);
  }

  #learn(record: RunRecord): void {
    this.#record = record;
    this.#recordAt = this.#tools.now();
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

function noAnswer(): SluiceError {
  const seconds = runLimits.tableListMs / 1_000;
  return new SluiceError('Cdm.0903', { cause: `the list of tables did not come within ${seconds} s` });
}
