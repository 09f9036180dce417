import type { Language, Text } from '@sluice/core/data/text';
import { Refusal } from '../telemetry/refusal.ts';
import type { Credentials } from './server-call.ts';

/** What `sluice job plan` was asked for. */
export interface PlanCommand {
  readonly job: string;
  readonly server: URL;
  /** Id or name. */
  readonly cluster: string;
  /** Id; null: the only one of the caller's. */
  readonly project: string | null;
  readonly credentials: Credentials;
  readonly variables: Readonly<Record<string, string>>;
  readonly pageNo: number;
  readonly pageSize: number;
  readonly isJson: boolean;
}

interface Flag {
  /** null: it stands alone. */
  readonly placeholder: string | null;
  /** null: only on the command line. */
  readonly environment: string | null;
  readonly help: Text;
}

const flags = {
  cluster: {
    placeholder: '<id|name>',
    environment: 'SLUICE_CLUSTER',
    help: { en: 'Cluster of the job.', zh: '作业所在的集群。' },
  },
  server: {
    placeholder: '<url>',
    environment: 'SLUICE_SERVER',
    help: {
      en: 'Address of the server [default: http://127.0.0.1:8080].',
      zh: '服务地址 [默认: http://127.0.0.1:8080]。',
    },
  },
  project: {
    placeholder: '<id>',
    environment: 'SLUICE_PROJECT',
    help: {
      en: 'Project; not needed where you have only one.',
      zh: '项目 ID；仅有一个项目时无需指定。',
    },
  },
  variable: {
    placeholder: '<name=value>',
    environment: null,
    help: {
      en: 'Value for a variable in the settings of the job; may come several times.',
      zh: '作业参数中变量的取值，可多次给出。',
    },
  },
  page: {
    placeholder: '<n>',
    environment: null,
    help: { en: 'Page of the slices or tables [default: 1].', zh: '分片或表的页码 [默认: 1]。' },
  },
  'page-size': {
    placeholder: '<n>',
    environment: null,
    help: {
      en: 'Slices or tables on a page [default: 20].',
      zh: '每页的分片或表的数量 [默认: 20]。',
    },
  },
  json: {
    placeholder: null,
    environment: null,
    help: { en: 'Print the answer of the API as it is.', zh: '按原样打印 API 的应答。' },
  },
} as const satisfies Readonly<Record<string, Flag>>;

type FlagName = keyof typeof flags;

const defaultServer = 'http://127.0.0.1:8080';
const pageSizeDefault = 20;

/** Secrets of this command: in the environment only. */
const secrets = {
  token: 'SLUICE_TOKEN',
  ak: 'SLUICE_ACCESS_KEY',
  sk: 'SLUICE_SECRET_KEY',
} as const;

/** What the process ends with when the plan says that the job cannot run. */
export const notRunnableExitCode = 3;

const helpTexts = {
  usage: {
    en: 'Usage: sluice job plan <job> --cluster <id|name> [flags]',
    zh: '用法：sluice job plan <作业> --cluster <id|name> [参数]',
  },
  lead: {
    en: 'Says what a run of the job would do: statements, slices, rights, losses. Nothing is written anywhere.',
    zh: '给出作业一次运行将执行的内容：语句、分片、权限与可能的损失。不写入任何数据。',
  },
  secrets: {
    en: `Who you are comes from the environment, for command lines can be read by every user of a machine: ${secrets.token} with a project token, or ${secrets.ak} and ${secrets.sk}.`,
    zh: `身份凭据只取自环境变量（命令行可被本机所有用户看到）：${secrets.token} 为项目令牌，或使用 ${secrets.ak} 与 ${secrets.sk}。`,
  },
  ends: {
    en: `Ends with 0 when nothing speaks against a run, ${notRunnableExitCode} when the plan finds that it would fail, 2 for a wrong command line, 1 when there is no plan.`,
    zh: `退出码：0 表示未发现妨碍运行的问题；${notRunnableExitCode} 表示计划认为运行会失败；2 表示命令行有误；1 表示未得到计划。`,
  },
  language: {
    en: 'Language: en or zh; default: that of the terminal (LANG).',
    zh: '语言：en 或 zh；默认取终端语言（LANG）。',
  },
} as const satisfies Readonly<Record<string, Text>>;

/** The help of the command. @returns text with a line end. */
export function planHelp(language: Language): string {
  const lines = Object.entries(flags as Readonly<Record<string, Flag>>).map(([name, flag]) => {
    const value = flag.placeholder === null ? '' : ` ${flag.placeholder}`;
    const variable = flag.environment === null ? '' : `, ${flag.environment}`;
    return `  --${name}${value}${variable}\n      ${flag.help[language]}`;
  });
  return `${[
    helpTexts.usage[language],
    '',
    helpTexts.lead[language],
    '',
    ...lines,
    `  --lang <en|zh>\n      ${helpTexts.language[language]}`,
    '',
    helpTexts.secrets[language],
    helpTexts.ends[language],
  ].join('\n')}\n`;
}

