import { SluiceError } from '@sluice/core/errors/sluice-error';
import { stageTableName } from '../jdbc/stage-name.ts';
import { type CatalogTable, readTable, readUniqueKeys, requireTable } from './catalog.ts';
import { NAME_LENGTH_MAX, quoteName, quoteTable } from './names.ts';
import type { Session } from './session.ts';

/** The name of a run's staging table, which stands beside its destination. */
export function stageName(table: string, runKey: string): string {
  return stageTableName(table, runKey, NAME_LENGTH_MAX, (text) => text.length);
}

export interface StageDesign {
  readonly schema: string;
  readonly table: string;
  readonly stage: string;
  readonly columnNames: readonly string[];
}

/**
 * Makes the staging table: the columns that are written, with their types, collations, NOT NULL and the unique keys that all
 * of these make, so that rows of the run that clash are found at once. Identities are plain numbers in it.
 * @throws Cdm.0927 when there is a table of that name which holds rows: they are none of the run's.
 */
export async function createStageTable(session: Session, design: StageDesign): Promise<void> {
  const { schema, table, stage, columnNames } = design;
  const target = `${schema}.${stage}`;
  const quoted = quoteTable(schema, stage);
  if ((await readTable(session, schema, stage)) !== null) {
    const held = await session.rows(`SELECT TOP (1) 1 AS [one] FROM ${quoted}`, {}, 'metadata', target);
    if (held.length > 0) throw new SluiceError('Cdm.0927', { table: target });
    await session.run(`DROP TABLE ${quoted}`, {}, 'create', target);
  }
  const destination = await requireTable(session, schema, table);
  const written = new Set(columnNames.map((name) => name.toLowerCase()));
  const lines = columnLines(destination, written);
  for (const key of await readUniqueKeys(session, schema, table)) {
    if (key.every((name) => written.has(name.toLowerCase())))
      lines.push(`  UNIQUE (${key.map(quoteName).join(', ')})`);
  }
  await session.run(`CREATE TABLE ${quoted} (\n${lines.join(',\n')}\n)`, {}, 'create', target);
}

function columnLines({ shape, native }: CatalogTable, written: ReadonlySet<string>): string[] {
  return shape.columns.flatMap((column, at) => {
    if (!written.has(column.name.toLowerCase())) return [];
    const collation = native[at]?.collation ?? null;
    const words = collation === null ? '' : ` COLLATE ${collation}`;
    return [
      `  ${quoteName(column.name)} ${column.native}${words}${column.isNullable ? ' NULL' : ' NOT NULL'}`,
    ];
  });
}
