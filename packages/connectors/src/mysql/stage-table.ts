import { SluiceError } from '@sluice/core/errors/sluice-error';
import { arrivalColumnName, stageTableName } from '../jdbc/stage-name.ts';
import { serverErrorNumber } from './errors.ts';
import { nameLengthMax, quoteName, quoteTable, quoteText } from './names.ts';
import type { Row, Session } from './session.ts';
import { readUniqueKeys, type UniqueKey } from './unique-keys.ts';

/** The name of a run's staging table, which stands beside its destination. */
export function stageName(table: string, runKey: string): string {
  return stageTableName(table, runKey, nameLengthMax, (text) => [...text].length);
}

export interface StageDesign {
  readonly database: string;
  readonly table: string;
  readonly stage: string;
  readonly columnNames: readonly string[];
  /** With the destination's keys, so that rows of the run that clash are found at once; otherwise they are numbered. */
  readonly hasKeys: boolean;
}

/**
 * Makes the staging table: the columns that are written, with their types, collations, NOT NULL and the rules of the destination
 * about them, in InnoDB. So a row that breaks a rule is told by itself and not in the move.
 * @throws Cdm.0927 when there is a table of that name which holds rows: they are none of the run's.
 */
export async function createStageTable(session: Session, design: StageDesign): Promise<void> {
  const { database, stage } = design;
  const target = `${database}.${stage}`;
  const quoted = quoteTable(database, stage);
  const found = await session.rows(
    `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(stage)}`,
    'metadata',
    target,
  );
  if (found.length > 0) {
    const held = await session.rows(`SELECT 1 FROM ${quoted} LIMIT 1`, 'metadata', target);
    if (held.length > 0) throw new SluiceError('Cdm.0927', { table: target });
    await session.run(`DROP TABLE ${quoted}`, 'create', target);
  }
  const parts = await readStageParts(session, design);
  await session.run(stageSql(design, parts), 'create', target);
  for (const sql of stageCheckSql(design, parts))
    await session.run(sql, 'create', target).catch(ignoreRefusal);
}

/** What a staging table takes over from its destination: lines of DDL, and keys all of whose columns may be written. */
export interface StageParts {
  /** DDL of a column, by its name. */
  readonly columns: readonly { readonly name: string; readonly line: string }[];
  readonly keys: readonly UniqueKey[];
  /** Rules that rows must keep, as conditions. */
  readonly checks: readonly string[];
}

export async function readStageParts(session: Session, design: StageDesign): Promise<StageParts> {
  const { database, table, stage, hasKeys } = design;
  const target = `${database}.${stage}`;
  const rows = await session.rows(
    `SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME, COLLATION_NAME, DATA_TYPE
       FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(table)}`,
    'metadata',
    target,
  );
  return {
    columns: rows.map((row) => ({ name: String(row[0]), line: columnLine(row) })),
    keys: hasKeys ? await readUniqueKeys(session, database, table) : [],
    checks: await checksOf(session, database, table),
  };
}

/** The statement that makes the staging table. Pure. */
export function stageSql(
  { database, stage, columnNames, hasKeys }: StageDesign,
  { columns, keys }: StageParts,
): string {
  const written = new Set(columnNames.map((name) => name.toLowerCase()));
  const lines = columns.filter(({ name }) => written.has(name.toLowerCase())).map(({ line }) => line);
  if (hasKeys) {
    for (const key of keys) {
      if (!key.every(({ name }) => written.has(name.toLowerCase()))) continue;
      const parts = key.map(({ name, prefix }) => quoteName(name) + (prefix === null ? '' : `(${prefix})`));
      lines.push(`UNIQUE KEY (${parts.join(', ')})`);
    }
  } else {
    lines.push(
      `${quoteName(arrivalColumnName(columnNames))} BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY`,
    );
  }
  const quoted = quoteTable(database, stage);
  return `CREATE TABLE ${quoted} (\n  ${lines.join(',\n  ')}\n) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 ROW_FORMAT=DYNAMIC`;
}

/** The statements behind it, of which the server may refuse one that is about other columns too: that is a rule for the move. Pure. */
export function stageCheckSql({ database, stage }: StageDesign, { checks }: StageParts): readonly string[] {
  return checks.map((clause) => `ALTER TABLE ${quoteTable(database, stage)} ADD CHECK (${clause})`);
}

/** @throws what is no refusal of a statement. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof SluiceError) || error.retry || serverErrorNumber(error) === null) throw error;
}

/** Rules of a table, as conditions. None where a trigger sees a row first: it may make it one that keeps them. */
async function checksOf(session: Session, database: string, table: string): Promise<readonly string[]> {
  const [schema, name] = [quoteText(database), quoteText(table)];
  const target = `${database}.${table}`;
  const ask = (sql: string) => session.rows(sql, 'metadata', target);
  const triggers = await ask(
    `SELECT 1 FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ${schema} AND EVENT_OBJECT_TABLE = ${name}
        AND EVENT_MANIPULATION = 'INSERT' AND ACTION_TIMING = 'BEFORE' LIMIT 1`,
  );
  if (triggers.length > 0) return [];
  // Servers before 8.0.16 keep no rules, and have no such view.
  const views = await ask(
    `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'CHECK_CONSTRAINTS'`,
  );
  if (views.length === 0) return [];
  const rows = await ask(
    session.isMariaDb
      ? `SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ${schema} AND TABLE_NAME = ${name}`
      : `SELECT c.CHECK_CLAUSE FROM information_schema.TABLE_CONSTRAINTS t
           JOIN information_schema.CHECK_CONSTRAINTS c USING (CONSTRAINT_SCHEMA, CONSTRAINT_NAME)
          WHERE t.TABLE_SCHEMA = ${schema} AND t.TABLE_NAME = ${name} AND t.CONSTRAINT_TYPE = 'CHECK' AND t.ENFORCED = 'YES'`,
  );
  // MySQL shows the quotes of texts escaped.
  return rows.map(([clause]) => (session.isMariaDb ? String(clause) : String(clause).replaceAll("\\'", "'")));
}

function columnLine([name, columnType, isNullable, characterSet, collation, dataType]: Row): string {
  const quoted = quoteName(String(name));
  const set =
    characterSet === null || characterSet === undefined
      ? ''
      : ` CHARACTER SET ${quoteName(String(characterSet))} COLLATE ${quoteName(String(collation))}`;
  if (isNullable === 'YES') return `${quoted} ${columnType}${set} NULL DEFAULT NULL`;
  // The first one of a table may get a default of the server's own choice otherwise; every row brings a value.
  const moment = dataType === 'timestamp' ? " DEFAULT '2000-01-01 00:00:00'" : '';
  return `${quoted} ${columnType}${set} NOT NULL${moment}`;
}
