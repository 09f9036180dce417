import type { Column, TableShape } from '@sluice/core/data/column';
import { columnNamed } from '@sluice/core/data/column-named';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';

/** A column by name: exact first, then without regard to case. @throws Cdm.0926 there is none. */
export function pickColumn(shape: TableShape, name: string): Column {
  const found = columnNamed(shape.columns, name);
  if (found !== undefined) return found;
  throw new SluiceError(
    'Cdm.0926',
    explained({
      en: `The table ${shape.table} has no column "${name}".`,
      zh: `表 ${shape.table} 中没有字段“${name}”。`,
    }),
  );
}
