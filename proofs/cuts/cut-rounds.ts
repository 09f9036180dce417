import { readFile } from 'node:fs/promises';
import type { CdmCluster, RunEnd } from '../kill/cdm-cluster.ts';
import { seededRandom } from '../kill/seeded-random.ts';
import { compareRows, type Side } from '../kill/side-table.ts';
import { type CutCase, orderOf } from './cut-cases.ts';
import { outages, type ProxyTarget } from './cut-order.ts';
import { isClearFailure } from './failure-text.ts';
import { MysqlWatch } from './mysql-watch.ts';
import { PostgresWatch } from './postgres-watch.ts';
import { CutProxy } from './tcp-proxy.ts';

/** The links' time-outs, connect and silence alike. A stall is shorter, whatever is left out of the protocol is longer. */
export const linkTimeoutMs = 2_000;
/** A run whose connection was cut once must end within this time, in milliseconds; a run that hangs is none. */
const runEndMs = 60_000;
/** A case whose cut did not land is repeated so often. */
const repetitionsMax = 3;
/** Two slices at once and a third one behind them, for the rows without a value in the partition column. */
const extractors = 2;
const partitionColumn = 'a';

export interface CutTotals {
  cases: number;
  /** Cases whose cut landed, by the proxy's evidence. */
  landed: number;
  /** Attempts that met no such phase and were repeated. */
  missed: number;
  succeeded: number;
  failedClearly: number;
  rowsCompared: number;
  lostRows: number;
  doubledRows: number;
  /** Runs without a terminal state in time. */
  hung: number;
  /** Failures whose text says nothing to a user, or not which side failed. */
  unclear: number;
  /** Runs that ended otherwise than the case allows: a stall that failed, counters that differ, a second start that failed. */
  wrong: number;
  /** Checkpoint tables that were left behind and not reported in the server's log. */
  leftovers: number;
  /** Those that were reported. */
  reportedLeftovers: number;
  /** Attempts that the server's log reports to have been repeated. */
  triedAgain: number;
  /** From start to end of a run that was cut, milliseconds. */
  slowestMs: number;
}

export const noTotals: Readonly<CutTotals> = {
  cases: 0,
  landed: 0,
  missed: 0,
  succeeded: 0,
  failedClearly: 0,
  rowsCompared: 0,
  lostRows: 0,
  doubledRows: 0,
  hung: 0,
  unclear: 0,
  wrong: 0,
  leftovers: 0,
  reportedLeftovers: 0,
  triedAgain: 0,
  slowestMs: 0,
};

/** Databases of one lane: cases of a lane run one behind the other, lanes run at once. */
export interface Lane {
  readonly no: number;
  readonly sides: Readonly<Record<Side['kind'], Side>>;
}

export interface RoundTools {
  readonly cluster: CdmCluster;
  readonly lanes: readonly Lane[];
  /** What the server logs. */
  readonly logFile: string;
  /** Distinguishes the names of several rounds. */
  readonly name: string;
  readonly seed: number;
  readonly log: (line: string) => void;
}

/** Runs cases: a job whose link to one side leads through the proxy, one cut, and the verdict of the databases. */
export class CutRounds {
  readonly #tools: RoundTools;
  readonly #totals: CutTotals = { ...noTotals };
  readonly #hashes = new Map<Side, Promise<string[]>>();

  constructor(tools: RoundTools) {
    this.#tools = tools;
  }

