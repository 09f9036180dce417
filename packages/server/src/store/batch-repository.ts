import { sql } from 'kysely';
import type { Db } from './adapter.ts';
import type { BatchRepository, BatchStanding, BatchTableFilter, BatchTableState } from './batch-store.ts';
import { fromCountColumns, fromJsonOrNull } from './columns.ts';
import { activeRunStates, type BatchTable, type JobRecord, type RunRecord } from './model.ts';
import { runOf } from './run-rows.ts';
import type { BatchTableRow, CountColumns, RunRow } from './schema.ts';

/** Rows in one statement: far below the 32766 parameters of SQLite, the smaller limit of the two. */
const tablesPerStatementMax = 500;

const activeStates = sql.join(activeRunStates.map((state) => sql.lit(state)));

/** Statements on the tables of runs of entire-database jobs, and on the runs that move them. */
export class SqlBatchRepository implements BatchRepository {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async storeTables(runId: string, tables: readonly BatchTable[]): Promise<void> {
    for (let start = 0; start < tables.length; start += tablesPerStatementMax) {
      const rows = tables.slice(start, start + tablesPerStatementMax).map((table) => ({
        run_id: runId,
        no: table.no,
        table_name: table.name,
        rows_estimate: table.rowsEstimate,
        weight: table.weight,
        refusal: table.refusal === null ? null : JSON.stringify(table.refusal),
        child_run_id: null,
        carries_run_id: table.carriesRunId,
      }));
      await this.#db.insertInto('batch_tables').values(rows).execute();
    }
  }

  async copyTables(fromRunId: string, runId: string, keepsCommitted: boolean): Promise<void> {
    const isDone = sql<boolean>`child.state = 'succeeded'`;
    await this.#db
      .insertInto('batch_tables')
      .columns([
        'run_id',
        'no',
        'table_name',
        'rows_estimate',
        'weight',
        'refusal',
        'child_run_id',
        'carries_run_id',
      ])
      .expression(
        this.#db
          .selectFrom('batch_tables as t')
          .leftJoin('runs as child', 'child.id', 't.child_run_id')
          .select([
            sql.val(runId).as('run_id'),
            't.no',
            't.table_name',
            't.rows_estimate',
            't.weight',
            't.refusal',
            sql<string | null>`case when ${isDone} then child.id end`.as('child_run_id'),
            keepsCommitted
              ? sql<
                  string | null
                >`case when ${isDone} then null else coalesce(child.id, t.carries_run_id) end`.as(
                  'carries_run_id',
                )
              : sql<string | null>`cast(null as text)`.as('carries_run_id'),
          ])
          .where('t.run_id', '=', fromRunId),
      )
      .execute();
  }

  async openTables(runId: string, limit: number): Promise<readonly BatchTable[]> {
    const rows = await this.#db
      .selectFrom('batch_tables')
      .selectAll()
      .where('run_id', '=', runId)
      .where('child_run_id', 'is', null)
      .orderBy('no')
      .limit(limit)
      .execute();
    return rows.map(tableOf);
  }

  async attach(runId: string, no: number, childRunId: string): Promise<void> {
    await this.#db
      .updateTable('batch_tables')
      .set({ child_run_id: childRunId })
      .where('run_id', '=', runId)
      .where('no', '=', no)
      .execute();
  }

  async standing(runId: string): Promise<BatchStanding> {
    // A sum of 64-bit integers is a decimal on a server, hence the casts.
    const count = (of: ReturnType<typeof sql<boolean>>) =>
      sql<number>`cast(coalesce(sum(case when ${of} then 1 else 0 end), 0) as bigint)`;
    const sum = (of: string) => sql<number>`cast(coalesce(sum(${sql.raw(of)}), 0) as bigint)`;
    const hasEnded = sql<boolean>`child.state not in (${activeStates})`;
    const row = await this.#db
      .selectFrom('batch_tables as t')
      .leftJoin('runs as child', 'child.id', 't.child_run_id')
      .select(({ fn }) => [
        fn.countAll<number>().as('tables'),
        count(sql<boolean>`t.child_run_id is null`).as('open'),
        count(sql<boolean>`child.state in (${activeStates})`).as('active'),
        count(hasEnded).as('done'),
        count(sql<boolean>`${hasEnded} and child.state <> 'succeeded'`).as('failed'),
        sum('t.weight').as('weight'),
        sql<number>`cast(coalesce(sum(case when ${hasEnded} then t.weight else 0 end), 0) as bigint)`.as(
          'weight_done',
        ),
        sum('child.rows_read').as('rows_read'),
        sum('child.rows_written').as('rows_written'),
        sum('child.rows_skipped').as('rows_skipped'),
        sum('child.bytes_read').as('bytes_read'),
        sum('child.bytes_written').as('bytes_written'),
      ])
      .where('t.run_id', '=', runId)
      .executeTakeFirstOrThrow();
    const { tables, open, active, done, failed, weight, weight_done: weightDone } = row;
    const counts = fromCountColumns(row satisfies CountColumns);
    return { tables, open, active, done, failed, weight, weightDone, counts };
  }

