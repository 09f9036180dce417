import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMariadb } from '../tools/servers/mariadb.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import { ServerUnavailable } from '../tools/servers/running-server.ts';
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
    const tools = { sides, folder, seed: seed + 1, log };
    const kills = Math.max(6, Math.round(count / 20));
    const onPosition = {
      workerKills: kills,
      serverKills: 0,
      resumes: 0,
      attemptsMax: kills * missesPerKillMax,
    };
    const onResume = { workerKills: 0, serverKills: 0, resumes: 4, attemptsMax: 4 * missesPerKillMax };
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
    const { lostTime } = rounds;
    const [worker, server] = [lostTime.perKill('worker'), lostTime.perKill('server')];
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
        undisturbedMedians: lostTime.baselines(),
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
  const postgres = await startPostgres();
  cleanups.unshift(() => postgres.stop());
  sides.push(await postgresSide(postgres.url, database));
  const mariadb = await startMariadb({ say: log }).catch((error: unknown) => {
    if (!(error instanceof ServerUnavailable)) throw error;
    log(`skipped: the pairs with MariaDB (${error.message})`);
    return null;
  });
  if (mariadb !== null) {
    cleanups.unshift(() => mariadb.stop());
    sides.push(await mysqlSide(mariadb.url, database));
  }
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
  return { workerKills, serverKills, resumes, attemptsMax };
}

function isRed(totals: KillTotals): boolean {
  return totals.lostRows + totals.extraRows + totals.wrongRuns > 0;
}

/** The same rounds on a copy with a bug: they must find rows lost or doubled. */
async function runPlanted(
  name: keyof typeof plants,
  limits: RoundLimits,
  tools: Pick<RoundTools, 'sides' | 'folder' | 'seed' | 'log'>,
): Promise<KillTotals> {
  const serverScript = await plantedCheckout(join(tools.folder, `planted-${name}-checkout`), plants[name]);
  tools.log(`planted bug: ${plants[name].bug}`);
  const rounds = new KillRounds({ ...tools, folder: join(tools.folder, `planted-${name}`), serverScript });
  return await rounds.run({ ...limits, stopAtFirstDifference: true });
}
