import type { SourceOffer } from '@sluice/core/connector/contract';
import type { Loss } from '@sluice/core/data/loss';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { asLosses } from '../jdbc/losses.ts';
import type { CatalogTable } from './catalog.ts';
import { findName } from './names.ts';
import { isNationalFamily, pair, type TargetColumn } from './pairing.ts';
import type { Session } from './session.ts';
import { familyOf } from './types.ts';

/** Character sets of a database. */
export interface CharacterSets {
  readonly own: string;
  readonly national: string;
}

export async function readCharacterSets(session: Session): Promise<CharacterSets> {
  const rows = await session.rows(
    `SELECT PARAMETER, VALUE FROM NLS_DATABASE_PARAMETERS WHERE PARAMETER IN ('NLS_CHARACTERSET', 'NLS_NCHAR_CHARACTERSET')`,
    [],
    'metadata',
    'NLS_DATABASE_PARAMETERS',
  );
  const values = new Map(rows.map(([name, value]) => [String(name), String(value)]));
  return {
    own: values.get('NLS_CHARACTERSET') ?? 'US7ASCII',
    national: values.get('NLS_NCHAR_CHARACTERSET') ?? 'AL16UTF16',
  };
}

/**
 * The columns that are written, by position, as the table spells them.
 * @throws Cdm.0931 a column is missing, written twice, or must be written and is not; Cdm.0921 a column is filled by the server.
 */
export function targetColumns(
  names: readonly string[],
  offer: Pick<SourceOffer, 'columns'>,
  table: CatalogTable,
  sets: CharacterSets,
): readonly TargetColumn[] {
  const own = table.shape.columns.map(({ name }) => name);
  const refuse = (): never => {
    throw new SluiceError('Cdm.0931', { schema: own.join(', '), result: names.join(', ') });
  };
  const places = names.map((name) => findName(own, name));
  if (names.length !== offer.columns.length || places.includes(-1) || new Set(places).size !== places.length)
    refuse();
  // Every row would be refused; told now, before the table is cleared.
  const isNeeded = table.shape.columns.some(
    (column, at) =>
      !column.isNullable &&
      !column.isGenerated &&
      table.native[at]?.hasDefault === false &&
      !places.includes(at),
  );
  if (isNeeded) refuse();
  return places.map((at) => {
    const column = table.shape.columns[at];
    const native = table.native[at];
    if (column === undefined || native === undefined) throw new RangeError(`no column ${at}`);
    if (column.isGenerated)
      throw new SluiceError('Cdm.0921', { type: `${column.native} (generated)`, column: column.name });
    const isNational = isNationalFamily(familyOf(native));
    return {
      ...native,
      name: column.name,
      nativeText: column.native,
      isNullable: column.isNullable,
      characterSet: isNational ? sets.national : sets.own,
    };
  });
}

/** What the columns may lose. @throws Cdm.0921 a type cannot go there. */
export function lossesOf(offer: SourceOffer, targets: readonly TargetColumn[]): readonly Loss[] {
  return offer.columns.flatMap((source, at): readonly Loss[] => {
    const target = targets[at];
    if (target === undefined) return [];
    const losses = pair(source.type, target, offer.oddValues ?? new Set());
    if (losses === null)
      throw new SluiceError('Cdm.0921', {
        type: `${source.native} of ${source.name} in ${target.nativeText}`,
        column: target.name,
      });
    const ends = { column: target.name, from: source.native, to: target.nativeText };
    const nulls = source.isNullable && !target.isNullable ? [{ kind: 'nulls' } as const] : [];
    return asLosses([...losses, ...nulls], ends);
  });
}
