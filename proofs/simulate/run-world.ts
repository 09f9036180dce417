import { setImmediate as turn } from 'node:timers/promises';
import { RunDesk } from '../../packages/server/src/runs/run-desk.ts';
import { JobTimer } from '../../packages/server/src/scheduler/job-timer.ts';
import { RunQueue } from '../../packages/server/src/scheduler/run-queue.ts';
import { setTimer } from '../../packages/server/src/scheduler/set-timer.ts';
import { ZoneClock } from '../../packages/server/src/scheduler/zone-clock.ts';
import type { ClusterRecord, JobRecord, RunRecord } from '../../packages/server/src/store/model.ts';
import { isActiveState } from '../../packages/server/src/store/model.ts';
import {
  createSampleCluster,
  sampleJob,
  sampleLink,
  sampleTime,
} from '../../packages/server/src/store/sample-records.ts';
import type { Store } from '../../packages/server/src/store/store.ts';
import { seededRandom } from '../kill/seeded-random.ts';
import { Destination } from './destination.ts';
import { faultyStore, type StoreFaults, type StorePlant } from './faulty-store.ts';
import { RunJudge } from './run-judge.ts';
import { StandInPool, type WorkerFaults, type WorkerPlant } from './stand-in-pool.ts';
import type { Owner, VirtualTime } from './virtual-time.ts';

export type Plant = Exclude<StorePlant, null> | Exclude<WorkerPlant, null>;
export const plants: readonly Plant[] = [
  'fence not checked',
  'claims no run twice',
  'reports before it commits',
  'failed tables not counted',
];

export interface WorldResult {
  readonly violations: readonly string[];
  readonly runs: number;
  readonly crashes: number;
  readonly claims: number;
  readonly timers: number;
  /** Ends by state. */
  readonly ends: Readonly<Record<string, number>>;
}

const leaseMs = 10_000;
/** Faults happen up to this time. */
const troubleMs = 15_000;
/** By then every run must have ended. */
const endMs = 600_000;
/** A look at all runs costs more than what it looks at: one after so many changes. */
const touchesPerLook = 4;
const jobCount = 3;
const serverCount = 2;
/** Runs of the cluster that a server drives at once: one has to wait now and then. */
const runsMax = 2;

interface Server {
  readonly owner: Owner;
  readonly pool: StandInPool;
  readonly desk: RunDesk;
  readonly queue: RunQueue;
  readonly timer: JobTimer;
}

const noWorkerFaults: WorkerFaults = {
  death: 0,
  passing: 0,
  lasting: 0,
  lostAnswer: 0,
  late: 0,
  duplicate: 0,
};
const noStoreFaults: StoreFaults = { crash: 0, error: 0, lostAnswer: 0, slow: 0 };

/**
 * Two servers with one store, one destination and one clock each, real but for workers, destination and time; and people who
 * start and stop jobs. Whatever a seed has in store for them happens in the first quarter of a minute; then all must come to an end.
 */
export class RunWorld {
  readonly #time: VirtualTime;
  readonly #store: Store;
  readonly #random: () => number;
  readonly #plant: Plant | null;
  readonly #destination = new Destination();
  readonly #judge: RunJudge;
  readonly #fences = new Map<string, number>();
  readonly #servers: (Server | null)[] = [];
  readonly #skews: number[] = [];
  readonly #worker: WorkerFaults;
  readonly #trouble: StoreFaults;
  #jobs: readonly JobRecord[] = [];
  #cluster: ClusterRecord | null = null;
  #touches = 0;
  #crashes = 0;

  constructor(time: VirtualTime, store: Store, seed: number, plant: Plant | null) {
    this.#time = time;
    this.#store = store;
    this.#random = seededRandom(seed);
    for (let discard = 0; discard < 3; discard += 1) this.#random();
    this.#plant = plant;
    this.#judge = new RunJudge(store, this.#destination);
    // Each seed has its own weather: some have one kind of trouble only, some all of it, some hardly any.
    const often = (most: number) => (this.#random() < 0.5 ? 0 : this.#random() * most);
    this.#worker = {
      death: often(0.06),
      passing: often(0.06),
      lasting: often(0.02),
      lostAnswer: often(0.1),
      late: often(0.5),
      duplicate: often(0.2),
    };
    this.#trouble = { crash: often(0.02), error: often(0.04), lostAnswer: often(0.04), slow: often(0.08) };
  }

