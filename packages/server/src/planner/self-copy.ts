import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';

/** One end of a job, as far as its place goes. */
export interface JobEnd {
  readonly link: OptionValues;
  readonly options: OptionValues;
}

const placeOptions = ['databaseType', 'host', 'port', 'database', 'sidname'] as const;

/**
 * A job whose destination is its source would clear or drop the rows before it reads them, or double them without end.
 * Compares what the links and the job say; two names of one host pass.
 * @throws Cdm.0014 when both ends name the same table.
 */
export function refuseSelfCopy(from: JobEnd, to: JobEnd): void {
  // The result of a query is no table, whatever the job still says of one.
  if (String(from.options['fromJobConfig.useSql']).toLowerCase() === 'true') return;
  const table = from.options['fromJobConfig.tableName'];
  if (typeof table !== 'string' || table === '' || table !== to.options['toJobConfig.tableName']) return;
  if (from.options['fromJobConfig.schemaName'] !== to.options['toJobConfig.schemaName']) return;
  if (!isSamePlace(from.link, to.link)) return;
  throw new SluiceError('Cdm.0014', {
    name: 'toJobConfig.tableName',
    ...explained({
      en: `Source and destination are the same table, ${table}: choose another destination.`,
      zh: `源端与目的端是同一张表 ${table}：请选择其他目的表。`,
    }),
  });
}

/** Whether two links' options name one database of one server. Two names of one host are two places. */
export function isSamePlace(one: OptionValues, other: OptionValues): boolean {
  return placeOptions.every((name) => textOf(one, name) === textOf(other, name));
}

function textOf(link: OptionValues, name: string): string {
  return String(link[`linkConfig.${name}`] ?? '').toLowerCase();
}
