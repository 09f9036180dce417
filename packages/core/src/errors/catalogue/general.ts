import type { CataloguePart } from '../catalogue-entry.ts';

/** Failures that belong to no single subject. */
export const generalErrors = {
  'Cdm.0000': {
    status: 500,
    facts: [],
    text: { en: 'The service met a failure of its own.', zh: '服务内部发生故障。' },
    remedy: {
      en: 'Try again; if it stays, give the request id to whoever runs the service, who finds the cause in its log.',
      zh: '请重试；若仍失败，请将请求 ID 提供给服务管理员，由其在日志中查找原因。',
    },
  },
  'Cdm.0001': {
    status: 404,
    facts: ['name'],
    text: {
      en: 'The object {name} does not exist here, or you may not see it.',
      zh: '对象 {name} 不存在，或您无权查看。',
    },
    remedy: {
      en: 'Check the id in the address, and that it belongs to the project of your credentials.',
      zh: '请检查地址中的 ID，并确认它属于当前凭证所在的项目。',
    },
  },
  'Cdm.0012': {
    status: 400,
    facts: [],
    text: { en: 'There is no driver for this kind of database.', zh: '没有可用于该类数据库的驱动。' },
    remedy: {
      en: "Choose one of the database types that the link's settings list.",
      zh: '请从连接参数列出的数据库类型中选择。',
    },
  },
  'Cdm.0017': {
    status: 400,
    facts: [],
    text: { en: 'A value could not be stored.', zh: '输入的内容未能保存。' },
    remedy: {
      en: 'Send the call again; if it fails again, whoever runs the service should check the disk and the database that hold its data.',
      zh: '请重新提交；若仍失败，请服务管理员检查存放服务数据的磁盘与数据库。',
    },
  },
  'Cdm.0018': {
    status: 400,
    facts: ['name'],
    text: {
      en: 'The content of the link or job document is not valid: look at {name}.',
      zh: '连接或作业的配置内容无效：请检查 {name}。',
    },
    remedy: {
      en: 'Compare the document with the API description at this place and send it again.',
      zh: '请对照 API 说明修改该处内容后重新提交。',
    },
  },
  'Cdm.0032': {
    status: 403,
    facts: ['action'],
    text: {
      en: 'You lack the permission for this operation {action}.',
      zh: '您没有执行操作 {action} 的权限。',
    },
    remedy: {
      en: 'Ask an administrator of the account for a role that allows it.',
      zh: '请联系账号管理员授予允许该操作的角色。',
    },
  },
  'Cdm.0036': {
    status: 500,
    facts: ['cause'],
    text: { en: 'An internal step failed: {cause}.', zh: '内部处理失败：{cause}。' },
    remedy: {
      en: 'Try again; if it stays, give the request id to whoever runs the service.',
      zh: '请重试；若仍失败，请将请求 ID 提供给服务管理员。',
    },
  },
  'Cdm.0307': {
    status: 503,
    facts: ['cause'],
    text: {
      en: 'The service cannot reach its own store at present: {cause}.',
      zh: '服务暂时无法访问自身的存储：{cause}。',
    },
    remedy: {
      en: 'Try again in a minute; if it stays, whoever runs the service should check its store.',
      zh: '请一分钟后重试；若仍失败，请服务管理员检查服务存储的状态。',
    },
  },
  'Cdm.0327': {
    status: 400,
    facts: ['name'],
    text: { en: 'The name {name} is not valid for a link or a job.', zh: '连接或作业名称 {name} 无效。' },
    remedy: {
      en: 'Take 1 to 240 letters, digits, hyphens, underscores and full stops, beginning with a letter, a digit or an underscore.',
      zh: '名称应为 1～240 个字符，由字母、数字、中划线、下划线和点组成，且不能以中划线或点开头。',
    },
  },
  'Cdm.0941': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The server of the link cannot be reached: {cause}.', zh: '无法连接到目标服务器：{cause}。' },
    remedy: {
      en: 'Check host name, address and port, and that security groups and firewalls let this service through.',
      zh: '请检查主机名、IP 地址和端口，并确认安全组与防火墙已放通本服务。',
    },
  },
} as const satisfies CataloguePart;
