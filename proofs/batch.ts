import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchRound, type RoundResult, type RoundSettings } from './batch/batch-round.ts';
import { mysqlTables, postgresTables, type TableSet } from './batch/table-set.ts';
import { givenMariadbOrNone, givenPostgres } from './kill/given-servers.ts';
import { plantedCheckout, plants } from './kill/planted-bug.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'an entire database of many tables: of those that fail the run names each, a retry moves these and no others, and kill -9 of the server loses and doubles nothing';

const defaultTables = 200;
const brokenTables = 5;
/** The bugs show with few tables. */
const plantedTables = 12;

/**
 * `--way there` is from PostgreSQL to MariaDB, `back` the other way. `--plants none` leaves the planted bugs out, `only` the rest;
 * `short` is the form of the tests: one way, one kill, no bugs.
 */
export const choices = {
  way: ['both', 'there', 'back'],
  plants: ['all', 'none', 'only', 'short'],
} as const;

/** Moves `count` tables both ways, 5 of which fail, then plants bugs in copies of the project and demands that the same rounds see them. */
export async function run(options: ProofOptions): Promise<ProofResult> {
  const tables = options.count ?? defaultTables;
  const seed = options.seed ?? Date.now() % 1_000_000;
  const { log } = options;
  const folder = await mkdtemp(join(tmpdir(), 'sluice-batch-'));
  const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const postgres = await givenPostgres(cleanups);
    const mariadb = await givenMariadbOrNone(cleanups, log);
    if (mariadb === null) return { ok: false, skipped: 'there is no MariaDB here', figures: { seed } };
    let databases = 0;
    const open = async (kind: TableSet['kind']): Promise<TableSet> => {
      databases += 1;
      const name = `batch_${seed}_${process.pid}_${databases}`;
      const set = await (kind === 'postgres' ? postgresTables(postgres, name) : mysqlTables(mariadb, name));
      cleanups.unshift(() => set.close());
      return set;
    };
    const round = async (
      from: TableSet['kind'],
      to: TableSet['kind'],
      name: string,
      more: Pick<RoundSettings, 'tables' | 'broken' | 'kills'> & { readonly script?: string },
    ) => {
      const sides = { from: await open(from), to: await open(to) };
      return await batchRound({ ...sides, ...more, folder: join(folder, name), seed, log });
    };
    const broken = Math.min(brokenTables, Math.ceil(tables / 4));
    const honest: RoundResult[] = [];
    const planted = options.choice?.plants ?? 'all';
    const isShort = planted === 'short';
    const way = isShort ? 'there' : (options.choice?.way ?? 'both');
    const wanted = { tables, broken };
    if (planted !== 'only' && way !== 'back') {
      const kills = isShort ? ([1, 0] as const) : ([2, 1] as const);
      honest.push(await round('postgres', 'mysql', 'there', { ...wanted, kills }));
    }
    if (planted !== 'only' && way !== 'there')
      honest.push(await round('mysql', 'postgres', 'back', { ...wanted, kills: [1, 1] }));
    const seen: Record<string, boolean> = {};
    const withBugs = planted === 'all' || planted === 'only';
    for (const [name, plant] of withBugs ? Object.entries(batchPlants) : []) {
      log(`planted bug: ${plant.bug}`);
      const script = await plantedCheckout(join(folder, `planted-${name}`), plant);
      const small = { tables: plantedTables, broken: 2, kills: [0, 0] as const, script };
      const { faults } = await round('postgres', 'mysql', name, small).catch((error: Error) => ({
        faults: [error.message],
      }));
      seen[name] = faults.length > 0;
    }
    const faults = honest.flatMap((result) => result.faults);
    return {
      ok: faults.length === 0 && Object.values(seen).every((isSeen) => isSeen),
      figures: {
        seed,
        tables: honest.reduce((sum, result) => sum + result.tables, 0),
        rows: honest.reduce((sum, result) => sum + result.rows, 0),
        kills: honest.reduce((sum, result) => sum + result.kills, 0),
        killsLanded: honest.reduce((sum, result) => sum + result.killsLanded, 0),
        roundSeconds: honest.map(({ seconds }) => seconds),
        faults: faults.length,
        ...(withBugs ? { plantedBugsSeen: seen } : {}),
      },
    };
  } finally {
    for (const cleanup of cleanups)
      await cleanup().catch((error: Error) => log(`clean-up: ${error.message}`));
  }
}

const batchPlants = { verdict: plants.batchVerdict, retry: plants.batchRetry };
