import type { Json } from '@sluice/core/data/json';
import type { Text } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { ExpressionSyntaxError } from '@sluice/core/expressions/expression-error';
import { compileTemplate, endOfExpression } from '@sluice/core/expressions/field-template';
import { compileConverters } from '@sluice/core/field-converters/compile-converters';
import type { MacroClock } from '@sluice/core/macros/time-macro';
import type { OptionValues } from '@sluice/core/options/option';
import type { AddedField, TransformWork } from '@sluice/engine/shape/shape-plan';
import type { JobRecord } from '../store/model.ts';
import { converterOf, converterOption, type FieldConverterSetting } from './field-converters.ts';
import { knownSettings, maskSecrets } from './job-variables.ts';

// What a job does to its fields on the way: converters from `transformConfig.trans`, added fields from
// `fromJobConfig.sampleValueColumn`. Both are read here and nowhere else.

export const addedOption = 'fromJobConfig.sampleValueColumn';
const columnsOption = 'fromJobConfig.columnList';

type Settings = Pick<JobRecord, 'fromOptions' | 'driverOptions'>;

/**
 * What happens to the fields of a job, its settings filled in; null: they go as they are.
 * @throws Cdm.0011 settings that are malformed; Cdm.0014 converters beside a statement.
 */
export function transformOf(job: Settings, clock: MacroClock): TransformWork | null {
  const settings = converterSettings(job.driverOptions);
  const added = addedFields(job.fromOptions);
  if (settings.length === 0 && added.length === 0) return null;
  if (settings.length > 0 && isOn(job.fromOptions['fromJobConfig.useSql'])) throw notWithStatement();
  const converters = new Map<string, FieldConverterSetting[]>();
  for (const setting of settings) {
    const key = setting.field.toLowerCase();
    converters.set(key, [...(converters.get(key) ?? []), setting]);
  }
  return {
    zone: clock.zone,
    nowMs: clock.now,
    converters: [...converters.values()].map((each) => ({
      field: each[0]?.field ?? '',
      steps: each.map(({ converter }) => converter),
    })),
    added,
  };
}

/**
 * Looks at converters and added fields of a job that is to be saved: every expression is compiled, every field must be among the
 * columns where they are named. What refers to variables is looked at when the run begins.
 * @throws Cdm.0011, Cdm.0014 as `transformOf`, and for expressions that are none; Cdm.0926 for a field that is not read.
 */
export function requireTransform(
  job: Settings & Pick<JobRecord, 'type' | 'toOptions'>,
  clock: MacroClock,
): void {
  if (job.type !== 'NORMAL_JOB') return;
  const known = knownSettings(job, {}, clock);
  const columns = namesOf(known.fromOptions[columnsOption]);
  const transform = transformOf(known, clock);
  if (transform === null) return;
  for (const { field, steps } of transform.converters) {
    checked(converterOption, JSON.stringify(steps), () => compileConverters(steps));
    const names = transform.added.map(({ name }) => name);
    const isRead = columns?.some((name) => isSame(name, field) && !names.includes(name)) ?? true;
    if (!isRead && !hasReference(field)) throw notRead(field);
  }
  for (const { value } of transform.added) {
    // A variable may be any part of an expression: a number is as good as anything to take its place.
    const filled = value.replace(/\$\{[^{}]*\}/g, '0');
    checked(addedOption, value, () => compileTemplate(filled));
  }
}

/** Names of the fields that a job converts or adds, as it names them. @throws as `transformOf`. */
export function madeFields(
  job: Settings & Pick<JobRecord, 'toOptions'>,
  clock: MacroClock,
): readonly string[] {
  const transform = transformOf(knownSettings(job, {}, clock), clock);
  if (transform === null) return [];
  return [...transform.converters.map(({ field }) => field), ...transform.added.map(({ name }) => name)];
}

/** The source's options without the fields that it has not. */
export function withoutAdded(options: OptionValues, transform: TransformWork | null): OptionValues {
  const names = namesOf(options[columnsOption]);
  if (transform === null || names === null || transform.added.length === 0) return options;
  const added = new Set(transform.added.map(({ name }) => name));
  return { ...options, [columnsOption]: names.filter((name) => !added.has(name)).join('&') };
}

/**
 * The program of a run is a part of its plan, which is stored as it is: a secret may not get in.
 * @throws Cdm.0014 naming the setting.
 */
