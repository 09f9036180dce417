import type { Projection, SourceOffer } from '@sluice/core/connector/contract';
import type { Column } from '@sluice/core/data/column';
import type { TargetColumn } from '../encode.ts';
import { chooseKernel } from './kernels.ts';

/** Either the columns as the source has to send them, or why rows cannot go in bulk, for people. */
export type BulkAgreement =
  | {
      readonly columns: Projection['columns'];
      /** Columns that the source prints and the server reads again, for people; empty: none. */
      readonly asText: readonly string[];
    }
  | { readonly columns: null; readonly reason: string };

/**
 * Looks whether every column can go as MariaDB's bulk command: one row is one tuple, so one column without a kernel
 * takes the others with it. Pure.
 * @param targets where the offer's columns go, by position.
 */
export function agreeBulk(offer: SourceOffer, targets: readonly TargetColumn[]): BulkAgreement {
  if (!offer.forms.includes('pgcopy-binary') || offer.sendAs === undefined)
    return { columns: null, reason: 'the source does not send binary tuples' };
  // A statement without columns has no bulk form.
  if (targets.length === 0) return { columns: null, reason: 'there is no column' };
  const columns: Projection['columns'][number][] = [];
  const asText: string[] = [];
  for (const [at, source] of offer.columns.entries()) {
    const target = targets[at];
    const choice =
      target === undefined || isReadAsJson(offer, source, target) ? null : chooseKernel(source, target);
    const sent = choice === null ? null : offer.sendAs('pgcopy-binary', source, choice.wireType);
    if (choice === null || sent === null) {
      const into = target === undefined ? '' : ` into ${target.columnType}`;
      return { columns: null, reason: `column ${source.name}, ${source.native}${into}, has no binary way` };
    }
    columns.push({ name: source.name, cast: sent.cast, wireType: choice.wireType });
    const isTextItself = source.type.kind === 'text';
    if (choice.goesAsText && !isTextItself) asText.push(`${source.name} (${source.native})`);
  }
  return { columns, asText };
}

/** MySQL keeps JSON as values, whose numbers are 64-bit integers or doubles: those of others are looked at first. */
function isReadAsJson(offer: SourceOffer, source: Column, target: TargetColumn): boolean {
  if (target.dataType !== 'json') return false;
  const isOfFamily = offer.oddValues?.has('zeroDate') === true;
  return !(isOfFamily && source.native === 'json');
}

/**
 * A column that is still to be created, from the type in its DDL: `DECIMAL(10,2)`, `INT UNSIGNED`.
 * @param isMariaDb its JSON is text with a check.
 */
export function plannedColumn(name: string, sql: string, isMariaDb = false): TargetColumn {
  const isList = /^(?:enum|set)\(/i.test(sql);
  const columnType = isMariaDb && sql === 'JSON' ? 'longtext' : isList ? sql : sql.toLowerCase();
  const [, dataType = columnType, first] = /^([a-z]+)(?:\((\d+))?/.exec(columnType) ?? [];
  const argument = first === undefined ? null : Number(first);
  const hasFraction = dataType === 'time' || dataType === 'datetime' || dataType === 'timestamp';
  return {
    name,
    dataType,
    columnType,
    fraction: hasFraction ? (argument ?? 0) : 0,
    length: hasFraction ? null : argument,
    characterSet: null,
    // Only what is written is looked at, and by then the column is there.
    refusesNull: false,
  };
}
