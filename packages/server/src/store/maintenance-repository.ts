import { sql, type UpdateResult } from 'kysely';
import type { SealedValue, SealedValueStore } from '../secrets/sealed-values.ts';
import type { RunTallies } from '../telemetry/published-metrics.ts';
import { type Db, inTransaction } from './adapter.ts';
import { activeRunStates } from './model.ts';
import { rejectId, rejectKey } from './reject-record.ts';
import { isAnyOf } from './reject-repository.ts';

/** What only start-up, housekeeping and key rotation ask of a store. */
export interface MaintenanceRepository extends SealedValueStore {
  /** Removes up to `limit` runs, with their slices, that ended before `before`. The newest run of a job that still exists stays, and so does one that left something at its destination. @returns how many. */
  deleteRunsEndedBefore(before: number, limit: number): Promise<number>;
  /** Counts runs for the metrics; may take a while. */
  countRuns(now: number): Promise<RunTallies>;
  /** Removes up to `limit` audit events that are older. @returns how many. */
  deleteAuditEventsBefore(before: number, limit: number): Promise<number>;
}

const hourMs = 60 * 60 * 1_000;

const isActive = sql<boolean>`state in (${sql.join(activeRunStates.map((state) => sql.lit(state)))})`;

export class SqlMaintenanceRepository implements MaintenanceRepository {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async readFact(name: string): Promise<string | null> {
    const row = await this.#db.selectFrom('meta').select('value').where('name', '=', name).executeTakeFirst();
    return row?.value ?? null;
  }

  async writeFact(name: string, value: string): Promise<void> {
    await this.#db
      .insertInto('meta')
      .values({ name, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute();
  }

  async writeFactOnce(name: string, value: string): Promise<string> {
    const row = await this.#db
      .insertInto('meta')
      .values({ name, value })
      // A change to itself, so that the row comes back also when it was there.
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ name }))
      .returning('value')
      .executeTakeFirstOrThrow();
    return row.value;
  }

  async sealedWithout(prefix: string, limit: number): Promise<readonly SealedValue[]> {
    const links = await this.#db
      .selectFrom('links')
      .select(['id', 'cluster_id', 'sealed_secrets'])
      .where('sealed_secrets', 'is not', null)
      .where(sql<string>`substr(sealed_secrets, 1, ${sql.lit(prefix.length)})`, '<>', prefix)
      .orderBy('id')
      .limit(limit)
      .execute();
    const keys = await this.#db
      .selectFrom('access_keys')
      .select(['ak', 'sealed_secret'])
      .where(sql<string>`substr(sealed_secret, 1, ${sql.lit(prefix.length)})`, '<>', prefix)
      .orderBy('ak')
      .limit(limit)
      .execute();
    const variables = await this.#db
      .selectFrom('variables')
      .select(['scope_id', 'name', 'sealed_value'])
      .where('sealed_value', 'is not', null)
      .where(sql<string>`substr(sealed_value, 1, ${sql.lit(prefix.length)})`, '<>', prefix)
      .orderBy('scope_id')
      .orderBy('name')
      .limit(limit)
      .execute();
    const rejects = await this.#db
      .selectFrom('rejects')
      .select(['run_id', 'slice_no', 'sequence', 'attempt', 'no', 'sealed_row'])
      .where(sql<string>`substr(sealed_row, 1, ${sql.lit(prefix.length)})`, '<>', prefix)
      .limit(limit)
      .execute();
    return [
      ...links.map(
        (row): SealedValue => ({
          owner: { kind: 'link', id: row.id, clusterId: row.cluster_id },
          sealed: row.sealed_secrets ?? '',
        }),
      ),
      ...keys.map(
        (row): SealedValue => ({ owner: { kind: 'access-key', ak: row.ak }, sealed: row.sealed_secret }),
      ),
      ...variables.map(
        (row): SealedValue => ({
          owner: { kind: 'variable', scopeId: row.scope_id, name: row.name },
          sealed: row.sealed_value ?? '',
        }),
      ),
      ...rejects.map(
        (row): SealedValue => ({
          owner: { kind: 'reject', runId: row.run_id, id: rejectId({ ...row, sliceNo: row.slice_no }) },
          sealed: row.sealed_row,
        }),
      ),
    ].slice(0, limit);
  }

  replaceSealed(
    changes: readonly { readonly value: SealedValue; readonly sealed: string }[],
  ): Promise<number> {
    return inTransaction(this.#db, async (db) => {
      let replaced = 0n;
      for (const { value, sealed } of changes) {
        const { numUpdatedRows } = await replaceOne(db, value, sealed);
        replaced += numUpdatedRows;
      }
      return Number(replaced);
    });
  }

  async deleteRunsEndedBefore(before: number, limit: number): Promise<number> {
    const old = this.#db
      .selectFrom('runs')
      .select('id')
      .where(sql<boolean>`not (${isActive})`)
      .where('ended_at', '<', before)
      // Parts go with the run that they are parts of.
      .where('parent_run_id', 'is', null)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('traces').select('traces.run_id').whereRef('traces.run_id', '=', 'runs.id'))),
      )
      .where(({ not, exists }) => not(exists(childrenInUse(this.#db))))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('jobs')
              .select('jobs.id')
              .whereRef('jobs.id', '=', 'runs.job_id')
              .where(({ not, exists, selectFrom }) =>
                not(
                  exists(
                    selectFrom('runs as newer')
                      .select('newer.id')
                      .whereRef('newer.cluster_id', '=', 'runs.cluster_id')
                      .whereRef('newer.job_name', '=', 'runs.job_name')
                      .whereRef('newer.submission_id', '>', 'runs.submission_id'),
                  ),
                ),
              ),
          ),
        ),
      )
      .orderBy('ended_at')
      .limit(limit);
    const { numDeletedRows } = await this.#db.deleteFrom('runs').where('id', 'in', old).executeTakeFirst();
    return Number(numDeletedRows);
  }

  async countRuns(now: number): Promise<RunTallies> {
    // Each count is told in the words of an index that holds just those runs.
    const ended = this.#db.selectFrom('runs').where(sql<boolean>`not (${isActive})`);
    const active = this.#db.selectFrom('runs').where(isActive);
    const lately = ended.where('ended_at', '>', now - hourMs);
    const count = async (query: typeof ended) =>
      (await query.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow()).count;
    const queued = await count(active.where('state', '=', 'queued'));
    return {
      total: (await count(ended)) + (await count(active)),
      queued,
      endedInLastHour: await count(lately),
      failedInLastHour: await count(lately.where('state', 'in', ['failed', 'rejected'])),
    };
  }

  async deleteAuditEventsBefore(before: number, limit: number): Promise<number> {
    const old = this.#db
      .selectFrom('audit_events')
      .select('id')
      .where('at', '<', before)
      .orderBy('at')
      .limit(limit);
    const { numDeletedRows } = await this.#db
      .deleteFrom('audit_events')
      .where('id', 'in', old)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }
}

