import type { OptionGroup } from '@sluice/core/options/option';
import { checkDirtyOptions, dirtyOptions } from './dirty-options.ts';

/**
 * Options of a job that the CDM API does not have. They travel among its `driver-config-values` in a group of their own,
 * which answers show only where a job sets one.
 */
export const ownGroup: OptionGroup = {
  name: 'sluiceConfig',
  options: [...dirtyOptions],
  check: (values) => {
    checkDirtyOptions(values);
  },
};
