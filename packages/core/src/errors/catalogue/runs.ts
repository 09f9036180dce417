import type { CataloguePart } from '../catalogue-entry.ts';

/** What can go wrong while a run moves data. */
export const runsErrors = {
  'Cdm.0023': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Writing to the destination failed: {cause}.', zh: '写入目的端失败：{cause}。' },
    remedy: {
      en: 'Correct what the destination complains of, then start the job again.',
      zh: '请按目的端返回的信息处理后重新启动作业。',
    },
  },
  'Cdm.0025': {
    status: 400,
    facts: ['column'],
    text: {
      en: 'A value is longer than the destination column {column}.',
      zh: '有数据超出目的端字段 {column} 的长度。',
    },
    remedy: {
      en: "Widen the column, or shorten the value in the job's field mapping.",
      zh: '请加长该字段，或在作业的字段映射中截短数据。',
    },
  },
  'Cdm.0026': {
    status: 400,
    facts: ['table'],
    text: {
      en: 'A row has a primary key that the destination table {table} holds already.',
      zh: '目的表 {table} 中已存在相同主键的记录。',
    },
    remedy: {
      en: 'Clear the table before the run, or choose a mode that replaces rows with the same key.',
      zh: '请在运行前清空目的表，或选择遇到主键冲突时覆盖的导入模式。',
    },
  },
  'Cdm.0027': {
    status: 400,
    facts: ['table'],
    text: {
      en: 'The encoding of a text does not fit the destination table {table}.',
      zh: '数据的编码与目的表 {table} 的编码不一致。',
    },
    remedy: {
      en: "Give the table an encoding that holds the text, such as utf8mb4, or set the source's encoding in the job.",
      zh: '请将目的表改为可容纳该数据的编码（如 utf8mb4），或在作业中设置源端编码。',
    },
  },
  'Cdm.0063': {
    status: 400,
    facts: ['table', 'cause'],
    text: {
      en: 'The destination table {table} could not be created: {cause}.',
      zh: '目的表 {table} 创建失败：{cause}。',
    },
    remedy: {
      en: 'Give the user of the link the right to create tables, or create the table by hand.',
      zh: '请为连接的用户授予建表权限，或手工创建该表。',
    },
  },
  'Cdm.0064': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The data has the wrong format: {cause}.', zh: '数据格式不正确：{cause}。' },
    remedy: {
      en: "Check the job's converters and expressions, or separators, quotes and encoding, against the data.",
      zh: '请对照数据检查作业中的转换器和表达式，或分隔符、包围符与编码设置。',
    },
  },
  'Cdm.0230': {
    status: 400,
    facts: ['class', 'cause'],
    text: { en: 'The class {class} could not be loaded: {cause}.', zh: '类 {class} 加载失败：{cause}。' },
    remedy: {
      en: 'Install the extension that contains it, or take it out of the job.',
      zh: '请安装包含该类的扩展，或从作业中去掉它。',
    },
  },
  'Cdm.0231': {
    status: 400,
    facts: ['class', 'cause'],
    text: {
      en: 'The class {class} could not be initialised: {cause}.',
      zh: '类 {class} 初始化失败：{cause}。',
    },
    remedy: {
      en: 'Check the settings of the extension that contains it.',
      zh: '请检查包含该类的扩展的配置。',
    },
  },
  'Cdm.0232': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Writing data failed: {cause}.', zh: '写入数据失败：{cause}。' },
    remedy: {
      en: 'Correct what the destination complains of, then start the job again.',
      zh: '请按目的端返回的信息处理后重新启动作业。',
    },
  },
  'Cdm.0233': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Reading from the source failed: {cause}.', zh: '从源端读取数据失败：{cause}。' },
    remedy: {
      en: 'Check that the source is up and that the user of the link may read the table, then start the job again.',
      zh: '请确认源端运行正常、连接的用户有权读取该表，然后重新启动作业。',
    },
  },
  'Cdm.0234': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Loading into the destination failed: {cause}.', zh: '加载数据到目的端失败：{cause}。' },
    remedy: {
      en: 'Correct what the destination complains of, then start the job again.',
      zh: '请按目的端返回的信息处理后重新启动作业。',
    },
  },
  'Cdm.0235': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The source ran out of data too early: {cause}.', zh: '源端数据提前读尽：{cause}。' },
    remedy: {
      en: 'Make sure that nothing shortens the source during the run, then start the job again.',
      zh: '请确认运行期间源端数据未被删减，然后重新启动作业。',
    },
  },
  'Cdm.0236': {
    status: 400,
    facts: ['cause'],
    text: {
      en: 'Splitting the data gave parts that cannot be used: {cause}.',
      zh: '数据切分得到的分片不可用：{cause}。',
    },
    remedy: {
      en: 'Choose another partition column, or set the number of extractors to 1.',
      zh: '请更换分区字段，或将抽取并发数设为 1。',
    },
  },
  'Cdm.0248': {
    status: 400,
    facts: ['target', 'cause'],
    text: {
      en: 'The destination {target} could not be cleared: {cause}.',
      zh: '目的端 {target} 清空失败：{cause}。',
    },
    remedy: {
      en: 'Give the user of the link the right to delete rows or to truncate, or clear it by hand.',
      zh: '请为连接的用户授予删除或清空数据的权限，或手工清空。',
    },
  },
} as const satisfies CataloguePart;
