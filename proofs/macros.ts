import {
  type Chunk,
  type Expand,
  expand,
  firstDifference,
  firstYear,
  hashOf,
  macroTexts,
  readGolden,
  valuesOf,
  years,
  zones,
} from './macros/golden-values.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'Time macros stand for what java.util.Calendar and java.text.SimpleDateFormat make of them: ten years, five zones, a moment of every hour';

/** Differences that are looked into; more of them tell nothing new. */
const SHOWN = 3;

/** Days of 24 hours, which is what is wrong where clocks are changed. */
const plantedExpand: Expand = (text, clock) =>
  expand(
    text.replace(/(-?\d+), DAY/, (_, days) => `${Number(days) * 24}, HOUR`),
    clock,
  );

export interface Comparison {
  readonly values: number;
  readonly differences: readonly Chunk[];
}

/** Holds our values of these chunks against the golden ones. */
export function compare(chunks: readonly Chunk[], by: Expand = expand): Comparison {
  let values = 0;
  const differences: Chunk[] = [];
  for (const chunk of chunks) {
    const ours = valuesOf(chunk, by);
    values += ours.length;
    if (hashOf(ours) !== chunk.hash) differences.push(chunk);
  }
  return { values, differences };
}

/** @returns whether a bug shows where the clock is changed, and only there. */
export function isPlantedBugSeen(chunks: readonly Chunk[]): boolean {
  const ofDays = chunks.filter(
    ({ macro, year }) => macroTexts[macro]?.includes('-1, DAY') && year === firstYear,
  );
  const seen = new Set(compare(ofDays, plantedExpand).differences.map(({ zone }) => zone));
  return (
    seen.has('America/New_York') &&
    seen.has('Australia/Lord_Howe') &&
    !seen.has('UTC') &&
    !seen.has('Asia/Shanghai')
  );
}

export async function run({ log }: ProofOptions): Promise<ProofResult> {
  const { java, chunks } = readGolden();
  let values = 0;
  let differences = 0;
  for (const zone of zones) {
    const compared = compare(chunks.filter((chunk) => chunk.zone === zone));
    values += compared.values;
    differences += compared.differences.length;
    log(`${zone}: ${compared.values} values, ${compared.differences.length} years of a macro that differ`);
    for (const chunk of compared.differences.slice(0, SHOWN)) {
      const why = await firstDifference(chunk, valuesOf(chunk));
      log(`  ${macroTexts[chunk.macro]} ${chunk.year}: ${why ?? 'no Java here to ask where'}`);
    }
  }
  const plantedBugSeen = isPlantedBugSeen(chunks);
  const isWhole = chunks.length === zones.length * macroTexts.length * years;
  return {
    ok: differences === 0 && isWhole && plantedBugSeen,
    figures: {
      zones,
      years: `${firstYear}-${firstYear + years - 1}`,
      macros: macroTexts.length,
      values,
      chunks: chunks.length,
      differences,
      oracle: `Java ${java}`,
      plantedBugSeen,
    },
  };
}
