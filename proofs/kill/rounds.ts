import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import { AcknowledgedWrites } from './acknowledged-writes.ts';
import { CdmCluster } from './cdm-cluster.ts';
import { isRunActive } from './recorded-state.ts';
import { seededRandom } from './seeded-random.ts';
import { compareRows, type Side } from './side-table.ts';

/** A run must end within this time after its last kill, in milliseconds. */
const runEndMs = 90_000;

export interface KillTotals {
  attempts: number;
  landed: number;
  landedOnServer: number;
  landedOnWorker: number;
  acknowledgedWrites: number;
  lostWrites: number;
  rowsCompared: number;
  lostRows: number;
  extraRows: number;
  /** Runs that had no terminal state in time, or more than one record. */
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
}

/** Rounds of: start a run, kill something at a random moment of it, see how it ends, compare both tables. */
export class KillRounds {
  readonly #tools: RoundTools;
  readonly #random: () => number;
  readonly #hashes = new Map<Side, string[]>();
  /** Milliseconds that a run of a pair takes undisturbed, so that kills spread over all of it. */
  readonly #duration = new Map<string, number>();
  readonly #totals: KillTotals = {
    attempts: 0,
    landed: 0,
    landedOnServer: 0,
    landedOnWorker: 0,
    acknowledgedWrites: 0,
    lostWrites: 0,
    rowsCompared: 0,
    lostRows: 0,
    extraRows: 0,
    unsettledRuns: 0,
    wrongRuns: 0,
    leftovers: 0,
  };

  constructor(tools: RoundTools) {
    this.#tools = tools;
    this.#random = seededRandom(tools.seed);
  }

  async run(limits: {
    landedWanted: number;
    attemptsMax: number;
    stopAtFirstDifference?: boolean;
  }): Promise<KillTotals> {
    const { sides, folder, log, serverScript } = this.#tools;
    const totals = this.#totals;
    const server = await SluiceProcess.start({
      dataFolder: folder,
      ...(serverScript === undefined ? {} : { script: serverScript }),
    });
    try {
      const cluster = await CdmCluster.create(server);
      for (const side of sides) await cluster.createLink(side);
      const writes = new AcknowledgedWrites(cluster);
      const pairs = sides.flatMap((from) => sides.map((to) => ({ from, to })));
      for (const pair of pairs) await this.#round(server, cluster, writes, pair.from, pair.to, 'nobody');
      while (totals.landed < limits.landedWanted && totals.attempts < limits.attemptsMax) {
        const pair = pairs[totals.attempts % pairs.length];
        if (pair === undefined) break;
        totals.attempts++;
        const victim = this.#random() < 0.5 ? 'server' : 'worker';
        const line = await this.#round(server, cluster, writes, pair.from, pair.to, victim);
        log(`${totals.landed}/${limits.landedWanted} ${line}`);
        const seen = totals.lostRows + totals.extraRows + totals.wrongRuns;
        if (limits.stopAtFirstDifference && seen > 0) break;
      }
      const checked = await writes.check();
      totals.acknowledgedWrites = checked.acknowledged;
      totals.lostWrites = checked.lost;
      for (const side of sides) totals.leftovers += (await side.leftovers()).length;
      return { ...totals };
    } finally {
      await server.stop();
    }
  }

  async #round(
    server: SluiceProcess,
    cluster: CdmCluster,
    writes: AcknowledgedWrites,
    from: Side,
    to: Side,
    victim: 'server' | 'worker' | 'nobody',
  ): Promise<string> {
    const totals = this.#totals;
    const pairName = `${from.kind} to ${to.kind}`;
    const name = `kill_${this.#tools.seed}_${totals.attempts}_${victim}_${from.kind}_${to.kind}`;
    const table = `t_${totals.attempts}`;
    await to.makeTarget(table);
    await cluster.createJob(name, from, to, table, 1 + (totals.attempts % 3));
    const startedAt = Date.now();
    await cluster.startJob(name);

    let landed = false;
    let killedAfterMs = 0;
    if (victim !== 'nobody') {
      const writing = writes.begin();
      await sleep(this.#random() * 0.9 * (this.#duration.get(pairName) ?? 1_000));
      killedAfterMs = Date.now() - startedAt;
      landed = victim === 'server' ? await this.#killServer(server, name) : await this.#killWorker(server);
      await writing.end();
    }
    const end = await cluster.waitForEnd(name, runEndMs);
    const tookMs = Date.now() - startedAt;
    if (victim === 'nobody') this.#duration.set(pairName, tookMs);
    if (landed && victim === 'worker') landed = await this.#workerDeathIsInLog(server);
    if (landed) {
      totals.landed++;
      if (victim === 'server') totals.landedOnServer++;
      else totals.landedOnWorker++;
    }

    const source = await this.#sourceHashes(from);
    const { lost, extra } = compareRows(source, await to.rowHashes(table));
    totals.rowsCompared += source.length;
    totals.lostRows += lost;
    totals.extraRows += extra;
    if (end.status === null || end.runCount !== 1) totals.unsettledRuns++;
    else if (end.status !== 'SUCCEEDED' || end.rowsWritten !== source.length) totals.wrongRuns++;
    await to.dropTarget(table);
    const verdict = lost + extra === 0 ? 'rows equal' : `${lost} lost, ${extra} extra`;
    return `${pairName}: ${victim} killed after ${killedAfterMs} ms${landed ? '' : ' (missed)'}, ${end.status} after ${tookMs} ms, ${verdict}${end.summary === null ? '' : ` (${end.summary})`}`;
  }

  async #killServer(server: SluiceProcess, jobName: string): Promise<boolean> {
    await server.kill();
    // The dead server's own record tells whether the run was still open when it died.
    const wasActive = isRunActive(server.dataFolder, jobName);
    await server.startAgain();
    return wasActive;
  }

  async #killWorker(server: SluiceProcess): Promise<boolean> {
    const workers = await server.workerPids();
    const pid = workers[Math.floor(this.#random() * workers.length)];
    if (pid === undefined) return false;
    this.#victimPid = pid;
    try {
      process.kill(pid, 'SIGKILL');
      return true;
    } catch {
      return false; // It ended a moment ago by itself.
    }
  }

  #victimPid = 0;

  /** Killing an idle worker proves nothing: the server must say that this one died with a task in hand. */
  async #workerDeathIsInLog(server: SluiceProcess): Promise<boolean> {
    const lines = (await readFile(server.logFile, 'utf8')).split('\n');
    return lines.some(
      (line) => line.includes('run.tried-again') && line.includes(`worker process ${this.#victimPid} ended`),
    );
  }

  async #sourceHashes(side: Side): Promise<string[]> {
    let hashes = this.#hashes.get(side);
    if (hashes === undefined) {
      hashes = await side.rowHashes('source');
      this.#hashes.set(side, hashes);
    }
    return hashes;
  }
}
