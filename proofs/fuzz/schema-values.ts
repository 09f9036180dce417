import type { Dice } from './dice.ts';
import { oddJson, oddText } from './odd-values.ts';

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** A value that fits the schema; members that may be absent are there half of the time. */
export function valueFor(schema: unknown, dice: Dice, depth = 0): unknown {
  if (!isNode(schema)) return oddJson(dice);
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return dice.pick(schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) return valueFor(dice.pick(choices), dice, depth);
  switch (schema.type) {
    case 'string':
      return dice.chance(0.7) ? `t${dice.below(12)}` : oddText(dice);
    case 'integer':
      return Number(schema.minimum ?? 0) + dice.below(50);
    case 'number':
      return dice.below(1_000) / 8;
    case 'boolean':
      return dice.chance(0.5);
    case 'null':
      return null;
    case 'array': {
      const length = Math.max(Number(schema.minItems ?? 0), depth > 6 ? 0 : dice.pick([1, 1, 1, 0, 2]));
      return Array.from({ length }, () => valueFor(schema.items, dice, depth + 1));
    }
    case 'object':
      return objectOf(schema, dice, depth);
    default:
      return oddJson(dice);
  }
}

function objectOf(schema: Node, dice: Dice, depth: number): unknown {
  const [mapped] = isNode(schema.patternProperties) ? Object.values(schema.patternProperties) : [];
  if (mapped !== undefined) {
    const names = Array.from({ length: dice.below(3) }, () => oddText(dice));
    return Object.fromEntries(names.map((name) => [name, valueFor(mapped, dice, depth + 1)]));
  }
  const required = Array.isArray(schema.required) ? schema.required : [];
  const members = isNode(schema.properties) ? Object.entries(schema.properties) : [];
  return Object.fromEntries(
    members
      .filter(([name]) => required.includes(name) || dice.chance(0.5))
      .map(([name, of]) => [name, valueFor(of, dice, depth + 1)]),
  );
}

interface Place {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
}

function placesOf(value: unknown, found: Place[] = []): Place[] {
  if (Array.isArray(value)) {
    for (const [key, item] of value.entries()) {
      found.push({ holder: value, key });
      placesOf(item, found);
    }
  } else if (isNode(value)) {
    for (const key of Object.keys(value)) {
      found.push({ holder: value as Record<string, unknown>, key });
      placesOf(value[key], found);
    }
  }
  return found;
}

/** The same document with one thing wrong in it; it is changed in place where that is possible. */
export function nearly(value: unknown, dice: Dice): unknown {
  const places = placesOf(value);
  if (places.length === 0 || dice.chance(0.05)) return oddJson(dice);
  const { holder, key } = dice.pick(places);
  const members = holder as Record<string | number, unknown>;
  const before = members[key];
  switch (dice.below(10)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete members[key];
      break;
    case 1:
      members[key] = null;
      break;
    case 2:
      members[key] = [before];
      break;
    case 3:
      members[key] = { [key]: before };
      break;
    case 4:
      members[key] = typeof before === 'string' ? oddText(dice) : (JSON.stringify(before) ?? '');
      break;
    case 5:
      if (Array.isArray(holder)) holder.push(before, before);
      else members[`${key}${dice.pick(['', ' ', 's', '\u0000'])}`] = before;
      break;
    case 6:
      if (Array.isArray(holder)) holder.length = 0;
      else
        Object.defineProperty(holder, '__proto__', { value: before, enumerable: true, configurable: true });
      break;
    case 7:
      members[key] = typeof before === 'number' ? -before : dice.pick([2 ** 31, 1e308, -1, 0.25]);
      break;
    default:
      members[key] = oddJson(dice);
  }
  return value;
}
