import type { Source } from '@sluice/core/connector/contract';
import type { Slice } from '@sluice/core/data/slice';

/** What reading a table slice by slice gave. */
export interface ReadTable {
  /** Numbers of the rows, slice by slice. */
  readonly perSlice: readonly (readonly number[])[];
  readonly slices: readonly Slice[];
  /** How long the slices took to be found, in milliseconds. */
  readonly planningMs: number;
}

/** Splits a source and reads the column `seq` of every slice. @param bend changes slices, to plant a bug. */
export async function readSlices(
  source: Source,
  extractors: number,
  bend: (slices: readonly Slice[]) => readonly Slice[] = (slices) => slices,
): Promise<ReadTable> {
  const shape = await source.describe();
  const start = performance.now();
  // As a worker gets them: by way of JSON.
  const slices = bend(JSON.parse(JSON.stringify(await source.split(shape, extractors))) as Slice[]);
  const planningMs = performance.now() - start;
  const perSlice: number[][] = [];
  for (const slice of slices) {
    const numbers: number[] = [];
    const projection = { form: 'rows', columns: [{ name: 'seq', cast: null }] } as const;
    for await (const batch of source.read(slice, projection, null)) {
      if (batch.form !== 'rows') throw new Error(`a batch in form ${batch.form}`);
      for (const row of batch.rows) numbers.push(Number(row[0]));
    }
    perSlice.push(numbers);
  }
  return { perSlice, slices, planningMs };
}

/** Rows that came more than once, and rows that did not come or should not have. `expected` is what another client was given. */
export function compareRows(
  read: ReadTable,
  expected: readonly number[],
): { readonly doubled: number; readonly missing: number; readonly extra: number } {
  const seen = new Map<number, number>();
  for (const numbers of read.perSlice) for (const n of numbers) seen.set(n, (seen.get(n) ?? 0) + 1);
  const wanted = new Set(expected);
  let doubled = 0;
  let extra = 0;
  for (const [n, times] of seen) {
    if (times > 1) doubled++;
    if (!wanted.has(n)) extra++;
  }
  return { doubled, missing: expected.filter((n) => !seen.has(n)).length, extra };
}

/** The largest range as a multiple of the mean; null without at least two ranges. The slice of the nulls is no range. */
export function largestToMean({ perSlice, slices }: ReadTable): number | null {
  const sizes = perSlice
    .filter((_, i) => !(slices[i]?.label ?? '').endsWith('is null'))
    .map(({ length }) => length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.length < 2 || total === 0 ? null : Math.max(...sizes) / (total / sizes.length);
}
