import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../tools/servers/postgres.ts';
import type { TargetSettings } from './fuzz/fuzz-target.ts';
import { type Plant, plantedCheckout } from './kill/planted-bug.ts';
import { seededRandom } from './kill/seeded-random.ts';
import type { ProofOptions, ProofResult } from './proof.ts';
import { RaceTarget } from './races/race-target.ts';
import { races } from './races/races.ts';

export const promise =
  'Of many at once one wins and the others are told so: creates of a name, starts of a job, deletes and edits against starts, stops against the end, the end of a cluster';

/** Where the server keeps its state. */
export const choices = { store: ['embedded', 'postgres', 'both'] } as const;

const rounds = 200;
/** A planted bug must show within so many rounds. */
const plantedRounds = 5;
const toldMax = 20;

/** A job that runs may be deleted. */
const plant: Plant = {
  bug: 'nobody looks whether a job runs before it is deleted or changed',
  edits: [
    {
      file: 'packages/server/src/jobs/job-service.ts',
      before: `if (run !== null && isActiveState(run.state)) throw new SluiceError('Cdm.0052', { job: name });
    return job;`,
      after: 'return job;',
    },
  ],
};

interface Totals {
  readonly rounds: number;
  readonly found: readonly string[];
  readonly unhandled: readonly string[];
}

/** Runs `count` rounds of all races on each store, then demands that a planted bug is seen. */
export async function run({ count = rounds, seed = 1, choice, log }: ProofOptions): Promise<ProofResult> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-races-'));
  const given = process.env.SLUICE_TEST_POSTGRES;
  const postgres = given === undefined ? await startPostgres() : null;
  const settingsOf = (name: string, hasPostgresStore: boolean): TargetSettings => ({
    folder: join(folder, name),
    postgresUrl: given ?? postgres?.url ?? '',
    name: `races_${seed}_${process.pid}_${name}`,
    hasPostgresStore,
  });
  try {
    const wanted = choice?.store ?? 'both';
    const stores = (['embedded', 'postgres'] as const).filter(
      (store) => wanted === 'both' || wanted === store,
    );
    const figures: Record<string, object> = {};
    let isGood = true;
    for (const store of stores) {
      log(`${count} rounds, store ${store}, seed ${seed}`);
      const totals = await raceOn(settingsOf(store, store === 'postgres'), { count, seed, isPlanted: false });
      for (const line of [...totals.found, ...totals.unhandled].slice(0, toldMax)) log(`${store}: ${line}`);
      figures[store] = {
        rounds: totals.rounds,
        violations: totals.found.length,
        unhandled: totals.unhandled.length,
      };
      isGood &&= totals.rounds === count && totals.found.length === 0 && totals.unhandled.length === 0;
    }
    log(`planted bug: ${plant.bug}`);
    const script = await plantedCheckout(join(folder, 'checkout'), plant);
    const planted = await raceOn(
      { ...settingsOf('planted', false), script },
      { count: plantedRounds, seed, isPlanted: true },
    );
    const plantedBugSeen = planted.found.length > 0;
    return {
      ok: isGood && plantedBugSeen,
      figures: { seed, races: Object.keys(races).length, ...figures, plantedBugSeen },
    };
  } finally {
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function raceOn(
  settings: TargetSettings,
  { count, seed, isPlanted }: { readonly count: number; readonly seed: number; readonly isPlanted: boolean },
): Promise<Totals> {
  const target = await RaceTarget.open(settings);
  const random = seededRandom(seed);
  const found: string[] = [];
  let done = 0;
  try {
    for (let round = 0; round < count && !(isPlanted && found.length > 0); round += 1) {
      for (const [name, race] of Object.entries(races)) {
        const lines = await race({ target, random, round }).catch((error: Error) => [error.message]);
        found.push(...lines.map((line) => `round ${round}, ${name}: ${line}`));
        if (isPlanted && found.length > 0) break;
      }
      done += 1;
    }
    return { rounds: done, found, unhandled: isPlanted ? [] : await target.unhandled() };
  } finally {
    await target.close();
  }
}
