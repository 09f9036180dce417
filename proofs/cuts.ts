import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';
import { type CaseChoice, type CutCase, cutCases, lastingOutages } from './cuts/cut-cases.ts';
import { ways } from './cuts/cut-order.ts';
import { CutRounds, type CutTotals, type Lane, noTotals } from './cuts/cut-rounds.ts';
import { phases, sides, sourceMeanings } from './cuts/phases.ts';
import { unaskedCommits } from './cuts/unasked-commits.ts';
import { CdmCluster } from './kill/cdm-cluster.ts';
import { givenMariadb, givenPostgres } from './kill/given-servers.ts';
import { plantedCheckout } from './kill/planted-bug.ts';
import { mysqlSide, postgresSide } from './kill/side-table.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'a connection cut at any phase, in any way, on either side: the run ends with the right rows or fails clearly, and no row is doubled';

export const choices = { phase: phases, way: ways, side: sides, pairs: ['all', 'in-turn'] } as const;

/** Rows of the source tables: a slice is large enough that its stream has a middle. */
const sourceRows = 36_000;
/** Cases that run at once: most of their time is waiting. */
const lanesMax = 4;
/** Cases of a run that are a short form: it leaves out the outages that last, which take a minute. */
const shortFormCases = 20;

/**
 * Cuts connections at every phase, in every way, on both sides; then takes databases away for good; then plants a bug in a
 * copy of the project and demands that the lost answers of commits show it.
 */
export async function run(options: ProofOptions): Promise<ProofResult> {
  const seed = options.seed ?? Date.now() % 1_000_000;
  const choice: CaseChoice = options.choice ?? {};
  const all = cutCases(seed, choice);
  const cases = all.slice(0, options.count ?? all.length);
  const { log } = options;
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cuts-'));
  const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const lanes = await openLanes(seed, Math.min(lanesMax, cases.length), log, cleanups);
    log(`seed ${seed}: ${cases.length} cuts; on a source ${inWords(sourceMeanings)}`);
    const honest = await runCases(cases, { folder, lanes, seed, log, name: 'cut' });
    const isShort = cases.length <= shortFormCases;
    const lasting = isShort
      ? { ...noTotals }
      : await runCases(lastingOutages(seed), { folder, lanes, seed, log, name: 'outage' });
    const planted = await runPlanted({ folder, lanes, seed, log, name: 'planted' });
    const isPlantSeen = planted.doubledRows > 0;
    const isGood = (totals: CutTotals) =>
      totals.landed === totals.cases &&
      totals.succeeded + totals.failedClearly === totals.cases &&
      [
        totals.doubledRows,
        totals.lostRows,
        totals.hung,
        totals.unclear,
        totals.wrong,
        totals.leftovers,
      ].every((count) => count === 0);
    return {
      ok: isGood(honest) && isGood(lasting) && lasting.failedClearly === lasting.cases && isPlantSeen,
      figures: {
        seed,
        ...honest,
        lastingOutages: lasting.cases,
        lastingFailedClearly: lasting.failedClearly,
        lastingSlowestMs: lasting.slowestMs,
        lastingLeftoversReported: lasting.reportedLeftovers,
        plantedBugSeen: isPlantSeen,
      },
    };
  } finally {
    for (const cleanup of cleanups)
      await cleanup().catch((error: Error) => log(`clean-up: ${error.message}`));
  }
}

interface CaseTools {
  readonly folder: string;
  readonly lanes: readonly Lane[];
  readonly seed: number;
  readonly log: (line: string) => void;
  readonly name: string;
}

/** Two servers, and in them databases for each lane. */
async function openLanes(
  seed: number,
  count: number,
  log: (line: string) => void,
  cleanups: (() => Promise<unknown>)[],
): Promise<Lane[]> {
  const postgresUrl = await givenPostgres(cleanups);
  const mysqlUrl = await givenMariadb(cleanups, log);
  return await Promise.all(
    Array.from({ length: count }, async (_, no): Promise<Lane> => {
      const database = `cuts_${seed}_${process.pid}_${no}`;
      const postgres = await postgresSide(postgresUrl, database);
      cleanups.unshift(() => postgres.close());
      const mysql = await mysqlSide(mysqlUrl, database);
      cleanups.unshift(() => mysql.close());
      await Promise.all([postgres.prepare(sourceRows), mysql.prepare(sourceRows)]);
      return { no, sides: { postgres, mysql } };
    }),
  );
}

async function runCases(
  cases: readonly CutCase[],
  tools: CaseTools,
  plantedScript: string | null = null,
): Promise<CutTotals> {
  const { lanes, log, name, seed } = tools;
  const server = await SluiceProcess.start({
    dataFolder: join(tools.folder, name),
    ...(plantedScript === null ? {} : { script: plantedScript }),
    env: { SLUICE_WORKERS_MAX: String(2 * lanes.length) },
  });
  try {
    const cluster = await CdmCluster.create(server);
    const rounds = new CutRounds({ cluster, lanes, seed, log, logFile: server.logFile, name });
    return await rounds.run(cases, plantedScript !== null);
  } finally {
    await server.stop();
  }
}

/** Lost answers of commits on a copy that does not ask the destination what it holds: they must double rows. */
async function runPlanted(tools: CaseTools): Promise<CutTotals> {
  const serverScript = await plantedCheckout(join(tools.folder, 'planted-checkout'), unaskedCommits);
  tools.log(`planted bug: ${unaskedCommits.bug}`);
  const cases = cutCases(tools.seed, { phase: 'commit', side: 'destination', way: 'reset', pairs: 'all' });
  return await runCases(cases, tools, serverScript);
}

function inWords(meanings: Readonly<Partial<Record<string, string>>>): string {
  return Object.entries(meanings)
    .map(([phase, meaning]) => `${phase} is where ${meaning}`)
    .join(', ');
}
