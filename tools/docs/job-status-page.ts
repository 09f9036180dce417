import type { Language, Text } from '@sluice/core/data/text';
import type { HttpAnswer } from './curl.ts';
import { statusExamples } from './job-status-examples.ts';
import { curlLine, type JobStatusObservations, type Observation } from './job-status-observation.ts';
import { onlySubmission, type Submission } from './job-status-rules.ts';
import { code, fileText, type Page, pageHead, pagePath, table } from './markdown.ts';

const sources = ['tools/docs/job-status-examples.ts', 'tools/docs/job-status-page.ts'];

const texts = {
  title: { en: 'Job status', zh: '作业状态' },
  intro: {
    en: 'What `GET /v1.1/{project_id}/clusters/{cluster_id}/cdm/job/{job_name}/status` answers in each of its seven states. A test starts a real server and a real PostgreSQL, brings jobs into these states and asks with curl; the answers below are what came back. Only what differs from run to run was replaced: numbers, dates and the name of the database.',
    zh: '`GET /v1.1/{project_id}/clusters/{cluster_id}/cdm/job/{job_name}/status` 在七种状态下的应答。测试会启动真实的服务和真实的 PostgreSQL，使作业进入各状态，再用 curl 查询；以下即实际应答，仅替换了每次运行都不同的内容：编号、时间和数据库名。',
  },
  stopped: { en: ' (stopped)', zh: '（被停止）' },
  rulesTitle: { en: 'What holds in every state', zh: '各状态通用的规则' },
  answersTitle: { en: 'The answers', zh: '完整应答' },
  yes: { en: 'yes', zh: '有' },
  no: { en: '-', zh: '-' },
  variables: {
    en: '`ENDPOINT` is the address of the server, `TOKEN` the header `X-Subject-Token` of `POST /v3/auth/tokens`, `PROJECT_ID` and `CLUSTER_ID` are as the API gives them. [The first job](../guides/first-job.md) shows each of them.',
    zh: '`ENDPOINT` 为服务地址，`TOKEN` 为 `POST /v3/auth/tokens` 应答头 `X-Subject-Token` 的值，`PROJECT_ID` 和 `CLUSTER_ID` 由 API 返回。获取方法见[第一个作业](../guides/first-job.zh-CN.md)。',
  },
} as const satisfies Readonly<Record<string, Text>>;

const heads: { readonly [L in Language]: readonly string[] } = {
  en: ['state', 'HTTP', 'progress', 'counters', 'error texts', 'how it was brought about'],
  zh: ['状态', 'HTTP', '进度', '计数器', '错误信息', '触发方式'],
};

const rules: { readonly [L in Language]: readonly string[] } = {
  en: [
    'The answer holds one run: the latest. A job that never ran has a run with number 0 and the dates of the job.',
    'Eighteen members are always there. `counters` comes with SUCCEEDED only, `error-summary` and `error-details` with FAILED only.',
    '`progress` is -1 after FAILED and FAILURE_ON_SUBMIT, 100 after SUCCEEDED, else from 0 to 100.',
    'A queued run is BOOTING. PENDING is never sent.',
    '`last-update-user` and `last-udpate-user` have the same value: clients of either spelling are in use.',
    'A counter of -1 does not apply: a job between tables counts rows, not files and bytes.',
    'Dates are milliseconds since 1970. `isStopingIncrement` is a text and always empty.',
    'Error texts follow the header `X-Language` of the request: `en-us` or `zh-cn`.',
    'A job that does not exist is answered with 400 and `Cdm.0100`.',
  ],
  zh: [
    '应答中只有一次运行，即最近一次。从未运行过的作业，其运行编号为 0，时间取自作业本身。',
    '十八个成员始终存在。`counters` 只在 SUCCEEDED 时返回，`error-summary` 和 `error-details` 只在 FAILED 时返回。',
    '`progress`：FAILED 和 FAILURE_ON_SUBMIT 为 -1，SUCCEEDED 为 100，其余在 0 到 100 之间。',
    '排队中的运行为 BOOTING，从不返回 PENDING。',
    '`last-update-user` 与 `last-udpate-user` 取值相同：两种拼写都有客户端在用。',
    '计数器为 -1 表示不适用：表到表的作业统计行数，不统计文件和字节。',
    '时间为 1970 年以来的毫秒数。`isStopingIncrement` 为文本，始终为空。',
    '错误信息的语言取决于请求头 `X-Language`：`en-us` 或 `zh-cn`。',
    '作业不存在时返回 400 和 `Cdm.0100`。',
  ],
};

