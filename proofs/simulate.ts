import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ProofOptions, ProofResult } from './proof.ts';
import { type Plant, plants } from './simulate/run-world.ts';
import type { SeedOrder, SeedResult } from './simulate/seeds.ts';

export const promise =
  'Queue, lease, retry, timers and crashes under seeded faults: one terminal state per run, one live attempt, counters never ahead of committed data, every run ends, none is lost';

const seeds = 20_000;
/** A planted fault must show within so many seeds. */
const plantedSeedsMax = 200;
const toldMax = 10;

/** Lives through `count` seeds from `seed` on, on all cores, then plants faults and demands that each is seen. */
export async function run({ count = seeds, seed = 1, log }: ProofOptions): Promise<ProofResult> {
  const total = { runs: 0, crashes: 0, claims: 0, timers: 0, brokenSeeds: 0, violations: 0 };
  const ends: Record<string, number> = {};
  let lived = 0;
  await live({ from: seed, end: seed + count, plant: null, stopAtFirst: false }, (result) => {
    lived += 1;
    for (const name of ['runs', 'crashes', 'claims', 'timers'] as const) total[name] += result[name];
    for (const [state, times] of Object.entries(result.ends)) ends[state] = (ends[state] ?? 0) + times;
    if (result.violations.length === 0) return;
    total.brokenSeeds += 1;
    total.violations += result.violations.length;
    if (total.brokenSeeds <= toldMax) log(`seed ${result.seed}: ${result.violations.slice(0, 4).join('; ')}`);
  });
  const plantedSeenAtSeed: Record<string, number | null> = {};
  for (const plant of plants) plantedSeenAtSeed[plant] = await firstSeen(plant, seed);
  const plantedBugsSeen = Object.values(plantedSeenAtSeed).every((at) => at !== null);
  return {
    ok: lived === count && total.violations === 0 && total.runs > 0 && plantedBugsSeen,
    figures: { seed, seeds: lived, ...total, ends, plantedSeenAtSeed, plantedBugsSeen },
  };
}

async function firstSeen(plant: Plant, seed: number): Promise<number | null> {
  let first: number | null = null;
  await live({ from: seed, end: seed + plantedSeedsMax, plant, stopAtFirst: true }, (result) => {
    if (result.violations.length > 0) first = Math.min(first ?? result.seed, result.seed);
  });
  return first;
}

/** One thread a core, each with a store and a time of its own. @throws when one of them breaks down. */
async function live(order: Omit<SeedOrder, 'step'>, hear: (result: SeedResult) => void): Promise<void> {
  const threads = Math.min(availableParallelism(), order.end - order.from);
  await Promise.all(
    Array.from(
      { length: threads },
      (_none, at) =>
        new Promise<void>((resolve, reject) => {
          const workerData: SeedOrder = { ...order, from: order.from + at, step: threads };
          const thread = new Worker(new URL('./simulate/seeds.ts', import.meta.url), {
            workerData,
            execArgv: ['--disable-warning=ExperimentalWarning'],
          });
          thread.on('message', hear);
          thread.on('error', reject);
          thread.on('exit', (code) =>
            code === 0 ? resolve() : reject(new Error(`a thread ended with ${code}`)),
          );
        }),
    ),
  );
}
