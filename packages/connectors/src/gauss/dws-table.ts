import type { Text } from '@sluice/core/data/text';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import type { CreatedColumn } from '../postgres/ddl.ts';
import { quoteName, quoteTable } from '../postgres/quote.ts';
import type { TableName } from '../postgres/relation.ts';

/** What DWS prints was not proved to be what PostgreSQL prints, and empty texts may be nulls there. */
export const dwsNotCompared: Text = {
  en: 'Tables of DWS are not compared.',
  zh: '不支持对比 DWS 的表。',
};

/** How a created table of DWS keeps its rows. */
export interface DwsStorage {
  readonly orientation: 'row' | 'column';
  readonly compression: 'no' | 'yes' | 'low' | 'high';
}

/** @throws Cdm.0024 a value that is none of the option's. */
export function readDwsStorage(values: OptionValues): DwsStorage {
  const orientation = oneOf(values, 'toJobConfig.orientation', ['ROW', 'COLUMN']) ?? 'ROW';
  const isCompressed = oneOf(values, 'toJobConfig.isCompress', ['TRUE', 'FALSE']) === 'TRUE';
  const level = oneOf(values, 'toJobConfig.compressionLevel', ['HIGH']);
  oneOf(values, 'toJobConfig.compression', ['NO']);
  if (orientation === 'ROW') return { orientation: 'row', compression: isCompressed ? 'yes' : 'no' };
  const kind = level === 'HIGH' ? 'high' : 'low';
  return { orientation: 'column', compression: isCompressed ? kind : 'no' };
}

function oneOf(values: OptionValues, name: string, allowed: readonly string[]): string | null {
  const value = values[name];
  if (value === undefined || value === null || value === '') return null;
  const text = String(value).toUpperCase();
  if (!allowed.includes(text)) throw new SluiceError('Cdm.0024', { name, range: allowed.join(', ') });
  return text;
}

/** Types that rows can be spread by, without modifiers. */
const spreadable =
  /^(?:tinyint|smallint|integer|bigint|numeric|character|bpchar|nvarchar2|text|date|time|timestamp|interval|smalldatetime)\b/;

/**
 * The columns that rows are spread over the data nodes by: those of the source's primary key, or else the first one that can.
 * @param primaryKey destination names; empty without one.
 * @throws Cdm.0063 when no column can.
 */
export function distributionColumns(
  table: TableName,
  columns: readonly CreatedColumn[],
  primaryKey: readonly string[],
): readonly string[] {
  const able = columns.filter(({ native }) => spreadable.test(native)).map(({ name }) => name);
  const ofKey = primaryKey.filter((name) => able.includes(name));
  if (ofKey.length > 0) return ofKey;
  const [first] = able;
  if (first !== undefined) return [first];
  throw new SluiceError('Cdm.0063', {
    table: `${table.schema}.${table.table}`,
    cause: 'DWS spreads rows by a column of numbers, text, dates or times, and there is none',
  });
}

/** CREATE TABLE as it is sent. Keys are not carried over: a key of DWS must hold the columns that rows are spread by. */
export function createDwsTableSql(
  table: TableName,
  columns: readonly CreatedColumn[],
  distribution: readonly string[],
  { orientation, compression }: DwsStorage,
): string {
  const lines = columns.map(
    ({ name, native, isNotNull }) => `  ${quoteName(name)} ${native}${isNotNull ? ' NOT NULL' : ''}`,
  );
  return (
    `CREATE TABLE ${quoteTable(table)} (\n${lines.join(',\n')}\n)\n` +
    `WITH (orientation = ${orientation}, compression = ${compression})\n` +
    `DISTRIBUTE BY HASH (${distribution.map(quoteName).join(', ')})`
  );
}
