import type { Json } from '@sluice/core/data/json';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { BadMacro, parseText, type TextPart } from '@sluice/core/macros/parse-text';
import { expandTimeMacro, type MacroClock } from '@sluice/core/macros/time-macro';
import type { OptionValues } from '@sluice/core/options/option';

// What `${…}` in a setting stands for: a variable, a macro of the time, or a fact of the run. Every text is gone through
// once; what is put in is not looked at again.

export const variableNamePattern = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

/** Names that mean something of their own in settings: no variable has them. */
export const reservedNames: ReadonlySet<string> = new Set([
  'dateformat',
  'timestamp',
  'tableName',
  'version',
  'custom',
  'value',
]);

/** What can be told of the source of a row: `${custom(…)}`. */
export const sourceMarks = ['host', 'database', 'fromLinkName', 'schemaName', 'tableName'] as const;
export type SourceMark = (typeof sourceMarks)[number];

/** The setting whose values are columns of their own, added to each row: only there does the source of a row mean something. */
const addedColumns = 'fromJobConfig.sampleValueColumn';
/** The setting that `${tableName}` is about. */
const sourceTable = 'fromJobConfig.tableName';

/** What texts are filled in with. What is not known, as when a job is saved, is null and stays as it is written. */
export interface TextFacts {
  /** @returns undefined: there is no such variable. */
  readonly variable: (name: string) => string | undefined;
  readonly clock: MacroClock;
  readonly tableName: string | null;
  readonly version: string | null;
  readonly marks: Readonly<Record<SourceMark, string>> | null;
}

/**
 * Settings with all their texts filled in.
 * @throws Cdm.0014 naming the setting whose macro says nothing.
 */
export function filledIn(options: OptionValues, facts: TextFacts): OptionValues {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      mapTexts(value, (text) => filledText(name, text, facts)),
    ]),
  );
}

/** One text of a setting. @throws Cdm.0014 as `filledIn`. */
export function filledText(setting: string, text: string, facts: TextFacts): string {
  // Most texts have nothing to fill in.
  if (!text.includes('${')) return text;
  try {
    return parseText(text)
      .map((part) => meaningOf(setting, part, facts))
      .join('');
  } catch (error) {
    throw error instanceof BadMacro ? badSetting(setting, error) : error;
  }
}

function meaningOf(setting: string, part: TextPart, facts: TextFacts): string {
  if (part.kind === 'text') return part.source;
  if (part.kind === 'call') return callOf(setting, part, facts);
  const { name, source } = part;
  switch (name) {
    case 'dateformat':
    case 'timestamp':
    case 'custom':
      throw new BadMacro({
        en: `${source} stands without its brackets: write ${name}(…).`,
        zh: `${source} 缺少括号：应写为 ${name}(…)。`,
      });
    case 'tableName':
      if (setting !== sourceTable) return facts.tableName ?? source;
      throw new BadMacro({
        en: `${source} is the name of the source's table and cannot be a part of it.`,
        zh: `${source} 表示源端表名，不能用于源端表名本身。`,
      });
    case 'version':
      return facts.version ?? source;
    // The value of a partition, in the filter of a source that has some.
    case 'value':
      return source;
    default:
      return facts.variable(name) ?? source;
  }
}

function callOf(setting: string, part: TextPart & { readonly kind: 'call' }, facts: TextFacts): string {
  const { name, inner, source } = part;
  if (name === 'dateformat' || name === 'timestamp') return expandTimeMacro(name, inner, facts.clock);
  if (name !== 'custom') {
    throw new BadMacro({
      en: `There is no macro ${name}: ${source} Macros are dateformat(…), timestamp(…) and custom(…).`,
      zh: `没有名为 ${name} 的宏：${source} 可用的宏为 dateformat(…)、timestamp(…) 和 custom(…)。`,
    });
  }
  const mark = sourceMarks.find((each) => each === inner.trim());
  if (mark === undefined) {
    throw new BadMacro({
      en: `custom(…) takes one of ${sourceMarks.join(', ')}, not: ${inner.trim()}`,
      zh: `custom(…) 的参数只能是 ${sourceMarks.join('、')} 之一，不能为：${inner.trim()}`,
    });
  }
  if (setting !== addedColumns) {
    throw new BadMacro({
      en: `${source} tells where a row comes from and has a meaning only in ${addedColumns}.`,
      zh: `${source} 表示数据行的来源，仅在 ${addedColumns} 中有意义。`,
    });
  }
  return facts.marks?.[mark] ?? source;
}

function badSetting(setting: string, { text }: BadMacro): SluiceError {
  return new SluiceError('Cdm.0014', {
    name: setting,
    ...explained({ en: `${setting}: ${text.en}`, zh: `${setting}：${text.zh}` }),
  });
}

/** A value with all its texts changed, however deep they lie; names of members stay. */
export function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((each: Json) => mapTexts(each, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, mapTexts(each as Json, change)]),
  );
}
