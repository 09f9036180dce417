import type { TSchema } from 'typebox';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Collects the named schemas of a description, so that each stands in it once. */
export interface SchemaComponents {
  /** What to write in the place of a schema: a reference when it has a title, else the schema itself. */
  use(schema: TSchema): JsonSchema;
  /** Every named schema used so far, also those used only by others, by name. */
  all(): Record<string, JsonSchema>;
}

const refPrefix = '#/components/schemas/';

/** A fresh collection. */
export function componentsOf(): SchemaComponents {
  const found = new Map<string, JsonSchema>();

  function written(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(written);
    if (value === null || typeof value !== 'object') return value;
    const schema = value as JsonSchema;
    return isNamed(schema) ? reference(schema) : plain(schema);
  }

  function reference(schema: JsonSchema & { readonly title: string }): JsonSchema {
    const component = plain(schema);
    const earlier = found.get(schema.title);
    if (earlier === undefined) found.set(schema.title, component);
    else if (JSON.stringify(earlier) !== JSON.stringify(component)) {
      throw new TypeError(`two different schemas are called ${schema.title}`);
    }
    return { $ref: `${refPrefix}${schema.title}` };
  }

  function plain(schema: JsonSchema): JsonSchema {
    return nullAsType(mapAsAdditional(Object.fromEntries(Object.entries(schema).map(keyword))));
  }

  /** Below `properties` the names are members, not keywords. */
  function keyword([name, value]: [string, unknown]): [string, unknown] {
    if (name === 'enum' || name === 'required' || name === 'const' || name === 'default')
      return [name, value];
    if (name !== 'properties' || value === null || typeof value !== 'object') return [name, written(value)];
    return [name, Object.fromEntries(Object.entries(value).map(([member, of]) => [member, written(of)]))];
  }

  return {
    use: (schema) => written(schema) as JsonSchema,
    all: () => Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function isNamed(schema: JsonSchema): schema is JsonSchema & { readonly title: string } {
  return typeof schema.title === 'string';
}

/** A map is written with a pattern that fits every name; generators know it under another keyword. */
function mapAsAdditional(schema: JsonSchema): JsonSchema {
  const { patternProperties, ...rest } = schema;
  if (patternProperties === undefined) return schema;
  const [values] = Object.values(patternProperties as Record<string, unknown>);
  return { ...rest, additionalProperties: values };
}

/** `anyOf` a simple type and null is written as a list of types, which generators know better. */
function nullAsType(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return schema;
  const [first, second] = anyOf as JsonSchema[];
  if (first === undefined || second?.type !== 'null' || typeof first.type !== 'string') return schema;
  return { ...first, ...rest, type: [first.type, 'null'] };
}
