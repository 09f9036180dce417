import type { CataloguePart } from '../catalogue-entry.ts';

/** Users, tokens and access keys. */
export const identityErrors = {
  'IAM.0001': {
    status: 401,
    facts: [],
    text: { en: 'The call needs a valid sign-in.', zh: '该调用需要有效的身份认证。' },
    remedy: {
      en: 'Send a token in X-Auth-Token, or sign the request with an access key.',
      zh: '请在 X-Auth-Token 中携带 Token，或使用访问密钥对请求签名。',
    },
  },
  'IAM.0002': {
    status: 403,
    facts: [],
    text: { en: 'You may not do this.', zh: '您无权执行该操作。' },
    remedy: {
      en: 'Ask an administrator of the account for a role that allows it.',
      zh: '请联系账号管理员授予允许该操作的角色。',
    },
  },
  'IAM.0003': {
    status: 403,
    facts: ['action'],
    text: { en: 'No policy allows you the action {action}.', zh: '没有策略允许您执行操作 {action}。' },
    remedy: {
      en: 'Ask an administrator of the account for a policy that allows it.',
      zh: '请联系账号管理员授予允许该操作的策略。',
    },
  },
  'IAM.0004': {
    status: 404,
    facts: ['target', 'id'],
    text: { en: 'The object {target} {id} was not found.', zh: '未找到对象 {target} {id}。' },
    remedy: {
      en: 'Check the id, and that it belongs to your account.',
      zh: '请检查该 ID，并确认它属于您的账号。',
    },
  },
  'IAM.0005': {
    status: 409,
    facts: ['type', 'detail'],
    text: {
      en: 'An object of this type {type} could not be stored, for another one is in the way: {detail}.',
      zh: '保存该类型 {type} 的对象时发生冲突：{detail}。',
    },
    remedy: {
      en: 'Choose another name, or change the object that has it.',
      zh: '请更换名称，或修改已有的同名对象。',
    },
  },
  'IAM.0006': {
    status: 500,
    facts: [],
    text: { en: 'The identity service met a failure of its own.', zh: '身份认证服务内部发生故障。' },
    remedy: {
      en: 'Try again; if it stays, give the request id to whoever runs the service.',
      zh: '请重试；若仍失败，请将请求 ID 提供给服务管理员。',
    },
  },
  'IAM.0007': {
    status: 400,
    facts: ['name'],
    text: { en: 'The request parameter {name} is not valid.', zh: '请求参数 {name} 无效。' },
    remedy: { en: 'Correct the parameter in the address.', zh: '请修正地址中的该参数。' },
  },
  'IAM.0009': {
    status: 400,
    facts: [],
    text: {
      en: 'The header X-Subject-Token holds no valid token.',
      zh: '请求头 X-Subject-Token 中的 Token 无效。',
    },
    remedy: {
      en: 'Put the token that is to be looked at in X-Subject-Token.',
      zh: '请在 X-Subject-Token 中填写待校验的 Token。',
    },
  },
  'IAM.0011': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The body of the request is not valid: {cause}.', zh: '请求体无效：{cause}。' },
    remedy: { en: 'Send JSON as the API description shows it.', zh: '请按 API 说明发送 JSON。' },
  },
  'IAM.0012': {
    status: 429,
    facts: ['n', 'seconds'],
    text: {
      en: 'Too many sign-in calls came in a short time: {n} in {seconds} seconds.',
      zh: '短时间内认证请求过多：{seconds} 秒内 {n} 次。',
    },
    remedy: {
      en: 'Keep a token until it expires instead of asking for a new one each time.',
      zh: '请在 Token 有效期内重复使用，不要每次调用都重新获取。',
    },
  },
  'IAM.0061': {
    status: 401,
    facts: [],
    text: {
      en: 'The account is locked after too many wrong passwords.',
      zh: '密码错误次数过多，账号已锁定。',
    },
    remedy: {
      en: 'Wait until the lock ends by itself, then sign in with the right password.',
      zh: '请等待锁定自动解除后，使用正确的密码登录。',
    },
  },
  'IAM.0062': {
    status: 401,
    facts: [],
    text: { en: 'The password is wrong.', zh: '密码不正确。' },
    remedy: { en: 'Enter user name and password again.', zh: '请重新输入用户名和密码。' },
  },
  'IAM.0066': {
    status: 401,
    facts: [],
    text: { en: 'The token has expired.', zh: 'Token 已过期。' },
    remedy: { en: 'Ask for a new token at /v3/auth/tokens.', zh: '请通过 /v3/auth/tokens 获取新的 Token。' },
  },
  'IAM.0067': {
    status: 401,
    facts: [],
    text: { en: 'The token is not valid.', zh: 'Token 无效。' },
    remedy: {
      en: 'Send the value of the header X-Subject-Token of the sign-in answer, unchanged.',
      zh: '请原样使用登录响应头 X-Subject-Token 中的值。',
    },
  },
  'IAM.0072': {
    status: 400,
    facts: ['name'],
    text: { en: 'The property {name} is required.', zh: '缺少必需的属性 {name}。' },
    remedy: { en: 'Add the property to the body.', zh: '请在请求体中补充该属性。' },
  },
  'IAM.0073': {
    status: 400,
    facts: ['name'],
    text: { en: 'The value of field {name} is not valid.', zh: '字段 {name} 的值无效。' },
    remedy: { en: 'Correct the value as the API description says.', zh: '请按 API 说明修正取值。' },
  },
  'IAM.0080': {
    status: 403,
    facts: ['user', 'ak'],
    text: {
      en: 'The user {user} of access key {ak} is disabled.',
      zh: '访问密钥 {ak} 所属的用户 {user} 已停用。',
    },
    remedy: {
      en: 'Ask an administrator of the account to enable the user.',
      zh: '请联系账号管理员启用该用户。',
    },
  },
  'IAM.0081': {
    status: 403,
    facts: [],
    text: {
      en: 'This user may use the console only, not the API.',
      zh: '该用户只能使用控制台，不能调用 API。',
    },
    remedy: {
      en: 'Ask an administrator of the account to allow the user programmatic access.',
      zh: '请联系账号管理员为该用户开启编程访问。',
    },
  },
  'IAM.0082': {
    status: 403,
    facts: ['user'],
    text: { en: 'The user {user} is disabled.', zh: '用户 {user} 已停用。' },
    remedy: {
      en: 'Ask an administrator of the account to enable the user.',
      zh: '请联系账号管理员启用该用户。',
    },
  },
  'IAM.1061': {
    status: 400,
    facts: [],
    text: { en: 'The one-time code is wrong.', zh: '动态验证码不正确。' },
    remedy: {
      en: 'Enter the code that the device shows at this moment.',
      zh: '请输入设备当前显示的验证码。',
    },
  },
  'IAM.1101': {
    status: 400,
    facts: [],
    text: { en: 'The body is empty or above 32 KB.', zh: '请求体为空或超过 32 KB。' },
    remedy: { en: 'Send a body as the API description shows it.', zh: '请按 API 说明发送请求体。' },
  },
  'IAM.1102': {
    status: 400,
    facts: ['name'],
    text: { en: 'The member {name} of the body is wrong.', zh: '请求体中的 {name} 不正确。' },
    remedy: { en: 'Correct it as the API description says.', zh: '请按 API 说明修正。' },
  },
  'IAM.1103': {
    status: 400,
    facts: ['name'],
    text: { en: 'The member {name} is missing in the body.', zh: '请求体中缺少 {name}。' },
    remedy: { en: 'Add it to the body.', zh: '请在请求体中补充。' },
  },
  'IAM.1104': {
    status: 400,
    facts: ['ak'],
    text: { en: 'The access key {ak} is blocked.', zh: '访问密钥 {ak} 已被锁定。' },
    remedy: {
      en: 'Wait five minutes after the last failed call, then sign with the right secret key.',
      zh: '请在最后一次失败五分钟后，使用正确的 SK 重新签名。',
    },
  },
  'IAM.1105': {
    status: 400,
    facts: ['ak'],
    text: { en: 'The access key {ak} has expired.', zh: '访问密钥 {ak} 已过期。' },
    remedy: { en: 'Get new temporary keys.', zh: '请重新获取临时访问密钥。' },
  },
  'IAM.1106': {
    status: 400,
    facts: ['ak'],
    text: { en: 'The user of access key {ak} was not found.', zh: '未找到访问密钥 {ak} 所属的用户。' },
    remedy: { en: 'Use an access key of a user that exists.', zh: '请使用有效用户的访问密钥。' },
  },
  'IAM.1107': {
    status: 400,
    facts: ['ak'],
    text: { en: 'The access key {ak} is switched off.', zh: '访问密钥 {ak} 已停用。' },
    remedy: {
      en: 'Ask an administrator of the account to switch it on, or use another one.',
      zh: '请联系账号管理员启用该密钥，或使用其他密钥。',
    },
  },
  'IAM.1108': {
    status: 400,
    facts: [],
    text: { en: 'The security token has expired.', zh: 'SecurityToken 已过期。' },
    remedy: {
      en: 'Get new temporary keys and send their security token in X-Security-Token.',
      zh: '请重新获取临时访问密钥，并在 X-Security-Token 中携带其 SecurityToken。',
    },
  },
  'IAM.1109': {
    status: 400,
    facts: ['project'],
    text: { en: 'The project {project} was not found.', zh: '未找到项目 {project}。' },
    remedy: { en: 'Use the id of a project of your account.', zh: '请使用您账号下的项目 ID。' },
  },
} as const satisfies CataloguePart;
