import type { ObservedServer } from './observed-server.ts';

/** One job whose plan is held against its run. */
export interface PlanCase {
  readonly name: string;
  /** There is a table of this name at the destination already, with rows in it. */
  readonly hasTarget: boolean;
  readonly extractors?: number;
  readonly from?: Readonly<Record<string, string>>;
  readonly to?: Readonly<Record<string, string>>;
  readonly driver?: Readonly<Record<string, string>>;
}

const into = (side: ObservedServer, table: string) => `${side.schema}.${table}`;

/** @param said a table of the destination into which statements of the job write. */
export function planCases(from: ObservedServer, to: ObservedServer): readonly PlanCase[] {
  const said = into(to, 'said');
  return [
    {
      name: 'makes_table',
      hasTarget: false,
      to: { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' },
    },
    {
      name: 'split',
      hasTarget: true,
      extractors: 4,
      from: {
        'fromJobConfig.partitionColumn': 'id',
        'fromJobConfig.whereClause': "id % 3 <> 1 AND name <> 'x'",
      },
      to: {
        'toJobConfig.beforeImportType': 'whereClause',
        'toJobConfig.whereClause': 'id < 2000000',
      },
    },
    {
      name: 'own_query',
      hasTarget: true,
      from: {
        'fromJobConfig.useSql': 'true',
        'fromJobConfig.sql': `SELECT id, name, amount, day FROM ${into(from, 'source')} WHERE id > 5 -- the rest`,
      },
      to: { 'toJobConfig.beforeImportType': 'shouldClearTable' },
    },
    {
      name: 'staged',
      hasTarget: true,
      extractors: 2,
      from: { 'fromJobConfig.partitionColumn': 'id' },
      to: {
        'toJobConfig.useStageTable': 'true',
        'toJobConfig.beforeImportType': 'shouldClearTable',
        'toJobConfig.preSql': `INSERT INTO ${said} VALUES ('before')`,
        'toJobConfig.postSql': `INSERT INTO ${said} VALUES ('after')`,
      },
    },
    { name: 'updates', hasTarget: true, to: { 'toJobConfig.onConflict': 'UPDATE' } },
    {
      name: 'replaces_staged',
      hasTarget: true,
      to: { 'toJobConfig.onConflict': 'REPLACE', 'toJobConfig.useStageTable': 'true' },
    },
    {
      name: 'tolerant_staged_anew',
      hasTarget: true,
      to: { 'toJobConfig.tablePreparation': 'DROP_AND_CREATE', 'toJobConfig.useStageTable': 'true' },
      driver: { 'throttlingConfig.recordDirtyData': 'true', 'throttlingConfig.maxErrorRecords': '10' },
    },
    {
      name: 'replaces_rows',
      hasTarget: true,
      to: { 'toJobConfig.onConflict': 'REPLACE' },
      driver: { 'throttlingConfig.recordDirtyData': 'true' },
    },
  ];
}

const columns: Readonly<Record<ObservedServer['kind'], string>> = {
  postgres: 'id integer PRIMARY KEY, name varchar(40) NOT NULL, amount numeric(12,2), day date',
  mysql: 'id integer PRIMARY KEY, name varchar(40) NOT NULL, amount decimal(12,2), day date',
};

/** Rows that the source has. */
export const sourceRows = 5_000;

/** `source` with rows, `said` for statements. */
export async function fillSource(side: ObservedServer): Promise<void> {
  const row = (n: string) => `${n}, concat('name ', ${n}), ${n} * 1.25, date '2020-01-01'`;
  const rows =
    side.kind === 'postgres'
      ? `SELECT ${row('n')} FROM generate_series(1, ${sourceRows}) AS n; ANALYZE source`
      : `SELECT ${row('seq')} FROM seq_1_to_${sourceRows}; ANALYZE TABLE source`;
  await side.sql(`CREATE TABLE source (${columns[side.kind]}); INSERT INTO source ${rows};
    CREATE TABLE said (what varchar(20))`);
}

/** A table of the case's name with a row that the source has too, and one that it has not. */
export async function makeTarget(side: ObservedServer, { name, hasTarget }: PlanCase): Promise<void> {
  if (!hasTarget) return;
  await side.sql(`CREATE TABLE ${name} (${columns[side.kind]}, CHECK (id > 0));
    INSERT INTO ${name} VALUES (3, 'old', 0, NULL), (3000000, 'kept', 0, NULL)`);
  // Rows that are refused would end the runs of those that refuse.
  const clashes = ['updates', 'replaces_staged', 'replaces_rows', 'tolerant_staged_anew'].includes(name);
  if (!clashes) await side.sql(`DELETE FROM ${name} WHERE id = 3`);
}
