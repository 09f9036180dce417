import type { OptionValues } from '@sluice/core/options/option';
import type { DirtyRules } from '@sluice/engine/work';

/** How many rows a whole run may set aside. null: any number. */
export interface RunDirtyLimits {
  readonly rowsMax: number | null;
  /** Of the rows read so far, in per cent. */
  readonly percentMax: number | null;
  /** Fewer rows than this have no share. */
  readonly percentRowsMin: number;
}

/** Below so many rows a share says little, unless the job sets another number. */
export const percentRowsMinDefault = 1_000;

/** What the job says of rows that cannot be written; undefined: the first one ends the run. */
export function dirtyRulesOf(driver: OptionValues): DirtyRules | undefined {
  if (driver['throttlingConfig.recordDirtyData'] !== 'true') return undefined;
  return { sliceMax: numberOf(driver['throttlingConfig.maxErrorRecords']) };
}

export function runDirtyLimitsOf(driver: OptionValues): RunDirtyLimits {
  return {
    rowsMax: numberOf(driver['sluiceConfig.maxDirtyRecords']),
    percentMax: numberOf(driver['sluiceConfig.maxDirtyPercent']),
    percentRowsMin: numberOf(driver['sluiceConfig.dirtyPercentMinRecords']) ?? percentRowsMinDefault,
  };
}

/** A number that was checked when the job was saved; null: none is set. */
function numberOf(value: OptionValues[string] | undefined): number | null {
  if (value === undefined || value === null || String(value).trim() === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
