import type { Json } from '../data/json.ts';
import type { Text } from '../data/text.ts';
import type { ErrorCode } from '../errors/codes.ts';
import { explained } from '../errors/explained.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { Option, OptionGroup, OptionValues } from './option.ts';

/** What travels as a whole number is at most this: clients keep it in 32 bits. */
const integerMax = 2_147_483_647;

export interface ValidationRules {
  /** Looks at names, types and ranges only: nothing is mandatory and the groups' own checks do not run. */
  readonly isPartial?: boolean;
  /**
   * Whether a text with a variable in it, `${name}`, is taken as the value of a typed option of this name: what becomes of it is
   * known later, and the groups' own checks wait for it. Absent: of none.
   */
  readonly takesReferences?: (name: string) => boolean;
}

const reference = /\$\{[A-Za-z_][A-Za-z0-9_.-]{0,127}\}/;

export interface Validated {
  /** The values given, in the form the options declare: whole numbers trimmed, booleans and enums in their declared spelling, maps and lists as JSON. Nothing is added. */
  readonly values: OptionValues;
  /** For people: options that were set, and kept, although they do nothing here. */
  readonly warnings: readonly Text[];
}

/**
 * Checks values against the options that own them.
 *
 * @throws Cdm.0089 unknown names, all of them in one error; Cdm.0238 a mandatory value is blank;
 * Cdm.0004 wrong type; Cdm.0009, Cdm.0010, Cdm.0024 whole numbers; Cdm.0011 not one of the values; Cdm.0014 a refused option.
 */
export function validateOptions(
  groups: readonly OptionGroup[],
  given: OptionValues,
  rules: ValidationRules = {},
): Validated {
  const options = new Map<string, Option>();
  for (const group of groups) for (const option of group.options) options.set(option.name, option);

  const unknown = Object.keys(given).filter((name) => !options.has(name));
  if (unknown.length > 0) throw new SluiceError('Cdm.0089', { names: unknown.join(', ') });

  const values: [string, Json][] = [];
  const warnings: Text[] = [];
  let hasReference = false;
  for (const [name, raw] of Object.entries(given)) {
    const option = options.get(name);
    if (option === undefined || raw === null) continue;
    const isOpen = isReference(option, raw, rules);
    const value = isBlank(raw) ? blankOf(option) : isOpen ? raw : normalised(option, raw);
    hasReference ||= isOpen;
    if (isMeaningful(option, value)) {
      if (option.support === 'refused') throw refusalOf(option);
      if (option.support === 'ignored') warnings.push(ignoredText(option));
    }
    values.push([name, value]);
  }

  const checked: OptionValues = Object.fromEntries(values);
  if (rules.isPartial !== true) {
    for (const option of options.values()) requireValue(option, checked);
    // What values say together is known when each of them is.
    if (!hasReference) for (const group of groups) group.check?.(checked);
  }
  return { values: checked, warnings };
}

/** Nothing was said: absent, null, or text of blanks. */
export function isBlank(value: Json | undefined): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

function requireValue(option: Option, values: OptionValues): void {
  if (option.required !== true || option.default !== undefined || !isBlank(values[option.name])) return;
  throw new SluiceError('Cdm.0238', { name: option.name });
}

/** Blank text is kept as it was sent, except where the type has an empty value of its own. */
function blankOf(option: Option): Json {
  if (option.type === 'map') return {};
  if (option.type === 'list') return [];
  return '';
}

function isReference({ type, name }: Option, raw: Json, { takesReferences }: ValidationRules): boolean {
  const isTyped = type === 'integer' || type === 'boolean' || type === 'enum';
  return isTyped && takesReferences?.(name) === true && typeof raw === 'string' && reference.test(raw);
}

function normalised(option: Option, raw: Json): Json {
  switch (option.type) {
    case 'map':
      return mapOf(option, raw);
    case 'list':
      return listOf(option, raw);
    case 'integer':
      return integerOf(option, textOf(option, raw).trim());
    case 'boolean':
      return oneOf(option, textOf(option, raw), ['true', 'false'], 'Cdm.0004');
    case 'enum':
      return oneOf(option, textOf(option, raw), option.values ?? [], 'Cdm.0011');
    case 'string':
    case 'password':
    case 'file':
      return textOf(option, raw);
  }
}

function textOf(option: Option, raw: Json): string {
  if (typeof raw === 'string') return raw;
  if (typeof raw === 'number' || typeof raw === 'boolean') return String(raw);
  throw wrongType(option);
}