  async run(cases: readonly CutCase[], stopAtFirstDifference = false): Promise<CutTotals> {
    const { lanes, cluster, logFile } = this.#tools;
    const totals = this.#totals;
    const properties = (side: Side) => timeouts(side.kind);
    for (const { no, sides } of lanes) {
      for (const side of Object.values(sides)) {
        await cluster.createLink(side, { name: this.#directLink(no, side), properties: properties(side) });
      }
    }
    const open = [...cases];
    const isOver = () => stopAtFirstDifference && totals.doubledRows + totals.lostRows > 0;
    await Promise.all(
      lanes.map(async (lane) => {
        for (let next = open.shift(); next !== undefined && !isOver(); next = open.shift()) {
          await this.#case(lane, next, cases.length - open.length);
        }
      }),
    );
    totals.triedAgain = (await readFile(logFile, 'utf8')).split('run.tried-again').length - 1;
    return { ...totals };
  }

  async #case(lane: Lane, cutCase: CutCase, no: number): Promise<void> {
    const totals = this.#totals;
    totals.cases++;
    const random = seededRandom(this.#tools.seed * 1_000 + no);
    for (let attempt = 0; attempt <= repetitionsMax; attempt++) {
      const { hasLanded, line } = await this.#attempt(lane, cutCase, `${this.#tools.name}_${no}_${attempt}`, {
        random,
        attempt,
      });
      this.#tools.log(`${no} ${line}`);
      if (hasLanded) {
        totals.landed++;
        return;
      }
      totals.missed++;
    }
  }

