import type { SinkAgreement, SourceOffer } from '@sluice/core/connector/contract';
import type { Column } from '@sluice/core/data/column';
import type { Loss, OddValue } from '@sluice/core/data/loss';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { asLosses, isBentByPostgres, type PairLoss } from '../jdbc/losses.ts';
import { fitOf, isBentWithinOther, type TargetColumn } from './pairing.ts';
import type { PgSession } from './session.ts';

/** The best form that both ends know for these columns, and the casts it needs. */
export function choose(
  offer: SourceOffer,
  targets: readonly TargetColumn[],
  isGauss: boolean,
): Pick<SinkAgreement, 'projection' | 'reason'> {
  const plain = offer.columns.map(({ name }) => ({ name, cast: null }));
  if (isGauss)
    return { projection: { form: 'rows', columns: plain }, reason: 'GaussDB and DWS get text by COPY' };
  if (!offer.forms.includes('pgcopy-binary')) {
    return { projection: { form: 'rows', columns: plain }, reason: 'the source does not speak COPY BINARY' };
  }
  const columns: { name: string; cast: string | null; wireType: string }[] = [];
  for (const [i, column] of offer.columns.entries()) {
    const target = targets[i];
    // A label is the binary form of an enumeration.
    const wireType = target?.isEnum ? 'text' : (target?.native ?? '');
    // What PostgreSQL would change as it reads it in binary is looked at value by value.
    const isBent = target !== undefined && !target.isEnum && isBentByPostgres(column.type, target.type);
    const sent = isBent ? null : (offer.sendAs?.('pgcopy-binary', column, wireType) ?? null);
    if (sent === null) {
      const types = `${column.native} into ${target?.native ?? 'nothing'}`;
      return {
        projection: { form: 'rows', columns: plain },
        reason: `column "${column.name}", ${types}, cannot travel as COPY BINARY`,
      };
    }
    columns.push({ name: column.name, cast: sent.cast, wireType });
  }
  const casts = columns.filter(({ cast }) => cast !== null).length;
  const who = offer.byteFormsBy ?? 'both ends speak COPY BINARY';
  return {
    projection: { form: 'pgcopy-binary', columns },
    reason:
      casts === 0
        ? `${who}, no column is cast`
        : `${who}; the source casts ${casts} of ${columns.length} columns`,
  };
}

/** Databases that are compatible with Oracle do. */
export async function takesEmptyForNull(session: PgSession): Promise<boolean> {
  return (await session.query("SELECT '' IS NULL")).rows[0]?.[0] === 't';
}

export function emptyTextLoss(column: Column, target: TargetColumn): readonly Loss[] {
  const isText = column.type.kind === 'text' && target.type.kind === 'text';
  const ends = { column: target.name, from: column.native, to: target.native };
  return isText ? asLosses([{ kind: 'emptyText' }], ends) : [];
}

/** What a column may lose. @throws Cdm.0921 when no value of the one can be a value of the other. */
export function lossesOf(column: Column, target: TargetColumn, sent: ReadonlySet<OddValue>): readonly Loss[] {
  const ends = { column: target.name, from: column.native, to: target.native };
  const losses: PairLoss[] = [];
  if (column.native !== target.native || sent.has('nulCharacter')) {
    const fit = fitOf(column.type, target.type, sent);
    if (fit === null || isBentWithinOther(column, target))
      throw new SluiceError('Cdm.0921', {
        type: `${column.native} (column "${column.name}") into ${target.native}`,
      });
    losses.push(...fit);
    if (target.native === 'jsonb' && column.type.kind === 'json') losses.push({ kind: 'json' });
    if (column.type.kind === 'other' && target.type.kind === 'text') losses.push({ kind: 'asText' });
  }
  if (column.isNullable && !target.isNullable) losses.push({ kind: 'nulls' });
  return asLosses(losses, ends);
}
