import type { BatchStanding, BatchTableFilter, BatchTableState } from '../store/batch-store.ts';
import type { RunRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';

/** A page of a run's tables. */
export interface TablesPage {
  readonly tables: readonly BatchTableState[];
  readonly total: number;
  readonly standing: BatchStanding;
}

/** What is asked of the tables of entire-database jobs, and of the runs that move them. */
export class BatchService {
  readonly #batches: Store['batches'];

  constructor({ batches }: Pick<Store, 'batches'>) {
    this.#batches = batches;
  }

  /** A page of the tables of a run, which the caller may see; empty before they are listed, and of other runs. */
  async tables(run: RunRecord, filter: BatchTableFilter): Promise<TablesPage> {
    const page = await this.#batches.tables(run.id, filter);
    return { ...page, standing: await this.#batches.standing(run.id) };
  }

  /** The newest run of a table, by the name that clients put together: `{job}_{table}`; null: there is none. */
  async child(clusterId: string, name: string): Promise<RunRecord | null> {
    return await this.#batches.latestChild(clusterId, name);
  }

  /** Runs of a table by that name, newest first; `total` counts all pages. */
  async childHistory(
    clusterId: string,
    name: string,
    limit: number,
    offset: number,
  ): Promise<{ readonly runs: readonly RunRecord[]; readonly total: number }> {
    return await this.#batches.childHistory(clusterId, name, limit, offset);
  }
}
