import type { CataloguePart } from '../catalogue-entry.ts';

/** HBase and CloudTable. */
export const hbaseErrors = {
  'Cdm.0247': {
    status: 400,
    facts: ['cause'],
    text: { en: 'An operation of HBase failed: {cause}.', zh: 'HBase 操作失败：{cause}。' },
    remedy: {
      en: 'Check the state of the region servers, then start the job again.',
      zh: '请检查 RegionServer 的状态，然后重新启动作业。',
    },
  },
  'Cdm.0251': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Loading into HBase failed: {cause}.', zh: '加载数据到 HBase 失败：{cause}。' },
    remedy: {
      en: 'Check rights and room on HDFS for the bulk load, then start the job again.',
      zh: '请检查批量加载所用 HDFS 的权限与空间，然后重新启动作业。',
    },
  },
  'Cdm.1100': {
    status: 400,
    facts: ['table'],
    text: { en: 'The HBase table {table} does not exist.', zh: 'HBase 表 {table} 不存在。' },
    remedy: {
      en: 'Create the table, or correct its name and namespace in the job.',
      zh: '请创建该表，或修正作业中的表名与命名空间。',
    },
  },
  'Cdm.1101': {
    status: 400,
    facts: ['cause'],
    text: { en: 'HBase cannot be reached: {cause}.', zh: '无法连接到 HBase：{cause}。' },
    remedy: {
      en: 'Check the ZooKeeper addresses of the link, and that the region servers are open to this service.',
      zh: '请检查连接的 ZooKeeper 地址，并确认 RegionServer 对本服务开放。',
    },
  },
  'Cdm.1102': {
    status: 400,
    facts: ['table', 'cause'],
    text: {
      en: 'The HBase table {table} could not be created: {cause}.',
      zh: 'HBase 表 {table} 创建失败：{cause}。',
    },
    remedy: {
      en: 'Give the user of the link the right to create tables, or create it by hand.',
      zh: '请为连接的用户授予建表权限，或手工创建该表。',
    },
  },
  'Cdm.1103': {
    status: 400,
    facts: [],
    text: { en: 'The job sets no row key.', zh: '作业未设置 Rowkey。' },
    remedy: {
      en: 'Choose the fields that make up the row key in the job.',
      zh: '请在作业中选择组成 Rowkey 的字段。',
    },
  },
  'Cdm.1104': {
    status: 400,
    facts: ['table', 'cause'],
    text: {
      en: 'The HBase table {table} could not be opened: {cause}.',
      zh: 'HBase 表 {table} 打开失败：{cause}。',
    },
    remedy: {
      en: 'Check that the table is enabled and that the user of the link may use it.',
      zh: '请确认该表已启用，且连接的用户有权使用。',
    },
  },
  'Cdm.1105': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The HBase job could not be set up: {cause}.', zh: 'HBase 作业初始化失败：{cause}。' },
    remedy: {
      en: "Check the settings of the job's HBase side against the table.",
      zh: '请对照该表检查作业的 HBase 端参数。',
    },
  },
  'Cdm.1111': {
    status: 400,
    facts: [],
    text: { en: 'The job names no HBase table.', zh: '作业未填写 HBase 表名。' },
    remedy: { en: 'Enter the name of the table.', zh: '请填写表名。' },
  },
  'Cdm.1114': {
    status: 400,
    facts: [],
    text: { en: 'The field mapping sets no row key.', zh: '字段映射中未设置 Rowkey。' },
    remedy: { en: 'Map at least one field to the row key.', zh: '请至少将一个字段映射为 Rowkey。' },
  },
  'Cdm.1115': {
    status: 400,
    facts: [],
    text: { en: 'The field mapping has no columns.', zh: '字段映射中没有字段。' },
    remedy: { en: 'Map at least one field besides the row key.', zh: '除 Rowkey 外，请至少映射一个字段。' },
  },
  'Cdm.1116': {
    status: 400,
    facts: ['column'],
    text: {
      en: 'The field mapping names the column {column} twice.',
      zh: '字段映射中的字段 {column} 重复。',
    },
    remedy: { en: 'Keep one of the two entries.', zh: '请只保留其中一项。' },
  },
  'Cdm.1117': {
    status: 400,
    facts: ['table', 'cause'],
    text: {
      en: 'It could not be found out whether the table {table} exists: {cause}.',
      zh: '未能确认表 {table} 是否存在：{cause}。',
    },
    remedy: {
      en: 'Check that HBase is up and that the user of the link may list tables.',
      zh: '请确认 HBase 运行正常，且连接的用户有权查看表列表。',
    },
  },
  'Cdm.1118': {
    status: 400,
    facts: ['table', 'family'],
    text: { en: 'The table {table} has no column family {family}.', zh: '表 {table} 没有列族 {family}。' },
    remedy: {
      en: 'Add the column family to the table, or correct it in the job.',
      zh: '请为该表添加列族，或修正作业中的列族。',
    },
  },
  'Cdm.1120': {
    status: 400,
    facts: ['table'],
    text: { en: 'The destination table {table} holds data.', zh: '目的表 {table} 中已有数据。' },
    remedy: {
      en: 'Clear the table, or have the job clear it or load beside what is there.',
      zh: '请清空该表，或修改作业中导入前清空数据的设置。',
    },
  },
  'Cdm.1121': {
    status: 400,
    facts: ['cause'],
    text: {
      en: 'The connection to HBase could not be closed: {cause}.',
      zh: '关闭 HBase 连接失败：{cause}。',
    },
    remedy: {
      en: 'No step is needed for the data; if it happens often, check the network to HBase.',
      zh: '数据不受影响；若频繁出现，请检查到 HBase 的网络。',
    },
  },
} as const satisfies CataloguePart;
