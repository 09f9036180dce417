import type { Language, Text } from '@sluice/core/data/text';
import { type Command, commands } from './command-line.ts';
import { type Config, type ConfigOption, configOptions } from './options.ts';
import { configFileName } from './resolve-config.ts';

const takesSettings: readonly Command[] = ['up', 'config print', 'keys list', 'keys rotate'];

const usage: Text = { en: 'Usage', zh: '用法' };
const commandsTitle: Text = { en: 'Commands', zh: '命令' };
const settingsTitle: Text = {
  en: `Settings: a flag wins over its variable, that over the file (--config <path>, else ${configFileName} in the data folder)`,
  zh: `设置：参数优先于环境变量，环境变量优先于配置文件（--config <path>，默认为数据目录中的 ${configFileName}）`,
};
const defaultWord: Text = { en: 'default', zh: '默认' };
const inFile: Text = { en: 'in the file', zh: '文件中为' };
const languageFlag: Text = {
  en: 'Language of this program: en or zh; default: that of the terminal (LANG).',
  zh: '本程序的语言：en 或 zh；默认取终端语言（LANG）。',
};
const flagsWord: Text = { en: '[flags]', zh: '[参数]' };

/** The program's help, or that of one command. @returns text with a line end. */
export function helpText(
  topic: Command | null,
  language: Language,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (topic === null) return overview(language);
  const head = [
    `${usage[language]}: sluice ${topic}${takesSettings.includes(topic) ? ` ${flagsWord[language]}` : ''}`,
    '',
    commands[topic][language],
  ];
  const settings = takesSettings.includes(topic) ? ['', ...settingsHelp(language, environment)] : [];
  return `${[...head, ...settings].join('\n')}\n`;
}

function overview(language: Language): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, help]) => `  ${name.padEnd(width)}  ${help[language]}`);
  return [
    `${usage[language]}: sluice <command> ${flagsWord[language]}`,
    '',
    `${commandsTitle[language]}:`,
    ...lines,
    '',
    `  --lang <en|zh>  ${languageFlag[language]}`,
    '',
  ].join('\n');
}

function settingsHelp(
  language: Language,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const lines = [`${settingsTitle[language]}:`];
  for (const name of Object.keys(configOptions) as (keyof Config)[]) {
    const option = configOptions[name] as ConfigOption<unknown>;
    const flag = option.flag === null ? '' : `--${option.flag} ${option.type.placeholder}, `;
    const file = name === 'dataFolder' ? '' : `, ${inFile[language]} ${name}`;
    const value = option.default({ environment });
    const shown = value === null || value === undefined ? '' : option.type.format(value);
    lines.push(
      '',
      `  ${flag}${option.environment}${file}`,
      `      ${option.help[language]}${shown === '' ? '' : ` [${defaultWord[language]}: ${shown}]`}`,
    );
  }
  return lines;
}
