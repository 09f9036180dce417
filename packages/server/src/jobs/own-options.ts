import type { OptionGroup } from '@sluice/core/options/option';
import { checkDirtyOptions, dirtyOptions } from './dirty-options.ts';

/**
 * Options of a job that the CDM API does not have. They travel among its `driver-config-values` in a group of their own,
 * which answers show only where a job sets one.
 */
export const ownGroup: OptionGroup = {
  name: 'sluiceConfig',
  options: [
    {
      name: 'sluiceConfig.keepStageTable',
      type: 'boolean',
      title: { en: 'Keep the staging table for a resume', zh: '保留阶段表以便续传' },
      help: {
        en: 'A run through a staging table that fails or is stopped keeps that table, with its checkpoints, for 7 days at most, so that it can be resumed. Otherwise every end of the run drops it, and only a fresh start is possible.',
        zh: '通过阶段表写入的运行失败或被停止时，保留阶段表和断点（最多 7 天），以便续传。否则运行结束时一律删除，只能重新启动。',
      },
      default: 'false',
      support: 'honoured',
    },
    ...dirtyOptions,
  ],
  check: (values) => {
    checkDirtyOptions(values);
  },
};
