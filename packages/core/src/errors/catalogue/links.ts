import type { CataloguePart } from '../catalogue-entry.ts';

/** Links to data sources. */
export const linksErrors = {
  'Cdm.0003': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Sign-in by Kerberos failed: {cause}.', zh: 'Kerberos 认证失败：{cause}。' },
    remedy: {
      en: 'Check principal, keytab and realm, and that the clocks of both sides agree.',
      zh: '请检查 principal、keytab 与 realm 的配置，并确认双方时钟一致。',
    },
  },
  'Cdm.0013': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The agent cannot be reached: {cause}.', zh: '无法连接到 Agent：{cause}。' },
    remedy: {
      en: 'Make sure that the agent runs and that its address and port are open to this service.',
      zh: '请确认 Agent 正在运行，且其地址与端口对本服务开放。',
    },
  },
  'Cdm.0019': {
    status: 400,
    facts: ['link'],
    text: { en: 'The link {link} could not be deleted from the store.', zh: '未能从存储中删除连接 {link}。' },
    remedy: {
      en: 'Send the call again; if it fails again, whoever runs the service should check its store.',
      zh: '请重新提交；若仍失败，请服务管理员检查服务存储的状态。',
    },
  },
  'Cdm.0021': {
    status: 400,
    facts: ['server', 'cause'],
    text: {
      en: 'The server {server} cannot be reached: {cause}.',
      zh: '无法连接到服务器 {server}：{cause}。',
    },
    remedy: {
      en: 'Check host name and port of the link, and that security groups and firewalls let this service through.',
      zh: '请检查连接的主机名与端口，并确认安全组与防火墙已放通本服务。',
    },
  },
  'Cdm.0028': {
    status: 400,
    facts: [],
    text: { en: 'The data source refuses the user or the password.', zh: '数据源拒绝该用户名或密码。' },
    remedy: {
      en: 'Enter user name and password of the link again, or have the account unlocked.',
      zh: '请重新填写连接的用户名和密码，或先解锁该账号。',
    },
  },
  'Cdm.0029': {
    status: 400,
    facts: [],
    text: { en: 'The link names no database.', zh: '连接缺少数据库名称。' },
    remedy: { en: 'Enter the name of the database in the link.', zh: '请在连接中填写数据库名称。' },
  },
  'Cdm.0030': {
    status: 400,
    facts: [],
    text: {
      en: 'The data source refuses the user, the password or the name of the database.',
      zh: '数据源拒绝该用户名、密码或数据库名称。',
    },
    remedy: {
      en: 'Check the three values with the administrator of the data source.',
      zh: '请与数据源管理员核对这三项内容。',
    },
  },
  'Cdm.0101': {
    status: 404,
    facts: ['link'],
    text: { en: 'The link {link} does not exist.', zh: '连接 {link} 不存在。' },
    remedy: {
      en: 'List the links of the cluster and use one of their names; upper and lower case count.',
      zh: '请查询集群中的连接列表并使用其中的名称（区分大小写）。',
    },
  },
  'Cdm.0102': {
    status: 400,
    facts: ['connector'],
    text: { en: 'The connector {connector} does not exist.', zh: '连接器 {connector} 不存在。' },
    remedy: {
      en: 'Use a connector name that the documentation lists, such as generic-jdbc-connector.',
      zh: '请使用文档中列出的连接器名称，例如 generic-jdbc-connector。',
    },
  },
  'Cdm.0204': {
    status: 400,
    facts: [],
    text: { en: 'There is no MRS link to use.', zh: '没有可用的 MRS 连接。' },
    remedy: { en: 'Create a link to the MRS cluster first.', zh: '请先创建到 MRS 集群的连接。' },
  },
  'Cdm.0315': {
    status: 400,
    facts: ['link'],
    text: { en: 'The link name {link} is taken already.', zh: '连接名称 {link} 已被使用。' },
    remedy: {
      en: "Choose another name, or change the link that has it; other users' links count too.",
      zh: '请更换名称，或修改已有的同名连接；其他用户创建的连接也计算在内。',
    },
  },
  'Cdm.0316': {
    status: 400,
    facts: ['link'],
    text: { en: 'The link {link} that is to be changed does not exist.', zh: '要修改的连接 {link} 不存在。' },
    remedy: {
      en: 'Create the link first, or correct the name in the address.',
      zh: '请先创建该连接，或修正地址中的名称。',
    },
  },
  'Cdm.0317': {
    status: 400,
    facts: ['link', 'cause'],
    text: { en: 'The link {link} is not valid: {cause}.', zh: '连接 {link} 无效：{cause}。' },
    remedy: {
      en: 'Send exactly one link with a name, a connector and its settings.',
      zh: '请提交且仅提交一个连接，包含名称、连接器及其参数。',
    },
  },
  'Cdm.0321': {
    status: 400,
    facts: ['link'],
    text: { en: 'Jobs still use the link {link}.', zh: '仍有作业在使用连接 {link}。' },
    remedy: {
      en: 'Delete these jobs or give them another link, then delete it.',
      zh: '请先删除这些作业或为其更换连接，再删除该连接。',
    },
  },
  'Cdm.0523': {
    status: 400,
    facts: ['cause'],
    text: {
      en: 'Making the MRS Hive link took too long, for want of a permission: {cause}.',
      zh: '创建 MRS Hive 连接超时，原因可能是缺少权限：{cause}。',
    },
    remedy: {
      en: 'Give the user of the link the rights on HDFS and Hive that the documentation names.',
      zh: '请为连接的用户授予文档要求的 HDFS 与 Hive 权限。',
    },
  },
} as const satisfies CataloguePart;
