import type { TargetPlan } from '@sluice/core/connector/contract';
import type {
  PlannedStatement,
  RightFinding,
  SinkPreview,
  StatementPurpose,
} from '@sluice/core/connector/run-preview';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import { arrivalColumnName } from '../jdbc/stage-name.ts';
import { plannedColumn } from './bulk/bulk-agreement.ts';
import { type CatalogTable, readTable, targetColumn } from './catalog.ts';
import { CheckpointTable } from './checkpoint-table.ts';
import { clearingStatements } from './clear-table.ts';
import { provenCondition } from './condition.ts';
import { rowInsertSql } from './conflicts.ts';
import type { TableDdl } from './ddl.ts';
import type { TargetColumn } from './encode.ts';
import { loadSql } from './load-data/load-loader.ts';
import { quoteName, quoteTable } from './names.ts';
import { databaseMaking, isCleared, kernelsFor, tableMaking, writtenWords } from './preparation.ts';
import { moveSql } from './publish.ts';
import { dropRight, preparedRight } from './rights.ts';
import type { RunSteps } from './run-steps.ts';
import type { Session } from './session.ts';
import { readStageParts, type StageDesign, type StageParts, stageCheckSql, stageSql } from './stage-table.ts';
import { requireColumn } from './target-table.ts';
import { readUniqueKeys, type UniqueKey } from './unique-keys.ts';

/** Says what a run would send to this destination, by the functions that make it. @throws as `tableMaking`; Cdm.0902 a condition that is none. */
export async function previewSink(
  session: Session,
  options: SqlSinkOptions,
  steps: RunSteps,
  plan: TargetPlan,
): Promise<SinkPreview> {
  const { schema, table, isStaged, conflict, clearing } = options;
  const { columnNames } = plan;
  const found = await readTable(session, schema, table, false);
  const databases = await databaseMaking(session, options);
  const { statements: making, made } = await tableMaking(session, options, plan);
  const clears = isCleared(options, made !== null);
  if (clears && clearing.kind === 'where' && made === null)
    await provenCondition(session, schema, table, clearing.where);
  const keys = made === null ? await readUniqueKeys(session, schema, table) : madeKeys(plan, made);

  // The user's own statement may change what is found here, and what the run makes is not there yet.
  const isDraft = made !== null || steps.before !== null;
  const statements: PlannedStatement[] = [...databases, ...making];
  const add = (purpose: StatementPurpose, sql: string, mayDiffer = false): void => {
    statements.push({ purpose, sql, ...(mayDiffer && isDraft && { isDraft }) });
  };
  const checkpoints = new CheckpointTable(schema, plan.runKey);
  const stage = steps.tableOf(plan);
  const words = writtenWords(session, options, columnNames, keys);
  const names = made === null && found !== null ? nativeNames(found, columnNames) : columnNames;
  const insert = rowInsertSql(quoteTable(schema, stage), names, words);

  // For the mark that it was run.
  if (steps.before !== null) {
    add('create_checkpoints', checkpoints.createSql);
    add('statement_before', steps.before.sql);
  }
  if (clears) statements.push(...clearingStatements(schema, table, clearing));
  if (isStaged) {
    const hasKeys = conflict === 'refuse';
    const design: StageDesign = { database: schema, table, stage, columnNames, hasKeys };
    const parts = made === null ? await readStageParts(session, design) : madeParts(made, columnNames, keys);
    add('create_stage', stageSql(design, parts), true);
    for (const sql of stageCheckSql(design, parts)) add('create_stage', sql);
  }
  if (steps.before === null) add('create_checkpoints', checkpoints.createSql);
  if (plan.form === 'rows' || session.offersBulk) add('write', insert, words.tail !== '');
  else {
    const targets = made === null ? existingTargets(found, columnNames) : madeTargets(session, made, plan);
    const kernels = kernelsFor(plan.sourceColumns, targets);
    add('write', loadSql(quoteTable(schema, stage), kernels, words.countsReplaced), true);
  }
  if (isStaged) {
    const arrival = arrivalColumnName(columnNames);
    const rows = { database: schema, table, stage, columnNames, conflict, arrival };
    add('move_staged_rows', moveSql(rows, keys), conflict === 'update');
  }
  if (steps.after !== null) add('statement_after', steps.after.sql);
  if (isStaged) add('drop_stage', `DROP TABLE IF EXISTS ${quoteTable(schema, stage)}`);
  add('drop_checkpoints', checkpoints.dropSql);
  const isThere = found !== null && made === null;
  return { statements, rights: await rightsOf(session, options, checkpoints, isThere ? names : null) };
}

