import type { Json } from '@sluice/core/data/json';
import type { Text } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { isBlank } from '@sluice/core/options/validate';
import { converterOption } from '../planner/field-converters.ts';
import { addedOption } from '../planner/job-transform.ts';
import { isSamePlace, type JobEnd } from '../planner/self-copy.ts';
import { namedTables, tableListOption } from '../runs/batch-tables.ts';
import type { JobType } from '../store/model.ts';

/** What a job of many tables says once for all of them, and what it cannot say. */
const ofOneTable: readonly (readonly [end: 'from' | 'to', name: string])[] = [
  ['from', 'fromJobConfig.tableName'],
  ['from', 'fromJobConfig.columnList'],
  ['to', 'toJobConfig.tableName'],
  ['to', 'toJobConfig.columnList'],
];

/**
 * What a job's type asks of the settings of its ends, beyond what each of them is checked for by itself.
 * @throws Cdm.0913 an entire-database job names no schema to read; Cdm.0238 none to write to; Cdm.0014 a setting that the type
 * does not have, or an entire database that would be copied onto itself.
 */
export function requireTypeOptions(type: JobType, from: JobEnd, to: JobEnd, driver: OptionValues): void {
  if (type === 'NORMAL_JOB' && namedTables(from.options) !== null) {
    throw refused(tableListOption, {
      en: `${tableListOption} is of jobs of type BATCH_JOB; a NORMAL_JOB names its table in fromJobConfig.tableName.`,
      zh: `${tableListOption} 仅用于 BATCH_JOB 作业；NORMAL_JOB 请在 fromJobConfig.tableName 中填写表名。`,
    });
  }
  if (type !== 'BATCH_JOB') return;
  const options = { from: from.options, to: to.options };
  if (isBlank(options.from['fromJobConfig.schemaName'])) throw new SluiceError('Cdm.0913');
  if (isBlank(options.to['toJobConfig.schemaName'])) {
    throw new SluiceError('Cdm.0238', { name: 'toJobConfig.schemaName' });
  }
  if (String(options.from['fromJobConfig.useSql']).toLowerCase() === 'true') {
    throw refused('fromJobConfig.useSql', {
      en: 'A query is read by jobs of one table; an entire-database job reads the tables of its schema.',
      zh: 'SQL 语句仅用于单表作业；整库迁移读取模式中的表。',
    });
  }
  for (const [end, name] of ofOneTable) {
    if (isBlank(options[end][name])) continue;
    throw refused(name, {
      en: `${name} is of jobs of one table. An entire-database job moves all columns of the tables of its schema, or of those in ${tableListOption}, under their own names.`,
      zh: `${name} 仅用于单表作业。整库迁移按原名迁移模式中所有表（或 ${tableListOption} 中的表）的全部字段。`,
    });
  }
  refuseFields(addedOption, from.options[addedOption]);
  refuseFields(converterOption, driver[converterOption]);
  if (options.from['fromJobConfig.schemaName'] !== options.to['toJobConfig.schemaName']) return;
  if (!isSamePlace(from.link, to.link)) return;
  throw refused('toJobConfig.schemaName', {
    en: 'Source and destination are the same schema: choose another destination.',
    zh: '源端与目的端是同一个模式：请选择其他目的端。',
  });
}

/** Fields are those of one table: what is meant for another would fail, or change what nobody thought of. */
function refuseFields(name: string, value: Json | undefined): void {
  if (isBlank(value) || (Array.isArray(value) && value.length === 0)) return;
  throw refused(name, {
    en: `${name} is of jobs of one table: an entire-database job moves all fields as they are.`,
    zh: `${name} 仅用于单表作业：整库迁移按原样迁移所有字段。`,
  });
}

function refused(name: string, why: Text): SluiceError {
  return new SluiceError('Cdm.0014', { name, ...explained(why) });
}
