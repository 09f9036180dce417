import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';
import { givenMariadbOrNone, givenPostgres } from './kill/given-servers.ts';
import { type Plant, plantedCheckout } from './kill/planted-bug.ts';
import { seededRandom } from './kill/seeded-random.ts';
import type { ProofOptions, ProofResult } from './proof.ts';
import { BigTable } from './verify/big-table.ts';
import { cleanTable } from './verify/clean-table.ts';
import { type ComparedSide, mysqlComparedSide, postgresComparedSide } from './verify/compared-side.ts';
import { type ShownVerification, VerifyingCluster } from './verify/verifying-cluster.ts';

export const promise =
  'verify finds every changed, missing and extra row among a million at ten random places each, raises no alarm on 20 clean tables of varied types over all pairs, and repair makes both sides the same';

const kinds = ['postgres', 'mysql'] as const;

/** From which database to which; all of them when it is missing. */
export const choices = { pair: kinds.flatMap((from) => kinds.map((to) => `${from}-to-${to}`)) };

/** Rows of the large table, unless `--count` says otherwise. */
const bigRowsDefault = 1_000_000;
const cleanTables = 20;
const cleanRows = 1_500;
/** Of each kind of difference. */
const placesOfEach = 10;
/** A table with a bug planted need not be large. */
const plantedRows = 20_000;

const plant: Plant = {
  bug: 'parts with the same number of rows count as the same',
  edits: [
    {
      file: 'packages/engine/src/compare/row-differences.ts',
      before: 'their?.rows === ours.rows && their.sum === ours.sum',
      after: 'their?.rows === ours.rows',
    },
  ],
};

interface Sizes {
  /** null: all. */
  readonly pair: string | null;
  readonly bigRows: number;
  readonly cleanTables: number;
  readonly cleanRows: number;
}