/**
 * Reads what stands behind `job plan`.
 * @throws Refusal with exit code 2 and one sentence about the first thing that is wrong.
 */
export function parsePlanCommand(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): PlanCommand {
  const given = new Map<FlagName, string>();
  const variables: Record<string, string> = {};
  const jobs: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith('--')) {
      jobs.push(word);
      continue;
    }
    const place = word.indexOf('=');
    const name = (place === -1 ? word : word.slice(0, place)).slice(2);
    const value = (): string => {
      const text = place === -1 ? rest.shift() : word.slice(place + 1);
      if (text !== undefined && text !== '') return text;
      throw wrongUse(`--${name} needs a value.`, `--${name} 需要一个值。`);
    };
    // Was looked at before.
    if (name === 'lang') value();
    else if (name === 'json') given.set(name, 'true');
    else if (name === 'variable') Object.assign(variables, variableOf(value()));
    else if (isFlag(name)) given.set(name, value());
    else throw unknownFlag(name);
  }
  const [job] = jobs;
  if (job === undefined || jobs.length > 1) {
    throw wrongUse(
      'Name one job: sluice job plan <job> --cluster <id|name>.',
      '请给出一个作业名称：sluice job plan <作业> --cluster <id|name>。',
    );
  }
  const setting = (name: FlagName): string | null => {
    const variable = flags[name].environment;
    const own = variable === null ? undefined : environment[variable];
    return given.get(name) ?? (own === undefined || own === '' ? null : own);
  };
  const cluster = setting('cluster');
  if (cluster === null) {
    throw wrongUse(
      'Say which cluster the job is in: --cluster <id|name>.',
      '请指定作业所在的集群：--cluster <id|name>。',
    );
  }
  return {
    job,
    cluster,
    server: serverOf(setting('server') ?? defaultServer),
    project: setting('project'),
    credentials: credentialsOf(environment),
    variables,
    pageNo: wholeNumber('page', given.get('page'), 1),
    pageSize: wholeNumber('page-size', given.get('page-size'), pageSizeDefault),
    isJson: given.has('json'),
  };
}

function isFlag(name: string): name is FlagName {
  return Object.hasOwn(flags, name);
}

function variableOf(text: string): Record<string, string> {
  const place = text.indexOf('=');
  if (place > 0) return { [text.slice(0, place)]: text.slice(place + 1) };
  throw wrongUse(
    `--variable is ${text}, but must be name=value.`,
    `--variable 的值为 ${text}，应为 名称=取值。`,
  );
}

function serverOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain =
    url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (isPlain) return url;
  throw wrongUse(
    '--server must be an address like http://127.0.0.1:8080, without a user.',
    '--server 应为形如 http://127.0.0.1:8080 的地址，且不含用户信息。',
  );
}

function credentialsOf(environment: Readonly<Record<string, string | undefined>>): Credentials {
  const { [secrets.token]: token = '', [secrets.ak]: ak = '', [secrets.sk]: sk = '' } = environment;
  if (token !== '') return { kind: 'token', token };
  if (ak !== '' && sk !== '') return { kind: 'key', ak, sk };
  throw wrongUse(
    `Say who you are in the environment: ${secrets.token}, or ${secrets.ak} and ${secrets.sk}.`,
    `请在环境变量中给出身份凭据：${secrets.token}，或 ${secrets.ak} 与 ${secrets.sk}。`,
  );
}

function wholeNumber(name: string, text: string | undefined, whenAbsent: number): number {
  if (text === undefined) return whenAbsent;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw wrongUse(`--${name} must be a number from 1 on.`, `--${name} 应为不小于 1 的整数。`);
}

function unknownFlag(name: string): Refusal {
  const asSecret = /^(token|ak|sk|access-key|secret-key|password)$/.exec(name);
  if (asSecret === null) {
    return wrongUse(
      `There is no flag --${name}: see \`sluice help job plan\`.`,
      `没有参数 --${name}：请参阅 \`sluice help job plan\`。`,
    );
  }
  return wrongUse(
    `--${name} is no flag, because every user of a machine can read its command lines: set ${secrets.token}, or ${secrets.ak} and ${secrets.sk}.`,
    `不能用参数 --${name} 给出凭据，因为本机所有用户都能看到命令行：请设置 ${secrets.token}，或 ${secrets.ak} 与 ${secrets.sk}。`,
  );
}

function wrongUse(en: string, zh: string): Refusal {
  return new Refusal({ en, zh }, { exitCode: 2 });
}
