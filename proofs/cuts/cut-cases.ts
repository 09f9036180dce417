import { seededRandom } from '../kill/seeded-random.ts';
import { type CutOrder, type Outage, outages, type Way, ways } from './cut-order.ts';
import { type Phase, phases, type SideName, sides } from './phases.ts';

/** One case: where, how and between which systems. */
export interface CutCase {
  readonly side: SideName;
  readonly phase: Phase;
  readonly way: Way | Outage;
  readonly from: 'postgres' | 'mysql';
  readonly to: 'postgres' | 'mysql';
}

export interface CaseChoice {
  readonly phase?: string;
  readonly way?: string;
  readonly side?: string;
  /** `all`: every pair of systems; otherwise the pairs take turns. */
  readonly pairs?: string;
}

const kinds = ['postgres', 'mysql'] as const;
const pairs = kinds.flatMap((from) => kinds.map((to) => ({ from, to })));

/** Every phase, way and side that was chosen, in the order of the seed. */
export function cutCases(seed: number, choice: CaseChoice): CutCase[] {
  const cases: CutCase[] = [];
  let turn = seed;
  for (const side of sides) {
    for (const phase of phases) {
      for (const way of ways) {
        turn++;
        const isChosen =
          (choice.side ?? side) === side && (choice.phase ?? phase) === phase && (choice.way ?? way) === way;
        if (!isChosen) continue;
        const taking = choice.pairs === 'all' ? pairs : [pairs[turn % pairs.length]];
        for (const pair of taking) if (pair !== undefined) cases.push({ side, phase, way, ...pair });
      }
      // Five ways and four pairs: without this the pairs of a phase would begin where the last one's ended.
      turn += 2;
    }
  }
  return shuffled(cases, seededRandom(seed));
}

/** A database that goes away in mid-run and does not come back: each pair in each way, each system on each side. */
export function lastingOutages(seed: number): CutCase[] {
  return outages.flatMap((way, turn) =>
    pairs.map(
      (pair, i): CutCase => ({
        side: sides[(i + Math.trunc(i / 2) + turn + seed) % 2] ?? 'source',
        phase: 'mid-stream',
        way,
        ...pair,
      }),
    ),
  );
}

/** Occurrences of a phase in one run, at least; which of them is cut is the seed's choice. */
const occurrences: Record<Phase, number> = {
  connect: 2,
  'log-in': 2,
  describe: 1,
  prepare: 2,
  'stream-start': 2,
  'mid-stream': 1,
  commit: 2,
  finish: 2,
};
/** A source makes its read ready once for each slice, and lies between slices once. */
const sourceOccurrences: Partial<Record<Phase, number>> = { finish: 1 };

export interface OrderTimes {
  /** The link's time-outs, in milliseconds. */
  readonly silenceMs: number;
}

/** @param attempt misses so far: a repetition takes the first occurrence. */
export function orderOf(
  cutCase: CutCase,
  random: () => number,
  attempt: number,
  times: OrderTimes,
): CutOrder {
  const { side, phase, way } = cutCase;
  const count = (side === 'source' ? sourceOccurrences[phase] : undefined) ?? occurrences[phase];
  const between = (from: number, to: number) => Math.round(from + random() * (to - from));
  return {
    phase,
    way,
    skip: attempt > 0 ? 0 : Math.trunc(random() * count),
    isDeaf: random() < 0.5,
    midStreamBytes: between(60_000, 700_000),
    stallMs: between(0.2 * times.silenceMs, 0.5 * times.silenceMs),
    lateMs: between(20, 1_500),
    refuseMs: between(100, 1_200),
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.trunc(random() * (i + 1));
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}
