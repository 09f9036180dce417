import { bundle } from '@sluice/connectors/bundle';
import { type CompatTotals, type Treatment, treatments } from '@sluice/contract/compat/compat-views';
import { buildCompatibility } from '@sluice/contract/compat/compatibility';
import type { OperationId } from '@sluice/contract/operation';
import type { Language, Text } from '@sluice/core/data/text';
import { driverGroups } from '@sluice/server/jobs/driver-options';
import { code, fileText, type Page, pageHead, pagePath, table } from './markdown.ts';

const words: Readonly<Record<Treatment, Text>> = {
  honoured: { en: 'honoured', zh: '支持' },
  ignored: { en: 'ignored', zh: '接受但忽略' },
  refused: { en: 'refused', zh: '拒绝' },
};

const texts = {
  title: { en: 'Compatibility with the CDM API v1.1', zh: '与 CDM API v1.1 的兼容性' },
  intro: {
    en: 'Every operation, member, parameter, setting and error code of the published reference, and what this version makes of it. Nothing here is written by hand: operations and members come from a scenario that calls all operations with complete bodies and watches what is read and what is answered, settings from the option tables that validate them, codes from the sources that raise them. A running server serves the whole list as JSON at `/api/v1/compat`; `npm run prove -- compat` computes it anew and compares.',
    zh: '公开参考中的每个操作、成员、参数、配置项和错误码，以及当前版本的处理方式。本页没有手写内容：操作与成员来自一个以完整请求体调用全部操作、并观察读取与应答的场景；配置项来自校验所用的参数表；错误码来自抛出它们的源码。运行中的服务在 `/api/v1/compat` 以 JSON 提供完整列表；`npm run prove -- compat` 会重新计算并比对。',
  },
  meaning: {
    honoured: {
      en: '**honoured**: acted on; a member of an answer: given; a code: raised.',
      zh: '**支持**：按其含义执行；应答成员：会返回；错误码：会产生。',
    },
    ignored: {
      en: '**ignored**: accepted and without effect.',
      zh: '**接受但忽略**：接受，但不产生作用。',
    },
    refused: {
      en: '**refused**: not there. A request for it is refused with a code that says so; an answer never has the member; the code is never raised.',
      zh: '**拒绝**：不提供。请求会被拒绝并给出错误码；应答中没有该成员；错误码不会产生。',
    },
  },
  totals: { en: 'Totals', zh: '合计' },
  kind: { en: 'kind', zh: '类别' },
  total: { en: 'total', zh: '总数' },
  kinds: {
    operations: { en: 'operations', zh: '操作' },
    request_members: { en: 'members of requests', zh: '请求成员' },
    answer_members: { en: 'members of answers', zh: '应答成员' },
    parameters: { en: 'parameters of operations', zh: '操作参数' },
    options: { en: 'settings of links and jobs', zh: '连接与作业的配置项' },
    errors: { en: 'error codes', zh: '错误码' },
    all: { en: 'all', zh: '全部' },
  },
  operations: { en: 'Operations', zh: '操作' },
  requests: { en: 'Members of requests that are not honoured', zh: '未支持的请求成员' },
  answers: { en: 'Members of answers that are never given', zh: '不会返回的应答成员' },
  parameters: { en: 'Parameters of operations that are not honoured', zh: '未支持的操作参数' },
  options: { en: 'Settings of links and jobs', zh: '连接与作业的配置项' },
  rest: { en: 'Settings that are not honoured', zh: '未支持的配置项' },
  noConnector: {
    en: 'Settings of connectors that this version has not are refused with the connector (Cdm.0102) and not listed one by one.',
    zh: '当前版本没有的连接器，其配置项随连接器一并拒绝（Cdm.0102），不逐一列出。',
  },
  errors: { en: 'Error codes that are never raised', zh: '不会产生的错误码' },
  none: { en: 'None.', zh: '无。' },
  connector: { en: 'connector', zh: '连接器' },
  everyJob: { en: '(every job)', zh: '（所有作业）' },
  name: { en: 'name', zh: '名称' },
  treatment: { en: 'treatment', zh: '处理' },
  why: { en: 'why', zh: '原因' },
} as const;

