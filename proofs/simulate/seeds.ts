import { parentPort, workerData } from 'node:worker_threads';
import { openMemoryStore } from '../../packages/server/src/store/open-store.ts';
import { type Plant, RunWorld, type WorldResult } from './run-world.ts';
import { VirtualTime } from './virtual-time.ts';

/** Which seeds a thread lives through: `from`, `from + step` … below `end`. */
export interface SeedOrder {
  readonly from: number;
  readonly end: number;
  readonly step: number;
  readonly plant: Plant | null;
  /** Ends with the first seed that shows a violation. */
  readonly stopAtFirst: boolean;
}

export interface SeedResult extends WorldResult {
  readonly seed: number;
}

/** Worlds one after the other over one store in memory: opening one takes longer than a world. */
async function liveThrough({ from, end, step, plant, stopAtFirst }: SeedOrder): Promise<void> {
  const store = await openMemoryStore();
  const time = new VirtualTime();
  const uninstall = time.install();
  try {
    for (let seed = from; seed < end; seed += step) {
      const result = await new RunWorld(time, store, seed, plant).live();
      parentPort?.postMessage({ seed, ...result } satisfies SeedResult);
      if (stopAtFirst && result.violations.length > 0) return;
    }
  } finally {
    uninstall();
    await store.close();
  }
}

await liveThrough(workerData as SeedOrder);
