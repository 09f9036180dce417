import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { givenMariadbOrNone, givenPostgres } from './kill/given-servers.ts';
import { plantedCheckout, plants } from './kill/planted-bug.ts';
import {
  KillRounds,
  type KillTotals,
  type RoundLimits,
  type RoundTools,
  type Target,
} from './kill/rounds.ts';
import { mysqlSide, postgresSide, type Side } from './kill/side-table.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'kill -9 of server or worker at random moments, and resumed runs: no acknowledged write lost, no row lost or doubled, one terminal state per run';

/** Whom the kills hit. */
export const choices = { target: ['workers', 'server', 'both'] } as const;

/** Rows of the source tables: a run lasts a second or more, so that a kill can land in it. */
const sourceRows = 120_000;
/** Kills that may miss (the run was over already) before the proof gives up. */
const missesPerKillMax = 4;
/** With `both`, the server is killed once for so many kills of a worker. */
const workerKillsPerServerKill = 8;
/** One run in so many kills is made to fail or stopped, and resumed. */
const killsPerResume = 8;
/** Undisturbed runs of each pair and parallelism; with fewer kills than this nobody asks what a kill costs. */
const undisturbedFirst = 2;
const killsForTimes = 10;

/**
 * Kills until `count` kills have landed: of workers; of the server, with the target `server`; of workers and some of the
 * server besides, with `both`. Then plants bugs in copies of the project and demands that the same rounds see them.
 */
export async function run(options: ProofOptions): Promise<ProofResult> {
  const count = options.count ?? 60;
  const seed = options.seed ?? Date.now() % 1_000_000;
  const target = (options.choice?.target ?? 'both') as Target;
  const log = options.log;
  const folder = await mkdtemp(join(tmpdir(), 'sluice-kill-'));
  const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const sides = await openSides(`kill_${seed}_${process.pid}`, cleanups, log);
    const limits = limitsOf(target, count);
    log(`seed ${seed}: ${JSON.stringify(limits)} over ${sides.length ** 2} pairs of databases`);
    const rounds = new KillRounds({ sides, folder: join(folder, 'honest'), seed, log });
    const honest = await rounds.run(limits);
    const { lostTime } = rounds;
    const [worker, server] = [lostTime.perKill('worker'), lostTime.perKill('server')];
    const undisturbedMedians = lostTime.baselines();
    const tools = { sides, folder, seed: seed + 1, log, lostTime };
    const kills = Math.max(6, Math.round(count / 20));
    const onPosition = {
      workerKills: kills,
      serverKills: 0,
      resumes: 0,
      attemptsMax: kills * missesPerKillMax,
      undisturbedFirst: 0,
    };
    const onResume = {
      workerKills: 0,
      serverKills: 0,
      resumes: 4,
      attemptsMax: 4 * missesPerKillMax,
      undisturbedFirst: 0,
    };
    const seen = {
      plantedBugSeen: isRed(await runPlanted('position', onPosition, tools)),
      plantedResumeBugSeen: isRed(await runPlanted('resume', onResume, tools)),
    };
    const isHonestGood =
      honest.landedOnWorker >= limits.workerKills &&
      honest.landedOnServer >= limits.serverKills &&
      honest.resumedRuns >= limits.resumes &&
      honest.lostWrites === 0 &&
      honest.unsettledRuns === 0 &&
      honest.leftovers === 0 &&
      !isRed(honest);
    return {
      ok: isHonestGood && seen.plantedBugSeen && seen.plantedResumeBugSeen,
      figures: {
        seed,
        target,
        ...honest,
        timeLostPerKillShare: worker?.share ?? null,
        timeLostPerKillMs: worker?.ms ?? null,
        timeLostPerServerKillShare: server?.share ?? null,
        timeLostPerServerKillMs: server?.ms ?? null,
        undisturbedMedians,
        ...seen,
      },
    };
  } finally {
    for (const cleanup of cleanups)
      await cleanup().catch((error: Error) => log(`clean-up: ${error.message}`));
  }
}

/** Both kinds of servers with filled source tables; the cleanups undo it, the newest first. */
async function openSides(
  database: string,
  cleanups: (() => Promise<unknown>)[],
  log: (line: string) => void,
): Promise<readonly Side[]> {
  const sides: Side[] = [];
  sides.push(await postgresSide(await givenPostgres(cleanups), database));
  const mariadb = await givenMariadbOrNone(cleanups, log);
  if (mariadb !== null) sides.push(await mysqlSide(mariadb, database));
  for (const side of sides) cleanups.unshift(() => side.close());
  for (const side of sides) await side.prepare(sourceRows);
  return sides;
}

function limitsOf(target: Target, count: number): RoundLimits {
  const workerKills = target === 'server' ? 0 : count;
  const serverKills =
    target === 'server' ? count : target === 'both' ? Math.ceil(count / workerKillsPerServerKill) : 0;
  const resumes = Math.max(2, Math.ceil(count / killsPerResume));
  const attemptsMax = (workerKills + serverKills + resumes) * missesPerKillMax + 8;
  return {
    workerKills,
    serverKills,
    resumes,
    attemptsMax,
    undisturbedFirst: count < killsForTimes ? 0 : undisturbedFirst,
  };
}

function isRed(totals: KillTotals): boolean {
  return totals.lostRows + totals.extraRows + totals.wrongRuns > 0;
}

/** The same rounds on a copy with a bug: they must find rows lost or doubled. */
async function runPlanted(
  name: keyof typeof plants,
  limits: RoundLimits,
  tools: Pick<RoundTools, 'sides' | 'folder' | 'seed' | 'log' | 'lostTime'>,
): Promise<KillTotals> {
  const serverScript = await plantedCheckout(join(tools.folder, `planted-${name}-checkout`), plants[name]);
  tools.log(`planted bug: ${plants[name].bug}`);
  const rounds = new KillRounds({ ...tools, folder: join(tools.folder, `planted-${name}`), serverScript });
  return await rounds.run({ ...limits, stopAtFirstDifference: true });
}
