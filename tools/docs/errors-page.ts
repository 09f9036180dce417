import type { Language, Text } from '@sluice/core/data/text';
import { catalogueParts } from '@sluice/core/errors/catalogue';
import type { CataloguePart } from '@sluice/core/errors/catalogue-entry';
import type { ErrorCode } from '@sluice/core/errors/codes';
import { unraisedCodes } from '@sluice/core/errors/unraised';
import { code, fileText, type Page, pageHead, pagePath, table } from './markdown.ts';

const titles: { readonly [K in keyof typeof catalogueParts]: Text } = {
  general: { en: 'General', zh: '通用' },
  parameters: { en: 'Parameters', zh: '参数' },
  links: { en: 'Links', zh: '连接' },
  jobs: { en: 'Jobs', zh: '作业' },
  runs: { en: 'Runs', zh: '运行' },
  files: { en: 'Files and object storage', zh: '文件与对象存储' },
  databases: { en: 'Databases', zh: '数据库' },
  hive: { en: 'Hive', zh: 'Hive' },
  hbase: { en: 'HBase', zh: 'HBase' },
  redis: { en: 'Redis', zh: 'Redis' },
  mongodb: { en: 'MongoDB', zh: 'MongoDB' },
  elasticsearch: { en: 'Elasticsearch', zh: 'Elasticsearch' },
  kafka: { en: 'Kafka', zh: 'Kafka' },
  cluster: { en: 'Clusters', zh: '集群' },
  gateway: { en: 'Gateway', zh: '网关' },
  identity: { en: 'Identity', zh: '身份认证' },
};

const texts = {
  title: { en: 'Error codes', zh: '错误码' },
  intro: {
    en: 'A refused request under `/v1.1` has a JSON body with the code as `errCode` and the sentence as `externalMessage`; older and newer clients find both under `error_code`, `error_msg`, `code` and `message` too. The status of a FAILED run gives the code in front of `error-summary`. Words in braces are filled in where they are known. The status is the usual one; an operation may answer with another where clients expect it.',
    zh: '`/v1.1` 下的请求被拒绝时，JSON 应答体以 `errCode` 给出错误码，以 `externalMessage` 给出说明；为兼容各类客户端，`error_code`、`error_msg`、`code`、`message` 的取值与之相同。运行失败（FAILED）时，错误码位于 `error-summary` 的开头。花括号中的内容在已知时填入。状态码为一般情况；客户端另有约定的操作可能返回其他状态码。',
  },
  unbuilt: {
    en: 'Some codes are never raised by this version; the last column says why. A code keeps its meaning, so they are listed already.',
    zh: '部分错误码当前版本不会产生，原因见最后一列。错误码含义固定不变，故一并列出。',
  },
  head: {
    en: ['code', 'status', 'meaning', 'what to do', 'raised here'],
    zh: ['错误码', '状态码', '含义', '处理方法', '是否产生'],
  },
  raised: { en: 'yes', zh: '是' },
  unraised: { en: 'no: ', zh: '否：' },
} as const;

export function errorsPage(language: Language): Page {
  const sources = ['packages/core/src/errors/catalogue.ts', 'packages/core/src/errors/unraised.ts'];
  const lines = [
    ...pageHead(texts.title[language], language, 'errors', sources),
    texts.intro[language],
    '',
    texts.unbuilt[language],
  ];
  for (const [name, part] of Object.entries(catalogueParts) as [keyof typeof titles, CataloguePart][]) {
    const rows = Object.entries(part).map(([errorCode, { status, text, remedy }]) => [
      code(errorCode),
      String(status),
      text[language],
      remedy[language],
      raisedText(errorCode as ErrorCode, language),
    ]);
    lines.push('', `## ${titles[name][language]}`, '', ...table(texts.head[language], rows));
  }
  return { path: pagePath('errors', language), text: fileText(lines) };
}

function raisedText(errorCode: ErrorCode, language: Language): string {
  const why = unraisedCodes[errorCode];
  return why === undefined ? texts.raised[language] : `${texts.unraised[language]}${why[language]}`;
}
