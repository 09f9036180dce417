import { SluiceError } from '@sluice/core/errors/sluice-error';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { siftRows } from './sift-rows.ts';

type Hint = 'right' | 'wrong' | 'none';

/** A destination in memory that takes a part or refuses it as a whole. */
async function sift(bad: ReadonlySet<number>, rowCount: number, hint: Hint, partMax = rowCount) {
  const written: number[] = [];
  const refused: number[] = [];
  let statements = 0;
  await siftRows(
    rowCount,
    Math.max(1, partMax),
    async (from, to) => {
      statements++;
      const rows = Array.from({ length: to - from }, (_, i) => from + i);
      const first = rows.findIndex((row) => bad.has(row));
      if (first < 0) {
        written.push(...rows);
        return null;
      }
      const row = hint === 'none' ? null : hint === 'right' ? first : to - from + 3;
      return { error: new SluiceError('Cdm.0234', {}), row };
    },
    (row) => refused.push(row),
  );
  return { written, refused, statements };
}

describe('rows that are sifted', () => {
  test('each good row is written once and each bad one refused once, in their order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.uniqueArray(fc.nat(59)),
        fc.constantFrom<Hint>('right', 'wrong', 'none'),
        fc.integer({ min: 1, max: 70 }),
        async (rowCount, bad, hint, partMax) => {
          const result = await sift(new Set(bad), rowCount, hint, partMax);
          const rows = Array.from({ length: rowCount }, (_, i) => i);
          expect(result.written).toEqual(rows.filter((row) => !bad.includes(row)));
          expect(result.refused).toEqual(rows.filter((row) => bad.includes(row)));
        },
      ),
    );
  });

  test('a clean batch is one statement, one bad row a few, bad rows alone little more than one each', async () => {
    expect((await sift(new Set(), 5_000, 'right')).statements).toBe(1);
    expect((await sift(new Set([4_000]), 5_000, 'right')).statements).toBeLessThan(8);
    expect((await sift(new Set([4_000]), 5_000, 'none')).statements).toBeLessThan(40);
    const all = new Set(Array.from({ length: 1_000 }, (_, i) => i));
    expect((await sift(all, 1_000, 'right')).statements).toBeLessThan(1_100);
  });

  test('what is no fault of a row ends it', async () => {
    const lost = siftRows(
      2,
      2,
      () => Promise.reject(new Error('the connection was cut')),
      () => undefined,
    );
    await expect(lost).rejects.toThrow('cut');
  });
});
