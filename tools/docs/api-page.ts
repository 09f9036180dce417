import type { Operation, OperationId, OperationTag } from '@sluice/contract/operation';
import { operations } from '@sluice/contract/operations';
import { type OwnOperationId, ownOperations } from '@sluice/contract/own-operations';
import type { Language, Text } from '@sluice/core/data/text';
import { code, fileText, type Page, pageHead, pagePath, table } from './markdown.ts';

const tags: Readonly<Record<OperationTag, Text>> = {
  clusters: { en: 'Clusters', zh: '集群' },
  catalogue: { en: 'Catalogue', zh: '规格与区域' },
  links: { en: 'Links', zh: '连接' },
  jobs: { en: 'Jobs', zh: '作业' },
  runs: { en: 'Runs, in our own API', zh: '运行（自有 API）' },
  samples: { en: 'SDK samples, in our own API', zh: 'SDK 示例（自有 API）' },
  'link-tools': { en: 'Behind links, in our own API', zh: '连接测试与数据预览（自有 API）' },
  transfer: { en: 'Export and import, in our own API', zh: '导出与导入（自有 API）' },
  'job-groups': { en: 'Jobs and their groups, in our own API', zh: '作业与分组（自有 API）' },
  variables: { en: 'Variables, in our own API', zh: '变量（自有 API）' },
  watermarks: { en: 'Incremental jobs, in our own API', zh: '增量作业（自有 API）' },
  identity: { en: 'Projects, users and roles, in our own API', zh: '项目、用户与角色（自有 API）' },
  audit: { en: 'Audit trail, in our own API', zh: '审计（自有 API）' },
};

const texts = {
  title: { en: 'Operations of the API', zh: 'API 操作一览' },
  notServed: { en: 'not yet', zh: '暂不提供' },
  served: { en: 'yes', zh: '是' },
  access: {
    en: { read: 'any role', operate: 'operator', administer: 'administrator' },
    zh: { read: '任意角色', operate: '操作员', administer: '管理员' },
  },
  head: {
    en: ['operation', 'request', 'served', 'success', 'needs', 'what it does'],
    zh: ['操作', '请求', '是否提供', '成功状态码', '所需权限', '说明'],
  },
} as const;

/** @param served what the application answers itself; the rest says 404 and that this version does not serve it. */
export function apiPage(served: ReadonlySet<OperationId>, language: Language): Page {
  const count = operations.filter(({ operationId }) => served.has(operationId)).length;
  const intro = {
    en: `This version serves ${count} of ${operations.length} operations under \`/v1.1\`. The others are answered with 404, code \`APIGW.0101\`, and their name. A running server describes the ones it serves at \`/openapi.json\`. What the CDM API has no words for is under \`/api/v1\`, described at \`/api/v1/openapi.json\`, for the same callers. Tokens, projects and temporary keys are under \`/v3\`.`,
    zh: `当前版本提供 \`/v1.1\` 下 ${operations.length} 个操作中的 ${count} 个，其余返回 404、错误码 \`APIGW.0101\` 和操作名。运行中的服务在 \`/openapi.json\` 给出所提供操作的描述。CDM API 未涵盖的内容位于 \`/api/v1\` 下，认证方式相同，描述见 \`/api/v1/openapi.json\`。令牌、项目和临时密钥位于 \`/v3\` 下。`,
  };
  const sources = ['packages/contract/src/operations.ts', 'packages/contract/src/own-operations.ts'];
  const lines = [...pageHead(texts.title[language], language, 'api', sources), intro[language]];
  for (const [tag, title] of Object.entries(tags)) {
    const rows = [...operations, ...ownOperations].filter((operation) => operation.tag === tag);
    lines.push('', `## ${title[language]}`, '');
    lines.push(
      ...table(
        texts.head[language],
        rows.map((operation) => row(operation, served, language)),
      ),
    );
  }
  return { path: pagePath('api', language), text: fileText(lines) };
}

function row(
  operation: Operation<OperationId | OwnOperationId>,
  served: ReadonlySet<OperationId>,
  language: Language,
): readonly string[] {
  const isServed =
    ownOperations.some((own) => own === operation) || served.has(operation.operationId as OperationId);
  const member = operation.variant === null ? '' : ` ${code(`{"${operation.variant.bodyMember}": …}`)}`;
  return [
    operation.operationId,
    `${code(`${operation.method} ${operation.path}`)}${member}`,
    texts[isServed ? 'served' : 'notServed'][language],
    String(operation.successStatus),
    texts.access[language][operation.access],
    operation.summary[language],
  ];
}
