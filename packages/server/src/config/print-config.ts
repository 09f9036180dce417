import { mask } from '../telemetry/secret.ts';
import { type Config, type ConfigOption, configOptions } from './options.ts';
import type { ResolvedConfig } from './resolve-config.ts';

/**
 * The settings as a file that could be used again, each with where it came from. Secrets are masked; there is no way to print them.
 * @returns YAML text with a line end.
 */
export function printConfig({ config, origins }: ResolvedConfig): string {
  const lines = (Object.keys(configOptions) as (keyof Config)[]).map((name) => {
    const option = configOptions[name] as ConfigOption<unknown>;
    const value = config[name];
    const text = value === null ? 'null' : option.isSecret ? mask : option.type.format(value);
    return { setting: `${name}: ${quoted(text, value)}`, origin: origins[name] };
  });
  const width = Math.max(...lines.map(({ setting }) => setting.length));
  return lines.map(({ setting, origin }) => `${setting.padEnd(width)}  # ${origin}\n`).join('');
}

function quoted(text: string, value: unknown): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return text;
  // JSON's text form is YAML's too.
  return /^[A-Za-z/][\w./-]*$/.test(text) &&
    !['null', 'true', 'false', 'yes', 'no', 'on', 'off'].includes(text)
    ? text
    : JSON.stringify(text);
}
