import type { Db } from './adapter.ts';
import type { VariableRecord, VariableScope } from './model.ts';
import type { VariableRow } from './schema.ts';
import type { VariableRepository } from './store.ts';

/** Statements on variables of clusters and projects. */
export class SqlVariableRepository implements VariableRepository {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async put({ scope, name, value, sealedValue, updatedBy, updatedAt }: VariableRecord): Promise<void> {
    const changes = {
      value,
      sealed_value: sealedValue,
      updated_by: updatedBy,
      updated_at: updatedAt,
    };
    const clusterId = scope.kind === 'cluster' ? scope.id : null;
    await this.#db
      .insertInto('variables')
      .values({ scope_id: scope.id, cluster_id: clusterId, name, ...changes })
      .onConflict((conflict) => conflict.columns(['scope_id', 'name']).doUpdateSet(changes))
      .execute();
  }

  async find(scope: VariableScope, name: string): Promise<VariableRecord | null> {
    const row = await this.#db
      .selectFrom('variables')
      .selectAll()
      .where('scope_id', '=', scope.id)
      .where('name', '=', name)
      .executeTakeFirst();
    return row === undefined ? null : variableOf(row, scope);
  }

  async list(scope: VariableScope): Promise<readonly VariableRecord[]> {
    const rows = await this.#db
      .selectFrom('variables')
      .selectAll()
      .where('scope_id', '=', scope.id)
      .orderBy('name')
      .execute();
    return rows.map((row) => variableOf(row, scope));
  }

  async delete(scope: VariableScope, name: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('variables')
      .where('scope_id', '=', scope.id)
      .where('name', '=', name)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }
}

function variableOf(row: VariableRow, scope: VariableScope): VariableRecord {
  return {
    scope,
    name: row.name,
    value: row.value,
    sealedValue: row.sealed_value,
    updatedBy: row.updated_by,
    updatedAt: row.updated_at,
  };
}
