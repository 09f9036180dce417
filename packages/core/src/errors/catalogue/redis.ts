import type { CataloguePart } from '../catalogue-entry.ts';

/** Redis and DCS. */
export const redisErrors = {
  'Cdm.1201': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Redis cannot be reached: {cause}.', zh: '无法连接到 Redis：{cause}。' },
    remedy: {
      en: 'Check address, port and password of the link, and whether it is a cluster or a single server.',
      zh: '请检查连接的地址、端口与密码，以及部署方式是单机还是集群。',
    },
  },
  'Cdm.1203': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Reading from Redis failed: {cause}.', zh: '从 Redis 读取数据失败：{cause}。' },
    remedy: {
      en: 'Check that the keys have the kind of value that the job names, then start it again.',
      zh: '请确认键的值类型与作业设置一致，然后重新启动作业。',
    },
  },
  'Cdm.1205': {
    status: 400,
    facts: [],
    text: { en: 'The prefix of the Redis keys is empty.', zh: 'Redis 键前缀为空。' },
    remedy: {
      en: 'Enter the prefix of the keys in the job; a blank in front of it counts as part of it.',
      zh: '请在作业中填写键前缀；前缀前的空格也会计入。',
    },
  },
  'Cdm.1206': {
    status: 400,
    facts: [],
    text: {
      en: 'The kind of Redis value must be string or hash.',
      zh: 'Redis 值类型只能是 string 或 hash。',
    },
    remedy: { en: 'Choose string or hash in the job.', zh: '请在作业中选择 string 或 hash。' },
  },
  'Cdm.1207': {
    status: 400,
    facts: [],
    text: { en: 'Values of kind string need a value separator.', zh: 'string 类型的值需要设置值分隔符。' },
    remedy: { en: 'Enter the separator between the values in the job.', zh: '请在作业中填写值分隔符。' },
  },
  'Cdm.1208': {
    status: 400,
    facts: [],
    text: { en: 'The job gives no columnList for Redis.', zh: '作业未填写 Redis 的 columnList。' },
    remedy: {
      en: 'List the fields in columnList, with & between them.',
      zh: '请在 columnList 中列出字段，以 & 分隔。',
    },
  },
  'Cdm.1209': {
    status: 400,
    facts: [],
    text: { en: 'The separator of the Redis keys is empty.', zh: 'Redis 键分隔符为空。' },
    remedy: {
      en: 'Enter the separator between prefix and key values in the job.',
      zh: '请在作业中填写键分隔符。',
    },
  },
  'Cdm.1210': {
    status: 400,
    facts: [],
    text: { en: 'The job gives no primaryKeyList for Redis.', zh: '作业未填写 Redis 的 primaryKeyList。' },
    remedy: {
      en: 'List the fields that make up the key in primaryKeyList.',
      zh: '请在 primaryKeyList 中列出组成键的字段。',
    },
  },
  'Cdm.1211': {
    status: 400,
    facts: ['column'],
    text: {
      en: 'The column {column} of primaryKeyList is not in columnList.',
      zh: 'primaryKeyList 中的字段 {column} 不在 columnList 中。',
    },
    remedy: {
      en: 'Add it to columnList, or take it out of primaryKeyList.',
      zh: '请将其加入 columnList，或从 primaryKeyList 中去掉。',
    },
  },
  'Cdm.1213': {
    status: 400,
    facts: [],
    text: { en: 'The link has no address of a Redis server.', zh: '连接未填写 Redis 服务器地址。' },
    remedy: {
      en: 'Enter the address as host:port in the link.',
      zh: '请在连接中按 host:port 的形式填写地址。',
    },
  },
} as const satisfies CataloguePart;
