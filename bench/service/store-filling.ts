import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

/** What a store is filled with: jobs of one cluster that have run again and again. */
export interface StoreFilling {
  readonly projectId: string;
  readonly clusterId: string;
  readonly jobs: number;
  /** Over all jobs: of every ten one is of the first job, the others go round. The last ended a moment ago. */
  readonly runs: number;
  /** The oldest run ended so many days ago. */
  readonly days: number;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Rows written in one transaction. */
const ROWS_PER_STEP = 100_000;

/** Jobs have numbers from here on, so that their names sort as their numbers do. */
const FIRST_JOB = 100_000;

/** The name of the job of number `no`, from 0. */
export function filledJobName(no: number): string {
  return `orders_${FIRST_JOB + no}_to_warehouse`;
}

/** Numbers `from` up to `to` as a table `n(k)`, in either SQL. */
const numbers = (from: number, to: number) =>
  `with recursive n(k) as (select ${from} union all select k + 1 from n where k < ${to})`;

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;

const FROM_OPTIONS = text(
  JSON.stringify({
    'fromJobConfig.schemaName': 'sales',
    'fromJobConfig.tableName': 'orders',
    'fromJobConfig.columnList': 'id&customer&article&amount&price&ordered_at',
  }),
);
const TO_OPTIONS = text(
  JSON.stringify({
    'toJobConfig.schemaName': 'warehouse',
    'toJobConfig.tableName': 'orders',
    'toJobConfig.tablePreparation': 'DO_NOTHING',
  }),
);
const DRIVER_OPTIONS = text(JSON.stringify({ 'throttlingConfig.numExtractors': '1' }));
const FAILURE = text(
  JSON.stringify({
    code: 'Cdm.0938',
    summary: { en: 'The source refused the connection.', zh: '源端拒绝连接。' },
    details: { en: 'It answered that it is shutting down.', zh: '源端正在关闭。' },
  }),
);
const SLICE = JSON.stringify({ no: 0, cut: { from: 1, to: 100_000 }, label: 'all', rowsEstimate: 100_000 });
/** As long as the plan of a table of a few columns is. */
const PLAN = text(
  JSON.stringify({
    target: {
      runKey: '0123456789ab',
      sourceColumns: [
        { name: 'id', type: { kind: 'integer', bits: 64 }, nullable: false, native: 'bigint' },
        { name: 'amount', type: { kind: 'integer', bits: 32 }, nullable: true, native: 'integer' },
        { name: 'ordered_at', type: { kind: 'timestamp' }, nullable: true, native: 'timestamp' },
      ],
      sourcePrimaryKey: ['id'],
      columnNames: ['id', 'amount', 'ordered_at'],
      form: 'pgcopy-binary',
    },
    projection: {
      form: 'pgcopy-binary',
      columns: ['id', 'amount', 'ordered_at'].map((name) => ({ name, cast: null, wireType: name })),
    },
    reason: 'both ends speak it',
    warnings: [],
    slices: [JSON.parse(SLICE)],
  }),
);
const CHECKPOINT = text(
  JSON.stringify({
    sequence: 3,
    isComplete: true,
    position: null,
    counts: {
      rowsRead: 100_000,
      rowsWritten: 100_000,
      rowsSkipped: 0,
      bytesRead: 4_000_000,
      bytesWritten: 4_000_000,
    },
  }),
);
const COUNTS = '100000, 100000, 0, 4000000, 4000000';
const COUNT_COLUMNS = 'rows_read, rows_written, rows_skipped, bytes_read, bytes_written';

/** The JSON of a job within its runs; `no` is an expression. */
function jobDocument(no: string, clusterId: string): string {
  return `'{"id":' || ${no} || ',"clusterId":"${clusterId}","name":"orders_' || (${FIRST_JOB} + ${no}) ||
    '_to_warehouse","type":"NORMAL_JOB","fromConnector":"generic-jdbc-connector","fromLink":"source","toConnector":"generic-jdbc-connector","toLink":"target","fromOptions":' ||
    ${FROM_OPTIONS} || ',"toOptions":' || ${TO_OPTIONS} || ',"driverOptions":' || ${DRIVER_OPTIONS} || '}'`;
}

/** The statements, in order; each is a transaction. */
function* statements(
  { projectId, clusterId, jobs, runs, days }: StoreFilling,
  now: number,
): Generator<string> {
  const cluster = text(clusterId);
  yield `insert into jobs (id, cluster_id, name, type, from_connector, from_link, to_connector, to_link, from_options, to_options,
      driver_options, created_by, created_at, updated_by, updated_at)
    ${numbers(0, jobs - 1)}
    select k + 1, ${cluster}, 'orders_' || (${FIRST_JOB} + k) || '_to_warehouse', 'NORMAL_JOB', 'generic-jdbc-connector',
      'source', 'generic-jdbc-connector', 'target', ${FROM_OPTIONS}, ${TO_OPTIONS}, ${DRIVER_OPTIONS}, 'admin', ${now},
      'admin', ${now} from n`;
  yield `insert into counters (name, last_value) values ('job', ${jobs})`;
  const firstAt = now - days * DAY_MS;
  const msPerRun = (days * DAY_MS) / runs;
  for (let from = 1; from <= runs; from += ROWS_PER_STEP) {
    const to = Math.min(runs, from + ROWS_PER_STEP - 1);
    const at = `cast(${firstAt} + k * ${msPerRun.toFixed(3)} as bigint)`;
    const no = `(case when k % 10 = 0 then 0 else k % ${jobs} end)`;
    const hasFailed = '(k % 10 = 3)';
    yield `insert into runs (id, project_id, cluster_id, job_id, job_name, submission_id, state, job, variables, is_auto,
        is_delete_job, created_by, created_at, started_at, updated_at, updated_by, ended_at, plan, is_prepared, failure,
        lease_until, fence, ${COUNT_COLUMNS})
      ${numbers(from, to)}
      select 'run-' || k, ${text(projectId)}, ${cluster}, ${no} + 1, 'orders_' || (${FIRST_JOB} + ${no}) || '_to_warehouse', k,
        case when ${hasFailed} then 'failed' else 'succeeded' end, ${jobDocument(no, clusterId)}, '{}', 1, 0, 'admin',
        ${at}, ${at}, ${at}, 'admin', ${at}, ${PLAN}, 1, case when ${hasFailed} then ${FAILURE} end, 0, 1, ${COUNTS} from n`;
    yield `insert into slices (run_id, no, slice, checkpoint, sequence, attempts, ${COUNT_COLUMNS})
      ${numbers(from, to)} select 'run-' || k, 0, ${text(SLICE)}, ${CHECKPOINT}, 3, 1, ${COUNTS} from n`;
  }
  yield `update clusters set last_submission_id = ${runs} where id = ${cluster}`;
}

/** Fills the file of an embedded store that no server uses. */
export function fillSqlite(file: string, filling: StoreFilling): void {
  const database = new DatabaseSync(file);
  try {
    // The data are made up: what a crash would lose is made again.
    database.exec('pragma synchronous = off; pragma cache_size = -200000');
    for (const statement of statements(filling, Date.now())) database.exec(statement);
    database.exec('pragma wal_checkpoint(truncate)');
  } finally {
    database.close();
  }
}

export async function fillPostgres(url: string, filling: StoreFilling): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('set synchronous_commit = off');
    for (const statement of statements(filling, Date.now())) await client.query(statement);
    await client.query('vacuum (analyze)');
  } finally {
    await client.end();
  }
}
