import type { TargetPlan } from '@sluice/core/connector/contract';
import type { PlannedStatement, SinkPreview, StatementPurpose } from '@sluice/core/connector/run-preview';
import type { JobStatement } from '../jdbc/job-statements.ts';
import type { SqlSinkOptions } from '../jdbc/sql-options.ts';
import { findRelation, type TableName } from './catalog.ts';
import { checkpointTable, createCheckpointSql, dropCheckpointSql } from './checkpoint-table.ts';
import { proveCondition } from './condition.ts';
import { clearingStatements, hasSchema, type MadeTable, tableMaking } from './preparation.ts';
import { dropStageSql, moveStatements } from './publish.ts';
import { quoteName, quoteTable } from './quote.ts';
import { writingRights } from './rights.ts';
import { segmentOf, segmentSql } from './segment.ts';
import type { PgSession } from './session.ts';
import { copyInSql } from './slice-writer.ts';
import { readStageDesign, type StageDesign, stageStatements, stageTable } from './stage-tables.ts';
import { readUniqueKeys, type UniqueKey, writtenKeys } from './unique-keys.ts';

/** Statements of the user's around the rows; null: none. */
interface AroundStatements {
  readonly before: JobStatement | null;
  readonly after: JobStatement | null;
}

/** Says what a run would send to this destination, by the functions that make it. @throws as `tableMaking`; Cdm.0902 a condition that is none. */
export async function previewSink(
  session: PgSession,
  options: SqlSinkOptions,
  { before, after }: AroundStatements,
  plan: TargetPlan,
): Promise<SinkPreview> {
  const { isStaged, conflict, clearing, schema } = options;
  const { columnNames, form, runKey } = plan;
  const table: TableName = { schema, table: options.table };
  const relation = await findRelation(session, table);
  const { statements: making, made } = await tableMaking(session, options, plan);
  if (clearing.kind === 'where' && made === null) await proveCondition(session, table, clearing.where);

  // The user's own statement may change what is found here, and what the run makes is not there yet.
  const isDraft = made !== null || before !== null;
  const statements: PlannedStatement[] = [...making];
  const add = (purpose: StatementPurpose, ...texts: readonly string[]): void => {
    for (const sql of texts) statements.push({ purpose, sql });
  };
  const addDraft = (purpose: StatementPurpose, ...texts: readonly string[]): void => {
    for (const sql of texts) statements.push({ purpose, sql, ...(isDraft && { isDraft }) });
  };
  const checkpoints = checkpointTable(schema, runKey);
  const stage = stageTable(table, runKey);
  const hasSegment = conflict !== 'refuse' && !isStaged;
  const keys = conflict === 'refuse' ? [] : await keysOf(session, table, made, columnNames);

  if (before !== null) add('statement_before', before.sql);
  statements.push(...clearingStatements(table, clearing));
  if (isStaged) {
    const design =
      made === null
        ? await readStageDesign(session, table, columnNames, conflict === 'refuse')
        : designOf(made, conflict === 'refuse');
    addDraft('create_stage', ...stageStatements(table, stage, columnNames, design));
  }
  add('create_checkpoints', createCheckpointSql(checkpoints));
  if (hasSegment) {
    const segment = segmentOf(table, columnNames, conflict, keys);
    add('open_writer', segmentSql(table, columnNames));
    add('write', copyInSql(segment.table, columnNames, form));
    addDraft('merge', ...segment.merge);
  } else add('write', copyInSql(quoteTable(isStaged ? stage : table), columnNames, form));
  if (isStaged) {
    addDraft('move_staged_rows', ...moveStatements({ table, stage, columnNames, conflict }, keys));
    add('drop_stage', dropStageSql(stage));
  }
  if (after !== null) add('statement_after', after.sql);
  add('drop_checkpoints', dropCheckpointSql(checkpoints));
  const rights = await writingRights(session, {
    options,
    relation,
    isMade: made !== null,
    hasSchema: await hasSchema(session, schema),
    columnNames,
    hasSegment,
  });
  return { statements, rights };
}

async function keysOf(
  session: PgSession,
  table: TableName,
  made: MadeTable | null,
  columnNames: readonly string[],
): Promise<readonly UniqueKey[]> {
  return made === null ? writtenKeys(await readUniqueKeys(session, table), columnNames) : madeKeys(made);
}

function designOf(made: MadeTable, hasKeys: boolean): StageDesign {
  const notNull = made.columns.filter(({ isNotNull }) => isNotNull).map(({ name }) => name);
  return { notNull, checks: [], keys: hasKeys ? madeKeys(made) : null };
}

/** The key that a table will have, compared as the server's own types are. */
function madeKeys({ primaryKey }: MadeTable): readonly UniqueKey[] {
  if (primaryKey.length === 0) return [];
  const equals = `OPERATOR(${quoteName('pg_catalog')}.=)`;
  const columns = primaryKey.map((name) => ({ name, equals, isNullable: false }));
  return [{ columns, nullsAreEqual: false }];
}
