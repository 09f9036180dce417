import type { BenchTable } from './bench-table.ts';
import { narrowTable } from './narrow-table.ts';
import { textTable } from './text-table.ts';
import { wideTable } from './wide-table.ts';

/** The tables that cases name. */
export const benchTables: Readonly<Record<string, BenchTable>> = Object.fromEntries(
  [narrowTable, wideTable, textTable].map((table) => [table.name, table]),
);

/** @throws when there is none of that name */
export function tableNamed(name: string): BenchTable {
  const table = benchTables[name];
  if (!table) throw new Error(`there is no table "${name}"`);
  return table;
}
