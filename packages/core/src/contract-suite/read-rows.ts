import type { Source } from '../connector/contract.ts';
import type { Value } from '../data/batch.ts';
import type { Slice } from '../data/slice.ts';

/**
 * All rows of a source as values, by the slices that it is cut into. For suites, which read little.
 * @param columnNames which columns; absent: all.
 */
export async function readRows(
  source: Source,
  sliceCountHint = 1,
  columnNames?: readonly string[],
): Promise<{ readonly slices: readonly Slice[]; readonly rowsOf: readonly (readonly Value[])[][] }> {
  const shape = await source.describe();
  const names = columnNames ?? shape.columns.map(({ name }) => name);
  const columns = names.map((name) => ({ name, cast: null }));
  const slices = await source.split(shape, sliceCountHint);
  const rowsOf: (readonly Value[])[][] = [];
  for (const slice of slices) {
    const rows: (readonly Value[])[] = [];
    for await (const batch of source.read(slice, { form: 'rows', columns }, null)) {
      if (batch.form !== 'rows') throw new Error(`a batch in form ${batch.form}`);
      rows.push(...batch.rows);
    }
    rowsOf.push(rows);
  }
  return { slices, rowsOf };
}