  async tables(
    runId: string,
    { states, limit, offset }: BatchTableFilter,
  ): Promise<{ readonly tables: readonly BatchTableState[]; readonly total: number }> {
    let chosen = this.#db
      .selectFrom('batch_tables')
      .leftJoin('runs as child', 'child.id', 'batch_tables.child_run_id')
      .where('batch_tables.run_id', '=', runId);
    if (states.length > 0) {
      const state = sql<string>`coalesce(child.state, 'pending')`;
      chosen = chosen.where(state, 'in', states);
    }
    const { total } = await chosen
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow();
    const rows = await chosen
      .selectAll('batch_tables')
      .orderBy('batch_tables.no')
      .limit(limit)
      .offset(offset)
      .execute();
    const runs = await this.#runsById(rows.flatMap((row) => row.child_run_id ?? []));
    const tables = rows.map((row) => ({
      table: tableOf(row),
      run: runs.get(row.child_run_id ?? '') ?? null,
    }));
    return { tables, total };
  }

  async activeChildren(runId: string): Promise<readonly RunRecord[]> {
    const rows = await this.#db
      .selectFrom('runs')
      .selectAll()
      .where('parent_run_id', '=', runId)
      .where(sql<boolean>`state in (${activeStates})`)
      .orderBy('job_name')
      .execute();
    return rows.map(runOf);
  }

  async stopChildren(runId: string, user: string, now: number): Promise<readonly RunRecord[]> {
    const rows = await this.#db
      .updateTable('runs')
      .set({
        stop_requested_by: sql<string>`coalesce(stop_requested_by, ${user})`,
        updated_by: user,
        updated_at: now,
      })
      .where('parent_run_id', '=', runId)
      .where(sql<boolean>`state in (${activeStates})`)
      .returningAll()
      .execute();
    return rows.map(runOf);
  }

  async latestChild(clusterId: string, name: string): Promise<RunRecord | null> {
    const row = await this.#children(clusterId, name)
      .selectAll()
      .orderBy('submission_id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? null : runOf(row);
  }

  async childHistory(
    clusterId: string,
    name: string,
    limit: number,
    offset: number,
  ): Promise<{ readonly runs: readonly RunRecord[]; readonly total: number }> {
    const chosen = this.#children(clusterId, name);
    const { total } = await chosen
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow();
    const rows = await chosen
      .selectAll()
      .orderBy('submission_id', 'desc')
      .limit(limit)
      .offset(offset)
      .execute();
    return { runs: rows.map(runOf), total };
  }

  /** Children are asked for by their names, which begin with their job's: they follow it. */
  async renameChildren(job: Pick<JobRecord, 'id' | 'clusterId' | 'name'>, before: string): Promise<void> {
    await this.#db
      .updateTable('runs')
      .set({ job_name: sql<string>`${job.name} || substr(job_name, ${sql.lit(before.length + 1)})` })
      .where('cluster_id', '=', job.clusterId)
      .where('job_id', '=', job.id)
      .where('parent_run_id', 'is not', null)
      .execute();
  }

  #children(clusterId: string, name: string) {
    return this.#db
      .selectFrom('runs')
      .where('cluster_id', '=', clusterId)
      .where('job_name', '=', name)
      .where('parent_run_id', 'is not', null);
  }

  /** Their plans, which may be long, are left out. */
  async #runsById(ids: readonly string[]): Promise<ReadonlyMap<string, RunRecord>> {
    const runs = new Map<string, RunRecord>();
    for (let start = 0; start < ids.length; start += tablesPerStatementMax) {
      const rows = await this.#db
        .selectFrom('runs')
        .selectAll()
        .where('id', 'in', ids.slice(start, start + tablesPerStatementMax))
        .execute();
      for (const row of rows) runs.set(row.id, runOf({ ...row, plan: null } satisfies RunRow));
    }
    return runs;
  }
}

function tableOf(row: BatchTableRow): BatchTable {
  return {
    no: row.no,
    name: row.table_name,
    rowsEstimate: row.rows_estimate,
    weight: row.weight,
    refusal: fromJsonOrNull(row.refusal),
    carriesRunId: row.carries_run_id,
  };
}
