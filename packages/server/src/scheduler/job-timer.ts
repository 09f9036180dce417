import { SluiceError } from '@sluice/core/errors/sluice-error';
import { keptVariables } from '../planner/job-variables.ts';
import { createFreshRun, queuedRun } from '../runs/queued-run.ts';
import { type ClusterRecord, type DueTimer, isActiveState, type JobRecord } from '../store/model.ts';
import { recordServiceEvent } from '../store/service-event.ts';
import { Conflict, type Store } from '../store/store.ts';
import { schedulerLimits } from './limits.ts';
import { nextAfter } from './next-after.ts';
import { readSchedule } from './read-schedule.ts';
import type { Schedule } from './schedule.ts';
import { setTimer } from './set-timer.ts';
import type { ZoneClock } from './zone-clock.ts';

export interface TimerTools {
  readonly store: Pick<Store, 'transaction' | 'jobs'>;
  /** Schedules are kept by this clock. */
  readonly zone: ZoneClock;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Calls `work` once after the wait. @returns what cancels it. */
  readonly after: (waitMs: number, work: () => void) => () => void;
  /** Whether a cluster takes work. */
  readonly isUsable: (cluster: ClusterRecord) => boolean;
  /** Called when a run has been queued, so that it is claimed at once. */
  readonly onQueued: () => void;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** What became of a moment of a schedule: `late` and `unusable` are not made up, `overlap` met a run that was still active. */
export type Outcome = 'started' | 'late' | 'overlap' | 'unusable' | 'unscheduled';

/**
 * Starts scheduled jobs. When a job is due next is stored; taking that moment puts the next one in its place and queues the
 * run in one transaction. So of many servers one takes it, a server that dies takes it wholly or not at all, and a clock that
 * is put back takes none twice.
 */
export class JobTimer {
  readonly #tools: TimerTools;
  #cancel: () => void = () => undefined;
  #looking: Promise<void> | null = null;
  #isClosed = false;

  constructor(tools: TimerTools) {
    this.#tools = tools;
  }

  /** Puts timers right that were set by the clock of another zone, then looks for itself from time to time. */
  async open(): Promise<void> {
    const { store, zone, now } = this.#tools;
    for (const id of await store.jobs.timedIds()) {
      await store.transaction(async (tx) => {
        const current = await tx.jobs.findById(id);
        if (current !== null && readable(current)) await setTimer(tx, current, zone, now());
      });
    }
    void this.look();
  }

  /** Takes what is due now; resolves when all of it is taken. Safe at any time, never rejects. */
  look(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#cancel();
    this.#looking ??= this.#takeAll().finally(() => {
      this.#looking = null;
      if (!this.#isClosed)
        this.#cancel = this.#tools.after(schedulerLimits.lookPauseMs, () => void this.look());
    });
    return this.#looking;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#looking;
  }

  async #takeAll(): Promise<void> {
    const { log, onQueued } = this.#tools;
    try {
      for (let taken = 0; taken < schedulerLimits.takenPerLookMax && !this.#isClosed; taken += 1) {
        const outcome = await this.#takeOne();
        if (outcome === null) return;
        if (outcome === 'started') onQueued();
      }
    } catch (error) {
      // The store is out of reach for the moment; the next look is a second away.
      log('schedule.look-failed', { error });
    }
  }

  /** @returns null when nothing is due. */
  async #takeOne(): Promise<Outcome | null> {
    const { store, now, log } = this.#tools;
    const at = now();
    try {
      const taken = await store.transaction(async (tx) => {
        const timer = await tx.timers.lockDue(at);
        if (timer === null) return null;
        const job = await tx.jobs.findById(timer.jobId);
        return { timer, job, outcome: await this.#take(tx, timer, job, at) };
      });
      if (taken === null) return null;
      const { timer, job, outcome } = taken;
      log(`schedule.${outcome}`, { job: job?.name, cluster: job?.clusterId, dueAt: timer.dueAt });
      return outcome;
    } catch (error) {
      // Somebody else started the job in this very moment: taken again, the moment meets that run.
      if (error instanceof Conflict) return 'overlap';
      // The same with a cluster that is being switched off.
      if (error instanceof UnusableNow) return 'unusable';
      throw error;
    }
  }

  async #take(
    tx: Omit<Store, 'transaction' | 'close'>,
    timer: DueTimer,
    job: JobRecord | null,
    at: number,
  ): Promise<Outcome> {
    const schedule = job === null ? null : readable(job);
    if (job === null || schedule === null) {
      await tx.timers.remove(timer.jobId);
      return 'unscheduled';
    }
    const { lateMaxMs } = schedulerLimits;
    // After a pause all moments that are too late are left out at once, and the first that is not comes next.
    const next = nextAfter(schedule, this.#tools.zone, Math.max(timer.dueAt, at - lateMaxMs - 1));
    await tx.timers.put({ ...timer, dueAt: next });

    if (at - timer.dueAt > lateMaxMs) return 'late';
    const cluster = await tx.clusters.findById(job.clusterId);
    if (cluster === null || !this.#tools.isUsable(cluster)) return 'unusable';
    const newest = await tx.runs.latest(job.clusterId, job.name);
    if (newest?.jobId === job.id && isActiveState(newest.state)) return 'overlap';
    const { projectId } = cluster;
    // A variable that is set nowhere is told by the run, which then cannot be submitted: nobody is here to be answered.
    const { variables } = await keptVariables(tx, projectId, job, {});
    const request = { projectId, job, user: job.createdBy, variables, isAuto: true };
    await createFreshRun(tx, queuedRun(request, at), (current) => {
      if (!this.#tools.isUsable(current)) throw new UnusableNow();
    });
    await recordServiceEvent(tx, { event: 'startJob', at, cluster, job });
    return 'started';
  }
}

/** The cluster ceased to take work between the look at it and the start. */
class UnusableNow extends Error {}

/** The schedule of a stored job; null also when this program cannot read what an older one stored. */
function readable(job: JobRecord): Schedule | null {
  try {
    return readSchedule(job);
  } catch (error) {
    if (error instanceof SluiceError) return null;
    throw error;
  }
}
