import type { SinkComparer } from '@sluice/core/connector/comparison';
import type { Text } from '@sluice/core/data/text';
import type { SqlSinkOptions, SqlSourceOptions } from './sql-options.ts';

/** What a job leaves of rows that were at its destination before; see `SinkComparer`. */
export function foreignRows({ preparation, clearing, before }: SqlSinkOptions): SinkComparer['foreignRows'] {
  // A statement of the user's may have put rows there.
  if (before !== null) return 'others';
  return preparation === 'DROP_AND_CREATE' || clearing.kind === 'all' ? 'none' : 'others';
}

/** Why the rows that a job reads cannot be told by a condition; null: they can. */
export function comparingRefusal({ partitions }: SqlSourceOptions): Text | null {
  if (partitions === null || partitions.list === null) return null;
  return {
    en: 'The job reads some partitions of its table, and not the whole.',
    zh: '作业仅读取表的部分分区，而非整表。',
  };
}
