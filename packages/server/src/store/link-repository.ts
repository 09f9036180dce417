import { type Db, inTransaction, nextNumber, type StoreAdapter } from './adapter.ts';
import { fromJson, toFlag } from './columns.ts';
import type { LinkRecord } from './model.ts';
import type { LinkRow } from './schema.ts';
import { Conflict, Gone, type LinkRepository } from './store.ts';

/** Statements on links. */
export class SqlLinkRepository implements LinkRepository {
  readonly #db: Db;
  readonly #adapter: StoreAdapter;

  constructor(db: Db, adapter: StoreAdapter) {
    this.#db = db;
    this.#adapter = adapter;
  }

  create(link: Omit<LinkRecord, 'id'>): Promise<LinkRecord> {
    return inTransaction(this.#db, async (db) => {
      const id = await nextNumber(db, 'link');
      const row = await db
        .insertInto('links')
        .values({
          id,
          cluster_id: link.clusterId,
          name: link.name,
          connector: link.connector,
          options: JSON.stringify(link.options),
          sealed_secrets: link.sealedSecrets,
          is_enabled: toFlag(link.isEnabled),
          created_by: link.createdBy,
          created_at: link.createdAt,
          updated_by: link.updatedBy,
          updated_at: link.updatedAt,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) throw new Conflict(`link ${link.name}`);
      return linkOf(row);
    });
  }

  async find(clusterId: string, name: string): Promise<LinkRecord | null> {
    const row = await this.#db
      .selectFrom('links')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .where('name', '=', name)
      .executeTakeFirst();
    return row === undefined ? null : linkOf(row);
  }

  async findById(id: number): Promise<LinkRecord | null> {
    const row = await this.#db.selectFrom('links').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : linkOf(row);
  }

  async list(clusterId: string): Promise<readonly LinkRecord[]> {
    const rows = await this.#db
      .selectFrom('links')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .orderBy('name')
      .execute();
    return rows.map(linkOf);
  }

  async count(clusterId: string): Promise<number> {
    const { total } = await this.#db
      .selectFrom('links')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .where('cluster_id', '=', clusterId)
      .executeTakeFirstOrThrow();
    return total;
  }

  update(link: LinkRecord): Promise<void> {
    return inTransaction(this.#db, async (db) => {
      const before = await db
        .selectFrom('links')
        .select(['name', 'cluster_id'])
        .where('id', '=', link.id)
        .executeTakeFirst();
      if (before === undefined) throw new Gone(`link ${link.name}`);
      try {
        await db
          .updateTable('links')
          .set({
            name: link.name,
            connector: link.connector,
            options: JSON.stringify(link.options),
            sealed_secrets: link.sealedSecrets,
            is_enabled: toFlag(link.isEnabled),
            updated_by: link.updatedBy,
            updated_at: link.updatedAt,
          })
          .where('id', '=', link.id)
          .execute();
      } catch (error) {
        if (this.#adapter.isUniqueViolation(error)) throw new Conflict(`link ${link.name}`);
        throw error;
      }
      if (before.name === link.name) return;
      for (const end of ['from_link', 'to_link'] as const) {
        await db
          .updateTable('jobs')
          .set({ [end]: link.name })
          .where('cluster_id', '=', before.cluster_id)
          .where(end, '=', before.name)
          .execute();
      }
    });
  }

  async delete(clusterId: string, name: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('links')
      .where('cluster_id', '=', clusterId)
      .where('name', '=', name)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  async usedBy(clusterId: string, name: string): Promise<readonly string[]> {
    const rows = await this.#db
      .selectFrom('jobs')
      .select('name')
      .where('cluster_id', '=', clusterId)
      .where(({ eb, or }) => or([eb('from_link', '=', name), eb('to_link', '=', name)]))
      .orderBy('name')
      .execute();
    return rows.map((row) => row.name);
  }
}

function linkOf(row: LinkRow): LinkRecord {
  return {
    id: row.id,
    clusterId: row.cluster_id,
    name: row.name,
    connector: row.connector,
    options: fromJson(row.options),
    sealedSecrets: row.sealed_secrets,
    isEnabled: row.is_enabled === 1,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedBy: row.updated_by,
    updatedAt: row.updated_at,
  };
}
