import type { SliceCounts } from '@sluice/core/data/slice';
import { sql } from 'kysely';
import type { Db } from './adapter.ts';
import { fromCountColumns } from './columns.ts';

/** Totals of a run over its slices. */
export async function sumOfSlices(db: Db, runId: string): Promise<SliceCounts> {
  // A sum of 64-bit integers is a decimal on a server, hence the casts.
  const row = await db
    .selectFrom('slices')
    .select([
      sql<number>`cast(sum(rows_read) as bigint)`.as('rows_read'),
      sql<number>`cast(sum(rows_written) as bigint)`.as('rows_written'),
      sql<number>`cast(sum(rows_skipped) as bigint)`.as('rows_skipped'),
      sql<number>`cast(sum(bytes_read) as bigint)`.as('bytes_read'),
      sql<number>`cast(sum(bytes_written) as bigint)`.as('bytes_written'),
    ])
    .where('run_id', '=', runId)
    .executeTakeFirstOrThrow();
  return fromCountColumns(row);
}
