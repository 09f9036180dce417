import type { Language, Text } from '@sluice/core/data/text';
import { Refusal } from '../telemetry/refusal.ts';
import { type Config, type ConfigOption, configOptions } from './options.ts';

/** What can be asked of the program. */
export const commands = {
  up: { en: 'Start the server.', zh: '启动服务。' },
  'config print': {
    en: 'Print every setting and where it comes from; secrets are masked.',
    zh: '打印全部设置及其来源；机密以掩码显示。',
  },
  'keys list': { en: 'Print the ids of the master keys.', zh: '打印主密钥的编号。' },
  'keys rotate': {
    en: 'Seal all secrets under a new master key; the server must be stopped.',
    zh: '用新的主密钥重新加密全部机密；须先停止服务。',
  },
  'job plan': {
    en: 'Ask a server what a run of a job would do; nothing is written.',
    zh: '向服务查询作业一次运行将执行的内容，不写入任何数据。',
  },
  version: { en: 'Print the version.', zh: '打印版本。' },
  help: { en: 'Print this help; `help up` lists the settings.', zh: '打印本帮助；`help up` 列出全部设置。' },
} as const satisfies Record<string, Text>;

export type Command = keyof typeof commands;

export interface CommandLine {
  readonly command: Command;
  /** Only with `help`: the command it is asked about. */
  readonly topic: Command | null;
  /** Flags of settings, without dashes. */
  readonly flags: ReadonlyMap<string, string>;
  /** `--config` */
  readonly file: string | null;
  readonly language: Language;
}

const options = Object.values(configOptions) as readonly ConfigOption<unknown>[];
const optionNames = Object.keys(configOptions) as readonly (keyof Config)[];

/**
 * Reads a command line: a command's words, then flags in any order as `--name value` or `--name=value`.
 * @param words without the program's name.
 * @throws Refusal with exit code 2 and one sentence about the first thing that is wrong.
 */
export function parseCommandLine(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const commandWords: string[] = [];
  const flags = new Map<string, string>();
  let file: string | null = null;
  let language = languageOf(words, environment);
  let wantsHelp = false;
  let wantsVersion = false;

  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith('-')) {
      commandWords.push(word);
      continue;
    }
    const [name, attached] = splitFlag(word);
    const value = (): string => {
      const given = attached ?? rest.shift();
      if (given === undefined || given === '') throw missingValue(name);
      return given;
    };
    if (name === '--help' || name === '-h') wantsHelp = true;
    else if (name === '--version' || name === '-v') wantsVersion = true;
    else if (name === '--config') file = value();
    else if (name === '--lang') language = parseLanguage(value());
    else if (name === '--redacted' && commandWords.join(' ') === 'config print') continue;
    else {
      const option = options.find(({ flag }) => flag !== null && `--${flag}` === name);
      if (option === undefined) throw unknownFlag(name);
      if (option.flag !== null)
        flags.set(option.flag, (attached === undefined ? flagValue(option, rest) : undefined) ?? value());
    }
  }
  const given = commandWords.join(' ');
  if (wantsVersion && given === '') return { command: 'version', topic: null, flags, file, language };
  if (given === '' || given === 'help') return { command: 'help', topic: null, flags, file, language };
  const topic = parseCommand(given.startsWith('help ') ? given.slice('help '.length) : given);
  if (wantsHelp || given.startsWith('help ')) return { command: 'help', topic, flags, file, language };
  return { command: topic, topic: null, flags, file, language };
}

/**
 * The language to speak, also about a command line that is wrong elsewhere: `--lang`, else that of the terminal as POSIX
 * has it, the first of its three variables that is set.
 */
export function languageOf(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Language {
  const place = words.findLastIndex((word) => word === '--lang' || word.startsWith('--lang='));
  const asked = words[place] === '--lang' ? words[place + 1] : words[place]?.slice('--lang='.length);
  if (asked === 'en' || asked === 'zh') return asked;
  const locale = environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || '';
  return /^zh/i.test(locale) ? 'zh' : 'en';
}

function splitFlag(word: string): readonly [string, string | undefined] {
  const place = word.indexOf('=');
  return place === -1 ? [word, undefined] : [word.slice(0, place), word.slice(place + 1)];
}

/** A flag that is on or off may stand alone, which means on. */
function flagValue(option: ConfigOption<unknown>, rest: string[]): string | undefined {
  if (option.type.placeholder !== '<on|off>') return undefined;
  const next = rest[0];
  if (next === undefined || option.type.parse(next) === undefined) return 'on';
  rest.shift();
  return next;
}

function parseLanguage(given: string): Language {
  if (given === 'en' || given === 'zh') return given;
  throw wrongUse(`--lang is ${given}, but must be en or zh.`, `--lang 的值为 ${given}，应为 en 或 zh。`);
}

function parseCommand(given: string): Command {
  const command = (Object.keys(commands) as readonly Command[]).find((known) => known === given);
  if (command === undefined) {
    throw wrongUse(
      `There is no command ${given}: see \`sluice help\`.`,
      `没有命令 ${given}：请参阅 \`sluice help\`。`,
    );
  }
  return command;
}

function unknownFlag(name: string): Refusal {
  const asFlag = name.replace(/^--?/, '').replaceAll('-', '').toLowerCase();
  const secret = optionNames.find(
    (option) => configOptions[option].isSecret && option.toLowerCase() === asFlag,
  );
  if (secret === undefined) {
    return wrongUse(
      `There is no flag ${name}: see \`sluice help up\`.`,
      `没有参数 ${name}：请参阅 \`sluice help up\`。`,
    );
  }
  const variable = configOptions[secret].environment;
  return wrongUse(
    `${secret} is a secret and cannot be a flag, because every user of a machine can read its command lines: set ${variable} or put it into the configuration file.`,
    `${secret} 是机密，不能用参数给出，因为本机所有用户都能看到命令行：请设置 ${variable} 或写入配置文件。`,
  );
}

function missingValue(name: string): Refusal {
  return wrongUse(`${name} needs a value.`, `${name} 需要一个值。`);
}

function wrongUse(en: string, zh: string): Refusal {
  return new Refusal({ en, zh }, { exitCode: 2 });
}
