import { setTimeout as sleep } from 'node:timers/promises';
import type { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import type { CdmCluster, RunEnd } from '../kill/cdm-cluster.ts';
import type { Side } from '../kill/side-table.ts';
import type { CrashPoint, Moment } from './crash-points.ts';
import { CrashProxy } from './crash-proxy.ts';
import type { Conflict, StagedDestination } from './destination.ts';

/** Whom the crash hits; `server-then-stop`: the run is stopped as soon as the server is back. */
export const victims = ['worker', 'server', 'server-then-stop'] as const;
export type Victim = (typeof victims)[number];

export interface CrashCase {
  readonly point: CrashPoint;
  readonly moment: Moment;
  readonly victim: Victim;
  readonly from: Side['kind'];
  readonly to: Side['kind'];
  readonly conflict: Conflict;
}

export interface CrashTotals {
  cases: number;
  /** Crashes that came at the message they were meant for, and whose victim was gone. */
  landed: number;
  succeeded: number;
  /** Runs that were stopped after the crash, or failed. */
  ended: number;
  /** Looks at a destination while its run was under way, and those that saw something between before and after. */
  glances: number;
  between: number;
  /** Destinations that are neither as before nor as after at the end, or otherwise than the run's status says. */
  wrongDestinations: number;
  /** Runs without an end in time, with wrong counters, or that failed although nobody stopped them. */
  wrongRuns: number;
  /** Statements after the import that were run twice, or not at all by a run that succeeded, or before the move. */
  wrongStatements: number;
  stageTables: number;
  checkpointTables: number;
}

export const noTotals: Readonly<CrashTotals> = {
  cases: 0,
  landed: 0,
  succeeded: 0,
  ended: 0,
  glances: 0,
  between: 0,
  wrongDestinations: 0,
  wrongRuns: 0,
  wrongStatements: 0,
  stageTables: 0,
  checkpointTables: 0,
};

/** Whether nothing of what must not be was seen. */
export function isClean(totals: CrashTotals): boolean {
  const { between, wrongDestinations, wrongRuns, wrongStatements, stageTables, checkpointTables } = totals;
  return between + wrongDestinations + wrongRuns + wrongStatements + stageTables + checkpointTables === 0;
}

/** A run must end within this time, the restart of the server included, in milliseconds. */
const runEndMs = 60_000;
/** The ordered message must come within this time after the start, in milliseconds. */
const crashMs = 30_000;
/** What a run that was stopped leaves is removed within this time, in milliseconds. */
const removalMs = 15_000;
const glancePauseMs = 25;
const extractors = 2;
const partitionColumn = 'a';

export interface RoundTools {
  readonly server: SluiceProcess;
  readonly cluster: CdmCluster;
  readonly destinations: Readonly<Record<Side['kind'], StagedDestination>>;
  /** Rows of the source. */
  readonly rows: number;
  /** Distinguishes the names of several rounds. */
  readonly name: string;
  readonly log: (line: string) => void;
}

/** Runs cases one behind the other: a staged job through a proxy, one crash, and the verdict of the database. */
export class CrashRounds {
  readonly #tools: RoundTools;
  readonly #totals: CrashTotals = { ...noTotals };

  constructor(tools: RoundTools) {
    this.#tools = tools;
  }

  async run(cases: readonly CrashCase[]): Promise<CrashTotals> {
    const { cluster, destinations, log } = this.#tools;
    for (const { side } of Object.values(destinations)) await cluster.createLink(side);
    for (const [no, crashCase] of cases.entries()) {
      this.#totals.cases++;
      const said = await this.#case(crashCase, `${this.#tools.name}_${no + 1}`);
      const { point, moment, victim, from, to, conflict } = crashCase;
      log(`${no + 1} ${from} to ${to}, ${conflict}, ${victim} killed ${moment} ${point}: ${said}`);
    }
    return { ...this.#totals };
  }

  async #case(crashCase: CrashCase, name: string): Promise<string> {
    const { cluster, destinations, server } = this.#tools;
    const destination = destinations[crashCase.to];
    const { conflict, victim } = crashCase;
    const table = `t_${name}`;
    const url = new URL(destination.side.url);
    const target = { kind: crashCase.to, host: url.hostname, port: Number(url.port) };
    const proxy = await CrashProxy.listen(target, crashCase, () =>
      victim === 'worker' ? killWorkers(server) : server.kill(),
    );
    await destination.make(table, conflict);
    const watching = new AbortController();
    try {
      const toLink = await cluster.createLink(destination.side, { name: `link_${name}`, port: proxy.port });
      await cluster.createJob(name, destinations[crashCase.from].side, destination.side, table, extractors, {
        toLink,
        partitionColumn,
        toOptions: {
          'toJobConfig.useStageTable': 'true',
          'toJobConfig.onConflict': conflict,
          'toJobConfig.postSql': destination.statementAfter(table),
        },
      });
      const watch = this.#watch(destination, table, conflict, watching.signal);
      proxy.arm();
      await cluster.startJob(name);
      const hasCrashed = await proxy.crashed(crashMs);
      const { landing } = proxy;
      if (hasCrashed && landing?.hasVictimGone === true) this.#totals.landed++;
      if (victim !== 'worker' && hasCrashed) {
        await server.startAgain();
        if (victim === 'server-then-stop') await cluster.stopJob(name);
      }
      const end = await cluster.waitForEnd(name, runEndMs);
      const verdict = await this.#judge(crashCase, destination, table, end);
      watching.abort();
      await watch;
      const where = landing === null ? 'MISSED' : `at "${landing.words.replace(/\s+/g, ' ')}"`;
      return `${where}, ${end.status}, ${verdict}`;
    } finally {
      watching.abort();
      proxy.close();
      await destination.drop(table);
    }
  }

  /** Looks at the destination again and again: nobody may ever see a part of the move. */
  async #watch(
    destination: StagedDestination,
    table: string,
    conflict: Conflict,
    signal: AbortSignal,
  ): Promise<void> {
    let isTold = false;
    while (!signal.aborted) {
      const seen = await destination.glance(table, conflict);
      this.#totals.glances++;
      if (seen !== 'before' && seen !== 'after') {
        this.#totals.between++;
        if (!isTold) this.#tools.log(`BETWEEN: ${table} has ${seen}`);
        isTold = true;
      }
      await sleep(glancePauseMs);
    }
  }

  async #judge(
    { conflict, victim }: CrashCase,
    destination: StagedDestination,
    table: string,
    end: RunEnd,
  ): Promise<string> {
    const totals = this.#totals;
    const said: string[] = [];
    const hasSucceeded = end.status === 'SUCCEEDED';
    if (hasSucceeded) totals.succeeded++;
    else totals.ended++;
    const isRight = hasSucceeded
      ? end.rowsWritten === this.#tools.rows && end.runCount === 1
      : end.status === 'FAILED' && victim === 'server-then-stop';
    if (!isRight) {
      totals.wrongRuns++;
      said.push(`WRONG RUN (${end.rowsWritten} rows, ${end.summary ?? 'no summary'})`);
    }
    const { before, after } = destination.expected(conflict);
    const { text } = await destination.side.digest(table);
    const isAfter = text === after;
    if (!isAfter && (hasSucceeded || text !== before)) {
      totals.wrongDestinations++;
      said.push(`WRONG DESTINATION ${text}`);
    } else said.push(isAfter ? 'as after' : 'as before');
    const words = await destination.said(table);
    const rowsAfter = Number(after.split('/')[0]);
    const isTold = words.length === 1 || (words.length === 0 && !hasSucceeded);
    if (!isTold || words.some((rows) => rows !== rowsAfter)) {
      totals.wrongStatements++;
      said.push(`WRONG STATEMENTS ${JSON.stringify(words)}`);
    }
    const left = await this.#leftAtLast(destination);
    const stages = left.filter((name) => name.endsWith('_cdm_stage'));
    totals.stageTables += stages.length;
    totals.checkpointTables += left.length - stages.length;
    if (left.length > 0) said.push(`LEFT ${left.join(', ')}`);
    return said.join(', ');
  }

  async #leftAtLast(destination: StagedDestination): Promise<string[]> {
    const deadline = Date.now() + removalMs;
    for (;;) {
      const left = await destination.leftovers();
      if (left.length === 0 || Date.now() > deadline) return left;
      await sleep(100);
    }
  }
}

/** Kills every worker of the server: whoever held the connection is among them. */
async function killWorkers(server: SluiceProcess): Promise<void> {
  for (const pid of await server.workerPids()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended a moment ago by itself.
    }
  }
}
