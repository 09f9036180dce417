import type { SqlConflict } from '../jdbc/sql-options.ts';
import { arrivalColumnName } from '../jdbc/stage-name.ts';
import type { TableName } from './catalog.ts';
import { mergeStatements } from './merge-rows.ts';
import { quoteName, quoteTable } from './quote.ts';
import type { PgSession } from './session.ts';
import type { Segment } from './slice-writer.ts';
import { arrivalColumn } from './stage-tables.ts';
import type { UniqueKey } from './unique-keys.ts';

const SEGMENT_TABLE = `pg_temp.${quoteName('_sluice_segment')}`;

/**
 * Makes the session's own table for the rows of one commit, empty again after each, and says how they are merged from there.
 * @param keys of the table, at least one.
 */
export async function openSegment(
  session: PgSession,
  table: TableName,
  columnNames: readonly string[],
  conflict: SqlConflict,
  keys: readonly UniqueKey[],
): Promise<Segment> {
  await session.query(segmentSql(table, columnNames));
  return segmentOf(table, columnNames, conflict, keys);
}

/** Statements in one text that make the table, empty. */
export function segmentSql(table: TableName, columnNames: readonly string[]): string {
  return [
    `DROP TABLE IF EXISTS ${SEGMENT_TABLE}`,
    `CREATE TEMPORARY TABLE ${SEGMENT_TABLE} ON COMMIT DELETE ROWS AS
         SELECT ${columnNames.map(quoteName).join(', ')} FROM ${quoteTable(table)} WITH NO DATA`,
    `ALTER TABLE ${SEGMENT_TABLE} ADD COLUMN ${arrivalColumn(columnNames)}`,
  ].join('; ');
}

/** What is known of it without making it. Pure. */
export function segmentOf(
  table: TableName,
  columnNames: readonly string[],
  conflict: SqlConflict,
  keys: readonly UniqueKey[],
): Segment {
  const into = quoteTable(table);
  const arrival = arrivalColumnName(columnNames);
  return {
    table: SEGMENT_TABLE,
    merge: mergeStatements({ from: SEGMENT_TABLE, into, columnNames, conflict, arrival, keys }),
    mayClashForNow: conflict === 'replace',
  };
}
