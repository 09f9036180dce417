import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface RecordedTotals {
  readonly slices: number;
  readonly rowsWritten: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** What the slices of the only run counted, from the store of a server that has ended: the API has no bytes for tables. */
export function recordedTotals(dataFolder: string): RecordedTotals {
  const store = new DatabaseSync(join(dataFolder, 'sluice.db'), { readOnly: true });
  try {
    const row = store
      .prepare(
        `SELECT count(*) AS slices, sum(rows_written) AS rowsWritten, sum(bytes_read) AS bytesRead,
           sum(bytes_written) AS bytesWritten FROM slices`,
      )
      .get();
    return {
      slices: Number(row?.slices),
      rowsWritten: Number(row?.rowsWritten),
      bytesRead: Number(row?.bytesRead),
      bytesWritten: Number(row?.bytesWritten),
    };
  } finally {
    store.close();
  }
}
