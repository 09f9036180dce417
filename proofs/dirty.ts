import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';
import { type DirtyCase, DirtyRounds, type DirtyTotals } from './dirty/dirty-rounds.ts';
import { type DirtySide, mysqlSide, postgresSide } from './dirty/dirty-table.ts';
import { CdmCluster } from './kill/cdm-cluster.ts';
import { givenMariadb, givenPostgres } from './kill/given-servers.ts';
import { type Plant, plantedCheckout } from './kill/planted-bug.ts';
import { seededRandom } from './kill/seeded-random.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'bad rows k of n for k in 0, 1, limit, limit + 1, n, of six kinds, between all pairs of databases, also with workers killed: every good row is there once, every bad one is listed once with its reason';

/** Bad rows allowed in a slice, where a case has a limit. */
const limit = 7;
/** Rows of a table in the full form. */
const rowsDefault = 3_000;

/** The rows of a dead attempt are not told from those of the one that was committed. */
const staleRejects: Plant = {
  bug: 'what an attempt set aside that was never committed stays listed',
  edits: [
    {
      file: 'packages/server/src/store/reject-repository.ts',
      before: ".where('attempt', '<>', attempt)",
      after: ".where('attempt', '=', 'none')",
    },
  ],
};

/** @param options `count`: rows of a table; below 1,000 it is the short form, with one killed run. */
export async function run(options: ProofOptions): Promise<ProofResult> {
  const rows = options.count ?? rowsDefault;
  const isShort = rows < 1_000;
  const seed = options.seed ?? Date.now() % 1_000_000;
  const { log } = options;
  const folder = await mkdtemp(join(tmpdir(), 'sluice-dirty-'));
  const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const sides = await openSides(`dirty_${seed}_${process.pid}`, cleanups, log);
    const pairs = sides.flatMap((from) => sides.map((to) => ({ from, to })));
    log(`seed ${seed}: ${rows} rows over ${pairs.length} pairs of databases`);
    const honest = await withRounds(join(folder, 'honest'), sides, seed, log, async (rounds) => {
      for (const pair of pairs) for (const each of casesOf(pair, rows, isShort)) await rounds.run(each);
    });
    const script = await plantedCheckout(join(folder, 'planted-checkout'), staleRejects);
    log(`planted bug: ${staleRejects.bug}`);
    // Its batches are small, so that rejects of many are told before the commit.
    const pair = pairs.find(({ from, to }) => from.kind === 'mysql' && to.kind === 'postgres');
    if (pair === undefined) throw new Error('there is no pair of databases');
    const planted = await withRounds(
      join(folder, 'planted'),
      sides,
      seed + 1,
      log,
      async (rounds) => {
        const all = { ...pair, rows: 4_500, planted: 4_500, limit: null, extractors: 1, isReplayed: false };
        for (let tries = 0; tries < 4 && rounds.totals.differences === 0; tries++)
          await rounds.run({ ...all, killedWithinMs: 2_000 });
      },
      script,
    );
    const isClean = honest.differences + honest.wrongEnds + honest.leftovers === 0;
    return {
      ok: isClean && honest.killsLanded > 0 && planted.differences > 0,
      figures: { seed, pairs: pairs.length, ...honest, plantedBugSeen: planted.differences > 0 },
    };
  } finally {
    for (const cleanup of cleanups)
      await cleanup().catch((error: Error) => log(`clean-up: ${error.message}`));
  }
}

function casesOf(
  pair: { readonly from: DirtySide; readonly to: DirtySide },
  rows: number,
  isShort: boolean,
): readonly DirtyCase[] {
  const plain = { ...pair, rows, limit: null, extractors: 1, killedWithinMs: null, isReplayed: false };
  const limited = [0, 1, limit, limit + 1, rows].map((planted) => ({ ...plain, planted, limit }));
  const whole = { ...plain, planted: isShort ? limit * 6 : rows };
  // A replay whose worker is killed waits for its next turn: in the short form once for each destination.
  const isReplayed = pair.from.kind === pair.to.kind;
  if (isShort) return [...limited.slice(3, 4), { ...whole, killedWithinMs: 300, isReplayed }];
  return [
    ...limited,
    { ...plain, planted: limit + 1, isReplayed: true },
    { ...whole, extractors: 3 },
    { ...whole, killedWithinMs: 1_500, isReplayed: true },
    { ...plain, planted: Math.floor(rows / 10), extractors: 3, killedWithinMs: 300 },
  ];
}

async function withRounds(
  dataFolder: string,
  sides: readonly DirtySide[],
  seed: number,
  log: (line: string) => void,
  work: (rounds: DirtyRounds) => Promise<void>,
  script?: string,
): Promise<DirtyTotals> {
  const server = await SluiceProcess.start({ dataFolder, ...(script === undefined ? {} : { script }) });
  try {
    const cluster = await CdmCluster.create(server);
    for (const side of sides) await cluster.createLink(side);
    const rounds = new DirtyRounds(cluster, server, seededRandom(seed), log);
    await work(rounds);
    return rounds.totals;
  } finally {
    await server.stop();
  }
}

/** Both kinds of servers; the cleanups undo what is made, the newest first. */
async function openSides(
  database: string,
  cleanups: (() => Promise<unknown>)[],
  log: (line: string) => void,
): Promise<readonly DirtySide[]> {
  const [postgres, mysql] = [await givenPostgres(cleanups), await givenMariadb(cleanups, log)];
  const sides = [await postgresSide(postgres, database), await mysqlSide(mysql, database)];
  for (const side of sides) cleanups.unshift(() => side.close());
  return sides;
}
