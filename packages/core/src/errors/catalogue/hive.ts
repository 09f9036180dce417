import type { CataloguePart } from '../catalogue-entry.ts';

/** Hive. */
export const hiveErrors = {
  'Cdm.1000': {
    status: 400,
    facts: ['table'],
    text: { en: 'The Hive table {table} does not exist.', zh: 'Hive 表 {table} 不存在。' },
    remedy: {
      en: 'Check database and table in the job, and that the user of the link may see it.',
      zh: '请检查作业中的数据库名与表名，并确认连接的用户有权查看该表。',
    },
  },
  'Cdm.1010': {
    status: 400,
    facts: ['uri'],
    text: { en: 'The address {uri} is no valid URI.', zh: '地址 {uri} 不是有效的 URI。' },
    remedy: {
      en: 'Leave it empty, or write it like hdfs://example.com:8020/ or file:///tmp.',
      zh: '请留空，或按 hdfs://example.com:8020/、file:///tmp 的形式填写。',
    },
  },
  'Cdm.1011': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Hive cannot be reached: {cause}.', zh: '无法连接到 Hive：{cause}。' },
    remedy: {
      en: 'Check address and sign-in of the link, and that HiveServer2 and the metastore run.',
      zh: '请检查连接的地址与认证信息，并确认 HiveServer2 与 Metastore 正在运行。',
    },
  },
} as const satisfies CataloguePart;