/** Parts of a run that left something at their destinations, or that a later run has taken over as its own. */
function childrenInUse(db: Db) {
  return db
    .selectFrom('runs as child')
    .select('child.id')
    .where(sql<boolean>`child.parent_run_id = runs.id`)
    .where(
      sql<boolean>`(exists (select 1 from traces where traces.run_id = child.id)
        or exists (select 1 from batch_tables as taken where taken.child_run_id = child.id and taken.run_id <> runs.id))`,
    );
}

/** Puts a new text in place of a sealed one, if that is still there. */
function replaceOne(db: Db, { owner, sealed: before }: SealedValue, sealed: string): Promise<UpdateResult> {
  switch (owner.kind) {
    case 'link':
      return db
        .updateTable('links')
        .set({ sealed_secrets: sealed })
        .where('id', '=', owner.id)
        .where('sealed_secrets', '=', before)
        .executeTakeFirst();
    case 'access-key':
      return db
        .updateTable('access_keys')
        .set({ sealed_secret: sealed })
        .where('ak', '=', owner.ak)
        .where('sealed_secret', '=', before)
        .executeTakeFirst();
    case 'variable':
      return db
        .updateTable('variables')
        .set({ sealed_value: sealed })
        .where('scope_id', '=', owner.scopeId)
        .where('name', '=', owner.name)
        .where('sealed_value', '=', before)
        .executeTakeFirst();
    case 'reject': {
      const key = rejectKey(owner.id);
      if (key === null) throw new Error(`${owner.id} is no row that was set aside`);
      return db
        .updateTable('rejects')
        .set({ sealed_row: sealed, size: sealed.length })
        .where('run_id', '=', owner.runId)
        .where((eb) => isAnyOf(eb, [key]))
        .where('sealed_row', '=', before)
        .executeTakeFirst();
    }
  }
}
