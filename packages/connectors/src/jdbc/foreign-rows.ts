import type { SinkComparer } from '@sluice/core/connector/comparison';
import type { SqlSinkOptions } from './sql-options.ts';

/** What a job leaves of rows that were at its destination before; see `SinkComparer`. */
export function foreignRows({ preparation, clearing }: SqlSinkOptions): SinkComparer['foreignRows'] {
  return preparation === 'DROP_AND_CREATE' || clearing.kind === 'all' ? 'none' : 'others';
}
