import { queuedRun } from '../runs/queued-run.ts';
import { type ClusterRecord, isActiveState, type JobRecord, type RunRecord } from '../store/model.ts';
import { Conflict, type Store } from '../store/store.ts';
import { JobTimer } from './job-timer.ts';
import { schedulerLimits } from './limits.ts';
import { nextAfter } from './next-after.ts';
import { readSchedule } from './read-schedule.ts';
import { setTimer } from './set-timer.ts';
import { ZoneClock } from './zone-clock.ts';

type Tx = Omit<Store, 'transaction' | 'close'>;
/** What timers need of a store. */
export type TimerStore = Pick<Store, 'transaction' | 'jobs'>;

/** A process that is gone: whatever it still does fails. */
class Crash extends Error {}

/** A moment that was taken, as the store has it. */
interface Take {
  readonly jobId: number;
  readonly dueAt: number;
  readonly at: number;
  /** When the job is due next; null: never. */
  next: number | null;
  /** Whether a run of the job was active. */
  readonly wasActive: boolean;
  readonly wasUsable: boolean;
  runId: string | null;
}

interface Server {
  readonly timer: JobTimer;
  isDead: boolean;
  hasFailed: boolean;
}

/** Servers with one store and one clock, whose processes end at any call to the store, and what they did. */
export class TimerWorld {
  readonly zone: ZoneClock;
  clock: number;
  isUsable = true;
  /** Chance that a process ends at a call. */
  crashChance = 0;
  crashes = 0;
  readonly takes: Take[] = [];
  readonly #store: TimerStore;
  readonly #random: () => number;
  readonly #jobs: readonly JobRecord[];
  readonly #cluster: ClusterRecord;
  readonly #begin: number;
  readonly #servers: Server[] = [];

  constructor(
    store: TimerStore,
    random: () => number,
    cluster: ClusterRecord,
    jobs: readonly JobRecord[],
    clock: number,
    zone: string,
  ) {
    this.#store = store;
    this.#random = random;
    this.#cluster = cluster;
    this.#jobs = jobs;
    this.#begin = clock;
    this.clock = clock;
    this.zone = new ZoneClock(zone);
  }

  /** Saves the jobs' settings, anew or for the first time. */
  async save(): Promise<void> {
    for (const job of this.#jobs)
      await this.#store.transaction((tx) => setTimer(tx, job, this.zone, this.clock));
  }

  /** Starts a server in place of one that has ended, or as another one. */
  async boot(place: number): Promise<void> {
    const server: Server = {
      isDead: false,
      hasFailed: false,
      timer: new JobTimer({
        store: this.#faulty(() => server),
        zone: this.zone,
        now: () => this.clock,
        after: () => () => undefined,
        isUsable: () => this.isUsable,
        onQueued: () => undefined,
        log: (event) => {
          if (event === 'schedule.look-failed') server.hasFailed = true;
        },
      }),
    };
    this.#servers[place] = server;
    await server.timer.open().catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
    // Its first look belongs to this moment of the clock, not to a later one.
    await server.timer.look();
  }

  /** All servers look at once; the dead are started again first, as often as not. @returns whether one of them did so unharmed. */
  async look(): Promise<boolean> {
    for (const [place, server] of this.#servers.entries())
      if (server.isDead && this.#random() < 0.5) await this.boot(place);
    const living = this.#servers.filter((server) => !server.isDead);
    for (const server of living) server.hasFailed = false;
    await Promise.all(living.map((server) => server.timer.look()));
    return living.some((server) => !server.isDead && !server.hasFailed);
  }

  /** Ends the active run of a job, if there is one. */
  async endRun(job: JobRecord): Promise<void> {
    await this.#store.transaction(async (tx) => {
      const run = await tx.runs.latest(job.clusterId, job.name);
      if (run === null || !isActiveState(run.state)) return;
      await tx.runs.change({ runId: run.id, fence: run.fence }, { state: 'succeeded' }, this.clock);
    });
  }

  /** Somebody starts the job by hand, beside its timer. */
  async startByHand(job: JobRecord): Promise<void> {
    const { projectId } = this.#cluster;
    const run = queuedRun({ projectId, job, user: 'u', variables: {}, isAuto: false }, this.clock);
    await this.#store
      .transaction((tx) => tx.runs.create(run))
      .catch((error: unknown) => {
        if (!(error instanceof Conflict)) throw error;
      });
  }

  async close(): Promise<void> {
    for (const server of this.#servers) await server.timer.close();
  }

  /** Every promise that was broken, in words. @param isLooked a server has just looked, unharmed, at this clock. */
  async broken(isLooked: boolean): Promise<readonly string[]> {
    const found: string[] = [];
    for (const job of this.#jobs) {
      const schedule = readSchedule(job);
      if (schedule === null) throw new Error('a job without a schedule');
      const { lateMaxMs } = schedulerLimits;
      let expected = nextAfter(schedule, this.zone, this.#begin);
      const seen = new Set<number>();
      for (const take of this.takes.filter(({ jobId }) => jobId === job.id)) {
        const { dueAt, at, next, runId, wasActive, wasUsable } = take;
        if (seen.has(dueAt)) found.push(`${job.name}: ${dueAt} was taken twice`);
        seen.add(dueAt);
        if (dueAt !== expected) found.push(`${job.name}: ${expected} was lost, ${dueAt} taken`);
        if (at < dueAt) found.push(`${job.name}: ${dueAt} was taken too early`);
        const isWanted = at - dueAt <= lateMaxMs && !wasActive && wasUsable;
        if (isWanted !== (runId !== null))
          found.push(`${job.name}: ${dueAt} ${isWanted ? 'did not run' : 'ran'}`);
        expected = nextAfter(schedule, this.zone, Math.max(dueAt, at - lateMaxMs - 1));
        if (next !== expected) found.push(`${job.name}: after ${dueAt} comes ${expected}, not ${next}`);
      }
      const stored = await this.#store.transaction((tx) => tx.timers.find(job.id));
      if ((stored?.dueAt ?? null) !== expected) found.push(`${job.name}: ${expected} is not stored`);
      if (isLooked && expected !== null && expected <= this.clock)
        found.push(`${job.name}: ${expected} was not looked at`);
      const runs = await this.#store.transaction((tx) => tx.runs.history(job.clusterId, job.name, 10_000, 0));
      const known = new Set(this.takes.map(({ runId }) => runId));
      const strays = runs.runs.filter((run) => run.isAuto && !known.has(run.id));
      if (strays.length > 0) found.push(`${job.name}: ${strays.length} runs came of no moment`);
      if (runs.runs.filter((run) => isActiveState(run.state)).length > 1)
        found.push(`${job.name}: two runs at once`);
    }
    return found;
  }

  /** The store as a server sees it: each call may be its last, before or after it was done, a commit as well. */
  #faulty(serverOf: () => Server): TimerStore {
    const store = this.#store;
    const live = <T>(work: () => Promise<T>) => this.#crashing(serverOf, work);
    return {
      jobs: replaced(store.jobs, { timedIds: () => live(() => store.jobs.timedIds()) }),
      transaction: (work) =>
        live(async () => {
          let take = null as Take | null;
          const result = await store.transaction(async (tx) => {
            take = null;
            return await work(
              this.#watched(tx, live, (taken) => {
                take = taken;
              }),
            );
          });
          // Committed, whether or not the server lives to hear of it.
          if (take !== null) this.takes.push(take);
          return result;
        }),
    };
  }

