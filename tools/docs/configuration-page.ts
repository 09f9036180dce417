import { homedir } from 'node:os';
import type { Language, Text } from '@sluice/core/data/text';
import { type Config, type ConfigOption, configOptions } from '@sluice/server/config/options';
import { code, fileText, type Page, pageHead, pagePath, table } from './markdown.ts';

type Name = keyof Config;

/** Defaults that differ from machine to machine, in words. */
const machineDefaults: Readonly<Partial<Record<Name, Text>>> = {
  workersMax: { en: 'number of cores', zh: 'CPU 核数' },
};

/** What the server does not do yet; a test sees to it that nothing else is without effect. */
export const shortcomings: Readonly<Partial<Record<Name, Text>>> = {
  language: {
    en: 'In this version only the greeting at the start follows it; error texts without `X-Language` are English.',
    zh: '当前版本仅影响启动时的提示；请求未带 `X-Language` 时错误信息为英文。',
  },
};

const texts = {
  title: { en: 'Configuration', zh: '配置' },
  intro: {
    en: 'A setting is taken from the first place that has it: the flag of the command line, the variable of the environment, the file `sluice.yaml` in the data folder (or the one that `--config` names), the default. Names in the file are those of the first column. Secrets have no flag, because every user of a machine can read its command lines.',
    zh: '每项设置取自最先给出它的来源：命令行参数、环境变量、数据目录中的 `sluice.yaml`（或 `--config` 指定的文件）、默认值。文件中的名称见第一列。机密没有命令行参数，因为本机所有用户都能看到命令行。',
  },
  print: {
    en: '`npm run sluice -- config print --redacted` shows every setting of a server, its value, and where it came from. A setting that is wrong stops the start with one sentence.',
    zh: '`npm run sluice -- config print --redacted` 显示全部设置、取值及来源。设置有误时，服务不会启动，并给出一句说明。',
  },
  notInFile: { en: ' (not in the file)', zh: '（不能写入文件）' },
  secret: { en: ' Secret.', zh: '机密。' },
  head: {
    en: ['name', 'flag', 'variable', 'value', 'default', 'meaning'],
    zh: ['名称', '命令行参数', '环境变量', '取值', '默认值', '含义'],
  },
} as const;

export function configurationPage(language: Language): Page {
  const sources = ['packages/server/src/config/options.ts'];
  const rows = (Object.keys(configOptions) as Name[]).map((name) => row(name, language));
  const lines = [
    ...pageHead(texts.title[language], language, 'configuration', sources),
    texts.intro[language],
    '',
    texts.print[language],
    '',
    ...table(texts.head[language], rows),
  ];
  return { path: pagePath('configuration', language), text: fileText(lines) };
}

function row(name: Name, language: Language): readonly string[] {
  const option = configOptions[name] as ConfigOption<unknown>;
  return [
    `${code(name)}${name === 'dataFolder' ? texts.notInFile[language] : ''}`,
    option.flag === null ? '-' : code(`--${option.flag}`),
    code(option.environment),
    option.type.expected[language],
    defaultText(name, option, language),
    meaning(name, option, language),
  ];
}

function meaning(name: Name, option: ConfigOption<unknown>, language: Language): string {
  const secret = option.isSecret ? texts.secret[language] : '';
  const gap = shortcomings[name]?.[language];
  return `${option.help[language]}${secret}${gap === undefined ? '' : ` **${gap}**`}`;
}

/** The same text on every machine: the home folder is `~`, and no variable of the environment counts. */
function defaultText(name: Name, option: ConfigOption<unknown>, language: Language): string {
  const words = machineDefaults[name];
  if (words !== undefined) return words[language];
  const value = option.default({ environment: {} });
  if (value === null || value === undefined) return '-';
  const text = option.type.format(value).replace(homedir(), '~');
  return text === '' ? '-' : code(text);
}
