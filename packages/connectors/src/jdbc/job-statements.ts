import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';

/** A statement that a user wrote for before or after the import. */
export interface JobStatement {
  readonly option: 'toJobConfig.preSql' | 'toJobConfig.postSql';
  readonly sql: string;
}

/** What a statement of the user's failed with, said so that its option is found. @param words the database's own. */
export function statementRefused(
  { option }: JobStatement,
  words: string,
  extras: { readonly cause?: unknown; readonly retry?: boolean } = {},
): SluiceError {
  return new SluiceError('Cdm.0902', { cause: `${option}: ${words}` }, extras);
}

/** Refusals at planning that only this way of writing knows. */
export const writingRefusals = {
  noKey: (table: string) =>
    new SluiceError('Cdm.0014', {
      name: 'toJobConfig.onConflict',
      ...explained({
        en: `${table} has no primary or unique key all of whose columns are written, so no row can clash with another: choose EXCEPTION (COPY), or give the table a key.`,
        zh: `表 ${table} 没有全部字段都被写入的主键或唯一键，无法判断冲突：请选择 EXCEPTION（COPY），或为该表建立主键或唯一键。`,
      }),
    }),
  noTransactions: (table: string, engine: string) =>
    new SluiceError('Cdm.0014', {
      name: 'toJobConfig.useStageTable',
      ...explained({
        en: `${table} has the engine ${engine}, which knows no transactions: rows cannot be moved into it all or none.`,
        zh: `表 ${table} 的引擎 ${engine} 不支持事务，无法保证数据整体移入：请关闭阶段表，或更换引擎。`,
      }),
    }),
} as const;