  async #attempt(
    lane: Lane,
    cutCase: CutCase,
    name: string,
    chance: { random: () => number; attempt: number },
  ): Promise<{ hasLanded: boolean; line: string }> {
    const { cluster } = this.#tools;
    const from = lane.sides[cutCase.from];
    const to = lane.sides[cutCase.to];
    const cutSide = cutCase.side === 'source' ? from : to;
    const order = orderOf(cutCase, chance.random, chance.attempt, { silenceMs: linkTimeoutMs });
    const proxy = await CutProxy.listen(targetOf(cutSide, cutCase), order);
    const table = `t_${name}`;
    try {
      const link = await cluster.createLink(cutSide, {
        name: `link_${name}`,
        port: proxy.port,
        properties: timeouts(cutSide.kind),
      });
      await to.makeTarget(table);
      await cluster.createJob(name, from, to, table, extractors, {
        fromLink: cutCase.side === 'source' ? link : this.#directLink(lane.no, from),
        toLink: cutCase.side === 'destination' ? link : this.#directLink(lane.no, to),
        partitionColumn,
        isCleared: true,
      });
      proxy.arm();
      const startedAt = Date.now();
      await cluster.startJob(name);
      const end = await cluster.waitForEnd(name, runEndMs);
      const tookMs = Date.now() - startedAt;
      const { evidence } = proxy;
      const verdict =
        evidence === null
          ? `missed, ${end.status}`
          : await this.#judge(cutCase, { name, from, to, table, end, tookMs, proxy });
      const where =
        evidence === null
          ? ''
          : ` (connection ${evidence.connection}, ${evidence.direction}, behind ${evidence.bytesBefore} bytes, at a message of ${evidence.messageBytes})`;
      return {
        hasLanded: evidence !== null,
        line: `${cutCase.from} to ${cutCase.to}, ${cutCase.side} ${cutCase.phase}, ${cutCase.way}${where}: ${verdict} after ${tookMs} ms`,
      };
    } finally {
      proxy.close();
      await to.dropTarget(table);
    }
  }

  async #judge(
    cutCase: CutCase,
    run: {
      readonly name: string;
      readonly from: Side;
      readonly to: Side;
      readonly table: string;
      readonly end: RunEnd;
      readonly tookMs: number;
      readonly proxy: CutProxy;
    },
  ): Promise<string> {
    const totals = this.#totals;
    const { end, name, proxy, to } = run;
    const isOutage = (outages as readonly string[]).includes(cutCase.way);
    if (end.status === null) {
      totals.hung++;
      return 'HUNG';
    }
    totals.slowestMs = Math.max(totals.slowestMs, run.tookMs);
    const hasSucceeded = end.status === 'SUCCEEDED';
    const first = await this.#compare(run.from, to, run.table);
    totals.doubledRows += first.extra;
    const said: string[] = [end.status];
    if (first.extra > 0) said.push(`${first.extra} rows DOUBLED`);
    if (hasSucceeded) {
      totals.succeeded++;
      totals.lostRows += first.lost;
      if (first.lost > 0) said.push(`${first.lost} rows LOST`);
      if (end.rowsWritten !== first.rows || isOutage) {
        totals.wrong++;
        said.push(`WRONG: ${end.rowsWritten} rows counted`);
      }
    } else {
      if (isClearFailure(end.summary, cutCase.side)) totals.failedClearly++;
      else {
        totals.unclear++;
        said.push('UNCLEAR');
      }
      said.push(end.summary ?? 'no summary');
      if (cutCase.way === 'stall') {
        totals.wrong++;
        said.push('WRONG: a stall within the time-out');
      }
      said.push(await this.#startAgain(run));
    }
    proxy.release();
    const left = await to.leftovers();
    const reported = await this.#reportedLeftovers();
    const unreported = left.filter((leftover) => !reported.includes(leftover));
    totals.leftovers += unreported.length;
    totals.reportedLeftovers = Math.max(totals.reportedLeftovers, reported.length);
    if (unreported.length > 0) said.push(`LEFT ${unreported.join(', ')} of ${name}`);
    return said.join(', ');
  }

  /** The databases are reachable again: the job must now succeed with the right rows. */
  async #startAgain(run: {
    readonly name: string;
    readonly from: Side;
    readonly to: Side;
    readonly table: string;
    readonly proxy: CutProxy;
  }): Promise<string> {
    const { cluster } = this.#tools;
    run.proxy.release();
    await run.proxy.comeBack();
    await cluster.startJob(run.name);
    const end = await cluster.waitForEnd(run.name, runEndMs);
    const { lost, extra } = await this.#compare(run.from, run.to, run.table);
    this.#totals.lostRows += lost;
    this.#totals.doubledRows += extra;
    if (end.status !== 'SUCCEEDED') this.#totals.wrong++;
    return `started again: ${end.status}, ${lost} lost, ${extra} extra${end.summary === null ? '' : ` (${end.summary})`}`;
  }

  async #compare(
    from: Side,
    to: Side,
    table: string,
  ): Promise<{ lost: number; extra: number; rows: number }> {
    let hashes = this.#hashes.get(from);
    if (hashes === undefined) {
      hashes = from.rowHashes('source');
      this.#hashes.set(from, hashes);
    }
    const source = await hashes;
    this.#totals.rowsCompared += source.length;
    return { ...compareRows(source, await to.rowHashes(table)), rows: source.length };
  }

  /** Names of checkpoint tables that the server said it could not remove. */
  async #reportedLeftovers(): Promise<string[]> {
    const lines = (await readFile(this.#tools.logFile, 'utf8')).split('\n');
    return lines.flatMap((line) =>
      line.includes('run.discard-failed')
        ? [...line.matchAll(/"runKey":"([0-9a-f]{12})"/g)].map((match) => `_sluice_run_${match[1]}`)
        : [],
    );
  }

  #directLink(lane: number, side: Side): string {
    return `direct_${this.#tools.name}_${lane}_${side.kind}`;
  }
}

/** PostgreSQL's driver counts in seconds, MySQL's in milliseconds. */
function timeouts(kind: Side['kind']): Record<string, string> {
  const value = String(kind === 'postgres' ? linkTimeoutMs / 1_000 : linkTimeoutMs);
  return { connectTimeout: value, socketTimeout: value };
}

function targetOf(side: Side, { side: name }: CutCase): ProxyTarget {
  const url = new URL(side.url);
  return {
    host: url.hostname,
    port: Number(url.port),
    kind: side.kind,
    watch: (memory) =>
      side.kind === 'postgres' ? new PostgresWatch(name, memory) : new MysqlWatch(name, memory),
  };
}
