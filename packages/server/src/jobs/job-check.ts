import type { ConnectorRegistry } from '@sluice/core/connector/registry';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { validateOptions } from '@sluice/core/options/validate';
import { requireColumnLists } from '../planner/column-lists.ts';
import { extractorsOf, rateLimitOf } from '../planner/job-pace.ts';
import { madeFields, requireTransform } from '../planner/job-transform.ts';
import { isFilledIn, knownSettings, plannedTime, requireMacros } from '../planner/job-variables.ts';
import { readVerifyOptions, verifyOption, verifyWithoutOption } from '../runs/verify-options.ts';
import type { JobRecord } from '../store/model.ts';
import { driverGroups } from './driver-options.ts';
import { endValues } from './job-ends.ts';

/** What a job asks for that no single setting says; looked at when it is saved, and when it is started with its variables. */

type Settings = Pick<JobRecord, 'type' | 'fromOptions' | 'toOptions' | 'driverOptions'>;

/** Modes of a destination in which a row may come twice. */
const repeatableModes: Readonly<Record<string, readonly string[]>> = {
  'toJobConfig.onConflict': ['REPLACE', 'UPDATE'],
  'toJobConfig.importMode': ['UPSERT'],
};

/**
 * @param zone of the service. @param now Unix milliseconds; macros are tried with this time.
 * @throws Cdm.0014 a macro that says nothing, or settings that do not go together; Cdm.0024 a rate that cannot be;
 * Cdm.0931, Cdm.0011 column lists that cannot be paired.
 */
export function requireSettings(job: Settings, zone: string, now: number): void {
  requireMacros(job, { now, zone });
  if (job.type === 'NORMAL_JOB') requireColumnLists(job);
  requireTransform(job, { now, zone });
  requireVerifiable(job, { now, zone });
  if (hasReference(job.driverOptions)) return;
  rateLimitOf(job.driverOptions);
  requireWatermark(job);
}

/**
 * The same for a job that is started, with the variables that are no secrets filled in: now their values have types too.
 * @throws Cdm.0014 also for a planned time that is none; the codes of options.
 */
export function requireStartable(
  job: Settings & Pick<JobRecord, 'fromConnector' | 'toConnector'>,
  variables: Readonly<Record<string, string>>,
  registry: ConnectorRegistry,
  zone: string,
  now: number,
): void {
  const clock = { now: plannedTime(variables) ?? now, zone };
  const { fromOptions, toOptions, driverOptions } = knownSettings(job, variables, clock);
  const rules = { isPartial: job.type !== 'NORMAL_JOB', takesReferences: isFilledIn };
  const [from, to] = [registry.get(job.fromConnector).from, registry.get(job.toConnector).to];
  if (from !== null) endValues(from, fromOptions, rules);
  if (to !== null) endValues(to, toOptions, rules);
  validateOptions(driverGroups, driverOptions, rules);
  if (job.type === 'NORMAL_JOB') requireColumnLists({ fromOptions, toOptions });
  if (hasReference(driverOptions)) return;
  extractorsOf(driverOptions);
  rateLimitOf(driverOptions);
  requireWatermark({ ...job, fromOptions, toOptions, driverOptions });
}

/** What is made on the way is nowhere else to be compared with: a job that is to be verified says that it knows. */
function requireVerifiable(job: Settings, clock: { readonly now: number; readonly zone: string }): void {
  const { isOn, without } = readVerifyOptions(job.driverOptions);
  if (!isOn || job.type !== 'NORMAL_JOB') return;
  const unnamed = madeFields(job, clock).find((name) => !without.includes(name) && !name.includes('${'));
  if (unnamed === undefined || without.some((name) => name.includes('${'))) return;
  throw refused(verifyOption, {
    en: `The field ${unnamed} is converted or added on the way, so that there is nothing to compare it with. Name it in ${verifyWithoutOption} to have the others verified.`,
    zh: `字段 ${unnamed} 在迁移过程中被转换或新增，无从比较。如只校验其他字段，请在 ${verifyWithoutOption} 中列出。`,
  });
}

function requireWatermark({ type, fromOptions, toOptions, driverOptions }: Settings): void {
  const column = driverOptions['sluiceConfig.watermarkColumn'];
  if (typeof column !== 'string' || column === '') return;
  if (type !== 'NORMAL_JOB') {
    throw refused('sluiceConfig.watermarkColumn', {
      en: 'Only a job of one table can be incremental.',
      zh: '只有单表作业可以增量读取。',
    });
  }
  if (fromOptions['fromJobConfig.useSql'] === 'true') {
    throw refused('sluiceConfig.watermarkColumn', {
      en: 'A job that reads a query of its own cannot be incremental: put the bounds into the query.',
      zh: '使用 SQL 语句的作业不能增量读取：请将范围写入语句。',
    });
  }
  const overlap = Number(driverOptions['sluiceConfig.watermarkOverlap'] ?? 0);
  if (overlap > 0 && !isRepeatable(toOptions)) {
    throw refused('sluiceConfig.watermarkOverlap', {
      en: 'Rows of an overlap are written again, so the destination must replace or update rows that it has: set toJobConfig.onConflict to REPLACE or UPDATE, or toJobConfig.importMode to UPSERT.',
      zh: '重叠窗口内的行会再次写入，目的端须能替换或更新已有的行：请将 toJobConfig.onConflict 设为 REPLACE 或 UPDATE，或将 toJobConfig.importMode 设为 UPSERT。',
    });
  }
}

function isRepeatable(toOptions: OptionValues): boolean {
  return Object.entries(repeatableModes).some(([option, modes]) => modes.includes(String(toOptions[option])));
}

/** A variable may stand where a value has a type: then it is looked at when the job is started. */
function hasReference(options: OptionValues): boolean {
  return Object.values(options).some((value) => typeof value === 'string' && value.includes('${'));
}

function refused(name: string, why: { readonly en: string; readonly zh: string }): SluiceError {
  return new SluiceError('Cdm.0014', { name, ...explained(why) });
}
