import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Text } from '@sluice/core/data/text';
import { parseDocument } from 'yaml';
import { messageOf, Refusal } from '../telemetry/refusal.ts';
import { Secret } from '../telemetry/secret.ts';
import { type Config, type ConfigOption, configOptions, type Surroundings } from './options.ts';

/** Looked for in the data folder when no file is named. */
export const configFileName = 'sluice.yaml';

export interface ConfigSources extends Surroundings {
  /** Flag without dashes to its value. */
  readonly flags: ReadonlyMap<string, string>;
  /** The file that `--config` names; null: `sluice.yaml` of the data folder, if it is there. */
  readonly file: string | null;
}

/** Where a value came from, for `config print`: `--port`, `SLUICE_PORT`, a file's path, or `default`. */
export type Origins = Readonly<Record<keyof Config, string>>;

export interface ResolvedConfig {
  readonly config: Config;
  readonly origins: Origins;
  readonly file: string | null;
}

type Name = keyof Config;
type Values = ReadonlyMap<string, string>;

const names = Object.keys(configOptions) as readonly Name[];

/**
 * Takes each setting from the first that has it: flag, environment, file, default.
 * @throws Refusal with one sentence per wrong setting, each naming where it stands.
 */
export function resolveConfig(sources: ConfigSources): ResolvedConfig {
  const problems: Text[] = [];
  const config: Partial<Record<Name, unknown>> = {};
  const origins: Partial<Record<Name, string>> = {};

  const resolve = (name: Name, file: Values, filePath: string | null): void => {
    const option = configOptions[name] as ConfigOption<unknown>;
    const found = find(name, option, sources, file, filePath);
    if (found === null) {
      config[name] = option.default(sources);
      origins[name] = 'default';
      return;
    }
    origins[name] = found.origin;
    const value = option.type.parse(found.text);
    if (value === undefined) problems.push(badValue(name, option, found.text, found.origin));
    config[name] = value;
  };

  // The data folder first: it says where the file is, so the file cannot name it.
  resolve('dataFolder', new Map(), null);
  if (problems.length > 0) throw refusalOf(problems);
  const filePath = filePathOf(sources, String(config.dataFolder));
  const file = filePath === null ? new Map<string, string>() : readConfigFile(filePath, problems);
  for (const name of names) if (name !== 'dataFolder') resolve(name, file, filePath);
  if ((config.accessKey === null) !== (config.secretKey === null)) {
    problems.push({
      en: 'accessKey and secretKey go together: set both or neither.',
      zh: 'accessKey 与 secretKey 必须同时设置或同时不设置。',
    });
  }
  if (problems.length > 0) throw refusalOf(problems);
  // Complete by construction: every name of the table was resolved above.
  return { config: config as unknown as Config, origins: origins as Origins, file: filePath };
}

function find(
  name: Name,
  option: ConfigOption<unknown>,
  { flags, environment }: ConfigSources,
  file: Values,
  filePath: string | null,
): { readonly text: string; readonly origin: string } | null {
  const flag = option.flag === null ? undefined : flags.get(option.flag);
  if (flag !== undefined) return { text: flag, origin: `--${option.flag}` };
  const variable = environment[option.environment];
  // An empty variable is how shells and compose files say "not set".
  if (variable !== undefined && variable !== '') return { text: variable, origin: option.environment };
  const line = file.get(name);
  return line === undefined ? null : { text: line, origin: filePath ?? configFileName };
}

function filePathOf(sources: ConfigSources, dataFolder: string): string | null {
  if (sources.file !== null) return sources.file;
  const path = join(dataFolder, configFileName);
  return existsSync(path) ? path : null;
}

function readConfigFile(path: string, problems: Text[]): Values {
  let content: unknown;
  try {
    const document = parseDocument(readFileSync(path, 'utf8'));
    const [error] = document.errors;
    if (error !== undefined) throw error;
    content = document.toJS();
  } catch (error) {
    // The parser shows the place under its message; the first line has it as line and column already.
    const reason = (messageOf(error).split('\n')[0] ?? '').replace(/[:.]$/, '');
    throw new Refusal(
      {
        en: `The configuration file ${path} cannot be read: ${reason}.`,
        zh: `无法读取配置文件 ${path}：${reason}。`,
      },
      { exitCode: 2, cause: error },
    );
  }
  const values = new Map<string, string>();
  if (content === null || content === undefined) return values;
  if (typeof content !== 'object' || Array.isArray(content)) {
    problems.push({
      en: `${path} must hold one setting a line, as name: value.`,
      zh: `${path} 中每行应为一项设置，形如 name: value。`,
    });
    return values;
  }
  for (const [name, value] of Object.entries(content)) {
    if (!names.some((known) => known === name) || name === 'dataFolder') {
      problems.push(unknownSetting(path, name));
      continue;
    }
    if (value === null) continue;
    const isText = ['string', 'number', 'boolean'].includes(typeof value);
    const isList = Array.isArray(value) && value.every((each) => typeof each === 'string');
    if (isText || isList) values.set(name, String(value));
    else
      problems.push({
        en: `${name} in ${path} must be one value or a list of texts.`,
        zh: `${path} 中的 ${name} 应为单个值或文本列表。`,
      });
  }
  return values;
}

function unknownSetting(path: string, name: string): Text {
  if (name === 'dataFolder') {
    return {
      en: `${path} cannot set dataFolder, which says where it is looked for: use --data or SLUICE_DATA.`,
      zh: `${path} 中不能设置 dataFolder：请使用 --data 或 SLUICE_DATA。`,
    };
  }
  return {
    en: `${path} has an unknown setting ${name}: see \`sluice help up\`.`,
    zh: `${path} 中有未知的设置 ${name}：请参阅 \`sluice help up\`。`,
  };
}

function badValue(name: Name, option: ConfigOption<unknown>, given: string, origin: string): Text {
  const shown = option.isSecret ? new Secret(given).toString() : JSON.stringify(given);
  return {
    en: `${name} (${origin}) is ${shown}, but must be ${option.type.expected.en}.`,
    zh: `${name}（${origin}）的值为 ${shown}，应为${option.type.expected.zh}。`,
  };
}

function refusalOf(problems: readonly Text[]): Refusal {
  return new Refusal(
    { en: problems.map(({ en }) => en).join('\n'), zh: problems.map(({ zh }) => zh).join('\n') },
    { exitCode: 2 },
  );
}
