import type { Text } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';

/** Names of columns that a sentence lists; more are only counted. */
const NAMES_TOLD = 10;

/**
 * The columns of a job do not go with those of its table.
 * @param table columns that the destination has, or that the job names for it. @param job those that it would get.
 * @param why one of `columnComplaints`.
 */
export function columnsDiffer(table: readonly string[], job: readonly string[], why: Text): SluiceError {
  return new SluiceError('Cdm.0931', {
    schema: table.join(', '),
    result: job.join(', '),
    ...explained(why),
  });
}

/** A job reads a column that is not there. @param table as people call it. */
export function noSuchColumn(table: string, name: string): SluiceError {
  return new SluiceError('Cdm.0926', explained(columnComplaints.missing(table, [name])));
}

/** The same of the result of a user's query. */
export function notInResult(name: string): SluiceError {
  return new SluiceError(
    'Cdm.0926',
    explained({
      en: `The SQL statement returns no column "${name}".`,
      zh: `SQL 语句的结果中没有字段“${name}”。`,
    }),
  );
}

/** Partitions of a table that a job cannot read. @param name null: it has none at all. */
export function noSuchPartition(table: string, name: string | null): SluiceError {
  return new SluiceError(
    'Cdm.0236',
    explained(
      name === null
        ? {
            en: `The table ${table} is not partitioned: switch extraction by partition off.`,
            zh: `表 ${table} 不是分区表：请关闭按表分区抽取。`,
          }
        : { en: `The table ${table} has no partition "${name}".`, zh: `表 ${table} 没有分区“${name}”。` },
    ),
  );
}

/** What is wrong, in a sentence: of two lists of two hundred names nobody sees it. */
export const columnComplaints = {
  count: (read: number, named: number): Text => ({
    en: `${read} columns are read, and ${named} are named for the destination.`,
    zh: `读取 ${read} 个字段，目的端指定了 ${named} 个字段。`,
  }),
  twice: (names: readonly string[]): Text => ({
    en: `Named more than once: ${listed(names, ', ', (more) => ` and ${more} more`)}.`,
    zh: `重复的字段：${listed(names, '、', (more) => ` 等另外 ${more} 个`)}。`,
  }),
  missing: (table: string, names: readonly string[]): Text => ({
    en: `The table ${table} has no column ${listed(names, ', ', (more) => ` and ${more} more`)}.`,
    zh: `表 ${table} 中没有字段 ${listed(names, '、', (more) => ` 等另外 ${more} 个`)}。`,
  }),
  needed: (table: string, names: readonly string[]): Text => ({
    en: `Each row of ${table} needs a value for ${listed(names, ', ', (more) => ` and ${more} more`)}, which has no default, and the job writes none.`,
    zh: `表 ${table} 的字段 ${listed(names, '、', (more) => ` 等另外 ${more} 个`)} 不允许为空且没有默认值，而作业未写入该字段。`,
  }),
  generated: (table: string, names: readonly string[]): Text => ({
    en: `The database computes ${listed(names, ', ', (more) => ` and ${more} more`)} of ${table} by itself and takes no value: leave it out of the columns.`,
    zh: `表 ${table} 的字段 ${listed(names, '、', (more) => ` 等另外 ${more} 个`)} 由数据库生成，不能写入：请从字段中去掉。`,
  }),
  unfit: (names: readonly string[]): Text => ({
    en: `No column can have this name: ${listed(names, ', ', (more) => ` and ${more} more`)}.`,
    zh: `字段名无效：${listed(names, '、', (more) => ` 等另外 ${more} 个`)}。`,
  }),
} as const;

/** Names that come more than once, each once. @param keyOf what the database goes by. */
export function repeatedNames(
  names: readonly string[],
  keyOf: (name: string) => string = (name) => name,
): readonly string[] {
  const seen = new Set<string>();
  const twice = new Map<string, string>();
  for (const name of names) {
    const key = keyOf(name);
    if (seen.has(key)) twice.set(key, name);
    seen.add(key);
  }
  return [...twice.values()];
}

function listed(names: readonly string[], comma: string, more: (count: number) => string): string {
  const told = names
    .slice(0, NAMES_TOLD)
    .map((name) => `"${name}"`)
    .join(comma);
  return names.length > NAMES_TOLD ? told + more(names.length - NAMES_TOLD) : told;
}
