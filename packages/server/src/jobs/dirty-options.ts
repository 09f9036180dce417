import type { ConnectorRegistry } from '@sluice/core/connector/registry';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { Option, OptionValues } from '@sluice/core/options/option';
import { isBlank } from '@sluice/core/options/validate';
import { percentRowsMinDefault } from '../planner/dirty-rules.ts';
import type { LinkRecord } from '../store/model.ts';

const percentName = 'sluiceConfig.maxDirtyPercent';
const linkName = 'throttlingConfig.writeToLink';
const directoryName = 'throttlingConfig.dirtyDataDirectory';

/** Limits of our own on the rows that a run may set aside. */
export const dirtyOptions: readonly Option[] = [
  {
    name: 'sluiceConfig.maxDirtyRecords',
    type: 'integer',
    title: { en: 'Bad records allowed in all', zh: '作业最大错误记录' },
    help: {
      en: 'Bad records allowed in a run, over all its slices; one more ends it (Cdm.0936), and what is committed stays. Counts only when dirty records are stored; empty: any number.',
      zh: '一次运行所有分片合计允许的错误记录数，超过即结束运行（Cdm.0936），已提交的数据保留。仅在保存脏数据时有效，为空表示不限。',
    },
    min: 0,
    example: '100',
    support: 'honoured',
  },
  {
    name: percentName,
    type: 'string',
    title: { en: 'Bad records allowed, in per cent', zh: '错误记录比例上限（%）' },
    help: {
      en: 'Share of the records read that may be bad, in per cent from 0 to 100, such as 0.5; looked at while the run goes on and at its end. More end the run (Cdm.0936), and what is committed stays. Counts only when dirty records are stored; empty: any share.',
      zh: '允许的错误记录占已读取记录的百分比（0-100，如 0.5），运行过程中及结束时检查；超过即结束运行（Cdm.0936），已提交的数据保留。仅在保存脏数据时有效，为空表示不限。',
    },
    example: '0.5',
    support: 'honoured',
  },
  {
    name: 'sluiceConfig.dirtyPercentMinRecords',
    type: 'integer',
    title: { en: 'Records before a share counts', zh: '比例生效的最少记录数' },
    help: {
      en: 'Records that a run must have read before the share of bad ones is looked at: the first of a few is half of them.',
      zh: '读取的记录达到该数量后才检查错误比例，避免记录较少时误判。',
    },
    default: String(percentRowsMinDefault),
    min: 1,
    example: '1000',
    support: 'honoured',
  },
];

/** @throws Cdm.0024 when a share is no number of per cent. */
export function checkDirtyOptions(values: OptionValues): void {
  const percent = values[percentName];
  if (isBlank(percent)) return;
  const text = String(percent).trim();
  if (/^\d{1,3}(?:\.\d{1,6})?$/.test(text) && Number(text) <= 100) return;
  throw new SluiceError('Cdm.0024', { name: percentName, range: '0, 100' });
}

/**
 * Files of dirty records go through a link that can hold files. Where this server has no such connector, a job that names a
 * place for them is told so when it is saved: without a place they rest in the run's quarantine.
 * @param findLink by its name. @throws as `findLink`; Cdm.0238 a directory without a link; Cdm.0061 the link cannot hold files.
 */
export async function checkArchive(
  values: OptionValues,
  registry: ConnectorRegistry,
  findLink: (name: string) => Promise<LinkRecord>,
): Promise<void> {
  if (values['throttlingConfig.recordDirtyData'] !== 'true') return;
  const name = values[linkName];
  if (isBlank(name)) {
    if (!isBlank(values[directoryName])) throw new SluiceError('Cdm.0238', { name: linkName });
    return;
  }
  const { connector } = await findLink(String(name));
  if (registry.get(connector).holdsFiles === true) return;
  throw new SluiceError('Cdm.0061', {
    connector,
    ...explained({
      en: `${linkName} names the link ${String(name)}, which cannot hold files. Leave it out: dirty records then rest in the quarantine of the run, from where they can be downloaded.`,
      zh: `${linkName} 指定的连接 ${String(name)} 不能保存文件。请不要填写：脏数据将保存在该次运行的隔离区，可从中下载。`,
    }),
  });
}
