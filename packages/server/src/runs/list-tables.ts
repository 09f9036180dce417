import type { NameList, TableEntry } from '@sluice/core/connector/inspection';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { RunEnd, RunWork } from '@sluice/engine/work';
import type { BatchTable } from '../store/model.ts';
import { chooseTables, namedTables, namesThatClash } from './batch-tables.ts';
import { runLimits } from './limits.ts';

/** Asks one end for the tables of a schema. */
export type AskTables = (end: RunEnd, schema: string, limit: number) => Promise<NameList<TableEntry>>;

/**
 * Asks the source of an entire-database job for its tables, and chooses those that a run moves.
 * @throws Cdm.0024 the schema has too many; Cdm.0900 there is none; what `ask` throws.
 */
export async function listTables(
  { from, to }: Pick<RunWork, 'from' | 'to'>,
  ask: AskTables,
): Promise<readonly BatchTable[]> {
  const schema = schemaOf(from, 'fromJobConfig.schemaName');
  const source = await ask(from, schema, runLimits.tablesPerBatchMax);
  const named = namedTables(from.options);
  if (source.total > source.entries.length) throw tooMany(schema, source.total);
  const names = named ?? source.entries.map(({ name }) => name);
  const ignoresCase = async () =>
    (await ask(to, schemaOf(to, 'toJobConfig.schemaName'), 1)).ignoresCase === true;
  const tables = chooseTables(named, {
    entries: source.entries,
    sourceIgnoresCase: source.ignoresCase === true,
    // Asked for only where it makes a difference.
    targetIgnoresCase: namesThatClash(names).size > 0 && (await ignoresCase()),
  });
  if (tables.length === 0) throw noTables(schema);
  return tables;
}

function schemaOf({ options }: RunEnd, name: string): string {
  const value = options[name];
  return typeof value === 'string' ? value : '';
}

/**
 * Nearly always the name of the schema is wrong, or the user of the link may see none of its tables. Success would say that
 * a database was moved.
 */
function noTables(schema: string): SluiceError {
  return new SluiceError('Cdm.0900', {
    table: `${schema}.*`,
    ...explained({
      en: `Schema ${schema} has no table that the user of the link may see, so there is nothing to move.`,
      zh: `模式 ${schema} 中没有连接用户可见的表，无可迁移的内容。`,
    }),
  });
}

function tooMany(schema: string, total: number): SluiceError {
  const limit = runLimits.tablesPerBatchMax;
  return new SluiceError('Cdm.0024', {
    name: 'fromJobConfig.schemaName',
    range: `1-${limit}`,
    ...explained({
      en: `Schema ${schema} has ${total} tables and views; one run lists ${limit}.`,
      zh: `模式 ${schema} 中有 ${total} 张表和视图，单次运行最多列出 ${limit} 张。`,
    }),
  });
}
