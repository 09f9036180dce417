import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMariadb } from '../tools/servers/mariadb.ts';
import { startMysql } from '../tools/servers/mysql.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';
import { type DirtySide, mysqlSide, postgresSide } from './dirty/dirty-table.ts';
import { type Plant, plantedCheckout } from './kill/planted-bug.ts';
import { seededRandom } from './kill/seeded-random.ts';
import type { ProofOptions, ProofResult } from './proof.ts';
import * as batches from './together/batch-cases.ts';
import * as fields from './together/field-cases.ts';
import { JobWorld } from './together/job-world.ts';
import * as killed from './together/killed-cases.ts';
import * as resumed from './together/resumed-cases.ts';
import * as verified from './together/verified-cases.ts';

export const promise =
  'what a job may be, all of it at once: tolerant, verified, incremental, staged, throttled, resumed, of many tables, with fields made on the way, killed at any time; counts, rows, rejects and verdicts stay true';

/** `short` is the form of the tests, `one` a single case; `kills` only what kills the server; `--plants only` the planted bugs alone; `--mysql proper` is MySQL itself. */
export const choices = {
  cases: ['all', 'short', 'one', 'kills', 'quiet'],
  plants: ['all', 'none', 'only'],
  mysql: ['mariadb', 'proper'],
} as const;

type Kind = DirtySide['kind'];
type Case = (world: JobWorld) => Promise<unknown>;

const ways: readonly (readonly [Kind, Kind])[] = [
  ['postgres', 'mysql'],
  ['mysql', 'postgres'],
];
const allWays: readonly (readonly [Kind, Kind])[] = [...ways, ['postgres', 'postgres'], ['mysql', 'mysql']];
/** Rows of a table of an entire database. */
const batchRows = 400;

/** Bugs that one of these cases must see. */
const plants: readonly { readonly plant: Plant; readonly seenBy: Case }[] = [
  {
    plant: {
      bug: 'missing rows count as set aside as long as they are no more',
      edits: [
        {
          file: 'packages/server/src/runs/differences-set-aside.ts',
          before: 'if (unknown > 0)',
          after: 'if (unknown > skipped)',
        },
      ],
    },
    seenBy: (world) => verified.swallowedRow(world),
  },
  {
    plant: {
      bug: 'each table of an entire database has the rate for itself',
      edits: [
        {
          file: 'packages/server/src/runs/shared-rates.ts',
          before: 'parentRunId ?? id',
          after: 'id, parentRunId',
        },
      ],
    },
    seenBy: (world) => batches.sharedRate(world, 2 * batchRows),
  },
];

function quietCases(isShort: boolean): readonly Case[] {
  const each = (work: (world: JobWorld, from: Kind, to: Kind) => Promise<void>): readonly Case[] =>
    (isShort ? ways.slice(0, 1) : allWays).map(
      ([from, to]) =>
        (world) =>
          work(world, from, to),
    );
  const back = (work: (world: JobWorld, from: Kind, to: Kind) => Promise<void>): readonly Case[] =>
    isShort ? [(world) => work(world, 'mysql', 'postgres')] : each(work);
  return [
    ...back(verified.refusedRows),
    ...each(verified.windows),
    ...back(verified.madeFields),
    ...each(resumed.tolerantRun),
    ...(isShort ? ways.slice(1) : ways).map(
      ([from, to]) =>
        (world: JobWorld) =>
          batches.wholeDatabase(world, from, to, isShort ? 30 : batchRows),
    ),
    ...(isShort
      ? []
      : [
          verified.swallowedRow,
          verified.refusedWithoutKey,
          ...each(verified.stagedRefusals),
          ...each(verified.otherRows),
          ...each(fields.converters),
          ...each(fields.severalKeys),
          ...each(resumed.madeOnTheWay),
          ...each(resumed.windowedRun),
          (world: JobWorld) => batches.sharedRate(world, 2 * batchRows),
        ]),
  ];
}

/** @param times how often each case is gone through. */
function killCases(random: () => number, times: number): readonly Case[] {
  const cases: Case[] = [];
  for (let no = 0; no < times; no += 1) {
    const [from, to] = allWays[no % allWays.length] ?? ['postgres', 'mysql'];
    // Between databases whose tables may have the same names.
    const [there, back] = ways[no % ways.length] ?? ['postgres', 'mysql'];
    const pair = (rows: number, withinMs: number) => ({
      from,
      to,
      rows,
      delay: () => random() * withinMs,
    });
    cases.push(
      (world) => killed.tolerantRun(world, pair(6_000, 500)),
      (world) => killed.tolerantRun(world, pair(4_000, 400), { isStaged: true }),
      (world) => killed.tolerantRun(world, pair(4_000, 900), { isThrottled: true }),
      (world) => killed.replay(world, pair(600, 60)),
      (world) => killed.verificationAndRepair(world, pair(20_000, 120)),
      (world) => killed.batch(world, { ...pair(1_000, 600), from: there, to: back }),
    );
  }
  return cases;
}