/** Over all ordered pairs of the servers that are there; a small count makes all of it small. */
export async function run(options: ProofOptions): Promise<ProofResult> {
  const { log } = options;
  const seed = options.seed ?? Date.now() % 1_000_000;
  const bigRows = options.count ?? bigRowsDefault;
  const isSmall = bigRows < bigRowsDefault;
  const sizes = {
    pair: options.choice?.pair ?? null,
    bigRows,
    cleanTables: isSmall ? 4 : cleanTables,
    cleanRows: isSmall ? 200 : cleanRows,
  };
  const folder = await mkdtemp(join(tmpdir(), 'sluice-verify-'));
  const cleanups: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const sides = await openSides(`verify_${seed}_${process.pid}`, cleanups, log);
    log(`seed ${seed}, ${bigRows} rows, ${sides.length ** 2} pairs of databases`);
    const honest = await compareAll(sides, sizes, seed, { folder: join(folder, 'honest'), log });
    const script = await plantedCheckout(join(folder, 'planted-checkout'), plant);
    log(`planted bug: ${plant.bug}`);
    const small = { pair: null, bigRows: Math.min(bigRows, plantedRows), cleanTables: 0, cleanRows: 0 };
    const planted = await compareAll(sides.slice(0, 1), small, seed + 1, {
      folder: join(folder, 'planted'),
      script,
      log,
    });
    const plantedBugSeen = planted.missedDifferences > 0;
    return {
      ok:
        plantedBugSeen &&
        honest.falseAlarms === 0 &&
        honest.missedDifferences === 0 &&
        honest.wrongDifferences === 0 &&
        honest.unequalAfterRepair === 0 &&
        honest.pairs.length > 0 &&
        honest.runsVerified === honest.pairs.length &&
        honest.cleanVerifications === sizes.cleanTables * honest.pairs.length,
      figures: { seed, rows: bigRows, ...honest, plantedBugSeen },
    };
  } finally {
    for (const cleanup of cleanups) {
      try {
        await cleanup();
      } catch (error) {
        log(`clean-up: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}

async function openSides(
  database: string,
  cleanups: (() => unknown)[],
  log: (line: string) => void,
): Promise<readonly ComparedSide[]> {
  const sides: ComparedSide[] = [];
  sides.push(await postgresComparedSide(await givenPostgres(cleanups), database));
  const mariadb = await givenMariadbOrNone(cleanups, log);
  if (mariadb !== null) sides.push(await mysqlComparedSide(mariadb, database));
  for (const side of sides) cleanups.unshift(() => side.close());
  return sides;
}

interface PairFigures {
  readonly pair: string;
  readonly copyMs: number;
  readonly verifyMs: number;
  /** Time of verifying what is the same, as a share of the copy's. */
  readonly share: number;
  readonly verifyDifferentMs: number;
  readonly repairMs: number;
}

interface Totals {
  readonly pairs: PairFigures[];
  /** Runs with `sluiceConfig.verify` that succeeded. */
  runsVerified: number;
  cleanVerifications: number;
  falseAlarms: number;
  foundDifferences: number;
  missedDifferences: number;
  /** Reported, and not planted. */
  wrongDifferences: number;
  unequalAfterRepair: number;
}

interface World {
  readonly folder: string;
  /** The command line's script; the project's own by default. */
  readonly script?: string;
  readonly log: (line: string) => void;
}

async function compareAll(
  sides: readonly ComparedSide[],
  sizes: Sizes,
  seed: number,
  { folder, script, log }: World,
): Promise<Totals> {
  const server = await SluiceProcess.start({
    dataFolder: folder,
    ...(script === undefined ? {} : { script }),
  });
  try {
    const cluster = await VerifyingCluster.create(server);
    const random = seededRandom(seed);
    const totals: Totals = {
      pairs: [],
      runsVerified: 0,
      cleanVerifications: 0,
      falseAlarms: 0,
      foundDifferences: 0,
      missedDifferences: 0,
      wrongDifferences: 0,
      unequalAfterRepair: 0,
    };
    for (const side of sides) await cluster.createLink(side);
    const suffix = script === undefined ? '' : '_planted';
    for (const side of sides) {
      const table = new BigTable(side, `big${suffix}`);
      await table.create();
      await table.fill(sizes.bigRows);
    }
    for (let no = 0; no < sizes.cleanTables; no++) {
      const table = cleanTable(no, sizes.cleanRows, random);
      for (const side of sides) {
        await table.create(side, table.name);
        await table.fill(side);
      }
    }
    for (const from of sides) {
      for (const to of sides) {
        if (sizes.pair !== null && sizes.pair !== `${from.kind}-to-${to.kind}`) continue;
        await compareClean(cluster, from, to, sizes, seed, totals, log);
        totals.pairs.push(await compareBig(cluster, from, to, sizes, random, totals, log, suffix));
      }
    }
    return totals;
  } finally {
    await server.stop();
  }
}

async function compareClean(
  cluster: VerifyingCluster,
  from: ComparedSide,
  to: ComparedSide,
  sizes: Sizes,
  seed: number,
  totals: Totals,
  log: (line: string) => void,
): Promise<void> {
  // The same numbers as when the sources were made: only the tables' definitions are of interest.
  const random = seededRandom(seed);
  for (let no = 0; no < sizes.cleanTables; no++) {
    const table = cleanTable(no, sizes.cleanRows, random);
    const target = `${table.name}_from_${from.kind}`;
    await table.create(to, target);
    const { job, run } = await cluster.copy(from, table.name, to, target);
    if (run.state !== 'succeeded') throw new Error(`${job}: ${run.state}: ${run.failure?.summary}`);
    const found = await cluster.verify(job, run);
    totals.cleanVerifications++;
    const [shown] = found.tables;
    const isClean =
      found.state === 'equal' &&
      shown?.source_rows === sizes.cleanRows &&
      shown.destination_rows === sizes.cleanRows &&
      shown.left_out_columns.length === 0;
    if (isClean) continue;
    totals.falseAlarms++;
    log(`false alarm: ${job}, key ${table.key}: ${JSON.stringify(found)}`);
  }
}

async function compareBig(
  cluster: VerifyingCluster,
  from: ComparedSide,
  to: ComparedSide,
  sizes: Sizes,
  random: () => number,
  totals: Totals,
  log: (line: string) => void,
  suffix: string,
): Promise<PairFigures> {
  const source = new BigTable(from, `big${suffix}`);
  const target = new BigTable(to, `big${suffix}_from_${from.kind}`);
  await target.create();
  const { job, run } = await cluster.copy(from, source.name, to, target.name);
  if (run.state !== 'succeeded') throw new Error(`${job}: ${run.state}: ${run.failure?.summary}`);
  const before = await source.digest();
  const same = await cluster.verify(job, run);
  if (same.state !== 'equal' || (await target.digest()) !== before) {
    totals.falseAlarms++;
    log(`false alarm: ${job}: ${JSON.stringify(same)}`);
  }

  const planted = await plantDifferences(target, sizes.bigRows, random);
  const different = await cluster.verify(job, run);
  const reported = new Set(
    (different.tables[0]?.differences ?? []).map(({ kind, key }) => `${kind} ${key.join()}`),
  );
  const missed = [...planted].filter((each) => !reported.has(each));
  const wrong = [...reported].filter((each) => !planted.has(each));
  totals.foundDifferences += planted.size - missed.length;
  totals.missedDifferences += missed.length;
  totals.wrongDifferences += wrong.length;
  if (missed.length + wrong.length > 0) log(`${job}: missed ${missed.join('; ')}, wrong ${wrong.join('; ')}`);
  if (different.state !== 'different') {
    log(`${job}: ${different.state} where there are ${planted.size} differences`);
    return figuresOf(from, to, run, same, different, null);
  }

  const repaired = await cluster.repair(job, run, different);
  if (repaired.state !== 'equal' || (await target.digest()) !== before) {
    totals.unequalAfterRepair++;
    log(`${job}: not the same after the repair: ${JSON.stringify(repaired)}`);
  }
  // Once more as a step of the run itself.
  const verified = new BigTable(to, `${target.name}_verified`);
  await verified.create();
  const options = { 'sluiceConfig.verify': 'true' };
  const again = await cluster.copy(from, source.name, to, verified.name, options);
  if (again.run.state === 'succeeded') totals.runsVerified++;
  else log(`${again.job}: ${again.run.state}: ${again.run.failure?.summary}`);
  const figures = figuresOf(from, to, run, same, different, repaired);
  log(JSON.stringify(figures));
  return figures;
}

/** @returns what was planted, as reports word it. */
async function plantDifferences(
  target: BigTable,
  rows: number,
  random: () => number,
): Promise<ReadonlySet<string>> {
  const used = new Set<number>();
  const draw = (): number => {
    for (;;) {
      const n = Math.floor(random() * rows) + 1;
      if (used.has(n)) continue;
      used.add(n);
      return n;
    }
  };
  const planted = new Set<string>();
  for (let i = 0; i < placesOfEach; i++) {
    const [changed, missing, extra] = [draw() * 3, draw() * 3, draw() * 3 + 1];
    await target.change(changed, random());
    await target.remove(missing);
    await target.add(extra);
    for (const each of [`changed ${changed}`, `missing ${missing}`, `extra ${extra}`]) planted.add(each);
  }
  return planted;
}

function figuresOf(
  from: ComparedSide,
  to: ComparedSide,
  run: { readonly started_at: number | null; readonly ended_at: number | null },
  same: ShownVerification,
  different: ShownVerification,
  repaired: ShownVerification | null,
): PairFigures {
  const [copyMs, verifyMs] = [tookMs(run), tookMs(same)];
  return {
    pair: `${from.kind} to ${to.kind}`,
    copyMs,
    verifyMs,
    share: Number((verifyMs / Math.max(1, copyMs)).toFixed(2)),
    verifyDifferentMs: tookMs(different),
    repairMs: repaired === null ? 0 : tookMs(repaired),
  };
}

function tookMs({ started_at, ended_at }: { started_at: number | null; ended_at: number | null }): number {
  return (ended_at ?? 0) - (started_at ?? 0);
}