  async live(): Promise<WorldResult> {
    const time = this.#time;
    await this.#settle();
    for (let place = 0; place < serverCount; place += 1) this.#boot(place);
    this.#people();
    while (await time.step(endMs)) {
      if (this.#touches >= touchesPerLook) {
        this.#touches = 0;
        await this.#judge.look(this.#clusterId);
      }
      if (time.now > troubleMs && time.fired % 16 === 0 && (await this.#isOver())) break;
    }
    const runs = await this.#judge.finish(this.#clusterId, this.#jobs);
    const timers = time.fired;
    await this.#tearDown(runs);
    const ends: Record<string, number> = {};
    for (const { state } of runs) ends[state] = (ends[state] ?? 0) + 1;
    return {
      violations: [...this.#judge.violations, ...this.#destination.violations],
      runs: runs.length,
      crashes: this.#crashes,
      claims: [...this.#fences.values()].reduce((sum, fence) => sum + fence, 0),
      timers,
      ends,
    };
  }

  get #clusterId(): string {
    return this.#cluster?.id ?? '';
  }

  get #isTroubled(): boolean {
    return this.#time.now < troubleMs;
  }

  /** A cluster with links and jobs; a third of the jobs is retried, one may have a timer. */
  async #settle(): Promise<void> {
    const store = this.#store;
    const cluster = await createSampleCluster(store);
    this.#cluster = cluster;
    for (const name of ['source', 'target']) {
      const options = { 'linkConfig.host': name, 'linkConfig.database': name };
      await store.links.create({ ...sampleLink(cluster.id, name), options, sealedSecrets: null });
    }
    const jobs: JobRecord[] = [];
    for (let no = 0; no < jobCount; no += 1) {
      const isTimed = no === 0 && this.#random() < 0.4;
      const isBatch = no === jobCount - 1 && this.#random() < 0.5;
      const job = await store.jobs.create({
        ...sampleJob(cluster.id, `job${no}`),
        type: isBatch ? 'BATCH_JOB' : 'NORMAL_JOB',
        fromLink: 'source',
        toLink: 'target',
        fromOptions: {},
        toOptions: {},
        driverOptions: {
          'throttlingConfig.numExtractors': String(1 + Math.floor(this.#random() * 3)),
          ...(isBatch
            ? { 'throttlingConfig.concurrentSubJobs': String(1 + Math.floor(this.#random() * 3)) }
            : {}),
          ...(this.#random() < 0.3 ? { 'retryJobConfig.retryJobType': 'RETRY_TRIPLE' } : {}),
          ...(isTimed ? minutely : {}),
        },
      });
      if (isTimed) await store.transaction((tx) => setTimer(tx, job, this.#zone, this.#nowOf(0)));
      jobs.push(job);
    }
    this.#jobs = jobs;
  }

  readonly #zone = new ZoneClock('UTC');

  #nowOf(place: number): number {
    return Math.round(sampleTime + this.#time.now + (this.#skews[place] ?? 0));
  }

  #boot(place: number): void {
    const owner: Owner = { isDead: false, stillUntil: 0 };
    this.#time.as(owner, () => {
      const plant = this.#plant;
      const store = faultyStore(
        {
          store: this.#store,
          time: this.#time,
          random: this.#random,
          faults: () => (this.#isTroubled ? this.#trouble : noStoreFaults),
          plant: plant === 'reports before it commits' ? null : plant,
          crash: (dying) => this.#crash(dying),
          violate: (what) => this.#judge.violations.push(what),
          fences: this.#fences,
          touched: () => {
            this.#touches += 1;
          },
          counted: (runId, rows) => this.#judge.counted(runId, rows),
        },
        owner,
      );
      const pool = new StandInPool({
        time: this.#time,
        destination: this.#destination,
        random: this.#random,
        faults: () => (this.#isTroubled ? this.#worker : noWorkerFaults),
        plant: plant === 'reports before it commits' ? plant : null,
        violate: (what) => this.#judge.violations.push(what),
      });
      const now = () => this.#nowOf(place);
      const log = (event: string, fields: Readonly<Record<string, unknown>>) => this.#hear(event, fields);
      let poke: () => void = () => undefined;
      const desk = new RunDesk({
        store,
        secrets: { seal: (text) => text, open: (text) => text },
        pools: { of: () => pool, apart: () => pool },
        now,
        service: { zone: 'UTC', version: '1' },
        leaseMs,
        log,
        onQueued: () => poke(),
      });
      const queue = new RunQueue({
        store,
        desk,
        runsMax: async () => runsMax,
        owner: `server${place}`,
        leaseMs,
        now,
        log,
      });
      poke = () => queue.poke();
      const timer = new JobTimer({
        store,
        zone: this.#zone,
        now,
        after: (waitMs, work) => {
          const no = this.#time.after(waitMs, work);
          return () => this.#time.cancel(no);
        },
        isUsable: () => true,
        onQueued: poke,
        log,
      });
      this.#servers[place] = { owner, pool, desk, queue, timer };
      // A start that fails is tried again, as by whoever supervises the process.
      const open = async () => {
        await queue.open();
        await timer.open();
        desk.traces.open();
      };
      open().catch(() => this.#crash(owner));
    });
  }

  #hear(event: string, fields: Readonly<Record<string, unknown>>): void {
    if (event === 'run.unexpected') this.#judge.violations.push(`unexpected: ${String(fields.error)}`);
  }

  /** `kill -9`; the server starts again after a while. */
  #crash(owner: Owner): void {
    if (owner.isDead) return;
    owner.isDead = true;
    this.#crashes += 1;
    const place = this.#servers.findIndex((server) => server?.owner === owner);
    this.#servers[place]?.pool.orphan();
    this.#time.as(null, () => {
      this.#time.after(200 + this.#random() * 8_000, () => this.#boot(place));
    });
  }

  /** Starts, stops, resumes, deaths, pauses and jumps of the clock, at random moments. */
  #people(): void {
    const time = this.#time;
    const acts = 6 + Math.floor(this.#random() * 10);
    for (let act = 0; act < acts; act += 1) {
      time.after(this.#random() * troubleMs * 0.9, () => {
        const place = Math.floor(this.#random() * serverCount);
        const server = this.#servers[place];
        if (server === null || server === undefined || server.owner.isDead) return;
        const what = this.#random();
        if (what < 0.08) this.#crash(server.owner);
        else if (what < 0.14) server.owner.stillUntil = time.now + this.#random() * 20_000;
        else if (what < 0.2) this.#skews[place] = (this.#random() - 0.5) * 60_000;
        else time.as(server.owner, () => void this.#ask(server, what).catch(() => undefined));
      });
    }
  }

  /** A call to a server, as its handlers make it. Refusals and lost answers are the caller's. */
  async #ask(server: Server, what: number): Promise<void> {
    const job = this.#jobs[Math.floor(this.#random() * this.#jobs.length)];
    if (job === undefined) return;
    const request = {
      projectId: this.#cluster?.projectId ?? '',
      job,
      user: 'user',
      variables: {},
      isAuto: false,
    };
    if (what < 0.75) this.#judge.accepted(await server.desk.start(request));
    else if (what < 0.9) await server.desk.stop(job.clusterId, job.name, 'user');
    else {
      const run = await this.#store.runs.latest(job.clusterId, job.name);
      const trace = run === null ? null : await this.#store.traces.find(run.id);
      if (run === null || isActiveState(run.state)) return;
      if (run.batch !== null && run.state !== 'succeeded') {
        const wish = { projectId: run.projectId, job, run, user: 'user', keepsCommitted: true };
        this.#judge.accepted(await server.desk.retryTables(wish));
        return;
      }
      if (trace?.state !== 'kept') return;
      this.#judge.accepted(await server.desk.resume({ projectId: run.projectId, job, run, user: 'user' }));
    }
  }

  async #isOver(): Promise<boolean> {
    if (this.#servers.some((server) => server === null || server.owner.isDead)) return false;
    return (await this.#store.runs.active(this.#clusterId)).length === 0;
  }

  /** Nothing of this world is left to be claimed by the next one. */
  async #tearDown(runs: readonly RunRecord[]): Promise<void> {
    for (const server of this.#servers) if (server !== null) server.owner.isDead = true;
    this.#time.clear();
    await turn();
    for (const run of runs) {
      if (!isActiveState(run.state)) continue;
      const found = await this.#store.runs.find(run.id);
      if (found === null) continue;
      await this.#store.runs.change({ runId: run.id, fence: found.fence }, { state: 'stopped' }, sampleTime);
    }
    for (const trace of await this.#store.traces.list({ clusterId: this.#clusterId }, 1_000))
      await this.#store.traces.remove(trace.runId);
    await this.#store.clusters.delete(this.#clusterId);
  }
}

const minutely = {
  'schedulerConfig.isSchedulerJob': 'true',
  'schedulerConfig.cycleType': 'minute',
  'schedulerConfig.cycle': '1',
  'schedulerConfig.startDate': new Date(sampleTime + 7_000).toISOString().slice(0, 19).replace('T', ' '),
  'schedulerConfig.stopDate': new Date(sampleTime + 70_000).toISOString().slice(0, 19).replace('T', ' '),
};