  #watched(tx: Tx, live: <T>(work: () => Promise<T>) => Promise<T>, onTake: (take: Take) => void): Tx {
    let take: Take | null = null;
    const { timers, runs } = tx;
    const watchedTimers = replaced(timers, {
      find: (jobId) => live(() => timers.find(jobId)),
      lockDue: (now) =>
        live(async () => {
          const timer = await timers.lockDue(now);
          if (timer === null) return null;
          const job = this.#jobs.find(({ id }) => id === timer.jobId);
          const newest = await runs.latest(job?.clusterId ?? '', job?.name ?? '');
          const wasActive = newest !== null && isActiveState(newest.state);
          const { jobId, dueAt } = timer;
          take = { jobId, dueAt, at: now, next: null, wasActive, wasUsable: this.isUsable, runId: null };
          onTake(take);
          return timer;
        }),
      put: (timer) =>
        live(async () => {
          await timers.put(timer);
          if (take !== null) take.next = timer.dueAt;
        }),
      remove: (jobId) => live(() => timers.remove(jobId)),
    });
    const watchedRuns = replaced(runs, {
      create: (run) =>
        live(async () => {
          const created: RunRecord = await runs.create(run);
          if (take !== null) take.runId = created.id;
          return created;
        }),
    });
    return {
      ...tx,
      timers: watchedTimers,
      runs: watchedRuns,
      jobs: replaced(tx.jobs, { findById: (id) => live(() => tx.jobs.findById(id)) }),
      clusters: replaced(tx.clusters, { findById: (id) => live(() => tx.clusters.findById(id)) }),
      traces: replaced(tx.traces, { doom: (scope) => live(() => tx.traces.doom(scope)) }),
    };
  }

  async #crashing<T>(serverOf: () => Server, work: () => Promise<T>): Promise<T> {
    this.#mayCrash(serverOf());
    const result = await work();
    this.#mayCrash(serverOf());
    return result;
  }

  #mayCrash(server: Server): void {
    if (!server.isDead && this.#random() < this.crashChance) {
      server.isDead = true;
      this.crashes += 1;
    }
    if (server.isDead) throw new Crash('the process is gone');
  }
}

/** A repository with some of its methods replaced. */
function replaced<T extends object>(repository: T, methods: Partial<T>): T {
  return new Proxy(repository, {
    get(target, name) {
      const own = Reflect.get(methods, name);
      if (own !== undefined) return own;
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