function integerOf(option: Option, text: string): string {
  const { min, max } = option;
  const range = `${min ?? 0}, ${max ?? integerMax}`;
  const number = Number(text);
  const isWhole = /^[+-]?\d+$/.test(text) && Math.abs(number) <= integerMax;
  if (!isWhole || (number < 0 && (min === undefined || min >= 0))) {
    const hasRange = min !== undefined && max !== undefined;
    throw hasRange
      ? new SluiceError('Cdm.0010', { range, ...namedBy(option, text) })
      : new SluiceError('Cdm.0009', { value: text, ...namedBy(option, text) });
  }
  if ((min !== undefined && number < min) || (max !== undefined && number > max)) {
    throw new SluiceError('Cdm.0024', { name: option.name, range });
  }
  return String(number);
}

/** Spelling counts loosely: case does not matter, nor whether parts are joined by `-`, `_`, `.`, a blank or nothing. */
function oneOf(option: Option, text: string, allowed: readonly string[], code: ErrorCode): string {
  const wanted = loosely(text);
  const found = allowed.find((value) => loosely(value) === wanted);
  if (found !== undefined) return found;
  throw new SluiceError(code, {
    name: option.name,
    value: text,
    ...explained({
      en: `${option.name} is "${text}"; it must be one of: ${allowed.join(', ')}.`,
      zh: `${option.name} 的值为“${text}”，只能是：${allowed.join('、')}。`,
    }),
  });
}

function loosely(text: string): string {
  return text
    .trim()
    .toUpperCase()
    .replace(/[-_. ]/g, '');
}

/** A map arrives as an object, as a list of name and value pairs, or as JSON text of either. Its members become text. */
function mapOf(option: Option, raw: Json): Json {
  const value = typeof raw === 'string' ? parsed(option, raw) : raw;
  if (value === null || typeof value !== 'object') throw wrongType(option);
  if (Array.isArray(value)) {
    return Object.fromEntries(value.map((entry) => pairOf(option, entry)));
  }
  return Object.fromEntries(
    Object.entries(value as Record<string, Json>).map(([name, member]) => [name, memberText(option, member)]),
  );
}

function pairOf(option: Option, entry: Json): [string, string] {
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) throw wrongType(option);
  const { name, value } = entry as Record<string, Json>;
  if (typeof name !== 'string') throw wrongType(option);
  return [name, memberText(option, value ?? '')];
}

function memberText(option: Option, member: Json): string {
  return member === null ? '' : textOf(option, member);
}

/** A list arrives as an array or as JSON text of one; `{}` stands for an empty list in old files. */
function listOf(option: Option, raw: Json): Json {
  const value = typeof raw === 'string' ? parsed(option, raw) : raw;
  if (Array.isArray(value)) return value;
  if (value !== null && typeof value === 'object' && Object.keys(value).length === 0) return [];
  throw wrongType(option);
}

function parsed(option: Option, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw wrongType(option, cause);
  }
}

/** Does the value ask for anything? A default, a plain no and an empty collection do not. */
function isMeaningful(option: Option, value: Json): boolean {
  if (isBlank(value)) return false;
  if (typeof value === 'object') return Object.keys(value ?? {}).length > 0;
  if (option.default !== undefined && loosely(option.default) === loosely(String(value))) return false;
  if (option.type === 'boolean') return value !== 'false';
  if (option.type === 'enum') return loosely(String(value)) !== 'NONE';
  return true;
}

function refusalOf(option: Option): SluiceError {
  return new SluiceError('Cdm.0014', {
    name: option.name,
    ...explained({
      en: `${option.name} (${option.title.en}): this version does not act on this setting, and ignoring it would change the result. Leave it out.`,
      zh: `${option.name}（${option.title.zh}）：当前版本不支持该设置，忽略它会改变结果，请不要设置。`,
    }),
  });
}

function ignoredText(option: Option): Text {
  return {
    en: `${option.name} is kept but has no effect here.`,
    zh: `${option.name} 已保存，但在此处不起作用。`,
  };
}

function wrongType(option: Option, cause?: unknown): SluiceError {
  const wanted = typeWords[option.type];
  const facts = {
    name: option.name,
    ...explained({ en: `${option.name} must be ${wanted.en}.`, zh: `${option.name} 必须是${wanted.zh}。` }),
  };
  return new SluiceError('Cdm.0004', facts, cause === undefined ? {} : { cause });
}

function namedBy(option: Option, text: string): Readonly<Record<string, string>> {
  return {
    name: option.name,
    value: text,
    ...explained({
      en: `This concerns ${option.name}, which is "${text}".`,
      zh: `出错的设置是 ${option.name}，其值为“${text}”。`,
    }),
  };
}

const typeWords: Readonly<Record<Option['type'], Text>> = {
  string: { en: 'text', zh: '文本' },
  integer: { en: 'a whole number', zh: '整数' },
  boolean: { en: 'true or false', zh: ' true 或 false' },
  enum: { en: 'one of its values', zh: '其取值之一' },
  password: { en: 'text', zh: '文本' },
  map: { en: 'an object whose members are text', zh: '成员为文本的对象' },
  list: { en: 'a list', zh: '列表' },
  file: { en: 'text', zh: '文本' },
};
