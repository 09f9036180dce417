import type { CataloguePart } from '../catalogue-entry.ts';

/** Elasticsearch and CSS. */
export const elasticsearchErrors = {
  'Cdm.1501': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Elasticsearch cannot be reached: {cause}.', zh: '无法连接到 Elasticsearch：{cause}。' },
    remedy: {
      en: 'Check address, user and password of the link, and whether the cluster wants HTTPS.',
      zh: '请检查连接的地址、用户名与密码，以及集群是否要求 HTTPS。',
    },
  },
  'Cdm.1502': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Writing to Elasticsearch failed: {cause}.', zh: '写入 Elasticsearch 失败：{cause}。' },
    remedy: {
      en: 'Check the types in the index against the fields of the job, and that the disks are not full.',
      zh: '请对照索引的字段类型检查作业字段，并确认磁盘未满。',
    },
  },
  'Cdm.1503': {
    status: 400,
    facts: ['cause'],
    text: {
      en: 'The connection to Elasticsearch could not be closed: {cause}.',
      zh: '关闭 Elasticsearch 连接失败：{cause}。',
    },
    remedy: {
      en: 'No step is needed for the data; if it happens often, check the network to Elasticsearch.',
      zh: '数据不受影响；若频繁出现，请检查到 Elasticsearch 的网络。',
    },
  },
  'Cdm.1504': {
    status: 400,
    facts: ['index', 'cause'],
    text: { en: 'The index {index} could not be read: {cause}.', zh: '未能读取索引 {index}：{cause}。' },
    remedy: {
      en: 'Check that it exists and that the user of the link may read it.',
      zh: '请确认该索引存在，且连接的用户有权读取。',
    },
  },
  'Cdm.1505': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The type in the index could not be read: {cause}.', zh: '未能读取索引中的类型：{cause}。' },
    remedy: {
      en: 'Check the type in the job; from version 7 on an index has none.',
      zh: '请检查作业中的类型；自 7 版本起索引不再有类型。',
    },
  },
  'Cdm.1506': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The fields of the index could not be read: {cause}.', zh: '未能读取索引的字段：{cause}。' },
    remedy: {
      en: 'Check that the user of the link may read the mapping of the index.',
      zh: '请确认连接的用户有权读取该索引的映射。',
    },
  },
  'Cdm.1508': {
    status: 400,
    facts: [],
    text: { en: 'The link has no address of Elasticsearch.', zh: '连接未填写 Elasticsearch 地址。' },
    remedy: {
      en: 'Enter the addresses as host:port in the link.',
      zh: '请在连接中按 host:port 的形式填写地址。',
    },
  },
  'Cdm.1510': {
    status: 400,
    facts: [],
    text: { en: 'The job names no index.', zh: '作业未填写索引。' },
    remedy: { en: 'Enter the index in the job.', zh: '请在作业中填写索引名称。' },
  },
  'Cdm.1511': {
    status: 400,
    facts: [],
    text: { en: 'The job names no type.', zh: '作业未填写类型。' },
    remedy: {
      en: 'Enter the type in the job; from version 7 on it is _doc.',
      zh: '请在作业中填写类型；自 7 版本起为 _doc。',
    },
  },
  'Cdm.1513': {
    status: 400,
    facts: [],
    text: { en: 'The fields in columnList have no types.', zh: 'columnList 中的字段没有类型。' },
    remedy: {
      en: 'Write every field of columnList as name:type.',
      zh: '请将 columnList 中的每个字段写成 name:type 的形式。',
    },
  },
  'Cdm.1514': {
    status: 400,
    facts: [],
    text: { en: 'There is no primary key in columnList.', zh: 'columnList 中没有主键。' },
    remedy: {
      en: 'Mark the field that makes up the document id in columnList.',
      zh: '请在 columnList 中标记作为文档 ID 的字段。',
    },
  },
  'Cdm.1516': {
    status: 400,
    facts: ['column'],
    text: { en: 'The column name {column} is not valid.', zh: '字段名 {column} 无效。' },
    remedy: {
      en: 'Correct the name; it must not be empty or begin with an underscore.',
      zh: '请修正字段名；不能为空，也不能以下划线开头。',
    },
  },
  'Cdm.1517': {
    status: 400,
    facts: ['cause'],
    text: {
      en: 'The documents of the index could not be counted: {cause}.',
      zh: '未能统计索引中的文档数：{cause}。',
    },
    remedy: {
      en: 'Check that the user of the link may search the index, or set the number of extractors to 1.',
      zh: '请确认连接的用户有权查询该索引，或将抽取并发数设为 1。',
    },
  },
  'Cdm.1519': {
    status: 400,
    facts: ['cause'],
    text: {
      en: 'Reading from Elasticsearch failed: {cause}.',
      zh: '从 Elasticsearch 读取数据失败：{cause}。',
    },
    remedy: {
      en: 'Check the query of the job and the state of the cluster, then start the job again.',
      zh: '请检查作业的查询条件与集群状态，然后重新启动作业。',
    },
  },
} as const satisfies CataloguePart;
