import type { Candidate, CopyCost } from './candidates/candidate.ts';
import { ProcessTable } from './measure/process-table.ts';
import { median, rounded, spreadOf } from './measure/statistics.ts';
import type { CandidateResult } from './results.ts';
import type { ServerKind, Stage, TableProof } from './stage.ts';
import type { BenchTable } from './tables/bench-table.ts';

/** No copy of these sizes takes half of this on a machine worth measuring, in milliseconds. */
const COPY_LIMIT_MS = 30 * 60_000;
/** A peer whose warm-up took so many times as long as the best peer's cannot become the best, and is not measured again. */
const CONTENDER_FACTOR = 1.3;
/** Nor is one that took so many times as long as Sluice: what targets ask of peers is decided by then. */
const OUTRUN_FACTOR = 4;
/** A peer that takes so many times as long as the fastest is given up, but never before the time below. */
const GIVE_UP_FACTOR = 5;
const GIVE_UP_MIN_MS = 60_000;

interface MeasuredCopy extends CopyCost {
  readonly seconds: number;
  readonly serverCpuSeconds: Readonly<Partial<Record<ServerKind, number>>>;
}

export interface Comparison {
  readonly stage: Stage;
  readonly source: ServerKind;
  readonly target: ServerKind;
  readonly table: BenchTable;
  /** Of the source table. */
  readonly proof: TableProof;
  readonly candidates: readonly Candidate[];
  /** Peers that a target names: measured in every round, however slow. */
  readonly namedPeers?: ReadonlySet<string>;
  readonly runs: number;
  readonly say: (line: string) => void;
}

/**
 * Warms every candidate up once and has the databases compare what arrived with the source; then measures
 * A B C A B C …, each on a new target table, so that what else the machine does falls on all alike.
 */
export async function alternate(comparison: Comparison): Promise<{
  readonly results: CandidateResult[];
  readonly failed: { readonly name: string; readonly reason: string }[];
}> {
  const { candidates, runs, say } = comparison;
  const failed: { name: string; reason: string }[] = [];
  const states = new Map<
    Candidate,
    { copies: MeasuredCopy[]; remark: string | null; isRight: boolean; warmUp: number }
  >();
  for (const candidate of candidates) {
    try {
      const fastestMs = Math.min(...[...states.values()].map(({ warmUp }) => warmUp)) * 1_000;
      const limitMs =
        candidate.role === 'peer' && Number.isFinite(fastestMs)
          ? Math.min(COPY_LIMIT_MS, Math.max(GIVE_UP_MIN_MS, Math.ceil(fastestMs * GIVE_UP_FACTOR)))
          : COPY_LIMIT_MS;
      const warmUp = await measureCopy(comparison, candidate, limitMs);
      const remark = await differenceOf(comparison);
      states.set(candidate, { copies: [warmUp], remark, isRight: remark === null, warmUp: warmUp.seconds });
      say(
        `  ${candidate.name.padEnd(18)} warm-up ${warmUp.seconds.toFixed(2)} s${remark === null ? '' : `, WRONG: ${remark}`}`,
      );
    } catch (error) {
      // What we promise has to work; a tool of others that fails is a finding.
      if (candidate.role === 'sluice') throw error;
      const reason = firstLines((error as Error).message);
      failed.push({ name: candidate.name, reason });
      say(`  ${candidate.name.padEnd(18)} failed: ${reason}`);
    }
  }
  const verdictOn = verdicts(states, comparison.namedPeers ?? new Set());
  const lasting = new Map(states);
  for (const [candidate, state] of states) {
    const verdict = verdictOn(candidate);
    if (verdict === null) continue;
    state.remark ??= `measured once: ${verdict}`;
    lasting.delete(candidate);
  }
  for (let run = 1; run <= runs; run++) {
    for (const [candidate, state] of lasting) {
      let copy: MeasuredCopy;
      try {
        copy = await measureCopy(comparison, candidate, COPY_LIMIT_MS);
      } catch (error) {
        if (candidate.role === 'sluice') throw error;
        // What it took before stands, with the word that it does not always come to an end.
        lasting.delete(candidate);
        state.remark = `failed in run ${run}: ${firstLines((error as Error).message)}`;
        say(`  ${candidate.name.padEnd(18)} ${state.remark}`);
        continue;
      }
      // The warm-up counts only for whoever has nothing else.
      if (run === 1) state.copies.length = 0;
      const rows = await comparison.stage.rowCount(
        comparison.stage.target(comparison.target, comparison.table.name),
      );
      if (rows !== comparison.proof.rows) {
        state.isRight = false;
        state.remark = `run ${run}: ${rows} rows arrived instead of ${comparison.proof.rows}`;
      }
      state.copies.push(copy);
      say(`  ${candidate.name.padEnd(18)} run ${run}: ${copy.seconds.toFixed(2)} s`);
    }
  }
  const results = [...states].map(([candidate, { copies, remark, isRight }]) =>
    resultOf(candidate, copies, comparison.proof.rows, isRight, remark),
  );
  return { results, failed };
}

