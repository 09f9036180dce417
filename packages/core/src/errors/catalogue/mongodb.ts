import type { CataloguePart } from '../catalogue-entry.ts';

/** MongoDB and DDS. */
export const mongodbErrors = {
  'Cdm.1301': {
    status: 400,
    facts: ['cause'],
    text: { en: 'MongoDB cannot be reached: {cause}.', zh: '无法连接到 MongoDB：{cause}。' },
    remedy: {
      en: 'Check the server list, user and password of the link, and that every member of the set is open to this service.',
      zh: '请检查连接的服务器列表、用户名与密码，并确认各节点均对本服务开放。',
    },
  },
  'Cdm.1302': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Reading from MongoDB failed: {cause}.', zh: '从 MongoDB 读取数据失败：{cause}。' },
    remedy: {
      en: "Check the filter of the job and the rights of the link's user on the collection.",
      zh: '请检查作业的过滤条件，以及连接的用户对该集合的权限。',
    },
  },
  'Cdm.1304': {
    status: 400,
    facts: [],
    text: { en: 'The link names no set of MongoDB servers.', zh: '连接未填写 MongoDB 服务器组。' },
    remedy: { en: 'Enter the servers of the set in the link.', zh: '请在连接中填写服务器组。' },
  },
  'Cdm.1305': {
    status: 400,
    facts: [],
    text: { en: 'The link has no address of a MongoDB server.', zh: '连接未填写 MongoDB 服务器地址。' },
    remedy: {
      en: 'Enter the address as host:port in the link.',
      zh: '请在连接中按 host:port 的形式填写地址。',
    },
  },
  'Cdm.1306': {
    status: 400,
    facts: [],
    text: { en: 'The link has no MongoDB database name.', zh: '连接未填写 MongoDB 数据库名称。' },
    remedy: { en: 'Enter the name of the database in the link.', zh: '请在连接中填写数据库名称。' },
  },
  'Cdm.1307': {
    status: 400,
    facts: [],
    text: { en: 'The link has no serverlist for MongoDB.', zh: '连接未填写 MongoDB 的 serverlist。' },
    remedy: {
      en: 'Enter the servers in linkConfig.serverlist, as host:port with semicolons between them.',
      zh: '请在 linkConfig.serverlist 中按 host:port 填写服务器，以分号分隔。',
    },
  },
} as const satisfies CataloguePart;
