import { expect, test } from 'vitest';
import { fuzzExpressions } from './expressions/fuzz-expressions.ts';
import { readVectors, runVectors } from './expressions/vectors.ts';
import { seededRandom } from './kill/seeded-random.ts';

// The small form of `npm run prove -- expressions`: all vectors, fewer random expressions.

test('every vector gives what it says', () => {
  const { documented, proposed, failures } = runVectors(readVectors());
  expect(failures).toEqual([]);
  expect([documented, proposed]).toEqual([
    { passed: 135, total: 135 },
    { passed: 33, total: 33 },
  ]);
});

test('a vector that says something else is seen', () => {
  const vectors = readVectors().map((vector) => ({ ...vector, example_output: 'planted' }));
  expect(runVectors(vectors).failures.length).toBe(vectors.length);
});

test('random expressions neither crash nor hang nor reach the host', () => {
  const { first, crashes, hangs, reached, valued, cases } = fuzzExpressions(10_000, seededRandom(7));
  expect({ first, crashes, hangs, reached }).toEqual({ first: null, crashes: 0, hangs: 0, reached: 0 });
  expect(valued * 10).toBeGreaterThan(cases);
}, 60_000);
