import type { OptionGroup } from '@sluice/core/options/option';
import { verifyOption, verifyWithoutOption } from '../runs/verify-options.ts';
import { checkDirtyOptions, dirtyOptions } from './dirty-options.ts';
import { paceOptions } from './pace-options.ts';

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
    ...paceOptions,
    {
      name: verifyOption,
      type: 'boolean',
      title: { en: 'Verify', zh: '数据校验' },
      help: {
        en: 'Before the run may succeed, both tables are compared inside their databases, the source at the moment that the run read where it can be. What differs, or cannot be compared, makes the run fail.',
        zh: '运行成功之前在两端数据库内比较数据；源端尽可能取运行读取时的快照。存在差异或无法比较时运行失败。',
      },
      default: 'false',
      example: 'true',
      support: 'honoured',
    },
    {
      name: verifyWithoutOption,
      type: 'string',
      title: { en: 'Columns not verified', zh: '不校验的字段' },
      help: {
        en: 'Columns of the source, joined by &, that need not be compared because they cannot be.',
        zh: '因无法比较而不参与校验的源端字段，以 & 分隔。',
      },
      example: 'document&geometry',
      support: 'honoured',
    },
  ],
  check: (values) => {
    checkDirtyOptions(values);
  },
};