/**
 * Who is measured in every round: Sluice, the limits, and those peers that targets are about or that may turn out to be
 * the best. What the others take would change no verdict, and costs an hour of the machine.
 * @returns why a candidate is not measured again; null: it is.
 */
function verdicts(
  states: ReadonlyMap<Candidate, { readonly isRight: boolean; readonly warmUp: number }>,
  namedPeers: ReadonlySet<string>,
): (candidate: Candidate) => string | null {
  const fastest = (role: Candidate['role']) =>
    Math.min(
      ...[...states].flatMap(([one, { isRight, warmUp }]) => (one.role === role && isRight ? [warmUp] : [])),
    );
  const bestPeer = fastest('peer');
  const sluice = fastest('sluice');
  return (candidate) => {
    if (candidate.role !== 'peer' || namedPeers.has(candidate.name)) return null;
    const state = states.get(candidate);
    if (state?.isRight !== true) return 'what arrived was not right';
    if (state.warmUp > CONTENDER_FACTOR * bestPeer)
      return `the best peer was at least ${CONTENDER_FACTOR} times as fast`;
    if (state.warmUp > OUTRUN_FACTOR * sluice) return `Sluice was at least ${OUTRUN_FACTOR} times as fast`;
    return null;
  };
}

async function measureCopy(
  comparison: Comparison,
  candidate: Candidate,
  limitMs: number,
): Promise<MeasuredCopy> {
  const { stage, table, proof } = comparison;
  await stage.renewTarget(comparison.target, table, candidate.makesTarget);
  const order = {
    table,
    source: stage.source(comparison.source, table.name),
    target: stage.target(comparison.target, table.name),
    rows: proof.rows,
    limitMs,
  };
  const before = ProcessTable.read();
  const start = performance.now();
  const cost = await candidate.copy(order);
  const seconds = cost.seconds ?? (performance.now() - start) / 1_000;
  const after = ProcessTable.read();
  const serverCpuSeconds: Partial<Record<ServerKind, number>> = {};
  for (const { kind, pid } of stage.servers) {
    const spent = (processes: ProcessTable) => processes.ownSeconds(pid) + processes.descendantSeconds(pid);
    serverCpuSeconds[kind] = spent(after) - spent(before);
  }
  return { ...cost, seconds, serverCpuSeconds };
}

/** What the databases say of both tables; null when they are equal. */
async function differenceOf({ stage, target, table, proof }: Comparison): Promise<string | null> {
  try {
    const arrived = await stage.proof(stage.target(target, table.name), table);
    if (arrived.rows !== proof.rows) return `${arrived.rows} rows arrived instead of ${proof.rows}`;
    return arrived.checksum === proof.checksum ? null : 'the checksum differs from the source';
  } catch (error) {
    return `the target table cannot be read: ${firstLines((error as Error).message)}`;
  }
}

function resultOf(
  candidate: Candidate,
  copies: readonly MeasuredCopy[],
  rows: number,
  isRight: boolean,
  remark: string | null,
): CandidateResult {
  const seconds = spreadOf(copies.map((copy) => copy.seconds));
  const middle = (pick: (copy: MeasuredCopy) => number | undefined): number | undefined => {
    const numbers = copies.map(pick);
    return numbers.every((number) => number !== undefined) ? rounded(median(numbers), 2) : undefined;
  };
  const parts = {
    worker: middle((copy) => copy.workerCpuSeconds),
    postgres: middle((copy) => copy.serverCpuSeconds.postgres),
    mariadb: middle((copy) => copy.serverCpuSeconds.mariadb),
  };
  return {
    name: candidate.name,
    role: candidate.role,
    how: candidate.how,
    version: candidate.version,
    runSeconds: copies.map((copy) => rounded(copy.seconds, 3)),
    seconds,
    rowsPerSecond: Math.round(rows / seconds.median),
    cpuSeconds: {
      candidate: middle((copy) => copy.cpuSeconds) ?? 0,
      ...(parts.worker === undefined ? {} : { worker: parts.worker }),
      ...(parts.postgres === undefined ? {} : { postgres: parts.postgres }),
      ...(parts.mariadb === undefined ? {} : { mariadb: parts.mariadb }),
    },
    peakRssMb: Math.round(Math.max(...copies.map((copy) => copy.peakRssMb))),
    isRight,
    ...(remark === null ? {} : { remark }),
  };
}

/** A tool's complaint at a length that fits a table. */
function firstLines(text: string): string {
  const plain = text.replace(/\s+/g, ' ').trim();
  return plain.length <= 300 ? plain : `${plain.slice(0, 140)} … ${plain.slice(-150)}`;
}