export function refuseSecretPrograms(written: Settings, filled: Settings, secrets: readonly string[]): void {
  for (const [option, group] of [
    [converterOption, 'driverOptions'],
    [addedOption, 'fromOptions'],
  ] as const) {
    const before = JSON.stringify(written[group][option] ?? null);
    const after = JSON.stringify(filled[group][option] ?? null);
    if (before === after || maskSecrets(after, secrets) === after) continue;
    throw refused('Cdm.0014', option, {
      en: 'A secret variable cannot be a part of a converter or an added field.',
      zh: '转换器和自定义字段中不能使用加密变量。',
    });
  }
}

/** `a&b&c` to its names; null when absent or empty: all columns in order. */
function namesOf(value: Json | undefined): readonly string[] | null {
  return typeof value !== 'string' || value.trim() === '' ? null : value.split('&');
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function isOn(value: Json | undefined): boolean {
  return typeof value === 'string' && value.toLowerCase() === 'true';
}

function hasReference(text: string): boolean {
  return text.includes('${');
}

function checked(option: string, text: string, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    if (!hasReference(text)) throw refused('Cdm.0011', option, error.text);
  }
}

/** Converters in their order. A blank text is an empty list, as for all lists. */
function converterSettings(driver: OptionValues): readonly FieldConverterSetting[] {
  const list = driver[converterOption];
  return Array.isArray(list) ? list.map((entry: Json, at) => converterOf(entry, at)) : [];
}

/**
 * `name:value&name:value`. The value goes up to the next `&` that a name of the columns and a colon follow, so it may hold `&`
 * itself; within `#{…}` nothing is cut.
 */
function addedFields(options: OptionValues): readonly AddedField[] {
  const text = options[addedOption];
  if (typeof text !== 'string' || text.trim() === '') return [];
  const columns = namesOf(options[columnsOption]);
  const fields: { name: string; value: string }[] = [];
  for (const piece of piecesOf(text)) {
    const colon = piece.indexOf(':');
    const name = colon < 0 ? '' : piece.slice(0, colon);
    const last = fields.at(-1);
    if (name !== '' && (columns === null || columns.includes(name))) {
      if (fields.some((field) => field.name === name)) throw twice(name);
      fields.push({ name, value: piece.slice(colon + 1) });
    } else if (last !== undefined && !/^[\p{L}_][\p{L}\p{Nd}_$]*$/u.test(name)) {
      last.value += `&${piece}`;
    } else throw unnamed(name === '' ? piece : name);
  }
  return fields;
}

function piecesOf(text: string): readonly string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith('#{', at)) at = closing(text, at + 2);
    else if (text.charAt(at) === '&') {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...pieces, text.slice(start)];
}

function closing(text: string, from: number): number {
  try {
    return endOfExpression(text, from);
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    throw refused('Cdm.0011', addedOption, error.text);
  }
}

function twice(name: string): SluiceError {
  return refused('Cdm.0011', addedOption, {
    en: `The added field ${name} is given twice.`,
    zh: `自定义字段 ${name} 重复。`,
  });
}

function unnamed(name: string): SluiceError {
  return refused('Cdm.0011', addedOption, {
    en: `Added fields are name:value, joined by &, and their names are in fromJobConfig.columnList too; this one is not: ${name.slice(0, 64)}`,
    zh: `自定义字段写作“名称:值”，以 & 连接，名称须同时出现在 fromJobConfig.columnList 中；此项不符合：${name.slice(0, 64)}`,
  });
}

function notRead(field: string): SluiceError {
  return new SluiceError(
    'Cdm.0926',
    explained({
      en: `${converterOption}: a converter is set on "${field}", which is not among the columns read.`,
      zh: `${converterOption}：字段“${field}”设置了转换器，但不在读取的字段中。`,
    }),
  );
}

function notWithStatement(): SluiceError {
  return refused('Cdm.0014', converterOption, {
    en: 'Converters are not available for a source that reads the result of an SQL statement.',
    zh: '使用 SQL 语句抽取时不支持字段转换器。',
  });
}

function refused(code: 'Cdm.0011' | 'Cdm.0014', name: string, text: Text): SluiceError {
  return new SluiceError(code, {
    name,
    ...explained({ en: `${name}: ${text.en}`, zh: `${name}：${text.zh}` }),
  });
}
