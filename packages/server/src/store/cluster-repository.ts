import { type Db, inTransaction, type StoreAdapter } from './adapter.ts';
import { fromJson } from './columns.ts';
import type { ClusterRecord } from './model.ts';
import type { ClusterRow } from './schema.ts';
import { type ClusterRepository, Conflict, Gone } from './store.ts';

/** Statements on clusters. */
export class SqlClusterRepository implements ClusterRepository {
  readonly #db: Db;
  readonly #adapter: StoreAdapter;

  constructor(db: Db, adapter: StoreAdapter) {
    this.#db = db;
    this.#adapter = adapter;
  }

  async create(cluster: ClusterRecord): Promise<void> {
    const stored = await this.#db
      .insertInto('clusters')
      .values({
        id: cluster.id,
        project_id: cluster.projectId,
        name: cluster.name,
        status: cluster.status,
        flavor_id: cluster.flavorId,
        settings: JSON.stringify(cluster.settings),
        created_at: cluster.createdAt,
        updated_at: cluster.updatedAt,
        created_by: cluster.createdBy,
        last_submission_id: 0,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (stored === undefined) throw new Conflict(`cluster ${cluster.id}`);
  }

  async find(projectId: string, clusterId: string): Promise<ClusterRecord | null> {
    const row = await this.#db
      .selectFrom('clusters')
      .selectAll()
      .where('id', '=', clusterId)
      .where('project_id', '=', projectId)
      .executeTakeFirst();
    return row === undefined ? null : clusterOf(row);
  }

  async findById(clusterId: string): Promise<ClusterRecord | null> {
    const row = await this.#db
      .selectFrom('clusters')
      .selectAll()
      .where('id', '=', clusterId)
      .executeTakeFirst();
    return row === undefined ? null : clusterOf(row);
  }

  async lock(clusterId: string): Promise<ClusterRecord | null> {
    const row = await this.#db
      .selectFrom('clusters')
      .selectAll()
      .where('id', '=', clusterId)
      .$if(this.#adapter.hasRowLocks, (query) => query.forUpdate())
      .executeTakeFirst();
    return row === undefined ? null : clusterOf(row);
  }

  async list(projectId: string): Promise<readonly ClusterRecord[]> {
    const rows = await this.#db
      .selectFrom('clusters')
      .selectAll()
      .where('project_id', '=', projectId)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(clusterOf);
  }

  async listAll(): Promise<readonly ClusterRecord[]> {
    const rows = await this.#db
      .selectFrom('clusters')
      .selectAll()
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(clusterOf);
  }

  async lastSubmission(clusterId: string): Promise<number> {
    const row = await this.#db
      .selectFrom('clusters')
      .select('last_submission_id')
      .where('id', '=', clusterId)
      .executeTakeFirst();
    return row?.last_submission_id ?? 0;
  }

  async update(cluster: ClusterRecord): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('clusters')
      .set({
        name: cluster.name,
        status: cluster.status,
        flavor_id: cluster.flavorId,
        settings: JSON.stringify(cluster.settings),
        updated_at: cluster.updatedAt,
      })
      .where('id', '=', cluster.id)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new Gone(`cluster ${cluster.id}`);
  }

  delete(clusterId: string): Promise<boolean> {
    return inTransaction(this.#db, async (db) => {
      // Links and jobs go with it by their foreign keys.
      const { numDeletedRows } = await db
        .deleteFrom('clusters')
        .where('id', '=', clusterId)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    });
  }
}

/** A row of the table as a cluster. */
export function clusterOf(row: ClusterRow): ClusterRecord {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    status: row.status,
    flavorId: row.flavor_id,
    settings: fromJson(row.settings),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdBy: row.created_by,
  };
}
