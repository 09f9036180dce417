import type { OptionGroup } from '@sluice/core/options/option';
import { splitRetriesMax } from '../planner/job-pace.ts';
import { schedulerLimits } from '../scheduler/limits.ts';
import { ownGroup } from './own-options.ts';

/** How many slices of one job may run at once. */
export const extractorsMax = 300;

/** The groups of `driver-config-values` in the order in which published jobs carry them. */
export const driverGroups: readonly OptionGroup[] = [
  {
    name: 'throttlingConfig',
    options: [
      {
        name: 'throttlingConfig.numExtractors',
        type: 'integer',
        title: { en: 'Concurrent extractors', zh: '抽取并发数' },
        help: {
          en: 'How many slices of the source may be read at the same time. The cluster runs fewer when its own limit is lower.',
          zh: '可同时读取的源端分片数。集群自身上限较低时，实际并发更少。',
        },
        default: '1',
        min: 1,
        max: extractorsMax,
        example: '4',
        support: 'honoured',
      },
      {
        name: 'throttlingConfig.numLoaders',
        type: 'integer',
        title: { en: 'Concurrent loaders', zh: '写入并发数' },
        help: {
          en: 'Counts for HBase and Hive destinations only. Elsewhere each slice is written by the worker that reads it.',
          zh: '仅对 HBase 和 Hive 目的端有效。其他目的端由读取分片的工作进程写入。',
        },
        default: '1',
        min: 1,
        max: extractorsMax,
        example: '3',
        support: 'ignored',
      },
      {
        name: 'throttlingConfig.recordDirtyData',
        type: 'boolean',
        title: { en: 'Store dirty records', zh: '是否写入脏数据' },
        help: {
          en: 'Sets records aside that cannot be converted or that the destination refuses (type, length, null, range, key conflict, check), each with its reason, and goes on. Without it the first one ends the run. Records then travel as values, which is slower.',
          zh: '将无法转换或被目的端拒绝的记录（类型、长度、空值、范围、主键冲突、检查约束）连同原因另行保存，运行继续；不开启时遇到第一条即失败。开启后数据以逐值方式传输，速度较慢。',
        },
        default: 'false',
        example: 'false',
        support: 'honoured',
      },
      {
        name: 'throttlingConfig.writeToLink',
        type: 'string',
        title: { en: 'Link for dirty records', zh: '脏数据写入连接' },
        help: {
          en: 'Link to which files of dirty records go; looked at only when they are stored. It must be one that can hold files, of which this version has no connector, so leave it out: they then rest in the quarantine of the run.',
          zh: '脏数据文件写入的连接，仅在保存脏数据时检查。该连接须能保存文件，当前版本没有此类连接器，请勿填写：脏数据将保存在该次运行的隔离区。',
        },
        example: 'obs_link',
        support: 'honoured',
      },
      {
        name: 'throttlingConfig.obsBucket',
        type: 'string',
        title: { en: 'Bucket for dirty records', zh: 'OBS 桶' },
        help: {
          en: 'Bucket for files of dirty records. Has a meaning only with a link for them.',
          zh: '保存脏数据文件的桶，仅在指定脏数据写入连接时有意义。',
        },
        example: 'dirtydata',
        support: 'ignored',
      },
      {
        name: 'throttlingConfig.dirtyDataDirectory',
        type: 'string',
        title: { en: 'Directory for dirty records', zh: '脏数据目录' },
        help: {
          en: 'Directory for files of dirty records; wants a link for them where they are stored. Without it they rest in the quarantine of the run.',
          zh: '保存脏数据文件的目录，保存脏数据时须同时指定写入连接；不填写时脏数据保存在该次运行的隔离区。',
        },
        example: '/data/dirtydata/',
        support: 'honoured',
      },
      {
        name: 'throttlingConfig.maxErrorRecords',
        type: 'integer',
        title: { en: 'Bad records allowed', zh: '单个分片的最大错误记录' },
        help: {
          en: 'Bad records allowed per slice; one more ends the run (Cdm.0936), and what is committed stays. 0 allows none, empty any number. Counts only when dirty records are stored; without that the first one ends the run.',
          zh: '每个分片允许的错误记录数，超过即结束运行（Cdm.0936），已提交的数据保留。0 表示不允许，为空表示不限。仅在保存脏数据时有效，否则遇到第一条错误记录即结束运行。',
        },
        min: 0,
        example: '10',
        support: 'honoured',
      },
      {
        name: 'throttlingConfig.concurrentSubJobs',
        type: 'integer',
        title: { en: 'Concurrent tables', zh: '并发子作业数' },
        help: {
          en: 'Tables that an entire-database job moves at the same time, each with its own extractors. The cluster moves fewer when its own limit is lower. Other jobs carry it without effect.',
          zh: '整库迁移同时处理的表数，每张表按抽取并发数抽取。集群自身上限较低时，实际并发更少。对其他作业无影响。',
        },
        default: '10',
        min: 1,
        max: extractorsMax,
        example: '10',
        support: 'honoured',
      },
      {
        name: 'throttlingConfig.numSplits',
        type: 'integer',
        title: { en: 'Splits', zh: '分片数' },
        help: {
          en: 'The planner chooses the number of slices from the size of the table; this value is kept only.',
          zh: '分片数由规划器根据表大小决定，该值仅保存。',
        },
        default: '1',
        example: '1',
        support: 'ignored',
      },
      {
        name: 'throttlingConfig.splitRetryTime',
        type: 'integer',
        title: { en: 'Split retries', zh: '分片重试次数' },
        help: {
          en: 'How often a slice that failed is moved again, behind its last commit, before the run fails. A lost connection or worker is waited out beside that. Rows above the limit of bad ones end the run at once.',
          zh: '分片失败后从上次提交处重新迁移的次数，用尽后运行失败。连接或工作进程丢失另行重试；错误记录超过上限时立即结束运行。',
        },
        default: '0',
        min: 0,
        max: splitRetriesMax,
        example: '2',
        support: 'honoured',
      },
      {
        name: 'throttlingConfig.submitToCluster',
        type: 'boolean',
        title: { en: 'Run on an outside cluster', zh: '提交到外部集群' },
        help: {
          en: 'Hands the run to an outside compute cluster. Not available in this version.',
          zh: '将运行提交到外部计算集群，当前版本不支持。',
        },
        default: 'false',
        example: 'false',
        support: 'refused',
      },
      {
        name: 'throttlingConfig.throttling',
        type: 'boolean',
        title: { en: 'Throttling', zh: '限速' },
        help: {
          en: 'Limits how fast all slices of a run together read, of an entire-database job those of all its tables that one server moves. A run that is limited says how long it waited for that.',
          zh: '限制一次运行所有分片的总读取速率；整库迁移限制同一服务器上所有表的总速率。受限的运行会显示因限速等待的时间。',
        },
        default: 'false',
        example: 'false',
        support: 'honoured',
      },
      {
        name: 'throttlingConfig.byteRate',
        type: 'integer',
        title: { en: 'Rate (MB/s)', zh: '传输速率（MB/s）' },
        help: {
          en: 'Highest rate of a throttled job in MB/s (1,048,576 bytes), above 1, counted on what is read from the source. Several jobs add up.',
          zh: '限速作业的最大速率，单位 MB/s（1,048,576 字节），须大于 1，按从源端读取的字节计；多个作业的速率相加。',
        },
        default: '10',
        min: 1,
        example: '20',
        support: 'honoured',
      },
      {
        name: 'throttlingConfig.recordRate',
        type: 'integer',
        title: { en: 'Rate (records/s)', zh: '传输速率（条/秒）' },
        help: {
          en: 'Highest rate of a throttled job in records per second, beside its byte rate; unset: the byte rate alone. Rows come in batches, so low rates are kept over seconds.',
          zh: '限速作业每秒最大记录数，与字节速率同时生效；未设置时仅按字节限速。数据按批读取，较低的速率以数秒平均计。',
        },
        min: 1,
        example: '100000',
        support: 'honoured',
      },
      {
        name: 'throttlingConfig.channelCapacityMb',
        type: 'integer',
        title: { en: 'Queue between reader and writer (MB)', zh: '中间队列缓存大小（MB）' },
        help: {
          en: 'Memory between reader and writer is bounded by the worker itself; this value is kept only.',
          zh: '读写之间的内存由工作进程自行限定，该值仅保存。',
        },
        default: '64',
        min: 1,
        max: 500,
        example: '64',
        support: 'ignored',
      },
    ],
  },
  {
    name: 'jarConfig',
    options: [
      {
        name: 'jarConfig.extraJars',
        type: 'list',
        title: { en: 'Extra libraries', zh: '附加库' },
        help: {
          en: 'Libraries to load for the run. There is no Java here; only an empty list is taken.',
          zh: '运行时加载的附加库。本服务不使用 Java，只接受空列表。',
        },
        support: 'refused',
      },
    ],
  },
  {
    name: 'schedulerConfig',
    options: [
      {
        name: 'schedulerConfig.isSchedulerJob',
        type: 'boolean',
        title: { en: 'Scheduled', zh: '是否定时执行' },
        help: {
          en: 'Starts the job by its timer, in the time zone of the service. A moment at which the job still runs, or that is missed by more than a minute, is left out.',
          zh: '按服务所在时区定时启动作业。触发时作业仍在运行，或错过超过一分钟，则跳过该次触发。',
        },
        default: 'false',
        example: 'false',
        support: 'honoured',
      },
      {
        name: 'schedulerConfig.cycleType',
        type: 'enum',
        title: { en: 'Unit of the period', zh: '重复周期单位' },
        help: {
          en: 'Unit of the period: minute, hour, day, week or month. A scheduled job must have it.',
          zh: '周期单位：minute、hour、day、week 或 month，定时作业必填。',
        },
        values: ['minute', 'hour', 'day', 'week', 'month'],
        example: 'day',
        support: 'honoured',
      },
      {
        name: 'schedulerConfig.cycle',
        type: 'integer',
        title: { en: 'Period', zh: '重复周期' },
        help: {
          en: 'Length of the period in its unit, counted from the start. A scheduled job must have it; at least 5 minutes are advised.',
          zh: '周期长度，从开始时间起计算，定时作业必填；建议不少于 5 分钟。',
        },
        min: 1,
        max: schedulerLimits.cycleMax,
        example: '1',
        support: 'honoured',
      },
      {
        name: 'schedulerConfig.runAt',
        type: 'string',
        title: { en: 'Moments in the period', zh: '触发时间点' },
        help: {
          en: 'Minutes of an hour (0 to 59), days of a week (mon to sun) or of a month (1 to 31), joined by commas, for these three units. A day that a month lacks is left out.',
          zh: '小时内的分钟（0-59）、星期（mon-sun）或月内的日期（1-31），以逗号分隔，仅用于这三种单位；当月没有的日期跳过。',
        },
        example: '27,57',
        support: 'honoured',
      },
      {
        name: 'schedulerConfig.startDate',
        type: 'string',
        title: { en: 'From', zh: '开始时间' },
        help: {
          en: 'When the timer begins, yyyy-MM-dd HH:mm:ss. Periods are counted from it; days, weeks and months have its clock time. A scheduled job must have it.',
          zh: '定时开始时间，格式 yyyy-MM-dd HH:mm:ss；周期从此起算，按天、周、月时取其时刻，定时作业必填。',
        },
        example: '2026-01-24 19:56:19',
        support: 'honoured',
      },
      {
        name: 'schedulerConfig.stopDate',
        type: 'string',
        title: { en: 'Until', zh: '结束时间' },
        help: {
          en: 'When the timer ends, itself included; empty means never. A run that is under way then goes on.',
          zh: '定时结束时间（含），为空表示不结束；届时正在进行的运行不受影响。',
        },
        example: '2026-01-27 23:59:00',
        support: 'honoured',
      },
      {
        name: 'schedulerConfig.disposableType',
        type: 'enum',
        title: { en: 'Delete after the run', zh: '作业运行完是否删除' },
        help: {
          en: 'NONE keeps the job. DELETE_AFTER_SUCCEED deletes it after a run that succeeded, DELETE after any run.',
          zh: 'NONE：保留作业。DELETE_AFTER_SUCCEED：运行成功后删除。DELETE：运行结束后即删除。',
        },
        default: 'NONE',
        values: ['NONE', 'DELETE_AFTER_SUCCEED', 'DELETE'],
        example: 'NONE',
        support: 'honoured',
      },
    ],
  },
  {
    name: 'transformConfig',
    options: [
      {
        name: 'transformConfig.trans',
        type: 'list',
        title: { en: 'Field converters', zh: '字段转换器' },
        help: {
          en: 'Converters of single fields, a list of objects with field, converter and its members: ANONYMIZATION (reserveStart, reserveEnd, replaceChar), TRIM, REVERSE, REPLACE (search, replacement), REMOVE_LINE_BREAK, EXPRESSION (expression). Several on one field run in their order. Not with an SQL statement as source. See the guide to field mapping.',
          zh: '字段转换器，由对象组成的列表，每项包含 field、converter 及其成员：ANONYMIZATION（reserveStart、reserveEnd、replaceChar）、TRIM、REVERSE、REPLACE（search、replacement）、REMOVE_LINE_BREAK、EXPRESSION（expression）。同一字段的多个转换器按顺序执行。不能与 SQL 语句抽取同时使用。详见字段映射指南。',
        },
        example: '[{"field": "name", "converter": "TRIM"}]',
        support: 'honoured',
      },
    ],
  },
  {
    name: 'smnConfig',
    options: [
      {
        name: 'smnConfig.isNeedNotification',
        type: 'boolean',
        title: { en: 'Notify', zh: '是否通知' },
        help: {
          en: 'Sends a message about the outcome. Not available in this version.',
          zh: '运行结束后发送通知，当前版本不支持。',
        },
        default: 'false',
        example: 'false',
        support: 'refused',
      },
    ],
  },
  {
    name: 'retryJobConfig',
    options: [
      {
        name: 'retryJobConfig.retryJobType',
        type: 'enum',
        title: { en: 'Retry when failed', zh: '作业失败重试' },
        help: {
          en: 'NONE: a failed run is not started again. RETRY_TRIPLE: up to three more runs, each after a pause; where rows are committed, a further run carries on behind them.',
          zh: 'NONE：失败后不重新运行。RETRY_TRIPLE：失败后稍候重新运行，最多三次；已提交数据的，从其后继续。',
        },
        default: 'NONE',
        values: ['NONE', 'RETRY_TRIPLE'],
        example: 'NONE',
        support: 'honoured',
      },
    ],
  },
  {
    name: 'groupJobConfig',
    options: [
      {
        name: 'groupJobConfig.groupName',
        type: 'string',
        title: { en: 'Group', zh: '作业分组' },
        help: {
          en: 'The group under which the job is listed.',
          zh: '作业所属的分组。',
        },
        default: 'DEFAULT',
        example: 'DEFAULT',
        support: 'honoured',
      },
      {
        name: 'groupJobConfig.groupId',
        type: 'integer',
        title: { en: 'Group number', zh: '分组编号' },
        help: {
          en: 'Number of the group in the system that the job came from; groups go by name here.',
          zh: '作业来源系统中的分组编号；此处按名称分组。',
        },
        default: '1',
        example: '1',
        support: 'ignored',
      },
    ],
  },
  { name: 'partitionConfig', options: [] },
  ownGroup,
];
