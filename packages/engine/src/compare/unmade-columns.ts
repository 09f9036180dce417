import type { TargetPlan } from '@sluice/core/connector/contract';
import type { Text } from '@sluice/core/data/text';
import type { RunPlan } from '../work.ts';
import type { LeftOutColumn } from './comparison-work.ts';

/** The columns of a run that hold what was read, and those that were made on the way. */
export interface UnmadeColumns {
  readonly target: TargetPlan;
  readonly leftOut: readonly LeftOutColumn[];
}

/**
 * A value that was made on the way is at no place but the destination: there is nothing to hold it against. Only columns that
 * go as they were read can be compared. Pure; known before the destination is touched.
 */
export function unmadeColumns({ target, shape }: Pick<RunPlan, 'target' | 'shape'>): UnmadeColumns {
  if (shape === undefined) return { target, leftOut: [] };
  const leftOut: LeftOutColumn[] = [];
  const kept = shape.columns.flatMap((column, at) => {
    const columnName = target.columnNames[at];
    const read = column.kind === 'field' ? shape.read[column.from] : undefined;
    if (column.kind !== 'field') leftOut.push({ column: column.name, reason: reasons[column.kind] });
    return read === undefined || columnName === undefined ? [] : [{ read, columnName }];
  });
  return {
    target: {
      ...target,
      sourceColumns: kept.map(({ read }) => read),
      columnNames: kept.map(({ columnName }) => columnName),
    },
    leftOut,
  };
}

const reasons = {
  converted: {
    en: 'Its values are converted on the way.',
    zh: '该字段的值在迁移过程中被转换。',
  },
  added: {
    en: 'It is added on the way, and not in the source.',
    zh: '该字段为迁移过程中新增，源端没有。',
  },
} as const satisfies Readonly<Record<string, Text>>;
