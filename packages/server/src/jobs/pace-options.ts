import type { Option } from '@sluice/core/options/option';

/** Options of our own on what a run reads and how fast: only what is new, and no faster than the source likes. */
export const paceOptions: readonly Option[] = [
  {
    name: 'sluiceConfig.watermarkColumn',
    type: 'string',
    title: { en: 'Watermark column', zh: '水位字段' },
    help: {
      en: 'Makes the job incremental: a run reads the rows whose value in this column is beyond that up to which the last run that succeeded has read. The column grows with every row that is new or changed: a whole or decimal number, a date, a timestamp or a text. Rows without a value are not read.',
      zh: '使作业按增量读取：每次运行只读取该字段值大于上次成功运行所读上限的行。该字段须随新增或变更的行递增，类型可为整数、小数、日期、时间戳或文本；值为空的行不会被读取。',
    },
    example: 'updated_at',
    support: 'honoured',
  },
  {
    name: 'sluiceConfig.watermarkInitial',
    type: 'string',
    title: { en: 'First watermark', zh: '初始水位' },
    help: {
      en: 'The first run reads the rows beyond this value; empty: all of them. A moment without a zone is in the time zone of the service.',
      zh: '首次运行读取大于该值的行，为空表示全部。未带时区的时间按服务时区解释。',
    },
    example: '2026-01-01 00:00:00',
    support: 'honoured',
  },
  {
    name: 'sluiceConfig.watermarkUpper',
    type: 'enum',
    title: { en: 'Up to where', zh: '读取上限' },
    help: {
      en: 'The bound is fixed when the run is planned. MAX: up to the greatest value, for a column that is the primary key, or with an overlap. BELOW_MAX: rows with the greatest value are left to the next run, so that rows of one value are never torn apart. LAG: up to a time behind the clock of the source, for dates and timestamps.',
      zh: '上限在运行规划时确定。MAX：读到最大值，适用于主键字段或设置了重叠窗口的作业。BELOW_MAX：值等于最大值的行留待下次运行，同一值的行不会被拆开。LAG：读到源端时钟之前的某一时间，适用于日期和时间戳。',
    },
    default: 'MAX',
    values: ['MAX', 'BELOW_MAX', 'LAG'],
    example: 'LAG',
    support: 'honoured',
  },
  {
    name: 'sluiceConfig.watermarkLag',
    type: 'integer',
    title: { en: 'Lag (s)', zh: '滞后（秒）' },
    help: {
      en: 'How far the bound stays behind the clock of the source, in seconds, with LAG: longer than any transaction of the source that writes the column. Columns without a zone are in the time zone of the service.',
      zh: '与 LAG 配合：上限落后于源端时钟的秒数，应大于源端写入该字段的最长事务时间。不带时区的字段按服务时区解释。',
    },
    default: '0',
    min: 0,
    example: '300',
    support: 'honoured',
  },
  {
    name: 'sluiceConfig.watermarkOverlap',
    type: 'integer',
    title: { en: 'Overlap', zh: '重叠窗口' },
    help: {
      en: 'How far below the last bound rows are read again: seconds of a timestamp, days of a date, else units of the number. For rows that are written later than their value says; the destination must take a row twice, so the job needs toJobConfig.onConflict or importMode for it.',
      zh: '从上次上限向前重新读取的范围：时间戳为秒，日期为天，数字为其单位。用于晚于其取值写入的行；目的端须能接受重复的行，因此作业须设置 toJobConfig.onConflict 或 importMode。',
    },
    default: '0',
    min: 0,
    example: '600',
    support: 'honoured',
  },
  {
    name: 'sluiceConfig.throttleBackOff',
    type: 'boolean',
    title: { en: 'Back off from a slow source', zh: '源端变慢时退让' },
    help: {
      en: 'With throttling: while the source delivers less than it may and is waited for, the job reads at half of what it delivers, down to a tenth of its rate; when the source keeps up again, a quarter more each second.',
      zh: '与限速配合：源端变慢时，作业按其实际速率的一半读取，最低为设定速率的十分之一；源端恢复后每秒提高四分之一。',
    },
    default: 'false',
    example: 'false',
    support: 'honoured',
  },
];