/** @param options `count`: how often each case that kills is gone through. */
export async function run(options: ProofOptions): Promise<ProofResult> {
  const seed = options.seed ?? Date.now() % 1_000_000;
  const { log } = options;
  const cases = options.choice?.cases ?? 'all';
  const isShort = cases === 'short' || cases === 'one';
  const withPlants = !isShort && (options.choice?.plants ?? 'all') !== 'none';
  const onlyPlants = options.choice?.plants === 'only';
  const folder = await mkdtemp(join(tmpdir(), 'sluice-together-'));
  const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const isProper = options.choice?.mysql === 'proper';
    const sides = await openSides(`together_${seed}_${process.pid}`, isProper, cleanups, log);
    const random = seededRandom(seed);
    const quiet = quietCases(isShort);
    const chosen = [
      ...(cases === 'kills' ? [] : cases === 'one' ? quiet.slice(0, 1) : quiet),
      ...(isShort || cases === 'quiet' ? [] : killCases(random, options.count ?? 2)),
    ];
    const faults: string[] = [];
    let killsLanded = 0;
    if (!onlyPlants) {
      await withWorld(join(folder, 'honest'), sides, log, async (world) => {
        for (const each of chosen) killsLanded += await tried(world, each);
        faults.push(...world.faults);
      });
    }
    const seen: Record<string, boolean> = {};
    for (const [no, { plant, seenBy }] of withPlants ? plants.entries() : []) {
      log(`planted bug: ${plant.bug}`);
      const script = await plantedCheckout(join(folder, `planted-${no}`), plant);
      await withWorld(
        join(folder, `bug-${no}`),
        sides,
        log,
        async (world) => {
          await tried(world, seenBy);
          seen[plant.bug] = world.faults.length > 0;
        },
        script,
      );
    }
    return {
      ok: faults.length === 0 && Object.values(seen).every((isSeen) => isSeen),
      figures: {
        seed,
        cases: onlyPlants ? 0 : chosen.length,
        killsLanded,
        faults: faults.length,
        ...(withPlants ? { plantedBugsSeen: seen } : {}),
      },
    };
  } finally {
    for (const cleanup of cleanups)
      await cleanup().catch((error: Error) => log(`clean-up: ${error.message}`));
  }
}

/** @returns kills that hit something under way. */
async function tried(world: JobWorld, work: Case): Promise<number> {
  const start = performance.now();
  const before = world.faults.length;
  let landed: unknown;
  try {
    landed = await work(world);
  } catch (error) {
    world.fault(`broke down: ${(error as Error).stack}`);
  }
  const ms = Math.round(performance.now() - start);
  world.log(`case in ${ms} ms, ${world.faults.length - before} faults`);
  return typeof landed === 'number' ? landed : 0;
}

async function withWorld(
  dataFolder: string,
  sides: JobWorld['sides'],
  log: (line: string) => void,
  work: (world: JobWorld) => Promise<void>,
  script?: string,
): Promise<void> {
  const server = await SluiceProcess.start({ dataFolder, ...(script === undefined ? {} : { script }) });
  try {
    await work(await JobWorld.open(server, sides, log));
  } finally {
    await server.stop();
  }
}

/** Both kinds of servers. Those of the environment are taken where it names some; the cleanups undo what is made, the newest first. */
async function openSides(
  database: string,
  isProper: boolean,
  cleanups: (() => Promise<unknown>)[],
  log: (line: string) => void,
): Promise<JobWorld['sides']> {
  const started = async (starting: Promise<{ url: string; stop(): Promise<unknown> }>): Promise<string> => {
    const server = await starting;
    cleanups.unshift(() => server.stop());
    return server.url;
  };
  const postgresUrl = process.env.SLUICE_TEST_POSTGRES ?? (await started(startPostgres()));
  const given = isProper ? process.env.SLUICE_TEST_MYSQL_PROPER : process.env.SLUICE_TEST_MYSQL;
  const mysqlUrl = given ?? (await started((isProper ? startMysql : startMariadb)({ say: log })));
  const postgres = await postgresSide(postgresUrl, database);
  cleanups.unshift(() => postgres.close());
  const mysql = await mysqlSide(mysqlUrl, database);
  cleanups.unshift(() => mysql.close());
  return { postgres, mysql };
}
