import type { OptionValues } from '@sluice/core/options/option';

/** Asks that a run is verified before it may succeed. */
export const verifyOption = 'sluiceConfig.verify';
/** Columns that may be left out, joined by `&`. */
export const verifyWithoutOption = 'sluiceConfig.verifyWithout';

/** What a job wants verified. */
export interface VerifyOptions {
  readonly isOn: boolean;
  /** Columns of the source that may be left out. */
  readonly without: readonly string[];
}

export function readVerifyOptions(driver: OptionValues): VerifyOptions {
  const without = driver[verifyWithoutOption];
  return {
    isOn:
      String(driver[verifyOption] ?? 'false')
        .trim()
        .toLowerCase() === 'true',
    without: typeof without === 'string' && without !== '' ? without.split('&') : [],
  };
}
