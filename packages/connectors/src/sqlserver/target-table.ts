import type { SourceOffer } from '@sluice/core/connector/contract';
import type { Loss } from '@sluice/core/data/loss';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { asLosses } from '../jdbc/losses.ts';
import type { CatalogTable } from './catalog.ts';
import { NAME_LENGTH_MAX } from './names.ts';
import { pair, type TargetColumn } from './pairing.ts';
import { nativeOfCreated } from './types.ts';

/** @throws Cdm.0931 names that the server would not keep apart or not take. */
export function checkNames(names: readonly string[], offer: SourceOffer): void {
  const asOne = names.map((name) => name.toLowerCase());
  const isBad =
    names.length !== offer.columns.length ||
    new Set(asOne).size !== names.length ||
    names.some((name) => name === '' || name.length > NAME_LENGTH_MAX);
  if (!isBad) return;
  throw new SluiceError('Cdm.0931', {
    schema: names.join(', '),
    result: offer.columns.map((column) => column.name).join(', '),
  });
}

/** By its very name, or by one that differs in case only: which of them are one is the database's collation's to say. */
function findColumn(table: CatalogTable, name: string): number {
  const { columns } = table.shape;
  const exact = columns.findIndex((column) => column.name === name);
  if (exact >= 0) return exact;
  const wanted = name.toLowerCase();
  return columns.findIndex((column) => column.name.toLowerCase() === wanted);
}

/** @throws Cdm.0931 when somebody changed the table after the run was agreed. */
export function requireTarget(table: CatalogTable, name: string): TargetColumn & { readonly at: number } {
  const at = findColumn(table, name);
  const column = table.shape.columns[at];
  const native = table.native[at];
  if (column !== undefined && native !== undefined)
    return { at, name: column.name, native, printed: column.native, collation: native.collation };
  throw new SluiceError('Cdm.0931', {
    schema: table.shape.columns.map((c) => c.name).join(', '),
    result: name,
  });
}

/** A column that is still to be created. @param made its type, as in DDL. */
export function createdTarget(name: string, made: string): TargetColumn {
  return { name, native: nativeOfCreated(made), printed: made.toLowerCase(), collation: null };
}

/**
 * Looks whether the columns of an existing table can be written.
 * @throws Cdm.0931 a column is missing; Cdm.0921 a column is filled by the server.
 */
export function checkTable(offer: SourceOffer, names: readonly string[], table: CatalogTable): void {
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
    const { at, name, printed } = requireTarget(table, names[i] ?? source.name);
    if (table.shape.columns[at]?.isGenerated !== true) return;
    throw new SluiceError('Cdm.0921', { type: `${printed} of the column ${name}, which the server fills` });
  });
}

/** What the columns may lose. @throws Cdm.0921 a type cannot go there. */
export function pairLosses(offer: SourceOffer, targets: readonly TargetColumn[]): readonly Loss[] {
  return offer.columns.flatMap((source, i) => {
    const target = targets[i];
    if (target === undefined) return [];
    const losses = pair(source.type, target, offer.oddValues);
    if (losses !== null)
      return asLosses(losses, { column: target.name, from: source.native, to: target.printed });
    throw new SluiceError('Cdm.0921', {
      type: `${source.native} of ${source.name} in ${target.printed} of ${target.name}`,
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