/** @param columns of a table that stays; null: the run makes it. */
async function rightsOf(
  session: Session,
  { schema, table, clearing, conflict, isStaged }: SqlSinkOptions,
  checkpoints: CheckpointTable,
  columns: readonly string[] | null,
): Promise<readonly RightFinding[]> {
  const database = `database ${schema}`;
  const of = checkpoints.quoted;
  const found = [
    await preparedRight(session, 'CREATE', database, checkpoints.createSql),
    await dropRight(session, schema),
    await preparedRight(session, 'SELECT', database, `SELECT slice_no FROM ${of}`),
    await preparedRight(session, 'INSERT', database, `INSERT INTO ${of} (slice_no, sequence) VALUES (?, ?)`),
    await preparedRight(session, 'UPDATE', database, `UPDATE ${of} SET sequence = ? WHERE slice_no = ?`),
  ];
  if (columns === null) return found;
  const on = `table ${schema}.${table}`;
  const quoted = quoteTable(schema, table);
  const list = columns.map(quoteName);
  const marks = list.map(() => '?').join(', ');
  found.push(
    await preparedRight(
      session,
      'INSERT',
      on,
      `INSERT INTO ${quoted} (${list.join(', ')}) VALUES (${marks})`,
    ),
  );
  const [first = ''] = list;
  if (conflict === 'update')
    found.push(await preparedRight(session, 'UPDATE', on, `UPDATE ${quoted} SET ${first} = ?`));
  if (clearing.kind === 'where' || isStaged)
    found.push(await preparedRight(session, 'SELECT', on, `SELECT 1 FROM ${quoted}`));
  if (clearing.kind === 'where' || conflict === 'replace')
    found.push(await preparedRight(session, 'DELETE', on, `DELETE FROM ${quoted}`));
  if (clearing.kind === 'all') {
    const remove = await preparedRight(session, 'DROP or DELETE', on, `DELETE FROM ${quoted}`);
    // Without DELETE, TRUNCATE does if the user may drop.
    const mayDrop = found.some(({ right, state }) => right === 'DROP' && state === 'granted');
    const other = mayDrop ? 'granted' : 'unknown';
    found.push(remove.state === 'missing' ? { ...remove, state: other } : remove);
  }
  return found;
}

/** Names of columns as the table spells them. */
function nativeNames(table: CatalogTable, names: readonly string[]): readonly string[] {
  return names.map((name) => table.shape.columns[requireColumn(table, name)]?.name ?? name);
}

function existingTargets(found: CatalogTable | null, names: readonly string[]): readonly TargetColumn[] {
  return found === null ? [] : names.map((name) => targetColumn(found, requireColumn(found, name)));
}

function madeTargets(session: Session, made: TableDdl, plan: TargetPlan): readonly TargetColumn[] {
  return plan.columnNames.map((name, at) =>
    plannedColumn(name, made.columnTypes[at] ?? '', session.isMariaDb),
  );
}

/** The key that a table will have: the source's, where it can. */
function madeKeys({ sourceColumns, sourcePrimaryKey, columnNames }: TargetPlan, made: TableDdl): UniqueKey[] {
  if (!made.hasKey) return [];
  const nameOf = (source: string) =>
    columnNames[sourceColumns.findIndex((column) => column.name === source)] ?? source;
  return [sourcePrimaryKey.map((source) => ({ name: nameOf(source), prefix: null }))];
}

function madeParts(made: TableDdl, columnNames: readonly string[], keys: readonly UniqueKey[]): StageParts {
  const columns = columnNames.map((name, at) => ({
    name,
    line: `${quoteName(name)} ${made.columnTypes[at] ?? ''}`,
  }));
  return { columns, keys, checks: [] };
}
