import type { SourceOffer } from '@sluice/core/connector/contract';
import type { Loss } from '@sluice/core/data/loss';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { columnComplaints, columnsDiffer, repeatedNames } from '../jdbc/column-pairs.ts';
import { asLosses } from '../jdbc/losses.ts';
import { type CatalogTable, targetColumn } from './catalog.ts';
import type { TargetColumn } from './encode.ts';
import { nameLengthMax } from './names.ts';
import { pair } from './pairing.ts';

/** @throws Cdm.0931 names that the server would not keep apart or not take. */
export function checkNames(names: readonly string[], offer: SourceOffer): void {
  const read = offer.columns.map((column) => column.name);
  if (names.length !== read.length)
    throw columnsDiffer(names, read, columnComplaints.count(read.length, names.length));
  const twice = repeatedNames(names, (name) => name.toLowerCase());
  if (twice.length > 0) throw columnsDiffer(names, read, columnComplaints.twice(twice));
  const unfit = names.filter((name) => name === '' || [...name].length > nameLengthMax);
  if (unfit.length > 0) throw columnsDiffer(names, read, columnComplaints.unfit(unfit));
}

function namesOf({ shape }: CatalogTable): readonly string[] {
  return shape.columns.map((column) => column.name);
}

function textOf({ shape }: CatalogTable): string {
  return `${shape.schema}.${shape.table}`;
}

/** Column names do not mind the case in MySQL. -1 when there is none. */
function findColumn(table: CatalogTable, name: string): number {
  const wanted = name.toLowerCase();
  return table.shape.columns.findIndex((column) => column.name.toLowerCase() === wanted);
}

/** @throws Cdm.0931 when somebody changed the table after the run was agreed. */
export function requireColumn(table: CatalogTable, name: string): number {
  const at = findColumn(table, name);
  if (at >= 0) return at;
  throw columnsDiffer(namesOf(table), [name], columnComplaints.missing(textOf(table), [name]));
}

/**
 * Looks whether the columns of an existing table can be written.
 * @returns warnings. @throws Cdm.0931 a column is missing; Cdm.0921 a column is filled by the server.
 */
export function checkTable(offer: SourceOffer, names: readonly string[], table: CatalogTable): string[] {
  const warnings: string[] = [];
  if (!table.isTransactional) {
    warnings.push(
      `${table.shape.schema}.${table.shape.table} has the engine ${table.engine ?? 'of a view'}, which knows no transactions: rows written before a failure stay, and a repeat may write them twice`,
    );
  }
  const absent = names.filter((name) => findColumn(table, name) < 0);
  if (absent.length > 0)
    throw columnsDiffer(namesOf(table), names, columnComplaints.missing(textOf(table), absent));
  const mapped = new Set(names.map((name) => name.toLowerCase()));
  // Every row would be refused; told now, before the table is cleared.
  const needed = table.shape.columns.filter(
    (column, at) =>
      !column.isNullable &&
      !column.isGenerated &&
      table.native[at]?.hasDefault === false &&
      !mapped.has(column.name.toLowerCase()),
  );
  if (needed.length > 0) {
    const unmapped = needed.map((column) => column.name);
    throw columnsDiffer(namesOf(table), names, columnComplaints.needed(textOf(table), unmapped));
  }
  offer.columns.forEach((source, i) => {
    const at = findColumn(table, names[i] ?? source.name);
    if (table.shape.columns[at]?.isGenerated !== true) return;
    const column = targetColumn(table, at);
    throw new SluiceError('Cdm.0921', {
      type: `${column.columnType} of the generated column ${column.name}`,
    });
  });
  return warnings;
}

/** What the columns may lose. @throws Cdm.0921 a type cannot go there. */
export function pairLosses(offer: SourceOffer, targets: readonly TargetColumn[]): readonly Loss[] {
  return offer.columns.flatMap((source, i) => {
    const target = targets[i];
    if (target === undefined) return [];
    const losses = pair(source.type, target, offer.oddValues, source.native);
    if (losses !== null)
      return asLosses(losses, { column: target.name, from: source.native, to: target.columnType });
    throw new SluiceError('Cdm.0921', {
      type: `${source.native} of ${source.name} in ${target.columnType} of ${target.name}`,
    });
  });
}

export function nullLosses(
  offer: SourceOffer,
  names: readonly string[],
  table: CatalogTable,
): readonly Loss[] {
  return offer.columns.flatMap((source, i): Loss[] => {
    const column = table.shape.columns[findColumn(table, names[i] ?? source.name)];
    if (column === undefined || column.isNullable || !source.isNullable) return [];
    return [{ column: column.name, kind: 'nulls', from: source.native, to: column.native }];
  });
}