/** @param served what the application answers itself. */
export function compatibilityPage(served: ReadonlySet<OperationId>, language: Language): Page {
  const isServed = (operationId: OperationId) => served.has(operationId);
  const report = buildCompatibility({ version: '', isServed, connectors: bundle, driverGroups }, language);
  const word = (treatment: Treatment) => words[treatment][language];
  const head = (...names: ('name' | 'connector' | 'treatment' | 'why')[]) =>
    names.map((name) => texts[name][language]);
  const totals = (label: string, sums: CompatTotals) => [
    label,
    ...treatments.map((treatment) => String(sums[treatment])),
    String(sums.total),
  ];
  const numbersHead = (first: string) => [first, ...treatments.map(word), texts.total[language]];
  const listed = (title: Text, headings: readonly string[], rows: readonly (readonly string[])[]) => [
    '',
    `## ${title[language]}`,
    '',
    ...(rows.length === 0 ? [texts.none[language]] : table(headings, rows)),
  ];
  const rest = <Row extends { readonly treatment: Treatment }>(rows: readonly Row[]) =>
    rows.filter(({ treatment }) => treatment !== 'honoured');
  const known = new Set(bundle.map(({ name }) => name));
  const connectorLabel = (name: string | null) => (name === null ? texts.everyJob[language] : code(name));
  const sources = [
    'packages/contract/src/compat/compatibility.ts',
    'tools/docs/compat-observation.ts',
    'packages/core/src/errors/unraised.ts',
  ];
  const lines = [
    ...pageHead(texts.title[language], language, 'compatibility', sources),
    texts.intro[language],
    '',
    ...treatments.map((treatment) => `- ${texts.meaning[treatment][language]}`),
    '',
    `## ${texts.totals[language]}`,
    '',
    ...table(
      numbersHead(texts.kind[language]),
      Object.entries(texts.kinds).map(([kind, label]) =>
        totals(label[language], report.totals[kind as keyof typeof texts.kinds]),
      ),
    ),
    ...listed(
      texts.operations,
      head('name', 'treatment', 'why'),
      report.operations.map((row) => [row.operation_id, word(row.treatment), row.why ?? '']),
    ),
    ...listed(
      texts.parameters,
      head('name', 'treatment', 'why'),
      rest(report.parameters).map((row) => [
        `${row.operation_id} ${code(row.name)}`,
        word(row.treatment),
        row.why ?? '',
      ]),
    ),
    ...listed(
      texts.requests,
      head('name', 'treatment', 'why'),
      rest(report.request_members).map((row) => [code(row.name), word(row.treatment), row.why ?? '']),
    ),
    ...listed(
      texts.answers,
      head('name', 'why'),
      rest(report.answer_members).map((row) => [code(row.name), row.why ?? '']),
    ),
    ...listed(
      texts.options,
      numbersHead(texts.connector[language]),
      [...new Set(report.options.map(({ connector }) => connector))].map((connector) => {
        const rows = report.options.filter((row) => row.connector === connector);
        const count = (treatment: Treatment) =>
          String(rows.filter((row) => row.treatment === treatment).length);
        return [connectorLabel(connector), ...treatments.map(count), String(rows.length)];
      }),
    ),
    ...listed(
      texts.rest,
      head('connector', 'name', 'treatment', 'why'),
      rest(report.options)
        .filter(({ connector }) => connector === null || known.has(connector))
        .map((row) => [connectorLabel(row.connector), code(row.name), word(row.treatment), row.why ?? '']),
    ),
    '',
    texts.noConnector[language],
    ...listed(
      texts.errors,
      head('name', 'why'),
      rest(report.errors).map((row) => [code(row.code), row.why ?? '']),
    ),
  ];
  return { path: pagePath('compatibility', language), text: fileText(lines) };
}
