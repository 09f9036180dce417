import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import { AcknowledgedWrites } from './acknowledged-writes.ts';
import { CdmCluster, type RunEnd } from './cdm-cluster.ts';
import { LostTime } from './lost-time.ts';
import { isRunActive } from './recorded-state.ts';
import { seededRandom } from './seeded-random.ts';
import { compareRows, type Digest, type Side } from './side-table.ts';

/** A run must end within this time after its last kill, in milliseconds. */
const runEndMs = 90_000;
/** Kills of workers in one run, at most: a slice is tried eight times, and the run must not fail by these. */
const killsPerRunMax = 3;
/** Between the kills comes an undisturbed run after so many attempts. */
const undisturbedEvery = 6;
/** How many slices of a run may go at once: one round with this, the next with that. */
const parallelism = [1, 3] as const;
/** Killing every worker again and again makes a run fail within this time, in milliseconds. */
const failureMs = 30_000;

export type Target = 'workers' | 'server' | 'both';
type Victim = 'nobody' | 'worker' | 'server';

export interface KillTotals {
  attempts: number;
  /** Kills that hit something at work. */
  landed: number;
  landedOnServer: number;
  landedOnWorker: number;
  /** Kills of workers that were to make a run fail; not among the landed ones. */
  killsToFailure: number;
  /** Runs that ended FAILED with committed rows, were resumed and ended SUCCEEDED: by a stop, and by deaths of workers. */
  resumedRuns: number;
  resumedAfterStop: number;
  resumedAfterFailure: number;
  /** Kills that landed while a run was being resumed; among the landed ones. */
  landedInResume: number;
  acknowledgedWrites: number;
  lostWrites: number;
  rowsCompared: number;
  lostRows: number;
  extraRows: number;
  /** Runs that had no terminal state in time, or more or fewer records than starts and resumes. */
  unsettledRuns: number;
  /** Runs that ended other than SUCCEEDED, or whose counters differ from the table. */
  wrongRuns: number;
  /** Checkpoint tables left at a destination. */
  leftovers: number;
}

export interface RoundTools {
  readonly sides: readonly Side[];
  /** The server's data folder. */
  readonly folder: string;
  readonly seed: number;
  readonly log: (line: string) => void;
  /** The command line to run; the project's own by default. */
  readonly serverScript?: string;
  /** How long runs take here, where it is known from other rounds. */
  readonly lostTime?: LostTime;
}

export interface RoundLimits {
  /** Kills of workers that must land, and kills of the server. */
  readonly workerKills: number;
  readonly serverKills: number;
  /** Runs that must fail or be stopped after commits, and be resumed. */
  readonly resumes: number;
  readonly attemptsMax: number;
  /** Undisturbed runs of each pair and parallelism before the first kill; 0: the warm-up tells how long a run takes. */
  readonly undisturbedFirst: number;
  readonly stopAtFirstDifference?: boolean;
}

interface Pair {
  readonly from: Side;
  readonly to: Side;
}

/** A job of one round and where it writes. */
interface Round extends Pair {
  readonly name: string;
  readonly table: string;
  /** Pair and parallelism: what a duration may be compared within. */
  readonly key: string;
}

