import type { Json } from '@sluice/core/data/json';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { decodeExtended, encodeExtended, isExtended } from './extended-fields.ts';

/** One option in an answer. A secret has its entry, without `value`. */
export interface WireInput {
  readonly name: string;
  readonly value?: Json;
}

/** A block of options in an answer. */
export interface WireConfigValues {
  readonly configs: readonly { readonly name: string; readonly inputs: readonly WireInput[] }[];
  readonly 'extended-configs'?: { readonly name: string; readonly value: string };
}

/** Old reference pages misspell the prefix of one option; files written after them do too. */
const misspeltPrefix = 'llinkConfig.';

/**
 * Reads a block of options: `{configs: [{name, inputs: [{name, value}]}], "extended-configs": {name, value}}`.
 * Numbers and booleans become text; maps and lists stay JSON; an input without a value is left out.
 * A name without a group's prefix gets the prefix of the group it stands in. What `extended-configs` says wins.
 *
 * @param block the member's value as it came; absent or null means no options.
 * @param member its name, for errors: `from-config-values`.
 * @throws Cdm.0018 when it has another shape; Cdm.0011 when `extended-configs` cannot be decoded.
 */
export function readConfigValues(block: unknown, member: string): OptionValues {
  if (block === undefined || block === null) return {};
  if (!isObject(block)) throw badShape(member);
  const values = new Map<string, Json>();
  const encoded: [string, unknown][] = [];

  for (const config of listOf(block.configs, member)) {
    if (!isObject(config)) throw badShape(member);
    const group = typeof config.name === 'string' ? config.name : '';
    for (const input of listOf(config.inputs, member)) {
      if (!isObject(input) || typeof input.name !== 'string') throw badShape(member);
      const name = fullName(input.name, group);
      if (name.endsWith('.extendedFields')) encoded.push([name, input.value]);
      else if (input.value !== undefined && input.value !== null) values.set(name, wireJson(input.value));
    }
  }

  const extended = block['extended-configs'];
  for (const entry of Array.isArray(extended) ? extended : [extended]) {
    if (!isObject(entry) || entry.value === undefined) continue;
    encoded.push([typeof entry.name === 'string' ? entry.name : '', entry.value]);
  }
  for (const [name, value] of encoded) {
    const group = name.endsWith('.extendedFields')
      ? name.slice(0, -'.extendedFields'.length)
      : ownGroup(member);
    const fields = typeof value === 'string' ? decodeExtended(name, value) : isObject(value) ? value : {};
    for (const [key, field] of Object.entries(fields)) {
      if (field !== null && field !== undefined) values.set(fullName(key, group), wireJson(field));
    }
  }
  return Object.fromEntries(values);
}

/**
 * Writes a block of options: groups in the given order, each with its inputs in stored order.
 * @param groups always present in the answer, in this order; other groups follow where they have values.
 * @param connector decides which options go into `extended-configs`; null: none.
 * @param keepsEmptyLists for files, of which nothing may be lost; clients of answers read text and objects only.
 */
export function writeConfigValues(
  values: OptionValues,
  groups: readonly string[],
  connector: string | null,
  keepsEmptyLists = false,
): WireConfigValues {
  const byGroup = new Map<string, WireInput[]>(groups.map((group) => [group, []]));
  const main = groups[0] ?? '';
  const extended: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (connector !== null && isExtended(connector, name) && typeof value === 'string') {
      extended[name.slice(name.indexOf('.') + 1)] = value;
      continue;
    }
    // A list that holds nothing says nothing.
    if (!keepsEmptyLists && Array.isArray(value) && value.length === 0) continue;
    const group = groupOf(name, main);
    const inputs = byGroup.get(group) ?? [];
    inputs.push({ name, value });
    byGroup.set(group, inputs);
  }
  const configs = [...byGroup].map(([name, inputs]) => ({ name, inputs }));
  return Object.keys(extended).length === 0
    ? { configs }
    : { configs, 'extended-configs': { name: `${main}.extendedFields`, value: encodeExtended(extended) } };
}

/** `dialect.identifierEnclose` travels among the inputs of `linkConfig`; every other prefix is a group of its own. */
function groupOf(name: string, main: string): string {
  const dot = name.indexOf('.');
  const prefix = dot < 0 ? main : name.slice(0, dot);
  return prefix === 'dialect' ? main : prefix;
}

function fullName(name: string, group: string): string {
  if (name.startsWith(misspeltPrefix)) return name.slice(1);
  return name.includes('.') || group === '' ? name : `${group}.${name}`;
}

function ownGroup(member: string): string {
  if (member === 'link-config-values') return 'linkConfig';
  if (member === 'from-config-values') return 'fromJobConfig';
  return member === 'to-config-values' ? 'toJobConfig' : '';
}

/** Scalars travel as text; what came as a bare number or boolean is treated as the text it stands for. */
function wireJson(value: unknown): Json {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value as Json;
}

/** `{}` stands for an empty list in files of older versions. */
function listOf(value: unknown, member: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  if (isObject(value) && Object.keys(value).length === 0) return [];
  throw badShape(member);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function badShape(member: string): SluiceError {
  return new SluiceError('Cdm.0018', {
    name: member,
    ...explained({
      en: `${member} must be an object with a list "configs", each with "name" and a list "inputs" of name and value.`,
      zh: `${member} 必须是对象，包含列表 configs，其每一项含 name 和由 name、value 组成的列表 inputs。`,
    }),
  });
}
