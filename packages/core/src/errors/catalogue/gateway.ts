import type { CataloguePart } from '../catalogue-entry.ts';

/** What is refused at the door, before the API itself is reached. */
export const gatewayErrors = {
  'APIGW.0101': {
    status: 404,
    facts: [],
    text: { en: 'No API is published at this path with this method.', zh: '该路径与方法没有对应的 API。' },
    remedy: {
      en: 'Check path, method and the project id in the address against the API description.',
      zh: '请对照 API 说明检查路径、方法以及地址中的项目 ID。',
    },
  },
  'APIGW.0103': {
    status: 404,
    facts: [],
    text: { en: 'The backend of this API does not exist.', zh: '该 API 的后端不存在。' },
    remedy: {
      en: 'Whoever runs the gateway should check where it sends this path.',
      zh: '请网关管理员检查该路径的转发配置。',
    },
  },
  'APIGW.0104': {
    status: 400,
    facts: [],
    text: { en: 'The gateway has no set-up for a plug-in of this API.', zh: '网关缺少该 API 的插件配置。' },
    remedy: {
      en: "Whoever runs the gateway should correct the plug-in's settings.",
      zh: '请网关管理员修正插件配置。',
    },
  },
  'APIGW.0105': {
    status: 400,
    facts: [],
    text: { en: 'The gateway has no set-up for the backend of this API.', zh: '网关缺少该 API 的后端配置。' },
    remedy: {
      en: "Whoever runs the gateway should correct the backend's settings.",
      zh: '请网关管理员修正后端配置。',
    },
  },
  'APIGW.0106': {
    status: 400,
    facts: [],
    text: { en: 'The gateway could not put the parameters together.', zh: '网关未能完成参数编排。' },
    remedy: {
      en: 'Check the parameters of the request against the API description.',
      zh: '请对照 API 说明检查请求参数。',
    },
  },
  'APIGW.0201': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The form of the request is not valid: {cause}.', zh: '请求的格式无效：{cause}。' },
    remedy: {
      en: 'Check address, headers and body against the API description; a body may have 12 MB at most.',
      zh: '请对照 API 说明检查地址、请求头与请求体；请求体最大为 12 MB。',
    },
  },
  'APIGW.0204': {
    status: 400,
    facts: [],
    text: { en: 'The TLS version of the client is not supported.', zh: '不支持客户端使用的 TLS 版本。' },
    remedy: { en: 'Let the client use TLS 1.2 or newer.', zh: '请让客户端使用 TLS 1.2 或更高版本。' },
  },
  'APIGW.0301': {
    status: 401,
    facts: ['cause'],
    text: {
      en: 'Incorrect IAM authentication information: {cause}',
      zh: 'IAM 认证信息不正确（Incorrect IAM authentication information）：{cause}',
    },
    remedy: {
      en: 'Check token or access key, the project they are for, and the clock of the client; sign the request exactly as it is sent.',
      zh: '请检查 Token 或访问密钥及其所属项目，校准客户端时钟，并确保签名内容与实际发送的请求一致。',
    },
  },
  'APIGW.0302': {
    status: 403,
    facts: [],
    text: { en: 'This user may not call the API.', zh: '该用户无权调用此 API。' },
    remedy: {
      en: 'Ask an administrator of the account for access to the API.',
      zh: '请联系账号管理员开通此 API 的访问权限。',
    },
  },
  'APIGW.0303': {
    status: 401,
    facts: [],
    text: { en: "The app's credentials in the request are wrong.", zh: '请求中的 App 认证信息不正确。' },
    remedy: {
      en: 'Check key and secret of the app, and how the request is signed.',
      zh: '请检查 App 的 Key 与 Secret，以及请求的签名方式。',
    },
  },
  'APIGW.0304': {
    status: 403,
    facts: [],
    text: { en: 'This app may not call the API.', zh: '该 App 无权调用此 API。' },
    remedy: { en: 'Have the app bound to the API.', zh: '请将该 App 与 API 绑定。' },
  },
  'APIGW.0305': {
    status: 401,
    facts: ['cause'],
    text: {
      en: 'The credentials in the request are wrong: {cause}.',
      zh: '请求中的认证信息不正确：{cause}。',
    },
    remedy: { en: 'Send the credentials that this API asks for.', zh: '请按此 API 的要求提供认证信息。' },
  },
  'APIGW.0306': {
    status: 403,
    facts: ['cause'],
    text: { en: 'Access to the API is denied: {cause}.', zh: '拒绝访问此 API：{cause}。' },
    remedy: {
      en: 'Ask an administrator of the account which rule denies it.',
      zh: '请联系账号管理员确认拒绝访问的规则。',
    },
  },
  'APIGW.0307': {
    status: 401,
    facts: [],
    text: { en: 'The token is no longer accepted.', zh: 'Token 已失效。' },
    remedy: {
      en: 'Ask for a new token at /v3/auth/tokens and send it in X-Auth-Token.',
      zh: '请通过 /v3/auth/tokens 获取新的 Token，并放入 X-Auth-Token 请求头。',
    },
  },
  'APIGW.0308': {
    status: 429,
    facts: ['limit', 'seconds'],
    text: {
      en: 'More calls came than the limit {limit} allows: try again in {seconds} seconds.',
      zh: '调用次数超过上限 {limit}：请在 {seconds} 秒后重试。',
    },
    remedy: {
      en: 'Wait as long as the header Retry-After says, and ask less often.',
      zh: '请按 Retry-After 请求头等待后重试，并降低调用频率。',
    },
  },
  'APIGW.0310': {
    status: 403,
    facts: ['project', 'cause'],
    text: {
      en: 'The project {project} cannot be used with these credentials: {cause}.',
      zh: '当前凭证无法使用项目 {project}：{cause}。',
    },
    remedy: {
      en: 'Put the id of a project of your own in the address, or get a token for this project.',
      zh: '请在地址中使用您自己的项目 ID，或获取该项目的 Token。',
    },
  },
  'APIGW.0311': {
    status: 401,
    facts: [],
    text: { en: 'The credentials of the debugging call are wrong.', zh: '调试请求的认证信息不正确。' },
    remedy: { en: 'Sign in again and repeat the debugging call.', zh: '请重新登录后再次调试。' },
  },
  'APIGW.0401': {
    status: 403,
    facts: [],
    text: { en: 'The address that the call comes from is not known.', zh: '无法识别调用方的 IP 地址。' },
    remedy: {
      en: "Whoever runs the proxy in front of the service should pass the caller's address on.",
      zh: '请代理管理员正确传递调用方的 IP 地址。',
    },
  },
  'APIGW.0402': {
    status: 403,
    facts: ['address'],
    text: { en: 'Calls from this address {address} are not allowed.', zh: '不允许从该地址 {address} 调用。' },
    remedy: { en: 'Ask whoever runs the service to allow the address.', zh: '请联系服务管理员放通该地址。' },
  },
  'APIGW.0404': {
    status: 403,
    facts: [],
    text: { en: 'The address of the backend may not be used.', zh: '不允许使用该后端地址。' },
    remedy: {
      en: 'Whoever runs the gateway should choose an address that is allowed.',
      zh: '请网关管理员使用允许的后端地址。',
    },
  },
  'APIGW.0501': {
    status: 405,
    facts: [],
    text: { en: 'The app has used up its calls.', zh: 'App 的调用配额已用完。' },
    remedy: {
      en: 'Wait for the next period, or have the quota raised.',
      zh: '请等待下一个周期，或申请提高配额。',
    },
  },
  'APIGW.0502': {
    status: 405,
    facts: [],
    text: { en: 'The app is frozen.', zh: 'App 已被冻结。' },
    remedy: { en: 'Ask an administrator of the account to free it.', zh: '请联系账号管理员解冻。' },
  },
  'APIGW.0601': {
    status: 500,
    facts: [],
    text: { en: 'The gateway met a failure of its own.', zh: '网关内部发生故障。' },
    remedy: {
      en: 'Try again; if it stays, give the request id to whoever runs the service.',
      zh: '请重试；若仍失败，请将请求 ID 提供给服务管理员。',
    },
  },
  'APIGW.0602': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The request cannot be understood: {cause}.', zh: '无法理解该请求：{cause}。' },
    remedy: {
      en: 'Check address, headers and body against the API description.',
      zh: '请对照 API 说明检查地址、请求头与请求体。',
    },
  },
  'APIGW.0605': {
    status: 500,
    facts: [],
    text: { en: 'The name of the backend could not be resolved.', zh: '后端域名解析失败。' },
    remedy: {
      en: 'Whoever runs the gateway should check the name of the backend.',
      zh: '请网关管理员检查后端域名。',
    },
  },
  'APIGW.0606': {
    status: 500,
    facts: [],
    text: { en: 'The set-up of the API could not be loaded.', zh: 'API 配置加载失败。' },
    remedy: {
      en: 'Try again in a minute; if it stays, whoever runs the gateway should check its settings.',
      zh: '请一分钟后重试；若仍失败，请网关管理员检查配置。',
    },
  },
  'APIGW.0607': {
    status: 400,
    facts: ['protocol'],
    text: {
      en: 'This protocol is not supported here: use {protocol}.',
      zh: '此处不支持该协议：请使用 {protocol}。',
    },
    remedy: {
      en: 'Change http to https in the address, or the reverse.',
      zh: '请将地址中的 http 改为 https，或反之。',
    },
  },
  'APIGW.0608': {
    status: 500,
    facts: [],
    text: { en: "The gateway got no administrator's token.", zh: '网关未能获取管理员 Token。' },
    remedy: { en: 'Whoever runs the gateway should check its account.', zh: '请网关管理员检查其账号。' },
  },
  'APIGW.0609': {
    status: 500,
    facts: [],
    text: { en: 'The gateway did not find the backend in its network.', zh: '网关未在网络中找到后端。' },
    remedy: {
      en: 'Whoever runs the gateway should check the network of the backend.',
      zh: '请网关管理员检查后端网络。',
    },
  },
  'APIGW.0610': {
    status: 502,
    facts: [],
    text: { en: 'No backend is available.', zh: '没有可用的后端。' },
    remedy: {
      en: 'Try again in a minute; if it stays, whoever runs the service should check that it is up.',
      zh: '请一分钟后重试；若仍失败，请服务管理员检查服务是否运行。',
    },
  },
  'APIGW.0611': {
    status: 500,
    facts: [],
    text: { en: 'The gateway did not find the port of the backend.', zh: '网关未找到后端端口。' },
    remedy: {
      en: 'Whoever runs the gateway should check the port of the backend.',
      zh: '请网关管理员检查后端端口。',
    },
  },
  'APIGW.0612': {
    status: 500,
    facts: [],
    text: { en: 'An API must not call itself.', zh: 'API 不能调用自身。' },
    remedy: {
      en: 'Whoever runs the gateway should point the API at another backend.',
      zh: '请网关管理员将该 API 指向其他后端。',
    },
  },
  'APIGW.0613': {
    status: 503,
    facts: [],
    text: { en: 'The identity service cannot be reached at present.', zh: '暂时无法访问身份认证服务。' },
    remedy: {
      en: 'Try again in a minute; if it stays, tell whoever runs the service.',
      zh: '请一分钟后重试；若仍失败，请联系服务管理员。',
    },
  },
  'APIGW.0705': {
    status: 500,
    facts: [],
    text: {
      en: 'The gateway could not sign its request to the backend.',
      zh: '网关未能对发往后端的请求签名。',
    },
    remedy: {
      en: 'Whoever runs the gateway should check the signing key.',
      zh: '请网关管理员检查签名密钥。',
    },
  },
  'APIGW.0802': {
    status: 403,
    facts: [],
    text: { en: 'The user is barred in this region.', zh: '该用户在本区域被禁用。' },
    remedy: { en: 'Ask an administrator of the account.', zh: '请联系账号管理员。' },
  },
  'APIGW.1009': {
    status: 400,
    facts: [],
    text: { en: 'The key or the secret of the app is not valid.', zh: 'App 的 Key 或 Secret 无效。' },
    remedy: { en: 'Copy both again from where they were made.', zh: '请从创建处重新复制 Key 与 Secret。' },
  },
} as const satisfies CataloguePart;