/** Rounds of: start a run, kill something at a random moment of it, see how it ends, compare both tables. */
export class KillRounds {
  readonly lostTime: LostTime;
  readonly #tools: RoundTools;
  readonly #random: () => number;
  readonly #digests = new Map<Side, Digest>();
  readonly #totals: KillTotals = {
    attempts: 0,
    landed: 0,
    landedOnServer: 0,
    landedOnWorker: 0,
    killsToFailure: 0,
    resumedRuns: 0,
    resumedAfterStop: 0,
    resumedAfterFailure: 0,
    landedInResume: 0,
    acknowledgedWrites: 0,
    lostWrites: 0,
    rowsCompared: 0,
    lostRows: 0,
    extraRows: 0,
    unsettledRuns: 0,
    wrongRuns: 0,
    leftovers: 0,
  };
  #rounds = 0;
  #server!: SluiceProcess;
  #cluster!: CdmCluster;
  #writes!: AcknowledgedWrites;

  constructor(tools: RoundTools) {
    this.#tools = tools;
    this.lostTime = tools.lostTime ?? new LostTime();
    this.#random = seededRandom(tools.seed);
  }

  async run(limits: RoundLimits): Promise<KillTotals> {
    const { sides, folder, serverScript } = this.#tools;
    const totals = this.#totals;
    this.#server = await SluiceProcess.start({
      dataFolder: folder,
      ...(serverScript === undefined ? {} : { script: serverScript }),
    });
    try {
      this.#cluster = await CdmCluster.create(this.#server);
      for (const side of sides) await this.#cluster.createLink(side);
      this.#writes = new AcknowledgedWrites(this.#cluster);
      const pairs = sides.flatMap((from) => sides.map((to) => ({ from, to })));
      const { undisturbedFirst } = limits;
      const wantsKills = limits.workerKills + limits.serverKills > 0;
      // The first run of each pair warms the databases up; it counts for nothing where there are others.
      if (!this.lostTime.isKnown)
        for (const pair of pairs) await this.#undisturbed(pair, 1, undisturbedFirst === 0);
      if (wantsKills) {
        for (let i = 0; i < undisturbedFirst; i++)
          for (const pair of pairs)
            for (const extractors of parallelism) await this.#undisturbed(pair, extractors, true);
      }
      while (totals.attempts < limits.attemptsMax) {
        const kind = this.#nextKind(limits);
        if (kind === null) break;
        const pair = pairs[totals.attempts % pairs.length] as Pair;
        const extractors = parallelism[Math.floor(totals.attempts / pairs.length) % parallelism.length] ?? 1;
        totals.attempts++;
        const line = kind === 'resume' ? await this.#resume(pair) : await this.#kill(pair, extractors, kind);
        this.#tools.log(`${totals.landed} kills, ${totals.resumedRuns} resumed: ${line}`);
        if (undisturbedFirst > 0 && wantsKills && totals.attempts % undisturbedEvery === 0)
          await this.#undisturbed(pair, extractors, true);
        const seen = totals.lostRows + totals.extraRows + totals.wrongRuns;
        if (limits.stopAtFirstDifference && seen > 0) break;
      }
      const checked = await this.#writes.check();
      totals.acknowledgedWrites = checked.acknowledged;
      totals.lostWrites = checked.lost;
      for (const side of sides) totals.leftovers += (await side.leftovers()).length;
      return { ...totals };
    } finally {
      await this.#server.stop();
    }
  }

  /** What is still wanted, each as often as its share; null: nothing. */
  #nextKind(limits: RoundLimits): 'worker' | 'server' | 'resume' | null {
    const totals = this.#totals;
    const left = {
      worker: limits.workerKills - totals.landedOnWorker,
      server: limits.serverKills - totals.landedOnServer,
      resume: limits.resumes - totals.resumedRuns,
    };
    const open = (['worker', 'server', 'resume'] as const).filter((kind) => left[kind] > 0);
    const sum = open.reduce((total, kind) => total + left[kind], 0);
    let at = this.#random() * sum;
    for (const kind of open) {
      at -= left[kind];
      if (at < 0) return kind;
    }
    return open[0] ?? null;
  }

  async #begin(pair: Pair, extractors: number, purpose: string): Promise<Round> {
    const { from, to } = pair;
    const table = `t_${++this.#rounds}`;
    const name = `kill_${this.#tools.seed}_${this.#rounds}_${purpose}`;
    await to.makeTarget(table);
    await this.#cluster.createJob(name, from, to, table, extractors);
    await this.#cluster.startJob(name);
    return { ...pair, name, table, key: `${from.kind} to ${to.kind}, ${extractors} at once` };
  }

  async #undisturbed(pair: Pair, extractors: number, counts: boolean): Promise<void> {
    const round = await this.#begin(pair, extractors, 'undisturbed');
    const end = await this.#cluster.waitForEnd(round.name, runEndMs);
    if (counts && end.tookMs !== null) this.lostTime.undisturbed(round.key, end.tookMs);
    await this.#judge(round, end, 1);
  }

  async #kill(pair: Pair, extractors: number, victim: Victim): Promise<string> {
    const expectedMs = this.lostTime.expectedMs(pair.from.kind, pair.to.kind);
    const round = await this.#begin(pair, extractors, victim);
    let landed = 0;
    if (victim === 'server') {
      const writing = this.#writes.begin();
      await sleep(this.#random() * 0.9 * expectedMs);
      landed = (await this.#killServer(round.name)) ? 1 : 0;
      await writing.end();
    }
    const killed: number[] = [];
    if (victim === 'worker') {
      const kills = 1 + Math.floor(this.#random() * killsPerRunMax);
      for (let i = 0; i < kills; i++) {
        await sleep((this.#random() * 0.9 * expectedMs) / kills);
        killed.push(...(await this.#killWorker()));
      }
    }
    const end = await this.#cluster.waitForEnd(round.name, runEndMs);
    landed += await this.#deathsInLog(killed);
    this.#count(victim, landed);
    if (landed > 0 && end.tookMs !== null) this.lostTime.disturbed(round.key, victim, end.tookMs, landed);
    const verdict = await this.#judge(round, end, 1);
    return `${round.key}: ${landed} ${victim} killed, ${end.status} after ${end.tookMs} ms, ${verdict}`;
  }

  /** A run that ends FAILED after its first commits, by a stop or by deaths; then it is resumed, perhaps under fire too. */
  async #resume(pair: Pair): Promise<string> {
    const totals = this.#totals;
    const round = await this.#begin(pair, parallelism[1], 'resume');
    while (!(await round.to.hasRows(round.table))) await sleep(10);
    const way = this.#random() < 0.5 ? 'stop' : 'deaths';
    if (way === 'stop') await this.#cluster.stopJob(round.name);
    else await this.#killUntilFailed(round.name);
    const failed = await this.#cluster.waitForEnd(round.name, runEndMs);
    if (failed.status !== 'FAILED') {
      return `${round.key}: ${way} came too late, ${await this.#judge(round, failed, 1)}`;
    }
    const victim = (['nobody', 'worker', 'server'] as const)[Math.floor(this.#random() * 3)] ?? 'nobody';
    const resuming = this.#cluster.resumeJob(round.name, failed.submissionId);
    let landed = 0;
    const killed: number[] = [];
    if (victim === 'server') {
      // From before the call is answered to the middle of the run.
      await sleep(this.#random() * 400);
      landed = (await this.#killServer(round.name)) ? 1 : 0;
    }
    await resuming;
    if (victim === 'worker') {
      await sleep(this.#random() * 400);
      killed.push(...(await this.#killWorker()));
    }
    const end = await this.#cluster.waitForEnd(round.name, runEndMs);
    landed += await this.#deathsInLog(killed);
    this.#count(victim, landed);
    totals.landedInResume += landed;
    totals.resumedRuns++;
    if (way === 'stop') totals.resumedAfterStop++;
    else totals.resumedAfterFailure++;
    const verdict = await this.#judge(round, end, 2);
    return `${round.key}: ${way}, resumed, ${landed} ${victim} killed, ${end.status}, ${verdict}`;
  }

  #count(victim: Victim, landed: number): void {
    const totals = this.#totals;
    totals.landed += landed;
    if (victim === 'server') totals.landedOnServer += landed;
    else totals.landedOnWorker += landed;
  }

  /** Compares both tables and the counters, and drops the target. @param starts runs that the job must have on record. */
  async #judge(round: Round, end: RunEnd, starts: number): Promise<string> {
    const totals = this.#totals;
    const source = await this.#sourceDigest(round.from);
    const target = await round.to.digest(round.table);
    let [lost, extra] = [0, 0];
    if (target.text !== source.text) {
      const rows = await round.to.rowHashes(round.table);
      ({ lost, extra } = compareRows(await round.from.rowHashes('source'), rows));
      // Two lists that agree under digests that differ would be a fault of the proof.
      if (lost + extra === 0) throw new Error(`${round.key}: the digests differ, the rows do not`);
    }
    totals.rowsCompared += source.rows;
    totals.lostRows += lost;
    totals.extraRows += extra;
    if (end.status === null || end.runCount !== starts) totals.unsettledRuns++;
    else if (end.status !== 'SUCCEEDED' || end.rowsRead !== source.rows || end.rowsWritten !== source.rows)
      totals.wrongRuns++;
    await round.to.dropTarget(round.table);
    const verdict = lost + extra === 0 ? 'rows equal' : `${lost} lost, ${extra} extra`;
    return `${verdict}${end.summary === null ? '' : ` (${end.summary})`}`;
  }

  async #sourceDigest(side: Side): Promise<Digest> {
    const known = this.#digests.get(side) ?? (await side.digest('source'));
    this.#digests.set(side, known);
    return known;
  }

  async #killServer(jobName: string): Promise<boolean> {
    const server = this.#server;
    await server.kill();
    // The dead server's own record tells whether the run was still open when it died.
    const wasActive = isRunActive(server.dataFolder, jobName);
    await server.startAgain();
    return wasActive;
  }

  /** @returns the process id of the one it killed, if any. */
  async #killWorker(): Promise<number[]> {
    const workers = await this.#server.workerPids();
    const pid = workers[Math.floor(this.#random() * workers.length)];
    return pid === undefined ? [] : killed(pid);
  }

  async #killUntilFailed(jobName: string): Promise<void> {
    const deadline = Date.now() + failureMs;
    const pids: number[] = [];
    while (Date.now() < deadline && isRunActive(this.#server.dataFolder, jobName)) {
      pids.push(...(await this.#server.workerPids()).flatMap(killed));
      await sleep(40);
    }
    this.#totals.killsToFailure += await this.#deathsInLog(pids);
  }

  /** Killing an idle worker proves nothing: the server must say that it died with a task in hand. */
  async #deathsInLog(pids: readonly number[]): Promise<number> {
    if (pids.length === 0) return 0;
    const lines = (await readFile(this.#server.logFile, 'utf8'))
      .split('\n')
      .filter((line) => line.includes('run.tried-again'));
    return pids.filter((pid) => lines.some((line) => line.includes(`worker process ${pid} ended`))).length;
  }
}

function killed(pid: number): number[] {
  try {
    process.kill(pid, 'SIGKILL');
    return [pid];
  } catch {
    return []; // It ended a moment ago by itself.
  }
}
