import type { Db } from './adapter.ts';
import { toFlag } from './columns.ts';
import type { WatermarkRecord } from './model.ts';
import type { WatermarkRepository } from './store.ts';

/** Statements on how far incremental jobs have come. */
export class SqlWatermarkRepository implements WatermarkRepository {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async find(jobId: number): Promise<WatermarkRecord | null> {
    const row = await this.#db
      .selectFrom('watermarks')
      .selectAll()
      .where('job_id', '=', jobId)
      .executeTakeFirst();
    if (row === undefined) return null;
    return {
      jobId: row.job_id,
      column: row.column_name,
      place: row.place,
      bound: { value: row.value, isIncluded: row.is_included === 1 },
      runId: row.run_id,
      updatedBy: row.updated_by,
      updatedAt: row.updated_at,
    };
  }

  async put(mark: WatermarkRecord): Promise<void> {
    const columns = {
      column_name: mark.column,
      place: mark.place,
      value: mark.bound.value,
      is_included: toFlag(mark.bound.isIncluded),
      run_id: mark.runId,
      updated_by: mark.updatedBy,
      updated_at: mark.updatedAt,
    };
    await this.#db
      .insertInto('watermarks')
      .values({ job_id: mark.jobId, ...columns })
      .onConflict((conflict) => conflict.column('job_id').doUpdateSet(columns))
      .execute();
  }

  async delete(jobId: number): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('watermarks')
      .where('job_id', '=', jobId)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }
}
