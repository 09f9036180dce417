import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMariadb } from '../tools/servers/mariadb.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import { ServerUnavailable } from '../tools/servers/running-server.ts';
import { forgetfulSlices, plantedCheckout } from './kill/planted-bug.ts';
import { KillRounds, type KillTotals } from './kill/rounds.ts';
import { mysqlSide, postgresSide, type Side } from './kill/side-table.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'kill -9 of server or worker at random moments: no acknowledged write lost, no row lost or doubled, one terminal state per run';

/** Rows of the source tables: a run lasts a second or more, so that a kill can land in it. */
const sourceRows = 120_000;
/** Kills that may miss (the run was over already) before the proof gives up. */
const missesPerKillMax = 4;

/**
 * Kills until `count` kills have landed, then plants a bug in a copy of the project and demands that the same rounds see it.
 */
export async function run(options: ProofOptions): Promise<ProofResult> {
  const count = options.count ?? 60;
  const seed = options.seed ?? Date.now() % 1_000_000;
  const log = options.log;
  const folder = await mkdtemp(join(tmpdir(), 'sluice-kill-'));
  const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const sides: Side[] = [];
    const postgres = await startPostgres();
    cleanups.unshift(() => postgres.stop());
    const database = `kill_${seed}_${process.pid}`;
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

    log(`seed ${seed}: ${count} kills over ${sides.length ** 2} pairs of databases`);
    const honest = await new KillRounds({ sides, folder: join(folder, 'honest'), seed, log }).run({
      landedWanted: count,
      attemptsMax: count * missesPerKillMax + 8,
    });
    const planted = await runPlanted(sides, folder, seed, log, Math.max(6, Math.round(count / 10)));

    const isHonestGood =
      honest.landed >= count &&
      honest.lostWrites === 0 &&
      honest.lostRows === 0 &&
      honest.extraRows === 0 &&
      honest.unsettledRuns === 0 &&
      honest.wrongRuns === 0 &&
      honest.leftovers === 0;
    const isPlantSeen = planted.lostRows + planted.extraRows + planted.wrongRuns > 0;
    return {
      ok: isHonestGood && isPlantSeen,
      figures: { seed, ...honest, plantedBugSeen: isPlantSeen, plantedKills: planted.landed },
    };
  } finally {
    for (const cleanup of cleanups)
      await cleanup().catch((error: Error) => log(`clean-up: ${error.message}`));
  }
}

/** The same rounds on a copy whose commits are not atomic with their checkpoints: they must find doubled rows. */
async function runPlanted(
  sides: readonly Side[],
  folder: string,
  seed: number,
  log: (line: string) => void,
  kills: number,
): Promise<KillTotals> {
  const checkout = await plantedCheckout(join(folder, 'planted-checkout'), forgetfulSlices);
  log(`planted bug: ${forgetfulSlices.bug}`);
  return await new KillRounds({
    sides,
    folder: join(folder, 'planted'),
    seed: seed + 1,
    log,
    serverScript: checkout.serverScript,
  }).run({ landedWanted: kills, attemptsMax: kills * missesPerKillMax, stopAtFirstDifference: true });
}
