import { fuzzExpressions, hangMs } from './expressions/fuzz-expressions.ts';
import { readVectors, runVectors } from './expressions/vectors.ts';
import { seededRandom } from './kill/seeded-random.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise = `Expressions give what is published of them, and none of 200,000 random ones crashes, takes more than ${hangMs} ms, or reaches the host`;

const EXPRESSIONS = 200_000;

/** Runs all vectors, then `count` random expressions. */
export async function run({ count = EXPRESSIONS, seed = 1, log }: ProofOptions): Promise<ProofResult> {
  const { documented, proposed, failures } = runVectors(readVectors());
  for (const failure of failures) log(failure);
  const { first, ...fuzz } = fuzzExpressions(count, seededRandom(seed));
  if (first !== null) log(first);
  const isQuiet = fuzz.crashes === 0 && fuzz.hangs === 0 && fuzz.reached === 0;
  // Expressions that are all refused would prove nothing.
  const isTried = fuzz.valued * 10 > fuzz.cases;
  return {
    ok: failures.length === 0 && isQuiet && isTried,
    figures: {
      seed,
      documented: `${documented.passed} of ${documented.total}`,
      proposed: `${proposed.passed} of ${proposed.total}`,
      ...fuzz,
    },
  };
}
