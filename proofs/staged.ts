import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';
import { CdmCluster } from './kill/cdm-cluster.ts';
import { givenMariadb, givenPostgres } from './kill/given-servers.ts';
import { plantedCheckout } from './kill/planted-bug.ts';
import { seededRandom } from './kill/seeded-random.ts';
import { mysqlSide, postgresSide, type Side } from './kill/side-table.ts';
import type { ProofOptions, ProofResult } from './proof.ts';
import { crashPoints, missingPoints, moments, unansweredPoints } from './staged/crash-points.ts';
import { type CrashCase, CrashRounds, type CrashTotals, isClean, victims } from './staged/crash-rounds.ts';
import { conflicts, StagedDestination } from './staged/destination.ts';
import { halvedMove } from './staged/halved-move.ts';

export const promise =
  'staged runs killed at every step, worker or server: the destination is as before or as after, never between, and nothing of ours is left';

export const choices = { point: crashPoints, to: ['postgres', 'mysql'], victim: victims } as const;

/** Rows of the source: several slices, and a move that takes a moment. */
const sourceRows = 12_000;
const kinds = ['postgres', 'mysql'] as const;
/** With the bug, these crashes come between the two transactions that ought to be one. */
const plantedCases: readonly CrashCase[] = [
  {
    point: 'stage-drop',
    moment: 'before',
    victim: 'worker',
    from: 'mysql',
    to: 'postgres',
    conflict: 'EXCEPTION',
  },
  {
    point: 'move-begin',
    moment: 'before',
    victim: 'worker',
    from: 'postgres',
    to: 'mysql',
    conflict: 'EXCEPTION',
  },
];

/**
 * Kills `kill -9` at every point, in every moment, of every victim, over both destinations; `count`: so many of them, in
 * the order of the seed. Then plants a bug in a copy of the project and demands that the same rounds see it.
 */
export async function run(options: ProofOptions): Promise<ProofResult> {
  const { log } = options;
  const seed = options.seed ?? Date.now() % 1_000_000;
  const all = crashCases(seed, options.choice ?? {});
  const cases = all.slice(0, options.count ?? all.length);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-staged-'));
  const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const destinations = await openDestinations(`staged_${seed}_${process.pid}`, cleanups, log);
    log(`seed ${seed}: ${cases.length} crashes at ${crashPoints.length} points`);
    const honest = await runCases(cases, {
      destinations,
      folder: join(folder, 'honest'),
      name: 'crash',
      log,
    });
    const script = await plantedCheckout(join(folder, 'planted-checkout'), halvedMove);
    log(`planted bug: ${halvedMove.bug}`);
    const planted = plantedCases.filter(({ to }) => (options.choice?.to ?? to) === to);
    const tools = { destinations, folder: join(folder, 'planted'), name: 'planted', log };
    const halved = await runCases(planted, tools, script);
    const seen = Math.min(halved.landed, halved.wrongDestinations);
    return {
      ok: honest.landed === honest.cases && isClean(honest) && seen === planted.length,
      figures: {
        seed,
        points: new Set(cases.map(({ point }) => point)).size,
        ...honest,
        plantedBugSeen: `${seen} of ${planted.length}`,
      },
    };
  } finally {
    for (const cleanup of cleanups)
      await cleanup().catch((error: Error) => log(`clean-up: ${error.message}`));
  }
}

/** Every point that a system has, in every moment that the point has, for every victim; pairs and conflict modes take turns. */
function crashCases(seed: number, choice: Readonly<Record<string, string>>): CrashCase[] {
  const cases: CrashCase[] = [];
  for (const to of kinds) {
    for (const [pointNo, point] of crashPoints.entries()) {
      for (const [momentNo, moment] of moments.entries()) {
        for (const [victimNo, victim] of victims.entries()) {
          // Each victim meets each mode at each point, and each mode rows of both systems.
          const turn = seed + pointNo + momentNo + victimNo;
          if (missingPoints[to].has(point) || (moment === 'after' && unansweredPoints.has(point))) continue;
          const isChosen =
            (choice.to ?? to) === to &&
            (choice.point ?? point) === point &&
            (choice.victim ?? victim) === victim;
          if (!isChosen) continue;
          const from = kinds[(seed + momentNo + victimNo) % kinds.length] ?? 'postgres';
          const conflict = conflicts[turn % conflicts.length] ?? 'EXCEPTION';
          cases.push({ point, moment, victim, from, to, conflict });
        }
      }
    }
  }
  const random = seededRandom(seed);
  for (let i = cases.length - 1; i > 0; i--) {
    const j = Math.trunc(random() * (i + 1));
    [cases[i], cases[j]] = [cases[j] as CrashCase, cases[i] as CrashCase];
  }
  return cases;
}

/** Two servers with filled source tables of the same rows. */
async function openDestinations(
  database: string,
  cleanups: (() => Promise<unknown>)[],
  log: (line: string) => void,
): Promise<Readonly<Record<Side['kind'], StagedDestination>>> {
  const postgresUrl = await givenPostgres(cleanups);
  const mysqlUrl = await givenMariadb(cleanups, log);
  const open = async (side: Side): Promise<StagedDestination> => {
    cleanups.unshift(() => side.close());
    await side.prepare(sourceRows);
    const destination = await StagedDestination.open(side);
    cleanups.unshift(() => destination.close());
    return destination;
  };
  return {
    postgres: await open(await postgresSide(postgresUrl, database)),
    mysql: await open(await mysqlSide(mysqlUrl, database)),
  };
}

interface CaseTools {
  readonly destinations: Readonly<Record<Side['kind'], StagedDestination>>;
  readonly folder: string;
  readonly name: string;
  readonly log: (line: string) => void;
}

async function runCases(
  cases: readonly CrashCase[],
  { destinations, folder, name, log }: CaseTools,
  script: string | null = null,
): Promise<CrashTotals> {
  const server = await SluiceProcess.start({
    dataFolder: folder,
    ...(script === null ? {} : { script }),
    env: { SLUICE_WORKERS_MAX: '2' },
  });
  try {
    const cluster = await CdmCluster.create(server);
    const rounds = new CrashRounds({ server, cluster, destinations, rows: sourceRows, name, log });
    return await rounds.run(cases);
  } finally {
    await server.stop();
  }
}
