import type { SliceCounts } from '@sluice/core/data/slice';
import type { CountColumns, Flag } from './schema.ts';

/** How the members of records that no column type holds are written. */

export function toFlag(value: boolean): Flag {
  return value ? 1 : 0;
}

/** Reads a JSON column that this program wrote: its form is the record's, by construction. */
export function fromJson<T>(text: string): T {
  return JSON.parse(text) as T;
}

export function fromJsonOrNull<T>(text: string | null): T | null {
  return text === null ? null : fromJson<T>(text);
}

export function toCountColumns(counts: SliceCounts): CountColumns {
  return {
    rows_read: counts.rowsRead,
    rows_written: counts.rowsWritten,
    rows_skipped: counts.rowsSkipped,
    bytes_read: counts.bytesRead,
    bytes_written: counts.bytesWritten,
  };
}

export function fromCountColumns(row: CountColumns): SliceCounts {
  return {
    rowsRead: row.rows_read,
    rowsWritten: row.rows_written,
    rowsSkipped: row.rows_skipped,
    bytesRead: row.bytes_read,
    bytesWritten: row.bytes_written,
  };
}
