import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Text } from '@sluice/core/data/text';
import { Secret } from '../telemetry/secret.ts';

/** How the text of one option becomes its value. */
export interface OptionType<T> {
  /** For the help: `<number>`, `<path>` … */
  readonly placeholder: string;
  /** What a good text looks like, for the sentence about a bad one. */
  readonly expected: Text;
  /** @returns undefined when the text is not one of these. */
  parse(text: string): T | undefined;
  /** As a person would write it in a file or variable. */
  format(value: T): string;
}

export function text(
  pattern: RegExp = /^[^\0]+$/,
  expected: Text = { en: 'a text', zh: '文本' },
): OptionType<string> {
  return {
    placeholder: '<text>',
    expected,
    parse: (given) => (pattern.test(given) ? given : undefined),
    format: String,
  };
}

export function integer(min: number, max: number): OptionType<number> {
  return {
    placeholder: '<number>',
    expected: { en: `a whole number from ${min} to ${max}`, zh: `${min} 到 ${max} 之间的整数` },
    parse(given) {
      const value = Number(given);
      return /^\d+$/.test(given) && value >= min && value <= max ? value : undefined;
    },
    format: String,
  };
}

/** `on` and `off`, and what people and YAML write for them. */
export const flag: OptionType<boolean> = {
  placeholder: '<on|off>',
  expected: { en: 'on or off', zh: 'on 或 off' },
  parse(given) {
    const word = given.toLowerCase();
    if (['on', 'true', 'yes', '1'].includes(word)) return true;
    if (['off', 'false', 'no', '0'].includes(word)) return false;
    return undefined;
  },
  format: (value) => (value ? 'on' : 'off'),
};

export function choice<const V extends string>(values: readonly V[]): OptionType<V> {
  return {
    placeholder: `<${values.join('|')}>`,
    expected: { en: `one of ${values.join(', ')}`, zh: `以下之一：${values.join('、')}` },
    parse: (given) => values.find((value) => value === given),
    format: String,
  };
}

/** A path; `~/` is the home folder, a relative one begins at the current folder. */
export const path: OptionType<string> = {
  placeholder: '<path>',
  expected: { en: 'a path', zh: '路径' },
  parse(given) {
    if (given === '' || given.includes('\0')) return undefined;
    return given === '~' || given.startsWith('~/') ? resolve(homedir(), given.slice(2)) : resolve(given);
  },
  format: String,
};

/** A time zone by the name that the IANA gives it, or as an offset. */
export const timeZone: OptionType<string> = {
  placeholder: '<zone>',
  expected: {
    en: 'a time zone such as Asia/Shanghai or +08:00',
    zh: '时区，例如 Asia/Shanghai 或 +08:00',
  },
  parse(given) {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: given }).resolvedOptions().timeZone;
    } catch {
      return undefined;
    }
  },
  format: String,
};

/** An address of the web, without a slash at its end. */
export const webUrl: OptionType<string> = {
  placeholder: '<url>',
  expected: { en: 'a URL that begins with http:// or https://', zh: '以 http:// 或 https:// 开头的 URL' },
  parse(given) {
    const url = URL.parse(given);
    if (url === null || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '')
      return undefined;
    return url.href.replace(/\/+$/, '');
  },
  format: String,
};

/** Ranges of addresses, with commas between: `10.0.0.0/8,fd00::/8`. A single address is a range too. */
export const addressRanges: OptionType<readonly string[]> = {
  placeholder: '<ranges>',
  expected: {
    en: 'address ranges with commas between, such as 10.0.0.0/8,fd00::/8',
    zh: '以逗号分隔的地址段，例如 10.0.0.0/8,fd00::/8',
  },
  parse(given) {
    const ranges = given
      .split(',')
      .map((range) => range.trim())
      .filter((range) => range !== '');
    const whole = ranges.map(wholeRange);
    return whole.every((range) => range !== undefined) ? whole : undefined;
  },
  format: (value) => value.join(','),
};

function wholeRange(range: string): string | undefined {
  const [address, bits, ...rest] = range.split('/');
  if (address === undefined || rest.length > 0) return undefined;
  const version = isIP(address);
  if (version === 0) return undefined;
  const bitsMax = version === 4 ? 32 : 128;
  if (bits === undefined) return `${address}/${bitsMax}`;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax ? range : undefined;
}

/** Wraps the value so that nothing prints it. */
export function secret(inner: OptionType<string>): OptionType<Secret> {
  return {
    placeholder: inner.placeholder,
    expected: inner.expected,
    parse(given) {
      const value = inner.parse(given);
      return value === undefined ? undefined : new Secret(value);
    },
    format: String,
  };
}
