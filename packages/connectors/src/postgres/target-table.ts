import type { Column } from '@sluice/core/data/column';
import { columnNamed } from '@sluice/core/data/column-named';
import { columnComplaints, columnsDiffer, repeatedNames } from '../jdbc/column-pairs.ts';
import type { Relation } from './catalog.ts';
import type { TargetColumn } from './pairing.ts';

/** @throws Cdm.0931 another number of names than of columns, or one name twice. */
export function checkNames(names: readonly string[], columns: readonly Column[]): void {
  const read = columns.map((column) => column.name);
  if (names.length !== columns.length)
    throw columnsDiffer(names, read, columnComplaints.count(columns.length, names.length));
  const twice = repeatedNames(names);
  if (twice.length > 0) throw columnsDiffer(names, read, columnComplaints.twice(twice));
}

/**
 * The columns of an existing table that a job writes, by position; a name that differs in nothing but case from one column is
 * that column's.
 * @throws Cdm.0931 one is missing, comes twice or is filled by the database, or one that the job leaves out cannot be.
 */
export function existingTargets(relation: Relation, names: readonly string[]): readonly TargetColumn[] {
  const { schema, table } = relation.name;
  const tableText = `${schema}.${table}`;
  const there = relation.columns.map((column) => column.name);
  const targets = names.map((name) => columnNamed(relation.columns, name));
  const found = targets.filter((target) => target !== undefined);
  const absent = names.filter((_, at) => targets[at] === undefined);
  if (absent.length > 0) throw columnsDiffer(there, names, columnComplaints.missing(tableText, absent));
  const written = found.map(({ name }) => name);
  const twice = repeatedNames(written);
  if (twice.length > 0) throw columnsDiffer(there, names, columnComplaints.twice(twice));
  const free = relation.columns.filter((column) => !column.isGenerated).map((column) => column.name);
  const generated = found.filter(({ isGenerated }) => isGenerated).map(({ name }) => name);
  if (generated.length > 0)
    throw columnsDiffer(free, names, columnComplaints.generated(tableText, generated));
  const needed = relation.columns
    .filter(
      (column) =>
        !column.isNullable && !column.hasDefault && !column.isGenerated && !written.includes(column.name),
    )
    .map((column) => column.name);
  if (needed.length > 0) throw columnsDiffer(free, names, columnComplaints.needed(tableText, needed));
  return found;
}
