import type { SourceOffer } from '@sluice/core/connector/contract';
import type { Loss } from '@sluice/core/data/loss';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { asLosses } from '../jdbc/losses.ts';
import { type CatalogTable, targetColumn } from './catalog.ts';
import type { TargetColumn } from './encode.ts';
import { nameLengthMax } from './names.ts';
import { pair } from './pairing.ts';

/** @throws Cdm.0931 names that the server would not keep apart or not take. */
export function checkNames(names: readonly string[], offer: SourceOffer): void {
  const asOne = names.map((name) => name.toLowerCase());
  const isBad =
    names.length !== offer.columns.length ||
    new Set(asOne).size !== names.length ||
    names.some((name) => name === '' || [...name].length > nameLengthMax);
  if (!isBad) return;
  throw new SluiceError('Cdm.0931', {
    schema: names.join(', '),
    result: offer.columns.map((column) => column.name).join(', '),
  });
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
  throw new SluiceError('Cdm.0931', {
    schema: table.shape.columns.map((c) => c.name).join(', '),
    result: name,
  });
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
  const isMissing = names.some((name) => findColumn(table, name) < 0);
  const mapped = new Set(names.map((name) => name.toLowerCase()));
  // Every row would be refused; told now, before the table is cleared.
  const needed = table.shape.columns.some(
    (column, at) =>
      !column.isNullable &&
      !column.isGenerated &&
      table.native[at]?.hasDefault === false &&
      !mapped.has(column.name.toLowerCase()),
  );
  if (isMissing || needed) {
    throw new SluiceError('Cdm.0931', {
      schema: table.shape.columns.map((column) => column.name).join(', '),
      result: names.join(', '),
    });
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