/** The page from what was observed. The same observations of another run give the same text. */
export function jobStatusPage(seen: JobStatusObservations, language: Language): Page {
  const shown = seen.observations.map((observation) => ({
    ...observation,
    answer: withoutVolatile(observation.answer, seen.volatile),
  }));
  const lines = [
    ...pageHead(texts.title[language], language, 'job-status', sources),
    texts.intro[language],
    '',
    ...table(
      heads[language],
      shown.map((observation) => summaryRow(observation, language)),
    ),
    '',
    `## ${texts.rulesTitle[language]}`,
    '',
    ...rules[language].map((rule) => `- ${rule}`),
    '',
    `## ${texts.answersTitle[language]}`,
    '',
    texts.variables[language],
    ...shown.flatMap((observation) => section(observation, language)),
  ];
  return { path: pagePath('job-status', language), text: fileText(lines) };
}

function titleOf({ id }: Observation, language: Language): string {
  const { status } = statusExamples[id];
  return id === 'stopped' ? `${status}${texts.stopped[language]}` : status;
}

function summaryRow(observation: Observation, language: Language): readonly string[] {
  const run = onlySubmission(observation.answer.body) ?? {};
  const summary = run['error-summary'];
  return [
    titleOf(observation, language),
    String(observation.answer.httpStatus),
    String(run.progress),
    texts['counters' in run ? 'yes' : 'no'][language],
    typeof summary === 'string' ? code(summary) : texts.no[language],
    statusExamples[observation.id].how[language],
  ];
}

function section(observation: Observation, language: Language): readonly string[] {
  const { job, how } = statusExamples[observation.id];
  return [
    '',
    `### ${titleOf(observation, language)}`,
    '',
    how[language],
    '',
    '```console',
    `$ ${curlLine(job)}`,
    '```',
    '```json',
    ...JSON.stringify(observation.answer.body, null, 2).split('\n'),
    '```',
  ];
}

/** What differs from run to run: numbers and dates, each with what is shown for it once it is set. */
const shownValues: Readonly<Record<string, unknown>> = {
  'submission-id': 7,
  'creation-date': 1_767_225_600_000,
  'execute-date': 1_767_225_600_020,
  'last-update-date': 1_767_225_603_500,
  'external-id': 'job_local1127970451_0007',
};
const dates = ['creation-date', 'execute-date', 'last-update-date'];

function withoutVolatile(answer: HttpAnswer, volatile: ReadonlyMap<string, string>): HttpAnswer {
  let text = JSON.stringify(answer.body);
  for (const [given, shown] of volatile) text = text.replaceAll(given, shown);
  const body: unknown = JSON.parse(text);
  const run = onlySubmission(body);
  return run === null ? answer : { ...answer, body: { submissions: [withShownValues(run)] } };
}

function withShownValues(run: Submission): Submission {
  const hasRun = run['submission-id'] !== 0;
  return Object.fromEntries(
    Object.entries(run).map(([name, value]) => {
      // Before the first run all three dates are the job's own, and have one value here too.
      if (dates.includes(name)) return [name, hasRun ? shownValues[name] : shownValues['creation-date']];
      const isSet = value !== '' && value !== 0;
      return [name, name in shownValues && isSet ? shownValues[name] : value];
    }),
  );
}
